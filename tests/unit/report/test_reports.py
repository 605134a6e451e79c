"""Reports: foreign text stays text, summaries fit, JSON keeps its names."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import CheckError, RemoteError
from gitless.model.difference import Difference
from gitless.model.identity import IdentityPattern
from gitless.model.results import (
    ComponentResult,
    EvidenceResult,
    InspectResult,
    PublishResult,
    VerifyFlags,
    VerifyResult,
)
from gitless.model.verdict import Check
from gitless.report.foreign import cell, code, fence, log_line, one_line, plain
from gitless.report.record import error_record, inspect_record, publish_record, to_json, verify_record
from gitless.report.summary import publish_summary
from gitless.report.terminal import error_lines, inspect_lines, publish_lines, verify_lines

DIGEST = f"sha256:{'a' * 64}"
EVIL = "<img src=x onerror=1>|`@everyone`\n::set-output name=x::y\u202e [l](https://evil.example)"


def component(**changes):
    base = {
        "name": "web",
        "repository": "ghcr.io/acme/apps/web",
        "channel": "latest",
        "digest": DIGEST,
        "reference": f"ghcr.io/acme/apps/web@{DIGEST}",
        "revision": "main@sha1:1",
        "content": DIGEST,
        "changed": True,
        "pushed": True,
        "tags": ("latest-x", "latest"),
        "evidence": (EvidenceResult("https://cyclonedx.org/bom", DIGEST),),
        "images": ("nginx:1.29",),
        "changes": Difference(("a",), ("b",), ()),
    }
    return ComponentResult(**{**base, **changes})


def test_json_has_the_names_scripts_rely_on():
    record = publish_record(PublishResult((component(),)))
    assert list(record) == ["verb", "ok", "components"]
    wanted = {
        "name",
        "repository",
        "digest",
        "reference",
        "revision",
        "content",
        "changed",
        "pushed",
        "tags",
        "evidence",
        "images",
        "requests",
        "seconds",
    }
    assert wanted <= set(record["components"][0])
    assert record["components"][0]["evidence"] == [{"predicate_type": "https://cyclonedx.org/bom", "digest": DIGEST}]
    assert json.loads(to_json(record)) == record


def test_failed_component_carries_its_error_and_the_run_its_exit_code():
    failed = component(error=RemoteError("down", why="503", hint="again"), digest="", pushed=False)
    result = PublishResult((component(), failed))
    assert (result.ok, result.error.exit_code) == (False, 3)
    assert publish_record(result)["components"][1]["error"]["exit_code"] == 3
    assert "1 of 2 component(s) failed" in publish_summary(result)
    assert any(line.startswith("failed") for line in publish_lines(result))


def test_verify_record_is_flat_for_one_and_a_list_for_several():
    one = VerifyResult("r:1", DIGEST, "flux", (Check("flux.1", True, "fine"),), (EvidenceResult("p", DIGEST),))
    assert verify_record((one,))["checks"] == [{"id": "flux.1", "ok": True, "reason": "fine"}]
    assert verify_record((one, one))["ok"] is True
    assert VerifyResult("r", DIGEST, "flux", ()).ok is False
    assert verify_lines(one)[0].startswith("verified")
    bad = VerifyResult("r:1", DIGEST, "flux", (Check("flux.1", False, EVIL),))
    assert "NOT verified" in verify_lines(bad)[0]


def test_inspect_shows_layers_annotations_and_sbom():
    result = InspectResult(
        "r:1", DIGEST, "m", (("t", DIGEST, 3),), {"k": EVIL}, (EvidenceResult("", DIGEST),), ("2 files",)
    )
    text = "\n".join(inspect_lines(result))
    assert "2 files" in text
    assert "\u202e" not in text
    assert "unreadable" in text
    assert "more referrers" not in text
    assert "  └─ 7 more referrers, too many to be read" in inspect_lines(replace(result, unread=7))
    assert inspect_record(result)["annotations"] == {"k": EVIL}


def test_error_record_and_lines_have_three_parts():
    error = CheckError("what", why="why\n::error::x", hint="hint")
    assert error_record("publish", error)["error"] == {
        "what": "what",
        "why": "why\n::error::x",
        "hint": "hint",
        "exit_code": 1,
    }
    lines = error_lines(error)
    assert lines[0] == "gitless: what"
    assert not any(line.strip(" ").startswith("::") for line in lines)


def test_summary_shows_old_and_new_and_commands():
    flags = VerifyFlags.of_key("cosign.pub")
    text = publish_summary(PublishResult((component(previous=f"sha256:{'b' * 64}"),), flags=flags))
    assert "`bbbbbbbbbbbb` → `aaaaaaaaaaaa`" in text
    assert "+1 ~1 −0" in text
    assert f"cosign verify --key cosign.pub --insecure-ignore-tlog=true ghcr.io/acme/apps/web@{DIGEST}" in text
    assert "flux pull artifact oci://ghcr.io/acme/apps/web@" in text


def test_summary_of_a_job_names_its_identity_and_its_instance():
    pattern = IdentityPattern("https://gitlab.com", "https://gitlab.com/acme/apps//.gitlab-ci.yml@refs/heads/main")
    flags = VerifyFlags.of_certificates(pattern, "sigstore/trusted_root.json")
    text = publish_summary(PublishResult((component(),), flags=flags, notices=("old <b>root</b>",)))
    expected = f"--certificate-identity {pattern.subject} --certificate-oidc-issuer https://gitlab.com"
    for tool in ("gitless verify", "cosign verify"):
        assert f"{tool} {expected} --trusted-root sigstore/trusted_root.json ghcr.io/acme/apps/web@{DIGEST}" in text
    assert f"- {cell('old <b>root</b>')}" in text
    assert publish_lines(PublishResult((), notices=("old",))) == ["note: old"]
    assert publish_record(PublishResult((), notices=("old",)))["notices"] == ["old"]


def test_commands_for_a_pattern_are_quoted_for_a_shell():
    pattern = IdentityPattern("https://gitlab.com", "https://gitlab.com/acme/apps//.gitlab-ci.yml@refs/tags/*")
    text = publish_summary(PublishResult((component(),), flags=VerifyFlags.of_certificates(pattern, "")))
    assert f"cosign verify --certificate-identity-regexp '{pattern.subject_regex}' --certificate-oidc" in text
    assert f"gitless verify --config gitless.yaml ghcr.io/acme/apps/web@{DIGEST}" in text


def test_summary_of_a_dry_run_counts_what_would_be_published():
    text = publish_summary(PublishResult((component(pushed=False),), dry_run=True))
    assert "1 would be published, 0 unchanged" in text
    assert "cosign verify" not in text
    assert "| changed |" in text


@pytest.mark.parametrize(
    ("changes", "outcome", "status", "row"),
    [
        ({}, "published", "✅ 1 published, 0 unchanged", "| web | published | new → `aaaaaaaaaaaa` |"),
        (
            {"tags": ("latest-x",), "previous": f"sha256:{'b' * 64}"},
            "pushed",
            "✅ 0 published, 1 pushed, channel not moved, 0 unchanged",
            "| web | pushed, channel not moved | `bbbbbbbbbbbb` stays |",
        ),
        ({"changed": False, "tags": ()}, "healed", "0 published, 1 channel healed, 0 unchanged", "| channel healed |"),
        ({"changed": False, "pushed": False}, "unchanged", "✅ 0 published, 1 unchanged", "| unchanged |"),
        ({"error": RemoteError("down")}, "failed", "❌ 1 of 1 component(s) failed, 0 published", "| ❌ down |"),
    ],
)
def test_published_is_said_only_where_the_channel_names_the_digest(changes, outcome, status, row):
    item = component(**changes)
    assert item.outcome == outcome
    text = publish_summary(PublishResult((item,)))
    assert text.startswith(f"## {status}" if status[0] in "✅❌" else f"## ✅ {status}")
    assert row in text
    assert publish_lines(PublishResult((item,)))[0].startswith(outcome)


def test_summary_of_a_layout_offers_only_what_works_there():
    text = publish_summary(PublishResult((component(repository="oci-layout:out/web"),)))
    assert "cosign" not in text.replace("cosign.pub", "")


def test_summary_that_is_too_long_leaves_out_whole_parts_and_counts_them():
    many = tuple(component(name=f"c{number}", images=tuple(f"i{n}" for n in range(40))) for number in range(50))
    text = publish_summary(PublishResult(many), max_bytes=20_000)
    assert len(text.encode()) <= 20_000
    assert "component(s) are left out" in text
    assert "and 10 more image(s)" in text


def test_many_changed_files_are_counted():
    changes = Difference(added=tuple(f"f{n}" for n in range(30)))
    assert "and 10 more file(s)" in publish_summary(PublishResult((component(changes=changes),)))
    assert "–" in publish_summary(PublishResult((component(changes=None),)))


def test_foreign_text_in_a_summary_is_text():
    evil = component(name="web", notes=(EVIL,), images=(EVIL,), tags=(EVIL,), changes=Difference((EVIL,)))
    text = publish_summary(PublishResult((evil,)))
    unfenced = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)
    assert "<img" not in unfenced.replace("\\<img", "")
    assert "@everyone" not in unfenced
    assert "\u202e" not in text
    assert "\n::set-output" not in text


@pytest.mark.parametrize("function", [cell, one_line, code])
@given(text=st.text())
def test_one_line_stays_one_line(function, text):
    assert len(function(text).splitlines()) <= 1


@given(st.text(alphabet=":#[ a\t\n\u2003"))
def test_log_lines_never_hold_a_workflow_command(text):
    """The runner obeys `::` behind white space only, and its older `##[` anywhere (runner, ActionCommand.cs)."""
    for line in log_line(text).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@given(st.text(alphabet="`a\n"))
def test_fences_and_code_cannot_be_closed_from_inside(text):
    ticks = fence(text).split("\n")[0]
    assert ticks not in plain(text)
    assert not code(text) or code(text).count("`") >= 2


def test_plain_shows_control_characters_and_limits():
    assert plain("a\x1b[31m\u202eb") == "a\\u001b[31m\\u202eb"
    assert plain("x" * 50, 10) == "x" * 9 + "…"


def test_a_reference_that_could_not_be_judged_says_why_and_spoils_no_other():
    failed = VerifyResult("ghcr.io/acme/apps/x:latest", "", "strict", (), error=RemoteError("The registry is down."))
    assert verify_lines(failed)[0] == "NOT verified: ghcr.io/acme/apps/x:latest (strict)"
    assert "The registry is down." in "\n".join(verify_lines(failed))
    record = verify_record((failed,))
    assert record["ok"] is False
    assert record["error"]["what"] == "The registry is down."


def test_a_dry_run_is_told_in_the_record():
    assert publish_record(PublishResult((component(),), dry_run=True))["dry_run"] is True


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (EvidenceResult("t", DIGEST, standing="foreign", check="bundle.7-identity", reason="Not ours."), "Not ours."),
        (EvidenceResult("t", DIGEST, standing="invalid"), "invalid"),
        (EvidenceResult("t", DIGEST, identity="acme", signed_at="2026-11-20T10:00:00Z"), "by acme at 2026-11-20"),
        (EvidenceResult("t", DIGEST, identity="acme"), "by acme"),
    ],
)
def test_evidence_says_who_or_why_not(item, expected):
    result = VerifyResult("r", DIGEST, "strict", (Check("strict.1", True, "x"),), evidence=(item,))
    assert expected in verify_lines(result)[-1]
