import pytest

from gitless.errors import RemoteError
from gitless.web.patience import Deadline, Patience, TemporaryError


class Hours:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def patience(hours: Hours, attempts: int = 5, total: float = 100.0) -> Patience:
    return Patience(attempts, total, now=hours.now, sleep=hours.sleep, uniform=lambda low, high: high)


def failing(*waits: float | None) -> "list[TemporaryError]":
    return [TemporaryError("Cannot do it.", why="503", status=503, wait_seconds=wait) for wait in waits]


def run(subject: Patience, errors: list[TemporaryError]) -> str:
    def action() -> str:
        if errors:
            raise errors.pop(0)
        return "done"

    return subject.run(action, subject.deadline())


def test_waits_double_and_end_at_eight_seconds() -> None:
    hours = Hours()
    assert run(patience(hours, attempts=9), failing(*[None] * 7)) == "done"
    assert hours.waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_a_wait_that_was_asked_for_is_kept_in_full_with_a_little_more() -> None:
    hours = Hours()
    assert run(patience(hours), failing(30.0)) == "done"
    assert hours.waits == [30.5]


def test_the_last_attempt_raises_what_it_met() -> None:
    with pytest.raises(TemporaryError):
        run(patience(Hours(), attempts=2), failing(None, None))


def test_a_wait_past_the_deadline_ends_at_once() -> None:
    hours = Hours()
    with pytest.raises(RemoteError, match="asks to wait 100 s") as caught:
        run(patience(hours), failing(100.0))
    assert hours.waits == []
    assert (caught.value.status, caught.value.temporary) == (503, True)


def test_time_that_is_up_ends_the_attempts() -> None:
    hours = Hours()
    with pytest.raises(RemoteError, match="are left"):
        run(patience(hours, total=1.0), failing(None, None, None))
    assert hours.waits == [0.5]


def test_other_failures_are_not_tried_again() -> None:
    hours = Hours()

    def refuse() -> None:
        raise RemoteError("no")

    with pytest.raises(RemoteError):
        patience(hours).run(refuse, Deadline(1.0, hours.now))
    assert hours.waits == []


def test_more_bytes_have_more_time() -> None:
    hours = Hours()
    assert patience(hours).deadline(2 * 2**20).remaining == 120.0
