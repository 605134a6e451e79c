"""Moving a channel: where it stands, the build and content tags, the channel last, and another look afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitless.errors import RemoteError, UsageError
from gitless.flows.evidence import gather, judge_all
from gitless.flows.parallel import both, map_together
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import ANNOTATION_CREATED, ANNOTATION_REVISION, PREDICATE_PROVENANCE
from gitless.model.revision import Revision, Source, parse_rfc3339
from gitless.ports import History, Repository
from gitless.promotion.forward import Order, Position
from gitless.promotion.tags import BuildTag
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.judge import judge, valid
from gitless.verification.trust import Trust

MAX_LOOKS = 10


@dataclass(frozen=True)
class Named:
    """What a tag names, with its evidence weighed.

    Attributes:
        manifest: The manifest, read by its digest.
        evidence: Its bundles.
        trusted: Whether all three kinds of evidence verify under the publishing identity.
        unread: How many of its referrers were left unread.
    """

    manifest: Manifest
    evidence: tuple[JudgedEvidence, ...]
    trusted: bool
    unread: int = 0

    @property
    def revision(self) -> str:
        """The revision annotation, as written; worth something only when trusted."""
        return self.manifest.annotations.get(ANNOTATION_REVISION, "")


def read_named(
    repository: Repository,
    manifest: Manifest,
    trusted: Sequence[Trust],
    listing: Sequence[Descriptor] | None = None,
) -> Named:
    """Weigh what a tag named when it was read; `listing` holds its referrers where they have been read already."""
    gathered = gather(repository, manifest.digest, listing)
    evidence = judge_all(gathered.evidence, manifest.digest, trusted)
    return Named(manifest, tuple(evidence), judge(manifest, evidence, "strict").ok, gathered.unread)


def finished(named: Named | None) -> str:
    """When a trusted build was finished: RFC 3339, UTC, from its signed provenance; empty where not known."""
    if named is None or not named.trusted:
        return ""
    statements = [item.statement for item in valid(named.evidence, PREDICATE_PROVENANCE) if item.statement]
    try:
        return str(statements[0].predicate["runDetails"]["metadata"]["finishedOn"])
    except (IndexError, KeyError, TypeError):
        return ""


def position_of(named: Named | None, source: Source, history: History | None) -> Position | None:
    """Where the channel stands relative to this run's commit."""
    if named is None:
        return None
    order = order_of(named.manifest, source, history)
    return Position(named.trusted, order, named.revision or "an unnamed revision", bool(named.unread))


def order_of(manifest: Manifest, source: Source, history: History | None) -> Order:
    """How this run's commit stands to a manifest's revision: by Git where it can tell, else by commit time."""
    revision = Revision.parse(manifest.annotations.get(ANNOTATION_REVISION, ""))
    if history is None or source.commit is None or revision is None:
        return _by_time(manifest, source)
    if revision.sha == source.commit:
        return "same"
    follows = history.is_ancestor(revision.sha, source.commit)
    if follows:
        return "newer"
    return "older" if history.is_ancestor(source.commit, revision.sha) else "unknown"


def _by_time(manifest: Manifest, source: Source) -> Order:
    written = manifest.annotations.get(ANNOTATION_CREATED, "")
    try:
        created = parse_rfc3339(written)
    except UsageError:
        return "unknown"
    if created == source.created:
        return "same"
    return "newer" if created < source.created else "older"


@dataclass(frozen=True)
class ChannelMove:
    """What was written, and where the channel ended.

    Attributes:
        tags: Tags this run wrote, the channel last.
        channel_digest: What the channel names now.
        overtaken_by: The revision of a newer build that this run found and left or put in place; empty when none.
    """

    tags: tuple[str, ...]
    channel_digest: Digest
    overtaken_by: str = ""


