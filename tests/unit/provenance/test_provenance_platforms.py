"""The predicate of a verified job: the platform's own fields, each from the job and from nothing else."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.jobs import COMMIT, GITHUB_JOB, GITLAB_JOB
from tests.unit.provenance.test_provenance_slsa import FULL

from gitless.errors import DefectError
from gitless.model.canonical import canonical_json
from gitless.model.identity import Identity
from gitless.model.revision import Source
from gitless.model.workload import Workload
from gitless.provenance.facts import BuilderFact, BuildFacts
from gitless.provenance.slsa import build_provenance

GOLDEN = Path(__file__).parents[2] / "golden" / "provenance"
CLAIMS = {"repository": "evil/apps", "ref": "refs/heads/evil", "run_url": "https://evil.example/run", "actor": "eve"}
JOBS = {"github": GITHUB_JOB, "gitlab": GITLAB_JOB}


def facts(platform: Any, job: Workload, **changed: Any) -> BuildFacts:
    ref = job.source_ref.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/")
    source = Source(job.source_uri, f"{ref}@sha1:{job.source_digest}", FULL.source.created, job.source_digest)
    return replace(FULL, source=source, builder=BuilderFact(platform, job, CLAIMS), **changed)


CASES = {
    "github": facts("github", GITHUB_JOB),
    "gitlab": facts("gitlab", GITLAB_JOB),
    "local": replace(FULL, builder=BuilderFact(unverified={"platform": "github", "actor": "alice"})),
}


@pytest.mark.parametrize("name", CASES)
def test_golden_predicates(name: str) -> None:
    content = canonical_json(build_provenance(CASES[name]))
    golden = GOLDEN / f"{name}.json"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_bytes(content)
    assert content == golden.read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_no_level_is_claimed(name: str) -> None:
    text = canonical_json(build_provenance(CASES[name])).decode().lower()
    assert not re.search(r"slsa|build_l\d|level", text)


@pytest.mark.parametrize("name", CASES)
def test_source_and_revision_stand_in_one_place(name: str) -> None:
    said = build_provenance(CASES[name])["buildDefinition"]["gitless_publish"]
    assert (said["source"], said["revision"]) == (CASES[name].source.url, f"main@sha1:{COMMIT}")


def test_github_has_the_fields_of_its_own_attestations() -> None:
    predicate = build_provenance(CASES["github"])
    definition = predicate["buildDefinition"]
    assert definition["buildType"] == "https://actions.github.io/buildtypes/workflow/v1"
    assert definition["externalParameters"] == {
        "workflow": {
            "ref": "refs/heads/main",
            "repository": "https://github.com/acme/apps",
            "path": ".github/workflows/publish.yaml",
        }
    }
    assert definition["internalParameters"] == {
        "github": {
            "event_name": "push",
            "repository_id": "700001",
            "repository_owner_id": "500001",
            "runner_environment": "github-hosted",
        }
    }
    assert definition["resolvedDependencies"][0] == {
        "uri": "git+https://github.com/acme/apps@refs/heads/main",
        "digest": {"gitCommit": COMMIT},
    }
    assert predicate["runDetails"]["builder"] == {"id": GITHUB_JOB.signer_uri}
    assert predicate["runDetails"]["metadata"]["invocationId"] == GITHUB_JOB.invocation


def test_gitlab_has_a_build_type_of_ours_and_no_variable() -> None:
    definition = build_provenance(CASES["gitlab"])["buildDefinition"]
    assert definition["buildType"] == "https://gitless.dev/buildtypes/gitlab/v1"
    assert definition["externalParameters"] == {
        "pipeline": {
            "ref": "refs/heads/main",
            "project": "https://gitlab.com/acme/apps",
            "config": ".gitlab-ci.yml",
        }
    }
    assert definition["internalParameters"] == {
        "gitlab": {
            "pipeline_source": "push",
            "project_id": "700002",
            "namespace_id": "500002",
            "runner_environment": "gitlab-hosted",
        }
    }


def test_the_documented_gitlab_predicate_is_what_is_written() -> None:
    page = (Path(__file__).parents[3] / "docs" / "buildtypes" / "gitlab-v1.md").read_text()
    written = json.loads(page.partition("```json")[2].partition("```")[0])
    small = BuildFacts(
        "web", "components/web", CASES["gitlab"].source, "0.1.0", builder=CASES["gitlab"].builder, channel="latest",
        started=FULL.started, finished=FULL.source.created + timedelta(seconds=7),
    )  # fmt: skip
    assert build_provenance(small) == written


def test_a_reusable_workflow_is_the_builder_and_the_callers_workflow_the_parameter() -> None:
    builder = "https://github.com/acme/shared/.github/workflows/publish.yaml@refs/tags/v1"
    job = replace(GITHUB_JOB, identity=Identity(GITHUB_JOB.identity.issuer, builder), signer_uri=builder)
    predicate = build_provenance(facts("github", job))
    assert predicate["runDetails"]["builder"]["id"] == builder
    assert path_of(predicate) == ".github/workflows/publish.yaml"


def path_of(predicate: dict[str, Any]) -> str:
    return str(predicate["buildDefinition"]["externalParameters"]["workflow"]["path"])


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("https://github.com/acme/apps/.github/workflows/a@b.yaml@refs/heads/main", ".github/workflows/a@b.yaml"),
        ("https://github.com/acme/apps/.github/workflows/x.yaml@refs/heads/v@2", ".github/workflows/x.yaml"),
        ("https://github.com/acme/apps/.github/workflows/x.yaml@refs/pull/1/merge", ".github/workflows/x.yaml"),
        (f"https://github.com/acme/apps/.github/workflows/x.yaml@{COMMIT}", ".github/workflows/x.yaml"),
        ("https://github.com/acme/apps2/.github/x.yaml@refs/heads/main", "acme/apps2/.github/x.yaml"),
    ],
)
def test_the_workflow_is_a_path_in_its_repository(uri: str, path: str) -> None:
    assert path_of(build_provenance(facts("github", replace(GITHUB_JOB, config_uri=uri)))) == path


@pytest.mark.parametrize("uri", ["nonsense", "https://github.com", "https://github.com/@refs/heads/main", "://x/y"])
def test_a_workflow_without_a_path_is_refused(uri: str) -> None:
    with pytest.raises(DefectError, match="names no workflow"):
        build_provenance(facts("github", replace(GITHUB_JOB, config_uri=uri)))


def test_what_the_environment_claims_is_left_out_beside_a_verified_job() -> None:
    text = canonical_json(build_provenance(CASES["github"])).decode()
    assert "evil" not in text
    assert "gitless_unverified" not in text


def test_uncommitted_changes_are_named_in_the_dependency_too() -> None:
    dirty = replace(CASES["github"], allow_dirty=True)
    dirty = replace(dirty, source=replace(dirty.source, revision=f"{dirty.source.revision}-dirty"))
    definition = build_provenance(dirty)["buildDefinition"]
    assert definition["resolvedDependencies"][0]["name"] == "source, changed without a commit"
    assert definition["gitless_publish"]["allowDirty"] is True


@pytest.mark.parametrize(
    "builder",
    [
        BuilderFact("github"),
        BuilderFact(workload=GITHUB_JOB),
        BuilderFact("jenkins", GITHUB_JOB),  # type: ignore[arg-type]
        BuilderFact("github", replace(GITHUB_JOB, signer_uri="http://github.com/x")),
        BuilderFact("github", replace(GITHUB_JOB, invocation="")),
        BuilderFact("github", replace(GITHUB_JOB, source_digest="ab" * 20)),
    ],
)
def test_a_builder_that_is_not_proven_is_refused(builder: BuilderFact) -> None:
    with pytest.raises(DefectError):
        build_provenance(replace(CASES["github"], builder=builder))


WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=20)
UNUSED = {"identity", "signer_digest", "owner_uri", "config_digest", "visibility", "environment", "token_subject"}


@st.composite
def jobs(draw: st.DrawFn) -> tuple[str, Workload]:
    platform = draw(st.sampled_from(sorted(JOBS)))
    server = f"https://{draw(WORDS)}.example"
    repository = f"{server}/o-{draw(WORDS)}/r-{draw(WORDS)}"
    separator = "/" if platform == "github" else "//"
    ref = draw(st.sampled_from(["refs/heads/", "refs/tags/"])) + "b-" + draw(WORDS)
    file = f"{repository}{separator}f-{draw(WORDS)}/{draw(WORDS)}.yaml@{ref}"
    signer = draw(st.sampled_from([file, f"{server}/shared/{draw(WORDS)}@refs/tags/v1"]))
    said = {name: f"{name}-{draw(WORDS)}" for name in ("runner", "source_id", "owner_id", "trigger")}
    return platform, Workload(
        Identity(server, signer), signer_uri=signer, source_uri=repository, source_ref=ref, config_uri=file,
        source_digest=draw(st.text("0123456789abcdef", min_size=40, max_size=40)),
        invocation=f"{repository}/runs/{draw(WORDS)}", **said,
    )  # fmt: skip


@given(jobs(), st.dictionaries(WORDS, WORDS.map("claimed-{}".format)))
def test_every_value_about_the_job_is_the_jobs(job: tuple[str, Workload], claims: dict[str, str]) -> None:
    platform, workload = job
    given_facts = facts(platform, workload)
    predicate = build_provenance(
        replace(given_facts, builder=BuilderFact(given_facts.builder.platform, workload, claims))
    )
    definition = predicate["buildDefinition"]
    names = {field.name for field in fields(Workload)} - UNUSED
    known = [getattr(workload, name) for name in names]
    values = [*leaves(definition["externalParameters"]), *leaves(definition["internalParameters"])]
    values += [predicate["runDetails"]["builder"]["id"], predicate["runDetails"]["metadata"]["invocationId"]]
    assert all(any(value in text for text in known) for value in values)
    assert len(values) == 9
    assert definition["resolvedDependencies"][0] == {
        "uri": f"git+{workload.source_uri}@{workload.source_ref}",
        "digest": {"gitCommit": workload.source_digest},
    }
    assert "claimed-" not in canonical_json(predicate).decode()


@given(st.dictionaries(WORDS, WORDS.map("claimed-{}".format), min_size=1))
def test_claims_stay_under_their_own_name(claims: dict[str, str]) -> None:
    predicate = build_provenance(replace(FULL, builder=BuilderFact(unverified=claims)))
    kept = predicate["runDetails"].pop("gitless_unverified")
    assert kept == claims
    assert "claimed-" not in canonical_json(predicate).decode()


def leaves(value: Any) -> list[str]:
    return [leaf for child in value.values() for leaf in leaves(child)] if isinstance(value, dict) else [value]
