"""A promotion record: who moved which channel from what to what, when, why and on what proof.

Values only, as docs/promotion.md describes them; `promotion.record` writes and reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from gitless.model.approval import Kind, Person
from gitless.model.digest import Digest
from gitless.model.gate import GateResult

PromotionKind = Literal["promote", "rollback"]
PROMOTION_KINDS: tuple[str, ...] = get_args(PromotionKind)
APPROVAL_KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Approver:
    """A person whose approval counted.

    Attributes:
        person: Who.
        kind: Where they approved: of this run's environment or deployment, or in review of a change.
        at: When, as the platform's API says; None where it does not.
        change: The pull or merge request's web address; empty for approvals of the run.
    """

    person: Person
    kind: Kind
    at: datetime | None = None
    change: str = ""


@dataclass(frozen=True, slots=True)
class PolicyFact:
    """Under which rules it was judged.

    Attributes:
        digest: sha256 of the configuration file's bytes.
        commit: The commit of the protected branch it was read from.
        uri: Where that file is.
    """

    digest: Digest
    commit: str
    uri: str = ""


@dataclass(frozen=True, slots=True)
class RunFact:
    """The run that promoted.

    Attributes:
        url: Where people look at it.
        workflow_ref: Workflow or pipeline file with its ref.
        workflow_sha: The commit of that file.
        runner: `github-hosted`, `gitlab-hosted` or `self-hosted`.
        verified: Whether all of it comes from a verified OIDC token; False marks claims of the environment.
    """

    url: str = ""
    workflow_ref: str = ""
    workflow_sha: str = ""
    runner: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One authorised move of one channel.

    Attributes:
        kind: `promote` or `rollback`.
        component: The component.
        channel: The channel that moves.
        digest: What it is moved to; also the subject of the statement.
        observed: What the channel named when the gates were judged; None when it named nothing.
        previous: Manifest digest of the channel's record before this one; None for the first.
        sequence: 1 for the first record of a channel, then one more each time.
        created: When the record was made, by the machine's own clock; a signature's timestamp is better.
        policy: The rules it was judged under.
        repository: Where the channel was at the time; a mirror keeps it, so nothing is compared with it.
        release: The release it makes, such as `v1.2.3`; empty when none.
        source: The channel it came from; empty where it came from a digest or from source.
        requesters: Who started the run, and who started it again, from the platform; empty where nobody vouches.
        approvers: Whose approvals counted.
        reason: Why, in the words of whoever asked.
        ticket: A reference into a ticket system.
        emergency: Whether it was one; the gates say what was skipped.
        gates: Every gate with its verdict; none is `failed`.
        withdraws: The digest that must never be promoted to this channel again; rollbacks only.
        sbom: Digest of the SBOM's referrer manifest.
        diff: sha256 of the diff that reviewers saw.
        revision: Source revision of the digest.
        committed: Commit time of that revision.
        run: The run.
        tools: Versions of what made the record, by name.
        shared_key: Whether one key publishes and promotes, which gitless.yaml must allow.
    """

    kind: PromotionKind
    component: str
    channel: str
    digest: Digest
    observed: Digest | None
    previous: Digest | None
    sequence: int
    created: datetime
    policy: PolicyFact
    repository: str = ""
    release: str = ""
    source: str = ""
    requesters: tuple[Person, ...] = ()
    approvers: tuple[Approver, ...] = ()
    reason: str = ""
    ticket: str = ""
    emergency: bool = False
    gates: tuple[GateResult, ...] = ()
    withdraws: Digest | None = None
    sbom: Digest | None = None
    diff: Digest | None = None
    revision: str = ""
    committed: datetime | None = None
    run: RunFact = RunFact()
    tools: Mapping[str, str] = field(default_factory=dict, hash=False)
    shared_key: bool = False

    @property
    def skipped(self) -> tuple[str, ...]:
        """Names of the gates an emergency skipped."""
        return tuple(gate.name for gate in self.gates if gate.verdict == "skipped")
