import base64
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.fakes.registry_server import Auth, RegistryServer

from gitless.errors import RemoteError, UsageError
from gitless.model.secret import Secret
from gitless.registry.credentials import find_credential
from gitless.registry.helpers import Helpers, ask_helper
from gitless.registry.open import Stores

HOST = "reg.example.com"


def config(tmp_path: Path, document: object) -> dict[str, str]:
    (tmp_path / "config.json").write_text(json.dumps(document))
    return {"DOCKER_CONFIG": str(tmp_path)}


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def found(env: Mapping[str, str], host: str = HOST, path: str = "acme/web") -> tuple[str, str] | None:
    credential = find_credential(host, path, env)
    return (credential.username, credential.password.reveal()) if credential else None


def test_the_explicit_credential_is_bound_to_its_host() -> None:
    env = {"GITLESS_REGISTRY_HOST": HOST, "GITLESS_REGISTRY_USERNAME": "u", "GITLESS_REGISTRY_PASSWORD": "p"}
    assert found(env) == ("u", "p")
    assert found(env, "evil.example") is None
    assert found(env, f"{HOST}:5000") is None


def test_a_credential_without_a_host_is_refused() -> None:
    with pytest.raises(UsageError, match="incomplete"):
        found({"GITLESS_REGISTRY_USERNAME": "u", "GITLESS_REGISTRY_PASSWORD": "p"})


def test_the_explicit_credential_comes_before_the_docker_config(tmp_path: Path) -> None:
    env = config(tmp_path, {"auths": {HOST: auth("docker", "p")}})
    assert found(env) == ("docker", "p")
    explicit = {"GITLESS_REGISTRY_HOST": HOST, "GITLESS_REGISTRY_USERNAME": "u", "GITLESS_REGISTRY_PASSWORD": "p"}
    assert found({**env, **explicit}) == ("u", "p")


