"""The environments of uv and of the core: without what an image, a home folder or the workspace could slip in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

_NEUTRALISED = ("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV", "CONDA_", "PIPX_", "POETRY_", "PDM_")
_NETWORK = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_SYSTEM = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TMPDIR", "TEMP", "TMP", "LANG")
_INDEX_URL = ("GITLESS_INPUT_INDEX_URL", "GITLESS_INDEX_URL")
_WHEELHOUSE = ("GITLESS_INPUT_WHEELHOUSE", "GITLESS_WHEELHOUSE")


def index_url(env: Mapping[str, str]) -> str:
    """The package index: the step's input, else what whoever runs the runner has set for all jobs; empty for PyPI."""
    return _first(env, _INDEX_URL)


def wheelhouse(env: Mapping[str, str]) -> str:
    """The folder or zip file of wheels, found in the same order; empty for none."""
    return _first(env, _WHEELHOUSE)


def _first(env: Mapping[str, str], names: Sequence[str]) -> str:
    return next((env[name].strip() for name in names if env.get(name, "").strip()), "")


def for_installer(env: Mapping[str, str], home: Path) -> dict[str, str]:
    """What uv sees: the network's settings, the system's needs, an empty home, and no configuration of anybody."""
    kept = {*_NETWORK, *_SYSTEM, *_PROXIES, *(name.lower() for name in _PROXIES)}
    index = index_url(env)
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
        if not name.upper().startswith(_NEUTRALISED) and name not in (*_INDEX_URL, *_WHEELHOUSE)
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
