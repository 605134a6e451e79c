"""A small publishing shop for stories: commits on a line, a fake Git over them, and publish runs against any store."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from tests.fakes.signed import make_signer, trusted

from gitless.flows.describe import Describer
from gitless.flows.publish import Publisher
from gitless.flows.run import Run
from gitless.flows.verify import verify
from gitless.model.blob import Blob
from gitless.model.component import ComponentPlan, PublishOptions
from gitless.model.descriptor import Descriptor
from gitless.model.reference import Location, Reference
from gitless.model.rendering import Rendered, RenderRequest
from gitless.model.results import ComponentResult
from gitless.model.revision import Revision, Source
from gitless.model.tree import MemoryTree, Tree
from gitless.ports import Repository
from gitless.sbom.facts import SbomSettings
from gitless.signing.key_signer import KeySigner
from gitless.verification.keys import TrustedKey

URL = "https://github.com/acme/apps"
START = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)
KUSTOMIZATION = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [cm.yaml]\n"


def config_map(value: str) -> bytes:
    """A manifest whose content is told apart by one value."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\ndata:\n  value: {value}\n".encode()


@dataclass(frozen=True)
class Commit:
    """One commit on the line.

    Attributes:
        number: Its place; also its time in minutes.
        files: The component's files.
        touched: Whether it touches the component.
    """

    number: int
    files: Mapping[str, bytes]
    touched: bool = True

    @property
    def sha(self) -> str:
        """40 digits that begin with the number."""
        return f"{self.number:04d}".ljust(40, "c")

    def source(self) -> Source:
        """What a run on this commit knows."""
        created = START + timedelta(minutes=self.number)
        return Source(URL, str(Revision("main", self.sha)), created, self.sha)


class LineHistory:
    """Git over a line of commits; knows only commits up to `tip`, as a clone made then."""

    def __init__(self, commits: Sequence[Commit], tip: Commit) -> None:
        self._known = [commit for commit in commits if commit.number <= tip.number]

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """By place on the line."""
        places = {commit.sha: commit.number for commit in self._known}
        if older not in places or newer not in places:
            return None
        return places[older] <= places[newer]

    def touched(self, older: str, newer: str, paths: Sequence[str]) -> bool:
        """Whether any commit after `older` touches the component."""
        places = {commit.sha: commit.number for commit in self._known}
        between = [c for c in self._known if places[older] < c.number <= places[newer]]
        return any(commit.touched for commit in between)


class NoRenderer:
    """A machine without helm and kustomize."""

    def has(self, name: str) -> bool:
        """Nothing is installed."""
        return False

    def render(self, tree: Tree, request: RenderRequest) -> Rendered:
        """Never called."""
        raise AssertionError(request)


class TickingClock:
    """Moves on one second whenever somebody looks, through all runs of a test."""

    seconds = itertools.count(1)

    def now(self) -> datetime:
        """The next second."""
        return START + timedelta(days=1, seconds=next(self.seconds))


class MemoryScratch:
    """A layer in memory."""

    def __init__(self) -> None:
        self.sink = io.BytesIO()

    def blob(self, descriptor: Descriptor) -> Blob:
        """What was written."""
        content = self.sink.getvalue()
        return Blob(descriptor, lambda: io.BytesIO(content))


@contextmanager
def memory_scratch():
    """Room for one layer."""
    yield MemoryScratch()


@dataclass
class Workshop:
    """Publishes commits of one component to a store that `open_store` opens anew for each run.

    Attributes:
        open_store: Opens the store, as a fresh process would.
        signer: The publishing identity.
        commits: The line of commits so far.
    """

    open_store: Callable[[], Repository]
    location: Location = field(default_factory=lambda: Location("registry.example", "acme/apps/web"))
    signer: KeySigner = field(default_factory=make_signer)
    commits: list[Commit] = field(default_factory=list)
    options: PublishOptions = field(default_factory=PublishOptions)

    @property
    def keys(self) -> list[TrustedKey]:
        """The identity's public half."""
        return [trusted(self.signer)]

    def commit(self, value: str, *, touched: bool = True) -> Commit:
        """Add a commit whose content is `value`."""
        files = {"base/cm.yaml": config_map(value), "base/kustomization.yaml": KUSTOMIZATION}
        made = Commit(len(self.commits) + 1, files, touched)
        self.commits.append(made)
        return made

    def publish(self, commit: Commit, **options: object) -> ComponentResult:
        """Publish one commit and return its result, failed or not."""
        return self.run(commit, **options).publish_all([self.plan]).components[0]

    @property
    def plan(self) -> ComponentPlan:
        """The one component."""
        return ComponentPlan("web", "components/web", self.location)

    def run(self, commit: Commit, **options: object) -> Run:
        """A publish run on one commit, wired with fakes."""
        clock, source = TickingClock(), commit.source()
        chosen = replace(self.options, **options)  # type: ignore[arg-type]
        store = self.open_store()
        publisher = Publisher(
            source, LineHistory(self.commits, commit), self.signer, self.keys, clock, chosen, lambda look: None
        )
        return Run(
            publisher=publisher,
            describer=Describer(source, chosen, SbomSettings(), None, START),
            renderer=NoRenderer(),
            find_overlays=lambda tree: (),
            open_tree=lambda plan: MemoryTree(dict(commit.files)),
            open_store=lambda location: store,
            read_channel=lambda location: store.fetch_manifest(chosen.channel),
            scratch=memory_scratch,
            waivers=(),
            clock=clock,
        )

    def channel_state(self) -> tuple[str, bool]:
        """What the channel names (its revision; empty when nothing) and whether Flux would accept it."""
        store = self.open_store()
        if store.resolve("latest") is None:
            return "", True
        reference = Reference(self.location, "latest")
        manifest = store.fetch_manifest("latest")
        assert manifest is not None
        accepted = verify(store, reference, self.keys, "flux").ok and verify(store, reference, self.keys, "strict").ok
        return manifest.annotations["org.opencontainers.image.revision"], accepted
