"""Which files of the working tree end up in what is published."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.artifact.ignore import IgnoreRules
from gitless.model.component import ComponentPlan


class Packed:
    """Tells files that are packed or rendered from those that the components' own ignore rules keep out.

    Args:
        plans: The components of the run.
    """

    def __init__(self, plans: Sequence[ComponentPlan]) -> None:
        self._rules = [(plan.folder, rules_of(plan)) for plan in plans]

    def counts(self, path: str) -> bool:
        """Whether a path may change what any component publishes.

        Args:
            path: Relative to the repository's top; a folder ends with `/` and stands for everything in it.
        """
        holders = [
            (path[len(folder) + 1 if folder else 0 :], rules)
            for folder, rules in self._rules
            if not folder or path.startswith(f"{folder}/")
        ]
        return not holders or any(not _keeps_out(rules, inner) for inner, rules in holders)


def rules_of(plan: ComponentPlan) -> IgnoreRules | None:
    """The ignore rules of a component; None where it is rendered, which may read every file of its folder."""
    return None if plan.renders else IgnoreRules.with_defaults(plan.ignore)


def _keeps_out(rules: IgnoreRules | None, path: str) -> bool:
    if rules is None or not path.strip("/"):
        return False
    if path.endswith("/"):
        # a pattern with `!` may take something in it back in
        return rules.can_prune and rules.ignores(path.rstrip("/"), is_directory=True)
    return _ignores_file(rules, path)


def _ignores_file(rules: IgnoreRules, path: str) -> bool:
    if not rules.can_prune:
        return rules.ignores(path, is_directory=False)
    parts = path.split("/")
    folders = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return rules.ignores(path, is_directory=False) or any(rules.ignores(item, is_directory=True) for item in folders)
