"""What surrounds a run: the CI platform's environment, the Git history, the platform's API."""
