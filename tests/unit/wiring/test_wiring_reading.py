"""What history and audit are wired from: places, periods, flags to verify with, and a trusted root that is over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.fakes.sigstore.paper import the_paper, write

from gitless.config.parse import parse_config
from gitless.errors import UsageError
from gitless.model.results import VerifyFlags
from gitless.wiring.audit import AuditRequest, audit
from gitless.wiring.history import history, parse_since, verify_flags
from gitless.wiring.places import PlaceRequest, promoted_channels
from gitless.wiring.setup import Setup
from gitless.wiring.trust import TrustRequest

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
CONFIG = """version: 1
registry: oci-layout:out
components: [{path: web}]
channels: {latest: {}, stable: {from: latest}, edge: {from: latest}}
identities:
  publish: {github: {repository: acme/apps, workflow: push.yaml, ref: refs/heads/main}}
  promote: {github: {repository: acme/apps, workflow: release.yaml, ref: refs/tags/*}}
signing: {sigstore: {trusted-root: root.json, signing-config: config.json}}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "gitless.yaml").write_text(CONFIG)
    (tmp_path / "root.json").write_bytes(the_paper().trusted_root())
    (tmp_path / "web").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=timezone.utc)),
        ("2026-11-01T10:00:00+02:00", datetime(2026, 11, 1, 8, tzinfo=timezone.utc)),
        ("90d", NOW - timedelta(days=90)),
        ("1d12h", NOW - timedelta(hours=36)),
    ],
)
def test_periods(text: str, start: datetime) -> None:
    assert parse_since(text, NOW) == start


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-11-01T10:00:00", "2026-11-21", "0s", "-3d"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(UsageError):
        parse_since(text, NOW)


def test_channels_that_promotions_move() -> None:
    config = parse_config(CONFIG.encode(), "x")
    assert promoted_channels(config, ()) == ("stable", "edge")
    assert promoted_channels(config, ("edge", "edge", "latest")) == ("edge", "latest")
    with pytest.raises(UsageError, match="No channel is named"):
        promoted_channels(replace_channels("{latest: {}}"), ())


def replace_channels(text: str):
    lines = [f"channels: {text}" if line.startswith("channels") else line for line in CONFIG.splitlines()]
    return parse_config("\n".join(lines).encode(), "x")


def test_flags_for_readers() -> None:
    config = parse_config(CONFIG.encode(), "x")
    setup = Setup(Path("."), Path("."), config, (), None, "latest", None)
    assert verify_flags(TrustRequest(keys=("a.pub", "b.pub")), setup) == VerifyFlags.of_key("a.pub")
    given = verify_flags(TrustRequest(identity="who", issuer_regexp="^x$", trusted_root="r.json"), setup)
    words = ("--certificate-identity", "who", "--certificate-oidc-issuer-regexp", "^x$", "--trusted-root", "r.json")
    assert given == VerifyFlags(words, words)
    configured = verify_flags(TrustRequest(), setup)
    assert configured is not None
    assert configured.gitless == ("--config", "gitless.yaml")
    assert configured.cosign[:2] == (
        "--certificate-identity-regexp",
        r"^https://github\.com/acme/apps/\.github/workflows/release\.yaml@refs/tags/.*$",
    )
    assert configured.cosign[-2:] == ("--trusted-root", "root.json")
    bare = replace(setup, config=parse_config(b"version: 1\nidentities: {publish: {key: a.pub}}\n", "x"))
    assert verify_flags(TrustRequest(), bare) is None


def test_a_history_of_several_channels_that_are_not_there_yet(place: Path) -> None:
    told = history(PlaceRequest(), TrustRequest(), None)
    assert [channel.name for channel in told.channels] == ["stable", "edge"]
    assert told.ok
    assert told.channels[0].figures is None


def test_a_component_must_be_named_where_there_are_several(place: Path) -> None:
    (place / "gitless.yaml").write_text(CONFIG.replace("[{path: web}]", "[{path: web}, {path: api}]"))
    with pytest.raises(UsageError, match="No component is named"):
        history(PlaceRequest(), TrustRequest(), None)
    assert history(PlaceRequest(("api",)), TrustRequest(), None).component == "api"


def test_a_trusted_root_that_is_in_use(place: Path) -> None:
    result = audit(AuditRequest(PlaceRequest()))
    assert [item.kind for item in result.findings] == []


def test_a_trusted_root_that_is_over(place: Path) -> None:
    root = the_paper().draw_root()
    for log in root["tlogs"]:
        log["publicKey"]["validFor"]["end"] = "2025-01-01T00:00:00Z"
        log["publicKey"]["validFor"]["start"] = "2020-01-01T00:00:00Z"
    (place / "root.json").write_bytes(write(root))
    result = audit(AuditRequest(PlaceRequest()))
    assert [(item.kind, item.reason) for item in result.findings] == [
        ("identity.expired", "No transparency log of the trusted root is in use: the last one until 2025-01-01.")
    ]
    exported = place / "exported"
    audit(AuditRequest(PlaceRequest(), export=str(exported)))
    index = json.loads((exported / "index.json").read_bytes())
    assert index["trust"] == ["gitless.yaml", "trusted_root.json"]
    assert index["audit"]["ok"] is False


def test_keys_do_not_expire(place: Path) -> None:
    (place / "root.json").unlink()
    (place / "key.pub").write_bytes(_public())
    lines = [line for line in CONFIG.splitlines() if "github" not in line and "signing" not in line]
    text = "\n".join(lines).replace("identities:", "identities: {promote: {key: key.pub}}")
    (place / "gitless.yaml").write_text(text + "\n")
    result = audit(AuditRequest(PlaceRequest()))
    assert result.findings == ()
    assert "There is no identities.publish" in " ".join(result.notices)


def test_promoted_channels_need_a_promoter(place: Path) -> None:
    lines = [line for line in CONFIG.splitlines() if "promote:" not in line]
    (place / "gitless.yaml").write_text("\n".join(lines) + "\n")
    with pytest.raises(UsageError, match="trusts nobody to promote"):
        audit(AuditRequest(PlaceRequest()))
    assert audit(AuditRequest(PlaceRequest(channels=("latest",)))).findings == ()


def test_a_memory_that_cannot_be_written(place: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        audit(AuditRequest(PlaceRequest(), expect=str(place / "no" / "folder" / "seen.json")))


def _public() -> bytes:
    from tests.fakes.signed import make_signer

    return make_signer().public_key_pem
