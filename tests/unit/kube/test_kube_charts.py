from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.kube import charts
from gitless.kube.charts import SourceFinder, find_charts
from gitless.kube.kustomization import local_files, remote_bases
from gitless.kube.objects import objects_of
from gitless.kube.sources import SourceReference, clean_url, exact_version, url_ref
from gitless.kube.yaml import load_documents

DIGEST = "sha256:" + "c3" * 32
COMMIT = "2f" * 20
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
OCI = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web}\n"
HELM_REPOSITORY = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: stable}\n"
GIT = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: code}\n"
URL = "url: oci://ghcr.io/acme/charts/web"


def look(*texts: str, path: str = "f{}.yaml") -> tuple[list[SourceReference], list[str]]:
    finder = SourceFinder()
    for index, text in enumerate(texts):
        for document in load_documents(text.encode(), what="t"):
            finder.add(document, path.format(index))
    scan = finder.resolve()
    return sorted({use.source for use in scan.uses}), [gap.reason for gap in scan.gaps]


def chart(
    version: str = "", tag: str = "", digest: str = "", url: str = "oci://ghcr.io/acme/charts/web"
) -> SourceReference:
    return SourceReference("chart", "web", url, version, tag, digest)


@pytest.mark.parametrize(
    ("ref", "expected", "gaps"),
    [
        ("{semver: 1.2.3}", chart("1.2.3", "1.2.3"), []),
        ("{semver: 1.2.3+b1}", chart("1.2.3+b1", "1.2.3_b1"), []),
        ("{tag: v1.2.3}", chart("v1.2.3", "v1.2.3"), []),
        ("{tag: latest}", chart("", "latest"), []),
        ("{tag: 1.0.0, semver: '>=1.0.0'}", chart(), [charts.RANGE]),
        (f"{{tag: 1.0.0, digest: '{DIGEST}'}}", chart("1.0.0", "1.0.0", DIGEST), []),
        ("{semver: '*'}", chart(), [charts.RANGE]),
        ("{}", chart(), [charts.RANGE]),
        ("7", chart(), [charts.RANGE]),
        ("{digest: 'sha256:short'}", chart(), [charts.RANGE]),
    ],
)
def test_a_chart_by_reference(ref: str, expected: SourceReference, gaps: list[str]) -> None:
    release = f"{RELEASE}spec: {{chartRef: {{kind: OCIRepository, name: web}}}}"
    assert look(release, f"{OCI}spec: {{{URL}, ref: {ref}}}") == ([expected], gaps)


def test_uses_name_file_object_and_place() -> None:
    text = f"{RELEASE}spec: {{chartRef: {{kind: OCIRepository, name: web}}}}\n---\n{OCI}spec: {{{URL}, ref: {{tag: 1.0.0}}}}"
    scan = find_charts(objects_of(load_documents(text.encode(), what="t"), "base/web.yaml"))
    assert [(use.path, use.pointer, use.object) for use in scan.uses] == [
        ("base/web.yaml", "/spec", "helm.toolkit.fluxcd.io/v2/HelmRelease/web"),
        ("base/web.yaml", "/spec", "source.toolkit.fluxcd.io/v1/OCIRepository/web"),
    ]


def test_what_an_oci_repository_holds() -> None:
    plain = f"{OCI}spec: {{{URL}, ref: {{tag: 1.0.0}}}}"
    layer = "layerSelector: {mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip}"
    assert [source.kind for source in look(plain)[0]] == ["artifact"]
    assert [source.kind for source in look(plain.replace("ref:", f"{layer}, ref:"))[0]] == ["chart"]


@pytest.mark.parametrize(
    ("repository", "url", "tag"),
    [
        ("https://charts.acme.example/", "https://charts.acme.example", ""),
        ("oci://ghcr.io/acme", "oci://ghcr.io/acme/web", "1.0.0"),
    ],
)
def test_a_chart_from_a_repository_of_charts(repository: str, url: str, tag: str) -> None:
    spec = "chart: web, version: 1.0.0, sourceRef: {kind: HelmRepository, name: stable}"
    source = f"{HELM_REPOSITORY}spec: {{url: '{repository}'}}"
    assert look(f"{RELEASE}spec: {{chart: {{spec: {{{spec}}}}}}}", source) == ([chart("1.0.0", tag, url=url)], [])
    helm_chart = f"apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {{name: c}}\nspec: {{{spec}}}"
    assert look(helm_chart, source) == ([chart("1.0.0", tag, url=url)], [])
    by_reference = f"{RELEASE}spec: {{chartRef: {{kind: HelmChart, name: c}}}}"
    assert look(by_reference, helm_chart, source) == ([chart("1.0.0", tag, url=url)], [])


