"""A small shop that publishes and promotes: `Workshop` publishes, this one moves a channel of it on the record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from tests.fakes.signed import make_signer, trusted
from tests.fakes.workshop import TickingClock, Workshop

from gitless.errors import GitlessError
from gitless.flows.evidence import gather, judge_all
from gitless.flows.examine import Examined, Examiner
from gitless.flows.ledger import Ledger, read_ledger
from gitless.flows.move import Rules, Wanted
from gitless.flows.promote import Moved, Promoter
from gitless.flows.proof import Asked, Prover
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.media_types import PREDICATE_SIGNATURE, PREDICATE_SUMMARY
from gitless.model.namespace import PROMOTION
from gitless.model.promotion import PolicyFact, RunFact
from gitless.ports import ApprovalSource, Repository
from gitless.promotion.gates.facts import SbomFact
from gitless.promotion.gates.releases import ReleaseGate
from gitless.promotion.policy import GatePolicy
from gitless.signing.key_signer import KeySigner
from gitless.verification.judge import judge, valid

POLICY_URI = "https://github.com/acme/apps/blob/main/gitless.yaml"
KINDS = (PROMOTION, PREDICATE_SUMMARY, PREDICATE_SIGNATURE)


def stable(**changes: object) -> GatePolicy:
    """The channel `stable`, fed by `latest`; each promotion makes a release unless `release=None`."""
    values: dict[str, object] = {"channel": "stable", "source": "latest", "release": ReleaseGate(), **changes}
    return GatePolicy(**values)  # type: ignore[arg-type]


@dataclass
class Outcome:
    """What one run came to.

    Attributes:
        examined: What was examined; None where that failed already.
        moved: What was done; None where nothing was.
        error: Why not.
    """

    examined: Examined | None = None
    moved: Moved | None = None
    error: GitlessError | None = None


@dataclass
class PromotionShop:
    """Promotes what a workshop publishes.

    Attributes:
        workshop: Publishes.
        open_target: Opens the store of the channel; the workshop's own unless the channel has another registry.
        signer: The promoting identity.
        policy: The rules.
        approvals: The platform.
    """

    workshop: Workshop
    open_target: Callable[[], Repository] | None = None
    place: str = "registry.example/acme/apps/web"
    signer: KeySigner = field(default_factory=make_signer)
    policy: GatePolicy = field(default_factory=stable)
    approvals: ApprovalSource | None = None
    pause: Callable[[int], None] = lambda look: None
    rules_digest: Digest = field(default_factory=lambda: Digest.of(b"gitless.yaml"))

    @property
    def rules(self) -> Rules:
        """What holds."""
        fact = PolicyFact(self.rules_digest, "d" * 40, POLICY_URI)
        return Rules(self.policy, fact, self.workshop.keys, [trusted(self.signer)])

    def publish(self, value: str = "one") -> str:
        """Publish a new commit; returns its digest."""
        result = self.workshop.publish(self.workshop.commit(value))
        assert result.error is None, result.error
        return result.digest

    def promote(self, digest: str = "", release: str = "", **options: object) -> Outcome:
        """Promote a digest, or what `latest` names."""
        return self.move("promote", digest, release=release, **options)

    def rollback(self, digest: str, reason: str = "it fails", **options: object) -> Outcome:
        """Go back to a digest."""
        return self.move("rollback", digest, reason=reason, **options)

    def move(
        self,
        kind: str,
        digest: str,
        *,
        release: str = "",
        bump: str | None = None,
        reason: str = "",
        emergency: bool = False,
        withdraw: bool = False,
        without: Collection[str] = (),
        between: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """One run, as a fresh process would make it; `between` happens after the gates were judged."""
        outcome = Outcome()
        known: dict[Digest, RecordEntry] = {}
        try:
            wanted = self._wanted(kind, digest, release, bump)
            examiner = Examiner(self.rules, self.approvals, _sound_sbom, TickingClock(), known)
            outcome.examined = examiner.examine(wanted, emergency=reason if emergency else None, without=without)
            between()
            prover = Prover(self.rules, self.signer, RunFact(), {"gitless": "0"}, TickingClock())
            promoter = Promoter(self.rules, prover, self.pause, known)
            asked = Asked(reason, emergency=emergency, withdraw=withdraw)
            outcome.moved = promoter.act(outcome.examined, asked)
        except GitlessError as error:
            outcome.error = error
        return outcome

    def _wanted(self, kind: str, digest: str, release: str, bump: str | None) -> Wanted:
        source = self.workshop.open_store()
        target = self.open_target() if self.open_target else source
        named = Digest.parse(digest) if digest else source.resolve(self.policy.source)
        assert named, "latest names nothing"
        return Wanted("web", source, target, self.place, named, kind, release, bump)  # type: ignore[arg-type]

    def target(self) -> Repository:
        """The store of the channel, opened anew."""
        return self.open_target() if self.open_target else self.workshop.open_store()

    def ledger(self) -> Ledger:
        """The channel as another process reads it."""
        return read_ledger(self.target(), "web", self.policy.channel, self.rules.promoters, place=self.place)

    def names(self, tag: str = "stable") -> str:
        """The digest a tag names; empty for nothing."""
        found = self.target().resolve(tag)
        return str(found) if found else ""

    def is_accepted(self, tag: str = "stable") -> bool:
        """Whether production, which trusts the promoter alone, takes what a tag names; true for no tag at all."""
        store = self.target()
        manifest = store.fetch_manifest(tag)
        if manifest is None:
            return True
        evidence = judge_all(gather(store, manifest.digest).evidence, manifest.digest, self.rules.promoters)
        return judge(manifest, evidence, "flux").ok

    def proofs(self, digest: str) -> dict[str, int]:
        """How many valid pieces of the promoter's evidence a digest has, by kind."""
        subject = Digest.parse(digest)
        evidence = judge_all(gather(self.target(), subject).evidence, subject, self.rules.promoters)
        return {kind: len(valid(evidence, kind)) for kind in KINDS}

    def with_policy(self, **changes: object) -> PromotionShop:
        """The same shop under other rules."""
        return replace(self, policy=replace(self.policy, **changes))


def meet_at(barrier: threading.Barrier) -> Callable[[], None]:
    """For `between`: wait until everybody has judged."""
    return lambda: barrier.wait(20) and None


def _sound_sbom(predicate: object) -> SbomFact:
    return SbomFact((), "complete")
