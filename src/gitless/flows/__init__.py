"""One recipe per verb, read from top to bottom: facts, pure decision, act, look again."""
