from __future__ import annotations

import hashlib
import io
import tarfile

import pytest

from gitless.errors import UsageError
from gitless.model.rendering import ChartUse, HelmSource, ToolUse
from gitless.model.tree import MemoryTree
from gitless.render.chart import used_charts
from gitless.render.helm import template_chart
from gitless.render.snapshot import snapshot
from gitless.render.tools import Tool

CHART = b"name: web\nversion: 1.2.3\n"
NO_HELM = Tool(("/nonexistent/helm", "template"), ToolUse("helm", "3.22.0", "helm", "0" * 64))


def packed(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def charts(files: dict[str, bytes], chart: str = "chart") -> tuple[ChartUse, ...]:
    with snapshot(MemoryTree(files)) as copy:
        return used_charts(copy, chart)


def test_chart_and_vendored_charts_are_listed() -> None:
    archive = packed(("redis/Chart.yaml", b"name: redis\nversion: 9.0.0\nappVersion: 7\n"))
    found = charts(
        {
            "chart/Chart.yaml": CHART,
            "chart/charts/sub/Chart.yaml": b"name: sub\nversion: 0.1.0\n",
            "chart/charts/redis-9.0.0.tgz": archive,
            "chart/templates/Chart.yaml": b"no chart",
            "chart/charts/sub/files/Chart.yaml": b"no chart",
            "other/Chart.yaml": b"elsewhere",
        }
    )
    assert [(use.path, use.name, use.version, use.app_version) for use in found] == [
        ("chart", "web", "1.2.3", ""),
        ("chart/charts/redis-9.0.0.tgz", "redis", "9.0.0", "7"),
        ("chart/charts/sub", "sub", "0.1.0", ""),
    ]
    assert found[1].sha256 == hashlib.sha256(archive).hexdigest()


def test_the_digest_of_a_folder_is_that_of_its_sorted_list() -> None:
    content = hashlib.sha256(CHART).hexdigest()
    expected = hashlib.sha256(f'[["Chart.yaml","{content}"]]'.encode()).hexdigest()
    assert charts({"Chart.yaml": CHART}, ".")[0].sha256 == expected
    assert charts({"chart/Chart.yaml": CHART})[0].sha256 == expected
    assert charts({"chart/Chart.yaml": CHART, "chart/x": b""})[0].sha256 != expected


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"name: web\n", b"version: 1\n", b"name: [a]\nversion: 1\n", b"name: true\nversion: 1\n"]
)
def test_a_chart_without_name_or_version_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError, match="no name or no version"):
        charts({"chart/Chart.yaml": content})


def test_a_chart_file_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="longer than"):
        charts({"chart/Chart.yaml": b"#" * (1024 * 1024 + 1)})


def test_a_folder_without_chart_file_is_no_chart() -> None:
    with pytest.raises(UsageError, match="is no Helm chart"):
        charts({"chart/values.yaml": b""})


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"not gzip",
        packed(("redis/Chart.yaml", CHART))[:40],
        packed(("redis/values.yaml", b"")),
        packed(("Chart.yaml", CHART)),
        packed(("redis/big", bytes(65 * 1024 * 1024)), ("redis/Chart.yaml", CHART)),
        packed(*((f"redis/{number}", b"") for number in range(10_002)), ("redis/Chart.yaml", CHART)),
    ],
    ids=["empty", "not-gzip", "cut-off", "no-chart-file", "not-in-a-folder", "bomb", "endless"],
)
def test_hostile_archives_are_refused_by_name(archive: bytes) -> None:
    with pytest.raises(UsageError, match=r"a\.tgz is not a readable chart archive"):
        charts({"chart/Chart.yaml": CHART, "chart/charts/a.tgz": archive})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("release", "-f"),
        ("release", "Web"),
        ("namespace", "a b"),
        ("kube_version", "latest"),
        ("kube_version", "1.34 --validate"),
        ("api_versions", ("a/v1,b/v1",)),
        ("api_versions", ("x y",)),
        ("values", ("../outside.yaml",)),
        ("values", ("https://example.com/values.yaml",)),
        ("values", ("missing.yaml",)),
        ("chart", "../chart"),
    ],
)
def test_helm_is_not_started_with_a_hostile_request(field: str, value: object) -> None:
    plain = {"chart": "chart", "release": "web", "namespace": "web", "kube_version": "1.34"}
    source = HelmSource(**{**plain, field: value})  # type: ignore[arg-type]
    with snapshot(MemoryTree({"chart/Chart.yaml": CHART})) as copy, pytest.raises(UsageError) as caught:
        template_chart(NO_HELM, copy, source, path="/usr/bin", timeout=5)
    assert "could not be started" not in caught.value.what
