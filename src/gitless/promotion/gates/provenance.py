"""The provenance gate: built from the right repository and ref, by the right workflow. Never skipped.

With a certificate the certificate decides, and the provenance must not say anything else: a predicate is written by the
job itself. With a key, the provenance of a verified job is taken as the key's owner signed it; provenance without a
verified job, which environment variables could have made up, is a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from gitless.model.gate import GateResult
from gitless.model.identity import Identity, IdentityPattern
from gitless.model.media_types import PREDICATE_PROVENANCE
from gitless.model.workload import Workload
from gitless.promotion.gates.facts import Attestation, GateFacts

# where the platforms' build types keep the job: (external parameter, its repository, internal parameter)
_SHAPES = (("workflow", "repository", "github"), ("pipeline", "project", "gitlab"))


@dataclass(frozen=True, slots=True)
class _Build:
    """What one provenance says of its job."""

    repository: str = ""
    ref: str = ""
    commit: str = ""
    builder: str = ""
    runner: str = ""


@dataclass(frozen=True, slots=True)
class ProvenanceGate:
    """Where the digest must have been built.

    Attributes:
        repository: `acme/apps`, or a whole URL.
        ref: Source ref; `*` stands for any text.
        workflow: Workflow or pipeline file with repository and ref, as the builder id has it, `*` for any text; empty
            for any.
        runners: Kinds of runner that will do; empty for any.
    """

    repository: str
    ref: str
    workflow: str = ""
    runners: tuple[str, ...] = ()
    name: ClassVar[str] = "provenance"

    def judge(self, facts: GateFacts) -> GateResult:
        """One valid provenance that satisfies all of it is enough; else the first one's fault is the reason."""
        found, why = facts.attestations(PREDICATE_PROVENANCE, "provenance")
        faults = [self._fault(item, facts.commit) for item in found]
        if "" in faults:
            build = _said(found[faults.index("")])
            return GateResult.of(self.name, True, f"Built from {build.repository}, {build.ref}, by {build.builder}.")
        return GateResult.of(self.name, False, why or faults[0])

    def _fault(self, item: Attestation, commit: str) -> str:
        build = _said(item)
        if not build.repository or not build.ref or not build.builder:
            return "No platform vouches for the job: the provenance was made without a verified token."
        return (
            (_contradiction(build, item.workload) if item.workload else "")
            or self._place(build)
            or self._builder(build)
            or _other_commit(build, commit)
        )

    def _place(self, build: _Build) -> str:
        path = build.repository.partition("://")[2].partition("/")[2]
        if self.repository not in (build.repository, path):
            return f"It was built from {build.repository}, not from {self.repository}."
        return "" if _matches(self.ref, build.ref) else f"It was built from {build.ref}, not from {self.ref}."

    def _builder(self, build: _Build) -> str:
        if self.workflow and not _matches(self.workflow, build.builder):
            return f"It was built by {build.builder}, not by {self.workflow}."
        if self.runners and build.runner not in self.runners:
            return f"It was built on a runner of kind {build.runner or 'unknown'}, not {' or '.join(self.runners)}."
        return ""


def _contradiction(build: _Build, workload: Workload) -> str:
    pairs = (
        ("repository", build.repository, workload.source_uri),
        ("ref", build.ref, workload.source_ref),
        ("commit", build.commit, workload.source_digest),
        ("builder", build.builder, workload.signer_uri),
        ("runner", build.runner, workload.runner),
    )
    for word, said, certified in pairs:
        if said != certified:
            return (
                f"The provenance says that its {word} is {said or 'unknown'}, the certificate {certified or 'nothing'}."
            )
    return ""


def _other_commit(build: _Build, commit: str) -> str:
    if not commit or build.commit == commit:
        return ""
    return f"It was built from commit {build.commit or 'unknown'}, and the artifact names {commit}."


def _said(item: Attestation) -> _Build:
    predicate = item.statement.predicate if item.statement else {}
    definition = predicate.get("buildDefinition")
    builder = _text(predicate, "runDetails", "builder", "id")
    for external, repository, internal in _SHAPES:
        job = _inside(definition, "externalParameters", external)
        if isinstance(job, Mapping):
            return _Build(
                _text(job, repository),
                _text(job, "ref"),
                _commit(definition),
                builder,
                _text(definition, "internalParameters", internal, "runner_environment"),
            )
    return _Build(builder=builder)


def _commit(definition: Any) -> str:
    dependencies = _inside(definition, "resolvedDependencies")
    first = dependencies[0] if isinstance(dependencies, list) and dependencies else None
    return _text(first, "digest", "gitCommit")


def _inside(value: Any, *path: str) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: Any, *path: str) -> str:
    found = _inside(value, *path)
    return found if isinstance(found, str) else ""


def _matches(pattern: str, text: str) -> bool:
    return IdentityPattern("", pattern).matches(Identity("", text))
