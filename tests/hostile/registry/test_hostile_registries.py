"""Registries that lie, leak, stall and loop: each ends in a clear error, in bounded time and memory."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator

import pytest
from tests.fakes import registry_replies as replies
from tests.fakes.evidence import artifact, push_artifact, push_layers
from tests.fakes.registry_server import INDEX, Auth, RegistryServer, Reply, Request, digest_of

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT, OCI_INDEX, OCI_MANIFEST
from gitless.ports import Repository
from gitless.registry.open import Stores
from gitless.web.patience import Patience

QUICK = Patience(attempts=3, total_seconds=1.0, seconds_per_mib=0, read_seconds=0.5, backoff_seconds=0.01)
NAME = "apps/web"
ABSENT = Digest.of(b"absent")


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


@pytest.fixture
def other() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


def opened(server: RegistryServer, patience: Patience = QUICK, **env: str) -> Repository:
    return Stores(env=env, patience=patience).open(server.location(NAME))


def credential(server: RegistryServer) -> dict[str, str]:
    return {
        "GITLESS_REGISTRY_HOST": server.host,
        "GITLESS_REGISTRY_USERNAME": "user",
        "GITLESS_REGISTRY_PASSWORD": "hunter2",
    }


def blob_of(content: bytes) -> Descriptor:
    return Descriptor.of(content, FLUX_CONTENT)


def test_a_manifest_with_another_digest_is_refused(server: RegistryServer) -> None:
    server.on("GET", "/manifests/", replies.body(b'{"schemaVersion":2}', Content_Type=OCI_MANIFEST))
    with pytest.raises(UntrustedContentError, match="other content"):
        opened(server).fetch_manifest(ABSENT)


def test_a_tag_whose_digest_header_does_not_fit_the_body_is_refused(server: RegistryServer) -> None:
    reply = replies.body(b"{}", Content_Type=OCI_MANIFEST, Docker_Content_Digest=str(ABSENT))
    server.on("GET", "/manifests/", reply)
    with pytest.raises(UntrustedContentError):
        opened(server).fetch_manifest("latest")


def test_a_malformed_digest_header_is_refused(server: RegistryServer) -> None:
    server.on("HEAD", "/manifests/", replies.body(b"", Docker_Content_Digest="sha256:../../etc/passwd"))
    with pytest.raises(UntrustedContentError):
        opened(server).resolve("latest")


def test_a_head_without_digest_is_answered_by_reading_the_manifest(server: RegistryServer) -> None:
    store = opened(server)
    manifest = push_artifact(store, tag="latest")
    server.on("HEAD", "/manifests/", replies.status(200))
    assert store.resolve("latest") == manifest.digest


def test_two_media_types_for_one_manifest_are_refused(server: RegistryServer) -> None:
    content = json.dumps({"mediaType": OCI_MANIFEST}).encode()
    server.on("GET", "/manifests/", replies.body(content, Content_Type=OCI_INDEX))
    with pytest.raises(UntrustedContentError, match="two media types"):
        opened(server).fetch_manifest("latest")


def test_a_push_stored_under_another_digest_is_an_error(server: RegistryServer) -> None:
    store = opened(server)
    manifest, blobs = artifact()
    for blob in blobs:
        store.push_blob(blob)
    server.on("PUT", "/manifests/", lambda _: Reply(201, {"Docker-Content-Digest": str(ABSENT)}))
    with pytest.raises(UntrustedContentError):
        store.push_manifest(manifest, "latest")


@pytest.mark.parametrize("status", [400, 401, 403, 410, 418, 451])
def test_only_404_means_absent(server: RegistryServer, status: int) -> None:
    server.on("HEAD", "/manifests/", replies.status(status))
    server.on("GET", "/manifests/", replies.status(status))
    store = opened(server)
    for ask in (store.resolve, store.fetch_manifest):
        with pytest.raises(RemoteError) as caught:
            ask("latest")
        assert caught.value.status == status
        assert caught.value.exit_code == 3


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_temporary_statuses_are_tried_again(server: RegistryServer, status: int) -> None:
    store = opened(server)
    manifest = push_artifact(store, tag="latest")
    server.on("HEAD", "/manifests/", replies.status(status), times=2)
    assert store.resolve("latest") == manifest.digest
    assert [item.status for item in server.requests[-3:]] == [status, status, 200]


def test_a_server_that_keeps_failing_is_an_error_with_its_status(server: RegistryServer) -> None:
    server.on("HEAD", "/manifests/", replies.status(503))
    with pytest.raises(RemoteError) as caught:
        opened(server).resolve("latest")
    assert (caught.value.status, caught.value.temporary) == (503, True)
    assert len(server.requests) == QUICK.attempts


def test_a_cut_upload_is_started_again(server: RegistryServer) -> None:
    server.on("PUT", "/blobs/uploads/", replies.cut, times=1)
    store = opened(server)
    store.push_blob(Blob.of(b"content", FLUX_CONTENT))
    assert [item.method for item in server.requests] == ["POST", "PUT", "POST", "PUT"]


def test_retry_after_is_waited_for_in_full(server: RegistryServer) -> None:
    waits: list[float] = []
    patience = Patience(sleep=waits.append, uniform=lambda low, high: low)
    server.on("HEAD", "/manifests/", replies.status(429, Retry_After="7"), times=1)
    assert opened(server, patience).resolve("latest") is None
    assert waits == [7.0]


def test_a_retry_after_past_the_deadline_ends_at_once_and_says_so(server: RegistryServer) -> None:
    server.on("HEAD", "/manifests/", replies.status(429, Retry_After="3600"))
    with pytest.raises(RemoteError, match="asks to wait 3600 s"):
        opened(server).resolve("latest")
    assert len(server.requests) == 1


def test_a_short_body_is_an_error(server: RegistryServer) -> None:
    server.on("GET", "/blobs/", replies.short_body)
    with pytest.raises(RemoteError):
        opened(server).fetch_blob(Descriptor(FLUX_CONTENT, ABSENT, 1000), 1000)


def test_a_slow_drip_ends_with_the_deadline(server: RegistryServer) -> None:
    server.on("GET", "/blobs/", replies.slow_drip)
    with pytest.raises(RemoteError):
        opened(server).fetch_blob(Descriptor(FLUX_CONTENT, ABSENT, 1_000_000), 1_000_000)
    assert len(server.requests) <= QUICK.attempts


def test_a_slow_drip_of_headers_ends_with_the_deadline(server: RegistryServer) -> None:
    server.on("HEAD", "/manifests/", replies.slow_headers)
    with pytest.raises(RemoteError):
        opened(server).resolve("latest")


def test_ten_gigabytes_for_a_blob_are_not_read(server: RegistryServer) -> None:
    server.on("GET", "/blobs/", replies.ten_gigabytes)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UntrustedContentError, match="longer"):
        opened(server).fetch_blob(Descriptor(FLUX_CONTENT, ABSENT, 1000), 1000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_ten_gigabytes_for_a_manifest_are_not_read(server: RegistryServer) -> None:
    server.on("GET", "/manifests/", replies.ten_gigabytes)
    with pytest.raises(UntrustedContentError, match="longer"):
        opened(server).fetch_manifest("latest")


def test_ten_gigabytes_of_error_are_not_read(server: RegistryServer) -> None:
    def refuse(request: Request) -> Reply:
        whole = replies.ten_gigabytes(request)
        return Reply(403, whole.headers, whole.body, whole.length)

    server.on("GET", "/manifests/", refuse)
    with pytest.raises(RemoteError):
        opened(server).fetch_manifest("latest")


def test_a_redirect_loop_ends(server: RegistryServer) -> None:
    server.on("GET", "/blobs/", replies.redirect_to_itself)
    with pytest.raises(UntrustedContentError, match="redirects"):
        opened(server).fetch_blob(blob_of(b"x"), 10)
    assert len(server.requests) == 6


@pytest.mark.parametrize("target", ["", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://[", "x" * 9000])
def test_a_redirect_to_no_address_is_refused(server: RegistryServer, target: str) -> None:
    server.on("GET", "/manifests/", replies.redirect_to(target))
    with pytest.raises(UntrustedContentError):
        opened(server).fetch_manifest("latest")


def test_a_redirect_to_plain_http_elsewhere_is_refused(server: RegistryServer) -> None:
    server.on("GET", "/blobs/", replies.redirect_to("http://registry.example.com/x"))
    with pytest.raises(UntrustedContentError, match="without TLS"):
        opened(server).fetch_blob(blob_of(b"x"), 10)


def test_a_redirect_to_another_host_gets_no_credential(server: RegistryServer, other: RegistryServer) -> None:
    server.auth = Auth("user", "hunter2", kind="basic")
    digest = other.put_blob(NAME, b"content")
    server.on("GET", "/blobs/", replies.redirect_to(f"{other.url}/v2/{NAME}/blobs/{digest}"))
    assert opened(server, **credential(server)).fetch_blob(blob_of(b"content"), 100) == b"content"
    assert all("authorization" not in item.headers for item in other.requests)


def test_a_challenge_of_another_host_is_not_answered(server: RegistryServer, other: RegistryServer) -> None:
    other.auth = Auth("user", "hunter2", kind="basic")
    server.on("GET", "/blobs/", replies.redirect_to(f"{other.url}/v2/{NAME}/blobs/{ABSENT}"))
    with pytest.raises(RemoteError):
        opened(server, **credential(server)).fetch_blob(blob_of(b"x"), 100)
    assert [("authorization" in item.headers) for item in other.requests] == [False]


@pytest.mark.parametrize("kind", ["basic", "token"])
def test_an_upload_location_on_another_host_gets_no_credential(
    server: RegistryServer, other: RegistryServer, kind: str
) -> None:
    server.auth = Auth("user", "hunter2", kind=kind)
    upload = f"{other.url}/v2/{NAME}/blobs/uploads/x"
    server.on("POST", "/uploads/", lambda request: upload_when_let_in(request, upload))
    with pytest.raises(RemoteError):
        opened(server, **credential(server)).push_blob(Blob.of(b"content", FLUX_CONTENT))
    assert other.requests
    assert all("authorization" not in item.headers for item in other.requests)


def upload_when_let_in(request: Request, url: str) -> Reply | None:
    return replies.upload_at(url)(request) if "authorization" in request.headers else None


def test_a_tag_list_that_goes_on_at_another_host_is_refused(server: RegistryServer, other: RegistryServer) -> None:
    link = f'<{other.url}/v2/{NAME}/tags/list>; rel="next"'
    server.on("GET", "/tags/list", replies.body(b'{"tags":["a"]}', Link=link))
    with pytest.raises(UntrustedContentError, match="another host"):
        opened(server).list_tags()
    assert other.requests == []


def test_endless_pages_of_tags_end(server: RegistryServer) -> None:
    server.on("GET", "/tags/list", lambda request: endless(request, {"tags": ["a"]}))
    with pytest.raises(UntrustedContentError, match="more than 100 pages"):
        opened(server, Patience()).list_tags()


def test_endless_pages_of_evidence_end(server: RegistryServer) -> None:
    server.on("GET", "/referrers/", lambda request: endless(request, {"manifests": []}))
    with pytest.raises(UntrustedContentError, match="more than 100 pages"):
        opened(server, Patience()).list_referrers(ABSENT)


def endless(request: Request, document: object) -> Reply:
    number = int(request.query.get("page", "0")) + 1
    link = f'<{request.path}?page={number}>; rel="next"'
    return Reply(200, {"Link": link, "Content-Type": INDEX}, json.dumps(document).encode())


def test_a_page_that_links_to_itself_ends(server: RegistryServer) -> None:
    link = f'</v2/{NAME}/tags/list?n=1000>; rel="next"'
    server.on("GET", "/tags/list", replies.body(b'{"tags":["b","a"]}', Link=link))
    assert opened(server).list_tags() == ("a", "b")


def test_names_that_are_no_tags_are_left_out(server: RegistryServer) -> None:
    tags = json.dumps({"tags": ["ok", "a/b", "\n", 3, None, "x" * 200]}).encode()
    server.on("GET", "/tags/list", replies.body(tags))
    assert opened(server).list_tags() == ("ok",)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"tags":1,"tags":2}'])
def test_a_list_that_is_no_json_object_is_refused(server: RegistryServer, content: bytes) -> None:
    server.on("GET", "/tags/list", replies.body(content))
    with pytest.raises(UntrustedContentError):
        opened(server).list_tags()


@pytest.mark.parametrize("realm", ["https://evil.example/token", "http://evil.example/token", "http://localhost:1/t"])
def test_a_realm_on_another_host_never_sees_the_credential(server: RegistryServer, realm: str) -> None:
    server.auth = Auth("user", "hunter2", realm=realm)
    with pytest.raises(UntrustedContentError) as caught:
        opened(server, **credential(server)).resolve("latest")
    assert "hunter2" not in str(caught.value)
    assert len(server.requests) == 1


def test_a_credential_of_another_host_is_not_sent(server: RegistryServer, other: RegistryServer) -> None:
    server.auth = Auth("user", "hunter2")
    with pytest.raises(RemoteError) as caught:
        opened(server, **credential(other)).resolve("latest")
    assert caught.value.status == 401
    assert all("authorization" not in item.headers for item in server.requests)


def test_netrc_is_never_read(
    server: RegistryServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("machine 127.0.0.1 login user password hunter2\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    opened(server).resolve("latest")
    assert "authorization" not in server.requests[0].headers


def test_a_refused_right_names_the_permission(server: RegistryServer) -> None:
    server.auth = Auth("user", "hunter2", actions=frozenset({"pull"}))
    store = opened(server, **credential(server))
    assert store.resolve("latest") is None
    with pytest.raises(RemoteError, match="permission to push to apps/web") as caught:
        store.push_blob(Blob.of(b"content", FLUX_CONTENT))
    assert caught.value.status == 401


def test_a_wrong_password_is_not_in_the_error(server: RegistryServer) -> None:
    server.auth = Auth("user", "right")
    with pytest.raises(RemoteError) as caught:
        opened(server, **credential(server)).resolve("latest")
    assert "hunter2" not in str(caught.value)
    assert caught.value.status == 401


def test_error_words_that_steer_terminals_are_made_harmless(server: RegistryServer) -> None:
    body = json.dumps({"errors": [{"code": "DENIED", "message": "\x1b[2Jno\r\n::error::x"}]}).encode()
    server.on("GET", "/manifests/", lambda _: Reply(403, {}, body))
    with pytest.raises(RemoteError) as caught:
        opened(server).fetch_manifest("latest")
    assert "\x1b" not in caught.value.why
    assert "\n" not in caught.value.why


def test_warnings_are_collected_once(server: RegistryServer) -> None:
    headers = {"Warning": '299 - "going away"'}
    server.on("HEAD", "/manifests/", lambda _: Reply(404, headers))
    stores = Stores(env={}, patience=QUICK)
    for tag in ("a", "b"):
        stores.open(server.location(NAME)).resolve(tag)
    assert stores.warnings == ("going away",)


def test_a_listing_that_never_shows_our_evidence_gets_the_fallback_tag_and_is_an_error(server: RegistryServer) -> None:
    store = opened(server)
    subject = push_artifact(store)
    server.on("GET", "/referrers/", replies.body(b'{"manifests":[]}', Content_Type=INDEX))
    (made,) = push_layers(store, subject.descriptor, "sign")
    with pytest.raises(RemoteError, match="does not list the evidence"):
        store.attach(subject.digest, [made])
    assert server.tags(NAME) == {subject.digest.fallback_tag: digest_of(fallback_index(server, subject.digest))}


def fallback_index(server: RegistryServer, subject: Digest) -> bytes:
    stored = server.manifest(NAME, subject.fallback_tag)
    assert stored is not None
    return stored.content


def test_a_fallback_index_that_forgets_ends_with_the_deadline(server: RegistryServer) -> None:
    server.referrers_api = False
    store = opened(server)
    subject = push_artifact(store)
    (made,) = push_layers(store, subject.descriptor, "sign")
    server.on("PUT", "/manifests/sha256-", replies.status(201))
    store.attach(subject.digest, [made])
    with pytest.raises(RemoteError, match="does not stay"):
        store.confirm(subject.digest, [made])


def test_a_mount_that_lies_does_not_pass_for_another_blob(server: RegistryServer) -> None:
    server.on("POST", "/uploads/.*", lambda _: Reply(201, {"Docker-Content-Digest": str(ABSENT)}), times=1)
    blob = Blob.of(b"content", FLUX_CONTENT)
    store = opened(server)
    store.push_blob(blob)
    assert store.fetch_blob(blob.descriptor, 100) == b"content"


def test_a_registry_that_refuses_mounts_is_asked_without(server: RegistryServer) -> None:
    server.on("POST", "/uploads/", lambda request: Reply(405) if request.query else None)
    blob = Blob.of(b"content", FLUX_CONTENT)
    store = opened(server)
    store.push_blob(blob)
    assert server.blobs(NAME) == {str(blob.descriptor.digest): b"content"}
    assert store.requests == 3


def test_an_api_that_is_a_moment_behind_is_waited_for(server: RegistryServer) -> None:
    store = opened(server)
    subject = push_artifact(store)
    empty = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()
    server.on("GET", "/referrers/", replies.body(empty, Content_Type=OCI_INDEX), times=2)
    assert len(store.attach(subject.digest, push_layers(store, subject.descriptor, "a"))) == 1


def test_a_registry_that_is_down_says_what_to_do(server: RegistryServer) -> None:
    server.stop_after(0, "500")
    with pytest.raises(RemoteError) as failing:
        opened(server).resolve("latest")
    assert "again" in failing.value.hint
    server.stop_after(0)
    with pytest.raises(RemoteError) as gone:
        opened(server).resolve("latest")
    assert "HTTPS_PROXY" in gone.value.hint
