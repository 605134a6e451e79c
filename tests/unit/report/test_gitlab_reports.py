"""Reports of a GitLab job: their exact form, and foreign text that stays text in each of them."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import CheckError
from gitless.model.case import Case
from gitless.model.finding import Finding, PlacedFinding
from gitless.model.gate import GateResult
from gitless.model.moves import MoveResult, MovesResult
from gitless.report.cases import moves_cases
from gitless.report.gitlab import MAX_DOTENV_BYTES, code_quality, dotenv, junit, links

DIGEST = "sha256:" + "ab" * 32
FINDING = Finding("plaintext-secret", "db.yaml", 7, "v1/Secret/web/db", "/data/password", "A value in plain text.")


def test_outputs_are_variables_of_later_jobs() -> None:
    given = {"digest": DIGEST, "digest-url": f"ghcr.io/acme/web@{DIGEST}", "tags": "a\nlatest", "pushed": "true"}
    assert dotenv("publish", given) == (
        f"GITLESS_PUBLISH_DIGEST={DIGEST}\n"
        f"GITLESS_PUBLISH_DIGEST_URL=ghcr.io/acme/web@{DIGEST}\n"
        "GITLESS_PUBLISH_TAGS=a,latest\n"
        "GITLESS_PUBLISH_PUSHED=true\n"
        f"IMAGE_DIGEST=ghcr.io/acme/web@{DIGEST}\n"
    )


def test_what_is_empty_or_not_plain_is_left_out() -> None:
    assert dotenv("history", {"ok": "true", "html": "a$(id).html", "json": "", "note": "a b\nX=1"}) == (
        "GITLESS_HISTORY_OK=true\n"
    )


@given(st.dictionaries(st.sampled_from(["digest", "digest-url", "tags", "json", "html"]), st.text(max_size=9000)))
def test_no_value_makes_a_second_variable_or_too_long_a_file(outputs: dict[str, str]) -> None:
    text = dotenv("publish", outputs)
    assert len(text.encode()) <= MAX_DOTENV_BYTES
    for line in text.splitlines():
        assert re.fullmatch(r"(GITLESS_PUBLISH_[A-Z_]+|IMAGE_DIGEST)=[A-Za-z0-9._:/@+,=-]+", line)


def test_many_tags_leave_room_for_the_rest() -> None:
    text = dotenv("publish", {"digest": DIGEST, "tags": "\n".join(f"t{number}" for number in range(5000))})
    assert text == f"GITLESS_PUBLISH_DIGEST={DIGEST}\n"


def test_gates_are_a_test_report() -> None:
    gates = (
        GateResult("signature", "passed", "Signed by push-artifact."),
        GateResult("soak", "skipped", "1 h of 2 h."),
        GateResult("approvals", "failed", "0 of 1 <b>&"),
    )
    result = MovesResult("promote", "stable", (MoveResult("web", "stable", gates=gates, error=CheckError("no")),))
    assert junit("promote", moves_cases(result)) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuites tests="4" failures="2" skipped="1" errors="0">\n'
        '  <testsuite name="gitless promote" tests="4" failures="2" skipped="1" errors="0">\n'
        '    <testcase classname="web" name="signature">\n'
        "      <system-out>Signed by push-artifact.</system-out>\n"
        "    </testcase>\n"
        '    <testcase classname="web" name="soak">\n'
        '      <skipped message="1 h of 2 h.">1 h of 2 h.</skipped>\n'
        "    </testcase>\n"
        '    <testcase classname="web" name="approvals">\n'
        '      <failure message="0 of 1 &lt;b&gt;&amp;">0 of 1 &lt;b&gt;&amp;</failure>\n'
        "    </testcase>\n"
        '    <testcase classname="web" name="promote">\n'
        '      <failure message="no">no</failure>\n'
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


@given(st.text(), st.text(), st.text())
def test_any_text_is_readable_xml(group: str, name: str, reason: str) -> None:
    text = junit("verify", [Case(group, name, "failed", reason), Case(name, group, "passed", reason)])
    document = ElementTree.fromstring(text.encode())
    assert len(document.findall("./testsuite/testcase")) == 2


def test_a_finding_stands_at_its_file_and_line() -> None:
    (issue,) = json.loads(code_quality([PlacedFinding(FINDING, "deploy/web/db.yaml")], "gitless.yaml"))
    assert issue == {
        "description": "v1/Secret/web/db /data/password: A value in plain text.",
        "check_name": "plaintext-secret",
        "fingerprint": issue["fingerprint"],
        "severity": "critical",
        "location": {"path": "deploy/web/db.yaml", "lines": {"begin": 7}},
    }
    assert re.fullmatch("[0-9a-f]{64}", issue["fingerprint"])


def test_a_finding_that_moved_is_the_same_and_another_is_not() -> None:
    moved = Finding(FINDING.rule, FINDING.path, 99, FINDING.object, FINDING.field, FINDING.message)
    other = Finding(FINDING.rule, FINDING.path, 7, FINDING.object, "/data/token", FINDING.message)
    placed = [PlacedFinding(item, "deploy/web/db.yaml") for item in (FINDING, moved, other)]
    first, second, third = (item["fingerprint"] for item in json.loads(code_quality(placed, "gitless.yaml")))
    assert first == second != third


def test_what_rendering_made_is_shown_at_the_configuration() -> None:
    (issue,) = json.loads(code_quality([PlacedFinding(FINDING, "", stops=False)], "gitless.yaml"))
    assert issue["location"] == {"path": "gitless.yaml", "lines": {"begin": 1}}
    assert issue["severity"] == "info"
    assert issue["description"].startswith("db.yaml: v1/Secret/web/db")


def test_only_web_addresses_are_links() -> None:
    named = [
        ("Summary", "https://gitlab.com/a/-/jobs/1/artifacts/file/s.md"),
        ("bad", "javascript:alert(1)"),
        ("no", ""),
    ]
    assert json.loads(links(named)) == {
        "gitless": [{"external_link": {"label": "Summary", "url": "https://gitlab.com/a/-/jobs/1/artifacts/file/s.md"}}]
    }
