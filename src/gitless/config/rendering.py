"""The `components:` section: which folders become artifacts, and what is rendered for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from gitless.config.base import KubernetesVersion, Name, RelativePath, Section, Text, check_path
from gitless.model.rendering import HelmSource, KustomizeSource, RenderRequest


def _check_output(text: str) -> str:
    if check_path(text) == ".":
        raise ValueError("must name a folder in the artifact")
    return text


class HelmRender(Section):
    """A chart in the component's folder."""

    chart: RelativePath = Field(description="Folder of the chart, relative to the component's folder.")
    release: Text = Field(description="Release name.")
    namespace: Text = Field(description="Release namespace.")
    values: tuple[RelativePath, ...] = Field(
        default=(), description="Values files, relative to the component's folder; a later one wins."
    )


class RenderEntry(Section):
    """One output of a component: a folder in its artifact."""

    output: Annotated[RelativePath, AfterValidator(_check_output)] = Field(
        description="Folder in the artifact that receives what the renderer prints."
    )
    helm: HelmRender | None = Field(default=None, description="Render a Helm chart.")
    kustomize: RelativePath | None = Field(
        default=None, description="Build the kustomization in this folder, relative to the component's folder."
    )
    kubernetes: KubernetesVersion | None = Field(
        default=None, description="Kubernetes version the chart's templates see. Required with helm."
    )
    api_versions: tuple[Text, ...] = Field(default=(), description="API versions the chart's templates see as well.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.helm is None) == (self.kustomize is None):
            raise ValueError("needs exactly one of helm and kustomize")
        if self.helm and self.kubernetes is None:
            raise ValueError("helm needs kubernetes: \"1.34\" beside it, since Helm's own default is its build's")
        if self.kustomize and (self.kubernetes or self.api_versions):
            raise ValueError("kubernetes and api-versions belong to helm")
        return self

    def to_request(self) -> RenderRequest:
        """The request as the render room takes it."""
        if self.helm is None:
            return RenderRequest(self.output, KustomizeSource(self.kustomize or "."))
        chart = self.helm
        source = HelmSource(
            chart.chart, chart.release, chart.namespace, self.kubernetes or "", chart.values, self.api_versions
        )
        return RenderRequest(self.output, source)


class ComponentEntry(Section):
    """A folder that becomes an artifact, or a pattern such as `components/*` for many."""

    name: Name | None = Field(
        default=None, description="Name of the component; the folder's own name if it is left out."
    )
    path: RelativePath = Field(
        description="Folder in the repository. A last part of `*` makes every folder there a component."
    )
    render: tuple[RenderEntry, ...] = Field(
        default=(), description="What is rendered here. Empty: the folder as it is."
    )
    ignore: tuple[Text, ...] = Field(
        default=(), description="Patterns in .gitignore form that stay out of the artifact."
    )

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for many folders."""
        return self.path == "*" or self.path.endswith("/*")

    @model_validator(mode="after")
    def _check(self) -> Self:
        fixed = self.path.removesuffix("*") if self.is_pattern else self.path
        if any(character in fixed for character in "*?["):
            raise ValueError("a pattern may only be * as the last part of path")
        if self.is_pattern and self.name:
            raise ValueError("a pattern cannot have a name")
        if self.path == "." and not self.name:
            raise ValueError("the repository's root needs a name")
        outputs = [entry.output for entry in self.render]
        if len(set(outputs)) != len(outputs):
            raise ValueError("two render entries have the same output")
        return self
