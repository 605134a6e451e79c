"""One namespace of a cluster in which Flux follows one channel of one repository, as a platform team would set it up."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from typing import Any

from tools.peers.cluster import Api
from tools.peers.process import wait_until

_SOURCES = "/apis/source.toolkit.fluxcd.io/v1"
_APPLIES = "/apis/kustomize.toolkit.fluxcd.io/v1"


class Flux:
    """An OCIRepository that verifies, and a Kustomization that applies it.

    Args:
        api: The cluster.
        namespace: The namespace for both, and the repository's prefix.
        registry: `host:port`.
        repository: The repository, where it is not the namespace's own.
        tag: The channel.
    """

    def __init__(self, api: Api, namespace: str, registry: str, repository: str = "", tag: str = "latest") -> None:
        self.namespace = namespace
        self.registry = registry
        self.repository = repository or f"{namespace}/app"
        self.tag = tag
        self._api = api
        self._source = f"{_SOURCES}/namespaces/{namespace}/ocirepositories/app"
        self._apply = f"{_APPLIES}/namespaces/{namespace}/kustomizations/app"

    def create(self, public_key: bytes) -> None:
        """Trust that key."""
        self.create_trusting({"secretRef": {"name": "cosign-pub"}}, "cosign-pub", "cosign.pub", public_key)

    def create_keyless(self, trusted_root: bytes, issuer: str, subject: str) -> None:
        """Trust who matches both patterns, as the instance of that trusted root says."""
        verify = {
            "trustedRootSecretRef": {"name": "sigstore-root"},
            "matchOIDCIdentity": [{"issuer": issuer, "subject": subject}],
        }
        self.create_trusting(verify, "sigstore-root", "trusted_root.json", trusted_root)

    def create_trusting(self, verify: dict[str, Any], name: str, key: str, content: bytes) -> None:
        """Make the namespace, a Secret with one key, and both objects.

        Args:
            verify: The OCIRepository's `spec.verify`, the provider aside.
            name: The Secret's name.
            key: The Secret's key.
            content: Its value.
        """
        core = f"/api/v1/namespaces/{self.namespace}"
        self._api.apply(core, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        data = {key: base64.b64encode(content).decode()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        self._api.apply(f"{core}/secrets/{name}", secret)
        self._api.apply(self._source, self._oci_repository({"provider": "cosign", **verify}))
        self._api.apply(self._apply, self._kustomization())

    def create_as_printed(self, objects: Sequence[dict[str, Any]]) -> None:
        """Apply what `gitless identity` printed: only the namespace is ours, and plain http is allowed to loopback."""
        core = f"/api/v1/namespaces/{self.namespace}"
        self._api.apply(core, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        for item in objects:
            name = item["metadata"]["name"]
            here = {**item, "metadata": {**item["metadata"], "namespace": self.namespace}}
            if item["kind"] == "Secret":
                self._api.apply(f"{core}/secrets/{name}", here)
            else:
                assert name == "app", "the Kustomization of these tests follows that name"
                here["spec"] = {**item["spec"], "insecure": True}
                self._api.apply(self._source, here)
        self._api.apply(self._apply, self._kustomization())

    def _oci_repository(self, verify: dict[str, Any]) -> dict[str, Any]:
        spec = {
            "interval": "10m",
            "timeout": "20s",
            "url": f"oci://{self.registry}/{self.repository}",
            "insecure": True,
            "ref": {"tag": self.tag},
            "verify": verify,
        }
        return {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "OCIRepository",
            "metadata": {"name": "app"},
            "spec": spec,
        }

    def _kustomization(self) -> dict[str, Any]:
        spec = {
            "interval": "10m",
            "retryInterval": "1s",
            "timeout": "20s",
            "prune": True,
            "wait": True,
            "path": "./",
            "targetNamespace": self.namespace,
            "sourceRef": {"kind": "OCIRepository", "name": "app"},
            "postBuild": {"substitute": {"CLUSTER": "prod-eu"}},
        }
        return {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": "app"},
            "spec": spec,
        }

    def look(self) -> None:
        """Ask Flux to look at the registry now."""
        asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": str(time.time_ns())}}}
        self._api.patch(self._source, asked)

    def wait_applied(self, digest: str) -> dict[str, str]:
        """Wait until that digest is verified and applied; returns the data of the ConfigMap `app`."""
        revision = f"{self.tag}@{digest}"
        wait_until(lambda: self._applied() == revision, lambda: f"{revision} is applied: {self.state()}")
        assert self._condition("SourceVerified")["status"] == "True", self.state()
        return self.config_map()

    def wait_verified(self, digest: str) -> bool:
        """Wait until that digest is what Flux stores, and verified; it may have been applied long before."""

        def verified() -> bool:
            stored = self.artifact().get("revision") == f"{self.tag}@{digest}"
            return stored and self._condition("SourceVerified").get("status") == "True"

        wait_until(verified, lambda: f"{self.tag}@{digest} is verified: {self.state()}")
        return True

    def wait_refused(self) -> str:
        """Wait until Flux says that what the tag names does not verify; returns its message."""

        def refused() -> bool:
            return self._condition("SourceVerified").get("status") == "False"

        wait_until(refused, lambda: f"refused: {self.state()}")
        message: str = self._condition("SourceVerified")["message"]
        return message

    def config_map(self) -> dict[str, str]:
        """The data of the ConfigMap `app` as the cluster holds it now."""
        found = self._api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/app")
        data: dict[str, str] = (found or {}).get("data", {})
        return data

    def state(self) -> dict[str, Any]:
        """Both objects' status, for messages."""
        return {path: (self._api.get(path) or {}).get("status") for path in (self._source, self._apply)}

    def artifact(self) -> dict[str, Any]:
        """What source-controller has stored."""
        found: dict[str, Any] = (self._api.get(self._source) or {}).get("status", {}).get("artifact", {})
        return found

    def _applied(self) -> str:
        status = (self._api.get(self._apply) or {}).get("status", {})
        return str(status.get("lastAppliedRevision", ""))

    def _condition(self, kind: str) -> dict[str, Any]:
        conditions = (self._api.get(self._source) or {}).get("status", {}).get("conditions", [])
        return next((condition for condition in conditions if condition["type"] == kind), {})
