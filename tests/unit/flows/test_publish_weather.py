"""Publishing keyless on bad days: complete, or nothing named and exit code 3; the next run completes.

The services are the paper instance on loopback; waiting passes at once. What verifies already is not logged again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.fakes.keyless import Time, Tokens, signer_for
from tests.fakes.sigstore.paper_answers import SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES
from tests.fakes.sigstore.paper_server import CUT, LOST, PaperServer, Weather, refuse
from tests.fakes.workshop import Commit, Workshop

from gitless.flows.run import Run
from gitless.model.results import ComponentResult
from gitless.registry.memory import MemoryRepository
from gitless.signing.certificate import Exactly
from gitless.signing.instance import Version
from gitless.verification.certificates import CertificateTrust

LOGS = {1: V1_ENTRIES, 2: V2_ENTRIES}
SERVICES = [(SIGNING_CERT, 2), (TIMESTAMP, 2), (V1_ENTRIES, 1), (V2_ENTRIES, 2)]


class Job(Workshop):
    """A workshop that publishes as a GitHub job, each run with a token and a certificate of its own."""

    def __init__(self, server: PaperServer, clock: Time, rekor: Version = 2) -> None:
        store = MemoryRepository()
        super().__init__(lambda: store)
        self.server, self.clock, self.rekor = server, clock, rekor
        self.minutes = 0.0

    def tokens(self, commit: Commit) -> Tokens:
        """The tokens of a job for that commit."""
        return Tokens(self.clock, repository="acme/apps", sha=commit.sha)

    @property
    def keys(self) -> list[CertificateTrust]:  # type: ignore[override]
        """The job's identity."""
        identity = self.tokens(self.commits[0]).workload.identity
        return [CertificateTrust(Exactly(identity), self.server.paper.trusted_root())]

    def run(self, commit: Commit, **options: object) -> Run:
        """A run whose signer and provenance are the job's."""
        run, tokens = super().run(commit, **options), self.tokens(commit)
        clock = Off(self.clock, self.minutes)
        signer = signer_for(self.server, clock, tokens, self.rekor)
        return replace(
            run,
            publisher=replace(run.publisher, signer=signer),
            describer=replace(run.describer, platform="github", workload=tokens.workload),
        )

    def entries(self) -> int:
        """How many entries the log has."""
        return self.server.entries(self.rekor)

    def evidence(self) -> int:
        """How many bundles the channel's artifact carries."""
        store = self.open_store()
        digest = store.resolve("latest")
        assert digest is not None
        return len(store.list_referrers(digest))


class Off(Time):
    """A clock that is wrong by some minutes."""

    def __init__(self, true: Time, minutes: float) -> None:
        super().__init__()
        self._true, self._minutes = true, minutes

    def now(self) -> datetime:
        return self._true.now() + timedelta(minutes=self._minutes)

    def monotonic(self) -> float:
        return self._true.monotonic()

    def sleep(self, seconds: float) -> None:
        self._true.sleep(seconds)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def server(clock: Time) -> Iterator[PaperServer]:
    with PaperServer(clock=clock.now) as running:
        yield running


def unnamed(job: Job, result: ComponentResult) -> None:
    assert result.error is not None
    assert result.error.exit_code == 3
    assert job.open_store().list_tags() == ()


def complete(job: Job, result: ComponentResult) -> None:
    assert result.error is None
    assert job.channel_state() == (result.revision, True)
    assert job.evidence() == 3


@pytest.mark.parametrize("rekor", [1, 2])
def test_a_fair_day(server: PaperServer, clock: Time, rekor: Version) -> None:
    job = Job(server, clock, rekor)
    commit = job.commit("one")
    complete(job, job.publish(commit))
    assert (server.count(SIGNING_CERT), server.count(TIMESTAMP), job.entries()) == (1, 3, 3)
    again = job.publish(commit)
    assert not again.changed
    assert (server.count(SIGNING_CERT), job.entries()) == (1, 3)


@pytest.mark.parametrize("weather", [refuse(429, retry_after=5), refuse(503), CUT], ids=["429", "503", "cut"])
@pytest.mark.parametrize(("path", "rekor"), SERVICES)
def test_a_shower_is_outlasted(server: PaperServer, clock: Time, path: str, rekor: Version, weather: Weather) -> None:
    server.forecast(path, weather, weather)
    job = Job(server, clock, rekor)
    complete(job, job.publish(job.commit("one")))
    assert job.entries() == 3


@pytest.mark.parametrize(("path", "rekor"), SERVICES)
def test_a_service_that_stays_down_leaves_nothing_named_and_the_next_run_completes(
    server: PaperServer, clock: Time, path: str, rekor: Version
) -> None:
    job = Job(server, clock, rekor)
    commit = job.commit("one")
    server.climate(path, refuse(503))
    unnamed(job, job.publish(commit))
    assert job.entries() == 0
    server.climate(path)
    complete(job, job.publish(commit))
    assert job.entries() == 3


def test_a_refused_token_leaves_nothing_named(server: PaperServer, clock: Time) -> None:
    job = Job(server, clock)
    commit = job.commit("one")
    server.forecast(SIGNING_CERT, refuse(400))
    unnamed(job, job.publish(commit))
    complete(job, job.publish(commit))


def test_a_lost_answer_makes_no_second_entry_in_rekor_1(server: PaperServer, clock: Time) -> None:
    server.forecast(V1_ENTRIES, LOST, LOST)
    job = Job(server, clock, rekor=1)
    complete(job, job.publish(job.commit("one")))
    assert job.entries() == 3


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_wrong_clock_signs_nothing(server: PaperServer, clock: Time, minutes: float) -> None:
    job = Job(server, clock)
    commit = job.commit("one")
    job.minutes = minutes
    unnamed(job, job.publish(commit))
    assert job.entries() == 0
    job.minutes = 0
    complete(job, job.publish(commit))


def test_the_log_goes_down_after_one_entry(server: PaperServer, clock: Time) -> None:
    """The one that was signed is kept, unnamed; the next run signs the two that are missing."""
    job = Job(server, clock)
    commit = job.commit("one")
    server.forecast(V2_ENTRIES, Weather("slow"))
    server.climate(V2_ENTRIES, refuse(502))
    unnamed(job, job.publish(commit))
    assert job.entries() == 1
    server.climate(V2_ENTRIES)
    complete(job, job.publish(commit))
    assert job.entries() == 3


def test_what_verifies_already_is_not_logged_again(server: PaperServer, clock: Time) -> None:
    """The store fails after the evidence is attached: the next run finds it and only names it."""
    job = Job(server, clock)
    commit = job.commit("one")
    store = job.open_store()
    push, store.push_manifest = store.push_manifest, _fail_at_tags(store)  # type: ignore[method-assign]
    assert job.publish(commit).error is not None
    assert store.list_tags() == ()
    store.push_manifest = push  # type: ignore[method-assign]
    certificates, entries = server.count(SIGNING_CERT), job.entries()
    complete(job, job.publish(commit))
    assert (server.count(SIGNING_CERT), job.entries()) == (certificates, entries) == (1, 3)


def _fail_at_tags(store: MemoryRepository):  # type: ignore[no-untyped-def]
    from gitless.errors import RemoteError

    push = store.push_manifest

    def fail(manifest, tag=None):  # type: ignore[no-untyped-def]
        if tag is not None:
            raise RemoteError("The store is down.", temporary=True)
        push(manifest)

    return fail