@pytest.mark.parametrize(
    ("key", "host"),
    [
        (HOST, HOST),
        (f"https://{HOST}/v1/", HOST),
        (f"{HOST}/acme", HOST),
        (f"{HOST}/acme/web", HOST),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
def test_keys_of_the_docker_config(tmp_path: Path, key: str, host: str) -> None:
    assert found(config(tmp_path, {"auths": {key: auth("u", "p")}}), host) == ("u", "p")


@pytest.mark.parametrize("key", ["other.example.com", f"{HOST}:5000", f"{HOST}/acm", f"{HOST}/other"])
def test_keys_of_other_hosts_and_paths_do_not_count(tmp_path: Path, key: str) -> None:
    assert found(config(tmp_path, {"auths": {key: auth("u", "p")}})) is None


def test_the_longest_path_wins(tmp_path: Path) -> None:
    entries = {HOST: auth("all", "p"), f"{HOST}/acme": auth("acme", "p")}
    assert found(config(tmp_path, {"auths": entries})) == ("acme", "p")


def test_the_files_of_podman(tmp_path: Path) -> None:
    (tmp_path / "containers").mkdir()
    (tmp_path / "containers" / "auth.json").write_text(json.dumps({"auths": {HOST: auth("run", "p")}}))
    (tmp_path / "own.json").write_text(json.dumps({"auths": {HOST: auth("own", "p")}}))
    assert found({"XDG_RUNTIME_DIR": str(tmp_path)}) == ("run", "p")
    env = {"XDG_RUNTIME_DIR": str(tmp_path), "REGISTRY_AUTH_FILE": str(tmp_path / "own.json")}
    assert found(env) == ("own", "p")


def test_the_files_in_the_home_folder(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    config(tmp_path / ".docker", {"auths": {HOST: auth("home", "p")}})
    assert found({"HOME": str(tmp_path)}) == ("home", "p")
    assert found({}) is None


def test_tokens_in_the_docker_config(tmp_path: Path) -> None:
    env = config(tmp_path, {"auths": {HOST: {**auth("u", ""), "identitytoken": "idt"}, "b.io": {"registrytoken": "t"}}})
    identity, bearer = find_credential(HOST, "a", env), find_credential("b.io", "a", env)
    assert identity is not None
    assert identity.refresh_token.reveal() == "idt"
    assert bearer is not None
    assert bearer.bearer.reveal() == "t"


@pytest.mark.parametrize("text", ["{", "[]", "null", "[" * 100_000, "x" * 1_100_000])
def test_a_docker_config_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UsageError, match="JSON object"):
        found({"DOCKER_CONFIG": str(tmp_path)})


def test_an_entry_that_is_not_base64_is_refused_without_its_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        found(config(tmp_path, {"auths": {HOST: {"auth": "%hunter2%"}}}))
    assert "hunter2" not in str(caught.value)


def test_a_config_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(UsageError, match="Cannot read"):
        found({"DOCKER_CONFIG": str(tmp_path)})


GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t", "GITHUB_ACTOR": "ada"}


@pytest.mark.parametrize(
    ("host", "env", "expected"),
    [
        ("ghcr.io", GITHUB, ("ada", "t")),
        ("evil.example", GITHUB, None),
        ("ghcr.io", {**GITHUB, "GITHUB_SERVER_URL": "https://git.example.com"}, None),
        ("git.example.com", {**GITHUB, "GITHUB_SERVER_URL": "https://git.example.com"}, ("ada", "t")),
        ("containers.git.example.com", {**GITHUB, "GITHUB_SERVER_URL": "https://git.example.com"}, ("ada", "t")),
        ("ghcr.io", {"GITHUB_TOKEN": "t"}, None),
        ("r.io", {"CI_REGISTRY": "r.io", "CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": "p"}, ("u", "p")),
        ("r.io", {"CI_REGISTRY": "r.io", "CI_JOB_TOKEN": "j"}, ("gitlab-ci-token", "j")),
        ("r.io", {"CI_REGISTRY": "r.io"}, None),
        ("evil.example", {"CI_REGISTRY": "r.io", "CI_JOB_TOKEN": "j"}, None),
    ],
)
def test_the_credential_of_the_ci_goes_to_its_own_registry_only(
    host: str, env: dict[str, str], expected: tuple[str, str] | None
) -> None:
    assert found(env, host) == expected


def helper(tmp_path: Path, script: str) -> dict[str, str]:
    program = tmp_path / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_a_helper_is_asked_on_its_standard_input(tmp_path: Path) -> None:
    env = helper(tmp_path, 'read server; echo "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$server\\"}"')
    assert ask_helper("test", HOST, env) == ("get", Secret(HOST))
    for document in ({"credHelpers": {HOST: "test"}}, {"credsStore": "test"}):
        assert found({**env, **config(tmp_path, document)}) == ("get", HOST)


def test_a_helper_that_hands_out_an_identity_token(tmp_path: Path) -> None:
    env = helper(tmp_path, """echo '{"Username":"<token>","Secret":"idt"}'""")
    credential = find_credential(HOST, "a", {**env, **config(tmp_path, {"credsStore": "test"})})
    assert credential is not None
    assert credential.refresh_token.reveal() == "idt"


def test_a_helper_that_knows_nothing_is_no_failure(tmp_path: Path) -> None:
    env = helper(tmp_path, "echo 'credentials not found in native keychain'; exit 1")
    assert found({**env, **config(tmp_path, {"credsStore": "test"})}) is None


@pytest.mark.parametrize("script", ["echo hunter2; exit 3", "echo hunter2", "echo '[]'", """echo '{"Username":1}'"""])
def test_a_helper_that_fails_is_an_error_without_its_words(tmp_path: Path, script: str) -> None:
    with pytest.raises(RemoteError) as caught:
        ask_helper("test", HOST, helper(tmp_path, script))
    assert "hunter2" not in str(caught.value)


def test_a_hanging_helper_is_killed_with_its_children(tmp_path: Path) -> None:
    env = helper(tmp_path, "sleep 600 & sleep 600")
    with pytest.raises(RemoteError, match="did not answer within"):
        ask_helper("test", HOST, env, seconds=0.3)


@pytest.mark.parametrize(
    ("script", "fails"),
    [("sleep 600", True), ("exit 3", True), ("""echo '{"Username":"u","Secret":"p"}'""", False)],
)
def test_a_helper_is_asked_once_whatever_it_answers_and_however_many_want_to_know(
    tmp_path: Path, script: str, fails: bool
) -> None:
    env = helper(tmp_path, f"echo asked >> {tmp_path}/log; {script}")
    env |= config(tmp_path, {"credsStore": "test"})
    with RegistryServer(auth=Auth("u", "p")) as server, ThreadPoolExecutor(8) as pool:
        stores = Stores(env=env, helpers=Helpers(seconds=0.3))
        wanted = [stores.open(server.location(f"apps/{number % 3}")) for number in range(9)]
        ended = [future.exception() for future in [pool.submit(store.resolve, "latest") for store in wanted]]
        assert [isinstance(error, RemoteError) for error in ended] == [fails] * 9
    assert (tmp_path / "log").read_text() == "asked\n"


@pytest.mark.parametrize("name", ["absent", "../x", "a b", ""])
def test_a_helper_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not installed"):
        ask_helper(name, HOST, {"PATH": "/nonexistent"})
