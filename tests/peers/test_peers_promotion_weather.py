"""Promotion on bad days, with real Sigstore services behind a server that can fail: exit 3, nothing moved, done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from tests.fakes.registry_replies import status
from tests.fakes.registry_server import RegistryServer
from tests.fakes.sigstore.issuers import RUNTIME
from tests.fakes.sigstore.loopback import Answer, Loopback, Request
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import Releases

_PASSED = ("accept", "authorization", "content-type")
LATER = {"Retry-After": "3600"}
SERVICES = {"Fulcio": "caUrls", "Rekor": "rekorTlogUrls", "the timestamp authority": "tsaUrls"}
# what a promotion writes, in order: evidence, journal, release, channel
WRITES = {
    "evidence": r"^/v2/apps/web/manifests/sha256:",
    "journal": r"^/v2/apps/web/manifests/gitless-stable$",
    "release": r"^/v2/apps/web/manifests/v1\.2\.3$",
    "channel": r"^/v2/apps/web/manifests/stable$",
}


class Front(Loopback):
    """Stands before a service and passes everything on, until it is told what to answer instead.

    Args:
        service: The service's address.
    """

    def __init__(self, service: str) -> None:
        super().__init__(self._pass)
        self._service = service
        self.instead: Callable[[], Answer] | None = None
        self.is_lost = False
        self._session = requests.Session()
        self._session.trust_env = False

    def _pass(self, request: Request) -> Answer:
        if self.instead:
            return self.instead()
        kept = {name: value for name, value in request.headers.items() if name in _PASSED}
        done = self._session.request(
            request.method, self._service + request.path, params=request.query, headers=kept, data=request.body
        )
        if self.is_lost and request.method == "POST":
            self.is_lost = False
            return Answer(0)
        return Answer(done.status_code, done.content, {"Content-Type": done.headers.get("Content-Type", "")})


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


@pytest.fixture
def apps(tmp_path: Path, sigstore: Stack, registry: RegistryServer) -> Releases:
    """Published, not promoted."""
    made = Releases(tmp_path / "apps", sigstore, "github")
    made.publish(f"{registry.host}/apps")
    return made


def _promote(apps: Releases, registry: RegistryServer, env: dict[str, str] | None = None) -> tuple[int, str]:
    arguments = ("promote", "web", "--registry", f"{registry.host}/apps", "--to", "stable", "--release", "v1.2.3")
    return apps.refused(*arguments, env=env or apps.release("v1.2.3"))


def _check_completes(apps: Releases, registry: RegistryServer) -> None:
    """The same command ends with one record, and all names on the one digest."""
    code, said = _promote(apps, registry)
    assert code == 0, said
    tags = registry.tags("apps/web")
    assert tags["stable"] == tags["v1.2.3"] == tags["latest"]
    journal = registry.manifest("apps/web", "gitless-stable")
    assert journal is not None
    assert len(json.loads(journal.content)["manifests"]) == 1
    kinds = [_kind(stored.content) for stored in registry.manifests("apps/web").values()]
    assert kinds.count("https://gitless.dev/promotion/v1") == 1


def _kind(content: bytes) -> str:
    annotations = json.loads(content).get("annotations") or {}
    return str(annotations.get("dev.sigstore.bundle.predicateType", ""))


def _front(apps: Releases, name: str) -> Front:
    """A front for one service, which jobs of this repository use from now on."""
    path = apps.repository.path / "sigstore" / "signing_config.json"
    document = json.loads(path.read_text())
    (service,) = document[SERVICES[name]]
    address, slash, rest = service["url"].partition("/api/")
    front = Front(address)
    service["url"] = f"{front.url}{slash}{rest}"
    # what a job signs with is read from the protected branch
    apps.change({"sigstore/signing_config.json": json.dumps(document)})
    return front


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_down_moves_nothing_and_the_next_run_completes(
    service: str, apps: Releases, registry: RegistryServer
) -> None:
    before = registry.tags("apps/web")
    with _front(apps, service) as front:
        front.instead = lambda: Answer(503, b"", LATER)
        code, said = _promote(apps, registry)
        assert code == 3, said
        assert "503" in said
        assert registry.tags("apps/web") == before
        front.instead = None
        _check_completes(apps, registry)


def test_a_lost_answer_of_the_log_costs_nothing(apps: Releases, registry: RegistryServer) -> None:
    with _front(apps, "Rekor") as front:
        front.is_lost = True
        _check_completes(apps, registry)
        assert not front.is_lost


def test_a_registry_that_is_down_is_told_as_that(apps: Releases, registry: RegistryServer) -> None:
    before = registry.tags("apps/web")
    registry.on("GET", r"^/v2/", status(503, Retry_After="3600"))
    code, said = _promote(apps, registry)
    assert code == 3, said
    assert "503" in said
    assert registry.tags("apps/web") == before
    registry.forget()
    _check_completes(apps, registry)


@pytest.mark.parametrize("what", WRITES)
def test_a_registry_that_takes_no_more_leaves_nothing_half_done(
    what: str, apps: Releases, registry: RegistryServer
) -> None:
    registry.on("PUT", WRITES[what], status(503, Retry_After="3600"))
    code, said = _promote(apps, registry)
    assert code == 3, said
    assert "stable" not in registry.tags("apps/web")
    assert ("v1.2.3" in registry.tags("apps/web")) == (what == "channel")
    registry.forget()
    _check_completes(apps, registry)


def test_a_token_that_cannot_be_had_moves_nothing(apps: Releases, registry: RegistryServer) -> None:
    before = registry.tags("apps/web")
    apps.stack.issuers.answer_next(RUNTIME, *[Answer(503, b"", LATER)])
    code, said = _promote(apps, registry)
    assert code == 3, said
    assert registry.tags("apps/web") == before
    _check_completes(apps, registry)


def test_a_token_that_ended_moves_nothing(tmp_path: Path, sigstore: Stack, registry: RegistryServer) -> None:
    apps = Releases(tmp_path / "apps", sigstore, "gitlab")
    apps.publish(f"{registry.host}/apps")
    before = registry.tags("apps/web")
    code, said = _promote(apps, registry, apps.release("v1.2.3", iat=1_750_000_000))
    assert code == 3, said
    assert registry.tags("apps/web") == before
    _check_completes(apps, registry)
