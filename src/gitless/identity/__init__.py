"""The job that signs: its claims as certificate fields, what must hold before it signs, and how others are told."""
