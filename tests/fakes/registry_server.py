"""An OCI registry in this process, on loopback, that remembers every request and misbehaves on demand.

Use it as a context manager::

    with RegistryServer(referrers_api=False, auth=Auth("user", "pass")) as server:
        repository = stores.open(server.location("apps/web"))
        server.stop_after(7)              # requests 1..7 from now are served, every later one is cut
        server.stop_after(7, "500")       # … is answered with 500
        server.stop_after(7, "lost")      # … is carried out once, its answer is lost; then all are cut
        server.resume()                   # healthy again
        server.tags("apps/web")           # {"latest": "sha256:…"}
        server.manifest("apps/web", "latest")        # Stored(media_type, content) or None
        server.requests                   # every request so far, as Recorded values
        server.on("GET", r"/blobs/", replies.short_body, times=1)    # the next matching request misbehaves

State can be written directly too: `put_manifest`, `put_blob`, `delete_tag`. Hostile answers for `on` are in
`tests.fakes.registry_replies`.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gitless.model.reference import Location

INDEX = "application/vnd.oci.image.index.v1+json"
_ROUTE = re.compile(r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs/uploads|blobs|referrers|tags)/(?P<rest>.*)")


@dataclass(frozen=True)
class Auth:
    """Who may come in: `kind` is `token` (bearer tokens that hold exactly the scopes asked for) or `basic`."""

    username: str
    password: str
    kind: str = "token"
    actions: frozenset[str] = frozenset({"pull", "push"})
    expires_in: int = 300
    realm: str = ""


@dataclass(frozen=True)
class Recorded:
    """One request as it came in, and the status it was answered with (0 for a cut connection)."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    status: int


@dataclass(frozen=True)
class Stored:
    """A manifest as it was put."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Request:
    """What a reply function sees."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    server: RegistryServer


