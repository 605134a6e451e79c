"""Build the foreign programs that the tests run against: `build.py SET…`; sets are peers, cluster, bench and faces.

What is there already, from the same inputs, is not built again. Needs Go and, for Debian's packages, root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.peers.recipes import DEBIAN, RECIPES, Recipe, due, folder, missing, program

GO = (1, 26)


def _environment(root: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOBIN": str(root / "bin"),
        "GOFLAGS": "-buildvcs=false -mod=readonly",
        "GOWORK": "off",
    }


def _check_go() -> None:
    """Stop with a plain sentence when Go is missing or too old.

    Raises:
        SystemExit: There is no Go of at least the wanted version.
    """
    wanted = ".".join(map(str, GO))
    if shutil.which("go") is None:
        sys.exit(f"peers: Go is not installed. The peers are built from source: install Go >= {wanted}.")
    version = subprocess.run(["go", "env", "GOVERSION"], env=_environment(folder()), capture_output=True, text=True)
    found = tuple(int(part) for part in version.stdout.strip().removeprefix("go").split(".")[:2] if part.isdigit())
    if found < GO:
        sys.exit(f"peers: Go {version.stdout.strip()} is too old: install Go >= {wanted}.")


def _install(recipe: Recipe, root: Path) -> None:
    flags = ["-ldflags", recipe.ldflags, "-trimpath"] if recipe.ldflags else []
    # A module of ours outside its folder would take the versions of whatever go.mod is above it.
    where = recipe.folder or root
    subprocess.run(["go", "install", *flags, recipe.package], cwd=where, env=_environment(root), check=True)
    if recipe.built_as:
        (root / "bin" / recipe.built_as).replace(root / "bin" / recipe.binaries[0])
    if recipe.crds:
        _copy_crds(recipe, root)


def _copy_crds(recipe: Recipe, root: Path) -> None:
    command = ["go", "list", "-m", "-f", "{{.Dir}}", recipe.crds]
    listed = subprocess.run(
        command, cwd=recipe.folder, env=_environment(root), check=True, capture_output=True, text=True
    )
    target = root / "crds" / recipe.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in sorted((Path(listed.stdout.strip()) / "config/crd/bases").glob("*.yaml")):
        target.joinpath(path.name).write_bytes(path.read_bytes())


def _build(recipe: Recipe, root: Path) -> None:
    begun = time.monotonic()
    print(f"peers: building {recipe.name} ({recipe.package})", flush=True)
    for attempt in range(3):
        try:
            _install(recipe, root)
            break
        except subprocess.CalledProcessError:
            # The module proxy sometimes drops a download; the modules fetched so far are kept.
            if attempt == 2:
                sys.exit(f"peers: {recipe.name} could not be built: see Go's message above.")
    (root / "stamps" / recipe.name).write_text(recipe.key())
    print(f"peers: {recipe.name} built in {time.monotonic() - begun:.0f} s", flush=True)


def _install_debian(wanted: str) -> None:
    packages = [package for name, package in DEBIAN[wanted].items() if program(name) is None]
    if not packages:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"peers: missing {', '.join(packages)}: run `apt-get install {' '.join(packages)}` as root.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def main(sets: list[str]) -> None:
    """Build what is due in the named sets."""
    if not sets or not set(sets) <= set(DEBIAN):
        sys.exit(f"usage: build.py {' | '.join(DEBIAN)} …")
    root = folder()
    for name in ("bin", "stamps"):
        (root / name).mkdir(parents=True, exist_ok=True)
    todo = [recipe for recipe in RECIPES if recipe.set in sets and due(recipe, root)]
    if todo:
        _check_go()
    for recipe in todo:
        _build(recipe, root)
    for wanted in sets:
        _install_debian(wanted)
        if missing(wanted, root):
            sys.exit(f"peers: still missing: {', '.join(missing(wanted, root))}")
    print(f"peers: {', '.join(sets)} ready in {root}")


if __name__ == "__main__":
    main(sys.argv[1:])
