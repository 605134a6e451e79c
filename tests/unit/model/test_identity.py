"""Identity patterns: what they match, how they are written for others, and when two of them overlap."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.model.identity import Identity, IdentityPattern

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "https://github.com/acme/apps/.github/workflows/push.yaml@refs/heads/main"
TAGS = "https://github.com/acme/apps/.github/workflows/push.yaml@refs/tags/*"
texts = st.text(st.sampled_from("ab*./@"), max_size=6)


def pattern(subject: str, issuer: str = ISSUER) -> IdentityPattern:
    return IdentityPattern(issuer, subject)


def test_an_exact_pattern_matches_itself_only() -> None:
    assert pattern(SUBJECT).matches(Identity(ISSUER, SUBJECT))
    for other in (SUBJECT + "2", "x" + SUBJECT, SUBJECT.replace(".", "x", 1), SUBJECT + "\n", SUBJECT.upper()):
        assert not pattern(SUBJECT).matches(Identity(ISSUER, other))
    for issuer in (ISSUER + "/", ISSUER.replace("https", "http"), ISSUER.upper()):
        assert not pattern(SUBJECT).matches(Identity(issuer, SUBJECT))


def test_a_star_stands_for_any_text_but_a_new_line() -> None:
    assert pattern(TAGS).matches(Identity(ISSUER, TAGS.replace("*", "v1.2.3")))
    assert not pattern(TAGS).matches(Identity(ISSUER, TAGS.replace("*", "v1\nx")))
    assert not pattern(TAGS).matches(Identity(ISSUER, SUBJECT))


def test_the_regular_expressions_are_anchored_and_escaped() -> None:
    assert pattern(SUBJECT).issuer_regex == r"^https://token\.actions\.githubusercontent\.com$"
    assert pattern(TAGS).subject_regex == (
        r"^https://github\.com/acme/apps/\.github/workflows/push\.yaml@refs/tags/.*$"
    )


@given(texts, texts)
def test_the_regular_expression_agrees_with_the_pattern(subject: str, text: str) -> None:
    agrees = bool(re.search(pattern(subject).subject_regex.replace("$", r"\Z"), text))
    assert pattern(subject).matches(Identity(ISSUER, text)) == agrees


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "abd", False),
        ("a*", "abc", True),
        ("a*c", "ab*", True),
        ("a*c", "b*c", False),
        ("*", "", True),
        ("a*b", "a", False),
        ("*x*", "*y*", True),
        ("refs/tags/*", "refs/heads/*", False),
    ],
)
def test_overlap(one: str, two: str, expected: bool) -> None:
    assert pattern(one).overlaps(pattern(two)) is expected
    assert pattern(two).overlaps(pattern(one)) is expected


@given(texts, texts, texts)
def test_what_matches_both_makes_them_overlap(one: str, two: str, text: str) -> None:
    subject = Identity(ISSUER, text)
    if pattern(one).matches(subject) and pattern(two).matches(subject):
        assert pattern(one).overlaps(pattern(two))


def test_other_issuers_never_overlap() -> None:
    assert not pattern("*").overlaps(pattern("*", "https://gitlab.com"))


def test_it_prints_as_subject_and_issuer() -> None:
    assert str(pattern(SUBJECT)) == str(Identity(ISSUER, SUBJECT)) == f"{SUBJECT} (issuer {ISSUER})"
    assert pattern(SUBJECT).is_exact
    assert not pattern(TAGS).is_exact
