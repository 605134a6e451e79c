from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.kube.image_reference import ImageReference
from gitless.kube.images import find_images, scan_images
from gitless.kube.objects import objects_of
from gitless.kube.yaml import load_documents

DIGEST = "sha256:" + "c3" * 32


def scan(text: str, path: str = "a.yaml") -> list[tuple[str, str, str]]:
    uses = []
    for document in load_documents(text.encode(), what=path):
        uses += scan_images(document, path).uses
    return [(use.image.text, use.confidence, use.pointer) for use in uses]


def gaps(text: str, path: str = "a.yaml") -> list[str]:
    return [
        gap.reason for document in load_documents(text.encode(), what=path) for gap in scan_images(document, path).gaps
    ]


@pytest.mark.parametrize(
    ("text", "repository", "tag", "digest"),
    [
        ("nginx", "docker.io/library/nginx", None, None),
        ("nginx:1.16", "docker.io/library/nginx", "1.16", None),
        ("bitnami/redis", "docker.io/bitnami/redis", None, None),
        ("docker.io/nginx:1", "docker.io/library/nginx", "1", None),
        ("index.docker.io/bitnami/redis", "docker.io/bitnami/redis", None, None),
        ("localhost/x", "localhost/x", None, None),
        ("localhost:5000/x/y:v1", "localhost:5000/x/y", "v1", None),
        (f"ghcr.io/acme/web:1.0@{DIGEST}", "ghcr.io/acme/web", "1.0", DIGEST),
        (f"ghcr.io/acme/web@{DIGEST}", "ghcr.io/acme/web", None, DIGEST),
    ],
)
def test_references_are_read_as_runtimes_read_them(text: str, repository: str, tag: str, digest: str) -> None:
    image = ImageReference.parse(text)
    assert image is not None
    assert (image.repository, image.tag, image.digest) == (repository, tag, digest)
    assert image.text == text


@pytest.mark.parametrize(
    "text",
    ["", "NGINX", "a b", "nginx:", "nginx@sha512:" + "a" * 128, "nginx\n", "ng\u202einx", "x" * 600, "${IMAGE}", 7, None,
     ["nginx"], "user:pass@ghcr.io/x:1"],
)  # fmt: skip
def test_what_is_no_reference_is_refused(text: object) -> None:
    assert ImageReference.parse(text) is None


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    image = ImageReference.parse(text)
    if image:
        assert image.text.isascii()
        assert image.name
        assert image.group


def test_parts_of_a_reference() -> None:
    image = ImageReference.parse(f"ghcr.io/acme/web@{DIGEST}")
    assert image is not None
    assert (image.group, image.name, str(image.pinned)) == ("ghcr.io/acme", "web", DIGEST)
    bare = ImageReference.parse("nginx")
    assert bare is not None
    assert bare.pinned is None


POD = """
    containers: [{name: a, image: a:1}]
    initContainers: [{name: b, image: b:1}]
    ephemeralContainers: [{name: c, image: c:1}]
    volumes: [{name: v, image: {reference: v:1}}]
"""


