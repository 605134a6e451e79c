"""cosign, crane and kustomize as a person would call them: by key and offline, or keyless with given services."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.peers.recipes import program

PASSWORD = "only for tests"


class Tools:
    """The foreign command lines, with a home of their own.

    Args:
        home: A folder for key, trust root and caches; nothing outside it is read or written.
        password: What protects cosign's private key.
    """

    def __init__(self, home: Path, password: str = PASSWORD) -> None:
        self.home = home
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "TUF_ROOT": str(home / "tuf"),
            "DOCKER_CONFIG": str(home / "docker"),
            "COSIGN_PASSWORD": password,
        }
        home.mkdir(parents=True, exist_ok=True)

    def run(
        self, name: str, *arguments: str | Path, check: bool = True, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one of them in its home, with these variables beside its own.

        Raises:
            AssertionError: It failed; with what it said.
        """
        path = program(name)
        assert path is not None, f"{name} is not built: run `make peers`"
        command = [str(path), *map(str, arguments)]
        environment = {**self.environment, **(env or {})}
        done = subprocess.run(
            command, cwd=self.home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr.decode()}")
        return done

    def generate_key(self, name: str = "cosign") -> Path:
        """A key pair of cosign's own kind; returns the private key's path, the public one is beside it as `.pub`."""
        self.run("cosign", "generate-key-pair", "--output-key-prefix", name)
        return self.home / f"{name}.key"

    def offline(self) -> tuple[str, ...]:
        """Flags that keep `cosign sign` and `cosign attest` from asking anything but the registry."""
        for command, path in (("signing-config", "signing-config.json"), ("trusted-root", "trusted-root.json")):
            if not (self.home / path).exists():
                self.run("cosign", command, "create", "--out", path)
        return ("--signing-config", "signing-config.json", "--trusted-root", "trusted-root.json", "--yes")

    def sign(self, key: Path, reference: str) -> None:
        """Sign a reference as `cosign sign` does."""
        self.run("cosign", "sign", "--key", key, *self.offline(), reference)

    def attest(self, key: Path, reference: str, kind: str, predicate: Path) -> None:
        """Attach a predicate as `cosign attest` does."""
        self.run("cosign", "attest", "--key", key, *self.offline(), "--type", kind, "--predicate", predicate, reference)

    def verify(self, public_key: Path, reference: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """`cosign verify` by key."""
        return self.run("cosign", "verify", "--key", public_key, "--insecure-ignore-tlog=true", reference, check=check)

    def sign_keyless(self, signing_config: Path, trusted_root: Path, job: Mapping[str, str], reference: str) -> None:
        """Sign a reference as `cosign sign` does in a CI job with these variables."""
        trust = ("--signing-config", signing_config, "--trusted-root", trusted_root)
        self.run("cosign", "sign", "--yes", "--allow-http-registry", *trust, reference, env=job)

    def verify_identity(
        self, trusted_root: Path, identity: str, issuer: str, reference: str, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """`cosign verify` by certificate identity and issuer, both exact."""
        who = ("--certificate-identity", identity, "--certificate-oidc-issuer", issuer)
        trust = ("--allow-http-registry", "--trusted-root", trusted_root)
        return self.run("cosign", "verify", *trust, *who, reference, check=check)

    def attestation(self, public_key: Path, reference: str, kind: str) -> dict[str, Any]:
        """The one statement of that type which `cosign verify-attestation` accepts by key.

        Raises:
            AssertionError: There is none, or more than one.
        """
        return self._attestation(kind, reference, "--key", public_key, "--insecure-ignore-tlog=true")

    def attestation_by(
        self, trusted_root: Path, identity: str, issuer: str, reference: str, kind: str
    ) -> dict[str, Any]:
        """The one statement of that type which `cosign verify-attestation` accepts by identity and issuer.

        Raises:
            AssertionError: There is none, or more than one.
        """
        who = ("--certificate-identity", identity, "--certificate-oidc-issuer", issuer)
        return self._attestation(kind, reference, "--allow-http-registry", "--trusted-root", trusted_root, *who)

    def _attestation(self, kind: str, reference: str, *trust: str | Path) -> dict[str, Any]:
        done = self.run("cosign", "verify-attestation", *trust, "--type", kind, reference)
        envelopes = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        assert len(envelopes) == 1, f"{len(envelopes)} statements of type {kind} at {reference}"
        statement: dict[str, Any] = json.loads(base64.b64decode(envelopes[0]["payload"]))
        return statement
