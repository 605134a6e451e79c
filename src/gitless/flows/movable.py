"""Moves a tag that exists, and says plainly what is missing where a registry keeps tags from moving."""

from __future__ import annotations

from gitless.errors import RemoteError
from gitless.model.manifest import Manifest
from gitless.ports import Repository

# what registries answer a PUT on an immutable tag with; which one is nowhere settled
_MAY_BE_IMMUTABLE = (400, 403, 405, 409, 412)


def move_tag(repository: Repository, manifest: Manifest, tag: str) -> None:
    """Let a tag name a manifest, whatever it named before.

    Args:
        repository: The store.
        manifest: What it is to name.
        tag: A tag that must be movable: a channel or its journal.

    Raises:
        RemoteError: The store failed; where the tag exists and the refusal may be for that, the hint says what to do.
    """
    try:
        repository.push_manifest(manifest, tag)
    except RemoteError as error:
        if error.status not in _MAY_BE_IMMUTABLE or repository.resolve(tag) is None:
            raise
        raise RemoteError(
            f"The registry does not let the tag {tag} move.",
            why=f"{error.what} {error.why}".strip(),
            hint=f"Where the registry makes tags immutable, exclude the channel and its journal from that: {tag} and "
            f"{_sibling(tag)} (and sha256-* where it has no referrers API). Releases may stay immutable. Then run the "
            "same command again; it completes the work.",
            status=error.status,
        ) from error


def _sibling(tag: str) -> str:
    return tag.removeprefix("gitless-") if tag.startswith("gitless-") else f"gitless-{tag}"
