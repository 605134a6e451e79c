"""The rules' file in the history of a branch."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitless.ci.policies import BranchPolicies
from gitless.model.digest import Digest

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
NAMES = ("-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *NAMES, *arguments], cwd=root, env=ENV, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, content: str, path: str = "gitless.yaml") -> str:
    (root / path).write_text(content)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    return origin


def policies(root: Path, tip: str) -> BranchPolicies:
    return BranchPolicies(root, ENV, tip, "gitless.yaml")


def test_rules_of_the_branch_and_of_another_one(root: Path) -> None:
    first, second = commit(root, "one"), commit(root, "two")
    git(root, "checkout", "-q", "-b", "laxer")
    aside = commit(root, "laxer")
    found = policies(root, second)
    assert [found.contains(name) for name in (first, second, aside)] == [True, True, False]
    assert found.digest_at(first) == Digest.of(b"one")
    assert found.digest_at(second) == Digest.of(b"two")


def test_a_commit_that_nobody_has_and_names_that_are_none(root: Path) -> None:
    tip = commit(root, "one")
    found = policies(root, tip)
    assert [found.contains(name) for name in ("f" * 40, "", "HEAD", "--all", "f" * 39)] == [False] * 5
    assert found.digest_at("f" * 40) is None


def test_a_commit_without_the_file(root: Path) -> None:
    tip = commit(root, "other", "readme")
    assert policies(root, tip).digest_at(tip) is None


def test_a_shallow_clone_is_deepened(root: Path, tmp_path: Path) -> None:
    first, tip = commit(root, "one"), commit(root, "two")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", str(clone))
    found = policies(clone, tip)
    assert found.contains(first)
    assert not found.contains("f" * 40)
    assert found.digest_at(first) == Digest.of(b"one")


def test_a_shallow_clone_without_its_origin_does_not_tell(root: Path, tmp_path: Path) -> None:
    first, tip = commit(root, "one"), commit(root, "two")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", str(clone))
    git(clone, "remote", "set-url", "origin", f"file://{tmp_path}/gone")
    assert policies(clone, tip).contains(first) is None
    assert policies(clone, tip).contains(tip) is True
