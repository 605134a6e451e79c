"""Renders one output of a component: copy the tree, run the tool, keep its bytes, say what ran."""

from __future__ import annotations

from collections.abc import Mapping

from gitless.model.rendering import (
    RENDERED_FILE,
    HelmSource,
    KustomizeSource,
    Rendered,
    RenderRequest,
)
from gitless.model.tree import Tree
from gitless.render.chart import used_charts
from gitless.render.command import TIMEOUT_SECONDS
from gitless.render.helm import template_chart
from gitless.render.kustomize import build_kustomization
from gitless.render.snapshot import inside, snapshot
from gitless.render.tools import Toolbox, ToolName


class ToolRenderer:
    """The renderer that runs helm, kustomize or kubectl; safe to call from several threads.

    Args:
        env: The environment; only PATH is read.
        pins: `tools:` of gitless.yaml.
        timeout: Seconds one run of a tool may take.
    """

    def __init__(
        self, env: Mapping[str, str], pins: Mapping[str, str] | None = None, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._tools = Toolbox(env, pins or {})
        self._timeout = timeout

    def has(self, name: ToolName) -> bool:
        """Whether a renderer is installed."""
        return self._tools.has(name)

    def render(self, tree: Tree, request: RenderRequest) -> Rendered:
        """Render one output into `<output>/manifests.yaml`, byte for byte as the tool printed it.

        kustomize-controller makes a kustomization of its own for a folder that has none, so the file stands alone.

        Raises:
            UsageError: The tool is missing or of another version, or the request names what is not in the tree.
            CheckError: The tool ran and said no, too long or too much.
        """
        path = inside(".", f"{request.output}/{RENDERED_FILE}", named_in="`output:`")
        if isinstance(request.source, HelmSource):
            return self._helm(tree, request.source, path)
        return self._kustomize(tree, request.source, path)

    def _helm(self, tree: Tree, source: HelmSource, path: str) -> Rendered:
        tool = self._tools.get("helm")
        with snapshot(tree) as copy:
            charts = used_charts(copy, inside(".", source.chart, named_in="`chart:`"))
            output = template_chart(tool, copy, source, path=self._tools.path, timeout=self._timeout)
        return Rendered({path: output}, (tool.use,), charts)

    def _kustomize(self, tree: Tree, source: KustomizeSource, path: str) -> Rendered:
        tool = self._tools.get("kustomize")
        with snapshot(tree) as copy:
            folder = inside(".", source.path, named_in="`kustomize:`")
            output = build_kustomization(tool, copy, folder, path=self._tools.path, timeout=self._timeout)
        return Rendered({path: output}, (tool.use,))
