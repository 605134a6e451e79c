"""Stores behind one interface: memory, OCI image layout on disk, HTTP registry."""
