"""Rules that must hold before anything leaves the machine: plaintext secrets, names, sizes, determinism."""
