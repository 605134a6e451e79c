"""The Flux artifact as bytes: ignore rules, tar, deflate, manifest, content hash, unpacking."""
