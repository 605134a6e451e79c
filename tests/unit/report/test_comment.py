"""The comment's text: its mark, its limit, what is left open by a cut, and content that wants to be more than text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gitless.report.comment import GITHUB_LIMIT, compose, has_mark, is_same, mark
from gitless.report.foreign import cell, code, fence

RUN = "https://github.com/acme/apps/actions/runs/9000000001/attempts/1"
MARK = "<!-- gitless-report v1 publish stable -->"

WORDS = st.sampled_from(["text", "ärger 🚢", "`</details>` in code", r"\<details\> escaped", "🚀" * 40, "a | b", ""])
LINES = st.lists(WORDS.map(str.strip), max_size=6)
TICKS = st.sampled_from(["```", "````", "~~~", "`````"])


def fenced(ticks: str, lines: list[str]) -> list[str]:
    return [f"{ticks}yaml", *lines, "~~~ no end" if ticks[0] == "`" else "``` no end", ticks]


BLOCKS = st.recursive(
    st.one_of(
        LINES,
        st.builds(fenced, TICKS, LINES),
        st.builds(lambda lines: ["", "| a | b |", "|---|---|", *(f"| {line} | b |" for line in lines)], LINES),
        st.just(["", "### Heading", ""]),
    ),
    lambda inner: st.builds(
        lambda parts: [
            "",
            "<details><summary>More</summary>",
            "",
            *(line for part in parts for line in part),
            "",
            "</details>",
            "",
        ],
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)
REPORTS = st.lists(BLOCKS, max_size=12).map(lambda blocks: "\n".join(line for block in blocks for line in block))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_the_mark_is_one_line_for_each_verb_and_key() -> None:
    assert mark("publish", "stable") == MARK
    assert mark("promote", "stable") != MARK
    assert mark("publish", "") == "<!-- gitless-report v1 publish  -->"
    assert (
        mark("publish", "eu/prod --> <b>\n") == "<!-- gitless-report v1 publish eu%2Fprod%20%2D%2D%3E%20%3Cb%3E%0A -->"
    )


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_mark_is_a_whole_html_comment_and_its_key_s_alone(one: str, other: str) -> None:
    text = mark("publish", one)
    assert text.count("--") == 2
    assert text.count(">") == 1
    assert text.isprintable()
    assert text.isascii()
    assert (text == mark("publish", other)) == (one == other)
    assert len(text) < 200


@pytest.mark.parametrize(
    "body",
    [
        f"x\n{MARK}",
        f" {MARK}",
        f"\n{MARK}",
        f"{MARK} x",
        f"> {MARK}\ntext",
        MARK.replace("stable", "prod"),
        "\ufeff" + MARK,
        "",
    ],
)
def test_a_mark_counts_as_the_whole_first_line_only(body: str) -> None:
    assert not has_mark(body, MARK)


def test_a_mark_is_found_however_the_platform_ends_lines() -> None:
    assert has_mark(MARK, MARK)
    assert has_mark(f"{MARK}\r\ntext", MARK)
    assert is_same(f"{MARK}\r\ntext\r\n", f"{MARK}\ntext")
    assert not is_same(f"{MARK}\ntext", f"{MARK}\nTEXT")


def test_a_report_that_fits_stands_whole_below_its_mark() -> None:
    assert compose(MARK, "## Published\n\ntext\n", GITHUB_LIMIT, RUN) == f"{MARK}\n## Published\n\ntext"


def test_a_report_that_is_too_long_is_cut_with_a_link() -> None:
    rows = [f"| component-{number} | published |" for number in range(3000)]
    body = compose(MARK, "\n".join(["| a | b |", "|---|---|", *rows]), GITHUB_LIMIT, RUN)
    lines = body.split("\n")
    kept = len(lines) - 3
    assert 1800 < kept < 3002
    assert lines[3] == rows[0]
    assert lines[kept] == rows[kept - 3]
    assert lines[-1] == (
        f"_{3002 - kept:,} of 3,002 lines are left out: a comment holds at most 65,536 characters. "
        f"The whole report is with [this run]({RUN})._"
    )


def test_a_cut_is_made_before_a_heading_where_one_is_near() -> None:
    sections = [f"### component-{number}\n\n" + "- note\n" * 500 for number in range(30)]
    body = compose(MARK, "\n".join(sections), GITHUB_LIMIT, RUN)
    kept = body[: body.rindex("\n\n_")]
    assert kept == f"{MARK}\n" + "\n".join(sections[: kept.count("###")]).rstrip()


def test_a_cut_closes_what_is_open() -> None:
    report = "<details><summary>Diff</summary>\n\n````diff\n" + "+ line\n" * 20_000 + "````\n\n</details>\n"
    body = compose(MARK, report, GITHUB_LIMIT, RUN)
    assert "+ line\n````\n\n</details>\n\n_" in body
    assert body.count("````") == 2


def test_a_fence_and_details_in_a_code_span_or_another_fence_are_text() -> None:
    head = f"{code('</details>')} {cell('<details>')}\n\n{fence('</details>')}\n\n"
    report = "<details><summary>x</summary>\n\n" + head + "- line\n" * 20_000
    body = compose(MARK, report, GITHUB_LIMIT, RUN)
    assert body.split("\n\n_")[0].endswith("- line\n\n</details>")


def test_a_line_that_is_too_long_on_its_own_is_left_out() -> None:
    body = compose(MARK, "head\n" + "x" * 70_000, GITHUB_LIMIT, RUN)
    assert body.startswith(f"{MARK}\nhead\n\n_1 of 2 lines are left out: ")
    assert compose(MARK, "x" * 70_000, GITHUB_LIMIT, RUN).startswith(f"{MARK}\n\n\n_1 of 1 lines are left out: ")


def test_a_link_cannot_leave_its_place() -> None:
    body = compose(MARK, "x" * 70_000, GITHUB_LIMIT, "https://ci.example/a) @everyone <b>\n# x")
    assert body.endswith("(https://ci.example/a%29%20@everyone%20%3Cb%3E%0A#%20x)._")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("<!-- gitless-report v1 publish stable -->", "<\u200b!-- gitless-report v1 publish stable -->"),
        ("a <!--\nb", "a <\u200b!--\nb"),
        ("/approve", "\u200b/approve"),
        ("```\n/merge\n```", "```\n\u200b/merge\n```"),
        ("x\r/close", "x\n\u200b/close"),
        ("  /label ~prod", "  \u200b/label ~prod"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a?b"),
        ("etc/passwd // x", "etc/passwd // x"),
    ],
)
def test_nothing_in_a_report_is_a_comment_or_a_command(hostile: str, shown: str) -> None:
    assert compose(MARK, hostile, GITHUB_LIMIT, RUN) == f"{MARK}\n{shown}"


@given(st.text(), st.integers(1200, 3000))
def test_whatever_is_given_stays_within_the_limit_and_below_the_mark(text: str, limit: int) -> None:
    body = compose(MARK, text * 20, limit, RUN)
    assert units(body) <= limit
    assert has_mark(body, MARK)
    assert body.count("<!--") == 1
    body.encode()


@settings(max_examples=300)
@given(REPORTS, st.integers(1100, 1600))
def test_a_cut_leaves_nothing_open(report: str, limit: int) -> None:
    body = compose(MARK, "\n\n".join([report] * 3), limit, RUN)
    assert units(body) <= limit - 512, "some room is left for what a platform adds"
    if "are left out: a comment holds" not in body:
        return
    tokens = MarkdownIt("commonmark").parse(body)
    html = "".join(token.content for token in tokens if token.type == "html_block")
    assert html.count("<details>") == html.count("</details>")
    last = [token for token in tokens if token.type == "inline"][-1]
    assert last.level == 1, "it is a paragraph, in no list and no code"
    assert last.content.startswith("_")
    assert last.content.endswith(f"[this run]({RUN})._")
