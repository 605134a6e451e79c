"""What two contents of a component do not have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Names that differ between an old and a new content, sorted: paths of files, or `apiVersion/Kind/namespace/name`.

    Attributes:
        added: Only in the new content.
        changed: In both, and not the same.
        removed: Only in the old content.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @classmethod
    def between(cls, old: Mapping[str, object], new: Mapping[str, object]) -> Difference:
        """Compare two contents.

        Args:
            old: What each name stands for, as values that are equal exactly where nothing changed.
            new: The same of the new content.
        """
        both = old.keys() & new.keys()
        return cls(
            added=tuple(sorted(new.keys() - old.keys())),
            changed=tuple(sorted(name for name in both if old[name] != new[name])),
            removed=tuple(sorted(old.keys() - new.keys())),
        )

    @property
    def count(self) -> int:
        """How many differ."""
        return len(self.added) + len(self.changed) + len(self.removed)
