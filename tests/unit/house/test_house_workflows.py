"""The workflows of this repository: nothing by tag, nothing too much, and the same words in every place."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = REPOSITORY / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
_USES = re.compile(r"^\s*(?:- )?uses: (?P<what>\S+)(?P<rest>.*)$", re.MULTILINE)
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_VERSION = re.compile(r" # (v\d+\.\d+\.\d+)$")
# What a caller of the reusable workflow cannot choose, and why stands at the head of publish.yml.
NOT_OFFERED = {"comment", "signing-key", "allow-privileged-event", "github-token"}


def uses(text: str) -> list[tuple[str, str]]:
    """Every `uses:` with what stands behind it; those of this repository left out."""
    found = [(match["what"], match["rest"]) for match in _USES.finditer(text)]
    return [(what, rest) for what, rest in found if not what.startswith("./")]


def unpinned(text: str) -> list[str]:
    """Every `uses:` that is no full commit with the version that it is."""
    return [what for what, rest in uses(text) if not (_PINNED.fullmatch(what) and _VERSION.search(rest))]


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return document


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in load(name)["jobs"].values() for step in job.get("steps", [])]


def test_there_are_workflows() -> None:
    assert {"publish.yml", "release.yml", "test.yml"} <= {path.name for path in WORKFLOWS}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    assert unpinned(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "- uses: actions/checkout@v5",
        "uses: actions/checkout@08c6903 # v5.0.0",
        f"uses: a/b@{'0' * 40}",
        "uses: docker://a",
    ],
)
def test_a_looser_pin_would_be_found(line: str) -> None:
    assert unpinned(f"      {line}\n") == [line.partition("uses: ")[2].split()[0]]


def test_an_action_has_one_commit_and_one_version_everywhere() -> None:
    places = [*WORKFLOWS, *REPOSITORY.glob("examples/*/.github/workflows/*.y*ml")]
    pins: dict[str, set[str]] = {}
    for what, rest in (each for path in places for each in uses(path.read_text())):
        if _PINNED.fullmatch(what):
            name, _, commit = what.partition("@")
            pins.setdefault(name, set()).add(f"{commit}{rest}")
    assert {name: pin for name, pin in pins.items() if len(pin) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_checkout_leaves_a_credential_and_every_job_ends(path: Path) -> None:
    for step in steps(path.name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, step["name"]
    for name, job in load(path.name)["jobs"].items():
        assert "timeout-minutes" in job or "uses" in job, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_is_granted_to_the_whole_workflow(path: Path) -> None:
    document = load(path.name)
    assert document["permissions"] == {}
    assert all(job["permissions"] for job in document["jobs"].values())


def test_tests_can_write_nothing_and_share_nothing() -> None:
    for name, job in load("test.yml")["jobs"].items():
        assert job["permissions"] == {"contents": "read"}, name
    assert not any("actions/cache" in path.read_text() for path in WORKFLOWS)
    for step in steps("test.yml"):
        if step.get("uses", "").startswith(("actions/setup-go@", "actions/setup-node@")):
            caches = [value for key, value in step["with"].items() if "cache" in key]
            assert caches == [False], step["name"]


def test_only_reviewed_jobs_of_a_release_can_write() -> None:
    for name, job in load("release.yml")["jobs"].items():
        if "write" in job["permissions"].values():
            assert job["environment"] == "release", name


def test_a_release_is_published_after_everything_is_attached() -> None:
    jobs = load("release.yml")["jobs"]
    assert set(jobs["draft"]["needs"]) >= {"test", "build", "image"}
    assert set(jobs["publish"]["needs"]) == {"draft", "pypi"}
    said = [step.get("run", "") for step in jobs["publish"]["steps"]]
    assert [bool(re.search(word, "\n".join(said[:2]))) for word in ("--draft=false", "refs/tags")] == [True, False]


def test_files_of_other_jobs_are_held_against_their_checksums() -> None:
    jobs = load("release.yml")["jobs"]
    getting = {
        name: job
        for name, job in jobs.items()
        if any(step.get("uses", "").startswith("actions/download-artifact@") for step in job.get("steps", []))
    }
    assert set(getting) == {"image", "draft", "pypi"}
    for name, job in getting.items():
        following = False
        for step in job["steps"]:
            if following:
                assert "sha256sum --check --strict" in step["run"], name
            following = step.get("uses", "").startswith("actions/download-artifact@")


def test_the_reusable_workflow_offers_what_the_action_does() -> None:
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    called = load("publish.yml")[True]["workflow_call"]  # YAML 1.1 reads `on` as true
    assert set(action["inputs"]) - set(called["inputs"]) == NOT_OFFERED
    assert set(called["inputs"]) - set(action["inputs"]) == {"registry-host"}
    kinds = {name: entry["type"] for name, entry in called["inputs"].items()}
    assert {name for name, kind in kinds.items() if kind == "boolean"} == {"summary", "dry-run"}
    assert {name for name, kind in kinds.items() if kind not in ("string", "boolean")} == set()
    assert set(called["outputs"]) == {"digest", "digest-url", "reference", "pushed", "changed"}


def test_the_reusable_workflow_hands_every_input_on_as_the_action_does() -> None:
    (ours,) = [step["env"] for step in steps("publish.yml") if step.get("id") == "gitless"]
    (theirs,) = [step["env"] for step in yaml.safe_load((REPOSITORY / "action.yml").read_text())["runs"]["steps"]]
    left_out = {f"GITLESS_INPUT_{name.upper().replace('-', '_')}" for name in NOT_OFFERED}
    wanted = {name: value for name, value in theirs.items() if name.startswith("GITLESS_INPUT_")}
    assert {name: value for name, value in ours.items() if name.startswith("GITLESS_INPUT_")} == {
        name: value for name, value in wanted.items() if name not in left_out
    }


def test_the_reusable_workflow_runs_its_own_commit_and_nothing_of_the_callers() -> None:
    known, house, aside, caller, published = steps("publish.yml")
    own = ("${{ job.workflow_repository }}", "${{ job.workflow_sha }}")
    assert tuple(known["env"].values()) == (house["with"]["repository"], house["with"]["ref"]) == own
    assert aside["run"] == f'mv {house["with"]["path"]} "$RUNNER_TEMP/gitless-actions"'
    assert set(caller["with"]) == {"fetch-depth", "persist-credentials"}
    assert published["run"] == 'sh "$RUNNER_TEMP/gitless-actions/bootstrap/run.sh" action publish'


@pytest.mark.parametrize(
    ("repository", "commit", "code"), [("acme/gitless", "a" * 40, 0), ("", "a" * 40, 2), ("acme/gitless", "", 2)]
)
def test_a_server_that_does_not_name_the_commit_is_refused(repository: str, commit: str, code: int) -> None:
    script = steps("publish.yml")[0]["run"]
    env = {"REPOSITORY": repository, "COMMIT": commit, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], env=env, capture_output=True, text=True)
    assert done.returncode == code
    said = "::error title=gitless::This server does not know job.workflow_sha: use the publish action instead.\n"
    assert done.stdout == (said if code else "")


def test_the_build_backend_is_the_locked_one() -> None:
    project = re.search(r'^requires = \["(hatchling==[^"]+)"\]$', (REPOSITORY / "pyproject.toml").read_text(), re.M)
    assert project
    folder = REPOSITORY / "tools" / "house"
    assert project[1] in (folder / "build.in").read_text().splitlines()
    assert (folder / "build.txt").read_text().startswith(f"{project[1]} \\\n    --hash=sha256:")


def test_checkouts_keep_every_byte() -> None:
    assert "* -text" in (REPOSITORY / ".gitattributes").read_text().splitlines()