@dataclass(frozen=True)
class Reply:
    """An answer; `body` may be an iterator of pieces that are sent as they come, `length` overrides Content-Length.

    `cut` closes the connection after the body, whatever was promised. Status 0 sends nothing, a status below
    zero sends the body alone, as it is.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterator[bytes] = b""
    length: int | None = None
    cut: bool = False


@dataclass
class _Repository:
    manifests: dict[str, Stored] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: set[str] = field(default_factory=set)


@dataclass
class _Rule:
    method: str
    pattern: re.Pattern[str]
    reply: Callable[[Request], Reply | None]
    times: int | None


class RegistryServer:
    """The registry; see the module's text for its verbs.

    Args:
        referrers_api: Whether `/referrers/` exists; when not, it answers 404 in plain text as distribution does.
        auth: Credentials it asks for; None lets everyone in.
        mounts: Whether a mount of content that is there answers 201 (False: always 202, as ggcr does).
        page_size: The most tags and referrers in one answer; more come with a Link.
    """

    def __init__(
        self,
        *,
        referrers_api: bool = True,
        auth: Auth | None = None,
        mounts: bool = True,
        page_size: int = 1000,
    ) -> None:
        self.referrers_api = referrers_api
        self.auth = auth
        self.mounts = mounts
        self.page_size = page_size
        self.requests: list[Recorded] = []
        self.lock = threading.RLock()
        self._repositories: dict[str, _Repository] = {}
        self._tokens: dict[str, frozenset[str]] = {}
        self._rules: list[_Rule] = []
        self._budget: int | None = None
        self._how = "cut"
        self._http = _HTTPServer(("127.0.0.1", 0), _Handler)
        self._http.registry = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    # -- life -------------------------------------------------------------------------------------------------

    def __enter__(self) -> RegistryServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._http.drop_connections()

    @property
    def host(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`."""
        return f"http://{self.host}"

    @property
    def connection_count(self) -> int:
        """How many connections were opened so far."""
        return self._http.accepted

    def location(self, path: str) -> Location:
        """The Location of repository `path` here."""
        return Location(self.host, path)

    # -- faults -----------------------------------------------------------------------------------------------

    def stop_after(self, count: int, how: str = "cut") -> None:
        """Serve `count` more requests, then fail all: `cut`, `500`, or `lost` (done once, answer lost, then cut)."""
        with self.lock:
            self._budget, self._how = count, how

    def resume(self) -> None:
        """Serve every request again."""
        with self.lock:
            self._budget = None

    def on(
        self, method: str, pattern: str, reply: Callable[[Request], Reply | None], *, times: int | None = None
    ) -> None:
        """Let `reply` answer requests whose path matches (`re.search`); None from it means: answer as usual."""
        with self.lock:
            self._rules.append(_Rule(method, re.compile(pattern), reply, times))

    def forget(self) -> None:
        """Forget the recorded requests and the rules of `on`."""
        with self.lock:
            self.requests.clear()
            self._rules.clear()

    # -- state, read and written directly ---------------------------------------------------------------------

    def tags(self, name: str) -> dict[str, str]:
        """Tag to digest."""
        with self.lock:
            return dict(self._repository(name).tags)

    def manifest(self, name: str, target: str) -> Stored | None:
        """What a tag or digest names."""
        with self.lock:
            repository = self._repository(name)
            return repository.manifests.get(repository.tags.get(target, target))

    def manifests(self, name: str) -> dict[str, Stored]:
        """Every manifest by digest."""
        with self.lock:
            return dict(self._repository(name).manifests)

    def put_manifest(self, name: str, media_type: str, content: bytes, tag: str | None = None) -> str:
        """Store a manifest without any check; returns its digest."""
        with self.lock:
            digest = digest_of(content)
            self._repository(name).manifests[digest] = Stored(media_type, content)
            if tag is not None:
                self._repository(name).tags[tag] = digest
            return digest

    def put_blob(self, name: str, content: bytes) -> str:
        """Store a blob; returns its digest."""
        with self.lock:
            digest = digest_of(content)
            self._repository(name).blobs[digest] = content
            return digest

    def blobs(self, name: str) -> dict[str, bytes]:
        """Every blob by digest."""
        with self.lock:
            return dict(self._repository(name).blobs)

    def uploads(self, name: str) -> set[str]:
        """The uploads that were started and neither completed nor cancelled."""
        with self.lock:
            return set(self._repository(name).uploads)

    def snapshot(self) -> object:
        """Everything it holds now, for `restore`."""
        with self.lock:
            return copy.deepcopy(self._repositories)

    def restore(self, snapshot: object) -> None:
        """Hold again what was held then."""
        with self.lock:
            self._repositories = copy.deepcopy(snapshot)  # type: ignore[assignment]

    def delete_tag(self, name: str, tag: str) -> None:
        """Forget a tag."""
        with self.lock:
            self._repository(name).tags.pop(tag, None)

    def _repository(self, name: str) -> _Repository:
        return self._repositories.setdefault(name, _Repository())

    # -- answers ----------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """Answer one request: faults first, then authentication, then the registry itself."""
        fault = self._fault(request)
        if fault is not None:
            return fault
        rule = self._rule(request)
        if rule is not None:
            return rule
        return self._serve(request)

    def _serve(self, request: Request) -> Reply:
        if urlsplit(request.path).path == "/token":
            return self._token(request)
        match = _ROUTE.fullmatch(request.path)
        refused = self._refusal(request, match["name"] if match else "")
        if refused is not None:
            return refused
        if match is None:
            return Reply(200 if request.path in ("/v2/", "/v2") else 404)
        with self.lock:
            handler = getattr(self, "_" + match["kind"].replace("/", "_"))
            reply: Reply = handler(request, match["name"], match["rest"])
            return reply

    def _fault(self, request: Request) -> Reply | None:
        with self.lock:
            if self._budget is None:
                return None
            self._budget -= 1
            if self._budget >= 0:
                return None
            how, first = self._how, self._budget == -1
        if how == "500":
            return _error(500, "UNKNOWN", "stopped by the test")
        if how == "lost" and first:
            self._serve(request)
        return Reply(0, cut=True)

    def _rule(self, request: Request) -> Reply | None:
        with self.lock:
            rules = [
                rule
                for rule in self._rules
                if rule.times != 0 and rule.method == request.method and rule.pattern.search(request.path)
            ]
            if rules and rules[0].times is not None:
                rules[0].times -= 1
        return rules[0].reply(request) if rules else None

    def _refusal(self, request: Request, name: str) -> Reply | None:
        if self.auth is None:
            return None
        given = request.headers.get("authorization", "")
        if self.auth.kind == "basic":
            if given == _basic(self.auth):
                return None
            return _error(401, "UNAUTHORIZED", "who are you", {"WWW-Authenticate": 'Basic realm="test"'})
        action = "pull" if request.method in ("GET", "HEAD") else "push"
        if f"{name}:{action}" in self._tokens.get(given.removeprefix("Bearer "), frozenset()):
            return None
        realm = self.auth.realm or f"{self.url}/token"
        scope = f"repository:{name}:{'pull' if action == 'pull' else 'pull,push'}"
        error = ',error="insufficient_scope"' if given else ""
        challenge = f'Bearer realm="{realm}",service="test",scope="{scope}"{error}'
        return _error(401, "UNAUTHORIZED", "authentication required", {"WWW-Authenticate": challenge})

    def _token(self, request: Request) -> Reply:
        assert self.auth is not None
        if request.headers.get("authorization") != _basic(self.auth):
            return _error(401, "UNAUTHORIZED", "wrong credentials")
        granted: set[str] = set()
        for scope in request.query.get("scope", "").split(" "):
            _, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            granted |= {f"{name}:{action}" for action in actions.split(",") if action in self.auth.actions}
        token = secrets.token_hex(8)
        self._tokens[token] = frozenset(granted)
        return _json(200, {"token": token, "expires_in": self.auth.expires_in})

    def revoke_tokens(self) -> None:
        """Make every token that was handed out worthless."""
        self._tokens.clear()

    def _manifests(self, request: Request, name: str, target: str) -> Reply:
        repository = self._repository(name)
        if request.method == "PUT":
            return self._put_manifest(request, repository, target)
        stored = repository.manifests.get(repository.tags.get(target, target))
        if stored is None:
            return _error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        headers = {"Content-Type": stored.media_type, "Docker-Content-Digest": digest_of(stored.content)}
        return Reply(200, headers, stored.content)

    def _put_manifest(self, request: Request, repository: _Repository, target: str) -> Reply:
        digest = digest_of(request.body)
        if target.startswith("sha256:") and target != digest:
            return _error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        if len(request.body) > 4 * 1024 * 1024:
            return _error(400, "MANIFEST_INVALID", "http: request body too large")
        document = json.loads(request.body)
        for needed in [document["config"], *document["layers"]] if "layers" in document else []:
            if needed["digest"] not in repository.blobs:
                return _error(404, "MANIFEST_BLOB_UNKNOWN", f"blob unknown: {needed['digest']}")
        repository.manifests[digest] = Stored(request.headers.get("content-type", ""), request.body)
        if not target.startswith("sha256:"):
            repository.tags[target] = digest
        headers = {"Docker-Content-Digest": digest}
        if self.referrers_api and "subject" in document:
            headers["OCI-Subject"] = document["subject"]["digest"]
        return Reply(201, headers)

    def _blobs(self, request: Request, name: str, digest: str) -> Reply:
        content = self._repository(name).blobs.get(digest)
        if content is None:
            return _error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}
        return Reply(200, headers, content)

    def _blobs_uploads(self, request: Request, name: str, rest: str) -> Reply:
        repository = self._repository(name)
        if request.method == "POST":
            mount, source = request.query.get("mount", ""), request.query.get("from", name)
            if self.mounts and mount in self._repository(source).blobs:
                repository.blobs[mount] = self._repository(source).blobs[mount]
                return Reply(201, {"Docker-Content-Digest": mount, "Location": f"/v2/{name}/blobs/{mount}"})
            upload = secrets.token_hex(8)
            repository.uploads.add(upload)
            return Reply(202, {"Location": f"/v2/{name}/blobs/uploads/{upload}?_state=opaque"})
        if request.method == "DELETE" and rest in repository.uploads:
            repository.uploads.discard(rest)
            return Reply(204)
        if request.method != "PUT" or rest not in repository.uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        if digest_of(request.body) != request.query.get("digest"):
            return _error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        repository.uploads.discard(rest)
        repository.blobs[digest_of(request.body)] = request.body
        return Reply(201, {"Docker-Content-Digest": digest_of(request.body)})

    def _referrers(self, request: Request, name: str, subject: str) -> Reply:
        if not self.referrers_api:
            return Reply(404, {"Content-Type": "text/plain; charset=utf-8"}, b"404 page not found\n")
        entries = [
            _listing(digest, stored)
            for digest, stored in self._repository(name).manifests.items()
            if json.loads(stored.content).get("subject", {}).get("digest") == subject
        ]
        start = int(request.query.get("start", "0"))
        page = entries[start : start + self.page_size]
        headers = {"Content-Type": INDEX}
        if start + self.page_size < len(entries):
            headers["Link"] = f'<{request.path}?start={start + self.page_size}>; rel="next"'
        body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": page}
        return Reply(200, headers, json.dumps(body).encode())

    def _tags(self, request: Request, name: str, rest: str) -> Reply:
        if name not in self._repositories:
            return _error(404, "NAME_UNKNOWN", "repository name not known to registry")
        last = request.query.get("last", "")
        limit = min(int(request.query.get("n", "1000")), self.page_size)
        tags = [tag for tag in sorted(self._repository(name).tags) if tag > last]
        headers = {"Content-Type": "application/json"}
        if len(tags) > limit:
            headers["Link"] = f'<{request.path}?n={limit}&last={tags[limit - 1]}>; rel="next"'
        return Reply(200, headers, json.dumps({"name": name, "tags": tags[:limit]}).encode())


