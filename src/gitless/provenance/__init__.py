"""The SLSA provenance predicate from facts at hand. Claims no level and no fact it was not given."""
