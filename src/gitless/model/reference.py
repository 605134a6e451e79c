"""Names of repositories, tags and artifacts, strict: no default registry, no default tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitless.errors import UsageError
from gitless.model.digest import Digest

LAYOUT_SCHEME = "oci-layout:"
_HOST = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]{1,5})?")
_PATH = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_MAX_NAME = 255


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """Where one component's artifacts live: a registry repository or an OCI image layout on disk.

    Attributes:
        host: Registry host with optional port; empty for a layout.
        path: Repository path, or the layout's directory.
    """

    host: str
    path: str

    @property
    def is_layout(self) -> bool:
        """Whether this is a directory on disk."""
        return not self.host

    @classmethod
    def parse(cls, text: str) -> Location:
        """Read `host[:port]/path` or `oci-layout:DIR`, without tag or digest.

        Raises:
            UsageError: Anything else, `oci://` in front included.
        """
        if text.startswith(LAYOUT_SCHEME):
            directory = text.removeprefix(LAYOUT_SCHEME)
            if not directory or any(ord(character) < 32 for character in directory):
                raise UsageError(f"Not an OCI layout location: {text[:200]!r}", hint="Write oci-layout:DIR.")
            return cls("", directory)
        host, _, path = text.partition("/")
        if not _is_host(host) or not _PATH.fullmatch(path) or len(text) > _MAX_NAME:
            raise UsageError(
                f"Not a repository name: {text[:200]!r}",
                why="It takes a host, a slash and a lower-case path, without oci:// or https://, tag or digest.",
                hint="For example ghcr.io/acme/apps, localhost:5000/apps or oci-layout:DIR.",
            )
        return cls(host, path)

    def child(self, name: str) -> Location:
        """The location of component `name` below this prefix."""
        return Location.parse(f"{self}/{name}")

    @property
    def base_name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2]

    def __str__(self) -> str:
        return f"{LAYOUT_SCHEME}{self.path}" if self.is_layout else f"{self.host}/{self.path}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A location with a tag or a digest, never both guessed and never neither.

    Attributes:
        location: The repository or layout.
        target: A tag, or a Digest.
    """

    location: Location
    target: str | Digest

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read `LOCATION:tag` or `LOCATION@sha256:<hex>`; `LOCATION:tag@sha256:…` keeps the digest only.

        Raises:
            UsageError: Tag and digest are both missing, or a part breaks its grammar.
        """
        name, _, digest = text.partition("@")
        head, colon, tag = name.rpartition(":")
        has_tag = bool(colon) and "/" not in tag and head not in ("", LAYOUT_SCHEME.rstrip(":"))
        if digest:
            return cls(Location.parse(head if has_tag else name), Digest.parse(digest))
        if not has_tag:
            raise UsageError(
                f"The reference {text[:200]!r} has neither tag nor digest.",
                hint="Write HOST/PATH:TAG, HOST/PATH@sha256:… or oci-layout:DIR:TAG.",
            )
        return cls(Location.parse(head), check_tag(tag))

    def __str__(self) -> str:
        separator = "@" if isinstance(self.target, Digest) else ":"
        return f"{self.location}{separator}{self.target}"


def is_tag(text: str) -> bool:
    """Whether distribution-spec 1.1 allows the text as a tag."""
    return bool(_TAG.fullmatch(text))


def check_tag(text: str) -> str:
    """Return `text` if it is a tag by distribution-spec 1.1.

    Raises:
        UsageError: It is not.
    """
    if not is_tag(text):
        raise UsageError(
            f"Not a tag: {text[:150]!r}",
            why="A tag has at most 128 letters, digits, '.', '_' and '-'.",
            hint="",
        )
    return text


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    if not match:
        return False
    # as docker does: without a dot or a port, only localhost is a host and not a path
    return "." in text or ":" in text or text == "localhost"
