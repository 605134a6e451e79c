"""Publish from the default branch, promote from a tag: real Fulcio, Rekor and timestamp authority, cosign and crane."""

from __future__ import annotations

import base64
import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import UnrecognizedExtension
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import ISSUERS, PUBLISHERS, STABLE, Releases
from tools.peers.commands import Tools
from tools.peers.publisher import gitless

RECORD = "https://gitless.dev/promotion/v1"
SUMMARY = "https://slsa.dev/verification_summary/v1"
SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
TARGETS = {"docker-registry": "ggcr-registry", "registry": "docker-registry", "ggcr-registry": "registry"}
_FULCIO = "1.3.6.1.4.1.57264.1."
_ARCS = {"workflowRef": 9, "workflowSha": 10, "runner": 11, "url": 21}  # Fulcio, docs/oid-info.md
_NEXT = {"web/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {greeting: hi}\n"}


@pytest.fixture(params=["github", "gitlab"])
def apps(request: pytest.FixtureRequest, tmp_path: Path, sigstore: Stack) -> Releases:
    return Releases(tmp_path / "apps", sigstore, request.param)


@pytest.fixture
def one(registries: dict[str, str]) -> str:
    """One registry, where what is tried is not about registries."""
    return registries["ggcr-registry"]


def _place(registry: str, apps: Releases) -> str:
    return f"{registry}/{apps.platform}-{apps.repository.path.parent.name}"


def _digest(tools: Tools, reference: str) -> str:
    return tools.run("crane", "digest", reference).stdout.decode().strip()


def _tags(tools: Tools, repository: str) -> dict[str, str]:
    names = tools.run("crane", "ls", repository).stdout.decode().split()
    return {name: _digest(tools, f"{repository}:{name}") for name in names}


def _accepts(tools: Tools, apps: Releases, subject: str, reference: str) -> bool:
    done = tools.verify_identity(apps.stack.trusted_root, subject, ISSUERS[apps.platform], reference, check=False)
    return done.returncode == 0


def _record(tools: Tools, repository: str, record: str) -> dict[str, Any]:
    """The predicate of a record, read from the registry by its manifest's digest."""
    manifest = json.loads(tools.run("crane", "manifest", f"{repository}@{record}").stdout)
    bundle = json.loads(tools.run("crane", "blob", f"{repository}@{manifest['layers'][0]['digest']}").stdout)
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    assert statement["predicateType"] == RECORD
    predicate: dict[str, Any] = statement["predicate"]
    return predicate


def _certified(stack: Stack) -> dict[int, str]:
    """What the last certificate says of its job, by the last number of the extension."""
    found = [item.value for item in stack.issued()[-1].extensions]
    named = [item for item in found if item.oid.dotted_string.startswith(_FULCIO)]
    # UTF8String: one byte for the tag, one for a length below 128
    return {
        int(item.oid.dotted_string.removeprefix(_FULCIO)): item.value[2:].decode()
        for item in named
        if isinstance(item, UnrecognizedExtension) and item.value[:1] == b"\x0c"
    }


def test_one_digest_is_published_from_main_and_promoted_from_a_tag(
    apps: Releases, registry: str, tools: Tools, sigstore: Stack
) -> None:
    place = _place(registry, apps)
    published = apps.publish(place)
    digest, reference = published["digest"], f"{place}/web@{published['digest']}"
    publisher, promoter = PUBLISHERS[apps.platform], apps.promoter("v1.2.3")
    assert _accepts(tools, apps, publisher, reference)
    assert not _accepts(tools, apps, promoter, reference), "it was only published"

    certificates = len(sigstore.issued())
    promoted = apps.promote(place, "v1.2.3")
    assert promoted["tags"] == ["v1.2.3", "stable"]
    assert {_digest(tools, f"{place}/web:{tag}") for tag in ("latest", "v1.2.3", "stable")} == {digest}
    assert _accepts(tools, apps, publisher, reference)
    assert _accepts(tools, apps, promoter, reference)
    assert not _accepts(tools, apps, apps.promoter("v1.2.4"), reference)
    assert len(sigstore.issued()) == certificates + 1


