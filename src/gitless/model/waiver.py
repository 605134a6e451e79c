"""A reviewed exception from one check for one object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True, slots=True)
class Waiver:
    """One line of `waivers:` in gitless.yaml; it is recorded in provenance when it is used.

    Attributes:
        rule: The check's rule, such as `plaintext-secret`.
        object: `apiVersion/Kind/namespace/name` of the object, or the path of a file.
        reason: Why it is allowed; never empty.
        until: The last day it holds; None where it does not end.
    """

    rule: str
    object: str
    reason: str
    until: date | None = None
