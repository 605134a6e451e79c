"""Blobs that this run has put into another repository of the host are mounted, where that is allowed, and never needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fakes import registry_replies as replies
from tests.fakes.registry_server import Auth, RegistryServer, Reply, Request

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT
from gitless.model.secret import Secret
from gitless.registry.auth import Authorizer
from gitless.registry.credentials import Credential
from gitless.registry.holdings import Holdings
from gitless.registry.open import Stores
from gitless.web.patience import Patience

BLOB = Blob.of(b"shared by two components", FLUX_CONTENT)
DIGEST = str(BLOB.descriptor.digest)
QUICK = Patience(attempts=2, total_seconds=5, backoff_seconds=0.01)


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


@pytest.fixture
def other() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


def stores(server: RegistryServer) -> Stores:
    env = {"GITLESS_REGISTRY_HOST": server.host, "GITLESS_REGISTRY_USERNAME": "u", "GITLESS_REGISTRY_PASSWORD": "p"}
    return Stores(env=env, patience=QUICK)


def push_to_both(server: RegistryServer, opened: Stores | None = None) -> list[tuple[str, str]]:
    """Push the blob to `a`, then to `b`; gives back what the second push asked for, method and mount source."""
    opened = opened or stores(server)
    opened.open(server.location("a")).push_blob(BLOB)
    count = len(server.requests)
    opened.open(server.location("b")).push_blob(BLOB)
    return [(item.method, item.query.partition("from=")[2]) for item in server.requests[count:]]


def on_loan(reply: Reply) -> object:
    """Answer mounts from `a` into `b` this way, everything else as usual."""

    def answer(request: Request) -> Reply | None:
        return reply if request.path.startswith("/v2/b/") and request.query.get("from") == "a" else None

    return answer


def test_what_another_repository_got_in_this_run_is_mounted_with_one_request(server: RegistryServer) -> None:
    assert push_to_both(server) == [("POST", "a")]
    assert server.blobs("b") == {DIGEST: b"shared by two components"}


def test_what_an_earlier_run_put_there_is_not_known(server: RegistryServer) -> None:
    stores(server).open(server.location("a")).push_blob(BLOB)
    later = stores(server).open(server.location("b"))
    later.push_blob(BLOB)
    assert later.requests == 2


def test_another_host_is_another_matter(server: RegistryServer, other: RegistryServer) -> None:
    opened = stores(server)
    opened.open(server.location("a")).push_blob(BLOB)
    opened.open(other.location("b")).push_blob(BLOB)
    assert [item.query.partition("from=")[2] for item in other.requests] == ["b", ""]


def test_a_registry_without_mounts_goes_on_with_the_upload_it_opened() -> None:
    with RegistryServer(mounts=False) as server:
        assert push_to_both(server) == [("POST", "a"), ("PUT", "")]
        assert server.blobs("b") == {DIGEST: b"shared by two components"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 500])
def test_a_refused_loan_is_an_ordinary_upload_and_is_not_asked_for_again(server: RegistryServer, status: int) -> None:
    server.on("POST", "/uploads/", on_loan(Reply(status)))
    opened = stores(server)
    assert push_to_both(server, opened) == [("POST", "a"), ("POST", "b"), ("PUT", "")]
    assert server.blobs("b") == {DIGEST: b"shared by two components"}
    count = len(server.requests)
    opened.open(server.location("c")).push_blob(BLOB)
    assert [item.query.partition("from=")[2] for item in server.requests[count:]] == ["c", ""]


def test_a_registry_that_asks_to_wait_is_waited_for(server: RegistryServer) -> None:
    server.on("POST", "/v2/b/blobs/uploads/", replies.status(429, Retry_After="0"), times=1)
    assert push_to_both(server) == [("POST", "a"), ("POST", "a")]


def test_a_repository_that_may_not_be_written_is_an_error(server: RegistryServer) -> None:
    server.on("POST", "/v2/b/blobs/uploads/", replies.status(403))
    with pytest.raises(RemoteError, match="403"):
        push_to_both(server)


def test_a_loan_that_lies_does_not_pass_for_another_blob(server: RegistryServer) -> None:
    server.on("POST", "/uploads/", on_loan(Reply(201, {"Docker-Content-Digest": f"sha256:{'0' * 64}"})))
    assert push_to_both(server) == [("POST", "a"), ("POST", ""), ("PUT", "")]
    assert server.blobs("b") == {DIGEST: b"shared by two components"}


def test_a_loan_that_goes_on_at_another_host_shows_it_no_credential(
    server: RegistryServer, other: RegistryServer
) -> None:
    server.auth = Auth("u", "p", kind="basic")
    server.on("POST", "/uploads/", on_loan(Reply(202, {"Location": f"{other.url}/v2/b/blobs/uploads/x"})))
    with pytest.raises((RemoteError, UntrustedContentError)):
        push_to_both(server)
    assert [item.headers.get("authorization") for item in other.requests] == [None]
    assert server.blobs("b") == {}


def test_basic_credentials_may_read_what_they_wrote() -> None:
    with RegistryServer(auth=Auth("u", "p", kind="basic")) as server:
        assert push_to_both(server) == [("POST", "a")]


def test_a_token_for_one_repository_is_not_shown_to_ask_for_another() -> None:
    with RegistryServer(auth=Auth("u", "p")) as server:
        assert [source for method, source in push_to_both(server) if method == "POST"] == ["b"]


@pytest.mark.parametrize(("password", "shared"), [("p", True), ("q", False)])
def test_two_repositories_share_access_when_their_credential_is_the_same(password: str, shared: bool) -> None:
    passwords = {"a": "p", "b": password}
    authorizer = Authorizer("https://x", lambda path: Credential("test", "u", Secret(passwords[path])), lambda: 0.0)
    assert authorizer.shares_access("a", "b")  # nobody has asked who we are
    authorizer.learn('Basic realm="x"', "a", None)
    assert authorizer.shares_access("a", "b") is shared


def test_a_bearer_token_for_the_whole_registry_is_shared_and_tokens_of_repositories_are_not() -> None:
    for credential, shared in ((Credential("t", bearer=Secret("x")), True), (Credential("t", "u", Secret("p")), False)):
        authorizer = Authorizer("https://x", lambda path, found=credential: found, lambda: 0.0)
        authorizer.learn('Bearer realm="https://x/token"', "a", None)
        assert authorizer.shares_access("a", "b") is shared


def test_credentials_of_two_owners_lend_each_other_nothing() -> None:
    digest = Digest.parse(DIGEST)
    holdings = Holdings(lambda first, second: {first, second} == {"a", "b"})
    holdings.add(digest, "a")
    assert [holdings.lender(digest, name) for name in ("a", "b", "c")] == ["a", "a", "c"]
    holdings.refuse()
    assert holdings.lender(digest, "b") == "b"
