"""Histories and audits as text, Markdown, JSON and HTML: foreign text stays text, names stay the same."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.promotions import FULL, HOUR, NOON, digest, entry, record

from gitless.model.approval import Person
from gitless.model.audit import AuditedComponent, AuditFinding, AuditResult, Remembered
from gitless.model.chronicle import ChannelChronicle, Chronicle
from gitless.model.gate import GateResult
from gitless.model.promotion import RunFact
from gitless.model.results import VerifyFlags
from gitless.promotion.chain import read_history
from gitless.promotion.dora import measure
from gitless.report.audit import audit_lines, audit_markdown, audit_record
from gitless.report.chronicle import check_commands, chronicle_lines, chronicle_markdown
from gitless.report.chronicle_page import chronicle_page
from gitless.report.chronicle_record import chronicle_record
from gitless.report.record import to_json
from gitless.report.timeline import MARGIN, WIDTH, draw
from gitless.report.words import figure_pairs, gates, minute, people, short, span

EVIL = '<script>alert(1)</script>|`@everyone`\n::set-output name=x::y‮ [l](https://evil.example) " onload="x'
HOME = "ghcr.io/acme/apps/web"


def channel(*records, names=None, since=None, unread=0, **changes) -> ChannelChronicle:
    entries = [entry(item, **changes) for item in records]
    history = read_history("web", "stable", entries, [item.manifest for item in entries], names)
    figures = measure(history, NOON, NOON + 100 * HOUR) if history.completed else None
    return ChannelChronicle(HOME, history, since, figures, unread)


def chronicle(*channels: ChannelChronicle, **changes) -> Chronicle:
    return Chronicle("web", channels, NOON + 100 * HOUR, **changes)


@pytest.fixture
def plain() -> Chronicle:
    first = record(1, "two", release="v1.0.0", committed=NOON)
    second = record(2, "one", observed=digest("two"))
    full = replace(
        FULL, sequence=3, previous=digest("record 2"), observed=digest("one"), digest=digest("two"), withdraws=None
    )
    return chronicle(
        channel(first, second, full, names=digest("two"), signer="https://signer.example/x", signed_at=NOON + 9 * HOUR),
        flags=VerifyFlags.of_key("promote.pub"),
        notices=("trusted root of today",),
        requests=7,
    )


def test_json_has_the_records_in_order(plain: Chronicle) -> None:
    said = json.loads(to_json(chronicle_record(plain)))
    assert (said["verb"], said["ok"], said["component"], said["requests"]) == ("history", True, "web", 7)
    found = said["channels"][0]
    assert set(found) == {
        "channel", "repository", "ok", "tag", "since", "earlier", "unread", "records", "lost", "faults", "withdrawn",
        "releases", "figures",
    }  # fmt: skip
    assert found["tag"] == {
        "state": "head",
        "digest": str(digest("two")),
        "reason": "It names what record 3 moved it to.",
    }
    assert [item["sequence"] for item in found["records"]] == [1, 2, 3]
    one, _, two = found["records"]
    assert set(one) == set(two)
    assert one["lead_seconds"] == 9 * 3600
    assert (one["vouched"], one["signer"], one["time"]) == (True, "https://signer.example/x", "2026-11-20T21:00:00Z")
    assert two["approvers"][1] == {
        "platform": "github.com",
        "id": "103",
        "login": "carol",
        "kind": "review",
        "at": "2026-11-20T12:00:00Z",
        "change": "https://github.com/acme/apps/pull/7",
    }
    assert [item["verdict"] for item in two["gates"]] == ["passed", "passed", "waived", "skipped"]
    assert found["figures"]["promotions"] == 2
    assert found["figures"]["claimed_times"] is False


def test_json_says_what_is_not_known() -> None:
    bare = chronicle_record(chronicle(channel(record(1, "one"))))["channels"][0]
    assert bare["figures"] is None
    assert bare["tag"]["digest"] is None
    assert bare["records"][0]["lead_seconds"] is None
    assert bare["records"][0]["vouched"] is False
    assert bare["records"][0]["committed"] is None


MOVED = f"{digest('one').short} → {digest('two').short}"


def test_lines_for_a_terminal(plain: Chronicle) -> None:
    assert chronicle_lines(plain) == [
        "ok web stable  ghcr.io/acme/apps/web",
        "  ok  tag head: It names what record 3 moved it to.",
        f"  #1 2026-11-20 21:00 UTC promoted v1.0.0  – → {digest('two').short}  completed",
        "      by –, approved by –, signed by https://signer.example/x",
        "      gates: 2 passed; lead time 9 h 0 min",
        f"  #2 2026-11-20 21:00 UTC promoted  {digest('two').short} → {digest('one').short}  completed",
        "      by –, approved by –, signed by https://signer.example/x",
        "      gates: 2 passed; lead time –",
        f"  #3 2026-11-20 21:00 UTC rolled back in an emergency v1.2.3  {MOVED}  completed",
        "      by alice, approved by bob, carol, signed by https://signer.example/x",
        "      gates: 2 passed, soak waived, checks skipped; lead time 10 h 0 min",
        "      reason: OPS-7 errors after v1.2.4 <script>&",
        "  Deployment frequency: 2 promotion(s), 0.48 a day",
        "  Lead time for changes: 9 h 0 min (median)",
        "  Change failure rate: 50% (1 of 2)",
        "  Time to restore: 0 s (median)",
        "note: trusted root of today",
    ]


def broken() -> Chronicle:
    later = record(4, "four", previous=digest("record 3"))
    twins = [record(5, name, previous=digest("record 4"), observed=digest("four")) for name in ("five", "twin")]
    entries = [entry(record(1, "one")), entry(later), entry(twins[0], "a"), entry(twins[1], "b")]
    history = read_history("web", "stable", entries, [item.manifest for item in entries], digest("x"))
    assert history.lost
    return chronicle(ChannelChronicle(HOME, history, None, None, 3))


def test_everything_that_does_not_fit_is_said() -> None:
    text = "\n".join(chronicle_lines(broken()))
    for words in ("NOT whole: web stable", "NO  tag foreign", "missing", "lost record 5", "fork", "3 referrers"):
        assert words in text
    assert "the record before the next one is missing" in text
    markdown = chronicle_markdown(broken())
    for words in ("❌", "`foreign`", "`missing`", "`fork`", "3 referrers", "(after a gap)", "(claimed)"):
        assert words in markdown
    page = chronicle_page(broken())
    for words in ("Not whole:", "after a gap", "lost</span> record 5", "unread</span> 3 referrers", "fork"):
        assert words in page


def test_a_period_shows_its_records_and_counts_the_others() -> None:
    told = chronicle(channel(record(1, "one"), record(2, "two", observed=digest("one")), since=NOON + 2 * HOUR))
    assert [link.record.sequence for link in told.channels[0].shown] == [2]
    assert "  … 1 earlier record(s)" in chronicle_lines(told)
    assert "1 earlier record(s) are not shown" in chronicle_markdown(told)
    assert "1 earlier one(s) are not shown" in chronicle_page(told)
    assert chronicle_record(told)["channels"][0]["earlier"] == 1
    nothing = chronicle(channel(record(1, "one"), since=NOON + 50 * HOUR))
    assert "There are no records in this period; 1 are older." in chronicle_page(nothing)
    assert "There are no records." in chronicle_page(chronicle(channel()))


def evil() -> Chronicle:
    made = record(
        1,
        "one",
        reason=EVIL,
        ticket=EVIL,
        release="",
        requesters=(Person("github.com", "7", EVIL),),
        gates=(GateResult(EVIL, "passed", EVIL),),
        revision=EVIL,
        run=RunFact(EVIL),
    )
    item = replace(entry(record(1, "one")), record=made, signer=EVIL)
    history = read_history("web", "stable", [item], [item.manifest], digest("one"))
    told = ChannelChronicle(EVIL.replace("\n", ""), history, None, None)
    return Chronicle(EVIL, (told,), NOON, VerifyFlags.of_key(EVIL), (EVIL,))


class Reader(HTMLParser):
    """Collects tags and what they are told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "line", "circle", "path", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.add(tag)


