"""The recipe of doctor: look at everything at once; what fails is a row that says no, and stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitless.errors import DefectError, GitlessError
from gitless.flows.parallel import map_together
from gitless.model.checkup import Checkup, Row, Seen

_DEFECT = "Please report it with this row."


@dataclass(frozen=True)
class Probe:
    """One look.

    Attributes:
        name: The row's name.
        look: Looks, and says what it has seen; any error it raises becomes a no.
        fix: What to do after an error that has no hint of its own.
        about: Which one it looks at, where there are several.
        then: Looks that make sense only where this one does not say no.
    """

    name: str
    look: Callable[[], Seen]
    fix: str
    about: str = ""
    then: tuple[Probe, ...] = ()


def check_up(probes: Sequence[Probe], *, quick: bool = False) -> Checkup:
    """Carry out the probes side by side.

    Args:
        probes: What to look at; none needs another one, but for those in `then`.
        quick: Whether they leave the network alone; only repeated in the result.

    Returns:
        Their rows, in order; the rows of `then` follow their own.
    """
    return Checkup(tuple(row for rows in map_together(_rows, probes) for row in rows), quick)


def _rows(probe: Probe) -> list[Row]:
    seen = _look(probe)
    first = Row(probe.name, seen, probe.about)
    if seen.state == "no":
        return [first, *(row for item in probe.then for row in _left_out(item, probe.name))]
    return [first, *(row for rows in map_together(_rows, probe.then) for row in rows)]


def _look(probe: Probe) -> Seen:
    try:
        return probe.look()
    except DefectError as error:
        return Seen("no", error.what, _DEFECT)
    except GitlessError as error:
        return Seen("no", "\n".join(part for part in (error.what, error.why) if part), error.hint or probe.fix)
    except Exception as error:
        # its text may hold what the other side sent, tokens included; its kind is enough
        return Seen("no", f"gitless failed in a way it should not ({type(error).__name__}).", _DEFECT)


def _left_out(probe: Probe, because: str) -> list[Row]:
    row = Row(probe.name, Seen("skipped", f"Not looked at: {because} says no."), probe.about)
    return [row, *(later for item in probe.then for later in _left_out(item, because))]
