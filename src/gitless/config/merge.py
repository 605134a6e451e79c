"""One configuration from the file, the environment and the command line: the later of them wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gitless.config.parse import validate
from gitless.config.schema import Config
from gitless.errors import UsageError

ENVIRONMENT = {
    "registry": "GITLESS_REGISTRY",
    "channel": "GITLESS_CHANNEL",
    "media_type": "GITLESS_MEDIA_TYPE",
    "signing_key": "GITLESS_SIGNING_KEY",
    "path": "GITLESS_PATH",
    "name": "GITLESS_NAME",
}


@dataclass(frozen=True, slots=True)
class Overrides:
    """What stands above the file; None leaves the lower level's value.

    Attributes:
        registry: `host[:port]/prefix` or `oci-layout:DIR`.
        channel: The channel publish moves.
        media_type: `flux` or `argocd`.
        signing_key: A private key's file, or `env://VARIABLE`; never the key itself.
        path: The folder of a single component.
        name: The name of a single component.
    """

    registry: str | None = None
    channel: str | None = None
    media_type: str | None = None
    signing_key: str | None = None
    path: str | None = None
    name: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Overrides:
        """Read the GITLESS_* variables; an empty one counts as unset, as CI systems pass absent inputs."""
        return cls(**{field: environment.get(variable) or None for field, variable in ENVIRONMENT.items()})

    def over(self, lower: Overrides) -> Overrides:
        """These values, and `lower`'s where there is none here."""
        values: dict[str, str | None] = {}
        for field in fields(self):
            own = getattr(self, field.name)
            values[field.name] = own if own is not None else getattr(lower, field.name)
        return Overrides(**values)


def merge(config: Config | None, overrides: Overrides) -> Config:
    """Put the overrides over the file's configuration, or make one without any file.

    A path makes this one component the only one; a name without a path selects, and changes nothing here.

    Raises:
        UsageError: A value breaks the grammar of its key, or there is neither a file nor a path.
    """
    if config is None:
        return from_flags(overrides)
    document = _to_document(config)
    _put(document, overrides)
    return validate(document, "The configuration with its overrides")


def from_flags(overrides: Overrides) -> Config:
    """The configuration of a single component that no file describes.

    Raises:
        UsageError: There is no path, or a value breaks the grammar of its key.
    """
    if not overrides.path:
        raise UsageError(
            "There is no gitless.yaml and no --path.",
            hint="Write gitless.yaml at the repository's root:\nversion: 1\nregistry: ghcr.io/OWNER/REPOSITORY\n"
            "components:\n  - path: FOLDER\nOr give --path DIR --name NAME --registry REGISTRY.",
        )
    document: dict[str, Any] = {"version": 1}
    _put(document, overrides)
    return validate(document, "The command line")


def _put(document: dict[str, Any], overrides: Overrides) -> None:
    if overrides.registry is not None:
        document["registry"] = overrides.registry
    if overrides.media_type is not None:
        document["media-type"] = overrides.media_type
    if overrides.signing_key is not None:
        document["signing"] = {**(document.get("signing") or {}), "method": "key", "key": overrides.signing_key}
    if overrides.path is not None:
        name = {"name": overrides.name} if overrides.name else {}
        document["components"] = [{"path": overrides.path, **name}]


def _to_document(config: Config) -> dict[str, Any]:
    return config.model_dump(mode="json", by_alias=True, exclude_unset=True)
