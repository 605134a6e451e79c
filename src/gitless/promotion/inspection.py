"""What is wrong with a component's channels and releases, from their histories and the tags there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gitless.errors import UsageError
from gitless.model.audit import AuditFinding
from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory, Fault
from gitless.model.manifest import Manifest
from gitless.model.media_types import ANNOTATION_CREATED, ANNOTATION_REVISION
from gitless.model.revision import Revision, Source, parse_rfc3339
from gitless.promotion.journal import journal_tag
from gitless.promotion.tags import BuildTag, is_release

_KEPT_APART = ("sha256-", "gitless-")
_CONTENT = "content-"


def inspect_channel(history: ChannelHistory) -> Iterator[AuditFinding]:
    """The tag against the head of the journal, and everything that does not fit into the chain."""
    tag, name = history.tag, history.channel
    if not tag.ok:
        expected = str(history.head.record.digest) if history.head else ""
        found = str(tag.digest) if tag.digest else ""
        record = str(history.head.manifest) if history.head else ""
        yield AuditFinding(history.component, name, f"channel.{tag.word}", name, tag.reason, expected, found, record)
    for fault in history.faults:
        yield _fault(history, fault)


def inspect_releases(
    component: str, histories: Sequence[ChannelHistory], tags: Mapping[str, Digest | None]
) -> Iterator[AuditFinding]:
    """Every release tag of one repository against the record that made it.

    Args:
        component: The component.
        histories: The channels of this repository.
        tags: What its release tags name.
    """
    releases = {tag: named for tag, named in tags.items() if is_release(tag) and named}
    recorded = {name for history in histories for name in history.releases}
    for tag, named in sorted(releases.items()):
        if tag not in recorded:
            reason = "No promotion made this release."
            yield AuditFinding(component, "", "release.unrecorded", tag, reason, found=str(named))
    for history in histories:
        made = {link.record.release: link for link in history.completed if link.record.release}
        for tag, digest in history.releases.items():
            found = releases.get(tag)
            if found is None and tag in made:
                reason = f"Record {made[tag].record.sequence} made this release, and its tag is gone."
                yield AuditFinding(component, history.channel, "release.absent", tag, reason, str(digest))
            elif found is not None and found != digest:
                reason = "It names another digest than the promotion that made it."
                yield AuditFinding(component, history.channel, "release.moved", tag, reason, str(digest), str(found))


def newest_build(tags: Iterable[str], channel: str) -> BuildTag | None:
    """The newest build tag of a channel among some tags."""
    builds = [build for tag in tags if (build := BuildTag.parse(tag, channel))]
    return max(builds, key=lambda build: build.order, default=None)


def inspect_published(
    component: str, channel: str, newest: BuildTag, build: Manifest, named: Manifest | None
) -> Iterator[AuditFinding]:
    """A channel that publish moves against its newest build.

    Args:
        component: The component.
        channel: The channel.
        newest: The newest build tag.
        build: What that names; signed by the publisher.
        named: What the channel names; None where it does not exist.
    """
    own = _build_of(build, channel)
    found = str(named.digest) if named else ""
    if own is not None and own.order != newest.order:
        reason = "It names a build of another commit than its name says."
        yield AuditFinding(component, channel, "tag.moved", str(newest), reason, found=str(build.digest))
        return
    current = _build_of(named, channel) if named else None
    if found != str(build.digest) and (current is None or current.time < newest.time):
        reason = f"The newest build is {newest}, and the channel names an older one or none."
        yield AuditFinding(component, channel, "channel.behind", channel, reason, str(build.digest), found)


def _build_of(manifest: Manifest, channel: str) -> BuildTag | None:
    """The build tag that an artifact's own annotations give; None where they do not."""
    revision = Revision.parse(manifest.annotations.get(ANNOTATION_REVISION, ""))
    created = manifest.annotations.get(ANNOTATION_CREATED, "")
    if revision is None or not created:
        return None
    try:
        return BuildTag.of(channel, Source("", str(revision), parse_rfc3339(created), revision.sha))
    except UsageError:
        return None


def choose_tags(tags: Sequence[str], first: Sequence[str], limit: int) -> tuple[tuple[str, ...], int]:
    """Which tags to look at: channels and releases always, then strange ones, then the newest builds.

    Tags that hold evidence or journals are none of these.

    Args:
        tags: All of them.
        first: The channels.
        limit: How many of the others.

    Returns:
        The tags, and how many were left out.
    """
    present = set(tags)
    always = [tag for tag in first if tag in present]
    always += [tag for tag in tags if is_release(tag) and tag not in first]
    others = [tag for tag in tags if tag not in set(always) and not tag.startswith(_KEPT_APART)]
    chosen = sorted(others, key=_rank)[:limit]
    return (*always, *chosen), len(others) - len(chosen)


def _rank(tag: str) -> tuple[int, tuple[int, ...]]:
    """Strange tags first, then builds from the newest on, then content tags."""
    if tag.startswith(_CONTENT):
        return 2, ()
    build = _build(tag)
    return (1, tuple(-ord(character) for part in build.order for character in part)) if build else (0, ())


def _build(tag: str) -> BuildTag | None:
    parts = tag.rsplit("-", 2)
    return BuildTag.parse(tag, parts[0]) if len(parts) == 3 else None


def _fault(history: ChannelHistory, fault: Fault) -> AuditFinding:
    expected, found = "", ""
    if fault.kind == "missing":
        expected = str(fault.manifest)
    elif fault.kind in ("release", "outside"):
        expected, found = _contradiction(history, fault)
    tag = journal_tag(history.channel)
    kind = f"record.{fault.kind}"
    return AuditFinding(
        history.component, history.channel, kind, tag, fault.reason, expected, found, str(fault.manifest)
    )


def _contradiction(history: ChannelHistory, fault: Fault) -> tuple[str, str]:
    """What a record of the chain should have had before it, or as its release, and what it has."""
    place = [link.manifest for link in history.links].index(fault.manifest)
    record = history.links[place].record
    if fault.kind == "release":
        return str(history.releases[record.release]), str(record.digest)
    return str(history.links[place - 1].record.digest), str(record.observed or "")