def test_foreign_text_stays_text_everywhere() -> None:
    told = evil()
    for line in chronicle_lines(told):
        assert not line.lstrip().startswith("::")
        assert "\n" not in line
        assert "‮" not in line
    markdown = chronicle_markdown(told)
    assert "<script>" not in re.sub(r"(`+).*?\1", "", markdown, flags=re.DOTALL)
    assert "‮" not in markdown
    reader = Reader()
    page = chronicle_page(told)
    reader.feed(page)
    assert reader.open == []
    assert not reader.tags & {"script", "img", "iframe", "link", "object", "embed", "form", "base"}
    assert not {name for name in reader.attributes if name.startswith("on")}
    assert "‮" not in page
    assert 'href="https://evil' not in page


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_leaves_the_page_whole(text: str) -> None:
    made = replace(entry(record(1, "one")), record=record(1, "one", reason=text), signer=text)
    history = read_history("web", "stable", [made], [made.manifest], digest("one"))
    reader, clean = Reader(), Reader()
    reader.feed(chronicle_page(Chronicle("web", (ChannelChronicle(HOME, history, None, None),), NOON)))
    clean.feed(chronicle_page(chronicle(channel(record(1, "one"), names=digest("one")))))
    assert reader.tags <= clean.tags
    assert reader.open == []


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("https://github.com/acme/apps/actions/runs/7", True),
        ("http://github.com/", False),
        ("javascript:alert(1)", False),
        ('https://x/"onmouseover="y', False),
        ("https://x/‮", False),
    ],
)
def test_only_plain_https_addresses_become_links(address: str, is_link: bool) -> None:
    made = record(1, "one", run=RunFact(address))
    page = chronicle_page(chronicle(channel(made, names=digest("one"))))
    assert ('rel="noreferrer noopener"' in page) == is_link


