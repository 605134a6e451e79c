"""The web address of a Git remote: https, and never a credential or a path of this machine."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?P<path>[^/:\s][^\s]*)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9a-fA-F:]{2,45}")
_PATH = re.compile(r"[A-Za-z0-9._~%+@/-]{1,1024}")


def public_url(remote: str) -> str | None:
    """Rewrite a remote URL for annotations and evidence.

    `git@host:o/r.git`, `ssh://git@host:22/o/r.git`, `git://host/o/r` and `https://token@host/o/r.git` all become
    `https://host/o/r`; a port is kept only where it belongs to http or https. Plain http stays http.

    Args:
        remote: What the remote's configuration says.

    Returns:
        The URL; None for local paths, file URLs and anything that is not plainly a host with a path.
    """
    scp = _SCP.fullmatch(remote) if "://" not in remote else None
    if scp:
        return _build("https", scp["host"], None, scp["path"])
    try:
        parts = urlsplit(remote)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "ssh", "git", "git+ssh"):
        return None
    is_web = parts.scheme in ("http", "https")
    return _build(parts.scheme if is_web else "https", parts.hostname or "", port if is_web else None, parts.path)


def _build(scheme: str, host: str, port: int | None, path: str) -> str | None:
    path = path.strip("/").removesuffix(".git").strip("/")
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(path) or ".." in path.split("/"):
        return None
    place = f"[{host}]" if ":" in host else host.lower()
    return f"{scheme}://{place}{f':{port}' if port else ''}/{path}"