@dataclass(frozen=True)
class Mover:
    """Writes the tags of one artifact in the one safe order.

    Attributes:
        repository: The store.
        source: This run's commit.
        history: Git, where there is one.
        trusted: The publishing identity.
        pause: Waits before another look, with jitter; takes the number of the look.
        rewritten: True where the user said that history was rewritten: unknown commits are then no newer ones.
        began_from: When the build was finished that the channel named at first (see `finished`); empty when none.
        confirm: Reads the evidence's listing back; goes beside the other tags, and must end well before the channel.
    """

    repository: Repository
    source: Source
    history: History | None
    trusted: Sequence[Trust]
    pause: Callable[[int], None]
    rewritten: bool = False
    began_from: str = ""
    confirm: Callable[[], object] = lambda: None

    def keep(self, manifest: Manifest, build: BuildTag, build_taken: bool) -> tuple[str, ...]:
        """Write the build tag only: the artifact stays findable, the channel stays where it is."""
        return self._write(manifest, [] if build_taken else [str(build)])

    def move(
        self, manifest: Manifest, build: BuildTag, build_taken: bool, others: Sequence[str], channel: str
    ) -> ChannelMove:
        """Write build tag and other tags, then the channel, then look again until the newest build stands there.

        Args:
            manifest: The artifact, whose evidence the store lists already.
            build: Its build tag.
            build_taken: True where that tag exists; it never moves.
            others: Content tag and extra tags.
            channel: The channel, written last of all.
        """
        tags = [*others] if build_taken else [str(build), *others]
        written, _ = both(lambda: self._write(manifest, tags), self.confirm)
        self.repository.push_manifest(manifest, channel)
        digest, overtaken = self._look_again(manifest, build, channel)
        return ChannelMove((*written, channel), digest, overtaken)

    def heal(self, build: BuildTag, channel: str) -> Named | None:
        """Put the channel on a newer build that this history knows, where an interrupted older writer left it behind.

        Returns:
            The newer build; None where there is none, and nothing was written.
        """
        newer = self._newest(build, channel)
        if newer is None or order_of(newer.manifest, self.source, self.history) != "older":
            return None
        self.repository.push_manifest(newer.manifest, channel)
        return newer

    def _write(self, manifest: Manifest, tags: Sequence[str]) -> tuple[str, ...]:
        map_together(lambda tag: self.repository.push_manifest(manifest, tag), tags)
        return tuple(tags)

    def _look_again(self, ours: Manifest, build: BuildTag, channel: str) -> tuple[Digest, str]:
        # A writer that read the channel before us may write it after us. Each writer therefore looks again after each
        # of its own writes: build tags are written before channels, so the last one to look sees every build.
        target, overtaken = ours, ""
        for look in range(MAX_LOOKS):
            named, newer = self._look(build, channel)
            if newer is not None:
                target, overtaken = newer.manifest, newer.revision
            if named == target.digest:
                return target.digest, overtaken
            rival = self._rival(named) if look and newer is None else None
            if rival is not None:
                return rival.manifest.digest, rival.revision
            if look or newer is not None or named is None:
                self.repository.push_manifest(target, channel)
            self.pause(look)
        raise RemoteError(
            f"The channel {channel!r} does not come to rest.",
            why=f"After {MAX_LOOKS} looks other writers were still moving it.",
            hint="Run the same command again; serialise publish jobs of one channel.",
            temporary=True,
        )

    def _look(self, build: BuildTag, channel: str) -> tuple[Digest | None, Named | None]:
        return both(lambda: self.repository.resolve(channel), lambda: self._newest(build, channel))

    def _rival(self, digest: Digest | None) -> Named | None:
        """Another trusted build of this very commit: neither is newer, so the one that stands stays."""
        manifest = self.repository.fetch_manifest(digest) if digest else None
        if manifest is None or order_of(manifest, self.source, self.history) != "same":
            return None
        named = read_named(self.repository, manifest, self.trusted)
        return named if named.trusted else None

    def _newest(self, build: BuildTag, channel: str) -> Named | None:
        # from the same second on: a commit and its child may share it, and then their digits say nothing
        tags = [BuildTag.parse(tag, channel) for tag in self.repository.list_tags(after=f"{channel}-{build.time}")]
        others = sorted((tag for tag in tags if tag and tag != build), key=lambda tag: tag.order, reverse=True)
        for tag in others[:MAX_LOOKS]:
            manifest = self.repository.fetch_manifest(str(tag))
            if manifest is None:
                continue
            named = read_named(self.repository, manifest, self.trusted)
            if named.trusted and self._is_newer(named, tag, build):
                return named
        return None

    def _is_newer(self, named: Named, tag: BuildTag, build: BuildTag) -> bool:
        order = order_of(named.manifest, self.source, self.history)
        if order == "older":
            return True
        # A commit pushed after this checkout is unknown here, and so is one that a rewritten history has dropped. The
        # first was built after what the channel named when this run began, the second before: the signed times tell.
        return (
            order == "unknown" and not self.rewritten and tag.order > build.order and finished(named) > self.began_from
        )
