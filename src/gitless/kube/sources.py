"""Names of charts, artifacts and Git trees outside a component, as Flux and kustomize write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from gitless.errors import UsageError
from gitless.kube.findings import Gap
from gitless.model.reference import Location

SourceKind = Literal["chart", "artifact", "git"]
_MAX_URL = 1024
_EXACT = re.compile(
    r"v?(?:0|[1-9][0-9]{0,9})(?:\.(?:0|[1-9][0-9]{0,9})){2}(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?"
)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,254}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_WEB_PATH = re.compile(r"[A-Za-z0-9._~/+-]{0,512}")
_SCP = re.compile(r"(?:[a-z]{1,16}@)?(?P<host>[A-Za-z0-9.-]{1,253}):(?P<path>[A-Za-z0-9._~/-]{1,512})")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, order=True, slots=True)
class SourceReference:
    """A chart, another artifact or a Git tree that something refers to.

    Attributes:
        kind: `chart`, `artifact` (any other OCI artifact) or `git`.
        name: The chart's name or the last part of the URL's path.
        url: Where it is: `oci://…`, `https://…` or `ssh://…`, without credentials, query and fragment.
        version: The exact version that is named; empty for ranges and tags that move.
        tag: The OCI tag or Git ref that is named; empty when there is none.
        digest: `sha256:<hex>` or the commit's 40 digits; empty when it is not pinned.
    """

    kind: SourceKind
    name: str
    url: str
    version: str = ""
    tag: str = ""
    digest: str = ""


@dataclass(frozen=True, order=True, slots=True)
class SourceUse:
    """One place that refers to a source.

    Attributes:
        source: What it refers to.
        path: The file.
        pointer: JSON pointer into the document.
        object: `version/kind/namespace/name` of the object.
    """

    source: SourceReference
    path: str
    pointer: str
    object: str = ""


@dataclass(frozen=True, slots=True)
class SourceScan:
    """What a finder of sources says."""

    uses: tuple[SourceUse, ...]
    gaps: tuple[Gap, ...]


def exact_version(text: str) -> str:
    """The text if it is one SemVer version; empty for ranges and anything else."""
    return text if len(text) < 200 and _EXACT.fullmatch(text) else ""


def plain_ref(text: str) -> str:
    """The text if it is a plain tag or ref name; empty for anything else."""
    return text if len(text) < 256 and _PLAIN.fullmatch(text) else ""


def plain_name(text: str) -> str:
    """The text if it can be the name of a chart; empty for anything else."""
    return text if len(text) < 129 and _NAME.fullmatch(text) else ""


def is_commit(text: str) -> bool:
    """Whether the text is a whole Git commit id."""
    return len(text) == 40 and bool(_COMMIT.fullmatch(text))


def clean_url(text: str) -> str:
    """Reduce a URL to scheme, host and path.

    Returns:
        Empty where it is no `oci`, `http`, `https`, `ssh` or `git@host:path` URL of plain characters. User names,
        passwords, queries and fragments are dropped, so that no token inside a URL goes any further.
    """
    if not text or len(text) > _MAX_URL or not text.isascii() or not text.isprintable():
        return ""
    scp = _SCP.fullmatch(text)
    if scp and "://" not in text:
        return f"ssh://{scp['host']}/{scp['path'].lstrip('/')}"
    if text.startswith("oci://"):
        return _oci_url(text)
    return _web_url(text)


def url_ref(text: str) -> str:
    """The `ref` or `version` that a kustomize URL asks for; empty when there is none."""
    if len(text) > _MAX_URL or "?" not in text:
        return ""
    query = parse_qs(text.partition("?")[2].partition("#")[0])
    return plain_ref((query.get("ref") or query.get("version") or [""])[0])


def last_part(url: str) -> str:
    """The last part of a URL's path, without `.git`."""
    return url.rstrip("/").rpartition("/")[2].removesuffix(".git")


def _oci_url(text: str) -> str:
    try:
        return f"oci://{Location.parse(text.removeprefix('oci://').rstrip('/'))}"
    except UsageError:
        return ""


def _web_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https", "ssh") or not _NAME.fullmatch(host):
        return ""
    if not _WEB_PATH.fullmatch(parts.path):
        return ""
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
