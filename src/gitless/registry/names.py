"""Reads the documents a store answers with: manifests and tag lists; pure."""

from __future__ import annotations

from collections.abc import Iterable

from gitless.errors import MalformedContentError, UntrustedContentError, UsageError
from gitless.model.canonical import read_json_object
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from gitless.model.reference import check_tag

MANIFEST_TYPES = frozenset({OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX})
_MAX_TAGS = 1_000_000


def read_manifest(content: bytes, content_type: str, expected: Digest | None) -> Manifest:
    """Check the bytes of a manifest that was read.

    Args:
        content: The bytes.
        content_type: What the store says they are; may be empty.
        expected: The digest they must have.

    Raises:
        UntrustedContentError: Another digest.
        MalformedContentError: No JSON object, or two different media types claimed for one document.
    """
    if expected is not None and Digest.of(content) != expected:
        raise UntrustedContentError(
            f"The store answered with other content than {expected}.", why=f"Its digest is {Digest.of(content)}."
        )
    told = content_type.partition(";")[0].strip()
    try:
        written = read_json_object(content, "A manifest").get("mediaType")
    except UntrustedContentError as error:
        raise MalformedContentError(error.what, why=error.why) from error
    if isinstance(written, str) and written and told in MANIFEST_TYPES and told != written:
        # one document read as two things is how digests are made to mean something else
        raise MalformedContentError(
            "A manifest claims two media types.", why=f"Served as {told}, written as {written[:100]}."
        )
    return Manifest(written if isinstance(written, str) and written else told, content)


def read_tags(content: bytes) -> Iterable[str]:
    """The names in one page of a tag list; what is no tag is left out.

    Raises:
        UntrustedContentError: The page is no JSON object.
    """
    tags = read_json_object(content, "The registry's list of tags").get("tags")
    return [tag for tag in tags[:_MAX_TAGS] if is_tag(tag)] if isinstance(tags, list) else []


def sorted_tags(tags: Iterable[str], after: str) -> tuple[str, ...]:
    """The tags that sort after `after`, in order."""
    return tuple(sorted(tag for tag in tags if tag > after))


def is_tag(value: object) -> bool:
    """Whether a value from outside is a tag."""
    try:
        return isinstance(value, str) and check_tag(value) == value
    except UsageError:
        return False
