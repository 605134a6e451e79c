"""What every section of gitless.yaml shares: strictness, key spelling and the checks of single texts."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gitless.errors import UsageError
from gitless.model.reference import Location

_NAME = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_CHANNEL = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,63}")
_SEMVER = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+([-+_].*)?")
_RESERVED = ("sha256-", "content-", "gitless-")
_DURATION = re.compile(r"([0-9]{1,6}[smhd]){1,4}")
_KUBERNETES = re.compile(r"v?1\.[0-9]{1,3}(\.[0-9]{1,3})?")
_TOOL_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}|[0-9]{1,4}(\.[0-9]{1,4})?\.x")
_SCHEME = re.compile(r"(oci|docker|https?)://")
_REGISTRY_FORM = (
    "must be host/prefix, such as ghcr.io/acme/apps, or oci-layout:DIR, in lower case and without oci://, "
    "https:// or tag"
)
_MAX_TEXT = 4096


def _spell(name: str) -> str:
    return name.replace("_", "-")


class Section(BaseModel):
    """A mapping of gitless.yaml: immutable, of exact types, with no unknown key; `_` in names is `-` in the file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=_spell, defer_build=True, hide_input_in_errors=True
    )


def check_text(text: str) -> str:
    """Return one line of text.

    Raises:
        ValueError: It is empty, very long or holds control characters.
    """
    if not text.strip() or len(text) > _MAX_TEXT or not text.isprintable():
        raise ValueError("must be one line of text, not empty")
    return text


def check_path(text: str) -> str:
    """Return a relative path with `/` that stays inside; `.` alone is the folder itself.

    Raises:
        ValueError: It is absolute, holds `..`, a backslash or a control character, or begins with `-`.
    """
    check_text(text)
    path = text[2:] if text.startswith("./") else text
    path = path.rstrip("/") or "."
    parts = path.split("/")
    if text.startswith("/") or "\\" in path or (path != "." and any(part in ("", ".", "..") for part in parts)):
        raise ValueError("must be a relative path that stays inside its folder")
    if path.startswith("-"):
        raise ValueError("must not begin with '-'")
    return path


def check_name(text: str) -> str:
    """Return a component's name: one part of a repository name (distribution-spec 1.1).

    Raises:
        ValueError: It is anything else.
    """
    if not _NAME.fullmatch(text) or len(text) > 128:
        raise ValueError("must be lower-case letters and digits, with '.', '_' or '-' between them")
    return text


def check_channel(text: str) -> str:
    """Return a channel's name.

    Raises:
        ValueError: It is no tag of at most 64 characters, a version, or a prefix that gitless keeps for itself.
    """
    if not _CHANNEL.fullmatch(text):
        raise ValueError("a channel has at most 64 letters, digits, '.', '_' and '-'")
    if _SEMVER.fullmatch(text) or text.startswith(_RESERVED):
        raise ValueError("this name is reserved: versions, sha256-*, content-* and gitless-* are no channels")
    return text


def check_registry(text: str) -> str:
    """Return `host[:port]/prefix` or `oci-layout:DIR`.

    Raises:
        ValueError: It is anything else.
    """
    try:
        Location.parse(text)
    except UsageError as error:
        meant = _meant(text)
        raise ValueError(f"{_REGISTRY_FORM}{f'; did you mean {meant}?' if meant else ''}") from error
    return text


def _meant(text: str) -> str:
    """The place that a text with a scheme, a tag or upper-case letters means; empty where there is none."""
    name = _SCHEME.sub("", text).partition("@")[0].rstrip("/")
    head, colon, tag = name.rpartition(":")
    meant = (head if colon and "/" not in tag else name).lower()
    try:
        return str(Location.parse(meant))
    except UsageError:
        return ""


def _matching(pattern: re.Pattern[str], message: str) -> AfterValidator:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(message)
        return text

    return AfterValidator(check)


def _shape(pattern: re.Pattern[str]) -> Any:
    return Field(json_schema_extra={"pattern": f"^({pattern.pattern})$"})


Text = Annotated[str, AfterValidator(check_text), Field(json_schema_extra={"minLength": 1})]
RelativePath = Annotated[str, AfterValidator(check_path), Field(json_schema_extra={"minLength": 1})]
Name = Annotated[str, AfterValidator(check_name), _shape(_NAME)]
ChannelName = Annotated[str, AfterValidator(check_channel), _shape(_CHANNEL)]
Registry = Annotated[str, AfterValidator(check_registry), Field(json_schema_extra={"minLength": 3})]
Duration = Annotated[str, _matching(_DURATION, "must be a duration such as 30m, 2h or 1d12h"), _shape(_DURATION)]
KubernetesVersion = Annotated[
    str, _matching(_KUBERNETES, 'must be a Kubernetes version such as "1.34"'), _shape(_KUBERNETES)
]
ToolVersion = Annotated[
    str, _matching(_TOOL_VERSION, 'must be a version such as "3.22.1", or 3.22.x for any patch'), _shape(_TOOL_VERSION)
]
