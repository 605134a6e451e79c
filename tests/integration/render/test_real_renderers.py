"""The real helm, kustomize and kubectl: bytes kept, nothing read from outside, errors in the tool's own words."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gitless.errors import CheckError, UsageError
from gitless.model.rendering import HelmSource, KustomizeSource, RenderRequest
from gitless.model.tree import MemoryTree
from gitless.render.renderer import ToolRenderer

pytestmark = pytest.mark.integration
PEERS = Path(__file__).parents[3] / ".cache" / "peers" / "bin"
PATH = os.pathsep.join((os.environ.get("PATH", ""), str(PEERS)))


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(tool, path=PATH) is None, reason=f"{tool} is neither on PATH nor built by `make peers`"
    )


def only(tool: str, folder: Path) -> dict[str, str]:
    """An environment in which this is the one renderer."""
    program = shutil.which(tool, path=PATH)
    assert program is not None
    (folder / tool).symlink_to(Path(program).resolve())
    return {"PATH": f"{folder}", "GITHUB_TOKEN": "t0ken"}


CONFIG_MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  at: '12:30'\n  mode: '0644'\n  url: http://${HOST}/\n"
KUSTOMIZED = {
    "base/kustomization.yaml": b"resources: [cm.yaml]\n",
    "base/cm.yaml": CONFIG_MAP,
    "shared/patch.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {extra: 'yes'}\n",
    "overlays/production/kustomization.yaml": b"namePrefix: prod-\nresources: [../../base]\npatches: [{path: ../../shared/patch.yaml}]\n",
}
CHART = {
    "chart/Chart.yaml": b"apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: '6.7'\n",
    "chart/values.yaml": b"at: none\n",
    "chart/crds/crd.yaml": b"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: c.example.com\n",
    "chart/templates/cm.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"
    b"  namespace: {{ .Release.Namespace }}\ndata:\n  at: {{ .Values.at }}\n  kube: {{ .Capabilities.KubeVersion.Version }}\n"
    b'  has: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" | quote }}\n  url: http://${HOST}/\n'
    b'  dns: {{ getHostByName "localhost" | quote }}\n',
    "chart/templates/tests/test.yaml": b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {helm.sh/hook: test}\n",
    "staging,eu.yaml": b"at: 12:30\n",
}
HELM = HelmSource(
    "chart", "web", "team", "1.34", values=("staging,eu.yaml",), api_versions=("monitoring.coreos.com/v1",)
)


@pytest.mark.parametrize("tool", [pytest.param(name, marks=needs(name)) for name in ("kustomize", "kubectl")])
def test_kustomize_and_kubectl_build_an_overlay_with_a_file_beside_it(tool: str, tmp_path: Path) -> None:
    renderer = ToolRenderer(only(tool, tmp_path) if tool == "kustomize" else {"PATH": _without_kustomize(tmp_path)})
    got = renderer.render(MemoryTree(KUSTOMIZED), RenderRequest("production", KustomizeSource("overlays/production")))
    assert list(got.files) == ["production/manifests.yaml"]
    text = got.files["production/manifests.yaml"].decode()
    assert "name: prod-web" in text
    assert 'extra: "yes"' in text or "extra: 'yes'" in text
    assert "http://${HOST}/" in text
    assert got.tools[0].program == tool
    assert len(got.tools[0].sha256) == 64


def _without_kustomize(folder: Path) -> str:
    # kubectl may be a wrapper that looks beside itself, so it stays where it is
    program = shutil.which("kubectl", path=PATH)
    assert program is not None
    (folder / "kubectl").write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    (folder / "kubectl").chmod(0o755)
    return str(folder)


@needs("kustomize")
def test_kustomize_says_no_in_its_own_words(tmp_path: Path) -> None:
    files = {"kustomization.yaml": b"resources: [cm.yaml]\nnonsense: 1\n", "cm.yaml": CONFIG_MAP}
    with pytest.raises(CheckError, match="could not build") as caught:
        ToolRenderer(only("kustomize", tmp_path)).render(MemoryTree(files), RenderRequest("o", KustomizeSource(".")))
    assert 'unknown field "nonsense"' in caught.value.why
    assert "gitless-render" not in str(caught.value)


@needs("kustomize")
def test_a_generator_in_a_file_of_its_own_reads_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside")
    generator = f"apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {{name: x}}\nfiles: [{tmp_path}/secret]\n"
    files = {"kustomization.yaml": b"generators: [gen.yaml]\n", "gen.yaml": generator.encode()}
    (tmp_path / "bin").mkdir()
    with pytest.raises(CheckError, match="could not build"):
        ToolRenderer(only("kustomize", tmp_path / "bin")).render(
            MemoryTree(files), RenderRequest("o", KustomizeSource("."))
        )


@needs("helm")
def test_helm_renders_a_local_chart_with_everything_pinned(tmp_path: Path) -> None:
    got = ToolRenderer(only("helm", tmp_path)).render(MemoryTree(CHART), RenderRequest("staging", HELM))
    text = got.files["staging/manifests.yaml"].decode()
    assert "kind: CustomResourceDefinition" in text
    assert "kind: Pod" not in text
    assert "name: web\n  namespace: team" in text
    assert "kube: v1.34.0" in text
    assert 'has: "true"' in text
    assert "url: http://${HOST}/" in text
    assert 'dns: ""' in text
    assert [(chart.path, chart.name, chart.version, chart.app_version) for chart in got.charts] == [
        ("chart", "web", "1.2.3", "6.7")
    ]


@needs("helm")
def test_what_helm_prints_is_kept_byte_for_byte_and_twice_the_same(tmp_path: Path) -> None:
    renderer = ToolRenderer(only("helm", tmp_path))
    first, second = (renderer.render(MemoryTree(CHART), RenderRequest("o", HELM)) for _ in range(2))
    assert first == second
    assert first.files["o/manifests.yaml"].startswith(b"---\n# Source: web/crds/crd.yaml\n")


@needs("helm")
def test_random_values_differ_between_two_renders(tmp_path: Path) -> None:
    files = {**CHART, "chart/templates/random.yaml": b"kind: {{ randAlphaNum 20 }}\n"}
    renderer = ToolRenderer(only("helm", tmp_path))
    first, second = (renderer.render(MemoryTree(files), RenderRequest("o", HELM)) for _ in range(2))
    assert first.files != second.files


@needs("helm")
def test_dependencies_that_are_not_vendored_say_what_to_run(tmp_path: Path) -> None:
    lock = b"dependencies:\n- {name: redis, version: 1.0.0, repository: 'https://charts.example'}\n"
    files = {**CHART, "chart/Chart.yaml": CHART["chart/Chart.yaml"] + lock, "chart/Chart.lock": lock}
    with pytest.raises(UsageError, match="needs charts") as caught:
        ToolRenderer(only("helm", tmp_path)).render(MemoryTree(files), RenderRequest("o", HELM))
    assert "helm dependency build chart" in caught.value.hint
    assert "redis" in caught.value.why


@needs("helm")
def test_vendored_charts_are_rendered_and_listed(tmp_path: Path) -> None:
    files = {
        **CHART,
        "chart/charts/sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 0.1.0\n",
        "chart/charts/sub/templates/x.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\n",
    }
    got = ToolRenderer(only("helm", tmp_path)).render(MemoryTree(files), RenderRequest("o", HELM))
    assert b"# Source: web/charts/sub/templates/x.yaml" in got.files["o/manifests.yaml"]
    assert [chart.path for chart in got.charts] == ["chart", "chart/charts/sub"]


@needs("helm")
def test_helm_says_no_in_its_own_words_without_our_paths(tmp_path: Path) -> None:
    files = {**CHART, "chart/templates/bad.yaml": b'{{ fail "password: hunter2 is wrong" }}\n'}
    with pytest.raises(CheckError, match="could not render the chart chart") as caught:
        ToolRenderer(only("helm", tmp_path)).render(MemoryTree(files), RenderRequest("o", HELM))
    assert "bad.yaml" in caught.value.why
    assert "hunter2" not in str(caught.value)
    assert "gitless-render" not in str(caught.value)
