from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import UntrustedContentError
from gitless.sbom.summary import inspect_sbom, summarize_sbom
from gitless.sbom.text import plain, short
from gitless.sbom.validation import check_sbom

GOLDEN = Path(__file__).parents[2] / "golden" / "sbom" / "web-deployment.cdx.json"
GOOD: dict[str, Any] = json.loads(GOLDEN.read_bytes())
ROOT = GOOD["metadata"]["component"]["bom-ref"]


def checked(change: Callable[[dict[str, Any]], object]) -> list[str]:
    document = copy.deepcopy(GOOD)
    change(document)
    return check_sbom(json.dumps(document).encode())


def test_the_golden_document_is_good() -> None:
    assert checked(lambda document: None) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.update(extra=1), "schema: /: "),
        (lambda d: d["metadata"].update(timestamp="2026-11-20T10:00:00"), "schema: /metadata/timestamp"),
        (lambda d: d["metadata"]["manufacturer"]["contact"][0].update(email="nobody"), "schema: /metadata/manufacturer"),
        (lambda d: d["components"][0]["externalReferences"][0].update(url="http://a b"), "schema: /components/0"),
        (lambda d: d.update(specVersion="1.4"), "schema: specVersion"),
        (lambda d: d.update(serialNumber="x"), "schema: /serialNumber"),
        (lambda d: d["compositions"][0].update(aggregate="mostly"), "schema: /compositions/0"),
        (lambda d: d["components"].append({**d["components"][0], "version": "2"}), "bom-ref is used twice"),
        (lambda d: d["dependencies"].append({"ref": ROOT, "dependsOn": []}), "dependencies names it twice"),
        (lambda d: d["dependencies"].pop(0), "dependencies lacks"),
        (lambda d: d["dependencies"][0].update(dependsOn=["nowhere"]), "dependencies names an unknown 'nowhere'"),
        (lambda d: d["compositions"][1]["dependencies"].append(ROOT), "two compositions name"),
        (lambda d: d["compositions"][0]["dependencies"].pop(), "no composition names"),
        (lambda d: d["compositions"][0]["dependencies"].append("nowhere"), "a composition names an unknown 'nowhere'"),
        (lambda d: [x.update(dependsOn=[]) for x in d["dependencies"] if x["ref"] == ROOT], "the artifact does not lead to"),
        (lambda d: d["metadata"]["component"]["hashes"][1].update(content="ab" * 32), "a SHA-512 hash of"),
        (lambda d: d["metadata"]["component"]["externalReferences"][0]["hashes"][0].update(content="ab" * 32), "a SHA-512 hash"),
        (lambda d: d["components"][0].pop("bom-ref"), "a component has no bom-ref"),
        (lambda d: d["metadata"].pop("component"), "a component has no bom-ref"),
        (lambda d: d["metadata"]["component"].update(components=[{"type": "file", "name": "x", "bom-ref": "n"}]), "dependencies lacks 'n'"),
    ],
)  # fmt: skip
def test_each_fault_is_named(change: Callable[[dict[str, Any]], object], problem: str) -> None:
    problems = checked(change)
    assert any(found.startswith(problem) for found in problems), problems


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a":1,"a":2}', b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_said_so(content: bytes) -> None:
    assert len(check_sbom(content)) == 1
    with pytest.raises(UntrustedContentError):
        inspect_sbom(content)


def test_hostile_nesting_ends_in_a_problem() -> None:
    deep: Any = {"type": "file", "name": "x"}
    for _ in range(300):
        deep = {"type": "file", "name": "x", "components": [deep]}
    assert checked(lambda document: document["components"].append(deep))
    nested: Any = 1
    for _ in range(400):
        nested = [nested]
    assert checked(lambda document: document["components"].append(nested)) == ["schema: Recursion limit reached"]
    checked(lambda document: document["metadata"]["component"].update(name="\ud800"))  # ends, either way


def test_problems_are_few_and_short() -> None:
    problems = checked(lambda document: document["components"].extend([{"x" * 5000: 1}] * 500))
    assert 0 < len(problems) <= 20
    assert all(len(problem) < 700 for problem in problems)


def test_a_summary_of_our_own_document() -> None:
    summary = inspect_sbom(GOLDEN.read_bytes())
    assert (summary.components, summary.files, summary.spec_version) == (len(GOOD["components"]), 6, "1.6")
    assert [name.partition("?")[0].partition("@")[0] for name in summary.images] == [
        "pkg:oci/busybox", "pkg:oci/busybox", "pkg:oci/cache", "pkg:oci/thing", "pkg:oci/web",
    ]  # fmt: skip
    assert summary.charts == ("pkg:oci/cache?repository_url=ghcr.io/acme/charts/cache&tag=2.0.1",)
    assert summary.completeness == "unknown"
    assert "the file was not looked into" in summary.reasons
    assert summary.tools == ("gitless 0.1.0", "helm 3.22.0")
    assert summary.timestamp == "2026-11-20T10:00:00Z"
    assert summary.serial_number == GOOD["serialNumber"]


@pytest.mark.parametrize(
    ("aggregates", "expected"),
    [(["complete"], "complete"), (["complete", "incomplete"], "incomplete"), (["incomplete_first_party_only"], "incomplete"),
     ([], "unknown"), (["complete", "unknown"], "unknown")],
)  # fmt: skip
def test_completeness_of_foreign_documents(aggregates: list[str], expected: str) -> None:
    document = {"bomFormat": "CycloneDX", "compositions": [{"aggregate": word} for word in aggregates]}
    assert summarize_sbom(document).completeness == expected


def test_another_format_is_no_cyclonedx() -> None:
    with pytest.raises(UntrustedContentError, match="not a CycloneDX document"):
        inspect_sbom(b'{"spdxVersion":"SPDX-2.3"}')


def test_foreign_documents_are_read_as_far_as_they_go() -> None:
    tools = [{"name": "syft", "version": "1"}, 7]
    document = {
        "bomFormat": "CycloneDX",
        "metadata": {"tools": tools},
        "components": [7, {"type": "container", "name": "x"}],
    }
    summary = summarize_sbom(document)
    assert (summary.images, summary.tools, summary.components) == (("x",), ("", "syft 1"), 2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
)
KEYS = ("metadata", "components", "compositions", "dependencies", "specVersion", "serialNumber")


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_anything_is_summarised_and_judged(document: dict[str, Any]) -> None:
    summarize_sbom({"bomFormat": "CycloneDX", **document})
    assert check_sbom(json.dumps({**document, "bomFormat": "CycloneDX", "x": 1}).encode())


@given(st.text(), st.text())
def test_spelled_out_text_is_plain_and_stays_different(one: str, other: str) -> None:
    assert "\u202e" not in plain(one)
    assert (plain(one) == plain(other)) == (one == other)
    assert len(short(one, 5)) <= 6
