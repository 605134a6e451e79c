"""Measure gitless against the chain of cosign, syft and crane: same registry, same proxy, same run, same key.

Prints a table with the bar of every figure and ends with code 1 when one is missed.
"""

from __future__ import annotations

import argparse
import compileall
import itertools
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import proxy
from benchmarks.chain import Chain
from benchmarks.components import write_component, write_large_tree
from benchmarks.measure import Row, Run, run, table
from tools.peers import registries
from tools.peers.commands import PASSWORD, Tools
from tools.peers.process import free_ports
from tools.peers.publisher import Repository
from tools.peers.recipes import REPOSITORY
from tools.peers.upload import put_artifact

GITLESS = Path(sys.executable).with_name("gitless")
MANY = 50
RTTS = (0.0, 0.020, 0.050)
ONE_BARS = {0.0: 0.6, 0.020: 0.33, 0.050: 0.28}
MANY_BARS = {0.0: 0.1, 0.020: 0.05, 0.050: 0.05}
REQUEST_BARS = {"registry": 30.0, "docker-registry": 30.0, "ggcr-registry": 26.0}


@dataclass
class Site:
    """Everything one run of the benchmark works with."""

    home: Path
    proxy: proxy.Handle
    direct: str
    tools: Tools
    key: Path
    chain: Chain

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def number(self) -> str:
        """A name that was not used before: contents and repositories are always new to the registry."""
        return f"n{next(self._numbers)}"

    def gitless(self, cwd: Path, *arguments: str | Path) -> Run:
        """Run our command line."""
        env = {**os.environ, "HOME": str(self.home), "GITLESS_KEY_PASSWORD": PASSWORD}
        return run((GITLESS, *arguments), cwd, env)

    def publish(self, cwd: Path, *arguments: str | Path) -> Run:
        """`gitless publish` through the proxy."""
        return self.gitless(cwd, "publish", *arguments, "--signing-key", self.key, "--json")


@dataclass
class Published:
    """A small component that was published once."""

    repository: Repository
    flags: tuple[str, ...]
    reference: str
    run: Run


def publish_one(site: Site) -> Published:
    """A new component in a new Git repository, published by one command."""
    name = site.number()
    repository = Repository(site.home / name)
    write_component(repository.path / "app", name, name)
    repository.commit()
    flags = ("--path", "app", "--name", "app", "--registry", f"{site.proxy.host}/{name}")
    measured = site.publish(repository.path, *flags)
    (record,) = json.loads(measured.output)["components"]
    return Published(repository, flags, record["reference"], measured)


def chain_one(site: Site) -> tuple[float, str]:
    """The same for the chain: its seconds, and the reference."""
    name = site.number()
    folder = site.home / name
    write_component(folder, name, name)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    pushed = put_artifact(site.direct, f"{name}/app", "latest", files)
    reference = pushed.replace(site.direct, site.proxy.host)
    return site.chain.publish(reference, folder, "main-00000000"), reference


def publish_many(site: Site) -> Run:
    """Fifty components by one command."""
    name = site.number()
    repository = Repository(site.home / name)
    for number in range(MANY):
        write_component(repository.path / "components" / f"c{number}", f"c{number}", f"{name}-{number}")
    repository.write({"gitless.yaml": "version: 1\ncomponents:\n  - path: components/*\n"})
    repository.commit()
    return site.publish(repository.path, "--registry", f"{site.proxy.host}/{name}")


def one_component(site: Site, times: int) -> Iterator[Row]:
    """Wall time of one component, and the length of its chain of requests."""
    ours: dict[float, float] = {}
    for rtt in RTTS:
        site.proxy.reset(rtt)
        pairs = [(publish_one(site).run.seconds, chain_one(site)[0]) for _ in range(times)]
        ours[rtt], theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        detail = f"{ours[rtt]:.2f} s against {theirs:.2f} s"
        yield Row(f"one component, {rtt * 1000:.0f} ms, ratio", ours[rtt] / theirs, ONE_BARS[rtt], "", detail)
    trips = (ours[0.050] - ours[0.0]) / 0.050
    yield Row("one component, longest chain", trips, 14.0, "", "round trips, from wall time at 50 ms and 0 ms")


def many_components(site: Site, measured: int) -> Iterator[Row]:
    """Wall time of fifty components; the chain is linear, so a part of it is measured and scaled."""
    for rtt in RTTS:
        site.proxy.reset(rtt)
        ours = publish_many(site).seconds
        theirs = sum(chain_one(site)[0] for _ in range(measured)) * MANY / measured
        detail = f"{ours:.2f} s against {theirs:.1f} s ({measured} measured)"
        yield Row(f"{MANY} components, {rtt * 1000:.0f} ms, ratio", ours / theirs, MANY_BARS[rtt], "", detail)


