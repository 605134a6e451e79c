"""The environments of uv and of the core: without what an image, a home folder or the workspace could slip in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_NEUTRALISED = ("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV", "CONDA_", "PIPX_", "POETRY_", "PDM_")
_NETWORK = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_SYSTEM = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TMPDIR", "TEMP", "TMP", "LANG")
INPUT = "GITLESS_INPUT_"
INDEX_URL = f"{INPUT}INDEX_URL"
WHEELHOUSE = f"{INPUT}WHEELHOUSE"


def for_installer(env: Mapping[str, str], home: Path) -> dict[str, str]:
    """What uv sees: the network's settings, the system's needs, an empty home, and no configuration of anybody."""
    kept = {*_NETWORK, *_SYSTEM, *_PROXIES, *(name.lower() for name in _PROXIES)}
    index = env.get(INDEX_URL, "").strip()
    return {
        **{name: value for name, value in env.items() if name in kept},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "NETRC": os.devnull,
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(home / "cache"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_KEYRING_PROVIDER": "disabled",
        "UV_SYSTEM_CERTS": "1",
        "UV_NO_PROGRESS": "1",
        "NO_COLOR": "1",
        # not on the command line, which everybody on the machine can read
        **({"UV_DEFAULT_INDEX": index} if index else {}),
    }


def for_core(env: Mapping[str, str]) -> dict[str, str]:
    """What the core and its children see: the job's environment, without Python's, pip's and uv's settings.

    PATH keeps absolute entries only: a relative one would find programs in the checkout.
    """
    kept = {
        name: value
        for name, value in env.items()
        if not name.upper().startswith(_NEUTRALISED) and name not in (INDEX_URL, WHEELHOUSE)
    }
    kept["PATH"] = os.pathsep.join(entry for entry in env.get("PATH", "").split(os.pathsep) if os.path.isabs(entry))
    if os.name == "nt":
        kept["NoDefaultCurrentDirectoryInExePath"] = "1"
    return kept


def libc() -> str:
    """`glibc`, or `other`: musl and whatever has none of this name."""
    try:
        return "glibc" if (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc") else "other"
    except (AttributeError, ValueError, OSError):
        return "other"
