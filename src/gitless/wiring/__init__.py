"""The only place that reads the process's surroundings, builds edges and hands them to flows."""