def test_the_page_declares_that_nothing_is_fetched(plain: Chronicle) -> None:
    page = chronicle_page(plain)
    assert "default-src 'none'" in page
    assert chronicle_page(plain) == page
    assert "src=" not in page
    assert "url(" not in page


def test_what_a_rollback_withdrew_and_a_shared_key_are_told() -> None:
    records = [
        record(1, "one"),
        record(2, "two", observed=digest("one"), tools={"gitless": "9.9"}, shared_key=True),
        record(3, "one", observed=digest("two"), kind="rollback", reason="x", withdraws=digest("two")),
    ]
    told = chronicle(channel(*records, names=digest("one")))
    words = f"rolled back, withdrew {digest('two').short}"
    assert words in "\n".join(chronicle_lines(told))
    assert words in chronicle_markdown(told)
    page = chronicle_page(told)
    assert words in page
    assert "one key publishes and promotes" in page
    assert "gitless 9.9" in page
    assert chronicle_record(told)["channels"][0]["withdrawn"] == [str(digest("two"))]


def test_commands_to_check_again(plain: Chronicle) -> None:
    told = plain.channels[0]
    link = told.shown[0]
    reference = f"{HOME}@{digest('two')}"
    assert check_commands(told, link, plain.flags) == (
        f"gitless verify --key promote.pub --policy flux {reference}\n"
        "cosign verify-attestation --key promote.pub --insecure-ignore-tlog=true "
        f"--type https://gitless.dev/promotion/v1 {reference}"
    )
    assert check_commands(told, link, None) == ""
    layout = replace(told, repository="oci-layout:out/web")
    configured = VerifyFlags(("--config", "gitless.yaml"), ())
    assert check_commands(layout, link, configured) == (
        f"gitless verify --config gitless.yaml --for promote --policy flux oci-layout:out/web@{digest('two')}"
    )
    assert "<details>" in chronicle_markdown(plain)
    assert "<details>" not in chronicle_markdown(replace(plain, flags=None))


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (None, "–"),
        (timedelta(), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=61), "1 h 1 min"),
        (timedelta(days=3, minutes=7), "3 d 0 h"),
        (timedelta(days=3, hours=5, minutes=7), "3 d 5 h"),
        (timedelta(hours=-2), "−2 h 0 min"),
    ],
)
def test_spans(time: timedelta | None, text: str) -> None:
    assert span(time) == text


