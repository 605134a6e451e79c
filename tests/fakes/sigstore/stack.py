"""Fulcio, Rekor v2 and a timestamp authority as real processes on loopback, with our issuers and CT log before them.

One at a time on a machine: the timestamp authority takes port 2112 for its metrics, whatever it is told. Needs the
programs of `make peers`; the other modules of this folder do not.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.sigstore.authorities import Authorities, make_authorities, new_key, pem, private_pem
from tests.fakes.sigstore.claims import GITHUB, GITLAB
from tests.fakes.sigstore.ctlog import PATH, CtLog, public_der
from tests.fakes.sigstore.issuers import Issuers
from tests.fakes.sigstore.loopback import Loopback
from tests.fakes.sigstore.place import alone, default_lock
from tests.fakes.sigstore.trust import ORIGIN, Addresses, client_trust_config, signing_config, trusted_root
from tools.peers.process import Server, answers_ok, free_ports
from tools.peers.recipes import program

_TEMPLATES = Path(__file__).with_name("fulcio.yaml")


@dataclass(frozen=True)
class Stack:
    """A running instance.

    Attributes:
        home: Where its files and logs are.
        issuers: Who mints the tokens that its Fulcio takes.
        ctlog: Where its Fulcio logs certificates.
        authorities: Its keys and chains.
        addresses: Where its services are.
    """

    home: Path
    issuers: Issuers
    ctlog: CtLog
    authorities: Authorities
    addresses: Addresses

    @property
    def trusted_root(self) -> Path:
        """The file for verifiers."""
        return self.home / "trusted_root.json"

    @property
    def signing_config(self) -> Path:
        """The file for signers."""
        return self.home / "signing_config.json"

    @property
    def client_trust_config(self) -> Path:
        """Both in one file."""
        return self.home / "client_trust_config.json"

    def issued(self) -> list[x509.Certificate]:
        """Every certificate so far, in order, as Fulcio showed it to the CT log."""
        return [x509.load_der_x509_certificate(each) for each in self.ctlog.precertificates]


@contextmanager
def running(home: Path, self_managed: Iterable[str] = ()) -> Iterator[Stack]:
    """An instance in that folder, with one entry in its log.

    Args:
        home: The folder.
        self_managed: More GitLab issuers by their URL.

    Raises:
        RuntimeError: Port 2112 is taken, or a service did not come up; with the end of its output.
        LookupError: A program is not built.
    """
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as exits:
        exits.enter_context(alone(default_lock()))
        issuers = exits.enter_context(Issuers(home, self_managed))
        authorities = make_authorities()
        ctlog = CtLog(authorities.ct)
        ct = f"{exits.enter_context(Loopback(ctlog.answer)).url}{PATH}"
        _write_keys(home, authorities)
        services = _Services(home, exits)
        fulcio, rekor, tsa = services.fulcio(issuers, ct), services.rekor(), services.tsa()
        services.wait()
        stack = Stack(home, issuers, ctlog, authorities, Addresses(fulcio, rekor, f"{tsa}/api/v1/timestamp", ct))
        _write_trust(stack)
        _seed(rekor)
        yield stack


class _Services:
    """The three processes; each method starts one and gives its address."""

    def __init__(self, home: Path, exits: ExitStack) -> None:
        self._home = home
        self._exits = exits
        self._ports = iter(free_ports(7))
        self._pending: list[tuple[Server, str]] = []

    def fulcio(self, issuers: Issuers, ct: str) -> str:
        port = next(self._ports)
        _write_yaml(self._home / "fulcio-config.yaml", _fulcio_configuration(issuers))
        arguments = [
            "serve",
            "--ca=fileca",
            "--fileca-cert=fulcio.pem",
            "--fileca-key=fulcio.key",
            "--fileca-key-passwd=",
            "--fileca-watch=false",
            f"--ct-log-url={ct}",
            # Fulcio then checks the log's answers itself.
            "--ct-log-public-key-path=ct.pub",
            "--config-path=fulcio-config.yaml",
            "--host=127.0.0.1",
            f"--port={port}",
            "--grpc-host=127.0.0.1",
            f"--grpc-port={next(self._ports)}",
            f"--metrics-port={next(self._ports)}",
            # By default one fixed abstract socket.
            f"--legacy-unix-domain-socket=@fulcio-{port}",
        ]
        return self._start("fulcio", arguments, port, "/healthz", issuers.client_environment())

    def rekor(self) -> str:
        port = next(self._ports)
        arguments = [
            "serve",
            f"--hostname={ORIGIN}",
            f"--storage-dir={self._home / 'rekor-data'}",
            "--signer-filepath=rekor.key",
            "--checkpoint-interval=100ms",
            "--batch-max-age=50ms",
            f"--http-port={port}",
            f"--grpc-port={next(self._ports)}",
            f"--http-metrics-port={next(self._ports)}",
        ]
        return self._start("rekor-posix", arguments, port, "/healthz")

    def tsa(self) -> str:
        port = next(self._ports)
        arguments = [
            "serve",
            "--host=127.0.0.1",
            f"--port={port}",
            # It would ask public time servers otherwise.
            "--disable-ntp-monitoring",
            "--timestamp-signer=file",
            "--file-signer-key-path=tsa.key",
            "--certificate-chain-path=tsa.pem",
        ]
        return self._start("timestamp-server", arguments, port, "/api/v1/timestamp/certchain")

    def wait(self) -> None:
        """Until all of them serve."""
        for server, url in self._pending:
            server.ready(partial(answers_ok, url))

    def _start(
        self, name: str, arguments: list[str], port: int, ready: str, env: Mapping[str, str] | None = None
    ) -> str:
        path = program(name)
        if path is None:
            raise LookupError(f"{name} is not built: run `make peers`")
        server = Server([str(path), *arguments], self._home / f"{name}.log", env, cwd=self._home)
        self._exits.callback(server.stop)
        url = f"http://127.0.0.1:{port}"
        self._pending.append((server, f"{url}{ready}"))
        return url


def _fulcio_configuration(issuers: Issuers) -> dict[str, Any]:
    templates: dict[str, Any] = yaml.safe_load(_TEMPLATES.read_text(encoding="utf-8"))
    providers = {GITHUB: "github-workflow", GITLAB: "gitlab-pipeline"}
    for url in issuers.all.keys() - providers.keys():
        # As an operator does it who runs Fulcio for a GitLab of his own.
        providers[url] = f"gitlab {url}"
        templates[providers[url]] = copy.deepcopy(templates["gitlab-pipeline"])
        templates[providers[url]]["default-template-values"]["url"] = url
    known = {
        url: {"issuer-url": url, "client-id": "sigstore", "type": "ci-provider", "ci-provider": providers[url]}
        for url in issuers.all
    }
    return {"oidc-issuers": known, "ci-issuer-metadata": templates}


def _write_keys(home: Path, authorities: Authorities) -> None:
    files = {
        "fulcio.key": private_pem(authorities.fulcio.key),
        "fulcio.pem": pem(authorities.fulcio.certificate, authorities.fulcio_root.certificate),
        "tsa.key": private_pem(authorities.tsa.key),
        "tsa.pem": pem(authorities.tsa.certificate, authorities.tsa_root.certificate),
        "rekor.key": private_pem(authorities.rekor),
        "ct.pub": authorities.ct.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    }
    for name, content in files.items():
        (home / name).write_bytes(content)


def _write_trust(stack: Stack) -> None:
    root = trusted_root(stack.authorities, stack.addresses)
    signing = signing_config(stack.addresses, list(stack.issuers.all), stack.authorities.start)
    stack.trusted_root.write_text(json.dumps(root, indent=1))
    stack.signing_config.write_text(json.dumps(signing, indent=1))
    stack.client_trust_config.write_text(json.dumps(client_trust_config(root, signing)))


def _write_yaml(path: Path, document: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


def _seed(rekor: str) -> None:
    """Make entry 0: Go leaves zeros out, and sigstore-python cannot read a bundle of log index 0 that cosign made."""
    key, content = new_key(), b"entry 0"
    entry = {
        "digest": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        "signature": {
            "content": base64.b64encode(key.sign(content, ec.ECDSA(hashes.SHA256()))).decode(),
            "verifier": {
                "publicKey": {"rawBytes": base64.b64encode(public_der(key.public_key())).decode()},
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            },
        },
    }
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{rekor}/api/v2/log/entries", json={"hashedRekordRequestV002": entry}, timeout=30)
    if not answer.ok:
        raise RuntimeError(f"Rekor refused its first entry: {answer.status_code} {answer.text[:2000]}")
