"""promote and rollback as they are wired: which rules hold, which digest is meant, what moves together, what files say."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.fakes.protected_repo import CHANNELS, ProtectedRepo
from tests.fakes.registry_server import RegistryServer, Reply
from tests.fakes.workshop import config_map

from gitless.errors import CheckError, RemoteError, UntrustedContentError, UsageError
from gitless.model.digest import Digest
from gitless.model.reference import Location
from gitless.promotion.tags import content_tag
from gitless.registry.layout import LayoutRepository
from gitless.wiring.publish import publish
from gitless.wiring.request import PublishRequest

APPROVED = CHANNELS + "    environment: production\n    gates: {approvals: {count: 1}}\n"
FROZEN = CHANNELS + (
    "    gates: {freeze: {timezone: UTC, windows: [{days: [mon, tue, wed, thu, fri, sat, sun]}]}}\n"
    "    emergency: {may-skip: [freeze]}\n"
)
QUIET = ("GITHUB_ACTIONS", "GITLAB_CI", "CI", "GITHUB_EVENT_PATH", "GITLESS_REGISTRY", "GITLESS_SIGNING_KEY")


@pytest.fixture
def repo(tmp_path, monkeypatch):
    return made(tmp_path, monkeypatch)


def made(tmp_path, monkeypatch, **options):
    for name in QUIET:
        monkeypatch.delenv(name, raising=False)
    repo = ProtectedRepo(tmp_path, **options)
    monkeypatch.chdir(repo.clone)
    return repo


def store(repo, name="web", registry=""):
    return LayoutRepository(Path(Location.parse(registry or repo.registry).child(name).path))


def named(repo, tag="stable", name="web"):
    found = store(repo, name).resolve(tag)
    return str(found) if found else None


def only(result):
    (found,) = result.moves
    return found


def change(repo, value, *components):
    for component in components or ("web",):
        repo.write(f"{component}/cm.yaml", config_map(value))
    repo.push()
    return repo.publish()


def test_promotion_and_rollback_with_two_keys(repo):
    first = repo.publish()["web"]
    result = repo.promote(release="v1.0.0")
    assert (result.exit_code, only(result).error) == (0, None)
    assert (named(repo), named(repo, "v1.0.0")) == (first, first)
    second = change(repo, "two")["web"]
    assert repo.promote(bump="minor").exit_code == 0
    assert (named(repo), named(repo, "v1.1.0")) == (second, second)
    back = only(repo.rollback(back_to="v1.0.0"))
    assert (back.error, back.digest, back.previous, named(repo)) == (None, first, second, first)
    assert only(repo.promote(digest=second, release="v1.1.0")).error is None
    assert only(repo.rollback(back_to=first)).error is None


def test_rollback_to_previous_stays_where_it_went_when_it_is_run_again(repo):
    first = repo.publish()["web"]
    repo.promote(release="v1.0.0")
    with pytest.raises(UsageError, match="know where to"):
        repo.rollback()
    assert "nothing to go back to" in only(repo.rollback(back_to="previous")).error.what
    second = change(repo, "two")["web"]
    repo.promote(release="v1.1.0")
    assert "was never released" in only(repo.rollback(back_to="v9.0.0")).error.what
    for expected in (True, False):
        done = only(repo.rollback(back_to="previous", withdraw=True))
        assert (done.error, done.moved, done.digest) == (None, expected, first)
    assert any("record 3" in note for note in done.notes)
    assert "withdrawn" in only(repo.promote(digest=second, release="v1.2.0")).error.why
    with pytest.raises(UsageError, match="needs a reason"):
        repo.rollback(back_to="previous", reason=" ")


def test_laxer_rules_on_the_commit_that_is_checked_out_are_not_believed(tmp_path, monkeypatch):
    repo = made(tmp_path, monkeypatch, channels=FROZEN)
    repo.publish()
    repo.git("checkout", "-q", "--detach")
    repo.write("gitless.yaml", repo.rules())
    repo.commit()
    repo.git("tag", "web/v1.0.0")
    result = repo.promote(release="v1.0.0")
    assert (result.exit_code, named(repo)) == (1, None)
    assert [gate.name for gate in only(result).gates if not gate.ok] == ["freeze"]
    assert only(repo.promote(release="v1.0.0", emergency=True, reason="CVE-2026-1")).error is None


@pytest.mark.parametrize("config", [None, "team/gitless.yaml"])
def test_link_to_laxer_rules_of_the_protected_branch_is_not_followed(tmp_path, monkeypatch, config):
    repo = made(tmp_path, monkeypatch, channels=FROZEN)
    for path in ("team/gitless.yaml", "examples/gitless.yaml"):
        repo.write(path, repo.rules(FROZEN if path.startswith("team") else CHANNELS))
    for role in ("publish", "promote"):
        for folder in ("team", "examples"):
            repo.write(f"{folder}/keys/{role}.pub", repo.public(role))
    repo.push()
    repo.publish()
    repo.git("checkout", "-q", "--detach")
    name = repo.clone / (config or "gitless.yaml")
    if config:
        name.parent.rename(repo.clone / "moved")
        name.parent.symlink_to("examples")
    else:
        name.unlink()
        name.symlink_to("examples/gitless.yaml")
    repo.commit()
    result = repo.promote(release="v1.0.0", config=config)
    assert [gate.name for gate in only(result).gates if not gate.ok] == ["freeze"]


def test_keys_on_the_commit_that_is_checked_out_are_not_believed(repo):
    repo.publish()
    repo.git("checkout", "-q", "--detach")
    for role in ("publish", "promote"):
        repo.write(f"keys/{role}.pub", repo.public("stranger"))
    repo.commit()
    with pytest.raises(UsageError, match="not the promoting identity"):
        repo.promote(release="v1.0.0", signing_key=str(repo.keys["stranger"]))
    assert only(repo.promote(release="v1.0.0")).error is None


def test_identities_on_the_commit_that_is_checked_out_are_not_believed(repo):
    repo.publish()
    repo.git("checkout", "-q", "--detach")
    repo.write("keys/mine.pub", repo.public("stranger"))
    repo.write("gitless.yaml", repo.rules().replace(b"keys/promote.pub", b"keys/mine.pub"))
    repo.commit()
    with pytest.raises(UsageError, match="not the promoting identity"):
        repo.promote(release="v1.0.0", signing_key=str(repo.keys["stranger"]))


def test_sigstore_files_on_the_commit_that_is_checked_out_are_not_read(repo, monkeypatch):
    from gitless.wiring.protected_files import protected_files
    from gitless.wiring.site import Site

    signing = (
        b"signing: {method: keyless, sigstore: {trusted-root: trust/root.json, signing-config: trust/config.json}}"
    )
    github = b"{github: {repository: acme/apps, workflow: w.yaml, ref: refs/tags/x}}"
    rules = repo.rules().replace(b"signing: {method: key}", signing)
    rules = rules.replace(b"{key: keys/promote.pub}", github).replace(
        b"{key: keys/publish.pub}", github.replace(b"tags/x", b"heads/main")
    )
    repo.write("gitless.yaml", rules)
    repo.write("trust/root.json", b"protected root")
    repo.write("trust/config.json", b"protected config")
    repo.push()
    repo.git("checkout", "-q", "--detach")
    repo.write("trust/config.json", b"a service that collects tokens")
    repo.commit()
    from gitless.wiring.move_request import MoveRequest

    with protected_files(Site(MoveRequest(channel="stable"), {"PATH": "/usr/bin:/bin"}).policy) as folder:
        assert (folder / "trust/config.json").read_bytes() == b"protected config"
        assert (folder / "trust/root.json").read_bytes() == b"protected root"
    assert not folder.exists()


def test_rules_come_from_where_the_protected_branch_is_now(repo):
    digest = repo.publish()["web"]
    other = repo.clone.parent / "elsewhere"
    subprocess.run(["git", "clone", "-q", str(repo.bare), str(other)], check=True)
    (other / "gitless.yaml").write_bytes(repo.rules(FROZEN))
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.test"]
    subprocess.run([*git, "commit", "-q", "-am", "freeze"], cwd=other, check=True)
    subprocess.run(["git", "push", "-q", "origin", "HEAD:main"], cwd=other, check=True)
    assert repo.promote(digest=digest, release="v1.0.0").exit_code == 1


def test_protected_branch_that_cannot_be_read_or_lacks_the_rules_stops_everything(repo):
    repo.publish()
    gone = repo.bare.rename(repo.bare.with_name("gone.git"))
    with pytest.raises(RemoteError, match="cannot be read"):
        repo.promote(release="v1.0.0")
    gone.rename(repo.bare)
    repo.git("rm", "-q", "gitless.yaml")
    repo.push()
    repo.write("gitless.yaml", repo.rules())
    with pytest.raises(UsageError, match="is not on the protected branch"):
        repo.promote(release="v1.0.0")


def test_clone_without_a_remote_is_told_apart(repo):
    repo.publish()
    repo.git("remote", "remove", "origin")
    result = repo.promote(release="v1.0.0")
    assert result.exit_code == 0
    assert any("nobody protects them" in notice for notice in result.notices)


@pytest.mark.parametrize(
    ("platform", "variables"),
    [("GITHUB_ACTIONS", {"GITHUB_ACTIONS": "true"}), ("GITLAB_CI", {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"})],
)
def test_ci_job_without_a_remote_has_no_rules(repo, monkeypatch, platform, variables):
    from gitless.ci.protected import ProtectedBranch

    repo.git("remote", "remove", "origin")
    with pytest.raises(UsageError, match="no remote `origin`"):
        ProtectedBranch(repo.clone, {"PATH": "/usr/bin:/bin", **variables})


def test_plan_and_act_of_several_components(repo, tmp_path):
    digests = repo.publish()
    plan = tmp_path / "plan.json"
    planned = repo.promote("web", "db", release="v1.0.0", plan=str(plan), signing_key=None)
    assert (planned.exit_code, planned.planned, named(repo)) == (0, True, None)
    written = json.loads(plan.read_bytes())
    assert {move["component"]: move["digest"] for move in written["moves"]} == digests
    change(repo, "two", "web", "db")
    done = repo.promote("web", "db", planned=str(plan))
    assert done.exit_code == 0, [item.error for item in done.moves]
    assert {name: named(repo, name=name) for name in ("web", "db")} == digests
    assert named(repo, "v1.0.0") == digests["web"]
    again = repo.promote("web", "db", planned=str(plan))
    assert [(item.error, item.moved) for item in again.moves] == [(None, False), (None, False)]


def test_act_refuses_what_the_plan_does_not_say(repo, tmp_path):
    first = repo.publish()["web"]
    repo.promote(release="v1.0.0")
    second = change(repo, "two", "web", "db")["web"]
    plan = tmp_path / "plan.json"
    repo.promote("web", "db", release="v1.1.0", plan=str(plan))
    with pytest.raises(CheckError) as refused:
        repo.promote("web", planned=str(plan))
    assert "db: it was planned, and is not promoted" in refused.value.why
    with pytest.raises(CheckError, match="not what was planned") as refused:
        repo.promote("web", "db", planned=str(plan), release="v1.2.0")
    assert "the release was v1.1.0, and is v1.2.0" in refused.value.why
    repo.promote(digest=second, release="v1.1.0")
    repo.rollback(back_to=first)
    with pytest.raises(CheckError) as refused:
        repo.promote("web", "db", planned=str(plan))
    assert "channel's last record" in refused.value.why
    assert named(repo) == first
    with pytest.raises(UsageError, match="does not name the component other"):
        repo.promote("other", planned=str(plan))
    plan.write_bytes(b"{}")
    with pytest.raises(UntrustedContentError):
        repo.promote("web", planned=str(plan))


def test_channel_that_moved_between_plan_and_act_is_told(repo, tmp_path):
    digest = repo.publish()["web"]
    plan = tmp_path / "plan.json"
    repo.promote(release="v1.0.0", plan=str(plan))
    layout = store(repo)
    layout.push_manifest(layout.fetch_manifest(Digest.parse(digest)), "stable")
    with pytest.raises(CheckError) as refused:
        repo.promote(planned=str(plan))
    assert "the channel's digest was none" in refused.value.why


def test_one_component_that_may_not_move_holds_all_and_partial_relaxes_that(repo):
    repo.publish()
    repo.promote("web", "db", release="v1.0.0")
    change(repo, "two", "web")
    held = repo.promote("web", "unknown", release="v1.1.0")
    assert (held.exit_code, named(repo, "v1.1.0")) == (1, None)
    assert any("held back" in note for note in held.moves[0].notes)
    some = repo.promote("web", "unknown", release="v1.1.0", partial=True)
    assert some.exit_code == 1
    assert [item.moved for item in some.moves] == [True, False]
    assert named(repo, "v1.1.0") == named(repo)


def test_approvals_need_a_named_digest_and_cannot_be_had_outside_of_ci(tmp_path, monkeypatch):
    repo = made(tmp_path, monkeypatch, channels=APPROVED)
    digest = repo.publish()["web"]
    with pytest.raises(UsageError, match="asks for approvals"):
        repo.promote(release="v1.0.0")
    with pytest.raises(UsageError, match="asks for approvals"):
        repo.promote(from_source=True, release="v1.0.0")
    plan = tmp_path / "plan.json"
    assert repo.promote(release="v1.0.0", plan=str(plan)).exit_code == 0
    result = repo.promote(digest=digest, release="v1.0.0")
    assert result.exit_code == 1
    assert "no job of GitHub Actions or GitLab CI" in only(result).error.why
    assert repo.promote(planned=str(plan)).exit_code == 1
    assert named(repo) is None


def test_dry_run_and_plan_need_no_key_and_write_nothing(repo, tmp_path):
    repo.publish()
    before = store(repo).list_tags()
    result = repo.promote(release="v1.0.0", dry_run=True, signing_key=None)
    assert (result.exit_code, only(result).passed) == (0, True)
    assert store(repo).list_tags() == before
    with pytest.raises(UsageError, match="cannot be written"):
        repo.promote(release="v1.0.0", plan=str(tmp_path / "no" / "plan.json"))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"digest": "sha256:" + "0" * 64, "from_source": True}, "Give one of --digest"),
        ({"release": "v1.0.0", "bump": "minor"}, "Give one of --release"),
        ({"plan": "a", "planned": "b"}, "Give one of --plan"),
        ({"emergency": True}, "needs a reason"),
        ({"ticket": "a\nb", "release": "v1.0.0"}, "ticket"),
        ({"reason": "x" * 5000, "release": "v1.0.0"}, "reason"),
        ({"channel": "latest"}, "does not move"),
        ({"channel": "nowhere"}, "does not move"),
        ({}, "makes a release"),
        ({"release": "one"}, "Not a release"),
        ({"release": "v1.0.0", "signing_key": None}, "signing key"),
        ({"release": "v1.0.0", "config": "other.yaml"}, "There is no other.yaml"),
    ],
)
def test_flags_that_are_wrong(repo, options, word):
    repo.publish()
    with pytest.raises(UsageError) as refused:
        repo.promote(**options)
    assert word.lower() in str(refused.value).lower()


def test_digest_is_for_one_component(repo):
    digest = repo.publish()["web"]
    with pytest.raises(UsageError, match="for one component"):
        repo.promote("web", "db", digest=digest, release="v1.0.0")


@pytest.mark.parametrize("options", [{"name": "web"}, {"path": "web"}, {"path": "somewhere", "name": "web"}])
def test_component_named_by_flags(repo, options):
    digest = repo.publish()["web"]
    assert repo.move((), kind="promote", release="v1.0.0", **options).exit_code == 0
    assert named(repo) == digest


def test_no_component_at_all(repo):
    with pytest.raises(UsageError, match="No component is named"):
        repo.move((), kind="promote", release="v1.0.0")


def test_from_source_promotes_what_was_published_and_builds_nothing(repo):
    first = repo.publish()["web"]
    change(repo, "two")
    repo.git("checkout", "-q", "--detach", "HEAD~1")
    result = repo.promote(from_source=True, release="v1.0.0")
    assert (result.exit_code, only(result).digest, named(repo)) == (0, first, first)


def test_from_source_takes_the_release_from_the_tag_of_the_run(repo, monkeypatch):
    from gitless.wiring import checked_out, site

    repo.publish()

    class Tag:
        ref_kind, ref_name = "tag", "web/v2.3.4"

    class Site(site.Site):
        run = Tag()

    assert (
        checked_out._release_of(Site(site.MoveRequest(channel="stable"), {"PATH": "/usr/bin:/bin"}), "web") == "v2.3.4"
    )
    assert checked_out._release_of(Site(site.MoveRequest(channel="stable"), {"PATH": "/usr/bin:/bin"}), "db") == ""


def test_from_source_of_what_was_never_published_stops(repo):
    repo.publish()
    repo.write("web/cm.yaml", config_map("unpublished"))
    repo.push()
    result = repo.promote(from_source=True, release="v1.0.0")
    assert result.exit_code == 1
    assert "was never published to latest" in only(result).error.what
    assert named(repo) is None


def test_from_source_believes_no_foreign_content_tag(repo):
    repo.publish()
    repo.write("web/cm.yaml", config_map("unpublished"))
    repo.push()
    publish(PublishRequest(signing_key=str(repo.keys["stranger"]), names=("web",), registry=repo.registry + "-theirs",
                           config=str(strangers_rules(repo))))  # fmt: skip
    theirs = store(repo, registry=repo.registry + "-theirs")
    ours = store(repo)
    foreign = theirs.fetch_manifest("latest")
    copy_into(theirs, ours, foreign)
    tag = next(tag for tag in theirs.list_tags() if tag.startswith("content-"))
    ours.push_manifest(foreign, tag)
    result = repo.promote(from_source=True, release="v1.0.0")
    assert "was never published" in only(result).error.what
    assert tag == content_tag("latest", foreign.annotations["dev.gitless.content"].removeprefix("sha256:"))


def strangers_rules(repo):
    path = repo.clone / "theirs.yaml"
    path.write_bytes(b"version: 1\ncomponents: [{path: web}]\n")
    repo.push()
    return path


def copy_into(source, target, manifest):
    from gitless.flows.copy import copy_graph

    copy_graph(source, target, manifest)


def test_from_source_believes_no_other_layer_under_our_content_tag(repo):
    repo.publish()
    layout = store(repo)
    change(repo, "two")
    (tag,) = [
        tag
        for tag in layout.list_tags()
        if tag.startswith("content-") and layout.resolve(tag) != layout.resolve("latest")
    ]
    layout.push_manifest(layout.fetch_manifest("latest"), tag)
    repo.git("checkout", "-q", "--detach", "HEAD~1")
    assert "was never published" in only(repo.promote(from_source=True, release="v1.0.0")).error.what


def test_channel_with_a_registry_of_its_own_and_the_next_one_from_there(tmp_path, monkeypatch):
    channels = (
        f"  staging: {{from: latest, registry: 'oci-layout:{tmp_path / 'staging'}'}}\n"
        f"  stable: {{from: staging, registry: 'oci-layout:{tmp_path / 'production'}'}}\n"
    )
    repo = made(tmp_path, monkeypatch, channels=channels)
    digest = repo.publish()["web"]
    refused = repo.promote(digest=digest)
    assert "does not exist" in only(refused).error.what
    assert repo.promote(channel="staging", from_source=True).exit_code == 0
    assert repo.promote(from_source=True, dry_run=True).exit_code == 0
    assert repo.promote().exit_code == 0, only(repo.promote()).error
    production = store(repo, registry=f"oci-layout:{tmp_path / 'production'}")
    assert str(production.resolve("stable")) == digest
    assert production.resolve("latest") is None
    assert (
        len(production.list_referrers(Digest.parse(digest))) == 3 + 2 + 3
    )  # two records with summaries, one countersignature


def test_report_says_what_changes_in_the_cluster(repo):
    repo.publish()
    first = only(repo.promote(release="v1.0.0"))
    assert (first.objects.added, first.objects.changed, first.objects.removed) == (("v1/ConfigMap/demo",), (), ())
    repo.write("web/more.yaml", b"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: web}\n")
    change(repo, "two")
    second = only(repo.promote(release="v1.1.0", dry_run=True))
    assert second.objects.added == ("v1/ServiceAccount/web/robot",)
    assert second.objects.changed == ("v1/ConfigMap/demo",)
    (repo.clone / "web/cm.yaml").rename(repo.clone / "web/renamed.yaml")
    repo.promote(release="v1.1.0")
    repo.push()
    repo.publish()
    assert only(repo.promote(release="v1.2.0", dry_run=True)).objects.count == 0


def test_report_that_cannot_be_made_stops_no_promotion(tmp_path, monkeypatch):
    with RegistryServer() as server:
        repo = made(tmp_path, monkeypatch, registry=f"{server.host}/apps")
        first = repo.publish()["web"]
        repo.promote(release="v1.0.0")
        second = change(repo, "two")["web"]
        server.on("GET", f"/referrers/{first}", lambda request: Reply(403))
        done = only(repo.promote(release="v1.1.0"))
        assert (done.error, done.digest, server.tags("apps/web")["stable"]) == (None, second, second)
        assert any("What it changes is not known" in note for note in done.notes)


def test_registry_given_by_flag_and_none_at_all(tmp_path, monkeypatch):
    repo = made(tmp_path, monkeypatch)
    rules = repo.rules().replace(f"registry: {repo.registry}\n".encode(), b"")
    repo.write("gitless.yaml", rules)
    repo.push()
    digest = repo.publish(registry=repo.registry)["web"]
    with pytest.raises(UsageError, match="registry is not known"):
        repo.promote(release="v1.0.0")
    assert repo.promote(release="v1.0.0", registry=repo.registry).exit_code == 0
    assert named(repo) == digest


def test_partial_plan_lets_one_component_stay(repo, tmp_path):
    digests = repo.publish()
    plan = tmp_path / "plan.json"
    repo.promote("web", "db", release="v1.0.0", plan=str(plan))
    assert repo.promote("web", planned=str(plan), partial=True).exit_code == 0
    assert (named(repo), named(repo, name="db")) == (digests["web"], None)


def test_failure_in_the_act_is_one_components_own(tmp_path, monkeypatch):
    with RegistryServer() as server:
        repo = made(tmp_path, monkeypatch, registry=f"{server.host}/apps")
        digests = repo.publish()
        server.on("PUT", "/apps/db/manifests/gitless-stable$", lambda request: Reply(403))
        result = repo.promote("web", "db", release="v1.0.0")
        assert [item.error is None for item in result.moves] == [True, False]
        assert result.exit_code == 3
        assert server.tags("apps/web")["stable"] == digests["web"]
        assert "stable" not in server.tags("apps/db")
        server.forget()
        again = repo.promote("web", "db", release="v1.0.0")
        assert [item.moved for item in again.moves] == [False, True]
