"""Everything one promote or rollback run works with, each piece built when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitless import __version__
from gitless.errors import UsageError
from gitless.model.component import DEFAULT_CHANNEL
from gitless.model.promotion import RunFact
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.setup import CONFIG_NAME
from gitless.wiring.system import SystemClock, pause

if TYPE_CHECKING:
    from gitless.config.schema import Config
    from gitless.flows.examine import Examiner
    from gitless.flows.move import Rules
    from gitless.flows.promote import Promoter
    from gitless.model.reference import Location
    from gitless.model.run import CiRun
    from gitless.promotion.gates.facts import SbomFact
    from gitless.registry.open import Stores
    from gitless.wiring.rules import PolicySource
    from gitless.wiring.setup import Setup
    from gitless.wiring.signing import Signing


@dataclass(frozen=True)
class Site:
    """Everything a run works with, built when it is first needed."""

    request: MoveRequest
    env: Mapping[str, str]

    @cached_property
    def path(self) -> Path:
        """gitless.yaml in the working tree."""
        path = Path(os.path.abspath(self.request.config or CONFIG_NAME))
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
        """The components that are asked for, each once."""
        request = self.request
        folder = Path(request.path).resolve().name if request.path and not request.name else ""
        names = tuple(dict.fromkeys(name for name in (*request.names, request.name, folder) if name))
        if not names:
            raise UsageError("No component is named.", hint=f"Give its name: gitless {request.kind} NAME …")
        return names

    @property
    def acts(self) -> bool:
        """Whether something is to be signed and moved."""
        return not (self.request.plan or self.request.dry_run)

    @cached_property
    def examiner(self) -> Examiner:
        """Examines moves."""
        from gitless.flows.examine import Examiner
        from gitless.wiring.approvals import approvals_of, check_run

        wants_people = self.rules.policy.approvals_gate(emergency=self.request.emergency)
        if self.acts and wants_people and self.signing.workload:
            check_run(self.run, self.signing.workload, self.rules.environment)
        return Examiner(self.rules, approvals_of(self.run, self.env), _examine_sbom, SystemClock())

    @cached_property
    def signing(self) -> Signing:
        """The promoting identity; settled when the first component is about to move."""
        from gitless.wiring.signing import PendingSigning

        with self._signing_setup() as setup:
            pending = PendingSigning(setup.signing_key, self.env, "promote")
            pending.begin(setup, dry_run=False)
            return pending.result(setup)

    def check_signing(self) -> None:
        """Refuse a run that nobody can sign, as far as environment and files tell, before a registry is asked.

        Raises:
            UsageError: There is no key where it should be, or the job gets no identity token.
        """
        from gitless.wiring.readiness import check_signing

        with self._signing_setup() as setup:
            check_signing(setup, self.env, "promote")

    @contextmanager
    def _signing_setup(self) -> Iterator[Setup]:
        from gitless.wiring.protected_files import protected_files
        from gitless.wiring.setup import Setup

        config = self.policy.config
        key = self.request.signing_key or self.env.get("GITLESS_SIGNING_KEY") or None
        location = key or (config.signing.key if config.signing else None)
        with protected_files(self.policy) as root:
            yield Setup(root, root, config, (), None, DEFAULT_CHANNEL, location)

    @cached_property
    def promoter(self) -> Promoter:
        """Carries moves out."""
        from gitless.flows.promote import Promoter
        from gitless.flows.proof import Prover

        if self.signing.signer is None:
            raise UsageError("Nobody signs.", why="signing.method is none, and a promotion is a signed act.")
        prover = Prover(self.rules, self.signing.signer, self._run_fact(), {"gitless": __version__}, SystemClock())
        return Promoter(self.rules, prover, pause, self.examiner.known)

    def prepare(self) -> None:
        """Open connections to the registries beside whatever comes next."""
        self.stores.prepare([place for name in self.names for place in self.places(name)])

    def places(self, name: str) -> tuple[Location, Location]:
        """Where the component's digests are, and where the channel is; a rollback stays where the channel is."""
        target = self.home(name, self.rules.channel)
        if self.request.kind == "rollback":
            return target, target
        return self.home(name, self.request.source or self.rules.policy.source), target

    def home(self, name: str, channel: str) -> Location:
        """Where a channel of one component is.

        Raises:
            UsageError: The registry is not known.
        """
        from gitless.model.reference import Location

        config = self.policy.config
        given = self.request.registry or self.env.get("GITLESS_REGISTRY") or config.registry
        registry = _own_registry(config, channel) or given
        if not registry:
            raise UsageError(
                "The registry is not known.", hint="Write registry: into gitless.yaml, or give --registry."
            )
        return Location.parse(registry).child(name)

    def _run_fact(self) -> RunFact:
        workload = self.signing.workload
        if workload is not None:
            return RunFact(workload.invocation, workload.signer_uri, workload.signer_digest, workload.runner, True)
        if self.run is None:
            return RunFact()
        return RunFact(self.run.run_url, self.run.workflow_ref, self.run.workflow_commit, self.run.runner)


def _own_registry(config: Config, channel: str) -> str | None:
    section = config.channels.get(channel)
    return section.registry if section else None


def _examine_sbom(predicate: Mapping[str, Any]) -> SbomFact:
    from gitless.model.canonical import canonical_json
    from gitless.promotion.gates.facts import SbomFact
    from gitless.sbom.summary import summarize_sbom
    from gitless.sbom.validation import check_sbom

    problems = tuple(check_sbom(canonical_json(dict(predicate))))
    return SbomFact(problems, summarize_sbom(dict(predicate)).completeness if not problems else "unknown")