class _HTTPServer(ThreadingHTTPServer):
    registry: RegistryServer
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *arguments: Any) -> None:
        self.connections: set[socket.socket] = set()
        self.accepted = 0
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        self.accepted += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        for connection in list(self.connections):
            connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HTTPServer

    def _handle(self) -> None:
        registry = self.server.registry
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        reply = registry.answer(Request(self.command, parts.path, query, headers, body, registry))
        with registry.lock:
            registry.requests.append(Recorded(self.command, parts.path, parts.query, headers, reply.status))
        self._send(reply)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _handle  # noqa: N815

    def _send(self, reply: Reply) -> None:
        if reply.status < 0:
            for piece in reply.body:
                self.wfile.write(piece)  # type: ignore[arg-type]
        elif reply.status:
            self.send_response(reply.status)
            for key, value in reply.headers.items():
                self.send_header(key, value)
            known = len(reply.body) if isinstance(reply.body, bytes) else None
            length = known if reply.length is None else reply.length
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                for piece in [reply.body] if isinstance(reply.body, bytes) else reply.body:
                    self.wfile.write(piece)
        if reply.cut or not isinstance(reply.body, bytes):
            self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Keep quiet: `requests` holds everything."""


def digest_of(content: bytes) -> str:
    """`sha256:<hex>` of the bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _listing(digest: str, stored: Stored) -> dict[str, Any]:
    document = json.loads(stored.content)
    return {
        "mediaType": stored.media_type,
        "digest": digest,
        "size": len(stored.content),
        "artifactType": document.get("artifactType") or document.get("config", {}).get("mediaType", ""),
        "annotations": document.get("annotations", {}),
    }


def _basic(auth: Auth) -> str:
    return "Basic " + base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode()


def _json(status: int, value: object, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode())


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Reply:
    return _json(status, {"errors": [{"code": code, "message": message}]}, headers)
