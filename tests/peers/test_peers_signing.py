"""What the signers make, in real cosign's eyes: legacy signatures, timestamps in key mode, one certificate for three.

Rekor 1 has no light server: there the services are the paper instance, its answers shaped after the public log's and
made with our own keys. Everything else is real.
"""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

from tests.fakes.keyless import Time, Tokens, signer_for, workload_of
from tests.fakes.sigstore.claims import github_claims
from tests.fakes.sigstore.paper import about
from tests.fakes.sigstore.paper_server import PaperServer
from tests.fakes.sigstore.stack import Stack
from tests.peers.conftest import Key
from tools.peers.commands import Tools
from tools.peers.upload import put_artifact

from gitless.flows.legacy import attach_legacy
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.reference import Location
from gitless.model.secret import Secret
from gitless.model.token import IdentityToken
from gitless.ports import Repository
from gitless.registry.open import Stores
from gitless.signing.instance import private_instance
from gitless.signing.key_signer import KeySigner
from gitless.signing.keyless import KeylessSigner, Usage
from gitless.signing.legacy import KeyPayloads
from gitless.signing.legacy_certificate import JobPayloads
from gitless.wiring.keys import stamped

LEGACY = ("--new-bundle-format=false", "--allow-http-registry")


def _artifact(host: str, name: str) -> tuple[Repository, Manifest, str]:
    """An artifact in a registry: its store, its manifest, its place."""
    reference = put_artifact(host, f"signing/{name}", "v1", {"config.yaml": name.encode()})
    place, _, digest = reference.partition("@")
    repository = Stores(env={}).open(Location.parse(place))
    manifest = repository.fetch_manifest(Digest.parse(digest))
    assert manifest is not None
    return repository, manifest, place


def test_cosign_accepts_a_legacy_signature_by_key(registry: str, tools: Tools, plain_key: Key) -> None:
    repository, artifact, place = _artifact(registry, f"key-{registry.replace(':', '-')}")
    who = ("verify", *LEGACY, "--insecure-ignore-tlog=true", "--key", plain_key.public, f"{place}@{artifact.digest}")
    assert tools.run("cosign", *who, check=False).returncode != 0
    assert attach_legacy(repository, artifact, place, KeyPayloads(KeySigner(plain_key.private.read_bytes())))
    tools.run("cosign", *who)


def test_cosign_adds_its_own_and_both_stay(registry: str, tools: Tools, plain_key: Key, cosign_key: Key) -> None:
    repository, artifact, place = _artifact(registry, f"both-{registry.replace(':', '-')}")
    reference = f"{place}@{artifact.digest}"
    sign = ("sign", *LEGACY, "--use-signing-config=false", "--tlog-upload=false", "--yes", "--key", cosign_key.private)
    tools.run("cosign", *sign, reference)
    assert attach_legacy(repository, artifact, place, KeyPayloads(KeySigner(plain_key.private.read_bytes())))
    for key in (plain_key, cosign_key):
        tools.run("cosign", "verify", *LEGACY, "--insecure-ignore-tlog=true", "--key", key.public, reference)


def test_cosign_accepts_a_legacy_signature_of_a_job(registry: str, tools: Tools) -> None:
    repository, artifact, place = _artifact(registry, f"job-{registry.replace(':', '-')}")
    clock = Time()
    tokens = Tokens(clock)
    identity = tokens.workload.identity
    root = tools.home / "legacy-root.json"
    with PaperServer() as server:
        root.write_bytes(server.paper.trusted_root())
        assert attach_legacy(
            repository, artifact, place, JobPayloads(signer_for(server, clock, tokens, rekor=1), identity)
        )
    issuer = ("--certificate-oidc-issuer", identity.issuer)
    verify = ("verify", *LEGACY, "--trusted-root", root, *issuer)
    reference = f"{place}@{artifact.digest}"
    tools.run("cosign", *verify, "--certificate-identity", identity.subject, reference)
    other = tools.run("cosign", *verify, "--certificate-identity", f"{identity.subject}2", reference, check=False)
    assert other.returncode != 0


def test_cosign_reads_a_real_timestamp_in_key_mode(
    tmp_path: Path, tools: Tools, plain_key: Key, sigstore: Stack
) -> None:
    signer = stamped(KeySigner(plain_key.private.read_bytes()), sigstore.addresses.tsa, {}, Time())
    bundle, digest = tmp_path / "bundle.json", "ab" * 32
    bundle.write_bytes(signer.sign(about(digest)))
    what = ("--type", "https://sigstore.dev/cosign/sign/v1", "--digest", digest, "--digestAlg", "sha256")
    verify = ("verify-blob-attestation", "--bundle", bundle, "--key", plain_key.public, "--insecure-ignore-tlog=true")
    tools.run("cosign", *verify, *what)
    with_time = ("--use-signed-timestamps", "--trusted-root", sigstore.trusted_root)
    tools.run("cosign", *verify, *with_time, *what)


class _Minted:
    """A fresh token of the real issuer each time."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.given = 0

    def token(self, seconds: float) -> IdentityToken:
        self.given += 1
        raw = self._stack.issuers.github_token()
        part = raw.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        expires = datetime.fromtimestamp(claims["exp"], timezone.utc)
        return IdentityToken(Secret(raw), "github", workload_of(github_claims(**claims)), expires)


def test_three_statements_of_real_services_use_one_certificate(sigstore: Stack, tools: Tools) -> None:
    instance = private_instance(sigstore.trusted_root.read_bytes(), sigstore.signing_config.read_bytes())
    tokens, issued = _Minted(sigstore), len(sigstore.issued())
    signer = KeylessSigner(instance, tokens, Time(), env={})
    kinds = [f"https://example.test/{number}" for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        bundles = list(pool.map(lambda kind: signer.sign(about("cd" * 32, kind)), kinds))
    assert (tokens.given, len(sigstore.issued()) - issued) == (1, 1)
    assert signer.usage == Usage(fulcio=1, log=3, timestamps=3)
    assert signer.identity is not None
    who = ("--certificate-identity", signer.identity.subject, "--certificate-oidc-issuer", signer.identity.issuer)
    for kind, content in zip(kinds, bundles, strict=True):
        bundle = tools.home / "one-of-three.json"
        bundle.write_bytes(content)
        what = ("--type", kind, "--digest", "cd" * 32, "--digestAlg", "sha256")
        trust = ("--bundle", bundle, "--trusted-root", sigstore.trusted_root)
        tools.run("cosign", "verify-blob-attestation", *trust, *who, *what)
