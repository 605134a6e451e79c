"""A trial of a repository tells what it lets us do, and leaves it exactly as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.fakes import registry_replies as replies
from tests.fakes.registry_server import Auth, RegistryServer, Reply, Request

from gitless.errors import GitlessError, RemoteError, UsageError
from gitless.model.reference import Location
from gitless.ports import RegistryTrial
from gitless.registry.open import Stores
from gitless.registry.trial import RemoteTrial
from gitless.web.patience import Patience

INDEX = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
LOGIN = {"GITLESS_REGISTRY_USERNAME": "robot", "GITLESS_REGISTRY_PASSWORD": "hunter2-password"}
UPLOADS = r"/blobs/uploads/"


def trial(server: RegistryServer, **env: str) -> RegistryTrial:
    """A trial of apps/web, with the patience of somebody who waits."""
    patience = Patience(attempts=1, total_seconds=5.0)
    return Stores(env=env, patience=patience).trial(server.location("apps/web"))


def login(server: RegistryServer) -> dict[str, str]:
    return {**LOGIN, "GITLESS_REGISTRY_HOST": server.host}


def state(server: RegistryServer) -> tuple[object, ...]:
    """Everything the repository holds."""
    name = "apps/web"
    return server.tags(name), server.manifests(name), server.blobs(name), server.uploads(name)


def full(server: RegistryServer) -> RegistryServer:
    """The server, with something of each kind in it."""
    server.put_manifest("apps/web", INDEX_TYPE, INDEX, "latest")
    server.put_blob("apps/web", b"layer")
    return server


@pytest.mark.parametrize("referrers_api", [True, False])
@pytest.mark.parametrize("auth", [None, Auth("robot", "hunter2-password"), Auth("robot", "hunter2-password", "basic")])
def test_nothing_is_left_behind(referrers_api: bool, auth: Auth | None) -> None:
    with full(RegistryServer(referrers_api=referrers_api, auth=auth)) as server:
        before = state(server)
        tried = trial(server, **login(server))
        named = tried.resolve("latest")
        assert str(named) == server.tags("apps/web")["latest"]
        assert tried.resolve("absent") is None
        assert tried.try_upload() == ""
        assert tried.has_referrers_api() is referrers_api
        assert state(server) == before
        done = [(item.method, item.status) for item in server.requests if "uploads" in item.path and item.status != 401]
        assert done == [("POST", 202), ("DELETE", 204)]
        assert {item.method for item in server.requests} == {"GET", "HEAD", "POST", "DELETE"}


def test_a_token_without_the_right_to_push_is_a_no() -> None:
    with full(RegistryServer(auth=Auth("robot", "hunter2-password", actions=frozenset({"pull"})))) as server:
        tried = trial(server, **login(server))
        assert tried.resolve("latest")
        with pytest.raises(RemoteError) as caught:
            tried.try_upload()
        assert caught.value.what == f"Cannot start an upload to {server.host}/apps/web."
        assert caught.value.status == 401
        assert caught.value.hint == (
            "The credential from GITLESS_REGISTRY_USERNAME is wrong or out of date, or lacks the permission to push to "
            "apps/web."
        )
        assert state(server)[2:] == (server.blobs("apps/web"), set())


@pytest.mark.parametrize("status", [403, 404, 405])
def test_a_registry_that_takes_no_uploads_is_a_no(status: int) -> None:
    with RegistryServer() as server:
        server.on("POST", UPLOADS, replies.status(status))
        with pytest.raises(RemoteError) as caught:
            trial(server).try_upload()
        assert caught.value.status == status
        assert [item.method for item in server.requests] == ["POST"]


def test_an_upload_that_cannot_be_cancelled_is_said() -> None:
    with RegistryServer() as server:
        server.on("DELETE", UPLOADS, replies.status(405))
        assert trial(server).try_upload() == "It could not be cancelled: the registry answered 405."
        assert not server.blobs("apps/web")
        assert [item.method for item in server.requests] == ["POST", "DELETE"]


def test_a_connection_that_breaks_before_the_cancel_is_said() -> None:
    with RegistryServer() as server:
        server.on("DELETE", UPLOADS, replies.cut)
        assert trial(server).try_upload() == "It could not be cancelled."


def test_a_broken_start_is_not_tried_again() -> None:
    """A second upload would be one too many, should the first have been started."""
    with RegistryServer() as server:
        server.on("POST", UPLOADS, replies.cut)
        tried = Stores(env={}, patience=Patience(attempts=5)).trial(server.location("apps/web"))
        with pytest.raises(RemoteError):
            tried.try_upload()
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/v2/apps/web/manifests/latest",
        "/v2/apps/web/blobs/uploads/../../manifests/latest",
        "/v2/apps/web/blobs/uploads/%2e%2e/%2e%2e/manifests/latest",
        "/v2/apps/web/blobs/sha256:9a",
        "/v2/apps/web/blobs/uploads/../sha256:9a",
        "/v2/apps/web/tags/latest",
        "http://127.0.0.1:1/v2/apps/web/blobs/uploads/1",
    ],
)
def test_nothing_but_an_upload_is_ever_deleted(address: str) -> None:
    with full(RegistryServer()) as server:
        before = state(server)
        server.on("POST", UPLOADS, replies.upload_at(address))
        said = trial(server).try_upload()
        assert said == "It was not cancelled: the registry gave no address of an upload of its own."
        assert [item.method for item in server.requests] == ["POST"]
        assert state(server) == before


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/uploads/1", "http://u:p@127.0.0.1/uploads/1", "/uploads/ 1"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with RegistryServer() as server:
        server.on("POST", UPLOADS, replies.upload_at(address))
        with pytest.raises(GitlessError):
            trial(server).try_upload()
        assert [item.method for item in server.requests] == ["POST"]


def test_a_repository_that_does_not_exist_says_nothing_of_its_listing() -> None:
    def unknown(_: Request) -> Reply:
        return Reply(404, {"Content-Type": "application/json"}, b'{"errors":[{"code":"NAME_UNKNOWN"}]}')

    with RegistryServer() as server:
        server.on("GET", r"/referrers/", unknown)
        assert trial(server).has_referrers_api() is None


def test_a_credential_that_is_sent_back_is_not_shown() -> None:
    def echo(request: Request) -> Reply:
        words = f"you sent {request.headers.get('authorization', '')} \x1b[2J"
        return Reply(403, {"Content-Type": "text/plain"}, words.encode())

    auth = Auth("robot", "hunter2-password", "basic")
    with RegistryServer(auth=auth) as server:
        tried = trial(server, **login(server))
        tried.resolve("latest")
        server.on("POST", UPLOADS, echo)
        with pytest.raises(RemoteError) as caught:
            tried.try_upload()
        assert "you sent ***" in str(caught.value)
        assert "hunter2" not in str(caught.value)
        assert "\x1b" not in str(caught.value)


def test_a_folder_is_tried_without_making_it(tmp_path: Path) -> None:
    folder = tmp_path / "registry" / "web"
    tried = Stores(env={}).trial(Location("", str(folder)))
    assert tried.resolve("latest") is None
    assert tried.try_upload() == ""
    assert tried.has_referrers_api() is True
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_is_a_no(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tried = Stores(env={}).trial(Location("", str(tmp_path / "file" / "web")))
    with pytest.raises(UsageError) as caught:
        tried.try_upload()
    assert str(caught.value) == (
        f"The OCI layout '{tmp_path}/file/web' cannot be written.\n"
        f"{tmp_path}/file is no folder that this user may write to.\n"
        "Name another folder, or give this user the right to write there."
    )


def test_a_folder_of_somebody_else_is_a_no(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o500)
    tried = Stores(env={}).trial(Location("", str(tmp_path / "theirs" / "web")))
    if os.geteuid() == 0:  # root may write anywhere, and that is then the true answer
        assert tried.try_upload() == ""
        return
    with pytest.raises(UsageError, match="cannot be written"):
        tried.try_upload()


def test_trials_of_one_host_share_its_session() -> None:
    with RegistryServer() as server:
        stores = Stores(env={}, patience=Patience(attempts=1))
        trials = [stores.trial(server.location(f"apps/{name}")) for name in ("a", "b", "c")]
        assert all(isinstance(item, RemoteTrial) and item.try_upload() == "" for item in trials)
        assert server.connection_count == 1
