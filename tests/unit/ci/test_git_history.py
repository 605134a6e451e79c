"""Real repositories: order of commits, what touched what, what is uncommitted; full, shallow and merged."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gitless.ci.git import GitHistory
from gitless.ci.history import CiHistory
from gitless.errors import UsageError

ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.com",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.com",
    "GIT_AUTHOR_DATE": "1700000000 +0200",
    "GIT_COMMITTER_DATE": "1700000000 +0200",
}
UNKNOWN = "f" * 40


class Repository:
    """A working tree that a test drives with git itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, env=ENV, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, path: str, content: str, message: str = "x") -> str:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    @property
    def history(self) -> GitHistory:
        return GitHistory(self.root, ENV)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "work")


def shallow(repository: Repository, target: Path, *more: str) -> GitHistory:
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", *more, f"file://{repository.root}", str(target)], env=ENV, check=True
    )
    return GitHistory(target, ENV)


def test_head_tells_commit_time_and_branch(repository: Repository) -> None:
    sha = repository.commit("a", "1", "commit: evil\ncommitter x <x> 1 +0000")
    head = repository.history.head()
    assert (head.commit, head.created, head.ref) == (sha, 1700000000, "refs/heads/main")


def test_head_without_a_commit_says_what_to_give(repository: Repository) -> None:
    with pytest.raises(UsageError, match="could not be read") as caught:
        repository.history.head()
    assert "--revision" in caught.value.hint


@pytest.mark.parametrize(("tags", "ref"), [([], None), (["v1"], "refs/tags/v1"), (["v1", "v2"], None)])
def test_detached_head_has_a_ref_only_when_one_tag_is_there(
    repository: Repository, tags: list[str], ref: str | None
) -> None:
    sha = repository.commit("a", "1")
    for tag in tags:
        repository.git("tag", tag)
    repository.git("checkout", "-q", sha)
    assert repository.history.head().ref == ref


def test_a_folder_outside_of_git_is_no_repository(tmp_path: Path) -> None:
    assert not GitHistory(tmp_path, {**ENV, "GIT_CEILING_DIRECTORIES": "/"}).is_repository()


def test_order_in_a_full_clone(repository: Repository) -> None:
    first, second = repository.commit("a", "1"), repository.commit("a", "2")
    history = repository.history
    assert history.is_ancestor(first, second) is True
    assert history.is_ancestor(first, first) is True
    assert history.is_ancestor(second, first) is False
    assert history.is_ancestor(UNKNOWN, second) is None
    assert history.touched(UNKNOWN, second, ["a"]) is True


@pytest.mark.parametrize("name", ["HEAD", "--all", "main", "abc", "-" * 40, "F" * 40])
def test_only_full_commit_ids_reach_git(repository: Repository, name: str) -> None:
    sha = repository.commit("a", "1")
    with pytest.raises(UsageError, match="Not a full commit id"):
        repository.history.is_ancestor(name, sha)


def test_touched_sees_only_the_paths_asked_for(repository: Repository) -> None:
    first, second = repository.commit("web/a", "1"), repository.commit("api/a", "1")
    third = repository.commit("web/a", "2")
    history = repository.history
    assert history.touched(first, second, ["web"]) is False
    assert history.touched(second, third, ["web"]) is True


def test_a_change_and_its_revert_still_touched(repository: Repository) -> None:
    first = repository.commit("web/a", "1")
    repository.commit("web/a", "2")
    last = repository.commit("web/a", "1")
    assert repository.history.touched(first, last, ["web"]) is True


def test_a_reverted_change_on_a_merged_side_branch_still_touched(repository: Repository) -> None:
    first = repository.commit("web/a", "1")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("web/a", "2")
    repository.commit("web/a", "1")
    repository.git("checkout", "-q", "main")
    repository.commit("api/a", "1")
    repository.git("merge", "-q", "--no-ff", "-m", "m", "side")
    assert repository.history.touched(first, repository.git("rev-parse", "HEAD"), ["web"]) is True


def test_a_merge_that_takes_the_older_side_is_seen_at_its_ends(repository: Repository) -> None:
    repository.commit("web/a", "1")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("api/a", "1")
    repository.git("checkout", "-q", "main")
    changed = repository.commit("web/a", "2")
    repository.git("checkout", "-q", "side")
    repository.git("merge", "-q", "-s", "ours", "-m", "m", "main")
    assert repository.history.touched(changed, repository.git("rev-parse", "HEAD"), ["web"]) is True


def test_pathspec_magic_in_a_folder_name_is_literal(repository: Repository) -> None:
    first = repository.commit(":(exclude)web/a", "1")
    last = repository.commit(":(exclude)web/a", "2")
    assert repository.history.touched(first, last, [":(exclude)web"]) is True


@pytest.mark.parametrize("fault", ["changed", "staged", "removed", "untracked", "ignored", "name\nwith newline"])
def test_everything_that_is_not_in_the_commit_is_uncommitted(repository: Repository, fault: str) -> None:
    repository.commit(".gitignore", "ignored\n")
    repository.commit("web/file", "1")
    repository.commit("other", "1")
    assert repository.history.is_dirty(["web"]) is False
    if fault in ("changed", "staged"):
        (repository.root / "web/file").write_text("2")
    if fault == "staged":
        repository.git("add", "-A")
    if fault == "removed":
        (repository.root / "web/file").unlink()
    if fault in ("untracked", "ignored", "name\nwith newline"):
        (repository.root / "web" / fault).write_text("x")
    (repository.root / "other").write_text("elsewhere")
    expected = f"web/{'file' if fault in ('changed', 'staged', 'removed') else fault}"
    assert repository.history.uncommitted(["web"]) == (expected,)


