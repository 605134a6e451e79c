"""Names of container images as manifests write them, read the way container runtimes read them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitless.model.digest import Digest

MAX_REFERENCE = 512  # repository (255), tag (128) and digest (71) with their separators
_DEFAULT_HOST = "docker.io"
_HUB_HOSTS = (_DEFAULT_HOST, "index.docker.io")  # the runtimes know Docker Hub under its old name too
_HOST = r"(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?)(?::[0-9]{1,5})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, order=True, slots=True)
class ImageReference:
    """An image, with the registry and the `library/` that Docker Hub names leave out filled in.

    Attributes:
        text: What the manifest says, unchanged.
        repository: Registry host and path, for example `docker.io/library/nginx`.
        tag: The tag that is written, if any; `latest` is never filled in.
        digest: `sha256:<hex>`, if it is written.
    """

    text: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: object) -> ImageReference | None:
        """Read `[host[:port]/]path[:tag][@sha256:hex]`.

        Args:
            text: Anything a manifest may hold in the place of an image.

        Returns:
            None where it is no reference, is longer than 512 characters, or names another digest algorithm.
        """
        if not isinstance(text, str) or len(text) > MAX_REFERENCE:
            return None
        match = _REFERENCE.fullmatch(text)
        if not match:
            return None
        return cls(text, _full_name(match["name"]), match["tag"], match["digest"])

    @property
    def name(self) -> str:
        """The last part of the repository."""
        return self.repository.rpartition("/")[2]

    @property
    def group(self) -> str:
        """Everything before the last part of the repository."""
        return self.repository.rpartition("/")[0]

    @property
    def pinned(self) -> Digest | None:
        """The digest as a value."""
        return Digest.parse(self.digest) if self.digest else None


def _full_name(name: str) -> str:
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        return f"{_DEFAULT_HOST}/{_library(rest)}" if first in _HUB_HOSTS else name
    return f"{_DEFAULT_HOST}/{_library(name)}"


def _library(path: str) -> str:
    return path if "/" in path else f"library/{path}"
