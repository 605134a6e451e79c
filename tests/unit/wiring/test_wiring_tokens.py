"""Ambient identity put together: what is asked of configuration and environment before a token, and of the token."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.fakes.sigstore.issuers import Issuers

from gitless.config.parse import parse_config
from gitless.config.schema import Config
from gitless.errors import UsageError
from gitless.wiring.tokens import Ambient, open_ambient

OWN = "https://git.acme.example"
OTHER = "https://other.acme.example"
PUBLISH = {"github": {"repository": "acme/d2-apps", "workflow": "push-artifact.yaml", "ref": "refs/heads/main"}}
PROMOTE = {"github": {"repository": "acme/d2-apps", "workflow": "release.yaml", "ref": "refs/tags/*"}}


class Clock:
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), timezone.utc)


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuers]:
    with Issuers(tmp_path_factory.mktemp("issuers"), [OWN, OTHER]) as running:
        # the keys are made at their first use, which must not be two threads' at once
        assert all(issuer.key for issuer in running.all.values())
        yield running


def config(identities: Any = None, signing: Any = None) -> Config:
    document = {"version": 1, "identities": identities, "signing": signing}
    return parse_config(yaml.safe_dump({key: value for key, value in document.items() if value}).encode())


def ambient(settings: Config, env: Mapping[str, str], root: Path = Path(), role: Any = "publish") -> Ambient:
    found = open_ambient(settings, root, env, Clock(), role)
    assert found is not None
    return found


def github(issuers: Issuers, **claims: Any) -> dict[str, str]:
    return issuers.client_environment() | issuers.github_job(**claims)


def gitlab(issuers: Issuers, **claims: Any) -> dict[str, str]:
    return issuers.client_environment() | issuers.gitlab_job(**claims)


def test_elsewhere_there_is_none() -> None:
    assert open_ambient(config(), Path(), {}, Clock()) is None


def test_the_trusted_job_signs(issuers: Issuers) -> None:
    found = ambient(config({"publish": PUBLISH}), github(issuers))
    found.check(found.tokens.token(60))


def test_another_job_is_stopped(issuers: Issuers) -> None:
    found = ambient(config({"publish": PUBLISH}), github(issuers, ref="refs/heads/topic"))
    with pytest.raises(UsageError, match=r"not the identity that identities\.publish trusts"):
        found.check(found.tokens.token(60))


def test_each_role_has_its_identity(issuers: Issuers) -> None:
    settings = config({"publish": PUBLISH, "promote": PROMOTE})
    found = ambient(settings, github(issuers), role="promote")
    with pytest.raises(UsageError, match=r"not the identity that identities\.promote trusts"):
        found.check(found.tokens.token(60))


def test_without_configuration_any_job_signs_as_itself(issuers: Issuers) -> None:
    found = ambient(config(), gitlab(issuers))
    assert found.trusted is None
    found.check(found.tokens.token(60))


def test_a_private_name_needs_leave(issuers: Issuers) -> None:
    env = github(issuers, repository_visibility="private")
    token = ambient(config(), env).tokens.token(60)
    with pytest.raises(UsageError, match="This repository is private"):
        ambient(config(), env).check(token)
    ambient(config(signing={"allow-public-log": True}), env).check(token)


@pytest.mark.parametrize("identity", [PUBLISH, {"key": "a.pub"}])
def test_the_platform_is_compared_before_a_token_is_asked_for(issuers: Issuers, identity: Any) -> None:
    with pytest.raises(UsageError, match="cannot be the identity"):
        open_ambient(config({"publish": identity}), Path(), gitlab(issuers, iss=OTHER), Clock())
    assert all(request.host != OTHER.removeprefix("https://") for request in issuers.requests)


def test_a_server_of_ones_own_needs_an_instance_of_ones_own(issuers: Issuers, tmp_path: Path) -> None:
    identity = {"gitlab": {"project": "acme/d2-apps", "ref": "refs/heads/main", "server": OWN}}
    env = gitlab(issuers, iss=OWN)
    for given in ({"publish": identity}, None):
        with pytest.raises(UsageError, match="makes no usable certificates for https://git"):
            open_ambient(config(given), Path(), env, Clock())
    private = {"sigstore": {"trusted-root": "root.json", "signing-config": "signing.json"}}
    (tmp_path / "signing.json").write_text('{"caUrls": [{"url": "https://fulcio.acme.example"}]}')
    found = ambient(config({"publish": identity}, private), env, tmp_path)
    assert not found.is_public
    found.check(found.tokens.token(60))
    (tmp_path / "signing.json").write_text('{"caUrls": [{"url": "https://fulcio.sigstore.dev"}]}')
    with pytest.raises(UsageError, match="makes no usable certificates"):
        open_ambient(config({"publish": identity}, private), tmp_path, env, Clock())
    with pytest.raises(UsageError, match="signing configuration"):
        open_ambient(config({"publish": identity}, private), tmp_path / "missing", env, Clock())


def test_an_instance_of_ones_own_may_expect_another_audience(issuers: Issuers, tmp_path: Path) -> None:
    files = {"trusted-root": "root.json", "signing-config": "signing.json", "audience": "fulcio.acme.example"}
    (tmp_path / "signing.json").write_text('{"caUrls": [{"url": "https://fulcio.acme.example"}]}')
    found = ambient(config(signing={"sigstore": files}), github(issuers), tmp_path)
    assert found.tokens.token(60)
    assert "fulcio.acme.example" in [request.query.get("audience") for request in issuers.requests]


def test_an_issuer_of_ones_own_is_the_one_that_is_asked(issuers: Issuers) -> None:
    own = {"github": {**PUBLISH["github"], "issuer": "https://token.actions.githubusercontent.com/acme"}}
    found = ambient(config({"publish": own}), github(issuers))
    assert found.tokens.issuer == "https://token.actions.githubusercontent.com/acme"
    assert replace(found, role="promote").role == "promote"
