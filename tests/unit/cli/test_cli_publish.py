"""The command line as a new user meets it: exit codes, JSON, plain errors, and one digest on every machine."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.cli.shop import Shop

from gitless.cli.main import run

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: correct-horse-battery}\n"


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_publish_then_again_then_verify_then_inspect(shop):
    code, record, _ = shop.publish()
    component = record["components"][0]
    assert (code, record["verb"], record["ok"]) == (0, "publish", True)
    assert component["revision"].startswith("main@sha1:")
    assert component["changed"] is True
    assert component["pushed"] is True
    assert component["tags"][-1] == "latest"
    assert len(component["evidence"]) == 3
    code, record, _ = shop.publish()
    assert (record["components"][0]["changed"], record["components"][0]["pushed"]) == (False, False)
    reference = f"oci-layout:{shop.layout}/web:latest"
    verified = shop.run("verify", reference, "--key", str(shop.public), "--json")
    document = json.loads(verified.stdout)
    assert (verified.returncode, document["ok"], document["digest"]) == (0, True, component["digest"])
    assert all(check["reason"] for check in document["checks"])
    inspected = json.loads(shop.run("inspect", reference, "--key", str(shop.public), "--json").stdout)
    assert {item["standing"] for item in inspected["evidence"]} == {"valid"}


def test_source_url_never_carries_credentials(shop):
    shop.publish()
    inspected = shop.run("inspect", f"oci-layout:{shop.layout}/web:latest", "--json")
    assert "token" not in inspected.stdout
    assert (
        json.loads(inspected.stdout)["annotations"]["org.opencontainers.image.source"] == "https://github.com/acme/apps"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--source", "https://someone:hunter2-token@example.test/apps"),
        ("--source", "https://hunter2-token@example.test/apps"),
        ("--source", "ssh://git:hunter2-token@example.test/apps"),
        ("--source", "https://example.test/hunter2-token\nx"),
        ("--revision", "main\x1b[2Jhunter2-token"),
    ],
)
def test_credentials_and_control_characters_in_flags_are_refused_and_not_shown(shop, arguments):
    code, record, errors = shop.publish(*arguments)
    assert (code, arguments[0] in record["error"]["what"]) == (2, True)
    assert "hunter2" not in errors + json.dumps(record)
    assert not shop.layout.exists()


def test_summary_that_cannot_be_written_does_not_hide_what_was_published(shop):
    code, record, errors = shop.publish("--summary", str(shop.folder / "missing" / "summary.md"))
    assert (code, record["components"][0]["pushed"]) == (2, True)
    assert "summary" in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_full_standard_output_is_a_plain_error(shop):
    arguments = ("verify", f"oci-layout:{shop.layout}/web:latest", "--key", str(shop.public), "--json")
    shop.publish()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gitless", *arguments],
            env=shop.env(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert "Standard output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_with_another_key_says_no_with_exit_code_1(shop, tmp_path):
    shop.publish()
    other = Shop(tmp_path / "other")
    done = shop.run("verify", f"oci-layout:{shop.layout}/web:latest", "--key", str(other.public))
    assert done.returncode == 1
    assert "foreign" in done.stderr


def test_verify_of_several_references_tells_every_verdict_and_exits_with_the_worst(shop):
    shop.publish()
    good, missing = f"oci-layout:{shop.layout}/web:latest", f"oci-layout:{shop.layout}/web:absent"
    broken = f"oci-layout:{shop.folder}/broken:latest"
    (shop.folder / "broken").mkdir()
    (shop.folder / "broken" / "index.json").write_text("{")
    (shop.folder / "broken" / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    done = shop.run("verify", good, missing, "--key", str(shop.public), "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["ok"]) == (1, False)
    assert [entry["ok"] for entry in document["references"]] == [True, False]
    assert [entry["reference"] for entry in document["references"]] == [good, missing]
    assert "does not exist" in document["references"][1]["error"]["what"]
    assert "does not exist" in done.stderr
    assert shop.run("verify", missing, broken, good, "--key", str(shop.public)).returncode == 3
    alone = json.loads(shop.run("verify", missing, "--key", str(shop.public), "--json").stdout)
    assert (alone["ok"], alone["error"]["exit_code"]) == (False, 1)


def test_same_commit_gives_the_same_digest_on_every_machine(shop, tmp_path):
    digests = set()
    variants = [
        ({}, 0o022), ({"TZ": "Asia/Tokyo"}, 0o000), ({"LC_ALL": "C"}, 0o077), ({"LC_ALL": "de_DE.UTF-8"}, 0o022),
        ({"PYTHONHASHSEED": "1"}, 0o022), ({"PYTHONHASHSEED": "2", "GITHUB_RUN_ID": "7"}, 0o022),
    ]  # fmt: skip
    for number, (env, umask) in enumerate(variants):
        clone = tmp_path / f"elsewhere-{number}"
        shutil.copytree(shop.repository, clone)
        for file in clone.glob("web/*"):
            file.chmod(0o666 & ~umask | 0o600)
        shop.layout = tmp_path / f"out-{number}"
        digests.add(shop.publish(cwd=clone, env=env, umask=umask)[1]["components"][0]["digest"])
    assert len(digests) == 1


def test_plaintext_secret_is_refused_by_name_and_never_shown(shop):
    (shop.repository / "web" / "secret.yaml").write_text(SECRET)
    shop.commit()
    code, record, errors = shop.publish()
    assert code == 1
    assert "secret.yaml" in errors
    assert "correct-horse" not in errors + json.dumps(record)
    assert not (shop.layout / "web" / "index.json").exists()


def test_waiver_lets_a_reviewed_secret_through_and_is_said(shop):
    (shop.repository / "web" / "secret.yaml").write_text(SECRET)
    (shop.repository / "gitless.yaml").write_text(
        f"version: 1\nregistry: oci-layout:{shop.layout}\ncomponents: [{{path: web}}]\n"
        "waivers: [{rule: plaintext-secret, object: v1/Secret/db, reason: demo only}]\n"
    )
    shop.commit()
    done = shop.run("publish", "--signing-key", str(shop.key), "--json")
    if done.returncode:
        pytest.fail(done.stderr)
    assert any("waived" in note for note in json.loads(done.stdout)["components"][0]["notes"])


def test_uncommitted_changes_are_refused_or_marked(shop):
    (shop.repository / "web" / "cm.yaml").write_text("a: 1\n")
    code, record, errors = shop.publish()
    assert code == 2
    assert "web/cm.yaml" in errors
    code, record, _ = shop.publish("--allow-dirty")
    assert code == 0
    assert record["components"][0]["revision"].endswith("-dirty")


def test_a_revision_of_ones_own_shows_uncommitted_changes_too(shop):
    (shop.repository / "web" / "cm.yaml").write_text("a: 1\n")
    code, record, _ = shop.publish("--allow-dirty", "--revision", "release-7")
    assert (code, record["components"][0]["revision"]) == (0, "release-7-dirty")
    code, record, _ = shop.publish("--allow-dirty", "--revision", "release-7-dirty")
    assert (code, record["components"][0]["revision"]) == (0, "release-7-dirty")
    shop.commit()
    code, record, _ = shop.publish("--allow-dirty", "--revision", "release-8")
    assert (code, record["components"][0]["revision"]) == (0, "release-8")


def test_uncommitted_files_that_are_never_packed_are_no_changes(shop):
    (shop.repository / "gitless.yaml").write_text(
        f"version: 1\nregistry: oci-layout:{shop.layout}\ncomponents: [{{path: web, ignore: ['*.log']}}]\n"
    )
    shop.commit()
    words = ("publish", "--signing-key", str(shop.key), "--json")
    clean = json.loads(shop.run(*words, "--dry-run").stdout)["components"][0]
    for number in range(120):
        (shop.repository / "web" / f"{number}.log").write_text("x")
    done = shop.run(*words)
    if done.returncode:
        pytest.fail(done.stderr)
    component = json.loads(done.stdout)["components"][0]
    assert (component["digest"], component["revision"]) == (clean["digest"], clean["revision"])
    # not even a hundred of them hide one that is packed
    (shop.repository / "web" / "zz.yaml").write_text("a: 1\n")
    refused = shop.run(*words)
    assert (refused.returncode, "web/zz.yaml" in refused.stderr, ".log" in refused.stderr) == (2, True, False)


def test_dry_run_writes_nothing(shop):
    code, record, _ = shop.publish("--dry-run")
    assert (code, record["dry_run"], record["components"][0]["pushed"]) == (0, True, False)
    assert not (shop.layout / "web" / "index.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["publish", "--registry", "ghcr.io/Acme"], 2, "registry"),
        (["publish", "--registry", "oci-layout:x"], 2, "signing key"),
        (["publish", "--channel", "v1.2.3"], 2, "v1.2.3"),
        (["publish", "--tag", "sha256-x"], 2, "reserved"),
        (["publish", "--created", "yesterday"], 2, "RFC 3339"),
        (["publish", "--no-such-flag"], 2, "no-such-flag"),
        (["publish", "--config", "missing.yaml"], 2, "missing.yaml"),
        (["verify", "ghcr.io/a/b"], 2, "key"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_wrong_usage_says_what_and_exits_with_2(shop, arguments, code, words):
    env = {"GITLESS_SIGNING_KEY": str(shop.key)} if "oci-layout:x" not in arguments else {}
    extra = ["--path", "web", *(["--registry", "oci-layout:out"] if "--registry" not in arguments else [])]
    done = shop.run(*arguments, *(extra if arguments[0] == "publish" and "--config" not in arguments else []), env=env)
    assert done.returncode == code
    assert words.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_errors_are_one_json_document_when_asked_for(shop):
    done = shop.run("publish", "--path", "nowhere", "--json")
    document = json.loads(done.stdout)
    assert (document["ok"], document["error"]["exit_code"], done.returncode) == (False, 2, 2)


def test_outside_git_source_revision_and_time_are_asked_for(shop, tmp_path):
    folder = tmp_path / "plain" / "web"
    folder.mkdir(parents=True)
    (folder / "cm.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    code, _, errors = shop.publish(cwd=folder.parent)
    assert (code, "--revision" in errors) == (2, True)
    code, record, _ = shop.publish(
        "--source", "https://example.test/apps", "--revision", "release-7", "--created", "2026-01-31T12:00:00Z",
        cwd=folder.parent,
    )  # fmt: skip
    assert (code, record["components"][0]["revision"]) == (0, "release-7")


def test_key_that_is_not_the_publishing_identity_stops_before_anything_is_sent(shop, tmp_path):
    other = Shop(tmp_path / "other")
    shutil.copy(other.public, shop.repository / "publish.pub")
    (shop.repository / "gitless.yaml").write_text(
        f"version: 1\nregistry: oci-layout:{shop.layout}\ncomponents: [{{path: web}}]\n"
        "identities: {publish: {key: publish.pub}}\n"
    )
    shop.commit()
    done = shop.run("publish", "--signing-key", str(shop.key))
    assert done.returncode == 2
    assert "publishing identity" in done.stderr


def test_summary_is_appended_where_github_wants_it(shop, tmp_path):
    target = tmp_path / "summary.md"
    target.write_text("before\n")
    shop.publish(env={"GITHUB_STEP_SUMMARY": str(target)})
    text = target.read_text()
    assert text.startswith("before\n")
    assert "| web | published |" in text


def test_help_names_the_verbs_and_exit_codes(capsys):
    assert run(["--help"]) == 0
    assert "Exit codes" in capsys.readouterr().out


def test_defect_is_exit_code_4_and_shows_no_foreign_text(monkeypatch, capsys):
    import gitless.wiring.verify

    def broken(*arguments, **options):
        raise RuntimeError("::error::injected token=abc")

    monkeypatch.setattr(gitless.wiring.verify, "verify", broken)
    assert run(["verify", "ghcr.io/a/b:c", "--key", "k"]) == 4
    assert "injected" not in capsys.readouterr().err


def test_interrupt_says_how_to_go_on(monkeypatch, capsys):
    import gitless.wiring.verify

    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(gitless.wiring.verify, "verify", stopped)
    assert run(["verify", "ghcr.io/a/b:c", "--key", "k"]) == 130
    assert "same command again" in capsys.readouterr().err
