"""The example fleet before a Kubernetes API server with Flux's own resource types: every tenant's objects are taken."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes.fleet import CLUSTERS, cluster, expand, read
from tools.peers.cluster import Api
from tools.peers.recipes import REPOSITORY

_NAMESPACED = {
    "ServiceAccount": "/api/v1/namespaces/{namespace}/serviceaccounts",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
    "OCIRepository": "/apis/source.toolkit.fluxcd.io/v1/namespaces/{namespace}/ocirepositories",
    "HelmRepository": "/apis/source.toolkit.fluxcd.io/v1/namespaces/{namespace}/helmrepositories",
    "Kustomization": "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{namespace}/kustomizations",
}
_OTHERS = {
    "Namespace": "/api/v1/namespaces",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}


def path_of(item: dict[str, Any]) -> str:
    metadata = item["metadata"]
    place = {**_NAMESPACED, **_OTHERS}[item["kind"]].format(namespace=metadata.get("namespace"))
    return f"{place}/{metadata['name']}"


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_object_of_a_tenant_is_taken(name: str, api: Api) -> None:
    # the operator fills the Secrets in before it applies them: without data they are none
    objects = [item for item in expand(cluster(name)) if item["kind"] != "Secret"]
    assert {item["kind"] for item in objects} == {*_NAMESPACED, *_OTHERS} - {"HelmRepository"}
    for item in objects:
        if item["kind"] == "Namespace":
            api.apply(path_of(item), item)
    for item in objects:
        api.apply(path_of(item), item, dry=True)


@pytest.mark.parametrize("component", ["cert-manager", "monitoring"])
def test_the_chart_sources_of_the_infrastructure_are_taken(component: str, api: Api) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": component}}
    api.apply(path_of(namespace), namespace)
    base = REPOSITORY / "examples" / "infra" / "components" / component / "controllers" / "base"
    sources = [item for path in base.iterdir() for item in read(path) if item["kind"].endswith("Repository")]
    assert sources
    for item in sources:
        placed = {**item, "metadata": {**item["metadata"], "namespace": component}}
        api.apply(path_of(placed), placed, dry=True)


def test_a_field_that_flux_does_not_have_is_refused(api: Api) -> None:
    source = next(item for item in expand(cluster("staging")) if item["kind"] == "OCIRepository")
    api.apply(f"/api/v1/namespaces/{source['metadata']['namespace']}", next(expand(cluster("staging"))))
    wrong = {**source, "spec": {**source["spec"], "verified": source["spec"]["verify"]}}
    with pytest.raises(AssertionError, match=r"field not declared in schema|unknown field"):
        api.apply(path_of(wrong), wrong, dry=True)
