"""The example's GitLab pipeline runs as it is: components, reports and tokens, from the first push to the audit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.faces.example import Example, make_key
from tests.faces.gitlab import NAME, GitLab, Project
from tests.fakes.sigstore.stack import Stack
from tools.faces.kept import wheelhouse
from tools.gitlab_components import COMPONENTS
from tools.peers.commands import Tools
from tools.peers.recipes import REPOSITORY

ISSUER = "https://gitlab.com"
SUBJECT = f"https://gitlab.com/{NAME}//.gitlab-ci.yml@refs/heads/main"
TAG = "v1.0.0"


@pytest.fixture
def gitlab(tmp_path: Path) -> GitLab:
    """A machine of its own."""
    return GitLab(tmp_path / "gitlab")


@pytest.fixture
def project(example: Example, sigstore: Stack) -> Project:
    """The example on GitLab."""
    return Project(example, sigstore)


@pytest.mark.timeout(400)
def test_from_the_first_push_to_the_audit(
    project: Project, gitlab: GitLab, registry: str, sigstore: Stack, tools: Tools, tmp_path: Path
) -> None:
    place = f"{registry}/{tmp_path.name}"
    at = {"GITLESS_REGISTRY": place}
    pushed = gitlab.run(project.example.path, {**project.job(), **at}, "gitless-publish")
    assert pushed.code == 0, pushed.log
    components = pushed.result("gitless-publish", "publish")["components"]
    assert [item["name"] for item in components] == ["backend", "frontend", "web"]
    for item in components:
        tools.verify_identity(sigstore.trusted_root, SUBJECT, ISSUER, item["reference"])
    assert "✅ 3 published" in pushed.report("gitless-publish", "publish", "summary.md")
    assert pushed.outputs("gitless-publish", "publish")["GITLESS_PUBLISH_PUSHED"] == "true"
    assert set(pushed.cases("gitless-publish", "publish").values()) == {"passed"}

    release = {**project.job(TAG, "tag", environment="production"), **at}
    promoted = gitlab.run(project.example.path, release, "gitless-promote")
    assert promoted.code == 0, promoted.log
    assert "would move" in promoted.report("gitless-promote-plan", "promote", "summary.md")
    planned, done = (promoted.outputs(job, "promote") for job in ("gitless-promote-plan", "gitless-promote"))
    assert planned["GITLESS_PROMOTE_DIGEST"] == done["GITLESS_PROMOTE_DIGEST"]
    assert done["GITLESS_PROMOTE_RELEASE"] == TAG
    assert done["IMAGE_DIGEST"] == f"{place}/web@{done['GITLESS_PROMOTE_DIGEST']}"
    assert promoted.cases("gitless-promote", "promote")["web sbom"] == "passed"
    subject = f"https://gitlab.com/{NAME}//.gitlab-ci.yml@refs/tags/{TAG}"
    for tag in ("stable", TAG):
        tools.verify_identity(sigstore.trusted_root, subject, ISSUER, f"{place}/web:{tag}")

    scheduled = {**project.job(source="schedule"), **at, "CI_REGISTRY_IMAGE": place}
    looking = ("gitless-verify", "gitless-verify-production", "gitless-audit", "gitless-history")
    looked = gitlab.run(project.example.path, scheduled, *looking)
    assert looked.code == 0, looked.log
    assert looked.outputs("gitless-verify", "verify")["GITLESS_VERIFY_VERIFIED"] == "true"
    assert looked.outputs("gitless-audit", "audit")["GITLESS_AUDIT_FINDINGS"] == "0"
    assert "History of web ✅ is whole" in looked.report("gitless-history", "history", "summary.md")
    assert "<html" in looked.report("gitless-history", "history", "index.html")


@pytest.mark.timeout(400)
def test_back_by_hand_and_a_gate_that_says_no(
    project: Project, gitlab: GitLab, registry: str, tools: Tools, tmp_path: Path
) -> None:
    place = f"{registry}/{tmp_path.name}"
    at = {"GITLESS_REGISTRY": place}
    for tag, replicas in ((TAG, 3), ("v1.1.0", 4)):
        project.example.commit({"deploy/web/production.yaml": f"replicas: {replicas}\nhost: web.production.example\n"})
        release = {**project.job(tag, "tag", environment="production"), **at}
        for variables, job in (({**project.job(), **at}, "gitless-publish"), (release, "gitless-promote")):
            ended = gitlab.run(project.example.path, variables, job)
            assert ended.code == 0, ended.log
    again = gitlab.run(project.example.path, {**project.job(TAG, "tag"), **at}, "gitless-promote-plan")
    assert again.code != 0
    cases = again.cases("gitless-promote-plan", "promote")
    assert cases["web release"] == "failed"
    assert cases["web signature"] == "passed"
    back = {**project.job(TAG, "tag", environment="production"), **at, "REASON": "errors after v1.1.0"}
    rolled = gitlab.run(project.example.path, back, "gitless-rollback")
    assert rolled.code == 0, rolled.log
    assert "✅ stable: 1 of 1 component(s) rolled back" in rolled.report("gitless-rollback", "rollback", "summary.md")
    digests = {tag: tools.run("crane", "digest", f"{place}/web:{tag}").stdout for tag in ("stable", TAG, "v1.1.0")}
    assert digests["stable"] == digests[TAG] != digests["v1.1.0"]


def test_merge_requests_are_a_dry_run_and_a_strangers_checkout_gets_no_word_in(
    project: Project, gitlab: GitLab, registry: str, tmp_path: Path, tools: Tools
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    request = {
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "666",
        "CI_MERGE_REQUEST_PROJECT_ID": "700002",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/7/head",
    }
    project.example.commit(
        {
            "gitless-reports/publish/outputs.env": "GITLESS_PUBLISH_DIGEST=sha256:evil\n",
            "sitecustomize.py": f"open({str(outside / 'ran')!r}, 'w')\n",
            "yaml.py": f"open({str(outside / 'ran')!r}, 'w')\n",
        }
    )
    place = f"{registry}/{tmp_path.name}"
    job = project.job("x$(touch pwned)`id`", source="merge_request_event")
    variables = {name: value for name, value in job.items() if name not in ("CI_COMMIT_BRANCH", "SIGSTORE_ID_TOKEN")}
    ended = gitlab.run(project.example.path, {**variables, **request, "GITLESS_REGISTRY": place}, "gitless-publish")
    assert ended.code == 0, ended.log
    summary = ended.report("gitless-publish", "publish", "summary.md")
    assert "3 would be published" in summary
    assert ended.outputs("gitless-publish", "publish")["GITLESS_PUBLISH_PUSHED"] == "false"
    assert "GITLESS_PUBLISH_DIGEST" not in ended.outputs("gitless-publish", "publish")
    assert not list(outside.iterdir())
    assert not list(project.example.path.rglob("pwned"))
    assert "canary-of-the-job" not in ended.log
    assert tools.run("crane", "ls", f"{place}/web", check=False).returncode != 0, "nothing was pushed"


def test_a_job_without_its_token_is_told_the_lines_to_paste(project: Project, gitlab: GitLab, registry: str) -> None:
    variables = {**project.job(), "SIGSTORE_ID_TOKEN": "", "GITLESS_REGISTRY": f"{registry}/nobody"}
    ended = gitlab.run(project.example.path, variables, "gitless-publish")
    assert ended.code != 0
    assert "id_tokens:" in ended.report("gitless-publish", "publish", "summary.md")
    assert ended.result("gitless-publish", "publish")["ok"] is False
    assert ended.cases("gitless-publish", "publish") == {"gitless publish": "failed"}


def test_what_checks_find_is_shown_at_its_file_and_line(
    project: Project, gitlab: GitLab, registry: str, tmp_path: Path
) -> None:
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
    secret = other + "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: hunter2\n"
    project.example.commit({"components/backend/base/secret.yaml": secret})
    variables = {**project.job(), "GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    ended = gitlab.run(project.example.path, variables, "gitless-publish")
    assert ended.code != 0
    issues = yaml.safe_load(ended.report("gitless-publish", "publish", "code-quality.json"))
    places = {(item["location"]["path"], item["location"]["lines"]["begin"]) for item in issues}
    assert ("components/backend/base/secret.yaml", 5) in places
    assert "hunter2" not in ended.log


def test_gitless_as_a_package_is_installed_by_hash_and_believes_nothing_around_it(
    project: Project, gitlab: GitLab, registry: str, tmp_path: Path
) -> None:
    uv = REPOSITORY / ".cache" / "tools" / "bin" / "uv"
    wheels = tmp_path / "wheels"
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", wheels, REPOSITORY], check=True)
    for wheel in wheelhouse().glob("*.whl"):
        (wheels / wheel.name).symlink_to(wheel)
    pipeline = yaml.safe_load((project.example.path / ".gitlab-ci.yml").read_text())
    publish = pipeline["include"][0]
    # a folder is an index to pip, once each wheel has a page
    index = tmp_path / "index"
    for wheel in wheels.iterdir():
        page = index / wheel.name.partition("-")[0].lower().replace("_", "-") / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        with page.open("a") as stream:
            stream.write(f'<a href="{wheel.resolve().as_uri()}">{wheel.name}</a>\n')
    publish["inputs"] = {"install": "package", "index-url": index.as_uri(), "path": "components/backend"}
    publish["inputs"]["signing-key"] = "env://COSIGN_KEY"
    project.example.commit(
        {
            ".gitlab-ci.yml": yaml.safe_dump({"stages": ["deploy"], "include": [publish]}),
            "pip.conf": "[global]\nindex-url = http://127.0.0.1:1/evil\n",
        }
    )
    hostile = {"PIP_INDEX_URL": "http://127.0.0.1:1/evil", "PIP_CONFIG_FILE": "pip.conf", "PYTHONPATH": "."}
    key = {"COSIGN_KEY": make_key(tmp_path / "key"), "GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    settings = yaml.safe_load((project.example.path / "gitless.yaml").read_text())
    del settings["signing"], settings["identities"]
    project.example.commit({"gitless.yaml": yaml.safe_dump(settings)})
    Path(gitlab.home / "bin" / "gitless").unlink()
    (gitlab.home / "bin" / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    ended = gitlab.run(project.example.path, {**project.job(), **hostile, **key}, "gitless-publish")
    assert ended.code == 0, ended.log
    assert ended.outputs("gitless-publish", "publish")["GITLESS_PUBLISH_PUSHED"] == "true"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"components": "web"}, "to"),
        ({"components": "web", "to": "stable", "bump": "huge"}, "bump"),
        ({"components": "web", "to": "stable", "dry-run": "yes"}, "dry-run"),
    ],
)
def test_inputs_of_the_wrong_kind_are_refused_before_any_job(
    project: Project, gitlab: GitLab, inputs: dict[str, str], said: str
) -> None:
    component = {"component": "$CI_SERVER_FQDN/acme/gitless/promote@v0.1.0", "inputs": inputs}
    project.example.commit({".gitlab-ci.yml": yaml.safe_dump({"stages": ["deploy"], "include": [component]})})
    ended = gitlab.run(project.example.path, project.job(TAG, "tag"), "gitless-promote-plan")
    assert ended.code != 0
    assert f"`{said}` input" in ended.log


@pytest.mark.timeout(400)
def test_a_tag_releases_one_component_and_a_hand_on_a_channel_is_seen(
    tmp_path: Path, sigstore: Stack, gitlab: GitLab, registry: str, tools: Tools
) -> None:
    project = Project(Example(tmp_path / "infra", NAME, "infra"), sigstore)
    settings = yaml.safe_load((project.example.path / "gitless.yaml").read_text())
    settings["channels"]["stable"]["gates"]["provenance"]["repository"] = NAME
    project.example.commit({"gitless.yaml": yaml.safe_dump(settings)})
    place = f"{registry}/{tmp_path.name}"
    at = {"GITLESS_REGISTRY": place, "CI_REGISTRY_IMAGE": place}
    pushed = gitlab.run(project.example.path, {**project.job(), **at}, "gitless-publish")
    assert pushed.code == 0, pushed.log
    for component in ("cert-manager", "monitoring"):
        tag = f"{component}/v1.0.0"
        release = {**project.job(tag, "tag", environment="production"), **at}
        ended = gitlab.run(project.example.path, release, f"gitless-promote-{component}")
        assert ended.code == 0, ended.log
        subject = f"https://gitlab.com/{NAME}//.gitlab-ci.yml@refs/tags/{tag}"
        tools.verify_identity(sigstore.trusted_root, subject, ISSUER, f"{place}/{component}:v1.0.0")
    scheduled = {**project.job(source="schedule"), **at}
    assert gitlab.run(project.example.path, scheduled, "gitless-verify").code == 0
    project.example.commit(
        {"components/monitoring/more.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"}
    )
    assert gitlab.run(project.example.path, {**project.job(), **at}, "gitless-publish").code == 0
    tools.run("crane", "tag", f"{place}/monitoring:latest", "stable")
    seen = gitlab.run(project.example.path, {**project.job(source="schedule"), **at}, "gitless-verify")
    assert seen.code != 0
    assert seen.outputs("gitless-verify", "verify")["GITLESS_VERIFY_VERIFIED"] == "false"


def test_the_fleet_is_published_by_its_pipeline(tmp_path: Path, sigstore: Stack, gitlab: GitLab, registry: str) -> None:
    project = Project(Example(tmp_path / "fleet", NAME, "fleet"), sigstore)
    variables = {**project.job(), "GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    pushed = gitlab.run(project.example.path, variables, "gitless-publish")
    assert pushed.code == 0, pushed.log
    assert pushed.outputs("gitless-publish", "publish")["IMAGE_DIGEST"].startswith(f"{registry}/{tmp_path.name}/fleet@")


def test_every_component_is_in_the_example() -> None:
    text = (REPOSITORY / "examples" / "apps" / ".gitlab-ci.yml").read_text()
    assert {name for name in COMPONENTS if f"/acme/gitless/{name}@" in text} == set(COMPONENTS)
