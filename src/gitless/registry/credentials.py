"""Which credential belongs to a host: explicit variables, docker and podman files with their helpers, the CI's own.

A credential is found by its host and never leaves it. netrc is never read. The environment is an argument.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gitless.errors import UsageError
from gitless.model.secret import Secret
from gitless.registry.helpers import ask_helper

_MAX_CONFIG_BYTES = 1024 * 1024
_DOCKER_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")

_NONE = Secret("")

AskHelper = Callable[[str, str, Mapping[str, str]], "tuple[str, Secret] | None"]


@dataclass(frozen=True)
class Credential:
    """What proves who we are to one host.

    Attributes:
        source: Where it was found, for error texts.
        username: User name for Basic and for the token realm.
        password: Its password; empty when there is only a token.
        refresh_token: An identity token for the realm's OAuth2 form (`identitytoken` of docker's file).
        bearer: A bearer token for the registry itself (`registrytoken` of docker's file).
    """

    source: str
    username: str = ""
    password: Secret = _NONE
    refresh_token: Secret = _NONE
    bearer: Secret = _NONE

    @property
    def basic(self) -> Secret:
        """The value of a Basic Authorization header."""
        pair = f"{self.username}:{self.password.reveal()}".encode()
        return Secret("Basic " + base64.b64encode(pair).decode())


def find_credential(host: str, path: str, env: Mapping[str, str], ask: AskHelper = ask_helper) -> Credential | None:
    """Find the credential for a repository; None means anonymous.

    Args:
        host: Registry host with port, as the user wrote it.
        path: Repository path; podman's files may hold credentials for a part of it.
        env: The environment.
        ask: Asks a credential helper.

    Raises:
        UsageError: The explicit variables are incomplete, or a file is unreadable.
        RemoteError: A helper failed or hung.
    """
    return _explicit(host, env) or _from_files(host, path, env, ask) or _from_ci(host, env)


def _explicit(host: str, env: Mapping[str, str]) -> Credential | None:
    bound, user = env.get("GITLESS_REGISTRY_HOST", ""), env.get("GITLESS_REGISTRY_USERNAME", "")
    password = env.get("GITLESS_REGISTRY_PASSWORD", "")
    if not (user or password):
        return None
    if not (bound and user and password):
        raise UsageError(
            "The registry credential in the environment is incomplete.",
            why="A credential is bound to its host; user name and password alone belong to none.",
            hint="Set GITLESS_REGISTRY_HOST, GITLESS_REGISTRY_USERNAME and GITLESS_REGISTRY_PASSWORD together.",
        )
    if bound.lower() != host.lower():
        return None
    return Credential("GITLESS_REGISTRY_USERNAME", user, Secret(password))


def _from_files(host: str, path: str, env: Mapping[str, str], ask: AskHelper) -> Credential | None:
    for file in _files(env):
        config = _read(file)
        found = _from_config(config, host, path, env, ask) if config else None
        if found:
            return found
    return None


def _files(env: Mapping[str, str]) -> Iterator[Path]:
    home = env.get("HOME", "")
    if env.get("REGISTRY_AUTH_FILE"):
        yield Path(env["REGISTRY_AUTH_FILE"])
    if env.get("DOCKER_CONFIG"):
        yield Path(env["DOCKER_CONFIG"]) / "config.json"
    elif home:
        yield Path(home) / ".docker" / "config.json"
    if env.get("XDG_RUNTIME_DIR"):
        yield Path(env["XDG_RUNTIME_DIR"]) / "containers" / "auth.json"
    if home:
        yield Path(home) / ".config" / "containers" / "auth.json"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_CONFIG_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"Cannot read the registry credentials in {file}.", why=error.strerror or "") from error
    try:
        config = json.loads(content) if len(content) <= _MAX_CONFIG_BYTES else None
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise UsageError(f"{file} is not a JSON object of at most 1 MiB, as docker and podman write it.")
    return config


def _from_config(
    config: dict[str, Any], host: str, path: str, env: Mapping[str, str], ask: AskHelper
) -> Credential | None:
    keys = tuple(_keys(host, path))
    helpers, auths, store = config.get("credHelpers"), config.get("auths"), config.get("credsStore")
    for key in keys:
        helper = helpers.get(key) if isinstance(helpers, dict) else None
        if isinstance(helper, str) and helper:
            return _from_helper(helper, key, env, ask)
    entries = {_plain(key): value for key, value in auths.items()} if isinstance(auths, dict) else {}
    for key in keys:
        found = _from_entry(entries.get(_plain(key)), key)
        if found:
            return found
    if isinstance(store, str) and store:
        return _from_helper(store, keys[0] if keys[0] in _DOCKER_HUB_KEYS else host, env, ask)
    return None


def _keys(host: str, path: str) -> Iterator[str]:
    if host.lower() in ("docker.io", "index.docker.io", "registry-1.docker.io"):
        yield from _DOCKER_HUB_KEYS
        return
    parts = path.split("/")
    for length in range(len(parts), 0, -1):
        yield f"{host}/{'/'.join(parts[:length])}"
    yield host


def _plain(key: str) -> str:
    if "://" not in key:
        return key.lower()
    # docker writes whole addresses for hosts that were logged in with one; only their host counts
    return key if "index.docker.io" in key else urlsplit(key).netloc.lower()


def _from_entry(entry: Any, key: str) -> Credential | None:
    if not isinstance(entry, dict):
        return None
    text = {name: value for name, value in entry.items() if isinstance(value, str) and value}
    source = f"the docker config entry for {key}"
    if "registrytoken" in text:
        return Credential(source, bearer=Secret(text["registrytoken"]))
    user, _, password = _decode(text.get("auth", ""), key).partition(":")
    user, password = text.get("username", user), text.get("password", password)
    if "identitytoken" in text:
        return Credential(source, user, refresh_token=Secret(text["identitytoken"]))
    return Credential(source, user, Secret(password)) if user and password else None


def _decode(auth: str, key: str) -> str:
    try:
        return base64.b64decode(auth, validate=True).decode("utf-8").rstrip("\0")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError(f"The docker config entry for {key} is not base64 of user:password.") from error


def _from_helper(name: str, key: str, env: Mapping[str, str], ask: AskHelper) -> Credential | None:
    answer = ask(name, key, env)
    if answer is None:
        return None
    user, secret = answer
    source = f"the credential helper {name}"
    if user == "<token>":
        return Credential(source, refresh_token=secret)
    return Credential(source, user, secret)


def _from_ci(host: str, env: Mapping[str, str]) -> Credential | None:
    if env.get("GITHUB_ACTIONS") == "true" and env.get("GITHUB_TOKEN"):
        server = urlsplit(env.get("GITHUB_SERVER_URL", "https://github.com")).netloc.lower()
        own = "ghcr.io" if server == "github.com" else server
        if server and host.lower() in (own, f"containers.{server}"):
            return Credential("GITHUB_TOKEN", env.get("GITHUB_ACTOR") or "gitless", Secret(env["GITHUB_TOKEN"]))
    if env.get("CI_REGISTRY", "").lower() == host.lower():
        if env.get("CI_REGISTRY_USER") and env.get("CI_REGISTRY_PASSWORD"):
            password = Secret(env["CI_REGISTRY_PASSWORD"])
            return Credential("CI_REGISTRY_PASSWORD", env["CI_REGISTRY_USER"], password)
        if env.get("CI_JOB_TOKEN"):
            return Credential("CI_JOB_TOKEN", "gitlab-ci-token", Secret(env["CI_JOB_TOKEN"]))
    return None
