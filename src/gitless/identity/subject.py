"""What a verifier is to trust, and where: the input of every form `gitless identity` prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gitless.model.identity import IdentityPattern

_NOT_IN_NAME = re.compile(r"[^a-z0-9-]+")
_FOLDER = "/.github/workflows/"


@dataclass(frozen=True, slots=True)
class TrustSubject:
    """One identity and the artifacts it signs.

    Attributes:
        role: What it does.
        repository: Registry host and path of the artifacts.
        tag: The channel.
        pattern: The certificates; None for a key.
        key_pem: The public key (PEM) where there is no pattern.
        key_file: Where that key is.
        trusted_root: Content of trusted_root.json; empty for the public Sigstore instance.
        trusted_root_file: Where that content is.
    """

    role: Literal["publish", "promote"]
    repository: str
    tag: str
    pattern: IdentityPattern | None
    key_pem: str = ""
    key_file: str = ""
    trusted_root: str = ""
    trusted_root_file: str = ""

    @property
    def reference(self) -> str:
        """Repository and tag."""
        return f"{self.repository}:{self.tag}"

    @property
    def globs(self) -> tuple[str, str]:
        """Patterns for this repository and no other that begins with its name."""
        return f"{self.repository}:*", f"{self.repository}@*"

    @property
    def name(self) -> str:
        """A name for Kubernetes objects: the last part of the repository."""
        last = self.repository.rpartition("/")[2].lower()
        return _NOT_IN_NAME.sub("-", last).strip("-")[:50] or "artifact"

    @property
    def reusable_source(self) -> str:
        """Web address of the repository that must call the signing workflow, where it is another's; else empty.

        The subject then names the called workflow, and whoever looks at nothing else trusts all of its callers.
        """
        if self.pattern is None or _FOLDER not in self.pattern.subject:
            return ""
        signer = self.pattern.subject.partition(_FOLDER)[0]
        return "" if signer == self.pattern.source else self.pattern.source
