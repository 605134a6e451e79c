"""gitless.yaml as a whole: the sections, what holds between them, and the JSON Schema for editors."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from gitless.config.base import ChannelName, Registry, Section, Text, ToolVersion
from gitless.config.channels import Channel
from gitless.config.rendering import ComponentEntry
from gitless.config.trust import Identities, Signing
from gitless.model.waiver import Waiver

SCHEMA_FILE = "gitless.schema.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Tools(Section):
    """Renderer versions: what renders decides bytes, so another version is refused."""

    helm: ToolVersion | None = Field(default=None, description="Version of helm.")
    kustomize: ToolVersion | None = Field(
        default=None, description="Version of kustomize, also where kubectl brings it."
    )


class WaiverEntry(Section):
    """A reviewed exception from one check."""

    rule: Text = Field(description="The rule, such as plaintext-secret.")
    object: Text = Field(description="apiVersion/Kind/namespace/name of the object, or the path of a file.")
    reason: Text = Field(description="Why it is allowed; recorded in provenance.")
    until: date | None = Field(default=None, description="The last day it holds.")

    def to_waiver(self) -> Waiver:
        """The waiver as the checks take it."""
        return Waiver(self.rule, self.object, self.reason, self.until)


class Party(Section):
    """An organisation or a team."""

    name: Text = Field(description="Its name.")
    email: Text | None = Field(default=None, description="An address.")
    url: Text | None = Field(default=None, description="A web address.")


class Sbom(Section):
    """What only the owner can say about the SBOM."""

    profile: Literal["deployment", "delivery"] = Field(
        default="deployment", description="deployment also lists the charts and images the artifact names."
    )
    supplier: Party | None = Field(default=None, description="Who supplies the configuration.")
    author: Party | None = Field(default=None, description="The team that answers for the document.")
    license: Text | None = Field(default=None, description="SPDX id or expression of the configuration itself.")
    data_license: Text | None = Field(default=None, description="Licence of the SBOM document, such as CC0-1.0.")
    publishers: dict[Text, Party] = Field(
        default={}, description="Who publishes images, by the beginning of their name."
    )
    accept_declared_licenses: bool = Field(
        default=False, description="Let licences that charts declare count as concluded."
    )


class Config(Section):
    """Everything gitless.yaml says, checked."""

    version: Literal[1] = Field(description="Version of this format.")
    registry: Registry | None = Field(
        default=None, description="Component X goes to <registry>/X; oci-layout:DIR puts it into the layout DIR/X."
    )
    components: tuple[ComponentEntry, ...] = Field(default=(), description="Folders that become artifacts.")
    tools: Tools = Field(default=Tools(), description="Renderer versions.")
    media_type: Literal["flux", "argocd"] = Field(default="flux", description="Media type of the layer.")
    waivers: tuple[WaiverEntry, ...] = Field(default=(), description="Reviewed exceptions from checks.")
    channels: dict[ChannelName, Channel] = Field(default={}, description="Tags that move under rules.")
    identities: Identities = Field(default=Identities(), description="Who may sign what.")
    signing: Signing | None = Field(default=None, description="How evidence is signed.")
    sbom: Sbom = Field(default=Sbom(), description="The SBOM: profile, parties, licences.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, channel in self.channels.items():
            if channel.source == name:
                raise ValueError(f"channels.{name}.from names the channel itself")
            if channel.source and channel.source not in self.channels:
                raise ValueError(f"channels.{name}.from names no channel of this file")
        lines = [(entry.rule, entry.object) for entry in self.waivers]
        if len(set(lines)) != len(lines):
            raise ValueError("two waivers have the same rule and object")
        self._check_publisher()
        return self

    def _check_publisher(self) -> None:
        method, publisher = self.signing.method if self.signing else None, self.identities.publish
        if method == "key" and publisher and not publisher.key:
            raise ValueError("identities.publish is a workflow or pipeline, and signing.method is key")
        if method == "keyless" and publisher and publisher.key:
            raise ValueError("identities.publish is a key, and signing.method is keyless")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of gitless.yaml (draft 2020-12), as shipped in gitless.schema.json."""
    schema = Config.model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, "title": "gitless.yaml", **{key: schema[key] for key in schema if key != "title"}}
