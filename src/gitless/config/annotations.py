"""Annotations that a user adds to the artifact: beside ours, never in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitless.errors import UsageError

MAX_ANNOTATIONS = 64
MAX_VALUE = 4096
_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,253}[A-Za-z0-9])?")
_OURS = (
    "org.opencontainers.image.created",
    "org.opencontainers.image.source",
    "org.opencontainers.image.revision",
    "org.opencontainers.image.title",
    "org.opencontainers.image.ref.name",
)
_RESERVED = ("dev.gitless.", "dev.sigstore.", "dev.cosignproject.", "io.cncf.oras.")


def check_annotations(annotations: Mapping[str, str]) -> dict[str, str]:
    """Return annotations that may stand beside ours, in the order of their keys.

    Raises:
        UsageError: There are too many, a key or value breaks its form, or gitless writes the key itself.
    """
    if len(annotations) > MAX_ANNOTATIONS:
        raise UsageError("There are too many annotations.", why=f"At most {MAX_ANNOTATIONS} are taken.")
    for key, value in annotations.items():
        if not _KEY.fullmatch(key):
            raise UsageError(f"Not the key of an annotation: {key[:80]!r}", hint="Write it as org.example.team=value.")
        if key in _OURS or key.startswith(_RESERVED):
            raise UsageError(
                f"The annotation {key} is written by gitless itself.",
                why="Flux, cosign and audits rely on what it says.",
                hint="Leave it away; source and revision are those of the commit.",
            )
        if len(value) > MAX_VALUE or not value.isprintable():
            raise UsageError(f"The annotation {key} has a value that is too long or not one line of text.")
    return dict(sorted(annotations.items()))
