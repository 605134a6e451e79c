"""Renders a local chart with `helm template`, Helm 3 and Helm 4 alike, without cluster, network or plugins."""

from __future__ import annotations

import re

from gitless.errors import CheckError, UsageError
from gitless.model.rendering import HelmSource
from gitless.render.command import clean_environment, run
from gitless.render.snapshot import Snapshot, inside
from gitless.render.tools import Tool

_RELEASE = re.compile(r"[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_KUBE_VERSION = re.compile(r"v?1\.[0-9]{1,3}(\.[0-9]{1,3})?")
_API_VERSION = re.compile(r"[A-Za-z0-9.-]{1,253}(/[A-Za-z0-9.-]{1,63}){0,2}")
_DEPENDENCIES = "missing in charts/"


def template_chart(tool: Tool, snapshot: Snapshot, source: HelmSource, *, path: str, timeout: float) -> bytes:
    """Render one chart; returns what Helm printed, byte for byte.

    CRDs are included, since Flux applies the artifact and not Helm. Test hooks are left out (`--skip-tests`): outside
    of `helm test` they would be applied like any other object. Other hooks stay, as objects.
    Never passed: --validate, --dry-run=server, --enable-dns, --post-renderer, --dependency-update.

    Args:
        tool: helm.
        snapshot: The component's tree.
        source: What to render.
        path: Value of PATH.
        timeout: Seconds.

    Raises:
        UsageError: A name or version breaks its grammar, a file is missing, or dependencies are not vendored.
        CheckError: Helm said no; its message is in `why`, redacted.
    """
    _check(source)
    chart = inside(".", source.chart, named_in="`chart:`")
    values = _values(snapshot, source)
    done = run(
        (*tool.argv, *_flags(source, values), "--", source.release, str(snapshot.root / chart)),
        folder=snapshot.home,
        environment=clean_environment(path, snapshot.home),
        timeout=timeout,
    )
    if done.status:
        raise _failure(snapshot, source, values, done.messages, done.status)
    return done.output


def _flags(source: HelmSource, values: dict[str, str]) -> tuple[str, ...]:
    return (
        f"--namespace={source.namespace}",
        "--include-crds",
        "--skip-tests",
        f"--kube-version={_patch_version(source.kube_version)}",
        *(f"--api-versions={version}" for version in source.api_versions),
        *(f"--values={copy}" for copy in values),
    )


def _patch_version(version: str) -> str:
    # Helm hands "1.34" to templates as it is; a cluster always tells a patch version
    return version if version.count(".") == 2 else f"{version}.0"


def _check(source: HelmSource) -> None:
    checks = [
        ("release", source.release, _RELEASE),
        ("namespace", source.namespace, _NAMESPACE),
        ("kubernetes", source.kube_version, _KUBE_VERSION),
        *(("api-versions", version, _API_VERSION) for version in source.api_versions),
    ]
    for key, value, grammar in checks:
        if not grammar.fullmatch(value):
            raise UsageError(f"Not a value for `{key}:` of a Helm output: {value[:100]!r}")


def _values(snapshot: Snapshot, source: HelmSource) -> dict[str, str]:
    # copied under names of ours: Helm splits --values at commas and would fetch a URL
    copies = {}
    for number, path in enumerate(source.values):
        resolved = inside(".", path, named_in="`values:`")
        if resolved not in snapshot.files:
            raise UsageError(f"The values file {path[:200]!r} does not exist in the component's folder.")
        copy = snapshot.values / f"{number}.yaml"
        copy.write_bytes((snapshot.root / resolved).read_bytes())
        copies[str(copy)] = path
    return copies


def _failure(
    snapshot: Snapshot, source: HelmSource, values: dict[str, str], messages: str, status: int
) -> CheckError | UsageError:
    for copy, path in values.items():
        messages = messages.replace(copy, path)
    why = snapshot.message(messages) or f"It ended with status {status} and said nothing."
    if _DEPENDENCIES in messages:
        return UsageError(
            f"The chart {source.chart} needs charts that are not in its charts/ folder.",
            why=why,
            hint=f"Run `helm dependency build {source.chart}` (it follows Chart.lock) and commit charts/: "
            "nothing is fetched while rendering.",
        )
    return CheckError(
        f"helm could not render the chart {source.chart}.",
        why=why,
        hint="Repeat it with: helm template --debug "
        + " ".join((source.release, source.chart, *(f"-f {path}" for path in source.values))),
    )
