"""A publish run over several components, side by side; one that fails spoils no other."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from typing import BinaryIO, Protocol

from gitless.checks.waivers import Judgement, judge
from gitless.errors import GitlessError
from gitless.flows.build import Built, build
from gitless.flows.describe import Describer
from gitless.flows.publish import Publisher
from gitless.model.blob import Blob
from gitless.model.component import ComponentPlan
from gitless.model.descriptor import Descriptor
from gitless.model.finding import Finding, FindingsError, PlacedFinding
from gitless.model.manifest import Manifest
from gitless.model.reference import Location
from gitless.model.results import ComponentResult, PublishResult
from gitless.model.tree import Tree
from gitless.model.waiver import Waiver
from gitless.ports import Clock, Renderer, Repository

COMPONENT_THREADS = 8
MAX_SHOWN = 50


class Scratch(Protocol):
    """Room for one layer while it is made and sent."""

    @property
    def sink(self) -> BinaryIO:
        """Takes the bytes."""
        ...

    def blob(self, descriptor: Descriptor) -> Blob:
        """Gives them out again."""
        ...


@dataclass(frozen=True)
class Run:
    """What a publish run works with; all of it handed in.

    Attributes:
        publisher: Publishes one built component.
        describer: Makes the predicates.
        renderer: helm and kustomize.
        find_overlays: Folders of a tree that kustomize builds.
        open_tree: Opens a component's folder.
        open_store: Opens a location.
        read_channel: Gives what the channel names at a location; may have been read beside the build.
        scratch: Makes room for a layer.
        waivers: Reviewed exceptions.
        clock: Tells the time.
    """

    publisher: Publisher
    describer: Describer
    renderer: Renderer
    find_overlays: Callable[[Tree], Sequence[str]]
    open_tree: Callable[[ComponentPlan], Tree]
    open_store: Callable[[Location], Repository]
    read_channel: Callable[[Location], Manifest | None]
    scratch: Callable[[], AbstractContextManager[Scratch]]
    waivers: Sequence[Waiver]
    clock: Clock

    def publish_all(self, plans: Sequence[ComponentPlan]) -> PublishResult:
        """Publish every component; results come in the order of the plans."""
        with ThreadPoolExecutor(max_workers=min(COMPONENT_THREADS, max(1, len(plans)))) as pool:
            results = list(pool.map(self._publish_one, plans))
        return PublishResult(tuple(results), dry_run=self.publisher.options.dry_run)

    def _publish_one(self, plan: ComponentPlan) -> ComponentResult:
        started = self.clock.now()
        repository: Repository | None = None
        try:
            repository = self.open_store(plan.location)
            result = self._publish(plan, repository)
        except GitlessError as error:
            found = error.findings if isinstance(error, FindingsError) else ()
            result = ComponentResult(
                plan.name,
                str(plan.location),
                self.publisher.options.channel,
                findings=_placed(plan, found, stops=True),
                error=error,
            )
        seconds = (self.clock.now() - started).total_seconds()
        return replace(result, requests=repository.requests if repository else 0, seconds=seconds)

    def _publish(self, plan: ComponentPlan, repository: Repository) -> ComponentResult:
        with self.scratch() as scratch:
            built = build(
                plan,
                self.open_tree(plan),
                self.publisher.source,
                self.renderer,
                self.find_overlays,
                scratch.sink,
            )
            judgement = self._judge(plan, built, self.clock.now().date())
            layer = scratch.blob(built.packed.descriptor)
            predicates = self.describer.predicates(plan, built, judgement.used, self.clock.now())
            result = self.publisher.publish(
                plan, built, layer, repository, predicates, lambda: self.read_channel(plan.location)
            )
        notes = (*built.incomplete, *_notes(judgement), *result.notes)
        return replace(result, notes=notes, findings=_placed(plan, judgement.advice, stops=False))

    def _judge(self, plan: ComponentPlan, built: Built, today: date) -> Judgement:
        """Apply the waivers; what is left stops the component before anything has left the machine."""
        outcome = judge(built.problems, self.waivers, today)
        if outcome.findings:
            shown = [str(finding) for finding in outcome.findings[:MAX_SHOWN]]
            hidden = len(outcome.findings) - len(shown)
            expired = [f"expired waiver: {waiver.rule} for {waiver.object}" for waiver in outcome.expired]
            raise FindingsError(
                f"{plan.name}: {len(outcome.findings)} check(s) said no; nothing was published.",
                tuple(outcome.findings),
                why="\n".join([*shown, *([f"… and {hidden} more"] if hidden else []), *expired]),
                hint=_hint(outcome.findings[0]),
            )
        return outcome


def _notes(judgement: Judgement) -> tuple[str, ...]:
    used = [f"waived: {waiver.rule} for {waiver.object}: {waiver.reason}" for waiver in judgement.used]
    advice = [f"advice: {finding}" for finding in judgement.advice[:MAX_SHOWN]]
    return (*used, *advice)


def _placed(plan: ComponentPlan, findings: Sequence[Finding], *, stops: bool) -> tuple[PlacedFinding, ...]:
    """Where in the repository to look: what is rendered has no file there."""
    return tuple(
        PlacedFinding(item, "" if plan.renders else posixpath.join(plan.folder, item.path), stops) for item in findings
    )


def _hint(finding: Finding) -> str:
    """What to do, with the waiver of the first finding as a line to paste."""
    line = {"rule": finding.rule, "object": finding.object or finding.path, "reason": "WHY"}
    return (
        "Mend the files (encrypt with SOPS, refer to a Secret, ignore what does not belong), or have a waiver reviewed "
        f"in gitless.yaml:\nwaivers:\n  - {json.dumps(line)}"
    )