def verification(site: Site, times: int) -> Iterator[Row]:
    """Wall time and requests of verifying one component with its three bundles."""
    site.proxy.reset(0.0)
    ours, theirs = publish_one(site).reference, chain_one(site)[1]
    public = site.key.with_suffix(".pub")
    site.proxy.reset(0.050)
    pairs = [
        (site.gitless(site.home, "verify", ours, "--key", public).seconds, site.chain.verify(theirs))
        for _ in range(times)
    ]
    mine, others = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield Row("verify, 50 ms, ratio", mine / others, 0.25, "", f"{mine:.2f} s against {others:.2f} s")
    site.proxy.reset(0.0)
    site.gitless(site.home, "verify", ours, "--key", public)
    yield Row("verify, requests", site.proxy.count().requests, 9.0)


def requests_sent(site: Site, kind: str) -> Iterator[Row]:
    """Requests of a first publish, and of publishing the same again."""
    site.proxy.reset(0.0)
    published = publish_one(site)
    first = site.proxy.count()
    detail = f"{first.connections} connections"
    yield Row("first publish, requests", first.requests, REQUEST_BARS[kind], "", detail)
    site.proxy.reset(0.0)
    site.publish(published.repository.path, *published.flags)
    again = site.proxy.count()
    yield Row("unchanged publish, requests", again.requests, 10.0, "", f"{again.connections} connections")
    site.proxy.reset(0.0)
    chain_one(site)
    yield Row("for comparison: the chain's requests", site.proxy.count().requests, float("inf"))


def trace(site: Site, rtt: float = 0.2) -> None:
    """Print the requests of a first publish, when each went out in round trips, and on which connection."""
    site.proxy.reset(rtt)
    publish_one(site)
    seen = site.proxy.count().seen
    for moment, connection, line in seen:
        print(f"{(moment - seen[0][0]) / rtt:6.1f}  connection {connection}  {line[:110]}")


def memory(site: Site) -> Iterator[Row]:
    """Peak memory of publishing a large tree."""
    site.proxy.reset(0.0)
    repository = Repository(site.home / site.number())
    write_large_tree(repository.path / "large")
    repository.commit()
    registry = f"{site.proxy.host}/large"
    measured = site.publish(repository.path, "--path", "large", "--name", "large", "--registry", registry)
    yield Row("50 MB in 1,000 files, memory", measured.megabytes, 150.0, "MB", f"{measured.seconds:.2f} s")


def start(site: Site) -> Iterator[Row]:
    """How much later `gitless --help` answers than Python itself."""
    env = dict(os.environ)
    pairs = [
        (site.gitless(site.home, "--help").seconds, run((sys.executable, "-c", "pass"), site.home, env).seconds)
        for _ in range(15)
    ]
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield Row("gitless --help over bare Python", ours - bare, 0.15, "s", f"{ours:.3f} s against {bare:.3f} s")


@contextmanager
def site_for(kind: str) -> Iterator[Site]:
    """A registry of that kind, the proxy before it, tools and a key."""
    # as an installation has it, also where the environment forbids Python to write bytecode
    compileall.compile_dir(REPOSITORY / "src", quiet=1)
    with tempfile.TemporaryDirectory(prefix="gitless-bench-") as folder:
        home = Path(folder)
        tools = Tools(home / "home")
        key = tools.generate_key()
        with registries.running(kind, home / "registry") as direct:
            (port,) = free_ports(1)
            with proxy.running(int(direct.split(":")[1]), port, home / "proxy.log") as handle:
                yield Site(home, handle, direct, tools, key, Chain(tools, key))


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", choices=registries.KINDS, default="registry", help="default: distribution 3.1.1")
    parser.add_argument("--times", type=int, default=5, help="repetitions of each single figure")
    parser.add_argument("--chain", type=int, default=10, help="components of the chain that are measured, of 50")
    parser.add_argument("--only", default="", help="comma-separated: start, requests, memory, one, verify, many")
    parser.add_argument("--trace", action="store_true", help="only print the requests of one publish, in round trips")
    options = parser.parse_args()
    chosen = set(filter(None, options.only.split(",")))
    rows: list[Row] = []
    with site_for(options.registry) as site:
        if options.trace:
            trace(site)
            return 0
        parts = {
            "start": lambda: start(site),
            "requests": lambda: requests_sent(site, options.registry),
            "memory": lambda: memory(site),
            "one": lambda: one_component(site, options.times),
            "verify": lambda: verification(site, options.times),
            "many": lambda: many_components(site, options.chain),
        }
        for name, measure in parts.items():
            if not chosen or name in chosen:
                for row in measure():
                    rows.append(row)
                    print(f"  {row.what}: {row.ours:.2f} {row.detail}", file=sys.stderr, flush=True)
    print(f"\n{options.registry}, {os.cpu_count()} cores, medians of {options.times}\n{table(rows)}")
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
