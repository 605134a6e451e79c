"""The page of `gitless history --html` in a real browser: no script, nothing fetched, contrast, narrow screens."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.promotion_store import PromotionStore
from tests.fakes.promotion_world import World
from tests.fakes.promotions import ALICE, BOB, FULL, HOUR, NOON
from tests.fakes.signed import trusted

from gitless.flows.history import ChannelPlace, tell
from gitless.model.approval import Person
from gitless.model.chronicle import Chronicle
from gitless.model.gate import GateResult
from gitless.model.promotion import Approver, RunFact
from gitless.model.results import VerifyFlags
from gitless.registry.memory import MemoryRepository
from gitless.report.chronicle_page import chronicle_page

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser: run `make faces`, or apt-get install chromium")
HOSTILE = '<img src="/stolen"><script src="/stolen"></script><style>@import "/stolen"</style> ‮ {{ 7 * 7 }} </svg>'
HARNESS = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe id="page" src="page.html" sandbox="allow-same-origin" style="border:0;width:%dpx;height:4000px"></iframe>
<script>%s</script>"""
PROBE = (Path(__file__).parent / "page_probe.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chronicle() -> Chronicle:
    world = World()
    for number in range(60):
        world.promote(
            number * 3 + 1,
            finishes=number % 7 != 3,
            committed=NOON + number * HOUR,
            requesters=(ALICE, Person("github.com", "666", HOSTILE)),
            approvers=(*FULL.approvers, Approver(BOB, "review", NOON, 'javascript:alert("x")')),
            gates=(*FULL.gates[:2], GateResult("checks", "passed", HOSTILE)),
            reason=f"release {number} {HOSTILE}",
            run=RunFact(f"https://example.test/{HOSTILE}"),
            revision=f"main@sha1:{'c' * 40}",
            sbom=FULL.sbom,
        )
    world.rollback(3, withdraws=True)
    world.emergency(7)
    world.race(finishes=True)
    world.forge(1, listed=True)
    world.delete(30)
    world.move_tag(0)
    store = PromotionStore(MemoryRepository())
    store.put(world)
    place = ChannelPlace("stable", store.repository, "ghcr.io/acme/apps/a-rather-long-name-of-a-component")
    now = NOON + 100 * HOUR
    flags = VerifyFlags.of_key("promote.pub")
    return tell("web", [place, place], [trusted(store.promoter)], now, flags=flags)


@dataclass
class Site:
    """A folder on loopback, and every path that was asked for."""

    folder: Path
    address: str
    asked: list[str]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(tmp_path, f"http://127.0.0.1:{server.server_address[1]}", asked)
        server.shutdown()


def look(site: Site, page: str, width: int) -> dict[str, Any]:
    """What a browser makes of a page in a frame of some width, in which no script may run."""
    (site.folder / "page.html").write_text(page, encoding="utf-8")
    (site.folder / "look.html").write_text(HARNESS % (width, PROBE), encoding="utf-8")
    assert BROWSER
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=1400,1000",
         f"--user-data-dir={site.folder / 'profile'}", "--virtual-time-budget=8000", "--dump-dom",
         f"{site.address}/look.html"],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:]
    return json.loads(html.unescape(found[1]))


def test_the_page_needs_no_script_and_fetches_nothing(site: Site, chronicle: Chronicle) -> None:
    page = chronicle_page(chronicle)
    # without its own protection too: then only escaping stands between the records and the browser
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert bare != page
    seen = look(site, bare, 1200)
    assert (seen["scripts"], seen["handlers"], seen["resources"]) == (0, [], [])
    assert set(site.asked) <= {"/look.html", "/page.html", "/favicon.ico"}
    assert seen["images"] == 0
    assert all(link.startswith(("#", "https://github.com/")) for link in seen["links"]), seen["links"]
    assert "{{ 7 * 7 }}" in seen["text"]
    assert "‮" not in seen["text"]


def test_everything_is_there_to_read(site: Site, chronicle: Chronicle) -> None:
    seen = look(site, chronicle_page(chronicle), 1200)
    channel = chronicle.channels[0]
    for link in channel.shown:
        for wanted in (str(link.manifest), str(link.record.digest), f"Record {link.record.sequence}:"):
            assert wanted in seen["text"]
    for fault in channel.history.faults:
        assert str(fault.manifest) in seen["text"]
    assert seen["text"].count("cosign verify-attestation") == 2 * len(channel.shown)
    assert seen["marks"] == 2 * len(channel.shown)
    assert seen["broken_anchors"] == []


@pytest.mark.parametrize("width", [1200, 360])
def test_contrast_and_structure(site: Site, chronicle: Chronicle, width: int) -> None:
    seen = look(site, chronicle_page(chronicle), width)
    assert seen["lang"] == "en"
    assert seen["headings"][0] == 1
    assert seen["headings"].count(1) == 1
    assert all(after - before <= 1 for before, after in zip(seen["headings"], seen["headings"][1:], strict=False))
    assert seen["texts"] > 500
    # WCAG 2.2, 1.4.3: text 4.5 to 1; 1.4.11: what carries meaning 3 to 1
    assert seen["pale"] == []
    assert seen["pale_marks"] == []
    assert seen["smallest"] >= 12
    assert seen["unlabelled"] == []


def test_a_narrow_screen_shows_all_of_a_long_table(site: Site, chronicle: Chronicle) -> None:
    seen = look(site, chronicle_page(chronicle), 360)
    assert seen["page_width"] <= 360, "nothing has to be scrolled sideways"
    assert seen["outside"] == []
    assert seen["cells"] == 2 * 10 * len(chronicle.channels[0].shown)
    assert seen["cells_without_label"] == 0


def test_the_probe_sees_faults(site: Site) -> None:
    """The checks above can fail."""
    page = """<html lang="xx"><h1 onclick="x()">a</h1><h3 style="color:#999">pale</h3><script>1</script>
    <div style="width:900px">wide</div><a href="#nowhere">x</a><img src="/stolen"><table><tr><td>x</td></tr></table>
    <p style="font-size:9px">small</p><svg role="img"><g><circle cx="9" cy="9" r="7" fill="#eeeeee"/></g></svg>"""
    seen = look(site, page, 360)
    assert seen["scripts"] == 1
    assert seen["handlers"] == ["H1"]
    assert [item["text"] for item in seen["pale"]] == ["pale"]
    assert seen["page_width"] > 360
    assert seen["outside"] != []
    assert seen["broken_anchors"] == ["#nowhere"]
    assert seen["resources"] != []
    assert "/stolen" in site.asked
    assert seen["cells_without_label"] == 1
    assert seen["smallest"] == 9
    assert len(seen["pale_marks"]) == 1
    assert seen["unlabelled"] == ["svg"]
