"""Doctor looks at everything at once, and whatever fails is one row that says no."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from gitless.errors import CheckError, DefectError, RemoteError, UsageError
from gitless.flows.doctor import Probe, check_up
from gitless.flows.doctor_registry import look_at_channel, look_at_referrers, look_at_upload
from gitless.model.checkup import Checkup, Row, Seen
from gitless.model.digest import Digest

FINE = Seen("ok", "fine")


def fine() -> Seen:
    return FINE


def failing(error: Exception) -> Callable[[], Seen]:
    def look() -> Seen:
        raise error

    return look


def test_rows_come_in_order_with_those_that_follow_behind_their_own() -> None:
    note = Seen("note", "mind this")
    probes = [
        Probe("a", fine, "", then=(Probe("b", lambda: note, "", about="x"), Probe("c", fine, ""))),
        Probe("d", fine, ""),
    ]
    checkup = check_up(probes)
    assert checkup == Checkup((Row("a", FINE), Row("b", note, "x"), Row("c", FINE), Row("d", FINE)))
    assert checkup.ok


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (UsageError("What.", why="Why.", hint="Do."), Seen("no", "What.\nWhy.", "Do.")),
        (CheckError("What."), Seen("no", "What.", "the probe's own")),
        (RemoteError("What.", why="Why."), Seen("no", "What.\nWhy.", "the probe's own")),
        (DefectError("What.", why="frame 7"), Seen("no", "What.", "Please report it with this row.")),
        (
            KeyError("token-that-a-host-sent"),
            Seen("no", "gitless failed in a way it should not (KeyError).", "Please report it with this row."),
        ),
    ],
)
def test_a_failure_is_a_no_with_its_fix_and_stops_nothing_else(error: Exception, seen: Seen) -> None:
    checkup = check_up([Probe("a", failing(error), "the probe's own"), Probe("b", fine, "")])
    assert checkup.rows == (Row("a", seen), Row("b", FINE))
    assert checkup.noes == (Row("a", seen),)
    assert not checkup.ok


def test_what_makes_no_sense_after_a_no_is_left_out_and_named() -> None:
    looked: list[str] = []

    def look() -> Seen:
        looked.append("looked")
        return FINE

    inner = Probe("inner", look, "")
    checkup = check_up([Probe("a", failing(UsageError("No.")), "", then=(Probe("b", look, "", "x", then=(inner,)),))])
    left_out = Seen("skipped", "Not looked at: a says no.")
    assert checkup.rows[1:] == (Row("b", left_out, "x"), Row("inner", left_out))
    assert looked == []


@pytest.mark.parametrize("state", ["skipped", "note"])
def test_what_follows_something_that_is_not_wrong_is_looked_at(state: str) -> None:
    first = Seen(state, "so it is")  # type: ignore[arg-type]
    checkup = check_up([Probe("a", lambda: first, "", then=(Probe("b", fine, ""),))], quick=True)
    assert checkup == Checkup((Row("a", first), Row("b", FINE)), quick=True)


def test_independent_looks_are_taken_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def look() -> Seen:
        meeting.wait()
        return FINE

    probes = [Probe("a", look, ""), Probe("b", fine, "", then=(Probe("c", look, ""), Probe("d", look, "")))]
    assert check_up(probes).ok


def test_an_interrupt_is_no_row() -> None:
    with pytest.raises(KeyboardInterrupt):
        check_up([Probe("a", fine, ""), Probe("b", failing(KeyboardInterrupt()), "")])  # type: ignore[arg-type]


def test_nothing_looked_at_is_not_fine() -> None:
    assert not check_up([]).ok


class Trial:
    """A repository that answers as it is told; implements `RegistryTrial`."""

    def __init__(self, *, named: Digest | None = None, kept: str = "", has_api: bool | None = True) -> None:
        self._named, self._kept, self._has_api = named, kept, has_api

    def resolve(self, tag: str) -> Digest | None:
        assert tag == "latest"
        return self._named

    def try_upload(self) -> str:
        return self._kept

    def has_referrers_api(self) -> bool | None:
        return self._has_api


def test_a_channel_is_told_with_what_it_names() -> None:
    digest = Digest.of(b"artifact")
    named = look_at_channel(Trial(named=digest), "latest")
    assert named == Seen("ok", f"It answers; latest names sha256:{digest.short}.")
    assert look_at_channel(Trial(), "latest") == Seen("ok", "It answers; there is no latest yet.")


def test_an_upload_that_stays_is_a_note() -> None:
    assert look_at_upload(Trial()) == Seen("ok", "An upload was started and cancelled.")
    assert look_at_upload(Trial(), is_folder=True) == Seen("ok", "This user may write there.")
    assert look_at_upload(Trial(kept="It could not be cancelled: the registry answered 405.")) == Seen(
        "note",
        "An upload may be started. It could not be cancelled: the registry answered 405. "
        "Nothing was sent in it; registries drop such uploads.",
    )


@pytest.mark.parametrize(
    ("has_api", "seen"),
    [
        (True, Seen("ok", "Evidence is listed by the referrers API.")),
        (
            False,
            Seen(
                "note", "There is no referrers API: evidence is listed under tags sha256-…, which Flux and cosign read."
            ),
        ),
        (
            None,
            Seen(
                "note",
                "The repository does not exist yet, so how it lists evidence is not known.",
                "Nothing is to be done; the first publish makes the repository, where the registry allows it.",
            ),
        ),
    ],
)
def test_how_evidence_is_listed(has_api: bool | None, seen: Seen) -> None:
    assert look_at_referrers(Trial(has_api=has_api)) == seen
