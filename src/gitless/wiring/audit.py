"""Wires the verb audit."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gitless.errors import UsageError
from gitless.model.audit import AuditFinding, AuditResult
from gitless.model.component import DEFAULT_CHANNEL
from gitless.model.digest import Digest
from gitless.model.promotion import PolicyFact
from gitless.model.reference import Location
from gitless.wiring.places import PlaceRequest, channel_location
from gitless.wiring.rules import PolicySource, read_policy, trusted, trusted_root
from gitless.wiring.setup import CONFIG_NAME, MAX_CONFIG_BYTES, Setup, configure
from gitless.wiring.system import SystemClock, read_file

if TYPE_CHECKING:
    from gitless.config.components import Component
    from gitless.flows.audit_evidence import Trusted
    from gitless.flows.audit_store import AuditedStore, StoreReading
    from gitless.ports import PolicyHistory
    from gitless.promotion.memory import Heads
    from gitless.registry.open import Stores
    from gitless.verification.trust import Trust

_NO_GIT = "This is no Git checkout: gitless.yaml was taken as it lies here, and nobody protects it."


@dataclass(frozen=True)
class AuditRequest:
    """What the command line asked for.

    Attributes:
        place: Components, channels and configuration.
        expect: File that remembers the heads of journals; None for none.
        export: Folder that takes all evidence; None for none.
        max_tags: How many tags to look at besides channels and releases, in each repository.
    """

    place: PlaceRequest
    expect: str | None = None
    export: str | None = None
    max_tags: int | None = None


def audit(request: AuditRequest) -> AuditResult:
    """Wire and run the verb audit.

    Raises:
        UsageError: There is no gitless.yaml, it trusts nobody, or a flag or file is wrong.
        RemoteError: A store failed.
    """
    from gitless.flows.audit import Auditor
    from gitless.flows.audit_store import MAX_TAGS
    from gitless.registry.open import Stores

    path = Path(request.place.config or CONFIG_NAME)
    if not path.is_file():
        raise UsageError(f"There is no {path}.", why="It says which channels there are and who may move them.")
    setup = configure(request.place.settings, os.environ)
    source, policies = _policy(path.resolve(), setup.top, os.environ)
    remembered = _remembered(request.expect)
    clock = SystemClock()
    stores = Stores(env=os.environ, insecure=request.place.insecure)
    audited = _stores(setup, source, stores, request.place)
    trusts, notices = _trusted(source, audited, os.environ)
    auditor = Auditor(trusts, policies, remembered, MAX_TAGS if request.max_tags is None else request.max_tags)
    readings = auditor.read_all(audited)
    result = auditor.judge(readings, clock.now(), _ended(source, clock.now(), os.environ))
    notices = [*_own(source), *notices, *_forgotten(remembered, audited, request.place), *stores.warnings]
    result = replace(result, notices=(*notices, *result.notices), requests=stores.requests)
    if request.export:
        _export(Path(request.export), readings, result, _trust_files(source, path.name))
    if request.expect and result.ok:
        _remember(Path(request.expect), {**remembered, **result.heads})
    return result


def _policy(path: Path, top: Path, env: Mapping[str, str]) -> tuple[PolicySource, PolicyHistory | None]:
    """The rules of the protected branch and their history; outside Git the file itself, and no history."""
    from gitless.ci.git import GitHistory
    from gitless.ci.policies import BranchPolicies

    history = GitHistory(top, env)
    if history.is_repository():
        source = read_policy(path, top, history.remote_url() or "", env)
        name = path.relative_to(top).as_posix()
        return source, BranchPolicies(top, env, source.fact.commit, name)
    from gitless.config.parse import parse_config

    content = read_file(path, "The configuration", MAX_CONFIG_BYTES)

    def read(beside: str) -> bytes:
        return read_file(path.parent / beside, "The file", MAX_CONFIG_BYTES)

    fact = PolicyFact(Digest.of(content), "")
    return PolicySource(parse_config(content, str(path)), fact, "this folder", read, _NO_GIT), None


def _stores(setup: Setup, source: PolicySource, stores: Stores, request: PlaceRequest) -> list[AuditedStore]:
    from gitless.config.components import select
    from gitless.flows.audit_store import AuditedStore

    channels = _channels(source, request.channels)
    found = []
    for component in select(setup.components, request.names):
        for location, names in _by_location(setup, source, component, channels).items():
            promoted = tuple(name for name in names if _is_promoted(source, name))
            published = tuple(name for name in names if name not in promoted)
            store = stores.open(location)
            found.append(AuditedStore(component.name, store, str(location), published, promoted, not request.channels))
    return found


def _channels(source: PolicySource, asked: Sequence[str]) -> tuple[str, ...]:
    known = tuple(source.config.channels) or (DEFAULT_CHANNEL,)
    for name in asked:
        if name not in known:
            raise UsageError(f"There is no channel {name[:80]!r}.", hint=f"Known are {', '.join(known)}.")
    return tuple(asked) or known


def _is_promoted(source: PolicySource, channel: str) -> bool:
    section = source.config.channels.get(channel)
    return bool(section and section.source)


def _by_location(
    setup: Setup, source: PolicySource, component: Component, channels: Sequence[str]
) -> dict[Location, list[str]]:
    home = setup.plan(component).location
    found: dict[Location, list[str]] = {}
    for channel in channels:
        place = channel_location(setup, source.config, home, component.name, channel)
        found.setdefault(place, []).append(channel)
    return found


def _trusted(
    source: PolicySource, audited: Sequence[AuditedStore], env: Mapping[str, str]
) -> tuple[Trusted, list[str]]:
    from gitless.flows.audit_evidence import Trusted

    identities = source.config.identities
    if identities.publish is None and identities.promote is None:
        raise UsageError("gitless.yaml trusts nobody.", hint="Write identities.publish and identities.promote.")
    notices = []
    if identities.publish is None:
        notices.append("There is no identities.publish: what publishers have signed was not judged.")
    needs_promoter = any(store.promoted for store in audited)
    promoters = trusted(source, "promote", env) if needs_promoter or identities.promote else ()
    publishers: Sequence[Trust] = trusted(source, "publish", env) if identities.publish else ()
    return Trusted(tuple(publishers), tuple(promoters)), notices


def _ended(source: PolicySource, now: datetime, env: Mapping[str, str]) -> list[AuditFinding]:
    """What of the trusted root is over, where certificates are trusted."""
    from gitless.verification.trusted_root import TrustedRoot
    from gitless.verification.windows import ended

    identities = source.config.identities
    roles: Mapping[Literal["publish", "promote"], object] = {
        "publish": identities.publish and identities.publish.to_pattern(),
        "promote": identities.promote and identities.promote.to_pattern(),
    }
    if not any(roles.values()):
        return []
    root = TrustedRoot.parse(trusted_root(source, env))
    return [AuditFinding("", "", "identity.expired", "", reason) for reason in ended(root, now)]


def _own(source: PolicySource) -> list[str]:
    return [source.notice] if source.notice else []


def _remembered(name: str | None) -> Heads:
    from gitless.promotion.memory import MAX_MEMORY_BYTES, read_memory

    if name is None or not Path(name).exists():
        return {}
    return read_memory(read_file(Path(name), "The memory", MAX_MEMORY_BYTES), name)


def _forgotten(remembered: Heads, audited: Sequence[AuditedStore], request: PlaceRequest) -> list[str]:
    """Channels that were seen before and are configured no more."""
    if request.channels or request.names:
        return []
    seen = {(store.component, channel) for store in audited for channel in store.promoted}
    gone = [f"{component} {channel}" for component, channel in sorted(remembered) if (component, channel) not in seen]
    return [f"Remembered, and in gitless.yaml no more: {', '.join(gone)}."] if gone else []


def _remember(path: Path, heads: Heads) -> None:
    """Write the memory anew, whole or not at all."""
    from gitless.promotion.memory import write_memory

    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
            stream.write(write_memory(heads))
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(stream.name, 0o644)
        os.replace(stream.name, path)
    except OSError as error:
        raise UsageError(f"The memory {str(path)!r} cannot be written.", why=error.strerror or "") from error


def _export(folder: Path, readings: Sequence[StoreReading], result: AuditResult, trust: Mapping[str, bytes]) -> None:
    """Write evidence, what it is trusted by, and an index of all of it."""
    from gitless.disk.write import FolderWriter
    from gitless.flows.export import export_store
    from gitless.model.tree import Entry
    from gitless.report.audit import audit_record
    from gitless.report.record import to_json

    writer = FolderWriter(folder)

    def write(path: str, content: bytes) -> None:
        writer.write(Entry(path, "file"), content)

    exported = [export_store(reading, _folder(reading, readings), write) for reading in readings]
    for path, content in trust.items():
        write(path, content)
    index = {
        "version": 1,
        "exported": exported,
        "trust": sorted(trust),
        "commands": _commands(exported, "trusted_root.json" in trust),
        "audit": audit_record(result),
    }
    write("index.json", to_json(index).encode() + b"\n")


def _folder(reading: StoreReading, readings: Sequence[StoreReading]) -> str:
    """The component's name; its further repositories lie in folders that no component can be named after."""
    component = reading.store.component
    same = [item for item in readings if item.store.component == component]
    place = same.index(reading)
    return component if place == 0 else f"OTHER-{place + 1}/{component}"


