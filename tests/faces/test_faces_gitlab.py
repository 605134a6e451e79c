"""The example's GitLab pipeline under GitLab's own schema and yamllint; the peers ring runs its scripts."""

from __future__ import annotations

from pathlib import Path

from tests.faces.test_faces_lint import run
from tools.faces.kept import linter
from tools.peers.recipes import REPOSITORY

PIPELINE = REPOSITORY / "examples" / "apps" / ".gitlab-ci.yml"
_TRANSFORM = ("--data-transform", "gitlab-ci")


def test_it_follows_gitlabs_schema() -> None:
    code, said = run(linter("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", *_TRANSFORM, PIPELINE)
    assert code == 0, said


def test_the_schema_would_find_a_fault(tmp_path: Path) -> None:
    bad = tmp_path / ".gitlab-ci.yml"
    bad.write_text(PIPELINE.read_text().replace("resource_group: stable", "resource_group: [stable]"))
    code, said = run(linter("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", *_TRANSFORM, bad)
    assert code == 1
    assert "resource_group" in said


def test_yamllint_accepts_it() -> None:
    assert run(linter("yamllint"), "--strict", PIPELINE) == (0, "")