def test_a_new_time_stamp_alone_is_not_dirty(repository: Repository) -> None:
    repository.commit("web/file", "1")
    os.utime(repository.root / "web/file", (1, 1))
    assert repository.history.is_dirty(["web"]) is False


def test_a_shallow_clone_does_not_guess(repository: Repository, tmp_path: Path) -> None:
    first, second = repository.commit("a", "1"), repository.commit("a", "2")
    history = shallow(repository, tmp_path / "clone")
    assert history.is_shallow()
    assert history.is_ancestor(first, second) is None


def test_a_shallow_no_between_known_commits_is_not_believed(repository: Repository, tmp_path: Path) -> None:
    base = repository.commit("a", "1")
    middle, last = repository.commit("a", "2"), repository.commit("a", "3")
    history = shallow(repository, tmp_path / "clone")
    subprocess.run(["git", "fetch", "-q", "--depth=1", "origin", base], cwd=tmp_path / "clone", env=ENV, check=True)
    assert history.has(base)
    assert not history.has(middle)
    assert history.is_ancestor(base, last) is None


def test_deepen_answers_and_brings_no_file_contents(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    first = repository.commit("web/a", "first content")
    blob = repository.git("rev-parse", "HEAD:web/a")
    last = repository.commit("web/a", "2")
    history = shallow(repository, tmp_path / "clone")
    assert history.deepen() is True
    assert history.is_ancestor(first, last) is True
    assert history.touched(first, last, ["web"]) is True
    repository.root.rename(tmp_path / "away")
    seen = subprocess.run(["git", "cat-file", "-e", blob], cwd=tmp_path / "clone", env=ENV, capture_output=True)
    assert seen.returncode != 0


def test_deepen_that_fails_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit("a", "1")
    repository.commit("a", "2")
    history = shallow(repository, tmp_path / "clone")
    shutil.rmtree(repository.root)
    assert history.deepen() is False


class Fixed:
    """A compare API with one answer."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.asked = 0

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        self.asked += 1
        return self.answer


def test_history_asks_the_platform_before_it_fetches(repository: Repository, tmp_path: Path) -> None:
    first, last = repository.commit("a", "1"), repository.commit("a", "2")
    git = shallow(repository, tmp_path / "clone")
    platform = Fixed(False)
    assert CiHistory(git, platform).is_ancestor(first, last) is False
    assert platform.asked == 1
    assert git.is_shallow()


@pytest.mark.parametrize("platform", [None, Fixed(None)])
def test_history_deepens_when_the_platform_cannot_say(
    repository: Repository, tmp_path: Path, platform: Fixed | None
) -> None:
    first, last = repository.commit("a", "1"), repository.commit("a", "2")
    git = shallow(repository, tmp_path / "clone")
    assert CiHistory(git, platform).is_ancestor(first, last) is True
    assert not git.is_shallow()


def test_rewritten_history_is_unknown_even_after_deepening(repository: Repository, tmp_path: Path) -> None:
    repository.commit("a", "1")
    last = repository.commit("a", "2")
    git = shallow(repository, tmp_path / "clone")
    assert CiHistory(git, None).is_ancestor(UNKNOWN, last) is None


def test_a_full_clone_does_not_ask_the_platform(repository: Repository) -> None:
    last = repository.commit("a", "1")
    platform = Fixed(True)
    assert CiHistory(repository.history, platform).is_ancestor(UNKNOWN, last) is None
    assert platform.asked == 0


def test_touched_in_a_shallow_clone_deepens_or_says_yes(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit("web/a", "1")
    last = repository.commit("api/a", "2")
    assert CiHistory(shallow(repository, tmp_path / "one")).touched(first, last, ["web"]) is False
    cut = shallow(repository, tmp_path / "two")
    shutil.rmtree(repository.root)
    assert CiHistory(cut).touched(first, last, ["web"]) is True


def test_hostile_repository_settings_run_nothing(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit("web/a", "1")
    trap, mark = tmp_path / "trap", tmp_path / "ran"
    trap.write_text(f"#!/bin/sh\ntouch {mark}\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "core.editor"):
        repository.git("config", key, str(trap))
    repository.git("config", "core.hooksPath", str(tmp_path))
    mark.unlink(missing_ok=True)
    (repository.root / "web/a").write_text("2")
    history = repository.history
    assert history.is_dirty(["web"])
    history.head()
    history.touched(sha, sha, ["web"])
    assert not mark.exists()


def test_variables_of_the_caller_do_not_move_git_elsewhere(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit("a", "1")
    history = GitHistory(repository.root, {**ENV, "GIT_DIR": str(tmp_path / "no"), "GIT_WORK_TREE": "/"})
    assert history.head().commit == sha


def test_remote_url_is_public(repository: Repository) -> None:
    assert repository.history.remote_url() is None
    repository.git("remote", "add", "origin", "https://x:ghp_secret@github.com/acme/apps.git")
    assert repository.history.remote_url() == "https://github.com/acme/apps"


def test_missing_git_is_named(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git is not installed"):
        GitHistory(repository.root, {"PATH": str(tmp_path)}).head()
