"""The history of the source repository, asked from git with plumbing commands only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitless.ci.git_command import Answer, GitCommand
from gitless.ci.remote_url import public_url
from gitless.errors import UsageError
from gitless.model.run import Head

FETCH_SECONDS = 300.0
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_EVERYTHING = "2147483647"  # git's own word for "no depth limit" (shallow documentation)


class GitHistory:
    """One clone; implements `ports.History` for what the clone itself can answer.

    Args:
        root: The working tree's top folder.
        env: The environment for git.
    """

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._git = GitCommand(root, env)

    def is_repository(self) -> bool:
        """Whether `root` is in a working tree that git accepts."""
        return self._git.run("rev-parse", "--is-inside-work-tree").line == "true"

    def head(self) -> Head:
        """Describe the commit that is checked out; nothing of its message is read.

        Raises:
            UsageError: There is no commit.
        """
        answer = self._git.run("rev-list", "--max-count=1", "--timestamp", "HEAD", "--")
        match = re.fullmatch(r"([0-9]{1,12}) ([0-9a-f]{40}(?:[0-9a-f]{24})?)", answer.line)
        if answer.status or not match:
            raise UsageError(
                "The source commit could not be read.",
                why=answer.messages,
                hint="Make a first commit, or give --source, --revision and --created.",
            )
        return Head(match[2], int(match[1]), self._ref())

    def remote_url(self) -> str | None:
        """The remote `origin` as an https URL without credentials; None where there is none to show."""
        return public_url(self._git.run("config", "--get", "remote.origin.url").line)

    def uncommitted(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Name what lies below `paths` and is not what the commit has: changed, added, removed, untracked, ignored.

        Files that .gitignore hides count: they would be packed, and no commit vouches for them.

        Args:
            paths: Repository-relative files and folders.

        Returns:
            Repository-relative paths as git names them, sorted; a folder that is left out whole ends with `/`.

        Raises:
            UsageError: git failed.
        """
        answer = self._git.run(
            "status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignored=matching", "--ignore-submodules=none",
            "--no-renames", "--", *paths,
        )  # fmt: skip
        _must(answer, "The working tree could not be compared with its commit.")
        return tuple(sorted(_name(record) for record in answer.output.split(b"\0") if record))

    def is_dirty(self, paths: Sequence[str]) -> bool:
        """Whether anything below `paths` differs from the commit; see `uncommitted`."""
        return bool(self.uncommitted(paths))

    def is_shallow(self) -> bool:
        """Whether history is cut off, so that a missing commit says nothing."""
        return self._git.run("rev-parse", "--is-shallow-repository").line == "true"

    def has(self, commit: str) -> bool:
        """Whether the clone has this commit."""
        return self._git.run("cat-file", "-e", f"{_checked(commit)}^{{commit}}").status == 0

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """Whether `older` is `newer` or one of its ancestors.

        Returns:
            None where a commit is not here, or where the clone is shallow and shows no path: the cut may hide it.
            True is true also in a shallow clone, since a cut only removes paths.

        Raises:
            UsageError: A name is not a full commit id, or git failed.
        """
        if not self.has(older) or not self.has(newer):
            return None
        answer = self._git.run("merge-base", "--is-ancestor", older, newer)
        if answer.status not in (0, 1):
            _must(answer, "The order of two commits could not be found.")
        if answer.status == 1 and self.is_shallow():
            return None
        return answer.status == 0

    def touched(self, older: str, newer: str, paths: Sequence[str]) -> bool:
        """Whether the content of `paths` differs between two commits, or any commit between them touched it.

        Every parent of every merge is followed; the comparison of both ends catches a merge that silently took an
        older side. What cannot be shown to be untouched counts as touched.

        Raises:
            UsageError: A name is not a full commit id, or git failed.
        """
        if not self.has(older) or not self.has(newer):
            return True
        ends = self._git.run("diff-tree", "-r", "--quiet", older, newer, "--", *paths)
        if ends.status == 1:
            return True
        _must(ends, "Two commits could not be compared.")
        between = self._git.run("rev-list", "--full-history", "--max-count=1", newer, f"^{older}", "--", *paths)
        _must(between, "The commits between two commits could not be listed.")
        return bool(between.line)

    def deepen(self) -> bool:
        """Fetch the history that a shallow clone lacks: commits and trees, no file contents.

        Returns:
            Whether history is complete now.

        Raises:
            RemoteError: The fetch did not end in time.
        """
        if not self.is_shallow():
            return True
        self._git.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", f"--depth={_EVERYTHING}",
            "origin", self.head().commit, timeout=FETCH_SECONDS,
        )  # fmt: skip
        return not self.is_shallow()

    def _ref(self) -> str | None:
        branch = self._git.run("symbolic-ref", "--quiet", "HEAD").line
        if branch.startswith("refs/heads/"):
            return branch
        tags = self._git.run("for-each-ref", "--points-at=HEAD", "--count=2", "--format=%(refname)", "refs/tags")
        names = tags.output.decode("utf-8", "replace").splitlines()
        return names[0] if len(names) == 1 else None


def _must(answer: Answer, what: str) -> None:
    if answer.status:
        raise UsageError(what, why=answer.messages)


def _checked(commit: str) -> str:
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"Not a full commit id: {commit[:80]!r}")
    return commit


def _name(record: bytes) -> str:
    # porcelain v2: `1 XY sub mH mI mW hH hI path`, `u XY sub m1 m2 m3 mW h1 h2 h3 path`, `? path`, `! path`
    fields = {b"1": 8, b"u": 10}.get(record[:1], 1)
    return record.split(b" ", fields)[-1].decode("utf-8", "replace")