def test_a_chart_that_names_itself_ends() -> None:
    loop = "chart: web, version: 1.0.0, sourceRef: {kind: HelmChart, name: c}"
    text = f"apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {{name: c}}\nspec: {{{loop}}}"
    assert look(text) == ([], [charts.UNRESOLVED])


def test_a_chart_from_git() -> None:
    spec = "chart: ./charts/web, version: '*', sourceRef: {kind: GitRepository, name: code}"
    release = f"{RELEASE}spec: {{chart: {{spec: {{{spec}}}}}}}"
    source = f"{GIT}spec: {{url: 'https://github.com/acme/code.git', ref: {{tag: v1.0.0, commit: {COMMIT}}}}}"
    expected = SourceReference("git", "code", "https://github.com/acme/code.git", "v1.0.0", "v1.0.0", COMMIT)
    assert look(release, source) == ([expected], [charts.RANGE])
    assert look(f"{GIT}spec: {{url: 'ssh://git@github.com/acme/code', ref: {{branch: main}}}}")[0] == [
        SourceReference("git", "code", "ssh://github.com/acme/code", "", "main")
    ]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (f"{RELEASE}spec: {{chartRef: {{kind: OCIRepository, name: gone}}}}", [charts.UNRESOLVED]),
        (f"{RELEASE}spec: {{values: {{a: 1}}}}", []),
        (f"{RELEASE}spec: {{chart: {{spec: {{version: 2.0.0}}}}}}", [charts.PATCH]),
        (f"{RELEASE}spec: {{chart: {{spec: {{chart: '${{C}}', sourceRef: {{name: x}}}}}}}}", [charts.SUBSTITUTED]),
        (f"{RELEASE}spec: {{chart: {{spec: {{chart: 'a b', sourceRef: {{name: x}}}}}}}}", [charts.MALFORMED]),
        (f"{RELEASE}spec: {{chart: x}}", []),
        (f"{OCI}spec: {{ref: {{tag: 1.0.0}}}}", [charts.PATCH]),
        (f"{OCI}spec: {{url: 'oci://ghcr.io/${{X}}'}}", [charts.SUBSTITUTED]),
        (f"{OCI}spec: {{url: 'https://ghcr.io/x'}}", [charts.MALFORMED]),
        ("apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: b}", ["a bucket's content is not described"]),
    ],
)  # fmt: skip
def test_gaps(text: str, reasons: list[str]) -> None:
    sources, found = look(text)
    assert (sources, found) == ([], reasons)


def test_the_same_name_in_another_namespace() -> None:
    mine = f"{OCI.replace('name: web', 'name: web, namespace: a')}spec: {{{URL}, ref: {{tag: 1.0.0}}}}"
    other = f"{OCI.replace('name: web', 'name: web, namespace: b')}spec: {{{URL}, ref: {{tag: 2.0.0}}}}"
    release = f"{RELEASE.replace('name: web', 'name: web, namespace: a')}spec: {{chartRef: {{kind: OCIRepository, name: web}}}}"
    finder = SourceFinder()
    for path, text in (("m", mine), ("o", other), ("r", release)):
        finder.add(load_documents(text.encode(), what="t")[0], path)
    assert [use.source.version for use in finder.resolve().uses if use.path == "r"] == ["1.0.0"]


def test_a_flux_instance_names_its_artifacts() -> None:
    text = """
apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: {name: flux}
spec:
  distribution: {artifact: "oci://ghcr.io/x/manifests:latest"}
  sync: {kind: %s, url: "%s", ref: "%s"}
"""
    assert look(text % ("OCIRepository", "oci://ghcr.io/acme/fleet", "latest"))[0] == [
        SourceReference("artifact", "fleet", "oci://ghcr.io/acme/fleet", "", "latest"),
        SourceReference("artifact", "manifests", "oci://ghcr.io/x/manifests", "", "latest"),
    ]
    assert look(text % ("GitRepository", "https://github.com/acme/fleet", "refs/heads/main"))[0][1] == SourceReference(
        "git", "fleet", "https://github.com/acme/fleet", "", "main"
    )
    pinned = text.replace("manifests:latest", f"manifests@{DIGEST}") % ("X", "nonsense", "")
    sources, gaps = look(pinned)
    assert [source.digest for source in sources] == [DIGEST]
    assert gaps == [charts.MALFORMED]
    assert look("apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nspec: {distribution: {artifact: 'x y'}}") == (
        [], [charts.MALFORMED],
    )  # fmt: skip


