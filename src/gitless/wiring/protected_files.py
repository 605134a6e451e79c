"""Key and trust files of the protected branch's commit, laid out as gitless.yaml names them.

A tag's own files are never asked: whoever may push a tag could otherwise bring a Sigstore of their own, and be handed
the job's token.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitless.config.schema import Config
    from gitless.wiring.rules import PolicySource


@contextmanager
def protected_files(source: PolicySource) -> Iterator[Path]:
    """A folder that holds them while the context lasts.

    Raises:
        UsageError: The commit lacks one of them.
    """
    with TemporaryDirectory(prefix="gitless-rules-") as folder:
        for name in sorted(_names(source.config)):
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read(name))
        yield Path(folder)


def _names(config: Config) -> set[str]:
    identities, signing = config.identities, config.signing
    keys = [identity.key for identity in (identities.publish, identities.promote) if identity]
    files = [] if not signing or signing.sigstore == "public" else [
        signing.sigstore.trusted_root, signing.sigstore.signing_config
    ]  # fmt: skip
    return {name for name in (*keys, *files) if name}
