"""Gates: one rule each, with one method. What a gate cannot evaluate is a no with its reason, never a yes."""