def _trust_files(source: PolicySource, name: str) -> dict[str, bytes]:
    """gitless.yaml, its keys and the trusted root, where its paths say."""
    identities = source.config.identities
    files = {CONFIG_NAME: source.read(name)}
    for identity in (identities.publish, identities.promote):
        if identity and identity.key:
            files[identity.key] = source.read(identity.key)
    if any(identity and identity.to_pattern() for identity in (identities.publish, identities.promote)):
        files["trusted_root.json"] = trusted_root(source, os.environ)
    return files


def _commands(exported: Sequence[Mapping[str, Any]], has_root: bool) -> list[str]:
    """How to check again, offline, in the exported folder."""
    root = ["--trusted-root", "trusted_root.json"] if has_root else []
    found = []
    for item in exported:
        component, folder = item["component"], item["folder"]
        registry = folder.rpartition("/")[0] or "."
        place = ["--path", folder, "--name", component, "--registry", f"oci-layout:{registry}"]
        for channel in item["channels"]:
            found.append(["gitless", "history", *place, "--channel", channel["channel"], *root])
            target = f"oci-layout:{folder}:{channel['channel']}"
            found.append(
                ["gitless", "verify", "--config", CONFIG_NAME, "--for", "promote", "--policy", "flux", *root, target]
            )
    return [shlex.join(words) for words in found]
