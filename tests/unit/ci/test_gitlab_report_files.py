"""The folder of a GitLab job's reports, in a checkout that a stranger may have written; and the event of the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitless.ci.event import Event, read_event
from gitless.ci.gitlab_reports import Reports
from gitless.errors import UsageError

URL = "https://gitlab.com/acme/apps/-/jobs/7"


def reports(top: Path) -> Reports:
    return Reports({"CI_PROJECT_DIR": str(top), "CI_JOB_URL": URL}, "publish")


def test_files_are_written_below_the_checkout(tmp_path: Path) -> None:
    place = reports(tmp_path)
    place.prepare()
    path = place.write("summary.md", "## done \ud800\n")
    assert path == "gitless-reports/publish/summary.md"
    assert (tmp_path / path).read_text() == "## done \\ud800\n"
    assert place.address(path) == f"{URL}/artifacts/file/{path}"


def test_what_the_checkout_brings_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "gitless-reports" / "publish"
    folder.mkdir(parents=True)
    (folder / "outputs.env").write_text("GITLESS_PUBLISH_DIGEST=sha256:evil\n")
    (folder / "other.txt").write_text("theirs")
    reports(tmp_path).prepare()
    assert sorted(path.name for path in folder.iterdir()) == ["other.txt"]


@pytest.mark.parametrize("part", ["gitless-reports", "gitless-reports/publish"])
def test_a_folder_that_is_a_link_is_refused_and_nothing_is_written_through_it(tmp_path: Path, part: str) -> None:
    outside, top = tmp_path / "outside", tmp_path / "checkout"
    outside.mkdir()
    (top / part).parent.mkdir(parents=True)
    (top / part).symlink_to(outside)
    place = reports(top)
    with pytest.raises(UsageError) as refusal:
        place.prepare()
    assert str(refusal.value) == (
        f"{part.split('/')[-1]!r} in the checkout is a link.\n"
        "The reports of the job are written there, and would land elsewhere.\n"
        "Remove it from the repository: gitless-reports/ belongs to the job."
    )
    with pytest.raises(UsageError, match="is not ready"):
        place.write("summary.md", "text")
    assert not list(outside.iterdir())


def test_a_file_that_is_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "gitless-reports" / "publish", tmp_path / "outside"
    folder.mkdir(parents=True)
    outside.write_text("theirs")
    (folder / "summary.md").symlink_to(outside)
    place = reports(tmp_path)
    place.prepare()
    place.write("summary.md", "ours")
    assert outside.read_text() == "theirs"
    (folder / "result.json").symlink_to(outside)  # put there while the verb ran
    with pytest.raises(UsageError, match=r"The report gitless-reports/publish/result\.json cannot be written"):
        place.write("result.json", "ours")
    assert outside.read_text() == "theirs"


@pytest.mark.parametrize("url", ["", "javascript:x", "https://gitlab.com/a b", "https://user:pw@gitlab.com/a"])
def test_no_address_is_made_of_what_is_none(tmp_path: Path, url: str) -> None:
    assert Reports({"CI_PROJECT_DIR": str(tmp_path), "CI_JOB_URL": url}, "publish").address("a.md") == ""


def merge_request(**given: str) -> Event:
    known = {
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "3",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }
    return read_event({"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event", **known, **given})


def test_a_merge_request_of_the_project_is_its_own() -> None:
    assert merge_request() == Event("merge_request_event", is_foreign=False, base="main", number=3)
    assert merge_request().change == "merge request"


@pytest.mark.parametrize("name", ["CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_PROJECT_ID"])
@pytest.mark.parametrize("project", ["8", ""])
def test_a_merge_request_from_a_fork_is_foreign_wherever_its_pipeline_runs(name: str, project: str) -> None:
    assert merge_request(**{name: project}).is_foreign


def test_a_merge_request_that_is_not_named_is_foreign() -> None:
    assert merge_request(CI_MERGE_REQUEST_IID="").is_foreign


def test_other_pipelines_propose_no_change() -> None:
    event = read_event({"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "push"})
    assert (event, event.change, event.is_privileged) == (Event("push"), "", False)
