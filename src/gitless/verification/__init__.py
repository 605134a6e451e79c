"""Evidence in, verdict out: numbered procedures for the policies flux, cosign and strict."""
