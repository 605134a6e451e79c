"""Count what a promotion and a rollback send, and how many of their requests wait for one another.

Counted apart are requests that read evidence: the new artifact and the one before it, what refers to them, records and
their journal. Any verifier sends those. So is the fallback index, which only registries without a referrers API need.
Prints a table with the bar of every figure and ends with code 1 when one is missed.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Row, Run, table
from benchmarks.publish import Site, site_for
from tests.fakes.protected_repo import CHANNELS, ProtectedRepo
from tests.fakes.workshop import config_map
from tools.peers import registries

PLAIN = "  stable: {from: latest}\n"
PROMOTE_BAR = 16.0
RERUN_BAR = 6.0
STEPS_BAR = 28.0
AUDITED = 50
AUDIT_BAR = 0.2
RTT = 0.050
_EVIDENCE = re.compile(
    r"GET .*(/referrers/|/manifests/sha256|/blobs/|/manifests/gitless-|/manifests/latest|/manifests/stable)"
    r"|PUT .*/manifests/sha256-"
)


class Shop:
    """One component in a repository of its own, published and promoted through the proxy.

    Args:
        site: The registry, the proxy before it, and the command line.
        channels: The channels that promotions move.
    """

    def __init__(self, site: Site, channels: str) -> None:
        name = site.number()
        folder = site.home / name
        folder.mkdir()
        self._site, self._releases = site, "releases" in channels
        self._repo = ProtectedRepo(folder, f"{site.proxy.host}/{name}", channels)
        self._number = 0

    def publish(self) -> None:
        """Publish new content."""
        self._number += 1
        self._repo.write("web/cm.yaml", config_map(str(self._number)))
        self._repo.push()
        self._run("publish", "web", "--signing-key", self._repo.keys["publish"])

    def promote(self) -> Run:
        """Promote what was published last."""
        release = ("--release", f"v1.{self._number}.0") if self._releases else ()
        return self._run("promote", "web", "--to", "stable", *release, "--signing-key", self._repo.keys["promote"])

    def rollback(self) -> Run:
        """Go back to what was promoted before that."""
        words = ("rollback", "web", "--channel", "stable", "--to", "previous", "--reason", "it fails")
        return self._run(*words, "--signing-key", self._repo.keys["promote"])

    def _run(self, *words: str | Path) -> Run:
        return self._site.gitless(self._repo.clone, *words)


def beyond_evidence(site: Site) -> float:
    """Requests since the last reset that read no evidence."""
    return sum(not _EVIDENCE.match(line) for _, _, line in site.proxy.count().seen)


def counts(site: Site) -> Iterator[Row]:
    """Requests of promotions, reruns and rollbacks."""
    for channels, word in ((PLAIN, "without a release"), (CHANNELS, "with a release")):
        shop = Shop(site, channels)
        shop.publish()
        shop.promote()
        shop.publish()
        for what, verb, bar in (
            ("promote", shop.promote, PROMOTE_BAR),
            ("promote again", shop.promote, RERUN_BAR),
            ("rollback", shop.rollback, PROMOTE_BAR),
        ):
            site.proxy.reset(0.0)
            verb()
            detail = f"of {site.proxy.count().requests} in all"
            yield Row(f"{what} {word}, requests beyond evidence", beyond_evidence(site), bar, "", detail)


def steps(site: Site, times: int) -> Iterator[Row]:
    """How many round trips a promotion waits for, from its wall time at 50 ms and at 0 ms."""
    seconds: dict[float, float] = {}
    for rtt in (0.0, RTT):
        site.proxy.reset(0.0)
        shop = Shop(site, CHANNELS)
        measured = []
        for _ in range(times):
            site.proxy.reset(0.0)
            shop.publish()
            site.proxy.reset(rtt)
            measured.append(shop.promote().seconds)
        seconds[rtt] = statistics.median(measured)
    detail = f"{seconds[RTT]:.2f} s at 50 ms, {seconds[0.0]:.2f} s at 0 ms"
    yield Row("promote with a release, longest chain", (seconds[RTT] - seconds[0.0]) / RTT, STEPS_BAR, "", detail)


def audit(site: Site, verifications: int) -> Iterator[Row]:
    """Wall time of auditing fifty promoted components, against three `cosign verify` runs for each of them.

    cosign is measured with the key of the promotions, over as many runs as asked for, and scaled.
    """
    site.proxy.reset(0.0)
    name = site.number()
    folder = site.home / name
    folder.mkdir()
    repo = ProtectedRepo(folder, f"{site.proxy.host}/{name}", PLAIN)
    names = [f"c{number}" for number in range(AUDITED)]
    for component in names:
        repo.write(f"components/{component}/cm.yaml", config_map(component))
    rules = repo.rules(PLAIN).replace(b"  - path: web\n  - path: db\n", b'  - path: "components/*"\n')
    repo.write("gitless.yaml", rules)
    repo.push()
    site.gitless(repo.clone, "publish", "--signing-key", repo.keys["publish"])
    site.gitless(repo.clone, "promote", *names, "--to", "stable", "--signing-key", repo.keys["promote"])
    ours = statistics.median(site.gitless(repo.clone, "audit").seconds for _ in range(3))
    public = repo.clone / "keys" / "promote.pub"
    flags = ("--key", public, "--insecure-ignore-tlog=true")
    begun = time.perf_counter()
    for component in names[:verifications]:
        site.tools.run("cosign", "verify", *flags, f"{site.proxy.host}/{name}/{component}:stable")
    theirs = (time.perf_counter() - begun) / verifications * 3 * AUDITED
    detail = f"{ours:.2f} s against {theirs:.1f} s ({verifications} of {3 * AUDITED} measured)"
    yield Row(f"audit of {AUDITED} components, ratio", ours / theirs, AUDIT_BAR, "", detail)


def trace(site: Site) -> None:
    """Print the requests of one promotion."""
    shop = Shop(site, CHANNELS)
    shop.publish()
    shop.promote()
    shop.publish()
    site.proxy.reset(0.2)
    shop.promote()
    seen = site.proxy.count().seen
    for moment, connection, line in seen:
        kind = "evidence" if _EVIDENCE.match(line) else "        "
        print(f"{(moment - seen[0][0]) / 0.2:6.1f}  connection {connection}  {kind}  {line[:100]}")


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", choices=registries.KINDS, default="registry", help="default: distribution 3.1.1")
    parser.add_argument("--times", type=int, default=5, help="repetitions of the wall time")
    parser.add_argument("--only", default="", help="comma-separated: counts, steps, audit")
    parser.add_argument("--trace", action="store_true", help="only print the requests of one promotion")
    options = parser.parse_args()
    chosen = set(filter(None, options.only.split(",")))
    rows: list[Row] = []
    with site_for(options.registry) as site:
        if options.trace:
            trace(site)
            return 0
        for name, measure in (
            ("counts", counts(site)),
            ("steps", steps(site, options.times)),
            ("audit", audit(site, 30)),
        ):
            if not chosen or name in chosen:
                rows += measure
    print(f"\n{options.registry}, {os.cpu_count()} cores\n{table(rows)}")
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
