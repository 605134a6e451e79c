"""The core's environment: which set of packages a verb needs, made once for a job, and the step into it."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.commands import BootstrapError, mask
from bootstrap.place import Place
from bootstrap.surroundings import for_core, index_url, libc, wheelhouse

if TYPE_CHECKING:
    from bootstrap.origin import Origin

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements"
SETS = ("report", "publish", "platform")
"""The locked sets, each holding all of the ones before it."""
NEEDS = {
    "publish": "publish",
    "verify": "report",
    "inspect": "report",
    "identity": "report",
    "history": "report",
    "audit": "report",
}
"""What a verb needs, where that is not the largest set."""


def prepare(verb: str, env: Mapping[str, str]) -> tuple[dict[str, str], Path]:
    """Make the environment a verb needs, if no step of this job has made it.

    Args:
        verb: The verb.
        env: The job's environment.

    Returns:
        The environment variables of the core, and the folder with its packages.

    Raises:
        BootstrapError: It cannot be made.
    """
    place = Place.open(env)
    needed = NEEDS.get(verb, SETS[-1])
    for larger in SETS[SETS.index(needed) :]:
        site = place.root / _name(larger)
        if site.is_dir():
            break
    else:
        site = _make(place, needed, env)
    return for_core(env), site


def become(site: Path, arguments: list[str], env: dict[str, str]) -> None:
    """Run the core in this very process, which is isolated already: another one would only cost its start."""
    from bootstrap.launch import launch

    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = ["gitless", *arguments]
    launch(str(site))


def _make(place: Place, needed: str, env: Mapping[str, str]) -> Path:
    # a later step of the job finds the folder and needs none of these
    import tempfile

    from bootstrap.installer import fetch_uv, install, pinned

    with tempfile.TemporaryDirectory(prefix=".wheels-", dir=place.root) as unpacked:
        origin = find_origin(env, Path(unpacked))
        pin = (REQUIREMENTS / "uv.txt").read_text(encoding="ascii")
        name = f"uv-{pinned(pin)[0]}-{_digest(pin.encode(), _machine())}"
        uv = place.once(name, lambda target: fetch_uv(origin, pin, target))
        requirements = REQUIREMENTS / f"{needed}.txt"
        return place.once(_name(needed), lambda target: install(uv, requirements, target, place.root, origin, env))


def find_origin(env: Mapping[str, str], unpacked: Path) -> Origin:
    """Where packages come from: the wheelhouse, else the given index, else PyPI.

    Raises:
        BootstrapError: One of the inputs is wrong.
    """
    from urllib.parse import unquote, urlsplit

    from bootstrap.origin import DEFAULT_INDEX, Index, Wheelhouse

    folder, index = wheelhouse(env), index_url(env)
    if folder:
        return Wheelhouse.open(folder, unpacked)
    if index:
        password = urlsplit(index).password or ""
        for form in sorted({password, unquote(password)}):
            mask(form, env)
    return Index.parse(index or DEFAULT_INDEX)


def _name(need: str) -> str:
    """The folder of a set; its name says all that decides what is in it."""
    try:
        content = (REQUIREMENTS / f"{need}.txt").read_bytes()
    except OSError as error:
        raise BootstrapError(f"There is no locked set {need!r}.", why=str(error), exit_code=4) from error
    return f"{need}-{_digest(content, _machine())}"


def _machine() -> bytes:
    machine = os.environ.get("PROCESSOR_ARCHITECTURE", "") if os.name == "nt" else os.uname().machine
    python = f"{sys.implementation.cache_tag}{getattr(sys, 'abiflags', '')} {sys.maxsize:x}"
    return f"{python} {sys.platform} {machine} {libc()}".encode()


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
