"""No secret leaves: every verb runs with canaries for secrets, and everything that it produced is searched for them.

Searched are both outputs (with --debug), the summary, every file written, all that the registry and the Sigstore services were
sent (bodies and addresses), and the arguments of every process that ran meanwhile. The services repeat what they were
sent in their error texts, as a careless one may.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.registry_server import Auth, RegistryServer, Reply
from tests.fakes.registry_server import Request as RegistryRequest
from tests.fakes.sigstore.issuers import Issuers
from tests.fakes.sigstore.loopback import Answer
from tests.fakes.sigstore.paper_answers import SIGNING_CERT
from tests.fakes.sigstore.paper_server import PaperServer, say
from tools.peers.publisher import Repository

pytestmark = pytest.mark.integration

REGISTRY_PASSWORD = "canary-registry-4f1d"
DOCKER_PASSWORD = "canary-docker-77aa"
GITHUB_TOKEN = "canary-github-90be"
KEY_PASSWORD = "canary-passphrase-12cd"
_TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")
_GITLESS = """\
version: 1
components: [{path: web}]
signing:
  rekor: 2
  sigstore: {trusted-root: sigstore/trusted_root.json, signing-config: sigstore/signing_config.json}
"""
_WEB = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {greeting: hello}\n"


@dataclass
class Place:
    """A repository and all the services that a job of it speaks with."""

    repository: Repository
    registry: RegistryServer
    paper: PaperServer
    issuers: Issuers
    key: Path
    home: Path
    canaries: dict[str, bytes]
    seen: list[bytes] = field(default_factory=list)

    def variables(self) -> dict[str, str]:
        """A GitHub job full of secrets."""
        commit = self.repository.git("rev-parse", "HEAD")
        job = self.issuers.github_job(sha=commit, repository="acme/apps")
        self.canaries["request token"] = job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"].encode()
        return {
            **{name: os.environ[name] for name in ("PATH",)},
            **job,
            **self.issuers.client_environment(),
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "GITHUB_TOKEN": GITHUB_TOKEN,
            "GITHUB_STEP_SUMMARY": str(self.home / "summary.md"),
            "GITLESS_KEY_PASSWORD": KEY_PASSWORD,
            "GITLESS_REGISTRY_HOST": self.registry.host,
            "GITLESS_REGISTRY_USERNAME": "robot",
            "GITLESS_REGISTRY_PASSWORD": REGISTRY_PASSWORD,
        }

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> int:
        """Run a verb; remember all it printed and every argument on the machine meanwhile."""
        with _watched() as listings:
            done = subprocess.run(
                [sys.executable, "-m", "gitless", "--debug", *arguments],
                cwd=self.repository.path,
                env=env or self.variables(),
                capture_output=True,
                timeout=120,
            )
        self.seen += [done.stdout, done.stderr, *listings]
        return done.returncode

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """All that the runs produced, with where it was found."""
        for content in self.seen:
            yield "output or process listing", content
        inputs = {self.key, self.home / ".docker" / "config.json"}
        for top in (self.home, self.repository.path):
            for path in top.rglob("*"):
                if path.is_file() and path not in inputs:
                    yield str(path), path.read_bytes()
        for path in ("acme/apps/web", "acme/key/web"):
            for digest, blob in self.registry.blobs(path).items():
                yield f"blob {digest}", blob
            for digest, stored in self.registry.manifests(path).items():
                yield f"manifest {digest}", stored.content
        for request in self.registry.requests:
            yield "registry address", f"{request.path}?{request.query}".encode()

    def leaks(self) -> list[str]:
        """Where a canary was found."""
        found = []
        for place, content in self.everything():
            found += [f"{name} in {place}" for name, canary in self.canaries.items() if canary in content]
            if _TOKEN.search(content):
                found.append(f"an identity token in {place}")
        return found


class _watched:  # noqa: N801  # reads as a sentence
    """Collects the arguments of every process on the machine while the block runs."""

    def __enter__(self) -> list[bytes]:
        self._stop, self._listings = threading.Event(), set[bytes]()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        self._result: list[bytes] = []
        return self._result

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._result += self._listings

    def _watch(self) -> None:
        while not self._stop.wait(0.002):
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    try:
                        self._listings.add((entry / "cmdline").read_bytes())
                    except OSError:
                        continue


def _key_file(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    locked = serialization.BestAvailableEncryption(KEY_PASSWORD.encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    path.write_bytes(pem)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    (home / ".docker").mkdir()
    login = base64.b64encode(f"robot:{DOCKER_PASSWORD}".encode()).decode()
    (home / ".docker" / "config.json").write_text(json.dumps({"auths": {"other.example": {"auth": login}}}))
    key = _key_file(home / "signing.key")
    canaries = {
        "registry password": REGISTRY_PASSWORD.encode(),
        "docker password": DOCKER_PASSWORD.encode(),
        "encoded docker login": login.encode(),
        "encoded registry login": base64.b64encode(f"robot:{REGISTRY_PASSWORD}".encode()),
        "github token": GITHUB_TOKEN.encode(),
        "passphrase": KEY_PASSWORD.encode(),
        "private key": key.read_bytes().splitlines()[2],
    }
    auth = Auth("robot", REGISTRY_PASSWORD)
    with RegistryServer(auth=auth) as registry, PaperServer() as paper, Issuers(tmp_path) as issuers:
        repository = Repository(tmp_path / "apps")
        repository.git("remote", "set-url", "origin", "https://github.com/acme/apps")
        trust = json.loads(paper.trust_config(rekor=2))
        sigstore = {"trusted_root.json": trust["trustedRoot"], "signing_config.json": trust["signingConfig"]}
        repository.write({"gitless.yaml": _GITLESS, "web/cm.yaml": _WEB})
        repository.write({f"sigstore/{name}": json.dumps(document) for name, document in sigstore.items()})
        repository.commit()
        yield Place(repository, registry, paper, issuers, key, home, canaries)


def _echo(request: RegistryRequest) -> Reply | None:
    """Refuse in words that repeat the credential; without one, answer as usual."""
    said = next((value for name, value in request.headers.items() if name.lower() == "authorization"), "")
    if not said:
        return None
    plain = base64.b64decode(said.partition(" ")[2] + "==").decode(errors="replace") if "Basic" in said else ""
    body = {"errors": [{"code": "DENIED", "message": f"you sent {said} {plain}"}]}
    return Reply(403, {"Content-Type": "application/json"}, json.dumps(body).encode())


def test_the_search_finds_what_is_there(place: Place) -> None:
    place.seen.append(b"x " + GITHUB_TOKEN.encode())
    assert place.leaks() == ["github token in output or process listing"]
    place.seen[:] = [place.issuers.github_token().encode()]
    assert place.leaks() == ["an identity token in output or process listing"]
    with _watched() as listings:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)", "canary-argument"], check=True)
    assert any(b"canary-argument" in listing for listing in listings)


def test_verbs_that_succeed(place: Place) -> None:
    registry = place.registry.host
    assert place.run("publish", "--registry", f"{registry}/acme/apps", "--json") == 0
    assert place.run("publish", "--registry", f"{registry}/acme/apps", "--json") == 0
    flags = ("--signing-key", str(place.key), "--allow-dirty", "--json")
    assert place.run("publish", "--registry", f"{registry}/acme/key", *flags) == 0
    reference = f"{registry}/acme/apps/web:latest"
    assert place.run("inspect", reference, "--json") == 0
    assert place.run("identity", "--form", "all", "--json") == 0
    assert place.run("verify", reference, *_trust(place), "--json") == 0
    assert place.leaks() == []


@pytest.mark.parametrize("verb", ["publish", "verify", "inspect", "identity"])
@pytest.mark.parametrize(
    "fault", ["registry echoes", "realm echoes", "fulcio echoes", "issuer echoes", "wrong password"]
)
def test_verbs_that_fail(place: Place, verb: str, fault: str) -> None:
    FAULTS[fault](place)
    env = place.variables()
    if fault == "wrong password":
        env["GITLESS_REGISTRY_PASSWORD"] = place.canaries["wrong"].decode()
    reference = f"{place.registry.host}/acme/apps/web:latest"
    arguments = {
        "publish": ("publish", "--registry", f"{place.registry.host}/acme/apps"),
        "verify": ("verify", reference, *_trust(place)),
        "inspect": ("inspect", reference),
        "identity": ("identity",),
    }[verb]
    code = place.run(*arguments, "--json", env=env)
    assert code in (0, 1, 2, 3)
    assert code != 0 or verb == "identity"
    assert place.leaks() == []


def _trust(place: Place) -> tuple[str, ...]:
    subject = "https://github.com/acme/apps/.github/workflows/push-artifact.yaml@refs/heads/main"
    issuer = "https://token.actions.githubusercontent.com"
    root = str(place.repository.path / "sigstore" / "trusted_root.json")
    return ("--certificate-identity", subject, "--certificate-oidc-issuer", issuer, "--trusted-root", root)


def _registry_echoes(place: Place) -> None:
    place.registry.on("GET", "/v2/acme/", _echo)
    place.registry.on("POST", "/v2/acme/", _echo)


def _realm_echoes(place: Place) -> None:
    place.registry.on("GET", "/token", _echo)


def _fulcio_echoes(place: Place) -> None:
    place.paper.climate(SIGNING_CERT, say(Answer.of({"message": f"bad token {place.issuers.github_token()}"}, 400)))


def _issuer_echoes(place: Place) -> None:
    bearer = place.variables()["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    token = f"{place.issuers.github_token()} {bearer}"
    path = place.variables()["ACTIONS_ID_TOKEN_REQUEST_URL"].partition("?")[0].partition("127.0.0.1")[2]
    place.issuers.answer_next("/" + path.partition("/")[2], *[Answer.of({"message": f"no: {token}"}, 403)] * 5)


def _wrong_password(place: Place) -> None:
    place.canaries["wrong"] = b"canary-wrong-5566"


FAULTS: dict[str, Callable[[Place], None]] = {
    "registry echoes": _registry_echoes,
    "realm echoes": _realm_echoes,
    "fulcio echoes": _fulcio_echoes,
    "issuer echoes": _issuer_echoes,
    "wrong password": _wrong_password,
}
