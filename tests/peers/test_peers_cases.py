"""Real configuration, published by the real command line, read by the tools that people have: cosign, crane, kustomize."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.cases import CASES, needs_cases
from tests.peers.conftest import Key
from tests.peers.pulled import builds_of, files_of, pull
from tools.peers.commands import Tools
from tools.peers.publisher import SOURCE, Repository, gitless
from tools.peers.upload import carry_layout, get_manifest, put_artifact

COMPONENTS = {
    "frontend": ("d2-apps", "components/frontend"),
    "backend": ("d2-apps", "components/backend"),
    "cert-manager": ("d2-infra", "components/cert-manager"),
    "monitoring": ("d2-infra", "components/monitoring"),
    "prod-eu": ("d2-fleet", "clusters/prod-eu"),
    "prod-us": ("d2-fleet", "clusters/prod-us"),
    "staging": ("d2-fleet", "clusters/staging"),
    "update": ("d2-fleet", "clusters/update"),
    "tenants": ("d2-fleet", "tenants"),
    "fleet": ("d2-fleet", "."),
}
"""Component -> the repository of the D2 architecture it is from, and its folder there."""

EVIDENCE = ["https://cyclonedx.org/bom", "https://sigstore.dev/cosign/sign/v1", "https://slsa.dev/provenance/v1"]
"""`cosign verify` names every bundle it accepts, whatever its type: these, and no second one of a kind."""

component = pytest.mark.parametrize("name", COMPONENTS)

CHART = """\
version: 1
components:
  - path: deploy
    name: shop
    render:
      - output: production
        helm: {chart: chart, release: shop, namespace: shop}
        kubernetes: "1.34"
tools: {helm: 3.22.x}
"""


# Grafana's admin password really stands in the reference repository in plain text
WAIVER = """\
version: 1
waivers:
  - rule: plaintext-value
    object: helm.toolkit.fluxcd.io/v2/HelmRelease/kube-prometheus-stack
    reason: the reference's demonstration password
"""


def _checkout(name: str, folder: Path) -> tuple[Repository, str]:
    case, path = COMPONENTS[name]
    repository = Repository(folder / case)
    repository.copy(CASES / case)
    if case == "d2-infra":
        (repository.path / "gitless.yaml").write_text(WAIVER, encoding="utf-8")
    repository.commit()
    return repository, path


def _evidence_holds(tools: Tools, key: Key, record: dict[str, Any], reference: str) -> None:
    """cosign accepts the signature and both attestations, and they speak of this digest."""
    accepted = json.loads(tools.verify(key.public, reference).stdout)
    assert sorted(entry["critical"]["type"] for entry in accepted) == EVIDENCE
    for kind in ("cyclonedx", "slsaprovenance1"):
        statement = tools.attestation(key.public, reference, kind)
        assert [subject["digest"]["sha256"] for subject in statement["subject"]] == [record["digest"].split(":")[1]]
        if kind == "cyclonedx":
            assert statement["predicate"]["bomFormat"] == "CycloneDX"
            assert statement["predicate"]["components"], "the SBOM names nothing"


def _artifact_holds(tools: Tools, record: dict[str, Any], reference: str) -> None:
    """crane reads the manifest under the channel's tag, byte for byte what the digest says."""
    tagged = reference.split("@")[0] + ":latest"
    manifest = tools.run("crane", "manifest", tagged).stdout
    assert f"sha256:{hashlib.sha256(manifest).hexdigest()}" == record["digest"]
    annotations = json.loads(manifest)["annotations"]
    assert annotations["org.opencontainers.image.source"] == SOURCE
    assert annotations["org.opencontainers.image.revision"] == record["revision"]
    assert record["tags"][-1] == "latest"
    assert set(record["tags"]) <= set(tools.run("crane", "ls", reference.split("@")[0]).stdout.decode().split())


@needs_cases
@component
def test_a_component_of_the_d2_repositories_is_verified_and_read(
    name: str, registry: str, tools: Tools, cosign_key: Key, tmp_path: Path
) -> None:
    repository, path = _checkout(name, tmp_path)
    (record,) = repository.publish(
        cosign_key.private,
        *("--path", path, "--name", name, "--registry", f"{registry}/d2"),
        password=cosign_key.password,
    )
    reference = record["reference"]
    assert reference == f"{registry}/d2/{name}@{record['digest']}"
    assert record["changed"]
    assert record["pushed"]
    _evidence_holds(tools, cosign_key, record, reference)
    _artifact_holds(tools, record, reference)
    tree = pull(tools, reference, tmp_path / "pulled")
    assert files_of(tree) == files_of(repository.path / path)
    builds = builds_of(tools, tree)
    assert builds == builds_of(tools, repository.path / path)
    assert builds or name in {"update", "tenants", "staging", "fleet"}


