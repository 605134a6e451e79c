"""The ways to a token, against a registry that hands out exactly the scopes it was asked for."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from tests.fakes import registry_replies as replies
from tests.fakes.registry_server import Auth, RegistryServer, Reply, Request

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.media_types import FLUX_CONTENT
from gitless.model.reference import Location
from gitless.ports import Repository
from gitless.registry.open import Stores, open_repository
from gitless.web.patience import Patience

NAME = "apps/web"
TOKEN = Reply(200, {}, b'{"access_token":"made-up","expires_in":300}')


def opened(server: RegistryServer, tmp_path: Path, entry: dict[str, str]) -> Repository:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {server.host: entry}}))
    return open_repository(server.location(NAME), env={"DOCKER_CONFIG": str(tmp_path)}, patience=Patience(2))


def password(user: str, secret: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{secret}".encode()).decode()}


def test_an_identity_token_goes_to_the_realm_as_a_form(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def realm(request: Request) -> Reply:
        seen.append(request.body)
        return TOKEN

    with RegistryServer(auth=Auth("u", "p")) as server:
        server.on("POST", "^/token", realm)
        with pytest.raises(RemoteError):  # the token is made up, so the registry still says no
            opened(server, tmp_path, {"identitytoken": "idt"}).resolve("latest")
        assert [item.method for item in server.requests][:3] == ["HEAD", "POST", "HEAD"]
    assert b"grant_type=refresh_token" in seen[0]
    assert b"refresh_token=idt" in seen[0]
    assert b"scope=repository%3Aapps%2Fweb%3Apull%2Cpush" in seen[0]


def test_a_registry_token_is_sent_as_it_is(tmp_path: Path) -> None:
    with RegistryServer(auth=Auth("u", "p")) as server:
        with pytest.raises(RemoteError):
            opened(server, tmp_path, {"registrytoken": "mine"}).resolve("latest")
        assert [item.headers.get("authorization") for item in server.requests] == [None, "Bearer mine"]


def test_a_realm_that_refuses_push_is_asked_for_pull(tmp_path: Path) -> None:
    def refuse_push(request: Request) -> Reply | None:
        return Reply(403) if "push" in request.query["scope"] else None

    with RegistryServer(auth=Auth("u", "p")) as server:
        server.on("GET", "^/token", refuse_push)
        store = opened(server, tmp_path, password("u", "p"))
        assert store.resolve("latest") is None
        with pytest.raises(RemoteError, match="push to apps/web"):
            store.push_blob(Blob.of(b"x", FLUX_CONTENT))


def test_without_a_credential_only_pull_is_asked_for() -> None:
    with RegistryServer(auth=Auth("u", "p")) as server:
        server.on("GET", "^/token", lambda _: TOKEN)
        with pytest.raises(RemoteError):
            open_repository(server.location(NAME), env={}).resolve("latest")
        token = next(item for item in server.requests if item.path == "/token")
        assert token.query.endswith("scope=repository%3Aapps%2Fweb%3Apull")
        assert "authorization" not in token.headers


@pytest.mark.parametrize(
    "body", [b"{}", b'{"token":7}', b'{"token":"a\\nb"}', b'{"token":"' + b"x" * 65_537 + b'"}', b"["]
)
def test_a_token_that_is_none_is_refused(tmp_path: Path, body: bytes) -> None:
    with RegistryServer(auth=Auth("u", "p")) as server:
        server.on("GET", "^/token", replies.body(body))
        with pytest.raises(UntrustedContentError):
            opened(server, tmp_path, password("u", "p")).resolve("latest")


def test_a_realm_that_redirects_is_not_followed(tmp_path: Path) -> None:
    with RegistryServer(auth=Auth("u", "p")) as server, RegistryServer() as other:
        server.on("GET", "^/token", replies.redirect_to(f"{other.url}/token"))
        with pytest.raises(RemoteError):
            opened(server, tmp_path, password("u", "p")).resolve("latest")
        assert other.requests == []


def test_a_realm_that_is_busy_is_asked_again(tmp_path: Path) -> None:
    with RegistryServer(auth=Auth("u", "p")) as server:
        server.on("GET", "^/token", replies.status(503), times=1)
        assert opened(server, tmp_path, password("u", "p")).resolve("latest") is None


def test_a_challenge_nobody_knows_is_an_error() -> None:
    with RegistryServer() as server:
        server.on("HEAD", "/manifests/", replies.status(401, WWW_Authenticate="Negotiate"))
        with pytest.raises(RemoteError, match="No credential was found"):
            open_repository(server.location(NAME), env={}).resolve("latest")
        assert len(server.requests) == 1


def test_a_proxy_is_used_when_the_environment_given_names_one() -> None:
    with RegistryServer() as proxy:
        stores = Stores(env={"HTTP_PROXY": proxy.url}, insecure=True)
        assert stores.open(Location("registry.example.com", NAME)).resolve("latest") is None
        assert [item.headers["host"] for item in proxy.requests] == ["registry.example.com"]
        stores.close()