def test_remote_bases_and_charts_of_kustomize() -> None:
    text = f"""
resources:
- github.com/acme/base?ref=v1.0.0
- https://user:secret@git.acme.example/x/y//deploy?ref={COMMIT}
- git@github.com:acme/z.git
- "https://[broken"
- local.yaml
helmCharts:
- {{name: web, repo: https://charts.acme.example, version: 1.0.0, valuesFile: v.yaml}}
- {{name: web, repo: oci://ghcr.io/acme, version: 1.0.0}}
- {{name: "a b", repo: https://charts.acme.example}}
- {{name: vendored}}
"""
    sources, gaps = look(text, path="kustomization.yaml")
    assert "secret" not in repr(sources)
    assert sources == [
        SourceReference("chart", "web", "https://charts.acme.example", "1.0.0"),
        SourceReference("chart", "web", "oci://ghcr.io/acme/web", "1.0.0", "1.0.0"),
        SourceReference("git", "base", "https://github.com/acme/base", "v1.0.0", "v1.0.0"),
        SourceReference("git", "deploy", "https://git.acme.example/x/y//deploy", "", COMMIT, COMMIT),
        SourceReference("git", "z", "ssh://github.com/acme/z.git"),
    ]
    assert sorted(gaps) == [charts.MALFORMED, charts.MALFORMED, charts.RANGE]


def test_files_that_a_kustomization_names() -> None:
    text = """
resources: [a.yaml, ../base, https://github.com/acme/x, 7]
components: [c]
patches: [{path: p.yaml}, {patch: inline}]
configMapGenerator: [{files: [k=v.txt, w.txt], envs: [e.env], literals: [a=b]}]
replacements: [{path: r.yaml}]
"""
    (document,) = load_documents(text.encode(), what="t")
    assert [found for _, found in local_files(document)] == [
        "a.yaml", "../base", None, "c", "p.yaml", "r.yaml", "v.txt", "w.txt", "e.env",
    ]  # fmt: skip
    many = {"resources": ["x.yaml"] * 20_000}
    assert [found for _, found in local_files(many)].count("x.yaml") == 10_000
    assert None in [found for _, found in local_files(many)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oci://ghcr.io/a/b/", "oci://ghcr.io/a/b"),
        ("oci://ghcr.io/A", ""),
        ("https://u:p@h.example:8443/a/?token=x#y", "https://h.example:8443/a"),
        ("https://h.example:99999/a", ""),
        ("https://h.example/a\u202eb", ""),
        ("https://h.example/a%00b", ""),
        ("file:///etc/passwd", ""),
        ("git@h.example:a/b.git", "ssh://h.example/a/b.git"),
        ("https://" + "a" * 2000, ""),
        ("", ""),
    ],
)
def test_urls_are_reduced_to_plain_ones(text: str, expected: str) -> None:
    assert clean_url(text) == expected


@given(st.text())
def test_any_text_as_url_and_version(text: str) -> None:
    assert clean_url(text).isprintable()
    assert exact_version(text) in ("", text)
    assert url_ref(text).isprintable()


def test_url_refs() -> None:
    assert url_ref("x?ref=v1&timeout=1") == "v1"
    assert url_ref("x?version=v2") == "v2"
    assert url_ref("x?ref=a b") == ""
    assert url_ref("x?" + "a" * 2000) == ""


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, "x" * 2_000_000, [[7]], {"name": 7}, "${" * 1000, "\u202e"])
@pytest.mark.parametrize(
    ("api", "kind"),
    [
        ("source.toolkit.fluxcd.io/v1", "OCIRepository"), ("source.toolkit.fluxcd.io/v1", "HelmRepository"),
        ("source.toolkit.fluxcd.io/v1", "GitRepository"), ("source.toolkit.fluxcd.io/v1", "HelmChart"),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease"), ("fluxcd.controlplane.io/v1", "FluxInstance"),
        ("kustomize.config.k8s.io/v1", "Kustomization"),
    ],
)  # fmt: skip
def test_hostile_values_never_crash(api: str, kind: str, value: Any) -> None:
    finder = SourceFinder()
    fields = {"url": value, "ref": {"tag": value}, "chartRef": {"kind": value, "name": value}, "chart": {"spec": value},
              "sync": {"url": value}, "distribution": {"artifact": value}, "sourceRef": value}  # fmt: skip
    for spec in (value, fields, {"chart": {"spec": {"chart": value, "version": value, "sourceRef": {"name": "a"}}}}):
        finder.add({"apiVersion": api, "kind": kind, "metadata": value, "spec": spec, "resources": value}, "k.yaml")
        finder.add({"apiVersion": api, "kind": kind, "resources": [value], "helmCharts": [value]}, "k.yaml")
    assert finder.resolve().uses == ()


def test_remote_bases_of_nothing() -> None:
    assert list(remote_bases({"resources": [None, "a" * 5000, "a\nb"]})) == []