def workload(api_version: str, kind: str, path: list[str]) -> dict[str, Any]:
    document: dict[str, Any] = load_documents(POD.encode(), what="pod")[0]
    for step in reversed(path):
        document = {step: document}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **document}


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "Pod", ["spec"]),
        ("v1", "PodTemplate", ["template", "spec"]),
        ("v1", "ReplicationController", ["spec", "template", "spec"]),
        ("apps/v1", "Deployment", ["spec", "template", "spec"]),
        ("apps/v1", "DaemonSet", ["spec", "template", "spec"]),
        ("apps/v1", "StatefulSet", ["spec", "template", "spec"]),
        ("apps/v1", "ReplicaSet", ["spec", "template", "spec"]),
        ("batch/v1", "Job", ["spec", "template", "spec"]),
        ("batch/v1", "CronJob", ["spec", "jobTemplate", "spec", "template", "spec"]),
        ("argoproj.io/v1alpha1", "Rollout", ["spec", "template", "spec"]),
    ],
)
def test_every_workload_names_its_four_kinds_of_images(api_version: str, kind: str, path: list[str]) -> None:
    (obj,) = objects_of([workload(api_version, kind, path)], "w.yaml")
    uses = find_images(obj)
    assert [(use.image.text, use.confidence) for use in uses] == [
        (f"{name}:1", "podspec") for name in ("a", "b", "c", "v")
    ]
    assert uses[0].pointer == "/" + "/".join(path) + "/containers/0/image"
    assert uses[0].object == f"{api_version}/{kind}/x"
    assert scan_images(obj.document, "w.yaml").gaps == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {image: p:1, thanos: {image: t:1}}}",
         [("p:1", "rule", "/spec/image"), ("t:1", "rule", "/spec/thanos/image")]),
        ("{apiVersion: pkg.crossplane.io/v1, kind: Provider, spec: {package: x.io/p:v1}}",
         [("x.io/p:v1", "rule", "/spec/package")]),
        ("{apiVersion: tekton.dev/v1, kind: Task, spec: {steps: [{image: s:1}]}}", [("s:1", "rule", "/spec/steps/0/image")]),
        ("{apiVersion: argoproj.io/v1alpha1, kind: CronWorkflow, spec: {workflowSpec: {templates: [{script: {image: s:1}}]}}}",
         [("s:1", "rule", "/spec/workflowSpec/templates/0/script/image")]),
        ("{apiVersion: acme.example/v1, kind: Thing, spec: {deep: {image: t:1}}}", [("t:1", "pattern", "/spec/deep/image")]),
        ("{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, spec: {images: [{name: a, newTag: '2'}]}}",
         [("a:2", "rule", "/spec/images/0")]),
        ("{apiVersion: image.toolkit.fluxcd.io/v1, kind: ImageRepository, spec: {image: ghcr.io/a/b}}", []),
        ("{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {image: ghcr.io/a/b}}", []),
        ("{apiVersion: v1, kind: ConfigMap, data: {a.yaml: \"x:\\n  image: 'g.io/a:1'\\n  image: nginx\\n\"}}",
         [("g.io/a:1", "pattern", "/data/a.yaml")]),
        ("{apiVersion: v1, kind: ConfigMap, data: {n: 7}}", []),
    ],
)  # fmt: skip
def test_known_kinds_and_the_look_of_an_image(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert scan(text) == expected


def test_variables_and_arguments_of_operators() -> None:
    text = """
apiVersion: apps/v1
kind: Deployment
spec: {template: {spec: {containers: [{image: op:1,
  args: ["--config-reloader-image=quay.io/x/reloader:v1", "--image=short", "--other=quay.io/a:1", 3],
  env: [{name: RELATED_IMAGE_DB, value: "quay.io/x/db:v2"}, {name: LEVEL, value: "quay.io/x/no:v2"}]}]}}}
"""
    spec = "/spec/template/spec/containers/0"
    assert scan(text) == [
        ("op:1", "podspec", f"{spec}/image"),
        ("quay.io/x/reloader:v1", "pattern", f"{spec}/args/0"),
        ("quay.io/x/db:v2", "pattern", f"{spec}/env/0/value"),
    ]


def test_helm_values_join_the_parts_of_an_image() -> None:
    text = f"""
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: r}}
spec:
  values:
    image: {{registry: ghcr.io, repository: a/b, tag: v1}}
    sidecarImage: {{repository: x/y, digest: {DIGEST}}}
    bare: {{image: {{repository: x/z, digest: {DIGEST.removeprefix("sha256:")}}}}}
    numbered: {{image: {{repository: x/n, tag: 7}}}}
    empty: {{image: {{repository: ""}}}}
    float: {{image: {{repository: x/f, tag: 1.10}}}}
    text: {{image: "x/t:1"}}
    substituted: {{image: {{repository: "${{REPO}}", tag: v1}}}}
"""
    assert [found[0] for found in scan(text)] == [
        "ghcr.io/a/b:v1", f"x/y@{DIGEST}", f"x/z@{DIGEST}", "x/n:7", "x/t:1",
    ]  # fmt: skip
    assert gaps(text) == [
        "an image in Helm values is not written as text",
        "an image in Helm values is not written as text",
        "an image is substituted when it is applied",
    ]


def test_plain_values_files_are_looked_into() -> None:
    assert scan("image: {repository: a/b, tag: v1}\n") == [("a/b:v1", "pattern", "/image")]


@pytest.mark.parametrize("name", ["helm.sh/images", "artifacthub.io/images"])
def test_annotations_list_images(name: str) -> None:
    chart = (
        f"apiVersion: v2\nname: c\nversion: 1.0.0\nannotations:\n  {name}: |\n    - name: a\n      image: x.io/a:1\n"
    )
    pointer = "/annotations/" + name.replace("/", "~1")
    assert scan(chart, "Chart.yaml") == [("x.io/a:1", "annotation", pointer)]
    pod = f"apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    {name}: |\n      - image: x.io/a:1\n"
    assert scan(pod) == [("x.io/a:1", "annotation", f"/metadata{pointer}")]


def test_an_image_overridden_by_kustomize() -> None:
    text = "images: [{name: a, newName: b}, {name: c, newTag: 1.5}, {name: d}, e, {name: f, digest: 'sha256:00'}]"
    assert scan(text, "base/kustomization.yaml") == [("b", "rule", "/images/0")]
    assert gaps(text, "base/kustomization.yaml") == ["what stands in the place of an image is no image reference"] * 2
    assert scan(text, "base/other.yaml") == []


def test_objects_inside_objects_are_searched_once() -> None:
    text = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{image: a:1}]}}
