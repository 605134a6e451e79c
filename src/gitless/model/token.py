"""The job's OIDC token after its signature and claims have been checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gitless.model.secret import Secret
from gitless.model.workload import Workload


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A verified identity token.

    Attributes:
        raw: The token itself; only Fulcio receives it.
        platform: The CI product that issued it.
        workload: What it says, as a certificate will say it.
        expires: When it stops being accepted, UTC.
    """

    raw: Secret
    platform: Literal["github", "gitlab"]
    workload: Workload
    expires: datetime
