"""The `channels:` section: who moves a channel from where, and what must hold before."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from gitless.config.base import ChannelName, Duration, Registry, Section, Text

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Releases(Section):
    """The immutable release each promotion makes."""

    scheme: Literal["semver"] = Field(default="semver", description="How releases are named.")
    prereleases: bool = Field(default=False, description="Whether versions such as v1.2.3-rc.1 are releases.")


class ProvenanceGate(Section):
    """Where the artifact must have been built from."""

    repository: Text = Field(description="Source repository, such as acme/apps.")
    ref: Text = Field(description="Source ref, such as refs/heads/main; `*` stands for any text.")
    workflow: Text | None = Field(
        default=None, description="Workflow or pipeline file that built it, with repository and ref; `*` for any text."
    )
    runners: tuple[Literal["github-hosted", "gitlab-hosted", "self-hosted"], ...] = Field(
        default=(), description="Kinds of runner that will do; empty: any."
    )


class SbomGate(Section):
    """Which SBOM must be attached."""

    profile: Literal["deployment", "delivery"] = Field(default="deployment", description="The least it must describe.")


class ApprovalsGate(Section):
    """How many people must have approved on the platform."""

    count: int = Field(description="How many approvals.", ge=1, le=20)
    exclude: tuple[Literal["requester", "author"], ...] = Field(
        default=(), alias="except", description="Whose approval does not count."
    )


class CheckGate(Section):
    """A check of the CI platform that must be green for the commit."""

    name: Text = Field(description="Name of the check.")
    app_id: int | None = Field(default=None, description="The app that must have reported it.", ge=1)


class FreezeWindow(Section):
    """A time in which the channel does not move: days of the week, or a span of dates."""

    days: tuple[Day, ...] = Field(default=(), description="Days of the week.")
    start: date | None = Field(default=None, alias="from", description="First day.")
    to: date | None = Field(default=None, description="Last day.")
    yearly: bool = Field(default=False, description="Whether the span comes back every year.")
    reason: Text | None = Field(default=None, description="Why.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        span = self.start is not None and self.to is not None
        if (self.start is None) != (self.to is None) or span == bool(self.days):
            raise ValueError("needs either days, or from and to")
        if self.yearly and self.days:
            raise ValueError("yearly belongs to from and to")
        if self.start and self.to and self.to < self.start:
            raise ValueError("to is before from")
        return self


class FreezeGate(Section):
    """When the channel must not move."""

    timezone: Text = Field(default="UTC", description="IANA name of the time zone the windows are written in.")
    windows: tuple[FreezeWindow, ...] = Field(description="The windows.")


class Gates(Section):
    """What must hold before the channel moves."""

    provenance: ProvenanceGate | None = Field(default=None, description="Where it was built from.")
    sbom: SbomGate | None = Field(default=None, description="Which SBOM it carries.")
    approvals: ApprovalsGate | None = Field(default=None, description="Who approved.")
    checks: tuple[CheckGate, ...] = Field(default=(), description="Which checks are green.")
    attestations: tuple[Text, ...] = Field(
        default=(), description="Predicate types of which a valid statement about the digest must exist and not fail."
    )
    soak: Duration | None = Field(default=None, description="How long it was in the source channel.")
    freeze: FreezeGate | None = Field(default=None, description="When nothing moves.")


class EmergencyApprovals(Section):
    """Approvals an emergency needs."""

    count: int = Field(description="How many approvals.", ge=1, le=20)


class Emergency(Section):
    """What an emergency promotion may skip; signature and provenance are never skippable."""

    may_skip: tuple[Literal["soak", "freeze", "checks", "sbom"], ...] = Field(description="Gates it may skip.")
    approvals: EmergencyApprovals | None = Field(default=None, description="Approvals it needs instead.")


class Channel(Section):
    """A tag that moves under rules: by publish from `branches`, or by promote `from` another channel."""

    branches: tuple[Text, ...] = Field(default=(), description="Branches publish moves it from; empty: any.")
    source: ChannelName | None = Field(
        default=None, alias="from", description="The channel promote takes digests from."
    )
    releases: Releases | None = Field(default=None, description="Make a release with each promotion.")
    registry: Registry | None = Field(default=None, description="Promotion copies the whole graph there.")
    environment: Text | None = Field(default=None, description="The CI environment whose reviewers approve.")
    gates: Gates | None = Field(default=None, description="What must hold before it moves.")
    emergency: Emergency | None = Field(default=None, description="What an emergency may skip.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.branches and self.source:
            raise ValueError("branches (moved by publish) and from (moved by promote) exclude each other")
        if not self.source and (self.releases or self.gates or self.emergency or self.environment or self.registry):
            raise ValueError("releases, gates, emergency, environment and registry need from")
        return self
