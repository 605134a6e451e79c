"""What one promotion or rollback is asked to do, and the rules that hold for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.promotion import PolicyFact, PromotionKind
from gitless.ports import Repository
from gitless.promotion.policy import GatePolicy
from gitless.promotion.release import Part
from gitless.verification.trust import Trust


@dataclass(frozen=True)
class Rules:
    """What holds for one channel, read from the protected default branch.

    Attributes:
        policy: The gates.
        fact: Where the rules come from.
        publishers: The publishing identity.
        promoters: The promoting identity.
        environment: The CI environment whose reviewers approve; empty for none.
        branch: The protected branch.
        shared_key: Whether one key publishes and promotes.
        guarded_source: Whether only promotions move the channel that digests come from.
    """

    policy: GatePolicy
    fact: PolicyFact
    publishers: Sequence[Trust]
    promoters: Sequence[Trust]
    environment: str = ""
    branch: str = "main"
    shared_key: bool = False
    guarded_source: bool = False

    @property
    def channel(self) -> str:
        """The channel that moves."""
        return self.policy.channel


@dataclass(frozen=True)
class Wanted:
    """One move that is asked for.

    Attributes:
        component: The component.
        source: Where the digest is.
        target: Where the channel is; the same store unless the channel has a registry of its own.
        place: The target's name, as records write it.
        digest: What the channel is to name.
        kind: `promote` or `rollback`.
        release: The release to make; empty for none, or for the one that `bump` makes.
        bump: What to raise of the channel's highest release.
        artifact: The digest's manifest, where it was read already.
        seen_at: The channel that was just seen to name the digest; empty for none.
    """

    component: str
    source: Repository
    target: Repository
    place: str
    digest: Digest
    kind: PromotionKind = "promote"
    release: str = ""
    bump: Part | None = None
    artifact: Manifest | None = None
    seen_at: str = ""
