"""What evidence is weighed against: one trusted identity, a public key or a pattern of certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from gitless.model.bundle import Bundle
from gitless.model.workload import Workload

if TYPE_CHECKING:
    from gitless.verification.legacy import LegacySignature

Standing = Literal["valid", "foreign", "invalid"]


@dataclass(frozen=True, slots=True)
class Weight:
    """What one bundle is worth under one trusted identity, before anybody looks at what it says.

    Attributes:
        standing: `valid` (signed by this identity), `foreign` (somebody else's), `invalid` (claims to be this
            identity's and does not verify).
        reason: Why, in one sentence.
        check: The numbered step that decided, such as `bundle.6-signature`.
        workload: What the certificate says of the job; None for keys, and where it does not verify.
        signed_at: A time another party vouches for, UTC; None where nobody does.
        timestamped: Whether that time is a timestamp authority's (RFC 3161) and not the log's.
    """

    standing: Standing
    reason: str
    check: str
    workload: Workload | None = None
    signed_at: datetime | None = None
    timestamped: bool = False


class Trust(Protocol):
    """One trusted identity."""

    def weigh(self, bundle: Bundle) -> Weight:
        """Weigh a bundle's signature, certificate and log entry; the payload is not looked at."""
        ...

    def weigh_legacy(self, signature: LegacySignature) -> Weight:
        """Weigh a legacy signature in the same way."""
        ...
