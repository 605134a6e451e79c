"""Which foreign programs the tests run against, at which versions, and where their binaries are kept.

Everything is a Go module or a Debian package; nothing is downloaded ready-made. A program whose module carries
`replace` lines cannot be installed by `go install MODULE@VERSION`: it has a folder here with a go.mod of its own that
repeats them, and a go.sum.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
KUBERNETES = "1.36.4"
_VERSION = "k8s.io/component-base/version.git"


@dataclass(frozen=True)
class Recipe:
    """How one group of binaries is built.

    Attributes:
        name: The recipe; also its folder here, when it has one.
        set: `peers`, `cluster`, `bench` or `faces`: what it is needed for.
        binaries: What it leaves in the binary folder.
        package: The Go package, with its version or, inside a folder of ours, without.
        ldflags: Flags for the linker.
        crds: The module whose `config/crd/bases` is copied too.
        built_as: What Go names the one binary after its folder, when that says too little.
    """

    name: str
    set: str
    binaries: tuple[str, ...]
    package: str
    ldflags: str = ""
    crds: str = ""
    built_as: str = ""

    @property
    def folder(self) -> Path | None:
        """The folder with this recipe's own go.mod, when it has one."""
        return HERE / self.name if (HERE / self.name / "go.mod").is_file() else None

    def key(self) -> str:
        """A hash over everything that decides what is built: when it differs from the kept one, the recipe is due."""
        parts = [self.package.encode(), self.ldflags.encode(), self.crds.encode()]
        for path in sorted(self.folder.iterdir()) if self.folder else []:
            parts += [path.name.encode(), path.read_bytes()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


RECIPES = (
    Recipe("crane", "peers", ("crane",), "github.com/google/go-containerregistry/cmd/crane@v0.21.9"),
    Recipe("ggcr-registry", "peers", ("ggcr-registry",), "."),
    Recipe("kustomize", "peers", ("kustomize",), "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1"),
    Recipe("registry", "peers", ("registry",), "github.com/distribution/distribution/v3/cmd/registry@v3.1.1"),
    Recipe("helm", "peers", ("helm",), "helm.sh/helm/v3/cmd/helm@v3.22.0"),
    Recipe("cosign", "peers", ("cosign",), "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3"),
    Recipe("fulcio", "peers", ("fulcio",), "github.com/sigstore/fulcio@v1.8.8"),
    Recipe(
        "rekor-tiles",
        "peers",
        ("rekor-posix",),
        "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix@v2.3.0",
        built_as="posix",
    ),
    Recipe(
        "timestamp-authority",
        "peers",
        ("timestamp-server",),
        "github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server@v2.1.3",
    ),
    Recipe("act", "faces", ("act",), "github.com/nektos/act@v0.2.89"),
    Recipe("actionlint", "faces", ("actionlint",), "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"),
    Recipe("syft", "bench", ("syft",), "github.com/anchore/syft/cmd/syft@v1.52.0"),
    Recipe(
        "kube",
        "cluster",
        ("kube-apiserver", "kube-controller-manager"),
        "tool",
        f"-s -w -X {_VERSION}Version=v{KUBERNETES} -X {_VERSION}Major=1 -X {_VERSION}Minor=36",
    ),
    Recipe(
        "source-controller",
        "cluster",
        ("source-controller",),
        "tool",
        "-s -w",
        "github.com/fluxcd/source-controller",
    ),
    Recipe(
        "kustomize-controller",
        "cluster",
        ("kustomize-controller",),
        "tool",
        "-s -w",
        "github.com/fluxcd/kustomize-controller",
    ),
)
DEBIAN = {
    "peers": {"docker-registry": "docker-registry"},
    "cluster": {"etcd": "etcd-server"},
    "bench": {},
    "faces": {"chromium": "chromium"},
}
"""For each set: program -> the Debian package that carries it."""


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where binaries are kept: `GITLESS_CACHE`, in CI the user's cache (it outlives a clone), else the repository."""
    if environ.get("GITLESS_CACHE"):
        return Path(environ["GITLESS_CACHE"]).resolve() / "peers"
    if environ.get("CI"):
        return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitless" / "peers"
    return REPOSITORY / ".cache" / "peers"


def due(recipe: Recipe, root: Path) -> bool:
    """Whether the recipe was never built there, or from other inputs than today's."""
    stamp = root / "stamps" / recipe.name
    built = stamp.is_file() and stamp.read_text() == recipe.key()
    return not built or not all((root / "bin" / name).is_file() for name in recipe.binaries)


def program(name: str, root: Path | None = None) -> Path | None:
    """The path of one peer, ours before the machine's; None when it is not there."""
    own = (root or folder()) / "bin" / name
    if own.is_file():
        return own
    if name not in {program for programs in DEBIAN.values() for program in programs}:
        return None
    found = shutil.which(name)
    return Path(found) if found else None


def missing(wanted: str, root: Path | None = None) -> list[str]:
    """Names of the programs of one set that are not there, or are there in another version than today's."""
    root = root or folder()
    stale = [recipe.name for recipe in RECIPES if recipe.set == wanted and due(recipe, root)]
    return stale + [name for name in DEBIAN[wanted] if program(name, root) is None]
