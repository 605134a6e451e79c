"""Histories whose records are signed with certificates: who, when, and who must not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from tests.fakes.certified import GITHUB_PATTERN, GITLAB_PATTERN, trust
from tests.fakes.promotion_store import PromotionStore
from tests.fakes.promotions import ALICE, HOUR, record
from tests.fakes.signed import make_signer
from tests.fakes.sigstore.identities import Identity as Named
from tests.fakes.sigstore.paper import AT, GITHUB_JOB, GITLAB_JOB, the_paper

from gitless.flows.history import ChannelPlace, tell
from gitless.model.manifest import Manifest
from gitless.registry.memory import MemoryRepository

HOME = "ghcr.io/acme/apps/web"


@dataclass
class JobSigner:
    """Signs as one job would, at times that other parties vouch for."""

    job: Named = GITHUB_JOB
    timestamp: bool = True

    def sign(self, statement: bytes) -> bytes:
        return the_paper().sign(statement, self.job, rekor=2 if self.timestamp else 1, timestamp=self.timestamp)


def chain(store: PromotionStore, *signers: object) -> list[Manifest]:
    """A chain whose records are signed by these, one after the other."""
    made: list[Manifest] = []
    for number, signer in enumerate(signers, 1):
        subject = store.artifact(record(number, f"to {number}").digest)
        before = made[-1] if made else None
        real = replace(
            record(number, f"to {number}"),
            digest=subject.digest,
            observed=before.subject.digest if before and before.subject else None,
            previous=before.digest if before else None,
            requesters=(ALICE,),
            committed=AT - 3 * HOUR,
        )
        made.append(store.attach(real, subject, signer))
        store.repository.push_manifest(subject, "stable")
    store.write_journal(made)
    return made


def told(store: PromotionStore, *trusted: object):
    place = ChannelPlace("stable", store.repository, HOME)
    return tell("web", [place], trusted, AT + timedelta(days=3)).channels[0]


def test_who_and_when_is_what_certificates_and_authorities_say() -> None:
    store = PromotionStore(MemoryRepository())
    chain(store, JobSigner(), JobSigner(timestamp=False))
    channel = told(store, trust())
    assert channel.ok, channel.history.faults
    for link in channel.shown:
        assert link.signer.startswith(GITHUB_JOB.subject)
        assert not link.is_claimed
        assert link.time == AT
    assert channel.figures.is_claimed is False
    assert channel.figures.lead_time == 3 * HOUR


def test_another_job_of_the_same_instance_is_foreign() -> None:
    store = PromotionStore(MemoryRepository())
    made = chain(store, JobSigner(), JobSigner(GITLAB_JOB))
    channel = told(store, trust())
    assert [(fault.kind, fault.manifest) for fault in channel.history.faults] == [("foreign", made[1].digest)]
    assert channel.history.tag.word == "foreign"
    assert told(store, trust(), trust(GITLAB_PATTERN)).ok, "who trusts both takes both"


def test_a_key_is_foreign_where_a_job_is_trusted() -> None:
    store = PromotionStore(MemoryRepository())
    chain(store, make_signer())
    assert [fault.kind for fault in told(store, trust()).history.faults] == ["foreign"]


def test_a_wildcard_takes_every_release_tag_and_nothing_else() -> None:
    store = PromotionStore(MemoryRepository())
    chain(store, JobSigner())
    subject = GITHUB_JOB.subject.rpartition("@")[0]
    assert told(store, trust(replace(GITHUB_PATTERN, subject=f"{subject}@*"))).ok
    other = trust(replace(GITHUB_PATTERN, subject=f"{subject}@refs/tags/*"))
    assert [fault.kind for fault in told(store, other).history.faults] == ["foreign"]


def test_the_period_of_the_figures() -> None:
    store = PromotionStore(MemoryRepository())
    chain(store, JobSigner())
    place = ChannelPlace("stable", store.repository, HOME)
    now = AT + timedelta(days=3)

    def period(**options):
        figures = tell("web", [place], [trust()], options.pop("now", now), **options).channels[0].figures
        return figures.start, figures.promotions

    assert period() == (AT, 1)
    assert period(since=AT - timedelta(days=9)) == (AT - timedelta(days=9), 1)
    assert period(since=now - HOUR) == (now - HOUR, 0)
    # a first promotion a minute ago is not a thousand a day
    assert period(now=AT + timedelta(minutes=1)) == (AT + timedelta(minutes=1) - timedelta(days=1), 1)
