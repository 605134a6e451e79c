"""Doctor's report, whole: for a terminal, for a job's summary, as JSON; and foreign text in it stays text."""

from __future__ import annotations

from gitless.model.checkup import Checkup, Row, Seen
from gitless.report.checkup import checkup_lines, checkup_record, checkup_summary

PLACE = "ghcr.io/acme/apps/web"
CHECKUP = Checkup(
    (
        Row("job", Seen("ok", "GitHub Actions: push on refs/heads/main of acme/apps")),
        Row("helm", Seen("skipped", "It is not installed, and no component is rendered with it.")),
        Row(
            "registry-write",
            Seen(
                "no",
                f"Cannot start an upload to {PLACE}.\nhttps://ghcr.io:443 answered 403.",
                "Give the job this permission:\n  permissions:\n    packages: write",
            ),
            PLACE,
        ),
        Row("referrers", Seen("note", "There is no referrers API."), PLACE),
    )
)
TERMINAL = """\
ok    job             GitHub Actions: push on refs/heads/main of acme/apps
–     helm            It is not installed, and no component is rendered with it.
NO    registry-write  ghcr.io/acme/apps/web: Cannot start an upload to ghcr.io/acme/apps/web.
                      https://ghcr.io:443 answered 403.
                      fix: Give the job this permission:
                             permissions:
                               packages: write
note  referrers       ghcr.io/acme/apps/web: There is no referrers API.
1 of 4 say no."""
SUMMARY = """\
## ❌ 1 of 4 say no.

| What | State | Seen |
|---|---|---|
| `job` | ✅ ok | GitHub Actions: push on refs/heads/main of acme/apps |
| `helm` | – skipped | It is not installed, and no component is rendered with it. |
| `registry-write` | ❌ **no** | ghcr.io/acme/apps/web: Cannot start an upload to ghcr.io/acme/apps/web. https:\u200b//ghcr.io:443 answered 403. |
| `referrers` | ⚠️ note | ghcr.io/acme/apps/web: There is no referrers API. |

**registry-write of ghcr.io/acme/apps/web**
```
Give the job this permission:
  permissions:
    packages: write
```
"""
HOSTILE = "x\x1b[2J\n::set-output name=digest::1\n  ##[error]no ##[stop-commands]x\n| a | <img src=x> @everyone [l](https://e.example) ```\n"


def test_the_terminal_table() -> None:
    assert "\n".join(checkup_lines(CHECKUP)) == TERMINAL


def test_the_summary() -> None:
    assert checkup_summary(CHECKUP) == SUMMARY


def test_the_record() -> None:
    record = checkup_record(CHECKUP)
    assert {key: record[key] for key in ("verb", "ok", "quick")} == {"verb": "doctor", "ok": False, "quick": False}
    assert record["rows"][2] == {
        "name": "registry-write",
        "about": PLACE,
        "state": "no",
        "seen": f"Cannot start an upload to {PLACE}.\nhttps://ghcr.io:443 answered 403.",
        "fix": "Give the job this permission:\n  permissions:\n    packages: write",
    }
    assert record["rows"][0] == {
        "name": "job",
        "about": "",
        "state": "ok",
        "seen": CHECKUP.rows[0].seen.text,
        "fix": "",
    }


def test_all_is_there() -> None:
    fine = Checkup((Row("job", Seen("ok", "fine")),))
    assert checkup_lines(fine) == ["ok    job  fine", "Everything that is needed is there."]
    assert checkup_summary(fine).startswith("## ✅ Everything that is needed is there.\n")


def test_a_quick_look_says_what_it_left_out() -> None:
    fine = Checkup((Row("job", Seen("ok", "fine")),), quick=True)
    assert checkup_lines(fine)[-1] == "Everything that could be looked at is there; nothing was asked over the network."


def test_foreign_text_commands_nothing() -> None:
    checkup = Checkup((Row("registry", Seen("no", HOSTILE, HOSTILE), HOSTILE),))
    lines = checkup_lines(checkup)
    assert all("\x1b" not in line and not line.lstrip().startswith("::") for line in lines)
    assert all("\n" not in line and "##[" not in line for line in lines)
    summary = checkup_summary(checkup)
    assert "\x1b" not in summary
    table = summary.partition("\n**")[0]
    assert table.count("\n") == 5  # heading, blank, two of the head, one row and the blank below it
    bare = table.replace("\\<", "").replace("\\[", "")
    assert not any(sign in bare for sign in ("<img", "@everyone", "](https"))
    # the fence is longer than any run of backticks inside
    assert summary.count("````") == 2
