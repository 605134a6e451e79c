"""Trailers, private addresses, and commit ranges without any platform."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gitless.ci.authorship import Authorship, Commit, account_of, coauthors, stranger
from gitless.ci.commit_range import CommitRange, Push
from gitless.model.approval import Person

ANN, BOB = Person("github.com", "1", "ann"), Person("github.com", "2", "bob")


def commit(sha: str, *parents: str) -> Commit:
    return Commit(sha, parents, Authorship, Authorship)


@pytest.mark.parametrize(
    ("message", "mails"),
    [
        ("Change", []),
        ("Change\n\nCo-authored-by: Bob <bob@acme.example>", ["bob@acme.example"]),
        ("Change\n\nCO-AUTHORED-BY:Bob<bob@acme.example>\nco-authored-by: <x@y>", ["bob@acme.example", "x@y"]),
        ("Change\r\n\r\nCo-authored-by: Bob <bob@acme.example>\r\n", ["bob@acme.example"]),
        ("Change\n\nThanks to Co-authored-by: Bob <bob@acme.example>", []),
        ("Change\n\nCo-authored-by: Bob bob@acme.example", []),
    ],
)
def test_co_authors_of_a_message(message: str, mails: list[str]) -> None:
    assert [found.mail for found in coauthors(message)] == mails


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="<>\n\r", codec="ascii"), max_size=50))
def test_a_trailer_is_found_whatever_is_before_it(text: str, name: str) -> None:
    found = coauthors(f"{text}\nCo-authored-by: {name}<bob@acme.example>\n")
    assert found[-1].mail == "bob@acme.example"


def test_a_message_names_a_hundred_at_most() -> None:
    assert len(coauthors("Co-authored-by: x <x@y>\n" * 500)) == 100


@pytest.mark.parametrize(
    ("mail", "platform", "number"),
    [
        ("42+bob@users.noreply.github.com", "github.com", "42"),
        ("42+Bob[bot]@Users.Noreply.GitHub.com", "github.com", "42"),
        ("42-bob@users.noreply.gitlab.com", "gitlab.com", "42"),
        ("42+bob@users.noreply.github.com", "gitlab.com", ""),
        ("42+bob@users.noreply.github.com.evil.example", "github.com", ""),
        ("bob@users.noreply.github.com", "github.com", ""),
        ("0+bob@users.noreply.github.com", "github.com", ""),
        ("bob@acme.example", "github.com", ""),
    ],
)
def test_the_account_in_a_private_address(mail: str, platform: str, number: str) -> None:
    assert account_of(mail, platform) == number


def test_a_stranger_s_text_is_short_and_steers_nothing() -> None:
    text = stranger("author", "x\x1b[2J" * 100, "a@b", "f" * 40)
    assert "\x1b" not in text
    assert len(text) < 250


def test_everyone_is_joined_once() -> None:
    renamed = Person("github.com", "1", "someone-else")
    found = Authorship.joined([Authorship((ANN,), ("x",)), Authorship((BOB, renamed), ("x", "y"))])
    assert found == Authorship((ANN, BOB), ("x", "y"))


def test_a_range_knows_what_each_push_brought() -> None:
    #  o - a - m - s      side: b - c, merged as m
    found = CommitRange(
        "o", "s", [commit("a", "o"), commit("b", "o"), commit("c", "b"), commit("m", "a", "c"), commit("s", "m")]
    )
    pushes = [
        Push("s", "z", False, BOB),
        Push("m", "s", False, ANN),
        Push("a", "m", True, BOB),
        Push("o", "a", False, ANN),
    ]
    brought = found.brought(pushes)
    assert brought is not None
    assert [[one.sha for one in part.commits] for part in brought] == [["s"], ["b", "c", "m"], ["a"]]
    assert [[one.sha for one in part.line] for part in brought] == [["s"], ["m"], ["a"]]


@pytest.mark.parametrize(
    "pushes",
    [
        [],
        [Push("a", "b", False, ANN)],
        [Push("x", "a", False, ANN)],
        [Push("b", "a", False, ANN), Push("a", "b", False, ANN)],
    ],
)
def test_pushes_that_leave_a_commit_unexplained(pushes: list[Push]) -> None:
    found = CommitRange("o", "b", [commit("a", "o"), commit("b", "a")])
    assert found.brought(pushes) is None


def test_a_push_from_before_the_range_explains_all_of_it() -> None:
    found = CommitRange("o", "b", [commit("a", "o"), commit("b", "a")])
    brought = found.brought([Push("before-o", "b", False, ANN)])
    assert brought is not None
    assert [one.sha for one in brought[0].line] == ["b", "a"]


def test_a_history_that_goes_in_circles_ends() -> None:
    found = CommitRange("o", "b", [commit("a", "b"), commit("b", "a")])
    assert found.reached("b") == {"a", "b"}
    assert [one.sha for one in found.line("b", set())] == ["b", "a"]
