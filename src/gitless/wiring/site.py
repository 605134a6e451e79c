"""Everything one promote or rollback run works with, each piece built when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitless import __version__
from gitless.errors import CheckError, UsageError
from gitless.model.component import DEFAULT_CHANNEL
from gitless.model.moves import MoveResult, MovesResult
from gitless.model.promotion import RunFact
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.setup import CONFIG_NAME
from gitless.wiring.system import SystemClock, pause, read_file

if TYPE_CHECKING:
    from gitless.flows.examine import Examined, Examiner
    from gitless.flows.move import Rules, Wanted
    from gitless.flows.promote import Promoter
    from gitless.model.reference import Location
    from gitless.model.run import CiRun
    from gitless.promotion.gates.facts import SbomFact
    from gitless.promotion.plan import Plan
    from gitless.registry.open import Stores
    from gitless.wiring.rules import PolicySource
    from gitless.wiring.signing import Signing

MAX_PLAN_FILE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Site:
    """Everything a run works with, built when it is first needed."""

    request: MoveRequest
    env: Mapping[str, str]

    @cached_property
    def path(self) -> Path:
        """gitless.yaml in the working tree."""
        path = Path(self.request.config or CONFIG_NAME).resolve()
        if not path.is_file():
            raise UsageError(
                f"There is no {self.request.config or CONFIG_NAME}.",
                why="The rules of channels stand there; promote reads them from the protected default branch.",
            )
        return path

    @cached_property
    def policy(self) -> PolicySource:
        """The rules."""
        from gitless.ci.git import GitHistory
        from gitless.wiring.rules import read_policy
        from gitless.wiring.setup import find_top

        top = find_top(self.path.parent)
        url = GitHistory(top, self.env).remote_url() or (self.run.repository_url if self.run else "")
        return read_policy(self.path, top, url or "https://unknown.invalid", self.env)

    @cached_property
    def rules(self) -> Rules:
        """The rules of the channel."""
        from gitless.wiring.rules import channel_rules

        return channel_rules(self.policy, self.request.channel, self.env)

    @cached_property
    def run(self) -> CiRun | None:
        """The CI run, if this is one."""
        from gitless.ci.detect import detect

        return detect(self.env)

    @cached_property
    def stores(self) -> Stores:
        """The registries."""
        from gitless.registry.open import Stores

        return Stores(env=self.env, insecure=self.request.insecure)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The components that are asked for."""
        if not self.request.names:
            raise UsageError("No component is named.", hint=f"Give its name: gitless {self.request.kind} NAME …")
        return self.request.names

    @property
    def acts(self) -> bool:
        """Whether something is to be signed and moved."""
        return not (self.request.plan or self.request.dry_run)

    @cached_property
    def examiner(self) -> Examiner:
        """Examines moves."""
        from gitless.flows.examine import Examiner
        from gitless.wiring.approvals import approvals_of, check_run

        if self.acts and self.rules.policy.approvals and self.signing.workload:
            check_run(self.run, self.signing.workload, self.rules.environment)
        return Examiner(self.rules, approvals_of(self.run, self.env), _examine_sbom, SystemClock())

    @cached_property
    def signing(self) -> Signing:
        """The promoting identity; settled when the first component is about to move."""
        from gitless.wiring.setup import Setup
        from gitless.wiring.signing import PendingSigning

        config = self.policy.config
        key = self.request.signing_key or self.env.get("GITLESS_SIGNING_KEY") or None
        location = key or (config.signing.key if config.signing else None)
        setup = Setup(self.path.parent, self.path.parent, config, (), None, DEFAULT_CHANNEL, location)
        pending = PendingSigning(location, self.env, "promote")
        pending.begin(setup, dry_run=False)
        return pending.result(setup)

    @cached_property
    def promoter(self) -> Promoter:
        """Carries moves out."""
        from gitless.flows.promote import Promoter
        from gitless.flows.proof import Prover

        if self.signing.signer is None:
            raise UsageError("Nobody signs.", why="signing.method is none, and a promotion is a signed act.")
        prover = Prover(self.rules, self.signing.signer, self._run_fact(), {"gitless": __version__}, SystemClock())
        return Promoter(self.rules, prover, pause, self.examiner.known)

    def wanted(self, name: str) -> Wanted:
        """What is asked for one component.

        Raises:
            UsageError: The registry is not known, or the flags do not say which digest.
            CheckError: There is no such digest.
        """
        from gitless.flows.move import Wanted
        from gitless.wiring.targets import find_digest

        source, target = self.places(name)
        store, place = self.stores.open(source), self.stores.open(target)
        found = find_digest(self, name, store, place)
        return Wanted(
            name,
            store,
            place,
            str(target),
            found,
            self.request.kind,
            self.request.release or "",
            self.request.bump,
        )

    def places(self, name: str) -> tuple[Location, Location]:
        """Where the component's digests are, and where the channel is."""
        from gitless.model.reference import Location

        config = self.policy.config
        registry = self.request.registry or self.env.get("GITLESS_REGISTRY") or config.registry
        if not registry:
            raise UsageError(
                "The registry is not known.", hint="Write registry: into gitless.yaml, or give --registry."
            )
        source = Location.parse(registry).child(name)
        own = config.channels[self.rules.channel].registry
        target = Location.parse(own).child(name) if own else source
        return (target, target) if self.request.kind == "rollback" else (source, target)

    def shown(self, item: Examined) -> MoveResult:
        """An examined component that is not moved."""
        from gitless.flows.describe_move import describe

        return describe(item, self.rules)

    def held(self, item: Examined) -> MoveResult:
        """A component that is not moved, for a gate of its own or because another one may not move."""
        result = self.shown(item)
        if item.ok:
            return replace(result, notes=(*result.notes, "It was held back, since another component may not move."))
        return replace(result, error=_refusal(item, self.rules.channel))

    def write_plan(self, path: str, examined: Sequence[Examined]) -> None:
        """Write what reviewers will be shown.

        Raises:
            UsageError: The file cannot be written.
        """
        try:
            Path(path).write_bytes(self._plan(examined).to_bytes())
        except OSError as error:
            raise UsageError(f"The plan {path!r} cannot be written.", why=error.strerror or "") from error

    def check_plan(self, path: str, examined: Sequence[Examined]) -> None:
        """Refuse to act on what reviewers were not shown.

        Raises:
            CheckError: It differs.
        """
        from gitless.promotion.plan import Plan, check_plan

        check_plan(Plan.parse(read_file(Path(path), "The plan", MAX_PLAN_FILE)), self._plan(examined))

    def result(self, moves: Sequence[MoveResult]) -> MovesResult:
        """All of it."""
        notices = (self.policy.notice,) if self.policy.notice else ()
        return MovesResult(
            self.request.kind,
            self.rules.channel,
            tuple(moves),
            planned=bool(self.request.plan or self.request.dry_run),
            notices=notices,
        )

    def _plan(self, examined: Sequence[Examined]) -> Plan:
        from gitless.flows.describe_move import planned
        from gitless.promotion.plan import Plan

        moves = tuple(planned(item) for item in sorted(examined, key=lambda item: item.wanted.component))
        return Plan(self.request.kind, self.rules.channel, self.rules.fact.digest, SystemClock().now(), moves)

    def _run_fact(self) -> RunFact:
        workload = self.signing.workload
        if workload is not None:
            return RunFact(workload.invocation, workload.signer_uri, workload.signer_digest, workload.runner, True)
        if self.run is None:
            return RunFact()
        return RunFact(self.run.run_url, self.run.workflow_ref, self.run.workflow_commit, self.run.runner)


def _refusal(item: Examined, channel: str) -> CheckError:
    failed = [gate for gate in item.gates if not gate.ok]
    return CheckError(
        f"{item.wanted.component} was not promoted to {channel}.",
        why="\n".join(f"{gate.name}: {gate.reason}" for gate in failed),
        hint="\n".join(item.facts.hints),
    )


def _examine_sbom(predicate: Mapping[str, Any]) -> SbomFact:
    from gitless.model.canonical import canonical_json
    from gitless.promotion.gates.facts import SbomFact
    from gitless.sbom.summary import summarize_sbom
    from gitless.sbom.validation import check_sbom

    problems = tuple(check_sbom(canonical_json(dict(predicate))))
    return SbomFact(problems, summarize_sbom(dict(predicate)).completeness if not problems else "unknown")
