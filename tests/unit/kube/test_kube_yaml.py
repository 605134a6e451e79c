from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitless.kube.builder import DocumentBuilder
from gitless.kube.yaml import (
    MAX_DOCUMENTS,
    MAX_YAML_BYTES,
    YamlError,
    load_documents,
    load_single,
    load_stream,
)

TESTS = Path(__file__).parents[2]
TABLE = json.loads((TESTS / "golden/yaml/sigs-yaml-1.6.0.json").read_text())
HOSTILE = sorted((TESTS / "hostile/yaml").iterdir())

# Where we differ on purpose: tags on the wrong kind of node are refused, and libyaml reads a little more than go-yaml.
STRICTER = {"k: !!str [a]\n", "k: !!str {a: 1}\n", "k: !!int [1]\n", "k: !!map x\n"}
WIDER = {"%YAML 1.2\n---\na: yes\n", 'a: "\\/"\n'}


def comparable(value: Any) -> Any:
    """Integers beyond 64 bit are floats in Go; JSON's text shows them rounded."""
    if isinstance(value, dict):
        return {key: comparable(child) for key, child in value.items()}
    if isinstance(value, list):
        return [comparable(child) for child in value]
    return float(value) if isinstance(value, int) and abs(value) >= 2**63 else value


@pytest.mark.parametrize("row", TABLE, ids=[row["yaml"] for row in TABLE])
def test_scalars_resolve_as_sigs_yaml_resolves_them(row: dict[str, Any]) -> None:
    content = row["yaml"].encode()
    if row["yaml"] in WIDER:
        assert row["json"] is None
        assert load_single(content, what="table")
    elif row["json"] is None or row["yaml"] in STRICTER:
        with pytest.raises(YamlError):
            load_single(content, what="table")
    else:
        expected = comparable(json.loads(row["json"]))
        # as JSON, since Python holds True and 1 for equal
        assert json.dumps(comparable(load_single(content, what="table")), sort_keys=True) == json.dumps(
            expected, sort_keys=True
        )


@pytest.mark.parametrize("file", HOSTILE, ids=[file.name for file in HOSTILE])
def test_hostile_documents_end_in_an_error_that_shows_no_content(file: Path) -> None:
    with pytest.raises(YamlError) as caught:
        load_documents(file.read_bytes(), what="values.yaml")
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).startswith("values.yaml ")
    assert caught.value.exit_code == 2


def test_there_are_hostile_documents() -> None:
    assert len(HOSTILE) >= 12


def test_a_stream_gives_every_document_and_its_line() -> None:
    stream = load_stream(b"# intro\n---\n\na: 1\n---\n---\n- x\n...\n---\ntext\n", what="s")
    assert [(document.value, document.line) for document in stream] == [
        ({"a": 1}, 4),
        (None, 6),
        (["x"], 7),
        ("text", 10),
    ]


def test_an_empty_stream_has_no_documents() -> None:
    assert load_documents(b"", what="s") == []
    assert load_single(b"# nothing\n", what="s") is None


def test_single_refuses_a_second_document() -> None:
    with pytest.raises(YamlError) as caught:
        load_single(b"a: 1\n---\nb: 2\n", what="gitless.yaml")
    assert caught.value.what == "gitless.yaml holds 2 YAML documents where one is expected."
    assert caught.value.line == 3


def test_errors_name_line_and_column() -> None:
    with pytest.raises(YamlError) as caught:
        load_single(b"a: 1\nb:\n  a: 1\n  a: hunter2\n", what="x.yaml")
    assert str(caught.value) == "x.yaml is not readable YAML.\nLine 4, column 6: a key is repeated."
    assert (caught.value.line, caught.value.column) == (4, 6)


def test_keys_that_meet_only_as_text_are_repeated_too() -> None:
    with pytest.raises(YamlError, match="a key is repeated"):
        load_single(b"yes: 1\n'true': 2\n", what="x")