def test_words() -> None:
    assert minute(NOON) == "2026-11-20 12:00 UTC"
    assert short(None) == "–"
    assert people(()) == "–"
    assert gates(()) == "0 passed"
    history = channel(record(1, "one")).history
    assert figure_pairs(measure(history, NOON, NOON + HOUR)) == [
        ("Deployment frequency", "0 promotion(s), 0.00 a day"),
        ("Lead time for changes", "– (median)"),
        ("Change failure rate", "– (0 of 0)"),
        ("Time to restore", "– (median)"),
    ]


def test_the_timeline_places_records_in_time() -> None:
    records = [record(number, f"to {number}", release=f"v1.{number}.0") for number in range(1, 60)]
    links = channel(*records).history.links
    line = draw(links, NOON + 60 * HOUR)
    places = [mark.x for mark in line.marks]
    assert places == sorted(places)
    assert places[0] == MARGIN
    assert all(MARGIN <= x <= WIDTH - MARGIN for x in places)
    labelled = [mark.x for mark in line.marks if mark.label]
    assert all(after - before >= 76 for before, after in itertools.pairwise(labelled))
    assert line.ticks[0][1] == "2026-11-20"
    assert draw((), NOON) == draw([], NOON)
    shapes = [record(1, "a"), record(2, "b", kind="rollback", reason="x"), record(3, "c", emergency=True, reason="x")]
    short_line = draw(channel(*shapes).history.links, NOON)
    assert [mark.shape for mark in short_line.marks] == ["promote", "rollback", "emergency"]
    assert short_line.ticks[0][1] == "11-20 13:00"
    long_name = draw(channel(record(1, "a", release="v1.0.0-a-very-long-name")).history.links, NOON)
    assert long_name.marks[0].label == ""


FINDING = AuditFinding(
    "web", "stable", "channel.older", "stable", f"moved {EVIL}", str(digest("new")), str(digest("old"))
)


def result(*findings: AuditFinding) -> AuditResult:
    looked = AuditedComponent("web", HOME, 12, 7, 3, 2)
    heads = {("web", "stable"): Remembered(HOME, 2, digest("record 2"))}
    made = datetime(2026, 11, 21, tzinfo=timezone.utc)
    return AuditResult((looked,), findings, heads, made, ("note this",), 9)


def test_an_audit_without_findings() -> None:
    assert audit_lines(result()) == [
        "note: note this",
        "ok 1 component(s), 7 tags, 3 digests, 2 records, 9 requests",
    ]
    assert audit_markdown(result()).startswith("## ✅ Nothing found\n")
    said = audit_record(result())
    assert said["ok"] is True
    assert said["heads"] == [
        {"component": "web", "channel": "stable", "repository": HOME, "sequence": 2, "record": str(digest("record 2"))}
    ]
    assert said["components"] == [
        {"name": "web", "repository": HOME, "tags": 12, "looked_at": 7, "digests": 3, "records": 2}
    ]


def test_an_audit_with_findings() -> None:
    other = AuditFinding("", "", "identity.expired", "", "No authority.")
    gone = AuditFinding("web", "stable", "channel.absent", "stable", "Gone.", str(digest("new")))
    lines = audit_lines(result(other, FINDING, gone))
    assert lines[0] == "NO identity.expired : No authority."
    assert lines[1].startswith("NO channel.older web stable: moved ")
    assert lines[2] == f"   expected {digest('new')}, found {digest('old')}"
    assert lines[4] == f"   expected {digest('new')}, found nothing"
    assert lines[-1].startswith("NOT in order: 3 finding(s)")
    assert audit_record(result(FINDING))["findings"] == [
        {
            "kind": "channel.older",
            "component": "web",
            "channel": "stable",
            "tag": "stable",
            "expected": str(digest("new")),
            "found": str(digest("old")),
            "record": None,
            "reason": f"moved {EVIL}",
        }
    ]
    markdown = audit_markdown(result(other, FINDING))
    assert "❌ 2 finding(s)" in markdown
    assert "<script>" not in markdown
    assert "| – | – | `identity.expired` | – | – | – | No authority. |" in markdown


def test_a_flood_of_findings_is_counted() -> None:
    many = [AuditFinding("web", "", "tag.unsigned", f"t{number}", "x") for number in range(501)]
    assert "… and 1 more; `--json` has them all." in audit_markdown(result(*many))
