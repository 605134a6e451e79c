"""Keys and signatures: DSSE with ECDSA P-256 keys. Judges nothing."""
