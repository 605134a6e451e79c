"""gitless.yaml and flags: bytes in, one checked configuration out. Reads no file and no environment."""
