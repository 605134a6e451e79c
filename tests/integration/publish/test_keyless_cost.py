"""What keyless costs: one token, one certificate for all of a run, and a log that is never hurried."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.sigstore.issuers import RUNTIME, Issuers
from tests.fakes.sigstore.paper_answers import SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES
from tests.fakes.sigstore.paper_server import PaperServer, refuse
from tools.peers.publisher import Repository, gitless

pytestmark = pytest.mark.integration

_CONFIG = """\
version: 1
components: [{path: "components/*"}]
signing:
  rekor: REKOR
  sigstore: {trusted-root: sigstore/trusted_root.json, signing-config: sigstore/signing_config.json}
"""


@dataclass
class Shop:
    """A repository of several components, its job, and a Sigstore instance on paper."""

    repository: Repository
    paper: PaperServer
    issuers: Issuers
    rekor: int

    @property
    def log(self) -> str:
        return V1_ENTRIES if self.rekor == 1 else V2_ENTRIES

    def publish(self) -> tuple[int, dict[str, object]]:
        commit = self.repository.git("rev-parse", "HEAD")
        env = {
            **self.issuers.github_job(sha=commit, repository="acme/apps"),
            **self.issuers.client_environment(),
        }
        done = gitless(
            "publish", "--registry", "oci-layout:../out", "--json", cwd=self.repository.path, env=env, check=False
        )
        return done.returncode, json.loads(done.stdout)

    def tokens(self) -> int:
        return sum(request.path == RUNTIME for request in self.issuers.requests)

    def tags(self, name: str) -> list[str]:
        index = self.repository.path.parent / "out" / name / "index.json"
        manifests = json.loads(index.read_text())["manifests"] if index.exists() else []
        named = (entry.get("annotations", {}).get("org.opencontainers.image.ref.name", "") for entry in manifests)
        return sorted(name for name in named if name and not name.startswith("sha256-"))


def make_shop(tmp_path: Path, paper: PaperServer, issuers: Issuers, rekor: int, components: int) -> Shop:
    repository = Repository(tmp_path / "apps")
    repository.git("remote", "set-url", "origin", "https://github.com/acme/apps")
    trust = json.loads(paper.trust_config(rekor=rekor))
    files = {"gitless.yaml": _CONFIG.replace("REKOR", str(rekor))}
    for number in range(components):
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\n"
        files[f"components/c{number}/cm.yaml"] = text
    files["sigstore/trusted_root.json"] = json.dumps(trust["trustedRoot"])
    files["sigstore/signing_config.json"] = json.dumps(trust["signingConfig"])
    repository.write(files)
    repository.commit()
    return Shop(repository, paper, issuers, rekor)


@pytest.fixture(params=[1, 2], ids=["rekor1", "rekor2"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[PaperServer, Issuers, int]]:
    with PaperServer() as paper, Issuers(tmp_path) as issuers:
        yield paper, issuers, request.param


def test_one_component_takes_one_token_one_certificate_and_three_entries(
    tmp_path: Path, services: tuple[PaperServer, Issuers, int]
) -> None:
    shop = make_shop(tmp_path, *services, components=1)
    assert shop.publish()[0] == 0
    paper = shop.paper
    assert (shop.tokens(), paper.count(SIGNING_CERT), paper.count(TIMESTAMP), paper.count(shop.log)) == (1, 1, 3, 3)
    # the chain of one statement: certificate, timestamp, log; the three statements go side by side
    order = [request.path for request in paper.seen]
    assert order[0] == SIGNING_CERT
    assert order[1] == TIMESTAMP
    assert shop.log not in order[: order.index(TIMESTAMP) + 1]


def test_unchanged_takes_a_token_and_nothing_of_sigstore(
    tmp_path: Path, services: tuple[PaperServer, Issuers, int]
) -> None:
    shop = make_shop(tmp_path, *services, components=1)
    shop.publish()
    before = len(shop.paper.seen)
    code, record = shop.publish()
    assert code == 0
    assert record["components"][0]["changed"] is False  # type: ignore[index]
    assert len(shop.paper.seen) == before


def test_fifty_components_share_a_certificate_and_do_not_hurry_the_log(tmp_path: Path) -> None:
    with PaperServer() as paper, Issuers(tmp_path) as issuers:
        shop = make_shop(tmp_path, paper, issuers, 2, components=50)
        assert shop.publish()[0] == 0
        assert (shop.tokens(), paper.count(SIGNING_CERT), paper.entries(2)) == (1, 1, 150)
        moments = sorted(request.at for request in paper.seen if request.path == V2_ENTRIES)
        busiest = max(sum(start <= moment < start + 1 for moment in moments) for start in moments)
        assert busiest <= 10


@pytest.mark.parametrize("down", [SIGNING_CERT, TIMESTAMP])
def test_services_that_stay_down_leave_nothing_named_and_the_next_run_completes(tmp_path: Path, down: str) -> None:
    with PaperServer() as paper, Issuers(tmp_path) as issuers:
        shop = make_shop(tmp_path, paper, issuers, 2, components=1)
        paper.climate(down, refuse(503, retry_after=600))
        code, _ = shop.publish()
        assert code == 3
        assert shop.tags("c0") == []
        assert paper.entries(2) == 0
        paper.climate(down)
        assert shop.publish()[0] == 0
        assert paper.entries(2) == 3
        assert "latest" in shop.tags("c0")


def test_a_log_that_fails_for_one_statement_gets_no_second_entry_for_the_others(tmp_path: Path) -> None:
    with PaperServer() as paper, Issuers(tmp_path) as issuers:
        shop = make_shop(tmp_path, paper, issuers, 2, components=1)
        paper.forecast(V2_ENTRIES, refuse(503, retry_after=600))
        code, _ = shop.publish()
        assert (code, shop.tags("c0"), paper.entries(2)) == (3, [], 2)
        assert shop.publish()[0] == 0
        assert paper.entries(2) == 3
        assert "latest" in shop.tags("c0")
