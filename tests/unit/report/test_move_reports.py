"""Reports of promotions and rollbacks: nothing foreign becomes markup, long lists fit, every state has its word."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gitless.errors import CheckError, RemoteError
from gitless.model.difference import Difference
from gitless.model.gate import GateResult
from gitless.model.moves import MoveResult, MovesResult
from gitless.report.moves import moves_lines, moves_record, moves_summary

OLD, NEW, RECORD = (f"sha256:{digit * 64}" for digit in "abc")
EVIL = "<img src=x onerror=1>|`@everyone`\n::set-output name=x::y\u202e [l](https://evil.example)"
PASSED = GateResult("signature", "passed", "It is signed.")
REDIS = f"pkg:oci/redis@sha256:{'e' * 64}?repository_url=docker.io/library/redis"
BEFORE, AFTER = ((f"pkg:oci/nginx?repository_url=docker.io/library/nginx&tag={tag}", REDIS) for tag in ("1", "2"))
MOVE = MoveResult(
    "web", "stable", "ghcr.io/acme/apps/web", NEW, OLD, "main@sha1:1", "v1.0.0", "latest", RECORD, True,
    ("v1.0.0", "stable"), (PASSED,), ("alice",), ("bob: he wrote it",), Difference(("a",), (), ("b", "c")),
    Difference(("v1/Pod/a",), ("v1/ConfigMap/b",), ("v1/Pod/c",)), BEFORE, AFTER,
    timedelta(days=1, hours=2, minutes=3),
)  # fmt: skip


def result(*moves, kind="promote", planned=False, notices=()):
    return MovesResult(kind, "stable", moves or (MOVE,), planned, notices)


@pytest.mark.parametrize(
    ("move", "kind", "planned", "word"),
    [
        (MOVE, "promote", False, "promoted"),
        (MOVE, "rollback", False, "rolled back"),
        (replace(MOVE, moved=False), "promote", False, "unchanged"),
        (MOVE, "promote", True, "would move"),
        (replace(MOVE, record=""), "promote", False, "held"),
        (replace(MOVE, error=CheckError("no")), "promote", False, "failed"),
        (replace(MOVE, gates=()), "promote", True, "failed"),
        (replace(MOVE, gates=(replace(PASSED, verdict="failed"),)), "promote", True, "failed"),
    ],
)
def test_every_state_has_its_word(move, kind, planned, word):
    assert moves_lines(result(move, kind=kind, planned=planned))[0].startswith(f"{word}  web  stable: ")


def test_lines_name_path_gates_objects_record_notes_and_error():
    move = replace(MOVE, notes=("a note",), error=RemoteError("what", why="why", hint="hint"))
    text = "\n".join(moves_lines(result(move, notices=("a notice",))))
    for part in (
        "aaaaaaaa", "bbbbbbbb", " as v1.0.0", "ok signature: It is signed.", "+ v1/Pod/a", "~ v1/ConfigMap/b",
        "- v1/Pod/c", f"record {RECORD}", "a note", "what", "why", "hint", "note: a notice",
    ):  # fmt: skip
        assert part in text
    assert "nothing -> ?" in "\n".join(moves_lines(result(MoveResult("web", "stable"))))


def test_document_names_everything():
    record = moves_record(result(replace(MOVE, error=CheckError("w", why="y", hint="h")), notices=("n",)))
    (web,) = record["components"]
    assert record["notices"] == ["n"]
    assert web["objects"] == {"added": ["v1/Pod/a"], "changed": ["v1/ConfigMap/b"], "removed": ["v1/Pod/c"]}
    assert web["files"] == {"added": ["a"], "changed": [], "removed": ["b", "c"]}
    assert (web["images_before"], web["images"]) == (list(BEFORE), list(AFTER))
    assert web["error"] == {"what": "w", "why": "y", "hint": "h", "exit_code": 1}
    assert web["lead_seconds"] == 26 * 3600 + 180
    (bare,) = moves_record(result(MoveResult("web", "stable")))["components"]
    assert "objects" not in bare
    assert "files" not in bare
    assert (bare["digest"], bare["previous"], bare["lead_seconds"]) == (None, None, None)


def test_exit_code_is_the_worst_components():
    assert result().exit_code == 0
    assert result(MOVE, replace(MOVE, gates=())).exit_code == 1
    assert result(replace(MOVE, error=CheckError("no")), replace(MOVE, error=RemoteError("down"))).exit_code == 3


def test_summary_shows_path_objects_images_gates_and_ways_back():
    text = moves_summary(result())
    for part in (
        "## ✅ stable: 1 of 1 component(s) promoted", "`aaaaaaaa", "`bbbbbbbb", "release `v1.0.0`",
        "<details open><summary>Objects +1 ~1 −1</summary>", "- new `v1/Pod/a`", "- changed `v1/ConfigMap/b`",
        "- gone `v1/Pod/c`", "- image `docker.io/library/nginx` `1` → `2`", "lead time `1 d 2 h 3 min`",
        "| signature | ✅ | It is signed. |",
        'source["latest"] --> digest["bbbbbbbbbbbb"]', 'digest["bbbbbbbbbbbb"] --> channel["stable"]',
        'digest --> release["v1.0.0"]', "gitless rollback web --channel stable", "did not count: bob",
        "files +1 ~0 −2", "approved by `alice`",
    ):  # fmt: skip
        assert part in text
    assert "redis" not in text


def test_diagram_shows_where_a_digest_came_from_and_no_foreign_text():
    assert 'source["rollback"] --> digest' in moves_summary(result(replace(MOVE, source=""), kind="rollback"))
    assert "source" not in moves_summary(result(replace(MOVE, source="")))
    evil = MovesResult("promote", EVIL, (replace(MOVE, source=EVIL, release=EVIL),))
    diagram = moves_summary(evil).partition("```mermaid")[2].partition("```")[0]
    assert diagram.count('["…"]') == 3
    assert "img" not in diagram


def test_plan_and_failure_have_neither_diagram_nor_commands():
    for shown in (result(planned=True), result(replace(MOVE, error=CheckError("no")))):
        assert "mermaid" not in moves_summary(shown)
    assert "gitless verify" not in moves_summary(result(replace(MOVE, record="")))
    assert "gitless rollback" not in moves_summary(result(MOVE, kind="rollback"))
    assert "gitless verify" not in moves_summary(result(replace(MOVE, repository="oci-layout:/x/web")))
    assert "## ❌" in moves_summary(result(replace(MOVE, error=CheckError("no"))))


def test_long_lists_are_cut_and_say_so():
    many = Difference(tuple(f"v1/Pod/{number:04}" for number in range(900)))
    move = replace(MOVE, objects=many, images=tuple(f"i:{number}" for number in range(90)))
    lines = moves_lines(result(move))
    assert "  … and 880 more objects" in lines
    text = moves_summary(result(move))
    assert "- … and 700 more" in text
    assert "<details><summary>Objects +900 ~0 −0</summary>" in text
    assert len(moves_record(result(move))["components"][0]["objects"]["added"]) == 900


def test_objects_that_are_not_known_and_objects_that_are_the_same():
    assert "is not known" in moves_summary(result(replace(MOVE, objects=None)))
    text = moves_summary(result(replace(MOVE, objects=Difference())))
    assert "Objects" not in text
    assert "is not known" not in text


@pytest.mark.parametrize("lead", [timedelta(0), timedelta(seconds=59)])
def test_short_lead_time(lead):
    assert "less than a minute" in moves_summary(result(replace(MOVE, lead_time=lead)))


def test_foreign_text_stays_text():
    gates = (GateResult("checks", "skipped", EVIL), GateResult("freeze", "waived", EVIL))
    move = replace(
        MOVE, name=EVIL, channel=EVIL, revision=EVIL, gates=gates, approvers=(EVIL,), refused=(EVIL,), notes=(EVIL,),
        objects=Difference((EVIL,)), images=(EVIL,), images_before=(), error=CheckError(EVIL, why=EVIL, hint=EVIL),
    )  # fmt: skip
    shown = MovesResult("promote", EVIL, (move,), notices=(EVIL,))
    for line in moves_lines(replace(shown, moves=(replace(move, error=None),))):
        assert "\n" not in line
        assert "\u202e" not in line
        assert not line.startswith("::")
    text = moves_summary(shown)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<img", outside)
    assert "\u202e" not in text
