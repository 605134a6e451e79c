"""history and audit as processes: a shop that publishes, promotes and rolls back, and the files they write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.fakes.signed import make_key_pem
from tests.fakes.workshop import config_map
from tests.unit.cli.shop import Shop

from gitless.signing.key_signer import KeySigner

CONFIG = """version: 1
registry: oci-layout:{out}
components: [{{path: web}}]
channels:
  latest: {{branches: [main]}}
  stable: {{from: latest, releases: {{scheme: semver}}}}
identities: {{publish: {{key: publish.pub}}, promote: {{key: promote.pub}}}}
signing: {{method: key}}
"""


class Street(Shop):
    """A shop with a promoter."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.git("remote", "remove", "origin")
        self.promoter = folder / "promote.pem"
        self.promoter.write_bytes(make_key_pem())
        (self.repository / "publish.pub").write_bytes(self.public.read_bytes())
        public = KeySigner(self.promoter.read_bytes()).public_key_pem
        (self.repository / "promote.pub").write_bytes(public)
        self.configure()

    def configure(self, more: str = "") -> None:
        (self.repository / "gitless.yaml").write_text(CONFIG.format(out=self.layout) + more)
        self.commit()

    def must(self, *arguments: str) -> None:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr

    def release(self, value: str) -> None:
        """Publish a change and promote it."""
        (self.repository / "web" / "cm.yaml").write_bytes(config_map(value))
        self.commit()
        self.must("publish", "--signing-key", str(self.key), "--source", "https://github.com/acme/apps")
        self.must("promote", "web", "--to", "stable", "--bump", "minor", "--signing-key", str(self.promoter))

    def read(self, *arguments: str, cwd: Path | None = None) -> tuple[int, dict, str]:
        done = self.run(*arguments, "--json", cwd=cwd)
        return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    made = Street(tmp_path_factory.mktemp("street"))
    for value in ("one", "two"):
        made.release(value)
    words = ("--to", "previous", "--reason", "it fails", "--signing-key", str(made.promoter))
    made.must("rollback", "web", "--channel", "stable", *words)
    return made


def test_history_of_real_promotions(street: Street) -> None:
    code, said, text = street.read("history", "web")
    assert code == 0, text
    channel = said["channels"][0]
    assert [(item["sequence"], item["kind"], item["release"]) for item in channel["records"]] == [
        (1, "promote", "v0.1.0"),
        (2, "promote", "v0.2.0"),
        (3, "rollback", ""),
    ]
    assert channel["records"][0]["digest"] == channel["records"][2]["digest"] == channel["tag"]["digest"]
    assert channel["figures"]["failures"] == 1
    assert "ok web stable" in text
    assert "reason: it fails" in text


def test_history_as_markdown_and_page(street: Street, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = street.run("history", "--markdown", "--html", str(page), "--since", "30d")
    assert done.returncode == 0
    assert done.stdout.startswith("## History of web ✅")
    assert page.read_text().count('<td data-label="Record">') == 3
    assert street.run("history", "--html", str(tmp_path)).returncode == 2


def test_history_without_a_configuration(street: Street, tmp_path: Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    place = ("--path", "web", "--registry", f"oci-layout:{street.layout}", "--channel", "stable")
    key = ("--key", str(street.repository / "promote.pub"))
    code, said, _ = street.read("history", *place, *key, cwd=tmp_path)
    assert (code, len(said["channels"][0]["records"])) == (0, 3)
    code, said, _ = street.read("history", *place, "--key", str(street.public), cwd=tmp_path)
    assert code == 1
    assert {item["kind"] for item in said["channels"][0]["faults"]} == {"foreign"}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--since", "tomorrow"), "Not an RFC 3339 time"),
        (("--since", "2099-01-01"), "The period begins after now"),
        (("other",), "There is no component 'other'"),
        (("--channel", "no such/channel"), "Not a tag"),
        (("--markdown", "--json"), "both print on stdout"),
        (("--certificate-identity", "x"), "Exactly one of --certificate-oidc-issuer"),
    ],
)
def test_history_says_what_is_wrong_with_its_flags(street: Street, words: tuple[str, ...], what: str) -> None:
    done = street.run("history", *words)
    assert done.returncode == 2
    assert what in done.stderr


def test_history_of_nothing(street: Street) -> None:
    code, said, text = street.read("history", "--channel", "unknown")
    assert code == 0, text
    assert said["channels"][0]["records"] == []


def test_since_takes_dates_times_and_durations(street: Street) -> None:
    for text in ("2020-01-31", "2020-01-31T12:00:00Z", "36500d"):
        assert street.read("history", "--since", text)[1]["channels"][0]["earlier"] == 0
    assert street.read("history", "--since", "0s")[0] == 2
    for text in ("999999d999999d",):
        assert street.read("history", "--since", text)[0] == 0