def test_a_record_tells_of_its_run_what_the_certificate_says(
    apps: Releases, one: str, tools: Tools, sigstore: Stack
) -> None:
    place = _place(one, apps)
    published = apps.publish(place)
    promoted = apps.promote(place, "v1.2.3")
    predicate = _record(tools, f"{place}/web", promoted["record"])
    run, certified = predicate["run"], _certified(sigstore)
    assert {name: run[name] for name in _ARCS} == {name: certified[arc] for name, arc in _ARCS.items()}
    assert run["verified"] is True
    commit = apps.repository.git("rev-parse", "HEAD")
    assert (predicate["component"], predicate["channel"], predicate["digest"]) == ("web", "stable", published["digest"])
    assert (predicate["release"], predicate["from"], predicate["sequence"]) == ("v1.2.3", "latest", 1)
    assert predicate["revision"] == f"main@sha1:{commit}"
    assert predicate["policy"]["commit"] == commit
    issuer, promoter = ISSUERS[apps.platform], apps.promoter("v1.2.3")
    statement = tools.attestation_by(sigstore.trusted_root, promoter, issuer, published["reference"], RECORD)
    assert statement["predicate"] == predicate
    summary = tools.attestation_by(sigstore.trusted_root, promoter, issuer, published["reference"], SUMMARY)
    assert summary["predicate"]["verificationResult"] == "PASSED"
    assert summary["predicate"]["verifier"]["id"] == run["workflowRef"]


def test_the_publishing_job_cannot_promote(apps: Releases, one: str, tools: Tools, sigstore: Stack) -> None:
    place = _place(one, apps)
    apps.publish(place)
    before, certificates = _tags(tools, f"{place}/web"), len(sigstore.issued())
    promote = ("promote", "web", "--registry", place, "--to", "stable", "--release", "v1.2.3")
    code, said = apps.refused(*promote)
    assert code == 2
    assert "identities.promote" in said
    assert PUBLISHERS[apps.platform] in said
    assert _tags(tools, f"{place}/web") == before
    assert len(sigstore.issued()) == certificates


def test_rules_in_the_tagged_commit_count_for_nothing(apps: Releases, one: str, tools: Tools) -> None:
    place = _place(one, apps)
    apps.publish(place)
    laxer = apps.repository.path / "gitless.yaml"
    strict = laxer.read_text()
    apps.change({"gitless.yaml": strict.replace("sbom: {profile: deployment}", "soak: 2h")})
    apps.repository.write({"gitless.yaml": strict})
    apps.repository.commit()
    before = _tags(tools, f"{place}/web")
    promote = ("promote", "web", "--registry", place, "--to", "stable", "--release", "v1.2.3")
    code, said = apps.refused(*promote, env=apps.release("v1.2.3"))
    assert code == 1
    assert "soak: It was signed at" in said
    assert _tags(tools, f"{place}/web") == before


def test_promoting_again_writes_nothing_and_asks_for_no_certificate(
    apps: Releases, one: str, tools: Tools, sigstore: Stack
) -> None:
    place = _place(one, apps)
    apps.publish(place)
    first = apps.promote(place, "v1.2.3")
    before, certificates = _tags(tools, f"{place}/web"), len(sigstore.issued())
    again = apps.promote(place, "v1.2.3")
    assert (again["record"], again["moved"], again["tags"]) == (first["record"], False, [])
    assert _tags(tools, f"{place}/web") == before
    assert len(sigstore.issued()) == certificates


def test_a_rollback_names_the_old_digest_and_history_tells_of_both(apps: Releases, registry: str, tools: Tools) -> None:
    place = _place(registry, apps)
    first = apps.publish(place)["digest"]
    apps.promote(place, "v1.2.3")
    apps.change(_NEXT)
    second = apps.publish(place)["digest"]
    apps.promote(place, "v1.3.0")
    assert _digest(tools, f"{place}/web:stable") == second
    back = apps.rollback(place, "v1.3.0", "--to", "v1.2.3", "--reason", "errors after the deployment")
    assert back["digest"] == first
    found = _tags(tools, f"{place}/web")
    assert (found["stable"], found["v1.2.3"], found["v1.3.0"], found["latest"]) == (first, first, second, second)
    predicate = _record(tools, f"{place}/web", back["record"])
    assert (predicate["kind"], predicate["sequence"], predicate["observed"]) == ("rollback", 3, second)
    assert predicate["reason"] == "errors after the deployment"


def test_a_release_by_git_tag_promotes_what_was_published_with_these_bytes(
    apps: Releases, one: str, tools: Tools, sigstore: Stack
) -> None:
    place = _place(one, apps)
    published = apps.publish(place)
    apps.change({"README.md": "a commit that changes nothing of the component\n"})
    apps.repository.git("tag", "web/v1.2.3")
    promoted = apps.move("promote", place, "web/v1.2.3", "--to", "stable", "--from-source")
    assert (promoted["digest"], promoted["release"]) == (published["digest"], "v1.2.3")
    assert _digest(tools, f"{place}/web:v1.2.3") == published["digest"]

    certificates = len(sigstore.issued())
    apps.change(_NEXT)
    apps.repository.git("tag", "web/v1.3.0")
    arguments = ("promote", "web", "--registry", place, "--to", "stable", "--from-source")
    code, said = apps.refused(*arguments, env=apps.release("web/v1.3.0"))
    assert code == 1
    assert "web: what is checked out was never published to latest." in said
    assert len(sigstore.issued()) == certificates


