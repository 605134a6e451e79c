"""Content digests with their grammar checked before they reach a path or a URL."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from gitless.errors import UsageError

_GRAMMAR = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, order=True, slots=True)
class Digest:
    """A sha256 digest; other algorithms are refused, since Flux, cosign and our evidence use this one only.

    Attributes:
        hex: 64 lower-case hexadecimal digits.
    """

    hex: str

    def __post_init__(self) -> None:
        if not _GRAMMAR.fullmatch(f"sha256:{self.hex}"):
            raise UsageError(f"Not a sha256 digest: {self.hex[:100]!r}")

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `sha256:<64 hex>`.

        Raises:
            UsageError: The text is anything else.
        """
        if not isinstance(text, str) or not _GRAMMAR.fullmatch(text):
            raise UsageError(
                f"Not a digest: {str(text)[:100]!r}",
                hint="A digest looks like sha256: and 64 hexadecimal digits.",
            )
        return cls(text.removeprefix("sha256:"))

    @classmethod
    def of(cls, content: bytes) -> Digest:
        """Hash `content`."""
        return cls(hashlib.sha256(content).hexdigest())

    @property
    def fallback_tag(self) -> str:
        """The tag that lists referrers where the API is missing (distribution-spec 1.1, referrers tag schema)."""
        return f"sha256-{self.hex}"

    @property
    def short(self) -> str:
        """The first twelve digits, for people only."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"sha256:{self.hex}"
