"""Inputs of actions: strings of strangers, read by form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.config.annotations import MAX_ANNOTATIONS, check_annotations
from gitless.config.inputs import MAX_INPUT, Inputs
from gitless.errors import UsageError


def inputs(**values: str) -> Inputs:
    return Inputs({f"GITLESS_INPUT_{name.upper()}": value for name, value in values.items()})


def test_an_empty_input_is_one_that_was_not_given() -> None:
    for value in ("", " ", "\n\t"):
        assert inputs(a=value).text("a") is None
        assert inputs(a=value).lines("a") == ()
        assert inputs(a=value).words("a") == ()
        assert inputs(a=value).pairs("a") == {}
        assert inputs(a=value).choice("a", ("x",)) is None
        assert inputs(a=value).flag("a", default=True) is True
    assert Inputs({}).text("a") is None


def test_a_name_with_dashes_is_a_variable_with_bars() -> None:
    assert inputs(dry_run="true").flag("dry-run") is True


def test_values_are_read_by_their_form() -> None:
    assert inputs(a="  latest ").text("a") == "latest"
    assert inputs(a="a, b\nc\td").words("a") == ("a", "b", "c", "d")
    assert inputs(a="one \r\n\r\n  two x\n").lines("a") == ("one", "two x")
    assert inputs(a="k = v\nx.y/z=a=b").pairs("a") == {"k": "v", "x.y/z": "a=b"}
    assert inputs(a="false").flag("a", default=True) is False


@pytest.mark.parametrize("value", ["yes", "True", "1", "on", "TRUE"])
def test_a_flag_is_a_word_of_two(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        inputs(a=value).flag("a")
    assert caught.value.why == "It must be one of: true, false."


def test_a_second_line_a_missing_sign_and_a_second_key_are_refused_by_number() -> None:
    for value, why in {
        "k": "Line 1 is not key=value.",
        "a=1\n=2": "Line 2 is not key=value.",
        "a=1\na=2": "Line 2 gives a key for the second time.",
    }.items():
        with pytest.raises(UsageError) as caught:
            inputs(a=value).pairs("a")
        assert caught.value.why == why
    with pytest.raises(UsageError, match="The input 'a' is not valid"):
        inputs(a="x\ry").text("a")


@given(st.text(max_size=200))
def test_no_text_breaks_in_and_none_is_repeated(text: str) -> None:
    for read in (Inputs.text, Inputs.flag, Inputs.lines, Inputs.words, Inputs.pairs):
        said, found = "", None
        try:
            found = read(inputs(a=text), "a")
        except UsageError as error:
            said = str(error)
        assert len(text) < 5 or text not in said
        assert not isinstance(found, str) or found.replace("\t", "").isprintable()


def test_what_is_too_long_is_refused() -> None:
    assert inputs(a="x" * MAX_INPUT).text("a") == "x" * MAX_INPUT
    with pytest.raises(UsageError, match="The input 'a' is not valid"):
        inputs(a="x" * (MAX_INPUT + 1)).words("a")


def test_annotations_are_taken_in_order_of_their_keys() -> None:
    assert list(check_annotations({"z.test": "1", "org.opencontainers.image.licenses": "MIT", "a": "ü = 100%"})) == [
        "a",
        "org.opencontainers.image.licenses",
        "z.test",
    ]


@pytest.mark.parametrize(
    "key",
    ["dev.gitless.x", "dev.sigstore.x", "dev.cosignproject.x", "org.opencontainers.image.title"],
)
def test_annotations_of_ours_are_refused(key: str) -> None:
    with pytest.raises(UsageError, match="is written by gitless itself"):
        check_annotations({key: "x"})


@pytest.mark.parametrize("key", ["", " ", "-a", "a-", "a b", "ü", "a" * 256, "a\n", "$(x)"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="Not the key of an annotation"):
        check_annotations({key: "x"})


@pytest.mark.parametrize("value", ["a\nb", "\x00", "x" * 4097, "\u202e"])
def test_what_is_no_value_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="too long or not one line"):
        check_annotations({"a": value})


def test_there_is_an_end_to_annotations() -> None:
    with pytest.raises(UsageError, match="too many annotations"):
        check_annotations({f"a{number}": "" for number in range(MAX_ANNOTATIONS + 1)})
