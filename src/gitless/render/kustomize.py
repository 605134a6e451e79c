"""Builds a kustomization with `kustomize build` or `kubectl kustomize`."""

from __future__ import annotations

from gitless.errors import CheckError
from gitless.model.redaction import redact
from gitless.render.command import clean_environment, run
from gitless.render.kustomization import judge
from gitless.render.snapshot import Snapshot
from gitless.render.tools import Tool

# never passed: --enable-helm, --enable-alpha-plugins, --enable-exec, --network, --env, --mount
_OPEN = "--load-restrictor=LoadRestrictionsNone"
_CLOSED = "--load-restrictor=LoadRestrictionsRootOnly"


def build_kustomization(tool: Tool, snapshot: Snapshot, folder: str, *, path: str, timeout: float) -> bytes:
    """Build one kustomization; returns what kustomize printed, byte for byte.

    Files are loaded as Flux loads them, from anywhere in the artifact (`LoadRestrictionsNone`), once every path was
    seen to lie in the tree. Where that cannot be seen, kustomize's own restriction to the kustomization's folder holds.

    Args:
        tool: kustomize, or kubectl.
        snapshot: The component's tree.
        folder: The kustomization's folder, as `inside` returned it.
        path: Value of PATH.
        timeout: Seconds.

    Raises:
        UsageError: The kustomization names what is remote, outside or missing.
        CheckError: kustomize said no; its message is in `why`, redacted.
    """
    judged = judge(snapshot, folder)
    done = run(
        (*tool.argv, _OPEN if judged.confined else _CLOSED, str(snapshot.root / folder)),
        folder=snapshot.home,
        environment=clean_environment(path, snapshot.home),
        timeout=timeout,
    )
    if done.status:
        raise CheckError(
            f"{tool.use.program} could not build the kustomization in {folder!r}.",
            why=snapshot.message(done.messages) or f"It ended with status {done.status} and said nothing.",
            hint=f"Repeat it with: {' '.join((tool.use.program, *tool.argv[1:]))} {redact(folder, 200)}",
        )
    return done.output
