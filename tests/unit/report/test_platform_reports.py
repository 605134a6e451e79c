"""What the platform is told: annotations within its budget, outputs, verdicts; foreign text is text everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import CheckError, UsageError
from gitless.model.gate import GateResult
from gitless.model.moves import MoveResult, MovesResult
from gitless.model.results import ComponentResult, PublishResult, VerifyResult
from gitless.model.verdict import Check
from gitless.report.commands import (
    MAX_MESSAGE,
    Annotation,
    fault_annotations,
    file_command,
    moves_annotations,
    notices,
    publish_annotations,
    verify_annotations,
    within_budget,
)
from gitless.report.outputs import holds_output, moves_outputs, publish_outputs, verify_outputs
from gitless.report.verdicts import error_summary, verify_summary

DIGEST = "sha256:" + "ab" * 32


def component(name: str = "web", **given: object) -> ComponentResult:
    place = f"ghcr.io/acme/{name}"
    values = {
        "digest": DIGEST,
        "reference": f"{place}@{DIGEST}",
        "changed": True,
        "pushed": True,
        "tags": ("a", "latest"),
    }
    return ComponentResult(name, place, "latest", **{**values, **given})  # type: ignore[arg-type]


def verdict(*, ok: bool, reference: str = "ghcr.io/acme/web:latest") -> VerifyResult:
    checks = (Check("strict.1-listed", True, "3 bundles."), Check("strict.2-signature", ok, "a | b <x> @all"))
    return VerifyResult(reference, DIGEST, "strict", checks)


def test_one_component_gives_all_outputs() -> None:
    assert publish_outputs(PublishResult((component(),))) == {
        "digest": DIGEST,
        "digest-url": f"ghcr.io/acme/web@{DIGEST}",
        "reference": f"ghcr.io/acme/web:latest@{DIGEST}",
        "tags": "a\nlatest",
        "pushed": "true",
        "changed": "true",
    }


@pytest.mark.parametrize(
    "components",
    [(), (component("a"), component("b", pushed=False)), (component(digest="", reference="", error=CheckError("no")),)],
)
def test_several_or_failed_components_name_no_digest(components: tuple[ComponentResult, ...]) -> None:
    outputs = publish_outputs(PublishResult(components))
    assert {outputs[name] for name in ("digest", "digest-url", "reference", "tags")} == {""}
    assert outputs["pushed"] == ("true" if components else "false")


def test_verify_says_true_only_when_all_of_it_is() -> None:
    assert verify_outputs([verdict(ok=True)]) == {"verified": "true", "digest": DIGEST}
    assert verify_outputs([verdict(ok=True), verdict(ok=False)]) == {"verified": "false", "digest": ""}
    assert verify_outputs([]) == {"verified": "false", "digest": ""}


def test_an_annotation_is_one_line_whatever_it_holds() -> None:
    error = UsageError("Half: 50%,\r\n::set-env name=A::b", why="why\x1b[31m", hint="do\nthis")
    assert str(Annotation.of_error("a:b,c\n::d", error)) == (
        "::error title=a%3Ab%2Cc %3A\u200b%3Ad::Half: 50%25,\\u000d%0A::set-env name=A::b%0Awhy\\u001b[31m%0Ado%0Athis"
    )


@given(st.text(max_size=100), st.text(max_size=100))
def test_no_text_ends_an_annotation(title: str, text: str) -> None:
    line = str(Annotation("notice", title, text))
    assert len(line.splitlines()) == 1
    assert line.startswith("::notice title=")
    head, _, _ = line.removeprefix("::notice title=").partition("::")
    assert ":" not in head
    assert "," not in head


def test_a_long_message_is_cut_before_the_platform_does() -> None:
    assert len(str(Annotation("error", "t", "x" * 10000))) < MAX_MESSAGE + 50


def test_ten_of_a_kind_are_kept_and_the_rest_is_counted() -> None:
    errors = [Annotation("error", "e", str(number)) for number in range(25)]
    notices = [Annotation("notice", "n", str(number)) for number in range(10)]
    kept = within_budget([*notices, *errors])
    assert [item.text for item in kept if item.kind == "notice"] == [str(number) for number in range(10)]
    texts = [item.text for item in kept if item.kind == "error"]
    assert len(texts) == 10
    assert texts[:9] == [str(number) for number in range(9)]
    assert texts[9] == "16 more: see the job summary and the log."


def test_failures_are_errors_and_notes_are_notices() -> None:
    result = PublishResult((component("a", notes=("seen",)), component("b", error=CheckError("no", why="because"))))
    found = publish_annotations(result)
    assert [(item.kind, item.title, item.text) for item in found] == [
        ("error", "gitless publish: b", "no\nbecause"),
        ("notice", "gitless publish: a", "seen"),
    ]


def test_every_verdict_that_is_not_good_is_an_error() -> None:
    failed = VerifyResult("x", "", "flux", error=UsageError("gone"))
    empty = VerifyResult("y", DIGEST, "flux")
    found = verify_annotations([verdict(ok=True), verdict(ok=False), failed, empty])
    assert [item.text for item in found] == ["strict.2-signature: a | b <x> @all", "gone", "No check was made."]


def test_verdicts_are_a_table_with_the_checks_below() -> None:
    failed = VerifyResult("x:1", "", "flux", error=UsageError("gone"))
    text = verify_summary([verdict(ok=True), verdict(ok=False, reference="a|b:`1`"), failed])
    assert text.startswith("## ❌ 2 of 3 reference(s) do not verify\n")
    assert "| `ghcr.io/acme/web:latest` | verified | strict |" in text
    assert "| **not verified** |" in text
    assert "<details open>" in text
    assert "- **no** `strict.2-signature` a \\| b \\<x\\> @\u200ball" in text
    assert "```\ngone\n```" in text
    assert verify_summary([verdict(ok=True)]).startswith("## ✅ 1 reference(s) verified\n")


def test_a_verb_that_failed_is_told_in_a_fence() -> None:
    text = error_summary("publish", UsageError("```\n<b>", hint="x"))
    assert text == "## ❌ gitless publish failed\n\n````\n```\n<b>\nx\n````\n"


def test_an_output_ends_where_its_delimiter_stands() -> None:
    assert file_command("tags", "a\nb", "END") == "tags<<END\na\nb\nEND\n"
    for name, value in (("a", "x\nEND\n"), ("a\nb", "x"), ("END", "x")):
        with pytest.raises(ValueError, match="delimiter"):
            file_command(name, value, "END")


GATES = (GateResult("signature", "passed", "by whom it must"), GateResult("soak", "failed", "1 h of 2 h"))


def moves(*given: MoveResult, kind: str = "promote") -> MovesResult:
    return MovesResult(kind, "stable", given)  # type: ignore[arg-type]


def test_one_move_gives_all_outputs() -> None:
    move = MoveResult(
        "web", "stable", "ghcr.io/a/web", DIGEST, release="v1.0.0", record=DIGEST, moved=True, gates=GATES[:1]
    )
    assert moves_outputs(moves(move)) == {
        "digest": DIGEST,
        "digest-url": f"ghcr.io/a/web@{DIGEST}",
        "release": "v1.0.0",
        "record": DIGEST,
        "passed": "true",
        "moved": "true",
    }


@pytest.mark.parametrize("error", [None, UsageError("no")])
def test_several_or_failed_moves_name_no_digest(error: UsageError | None) -> None:
    move = MoveResult("web", "stable", "ghcr.io/a/web", DIGEST, gates=GATES, error=error)
    outputs = moves_outputs(moves(*([move] if error else [move, move])))
    assert {outputs[name] for name in ("digest", "digest-url", "release", "record")} == {""}
    assert (outputs["passed"], outputs["moved"]) == ("false", "false")


def test_a_gate_that_says_no_is_an_error_with_its_reason() -> None:
    stopped = MoveResult("web", "stable", gates=GATES, notes=("seen",))
    failed = MoveResult("db", "stable", error=UsageError("gone"))
    unasked = MoveResult("mq", "stable")
    fine = MoveResult("ok", "stable", gates=GATES[:1])
    found = moves_annotations(moves(stopped, failed, unasked, fine, kind="rollback"))
    assert [(item.kind, item.title, item.text) for item in found] == [
        ("error", "gitless rollback: web", "soak: 1 h of 2 h"),
        ("notice", "gitless rollback: web", "seen"),
        ("error", "gitless rollback: db", "gone"),
        ("error", "gitless rollback: mq", "No gate was asked."),
    ]


def test_what_a_report_marks_is_an_error() -> None:
    lines = ["ok web", "  NO  missing sha256:1: gone", "NO signature web stable: foreign", "NOT in order: 2 finding(s)"]
    assert [item.text for item in fault_annotations("audit", lines, ok=False)] == [
        "missing sha256:1: gone",
        "signature web stable: foreign",
    ]
    assert fault_annotations("audit", lines, ok=True) == []
    assert [item.text for item in fault_annotations("audit", ["x"], ok=False)] == ["It is not in order."]


def test_only_what_is_said_is_a_notice() -> None:
    assert [item.text for item in notices("audit", ("", "seen"))] == ["seen"]
    assert holds_output(ok=True) == {"ok": "true"}