- {apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, spec: {resources: [
    {apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {containers: [{image: b:1}, {image: "<< inputs.x >>"}]}}]}}
- 7
"""
    assert scan(text) == [
        ("a:1", "podspec", "/items/0/spec/containers/0/image"),
        ("b:1", "podspec", "/items/1/spec/resources/0/spec/containers/0/image"),
    ]
    assert gaps(text) == ["an image is substituted when it is applied"]
    typed = (
        "{apiVersion: apps/v1, kind: DeploymentList, items: [{spec: {template: {spec: {containers: [{image: a:1}]}}}}]}"
    )
    assert [found[1] for found in scan(typed)] == ["podspec"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{apiVersion: acme.example/v1, kind: Thing}", "objects of this kind are not known and may name images anywhere"),
        ("{apiVersion: monitoring.coreos.com/v1, kind: Prometheus}", "an operator chooses further images for this object"),
        ("{apiVersion: v1, kind: Pod, spec: {containers: [{image: '${IMAGE}'}]}}", "an image is substituted when it is applied"),
        ("{apiVersion: v1, kind: Pod, spec: {containers: [{image: 7}]}}", "what stands in the place of an image is no image reference"),
        ("{apiVersion: v1, kind: Pod, spec: {containers: [{image: ''}]}}", "what stands in the place of an image is no image reference"),
        ("{apiVersion: v1, kind: ConfigMap, data: {a: 'image: ${X}'}}", "an image is substituted when it is applied"),
        ("{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, spec: {resourcesTemplate: x}}", "a template makes objects in the cluster"),
    ],
)  # fmt: skip
def test_gaps_say_why(text: str, reason: str) -> None:
    assert gaps(text) == [reason]


def test_test_hooks_are_listed_and_marked() -> None:
    text = "{apiVersion: v1, kind: Pod, metadata: {annotations: {helm.sh/hook: 'pre-install, test'}}, spec: {containers: [{image: a:1}]}}"
    (document,) = load_documents(text.encode(), what="t")
    assert [use.is_test for use in scan_images(document, "t").uses] == [True]


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        1.5,
        True,
        [],
        {},
        [[]],
        "x" * 2_000_000,
        "${" * 1_000_000,
        "a\x00b",
        "\u202egnp",
        {"x" * 2_000_000: "y"},
    ],
)
@pytest.mark.parametrize(
    "kind", ["Pod", "HelmRelease", "ConfigMap", "Kustomization", "List", "ResourceSet", "", "Thing"]
)
def test_hostile_values_never_crash(kind: str, value: Any) -> None:
    api = {"HelmRelease": "helm.toolkit.fluxcd.io/v2", "Kustomization": "kustomize.config.k8s.io/v1",
           "ResourceSet": "fluxcd.controlplane.io/v1"}.get(kind, "v1")  # fmt: skip
    spec = {
        "containers": value,
        "image": value,
        "values": {"image": {"repository": value, "tag": value}},
        "args": value,
    }
    for document in (
        {
            "apiVersion": api,
            "kind": kind,
            "metadata": value,
            "spec": spec,
            "data": value,
            "images": value,
            "items": value,
        },
        {"apiVersion": api, "kind": kind, "spec": value, "images": [{"name": value, "newTag": value}]},
        {"apiVersion": value, "kind": value, "spec": {"resources": value}},
        value,
    ):
        result = scan_images(document, "a.yaml")
        assert all(len(gap.pointer) < 3000 and len(gap.object) <= 512 for gap in result.gaps)


def test_deep_documents_end() -> None:
    deep: Any = "x:1"
    for _ in range(5000):
        deep = {"image": deep}
    assert scan_images(deep, "a").uses == ()