@needs_cases
@component
def test_a_component_in_a_layout_is_whole_when_carried_into_a_registry(
    name: str, registries: dict[str, str], tools: Tools, plain_key: Key, tmp_path: Path
) -> None:
    repository, path = _checkout(name, tmp_path)
    store = tmp_path / "store"
    (record,) = repository.publish(
        plain_key.private, "--path", path, "--name", name, "--registry", f"oci-layout:{store}"
    )
    host = registries["ggcr-registry"]
    tags = carry_layout(store / name, host, f"layout/{name}")
    assert tags["latest"] == record["digest"]
    reference = f"{host}/layout/{name}@{record['digest']}"
    _evidence_holds(tools, plain_key, record, reference)
    _artifact_holds(tools, record, reference)
    assert files_of(pull(tools, reference, tmp_path / "pulled")) == files_of(repository.path / path)


@needs_cases
def test_a_written_out_password_is_refused_without_its_waiver_and_nothing_is_pushed(
    registry: str, plain_key: Key, tmp_path: Path
) -> None:
    repository, path = _checkout("monitoring", tmp_path)
    (repository.path / "gitless.yaml").unlink()
    repository.commit()
    flags = ("--path", path, "--name", "monitoring", "--registry", f"{registry}/refused")
    done = gitless("publish", *flags, "--signing-key", plain_key.private, "--json", cwd=repository.path, check=False)
    assert done.returncode == 1
    assert "grafana/adminPassword" in done.stdout
    assert get_manifest(registry, "refused/monitoring", "latest") is None


def test_a_chart_of_helm_create_is_rendered_verified_and_read(
    registry: str, tools: Tools, plain_key: Key, tmp_path: Path
) -> None:
    repository = Repository(tmp_path / "shop")
    (repository.path / "deploy").mkdir()
    tools.run("helm", "create", repository.path / "deploy" / "chart")
    repository.write({"gitless.yaml": CHART})
    repository.commit()
    (record,) = repository.publish(plain_key.private, "--registry", f"{registry}/helm")
    _evidence_holds(tools, plain_key, record, record["reference"])
    _artifact_holds(tools, record, record["reference"])
    assert any(image.startswith(("nginx", "docker.io/library/nginx", "index.docker.io")) for image in _images(record))
    production = pull(tools, record["reference"], tmp_path / "pulled") / "production"
    (production / "kustomization.yaml").unlink(missing_ok=True)
    names = sorted(path.name for path in production.iterdir())
    (production / "kustomization.yaml").write_text(json.dumps({"resources": names}))
    built = tools.run("kustomize", "build", production).stdout.decode()
    assert {"kind: Deployment", "kind: Service", "kind: ServiceAccount"} <= set(built.splitlines())


def _images(record: dict[str, Any]) -> list[str]:
    return [image if isinstance(image, str) else image["reference"] for image in record["images"]]


def test_unchanged_content_is_found_unchanged_by_the_second_run(registry: str, cosign_key: Key, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "apps")
    repository.write({"web/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"})
    repository.commit()
    flags = ("--path", "web", "--name", "web", "--registry", f"{registry}/again")
    (first,) = repository.publish(cosign_key.private, *flags, password=cosign_key.password)
    (second,) = repository.publish(cosign_key.private, *flags, password=cosign_key.password)
    assert (second["digest"], second["changed"], second["pushed"]) == (first["digest"], False, False)
    assert sorted(entry["digest"] for entry in second["evidence"]) == sorted(
        entry["digest"] for entry in first["evidence"]
    )


def test_gitless_verifies_what_cosign_verifies_and_refuses_another_key(
    registry: str, cosign_key: Key, plain_key: Key, tools: Tools, tmp_path: Path
) -> None:
    repository = Repository(tmp_path / "apps")
    repository.write({"web/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"})
    repository.commit()
    (record,) = repository.publish(
        plain_key.private, "--path", "web", "--name", "web", "--registry", f"{registry}/verify"
    )
    reference = record["reference"]
    for policy in ("flux", "cosign", "strict"):
        done = gitless(
            "verify", reference, "--key", plain_key.public, "--policy", policy, "--json", cwd=repository.path
        )
        verdict = json.loads(done.stdout)
        assert (verdict["verb"], verdict["ok"], verdict["digest"]) == ("verify", True, record["digest"])
    refused = gitless("verify", reference, "--key", cosign_key.public, "--json", cwd=repository.path, check=False)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["ok"] is False
    assert tools.verify(cosign_key.public, reference, check=False).returncode != 0


def test_what_cosign_signed_under_flux_rules_gitless_accepts(
    registry: str, cosign_key: Key, tools: Tools, tmp_path: Path
) -> None:
    reference = put_artifact(registry, "peers/theirs", "v1", {"config.yaml": b"a: 1\n"})
    command = ("verify", reference, "--key", cosign_key.public, "--policy", "flux")
    assert gitless(*command, cwd=tmp_path, check=False).returncode == 1
    tools.sign(cosign_key.private, reference)
    assert gitless(*command, cwd=tmp_path).returncode == 0
