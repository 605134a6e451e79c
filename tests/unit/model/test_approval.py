"""People are their ids; an approval with a flaw does not count."""

import pytest

from gitless.model.approval import Approval, Person


def test_a_person_is_the_id_whatever_the_name() -> None:
    assert Person("github.com", "7", "ann") == Person("github.com", "7", "robert", is_bot=True)
    assert len({Person("github.com", "7", "ann"), Person("github.com", "7", "robert")}) == 1


def test_the_same_number_elsewhere_is_somebody_else() -> None:
    assert Person("github.com", "7", "ann") != Person("gitlab.com", "7", "ann")


@pytest.mark.parametrize("number", ["", "0", "007", "-7", "7.0", "ann", "7\n", "1" * 21])
def test_a_person_without_an_id_is_none(number: str) -> None:
    with pytest.raises(ValueError, match="platform id"):
        Person("github.com", number, "ann")


def test_a_person_is_shown_by_name_or_number() -> None:
    assert str(Person("github.com", "7", "ann")) == "ann"
    assert str(Person("github.com", "7")) == "github.com account 7"


@pytest.mark.parametrize(
    ("state", "flaw", "counts"),
    [("approved", "", True), ("approved", "is a program", False), ("rejected", "", False), ("withdrawn", "", False)],
)
def test_what_counts(state: str, flaw: str, counts: bool) -> None:
    assert Approval(Person("github.com", "7"), "review", state, flaw=flaw).counts is counts  # type: ignore[arg-type]
