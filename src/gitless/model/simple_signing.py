"""Legacy signatures: the payload cosign signed before bundles, its layer's annotations (cosign SIGNATURE_SPEC).

Read by cosign 2 and by Flux up to 2.7 from the tag `sha256-<hex>.sig`; newer ones read it only where no bundle is.
"""

from __future__ import annotations

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.canonical import go_json, read_json_object
from gitless.model.digest import Digest

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
MAX_PAYLOAD_BYTES = 64 * 1024
ANNOTATION_SIGNATURE = "dev.cosignproject.cosign/signature"
ANNOTATION_CERTIFICATE = "dev.sigstore.cosign/certificate"
ANNOTATION_CHAIN = "dev.sigstore.cosign/chain"
ANNOTATION_LOG = "dev.sigstore.cosign/bundle"
ANNOTATION_TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"
_TYPE = "cosign container image signature"


def simple_signing(reference: str, digest: Digest) -> bytes:
    """The bytes that are signed.

    Args:
        reference: Where the artifact is, without tag or digest; nobody checks it.
        digest: What is signed.
    """
    critical = {
        "identity": {"docker-reference": reference},
        "image": {"docker-manifest-digest": str(digest)},
        "type": _TYPE,
    }
    return go_json({"critical": critical, "optional": None})


def signed_digest(payload: bytes) -> Digest | None:
    """What a payload is about; None for bytes that are no such payload."""
    try:
        critical = read_json_object(payload, "The payload").get("critical")
        image = critical.get("image") if isinstance(critical, dict) and critical.get("type") == _TYPE else None
        return Digest.parse(str(image.get("docker-manifest-digest"))) if isinstance(image, dict) else None
    except (UntrustedContentError, UsageError):
        return None


def legacy_tag(digest: Digest) -> str:
    """The tag that names the signatures of a digest."""
    return f"sha256-{digest.hex}.sig"
