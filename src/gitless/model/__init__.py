"""Frozen values that every room shares: digest, descriptor, manifest, reference, bundle, verdict."""