def test_audit_remembers(street: Street, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    code, said, text = street.read("audit", "--expect", str(seen))
    assert (code, said["findings"]) == (0, []), text
    assert "There is no remote" in text
    first = seen.read_bytes()
    assert json.loads(first)["channels"][0]["sequence"] == 3
    assert oct(seen.stat().st_mode & 0o777) == "0o644"
    assert street.read("audit", "--expect", str(seen))[0] == 0
    assert seen.read_bytes() == first
    later = json.loads(first)
    later["channels"][0]["sequence"] = 4
    later["channels"].append({**later["channels"][0], "component": "gone"})
    seen.write_text(json.dumps(later))
    code, said, text = street.read("audit", "--expect", str(seen))
    assert (code, [item["kind"] for item in said["findings"]]) == (1, ["memory.shorter"])
    assert json.loads(seen.read_bytes()) == later, "what was expected stays until it is found again"
    assert "in gitless.yaml no more: gone stable" in text
    seen.write_text("{}")
    assert street.run("audit", "--expect", str(seen)).returncode == 2


def test_audit_keeps_what_it_did_not_look_at(street: Street, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    assert street.read("audit", "--channel", "latest", "--expect", str(seen))[0] == 0
    assert json.loads(seen.read_bytes())["channels"] == []
    assert street.read("audit", "--expect", str(seen))[0] == 0
    before = seen.read_bytes()
    assert street.read("audit", "--channel", "latest", "--expect", str(seen))[0] == 0
    assert seen.read_bytes() == before


def test_audit_judges_policies_by_the_branch(street: Street) -> None:
    records = street.read("history")[1]["channels"][0]["records"]
    tip = street.git("rev-parse", "HEAD").strip()
    assert records[-1]["policy"]["commit"] == tip
    street.git("checkout", "-q", "--orphan", "rewritten")
    try:
        street.commit()
        code, said, _ = street.read("audit")
        assert code == 1
        assert {item["kind"] for item in said["findings"]} == {"policy.commit"}
    finally:
        street.git("checkout", "-q", "main")


def test_audit_outside_of_git(street: Street, tmp_path: Path) -> None:
    for name in ("gitless.yaml", "publish.pub", "promote.pub"):
        (tmp_path / name).write_bytes((street.repository / name).read_bytes())
    (tmp_path / "web").mkdir()
    code, said, text = street.read("audit", cwd=tmp_path)
    assert code == 0
    assert any("no Git checkout" in notice for notice in said["notices"])
    assert any("policies were not checked" in notice for notice in said["notices"]), text


def test_an_export_verifies_offline(street: Street, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    code, _, text = street.read("audit", "--export", str(folder))
    assert code == 0, text
    index = json.loads((folder / "index.json").read_bytes())
    assert index["trust"] == ["gitless.yaml", "promote.pub", "publish.pub"]
    assert index["audit"]["ok"] is True
    assert index["exported"][0]["absent"] == []
    street.layout.rename(street.folder / "away")
    try:
        for command in index["commands"]:
            done = street.run(*command.split()[1:], cwd=folder)
            assert done.returncode == 0, (command, done.stderr)
        code, said, text = street.read("audit", "--path", "web", "--registry", "oci-layout:.", cwd=folder)
        assert (code, said["findings"]) == (0, []), text
    finally:
        (street.folder / "away").rename(street.layout)
    assert street.run("audit", "--export", str(folder)).returncode == 2, "an export goes to a new folder"


def test_an_edited_export_does_not_verify(street: Street, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    assert street.run("audit", "--export", str(folder)).returncode == 0
    index = json.loads((folder / "index.json").read_bytes())
    bundle = next(item["bundle"] for item in index["exported"][0]["evidence"] if "promotion" in item["predicate_type"])
    file = folder / "web" / "blobs" / "sha256" / bundle.removeprefix("sha256:")
    os.chmod(file, 0o644)
    file.write_bytes(file.read_bytes().replace(b"payload", b"paYload"))
    done = street.run(*index["commands"][0].split()[1:], cwd=folder)
    assert done.returncode == 3, done.stderr
    assert "digest" in done.stderr


def test_audit_names_what_it_needs(street: Street, tmp_path: Path) -> None:
    done = street.run("audit", cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no gitless.yaml." in done.stderr
    assert "There is no channel 'nope'" in street.run("audit", "--channel", "nope").stderr
    assert street.run("audit", "--markdown", "--json").returncode == 2
    assert street.run("audit", "--markdown").stdout.startswith("## ✅ Nothing found")


def test_nobody_is_trusted(tmp_path: Path) -> None:
    lines = [line for line in CONFIG.format(out=tmp_path / "out").splitlines() if not line.startswith("identities")]
    (tmp_path / "gitless.yaml").write_text("\n".join(lines))
    (tmp_path / "web").mkdir()
    shop = Shop(tmp_path / "shop")
    assert "trusts nobody" in shop.run("audit", cwd=tmp_path).stderr
    assert "There is nobody to trust" in shop.run("history", cwd=tmp_path).stderr


def test_a_channel_in_a_registry_of_its_own(tmp_path: Path) -> None:
    street = Street(tmp_path)
    production = tmp_path / "production"
    file = street.repository / "gitless.yaml"
    file.write_text(file.read_text().replace("{from: latest,", f"{{from: latest, registry: 'oci-layout:{production}',"))
    street.commit()
    street.release("one")
    code, said, text = street.read("history", "web")
    assert (code, said["channels"][0]["repository"]) == (0, f"oci-layout:{production}/web"), text
    folder = tmp_path / "export"
    code, said, text = street.read("audit", "--export", str(folder))
    assert (code, said["findings"]) == (0, []), text
    assert [item["repository"] for item in said["components"]] == [
        f"oci-layout:{street.layout}/web",
        f"oci-layout:{production}/web",
    ]
    index = json.loads((folder / "index.json").read_bytes())
    assert [item["folder"] for item in index["exported"]] == ["web", "OTHER-2/web"]
    for command in index["commands"]:
        done = street.run(*command.split()[1:], cwd=folder)
        assert done.returncode == 0, (command, done.stderr)
