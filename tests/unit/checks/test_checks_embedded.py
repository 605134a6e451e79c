from __future__ import annotations

import base64
import json

import pytest

from gitless.checks.inspection import Inspection

SECRET = "hunter2-7f3a"
ENCODED = base64.b64encode(SECRET.encode()).decode()
MANIFEST = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{p: {SECRET}}}\n"
KUBECONFIG = f"apiVersion: v1\nkind: Config\nusers: [{{name: a, user: {{token: {SECRET}}}}}]\n"
DOCKER = f'{{"auths": {{"ghcr.io": {{"password": "{SECRET}"}}}}}}'
Found = list[tuple[str, str]]


def inspect(files: dict[str, str | bytes]) -> Found:
    inspection = Inspection(files)
    found = []
    for path, text in files.items():
        content = text.encode() if isinstance(text, str) else text
        found += inspection.inspect(path, content, inspection.parse(path, content))
    found += inspection.finish()
    for finding in found:
        assert SECRET not in str(finding)
        assert ENCODED not in str(finding)
    return [(finding.rule, finding.field) for finding in found]


def entry(key: str, text: str, field: str = "data") -> Found:
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, field: {key: text}}
    return inspect({"c.yaml": json.dumps(document)})


@pytest.mark.parametrize("path", ["secret", "secret.txt", "secret.yaml.bak", "a/secret.tmpl"])
def test_manifests_under_any_file_name_are_judged(path: str) -> None:
    assert inspect({path: MANIFEST}) == [("plaintext-secret", "/stringData/p")]
    assert inspect({path: b"\xef\xbb\xbf" + MANIFEST.encode()}) == [("plaintext-secret", "/stringData/p")]
    as_json = {"apiVersion": "v1", "kind": "Secret", "data": {"p": ENCODED}}
    assert inspect({path: "\n" + json.dumps(as_json)}) == [("plaintext-secret", "/data/p")]


@pytest.mark.parametrize(
    "text",
    ["apiVersion: v1\nkind: Secret\n- broken\n", "# Example\n\n```yaml\n" + MANIFEST + "```\n", b"\xff\x00" + MANIFEST.encode(),
     "kind: Secret\nstringData: {p: x}\n", "    apiVersion: v1\n    kind: Secret\n    stringData: {p: x}\n",
     "apiVersion: v1\nkind: Secret\nstringData: {p: '{{ .Values.p }}', q: <PASSWORD>}\n", "{not json", "{}"],
)  # fmt: skip
def test_files_that_are_no_manifest_pass(text: str | bytes) -> None:
    assert inspect({"notes": text}) == []


def test_templates_of_charts_are_left_to_the_chart() -> None:
    assert inspect({"c/Chart.yaml": "name: c\n", "c/templates/NOTES.txt": MANIFEST}) == []


def test_patches_under_any_file_name() -> None:
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    files: dict[str, str | bytes] = {"kustomization.yaml": head + "patches: [{path: p, target: {kind: Secret}}]\n"}
    assert inspect(files | {"p": f"- op: add\n  path: /data/p\n  value: {ENCODED}\n"}) == [
        ("plaintext-secret", "/0/value")
    ]
    text = json.dumps([{"op": "add", "path": "/data/p", "value": ENCODED}])
    assert inspect(files | {"p": text}) == [("plaintext-secret", "/0/value")]


@pytest.mark.parametrize("path", ["kubeconfig", "kubeconfig.yaml", ".kube/config"])
def test_kubeconfigs_with_credentials(path: str) -> None:
    assert inspect({path: KUBECONFIG}) == [("plaintext-value", "/users/0/user/token")]
    for user in ("{password: S3cr3t}", "{client-key-data: S3cr3t}", "{auth-provider: {config: {id-token: S3cr3t}}}"):
        assert len(inspect({path: f"apiVersion: v1\nkind: Config\nusers: [{{user: {user}}}]\n"})) == 1


def test_kubeconfigs_without_credentials_pass() -> None:
    text = "apiVersion: v1\nkind: Config\nusers: [{user: {tokenFile: /t, exec: {command: aws}, token: '${T}', password: 5}}]\n"
    assert inspect({"kubeconfig": text}) == []


@pytest.mark.parametrize("path", ["config.json", ".dockerconfigjson", "a.yaml"])
def test_docker_configs_with_logins(path: str) -> None:
    assert inspect({path: DOCKER}) == [("docker-config", "/auths/ghcr.io/password")]
    assert inspect({path: '{"auths": {"ghcr.io": {"auth": ""}}, "credsStore": "pass"}'}) == []
    assert inspect({path: '{"auths": []}'}) == []


def test_credentials_inside_config_maps() -> None:
    assert entry("kubeconfig", KUBECONFIG) == [("plaintext-value", "/data/kubeconfig/users/0/user/token")]
    assert entry("config.yaml", KUBECONFIG) == [("plaintext-value", "/data/config.yaml/users/0/user/token")]
    assert entry("config", DOCKER) == [("docker-config", "/data/config")]
    assert entry("config.json", DOCKER.replace("password", "auth")) == [("docker-config", "/data/config.json")]
    binary = base64.b64encode(KUBECONFIG.encode()).decode()
    assert entry("kubeconfig", binary, "binaryData") == [
        ("plaintext-value", "/binaryData/kubeconfig/users/0/user/token")
    ]


def test_secrets_inside_config_maps() -> None:
    for key in ("manifest", "secret.yaml"):
        assert entry(key, MANIFEST) == [("plaintext-secret", f"/data/{key}/stringData/p")]
    listed = f"apiVersion: v1\nkind: List\nitems:\n- {json.dumps({'apiVersion': 'v1', 'kind': 'Secret', 'data': {'p': ENCODED}})}\n"
    assert entry("l", listed) == [("plaintext-secret", "/data/l/items/0/data/p")]
    inner = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": {"b": MANIFEST}})
    assert entry("a", inner) == [("plaintext-secret", "/data/a/data/b/stringData/p")]
    template = MANIFEST.replace(SECRET, '"{{ .password | b64enc }}"')
    assert entry("template.yaml", template) == []


def annotated(inner: str, kind: str = "Secret") -> Found:
    name = "kubectl.kubernetes.io/last-applied-configuration"
    return inspect(
        {"a.yaml": json.dumps({"apiVersion": "v1", "kind": kind, "metadata": {"annotations": {name: inner}}})}
    )


def test_what_kubectl_leaves_in_annotations() -> None:
    place = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration/data/p"
    assert annotated(json.dumps({"apiVersion": "v1", "kind": "Secret", "data": {"p": ENCODED}})) == [
        ("plaintext-secret", place)
    ]
    assert annotated(json.dumps({"apiVersion": "v1", "kind": "Secret", "data": {"p": ""}})) == []
    assert annotated("{ Secret broken") == []
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"env": [{"name": "TOKEN", "value": "S3cr3t"}, "Secret"]}}
    assert annotated(json.dumps(pod), "Pod") == []
