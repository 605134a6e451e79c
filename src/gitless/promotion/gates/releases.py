"""The release gate: releases never move, and go upwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gitless.errors import UsageError
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.promotion.gates.facts import GateFacts, ReleaseFact, unknown
from gitless.promotion.release import Version


@dataclass(frozen=True, slots=True)
class ReleaseGate:
    """Which releases a promotion may make.

    Attributes:
        prereleases: Whether versions such as v1.2.3-rc.1 are allowed.
    """

    prereleases: bool = False
    name: ClassVar[str] = "release"

    def judge(self, facts: GateFacts) -> GateResult:
        """New, or the same tag on the same digest; higher than the channel's; no prerelease unless allowed."""
        if not isinstance(facts.release, ReleaseFact):
            return GateResult.of(self.name, False, unknown(facts.release, "release"))
        if not facts.release.version and facts.kind == "rollback":
            return GateResult.of(self.name, True, "A rollback makes no release.")
        fault = self._fault(facts.release, facts.digest)
        if fault:
            return GateResult.of(self.name, False, fault)
        low = self._order_fault(facts.release)
        if low and facts.kind == "rollback":
            return GateResult(self.name, "waived", low)
        ok = f"{facts.release.version} is {'this digest already' if facts.release.named else 'new'}."
        return GateResult.of(self.name, not low, low or ok)

    def _fault(self, release: ReleaseFact, digest: Digest) -> str:
        if not release.version:
            return "Each promotion to this channel makes a release, and none was named."
        try:
            version = Version.parse(release.version)
        except UsageError as error:
            return error.what
        if release.named not in (None, digest):
            return f"{version} is {release.named} already, and releases never move: take a higher one."
        if version.prerelease and not self.prereleases:
            return f"{version} is a prerelease, which this channel does not take."
        return ""

    def _order_fault(self, release: ReleaseFact) -> str:
        if not release.highest:
            return ""
        try:
            version, last = Version.parse(release.version), Version.parse(release.highest)
        except UsageError as error:
            return error.what
        if version.prefix != last.prefix:
            return f"{version} is spelled unlike {last}: a channel's releases have the prefix v, or none has."
        if version < last or (version == last and release.named is None):
            return f"{version} is not higher than {last}, the channel's highest release."
        return ""
