"""The house's pages say what is so: tests that exist, texts that are printed, configurations that are accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from gitless.config.inputs import Inputs
from gitless.config.parse import parse_config
from gitless.errors import UsageError
from gitless.wiring.action import publish_request

REPOSITORY = Path(__file__).resolve().parents[3]
DOCS = REPOSITORY / "docs"
PAGES = ["gitlab-house.md", "migration-d2.md", "releasing.md", "reusable-workflow.md", "threat-model.md"]
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page, those inside lists without their indent."""
    found = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return [re.sub(rf"^{indent}", "", text, flags=re.M) for indent, kind, text in found if kind == language]


@pytest.mark.parametrize("page", PAGES)
def test_every_test_and_file_that_a_page_names_exists(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|image|tools|\.github)/[^`\s]+)`", text)
    assert [name for name in named if not (REPOSITORY / name).is_file()] == []
    assert named or page in ("releasing.md", "reusable-workflow.md")


def test_the_threat_model_shows_every_defence_by_a_test() -> None:
    rows = re.findall(r"^\| (?:to|a|an|another|code|workflow|the) .*$", (DOCS / "threat-model.md").read_text(), re.M)
    defences = [row for row in rows if row.count(" | ") == 2 and "shown by" not in row]
    assert len(defences) > 25
    assert [row for row in defences if "`tests/" not in row] == []


@pytest.mark.parametrize("given", [{"GITLESS_INPUT_DIFF_TAG": "latest-stable"}])
def test_the_migration_page_quotes_what_the_action_prints(given: dict[str, str]) -> None:
    with pytest.raises(UsageError) as refused:
        publish_request(Inputs(given))
    assert blocks("migration-d2.md", "text") == [f"{refused.value}\n"]


def test_d2s_own_release_step_is_told_of_the_version() -> None:
    given = {"REPOSITORY": "ghcr.io/a/b", "PATH": "./components/b", "DIFF_TAG": "v1.2.3", "TAGS": "latest-stable"}
    with pytest.raises(UsageError, match=r"^The publish action does not move 'v1\.2\.3', which 'diff-tag' names\."):
        publish_request(Inputs({f"GITLESS_INPUT_{name}": value for name, value in given.items()}))


def test_the_migration_pages_configuration_is_accepted() -> None:
    (text,) = (text for text in blocks("migration-d2.md", "yaml") if text.startswith("version:"))
    config = parse_config(text.encode())
    assert set(config.channels or {}) == {"latest", "latest-stable"}


def test_every_input_of_the_d2_action_is_in_the_table() -> None:
    page = (DOCS / "migration-d2.md").read_text()
    for name in ("repository", "path", "diff-tag", "tags", "ignore-paths", "annotations", "provider"):
        assert f"\n| `{name}` |" in page, name


def test_the_steps_to_paste_name_inputs_that_exist() -> None:
    for page, action in (("migration-d2.md", "actions/promote/action.yml"),):
        inputs = yaml.safe_load((REPOSITORY / action).read_text())["inputs"]
        steps = [step for text in blocks(page, "yaml") if text.startswith("- name:") for step in yaml.safe_load(text)]
        assert steps
        assert all(set(step["with"]) <= set(inputs) for step in steps)


def test_the_reusable_workflows_identity_is_accepted_and_names_both() -> None:
    (text,) = (text for text in blocks("reusable-workflow.md", "yaml") if text.startswith("identities:"))
    filled = text.replace("OWNER", "acme").replace("vX.Y.Z", "v1.2.3")
    config = parse_config(f"version: 1\ncomponents: [{{path: a}}]\n{filled}".encode())
    assert config.identities
    pattern = config.identities.publish.to_pattern()
    assert pattern
    assert pattern.subject == "https://github.com/acme/gitless/.github/workflows/publish.yml@refs/tags/v1.2.3"
    assert pattern.source == "https://github.com/acme/apps"


def test_the_reusable_workflows_caller_grants_what_it_asks_for() -> None:
    (text,) = (text for text in blocks("reusable-workflow.md", "yaml") if text.startswith("jobs:"))
    caller = yaml.safe_load(text)["jobs"]["publish"]["permissions"]
    called = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "publish.yml").read_text())
    assert caller == called["jobs"]["publish"]["permissions"]