def test_the_commands_of_the_summary_work_as_they_stand(apps: Releases, one: str) -> None:
    place = _place(one, apps)
    apps.publish(place)
    apps.promote(place, "v1.2.3")
    apps.change(_NEXT)
    apps.publish(place)
    summary = apps.repository.path.with_name("summary.md")
    apps.promote(place, "v1.3.0", "--summary", str(summary))
    (block,) = re.findall(r"(?ms)^```sh\n(.*?)^```", summary.read_text())
    commands = [shlex.split(line) for line in block.splitlines()]
    assert [command[:2] for command in commands] == [["gitless", verb] for verb in ("verify", "history", "rollback")]
    for command in commands:
        there = () if command[1] == "verify" else ("--registry", place)
        apps.run(*command[1:], *there, env=apps.release("v1.3.0"))


def test_two_promotions_at_once_end_on_one_digest_and_the_history_says_which(
    registry: str, tools: Tools, tmp_path: Path, sigstore: Stack
) -> None:
    apps = Releases(tmp_path / "apps", sigstore, "github")
    place = _place(registry, apps)
    first = apps.publish(place)["digest"]
    apps.change(_NEXT)
    second = apps.publish(place)["digest"]
    wanted = {"v1.0.0": first, "v1.1.0": second}

    def promote(tag: str) -> tuple[int, str]:
        flags = ("--to", "stable", "--release", tag, "--digest", wanted[tag])
        return apps.refused("promote", "web", "--registry", place, *flags, env=apps.release(tag))

    with ThreadPoolExecutor() as pool:
        ended = dict(zip(wanted, pool.map(promote, wanted), strict=True))
    assert {code for code, _ in ended.values()} <= {0, 1, 3}, ended
    assert 0 in {code for code, _ in ended.values()}, ended
    told = ("was faster", "was moved meanwhile", "not higher than", "does not come to rest", "not keep the record")
    for code, said in ended.values():
        assert code == 0 or any(words in said for words in told), said

    arguments = ("history", "web", "--registry", place, "--json")
    done = gitless(*arguments, cwd=apps.repository.path, env=apps.release("v1.1.0"), check=False)
    (channel,) = json.loads(done.stdout)["channels"]
    kinds = {fault["kind"] for fault in channel["faults"]}
    assert kinds <= {"fork"}, "whoever came second is shown, and nothing else"
    assert done.returncode == bool(kinds)
    last = channel["records"][-1]
    assert _digest(tools, f"{place}/web:stable") == last["digest"]
    assert last["state"] == "completed"


@pytest.mark.parametrize("kind", TARGETS)
def test_promotion_into_another_registry_copies_what_cosign_and_crane_ask_for(
    kind: str, registries: dict[str, str], tmp_path: Path, sigstore: Stack, tools: Tools
) -> None:
    production = f"{registries[TARGETS[kind]]}/production-{kind}"
    stable = STABLE.replace("from: latest", f"from: latest\n    registry: {production}")
    apps = Releases(tmp_path / "apps", sigstore, "github", stable)
    place = _place(registries[kind], apps)
    published = apps.publish(place)
    digest, there = published["digest"], f"{production}/web@{published['digest']}"
    promoted = apps.promote(place, "v1.2.3")
    assert promoted["repository"] == f"{production}/web"
    assert _tags(tools, f"{production}/web") | {"stable": digest, "v1.2.3": digest} == _tags(tools, f"{production}/web")
    assert "stable" not in _tags(tools, f"{place}/web")
    issuer = ISSUERS["github"]
    for subject in (PUBLISHERS["github"], apps.promoter("v1.2.3")):
        assert _accepts(tools, apps, subject, there)
    for each in ("cyclonedx", "slsaprovenance1"):
        statement = tools.attestation_by(sigstore.trusted_root, PUBLISHERS["github"], issuer, there, each)
        assert statement["subject"][0]["digest"]["sha256"] == digest.removeprefix("sha256:")
    manifests = [tools.run("crane", "manifest", f"{where}/web@{digest}").stdout for where in (place, production)]
    assert manifests[0] == manifests[1]
    tools.run("crane", "validate", "--remote", f"{production}/web:stable")
    assert _record(tools, f"{production}/web", promoted["record"])["repository"] == f"{production}/web"
