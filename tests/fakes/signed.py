"""Makes artifacts and evidence for tests: keys, signed bundles, referrers."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.artifact.manifest import build_manifest
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import FLUX_CONTENT, PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.statement import Statement
from gitless.signing.key_signer import KeySigner
from gitless.verification.evidence import Evidence
from gitless.verification.keys import TrustedKey

SOURCE = "https://github.com/acme/apps"
REVISION = f"main@sha1:{'1' * 40}"


def make_key_pem(password: bytes | None = None) -> bytes:
    """A fresh ECDSA P-256 key as PKCS#8 PEM."""
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )


def make_signer() -> KeySigner:
    """A signer with a throw-away key."""
    return KeySigner(make_key_pem())


def trusted(signer: KeySigner) -> TrustedKey:
    """The public half."""
    return TrustedKey.from_pem(signer.public_key_pem)


def make_artifact(**annotations: str) -> Manifest:
    """A Flux artifact whose layer exists only by name."""
    written = {"org.opencontainers.image.source": SOURCE, "org.opencontainers.image.revision": REVISION, **annotations}
    return build_manifest(Descriptor(FLUX_CONTENT, Digest.of(b"layer"), 5), written)


def predicates(artifact: Manifest) -> dict[str, dict]:
    """The smallest predicates that the strict policy accepts."""
    said = {"source": SOURCE, "revision": artifact.annotations["org.opencontainers.image.revision"]}
    return {
        PREDICATE_SIGNATURE: {},
        PREDICATE_SBOM: {"metadata": {"component": {"purl": f"pkg:oci/web@{artifact.digest}?repository_url=x"}}},
        PREDICATE_PROVENANCE: {"buildDefinition": {"gitless_publish": said}},
    }


def make_evidence(signer: KeySigner, digest: Digest, kind: str, predicate: dict) -> Evidence:
    """One signed bundle, as it would be read from a store."""
    bundle = signer.sign(Statement.about(digest, kind, predicate).content)
    return Evidence(Descriptor("m", Digest.of(bundle), 1), bundle)


def full_evidence(signer: KeySigner, artifact: Manifest) -> list[Evidence]:
    """All three kinds for one artifact."""
    return [make_evidence(signer, artifact.digest, kind, body) for kind, body in predicates(artifact).items()]
