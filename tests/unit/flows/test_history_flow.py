"""history and audit over real stores: what they report is exactly what a model that knows what happened says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.lives import HAPPENINGS, LOSSES
from tests.fakes.promotion_store import PromotionStore
from tests.fakes.promotion_world import Expected, World
from tests.fakes.promotions import HOUR, NOON
from tests.fakes.signed import make_signer, trusted

from gitless.flows.audit import Auditor
from gitless.flows.audit_evidence import Trusted
from gitless.flows.audit_store import AuditedStore
from gitless.flows.history import ChannelPlace, tell
from gitless.model.history import ChannelHistory
from gitless.registry.memory import MemoryRepository

HOME = "ghcr.io/acme/apps/web"
PROMOTER, STRANGER, PUBLISHER = make_signer(), make_signer(), make_signer()


def told(store: PromotionStore) -> ChannelHistory:
    place = ChannelPlace("stable", store.repository, HOME)
    return tell("web", [place], [trusted(store.promoter)], NOON + 1000 * HOUR).channels[0].history


def audited(store: PromotionStore) -> Any:
    auditor = Auditor(Trusted((), (trusted(store.promoter),)))
    readings = auditor.read_all([AuditedStore("web", store.repository, HOME, (), ("stable",))])
    return readings[0], auditor.judge(readings, NOON)


def said(history: ChannelHistory) -> dict[str, Any]:
    return {
        "links": [(link.manifest, link.state, link.gap) for link in history.links],
        "lost": {link.manifest for link in history.lost},
        "faults": {(fault.kind, fault.manifest) for fault in history.faults},
        "word": history.tag.word,
        "withdrawn": history.withdrawn,
        "releases": history.releases,
    }


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(HAPPENINGS, min_size=8, max_size=16) | st.lists(HAPPENINGS, max_size=6), st.lists(LOSSES, max_size=4))
def test_two_hundred_lives_are_told_and_audited_as_they_were(lived: Sequence[Any], lost: Sequence[Any]) -> None:
    world = World()
    for name, arguments in (*lived, *lost):
        getattr(world, name)(**arguments)
    store = PromotionStore(MemoryRepository(), PROMOTER, STRANGER)
    store.put(world)
    store.name_everything()
    expected = store.expected(world)
    check_history(world, store, expected)
    check_audit(store, expected)


def check_history(world: World, store: PromotionStore, expected: Expected) -> None:
    """history reads the journal, what it builds on, and the channel's digest: other strangers it does not meet."""
    hidden = store.unseen_by_history(world)
    found = said(told(store))
    assert found == {**vars(expected), "faults": {fault for fault in expected.faults if fault[1] not in hidden}}


def check_audit(store: PromotionStore, expected: Expected) -> None:
    """audit reads the evidence of everything that a tag names, and so meets all of them."""
    reading, result = audited(store)
    assert said(reading.histories[0]) == vars(expected)
    kinds = {(item.kind, item.manifest) for item in result.findings if item.kind.startswith("record.")}
    assert kinds == {(f"record.{kind}", str(manifest)) for kind, manifest in expected.faults}
    tag = [item.kind for item in result.findings if item.kind.startswith("channel.")]
    assert tag == ([] if expected.word == "head" else [f"channel.{expected.word}"])
