"""A real Kubernetes API server with stock Flux controllers as plain processes on loopback: no containers, no kubelet.

Nothing runs pods: an applied ConfigMap is there at once, a Deployment is stored and never becomes ready.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tools.peers.process import Server, answers, free_ports, wait_until
from tools.peers.recipes import folder, program

_CONTROLLERS = (
    "namespace-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
    "garbage-collector-controller",
)
# With the default of 15 minutes between retries, a refused artifact would be looked at once in a test's life.
_FLUX_FLAGS = ("--metrics-addr=0", "--min-retry-delay=500ms", "--max-retry-delay=2s", "--interval-jitter-percentage=0")


class Api:
    """The API server, spoken to as its administrator.

    Args:
        server: Its https address.
        token: The administrator's token.
        ca: The file with the certificate it shows.
    """

    def __init__(self, server: str, token: str, ca: Path) -> None:
        self.server = server
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(ca)
        self._session.headers["Authorization"] = f"Bearer {token}"

    def is_ready(self) -> bool:
        """Whether the server says it is ready."""
        try:
            return self._session.get(f"{self.server}/readyz", timeout=5).status_code == requests.codes.ok
        except requests.RequestException:
            return False

    def get(self, path: str) -> dict[str, Any] | None:
        """One object by its path; None where there is none."""
        answer = self._session.get(f"{self.server}{path}", timeout=10)
        if answer.status_code == requests.codes.not_found:
            return None
        return _checked(answer)

    def apply(self, path: str, body: dict[str, Any], *, dry: bool = False) -> dict[str, Any]:
        """Server-side apply of one object; `dry` only asks whether it would be taken, without unknown fields."""
        flags = "&dryRun=All&fieldValidation=Strict" if dry else ""
        answer = self._session.patch(
            f"{self.server}{path}?fieldManager=test&force=true{flags}",
            data=json.dumps(body),
            headers={"Content-Type": "application/apply-patch+yaml"},
            timeout=10,
        )
        return _checked(answer)

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Merge a patch into one object."""
        headers = {"Content-Type": "application/merge-patch+json"}
        return _checked(self._session.patch(f"{self.server}{path}", data=json.dumps(body), headers=headers, timeout=10))


def _checked(answer: requests.Response) -> dict[str, Any]:
    if not answer.ok:
        raise AssertionError(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:2000]}")
    document: dict[str, Any] = answer.json()
    return document


class _Stack:
    """The processes of one cluster, started in order and ended in the reverse one."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.token = secrets.token_hex(16)
        self._servers: list[Server] = []
        self.etcd, self._etcd_peer, self.port, self._storage, self._source_health, self._kustomize_health = free_ports(
            6
        )
        self.api = Api(f"https://127.0.0.1:{self.port}", self.token, home / "certs" / "apiserver.crt")

    def run(self, name: str, *arguments: str, **environment: str) -> Server:
        path = program(name)
        if path is None:
            raise LookupError(f"{name} is not built: run `make peers-cluster`")
        server = Server([str(path), *arguments], self.home / f"{name}.log", environment)
        self._servers.append(server)
        return server

    def stop(self) -> None:
        # An API server whose etcd is gone does not end on SIGTERM, and nothing here is worth keeping.
        for server in reversed(self._servers):
            server.stop(signal.SIGKILL)

    def start_etcd(self) -> None:
        client, peer = f"http://127.0.0.1:{self.etcd}", f"http://127.0.0.1:{self._etcd_peer}"
        self.run(
            "etcd",
            f"--data-dir={self.home / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
        ).ready(lambda: answers(f"{client}/health"))

    def start_api(self) -> None:
        tokens, key = self.home / "tokens.csv", self.home / "sa.key"
        _write_private(tokens, f'{self.token},admin,admin,"system:masters"\n'.encode())
        _write_private(key, _rsa_key())
        self.run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self.etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={self.home / 'certs'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--authorization-mode=RBAC",
            f"--token-auth-file={tokens}",
            "--disable-admission-plugins=ServiceAccount",
        ).ready(lambda: (self.home / "certs" / "apiserver.crt").is_file() and self.api.is_ready(), 60)

    def write_kubeconfig(self) -> Path:
        path = self.home / "kubeconfig"
        cluster = {"server": self.api.server, "certificate-authority": str(self.home / "certs" / "apiserver.crt")}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "admin"}}],
            "current-context": "local",
        }
        _write_private(path, json.dumps(document).encode())
        return path

    def install_crds(self) -> None:
        names = []
        for path in sorted((folder() / "crds").rglob("*.yaml")):
            document = yaml.safe_load(path.read_text())
            names.append(document["metadata"]["name"])
            self.api.apply(_crd(names[-1]), document)
        for name in names:
            wait_until(lambda name=name: _holds(self.api.get(_crd(name)), "Established"), f"{name} is established")

    def start_controllers(self, kubeconfig: Path) -> None:
        for name in ("data", "tuf", "tmp"):
            (self.home / name).mkdir()
        shared = {"KUBECONFIG": str(kubeconfig), "RUNTIME_NAMESPACE": "flux-system", "TMPDIR": str(self.home / "tmp")}
        storage = f"127.0.0.1:{self._storage}"
        source = self.run(
            "source-controller",
            f"--storage-path={self.home / 'data'}",
            f"--storage-addr={storage}",
            f"--storage-adv-addr={storage}",
            f"--health-addr=127.0.0.1:{self._source_health}",
            *_FLUX_FLAGS,
            TUF_ROOT=str(self.home / "tuf"),
            **shared,
        )
        kustomize = self.run(
            "kustomize-controller",
            f"--health-addr=127.0.0.1:{self._kustomize_health}",
            "--requeue-dependency=1s",
            *_FLUX_FLAGS,
            **shared,
        )
        self.run(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            "--secure-port=0",
            f"--service-account-private-key-file={self.home / 'sa.key'}",
            f"--root-ca-file={self.home / 'certs' / 'apiserver.crt'}",
            f"--controllers={','.join(_CONTROLLERS)}",
        )
        # Their /readyz answers about a second before they work.
        source.ready(lambda: source.logged("Starting workers", '"controller":"ocirepository"'))
        source.ready(lambda: answers(f"http://{storage}/"))
        kustomize.ready(lambda: kustomize.logged("Starting workers", '"controller":"kustomization"'))


def _rsa_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _write_private(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(content)


def _crd(name: str) -> str:
    return f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"


def _holds(document: dict[str, Any] | None, kind: str) -> bool:
    conditions = (document or {}).get("status", {}).get("conditions", [])
    return any(condition["type"] == kind and condition["status"] == "True" for condition in conditions)


@contextmanager
def running(home: Path) -> Iterator[Api]:
    """A cluster in that folder; yields its API server once Flux works."""
    home.mkdir(parents=True, exist_ok=True)
    stack = _Stack(home)
    try:
        stack.start_etcd()
        stack.start_api()
        kubeconfig = stack.write_kubeconfig()
        stack.install_crds()
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}
        stack.api.apply("/api/v1/namespaces/flux-system", namespace)
        stack.start_controllers(kubeconfig)
        yield stack.api
    finally:
        stack.stop()