def test_a_merge_after_the_key_it_overrides_is_refused() -> None:
    with pytest.raises(YamlError, match="readers of YAML resolve differently"):
        load_single(b"a: &a {x: 1}\nb: {x: 2, <<: *a}\n", what="x")
    assert load_single(b"a: &a {x: 1}\nb: {z: 2, <<: *a}\n", what="x")["b"] == {"z": 2, "x": 1}


def test_two_merges_in_one_mapping_are_refused() -> None:
    with pytest.raises(YamlError, match="a key is repeated"):
        load_single(b"a: &a {x: 1}\nb: {<<: *a, <<: {y: 1}}\n", what="x")


def test_nesting_is_bounded_at_the_documented_depth() -> None:
    depth = DocumentBuilder.MAX_DEPTH
    assert load_single(b"[" * depth + b"]" * depth, what="x")
    with pytest.raises(YamlError, match="deeper than 200"):
        load_single(b"[" * (depth + 1) + b"]" * (depth + 1), what="x")


def test_length_is_bounded() -> None:
    with pytest.raises(YamlError, match="too long"):
        load_single(b" " * (MAX_YAML_BYTES + 1), what="x")


def test_the_number_of_documents_is_bounded() -> None:
    with pytest.raises(YamlError, match="more than 20000 YAML documents"):
        load_documents(b"---\n" * (MAX_DOCUMENTS + 2), what="x")


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DocumentBuilder, "MAX_NODES", 10)
    assert load_single(b"[1,2,3,4,5,6,7,8,9]", what="x")
    with pytest.raises(YamlError, match="more than 10 values"):
        load_single(b"[1,2,3,4,5,6,7,8,9,10]", what="x")


def test_aliases_do_not_live_beyond_their_document() -> None:
    with pytest.raises(YamlError, match="names no anchor"):
        load_documents(b"a: &x 1\n---\nb: *x\n", what="x")


def test_json_is_read_by_its_own_rules() -> None:
    text = b'\n {"a": "\\ud83d\\ude00", "yes": 1e3, "big": 123456789012345678901234, "n": [true, null, 0.5]}\n'
    (document,) = load_stream(text, what="x.json")
    assert document.line == 2
    assert document.value == {
        "a": "\U0001f600",
        "yes": 1000,
        "big": 1.2345678901234568e23,
        "n": [True, None, 0.5],
    }
    assert isinstance(document.value["yes"], int)


def test_json_nesting_is_bounded_too() -> None:
    with pytest.raises(YamlError, match="not readable JSON"):
        load_single(b'{"a":' * 250 + b"1" + b"}" * 250, what="x")


@pytest.mark.parametrize("text", [b'{"a": 1, "a": 2}', b'{"a": NaN', b'{"a":' * 100_000, b'{"a": -Infinity, "a": 2}'])
def test_broken_json_is_an_error(text: bytes) -> None:
    with pytest.raises(YamlError):
        load_single(text, what="x")


def test_flow_mappings_are_still_yaml() -> None:
    assert load_single(b"{a: yes}", what="x") == {"a": True}


def test_bytes_that_are_no_utf8_are_named_by_line() -> None:
    with pytest.raises(YamlError) as caught:
        load_single(b"a: 1\nb: \xff\n", what="x")
    assert caught.value.line == 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_what_json_writes_is_read_back(value: Any) -> None:
    assert load_single(json.dumps({"k": value}, ensure_ascii=False).encode(errors="replace"), what="x") == json.loads(
        json.dumps({"k": value}, ensure_ascii=False).encode(errors="replace")
    )


@settings(max_examples=300)
@given(st.text(alphabet="ab:-[]{}&*!<>|'\"#%? \n\t,0x_.~", max_size=60))
def test_any_text_is_read_or_refused_in_our_own_words(text: str) -> None:
    try:
        load_documents(text.encode(), what="x")
    except YamlError as error:
        refused = error
    else:
        return
    assert refused.why
