"""Which files stay out of the artifact: the defaults of `flux push artifact` and the component's own patterns.

The rules are those of Flux's fork of go-git's gitignore, which differs from git's own (fluxcd/pkg, sourceignore):
an excluded folder does not hide what a later `!pattern` takes back in, and `**` inside a name never matches
where the pattern holds a slash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitless.artifact.glob import Glob

DEFAULT_PATTERNS = (
    ".git/",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One line.

    Attributes:
        takes_in: Written with `!`: what matches is packed after all.
        folders_only: Written with a slash at the end.
        name: What any one part of the path must match; None where the pattern holds a slash.
        parts: Globs between slashes; "" is an empty part, "**" any number of folders, None never matches.
    """

    takes_in: bool
    folders_only: bool
    name: Glob | None
    parts: tuple[Glob | str | None, ...]

    @classmethod
    def parse(cls, line: str) -> _Pattern:
        takes_in = line.startswith("!")
        text = line[1:] if takes_in else line
        if not text.endswith("\\ "):
            text = text.rstrip(" ")
        folders_only = text.endswith("/")
        names = (text[:-1] if folders_only else text).split("/")
        if len(names) == 1:
            return cls(takes_in, folders_only, Glob.parse(names[0]), ())
        return cls(takes_in, folders_only, None, tuple(map(_part, names)))

    def matches(self, path: Sequence[str], is_directory: bool) -> bool:
        if self.name is not None:
            depth = _find(self.name, path)
            return bool(depth) and (depth < len(path) or is_directory or not self.folders_only)
        rest = self._match_from_root(path)
        return rest is not None and (bool(rest) or is_directory or not self.folders_only)

    def _match_from_root(self, path: Sequence[str]) -> Sequence[str] | None:
        """The part of the path below what matched; None where the pattern does not match."""
        matched = anywhere = False
        for index, part in enumerate(self.parts):
            if part == "":
                anywhere = False
            elif part == "**":
                if index == len(self.parts) - 1:
                    break
                anywhere = True
            elif not isinstance(part, Glob) or not path:
                return None
            else:
                depth = _find(part, path) if anywhere else int(part.matches(path[0]))
                if not depth and not anywhere:
                    return None
                matched = bool(depth)
                path = path[depth or len(path) :]
                anywhere = False
        return path if matched else None


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """An ordered list of patterns; the last one that matches decides.

    Attributes:
        patterns: Parsed lines, in order.
    """

    patterns: tuple[_Pattern, ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> IgnoreRules:
        """Read patterns, one a line; comments (`#` first) and blank lines say nothing.

        Raises:
            UsageError: A pattern is malformed. (Go would silently never match it.)
        """
        said = (line for line in lines if line.strip() and not line.startswith("#"))
        return cls(tuple(_Pattern.parse(line) for line in said))

    @classmethod
    def with_defaults(cls, additions: Iterable[str] = ()) -> IgnoreRules:
        """Flux's defaults, then `additions` (the component's `ignore:` list), which can take files back in.

        Raises:
            UsageError: A pattern is malformed.
        """
        # in worktrees and submodules `.git` is a file that names a folder of this machine
        return cls.parse((*DEFAULT_PATTERNS, ".git", *additions))

    def ignores(self, path: str, is_directory: bool) -> bool:
        """Whether an entry stays out; each entry is judged by itself, below an ignored folder too.

        Args:
            path: Relative path with `/`; never the root, which is always packed.
            is_directory: Whether it is a folder.
        """
        parts = path.split("/")
        for pattern in reversed(self.patterns):
            if pattern.matches(parts, is_directory):
                return not pattern.takes_in
        return False

    @property
    def can_prune(self) -> bool:
        """Whether everything below an ignored folder is ignored too, so that it need not be walked."""
        return not any(pattern.takes_in for pattern in self.patterns)


def _part(name: str) -> Glob | str | None:
    if name in ("", "**"):
        return name
    return None if "**" in name else Glob.parse(name)


def _find(glob: Glob, path: Sequence[str]) -> int:
    """How many leading names to pass so that the last of them matches; 0 when none does."""
    return next((depth for depth, name in enumerate(path, start=1) if glob.matches(name)), 0)
