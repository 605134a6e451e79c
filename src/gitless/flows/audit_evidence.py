"""The evidence of one digest as an audit looks at it: whose it is, and whether enough of it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gitless.errors import UntrustedContentError
from gitless.flows.evidence import gather, judge_all
from gitless.flows.ledger import record_entries
from gitless.flows.parallel import both
from gitless.model.audit import AuditFinding
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.manifest import Manifest
from gitless.model.media_types import PREDICATE_SUMMARY
from gitless.model.namespace import PROMOTION
from gitless.ports import Repository
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.judge import REQUIRED_PREDICATES, judge, valid
from gitless.verification.trust import Trust

_OURS = (*REQUIRED_PREDICATES, PREDICATE_SUMMARY, "")


@dataclass(frozen=True)
class Trusted:
    """Whom an audit trusts; an empty role is not judged.

    Attributes:
        publishers: The publishing identity.
        promoters: The promoting identity.
    """

    publishers: tuple[Trust, ...]
    promoters: tuple[Trust, ...]


@dataclass(frozen=True)
class NamedDigest:
    """A digest that a tag names.

    Attributes:
        digest: The digest.
        manifest: Its manifest, where it was needed; None also where it is not there.
        published: Its evidence under the publishing identity.
        promoted: The same under the promoting identity.
        is_recorded: Whether it has a valid record that was read with the journal.
        unread: How many referrers were left unread.
        problem: Why evidence or manifest could not be read; empty when they were.
    """

    digest: Digest
    manifest: Manifest | None
    published: tuple[JudgedEvidence, ...]
    promoted: tuple[JudgedEvidence, ...]
    is_recorded: bool = False
    unread: int = 0
    problem: str = ""

    @property
    def records(self) -> tuple[RecordEntry, ...]:
        """The promotion records among what was read here."""
        return record_entries(self.promoted)

    @property
    def is_signed(self) -> bool:
        """Whether anything trusted vouches for it."""
        return self.is_promoted or bool(valid(self.published))

    @property
    def is_promoted(self) -> bool:
        """Whether the promoting identity vouches for it."""
        return self.is_recorded or bool(valid(self.promoted))


def read_digest(
    repository: Repository,
    digest: Digest,
    trusted: Trusted,
    manifest: Manifest | None,
    known: Mapping[Digest, RecordEntry],
    *,
    whole: bool,
) -> NamedDigest:
    """Read and weigh the evidence of one digest.

    Args:
        repository: Its store.
        digest: The digest.
        trusted: The identities.
        manifest: Its manifest, where that was read already.
        known: Records that were read already; they are not read again.
        whole: Whether its manifest is needed, as a channel or a release names it.

    Raises:
        RemoteError: The store failed.
    """
    try:
        listing, fetched = both(
            lambda: repository.list_referrers(digest),
            lambda: repository.fetch_manifest(digest) if whole and manifest is None else manifest,
        )
        read = {item.digest for item in listing if _is_about(known.get(item.digest), digest)}
        gathered = gather(repository, digest, [item for item in listing if item.digest not in read])
    except UntrustedContentError as error:
        # whoever may write to the registry can break one listing, and must not stop the audit by that
        return NamedDigest(digest, None, (), (), problem=f"{error.what} {error.why}")
    return NamedDigest(
        digest,
        fetched,
        tuple(judge_all(gathered.evidence, digest, trusted.publishers)),
        tuple(judge_all(gathered.evidence, digest, trusted.promoters)),
        bool(read),
        gathered.unread,
    )


def _is_about(entry: RecordEntry | None, digest: Digest) -> bool:
    """Whether this is a record that verifies and promotes the digest."""
    return bool(entry and entry.standing == "valid" and entry.record and entry.record.digest == digest)


def evidence_findings(
    component: str, channel: str, tag: str, named: NamedDigest, role: str, trusted: Trusted
) -> Iterator[AuditFinding]:
    """What is wrong with the evidence of what one tag names.

    Args:
        component: The component.
        channel: The channel, where the tag is one.
        tag: The tag.
        named: What it names.
        role: `publish` or `promote` for channels and releases; empty for other tags, where any signature suffices.
        trusted: The identities.
    """

    def finding(kind: str, reason: str, manifest: object = "") -> AuditFinding:
        return AuditFinding(component, channel, kind, tag, reason, found=str(named.digest), manifest=str(manifest))

    if named.problem:
        yield finding("evidence.unreadable", named.problem)
        return
    if named.unread:
        yield finding("evidence.flooded", f"{named.unread} referrers are too many to be read.")
    if not role:
        if trusted.publishers and not named.is_signed:
            yield finding("tag.unsigned", "Nobody who is trusted has signed what it names.")
        return
    if trusted.publishers:
        yield from (finding(*item) for item in _published(named))
    if role == "promote" and not named.is_promoted:
        yield finding("evidence.unpromoted", "Nothing of the promoting identity is attached to what it names.")
    for kind, item in _strangers(named) if trusted.publishers else ():
        yield finding(kind, f"{item.predicate_type or 'A bundle'}: {item.reason}", item.manifest)


def _published(named: NamedDigest) -> Iterator[tuple[str, str]]:
    """Whether the publisher's evidence is whole, by our own strict rules."""
    if named.manifest is None:
        yield "tag.dangling", "The manifest it names is not there."
        return
    try:
        verdict = judge(named.manifest, named.published, "strict")
    except UntrustedContentError as error:
        yield "evidence.missing", error.what
        return
    if not verdict.ok:
        reasons = " ".join(f"{check.id}: {check.reason}" for check in verdict.failures)
        yield ("evidence.missing" if valid(named.published) else "evidence.unsigned"), reasons


def _strangers(named: NamedDigest) -> Iterator[tuple[str, JudgedEvidence]]:
    """Evidence of our kinds that neither identity has made; records are told of by their channel's history."""
    accepted = {item.manifest for item in (*valid(named.published), *valid(named.promoted))}
    for one, two in zip(named.published, named.promoted, strict=True):
        if one.manifest in accepted or one.predicate_type == PROMOTION or one.predicate_type not in _OURS:
            continue
        broken = next((item for item in (one, two) if item.standing == "invalid"), None)
        yield ("evidence.invalid", broken) if broken else ("evidence.foreign", one)
