"""Wires the verb doctor: one probe for each thing that publishing, or promoting to `--channel`, needs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

from gitless.errors import UsageError
from gitless.flows.doctor import Probe, check_up
from gitless.model.checkup import Checkup, Seen
from gitless.wiring.doctor_job import is_foreign, look_at_approvals, look_at_comments, look_at_job, target_branch
from gitless.wiring.request import PublishRequest

if TYPE_CHECKING:
    from gitless.config.components import Component
    from gitless.model.component import ComponentPlan
    from gitless.model.reference import Location
    from gitless.registry.open import Stores
    from gitless.render.tools import Toolbox, ToolName
    from gitless.wiring.doctor_signing import SigningLooks
    from gitless.wiring.setup import Setup

_AGAIN = "Run the same command again; if it stays so, see docs/troubleshooting.md."
_FIX = "See docs/doctor.md for this row."
_LATER = ("git", "helm", "kustomize", "registry", "identity", "trust-root")


def doctor(request: PublishRequest, *, quick: bool = False) -> Checkup:
    """Wire and run the verb doctor.

    Args:
        request: The command line.
        quick: Whether the network is left alone.

    Raises:
        UsageError: A component that was asked for by name does not exist.
    """
    from gitless.config.components import select
    from gitless.wiring.setup import configure

    env = os.environ
    comments = Probe("comments", partial(look_at_comments, env, quick=quick), _FIX)
    job = Probe("job", partial(look_at_job, env), _FIX, then=(comments,))
    try:
        setup = configure(request, env)
        components = select(setup.components, ())
        for component in components:
            setup.plan(component)
    except UsageError as error:
        return check_up((job, _unreadable(error)), quick=quick)
    if request.names:
        components = select(components, request.names)
    return check_up((job, _Case(request, env, quick, setup, components).probe()), quick=quick)


def _unreadable(error: UsageError) -> Probe:
    def look() -> Seen:
        raise error

    later = tuple(Probe(name, look, _FIX) for name in _LATER)
    return Probe("configuration", look, "Correct gitless.yaml; docs/configuration.md has every key.", then=later)


@dataclass(frozen=True)
class _Case:
    """What the probes of a readable configuration look at."""

    request: PublishRequest
    env: Mapping[str, str]
    quick: bool
    setup: Setup
    components: Sequence[Component]

    @cached_property
    def role(self) -> Literal["publish", "promote"]:
        """What this run would do: promote where the channel takes from another one."""
        section = self.setup.config.channels.get(self.setup.channel)
        return "promote" if section and section.source else "publish"

    @cached_property
    def plans(self) -> list[ComponentPlan]:
        """What would be published."""
        return [self.setup.plan(component) for component in self.components]

    @cached_property
    def stores(self) -> Stores:
        """The registries; asked with little patience, since a person waits and may ask again."""
        from gitless.registry.open import Stores
        from gitless.web.patience import Patience

        return Stores(env=self.env, insecure=self.request.insecure, patience=Patience(attempts=2, total_seconds=40.0))

    def probe(self) -> Probe:
        """The configuration, and what is looked at where it can be read."""
        source = Probe("source", self._source, _FIX) if self.role == "publish" else Probe("rules", self._rules, _AGAIN)
        signing = self._signing()
        return Probe(
            "configuration",
            self._configuration,
            "Correct gitless.yaml; docs/configuration.md has every key.",
            then=(
                Probe("git", self._git, "Install git.", then=(source,)),
                *self._tools(),
                *self._registries(),
                *self._approvals(),
                Probe("identity", signing.identity, _FIX),
                Probe("trust-root", signing.trust_root, _FIX),
            ),
        )

    def _configuration(self) -> Seen:
        names = ", ".join(plan.name for plan in self.plans[:5]) + (", …" if len(self.plans) > 5 else "")
        origin = self.request.config_file or "flags and environment"
        verb = "promoted to" if self.role == "promote" else "published to"
        return Seen("ok", f"{origin}: {len(self.plans)} component(s), {names}, {verb} {self.setup.channel}.")

    def _git(self) -> Seen:
        from gitless.ci.git_command import GitCommand

        return Seen("ok", GitCommand(self.setup.top, self.env).run("version").line)

    def _source(self) -> Seen:
        from gitless.ci.detect import detect
        from gitless.model.revision import DIRTY
        from gitless.wiring.publish import publish_options
        from gitless.wiring.source import find_origin

        asked = replace(self.request, allow_dirty=True)
        origin = find_origin(asked, self.setup.top, self.plans, self.env, detect(self.env))
        publish_options(self.request, self.setup, origin.branch or target_branch(self.env))
        text = f"{origin.source.url} at {origin.source.revision}"
        if origin.source.revision.endswith(DIRTY):
            fix = "Commit them, or give publish --allow-dirty: it is written into revision and provenance."
            return Seen("note", f"{text}\nThere are uncommitted changes, and publish refuses them.", fix)
        return Seen("ok", text)

    def _rules(self) -> Seen:
        if self.quick:
            return Seen("skipped", "The protected branch is fetched over the network.")
        from gitless.wiring.move_request import MoveRequest
        from gitless.wiring.site import Site

        config = str(self.request.config_file) if self.request.config_file else None
        site = Site(MoveRequest(channel=self.setup.channel, config=config), self.env)
        text = (
            f"gitless.yaml of {site.rules.branch} at {site.rules.fact.commit[:12]} has rules for {self.setup.channel}."
        )
        return Seen("note", f"{text}\n{site.policy.notice}") if site.policy.notice else Seen("ok", text)

    def _tools(self) -> list[Probe]:
        from gitless.render.tools import Toolbox
        from gitless.wiring.publish import pins
        from gitless.wiring.readiness import needed

        tools, used = Toolbox(self.env, pins(self.setup.config)), needed(self.components)
        names: tuple[ToolName, ...] = ("helm", "kustomize")
        return [Probe(name, partial(_look_at_tool, tools, name, is_needed=name in used), _FIX) for name in names]

    def _registries(self) -> list[Probe]:
        """One component of each registry, or each one that was asked for by name."""
        from gitless.wiring.places import channel_location

        setup, found = self.setup, list[Probe]()
        plans = self.plans if self.request.names else self.plans[:1]
        for plan in plans:
            target = channel_location(setup, setup.config, plan.location, plan.name, setup.channel)
            found.append(self._registry(target, setup.channel, is_written=True))
            if target != plan.location:
                source = setup.config.channels[setup.channel].source or ""
                found.append(self._registry(plan.location, source, is_written=False))
        return found

    def _registry(self, location: Location, channel: str, *, is_written: bool) -> Probe:
        from gitless.flows import doctor_registry as looks

        about = str(location)
        if self.quick and not location.is_layout:
            return Probe("registry", lambda: Seen("skipped", "It is asked over the network."), _AGAIN, about)
        trial = self.stores.trial(location)
        upload = Probe(
            "registry-write", partial(looks.look_at_upload, trial, is_folder=location.is_layout), _AGAIN, about
        )
        if is_foreign(self.env):
            upload = replace(upload, look=lambda: Seen("skipped", "Nothing is pushed for a stranger's change."))
        listing = Probe("referrers", partial(looks.look_at_referrers, trial), _AGAIN, about)
        then = (upload, listing) if is_written else (listing,)
        return Probe("registry", partial(looks.look_at_channel, trial, channel), _AGAIN, about, then)

    def _approvals(self) -> list[Probe]:
        """Only for channels whose gates ask for people."""
        section = self.setup.config.channels.get(self.setup.channel)
        if not section or not section.gates or not section.gates.approvals:
            return []
        look = partial(look_at_approvals, self.env, section.environment or "", quick=self.quick)
        return [Probe("approvals", look, _AGAIN)]

    def _signing(self) -> SigningLooks:
        from gitless.wiring.doctor_signing import SigningLooks

        return SigningLooks(self.setup, self.env, self.role, self.quick, is_foreign(self.env))


def _look_at_tool(tools: Toolbox, name: ToolName, *, is_needed: bool) -> Seen:
    try:
        if not is_needed and not tools.has(name):
            return Seen("skipped", "It is not installed, and no component is rendered with it.")
        use = tools.get(name).use
    except UsageError as error:
        if is_needed:
            raise
        return Seen("note", f"{error.what}\nNo component is rendered with it.", error.hint)
    by = f" (of {use.program})" if use.program != use.name else ""
    return Seen("ok", f"{use.version}{by}{'' if is_needed else '; no component is rendered with it'}")
