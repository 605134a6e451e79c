"""What uv and the core see of the job's environment."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap.surroundings import for_core, for_installer, index_url, wheelhouse

HOSTILE = {
    "PYTHONPATH": "/evil", "PYTHONSTARTUP": "/evil", "PYTHONHOME": "/evil", "PYTHONUSERBASE": "/evil",
    "PIP_INDEX_URL": "https://evil.test", "PIP_CONFIG_FILE": "/evil", "PIP_REQUIRE_VIRTUALENV": "1",
    "UV_INDEX_URL": "https://evil.test", "UV_EXTRA_INDEX_URL": "https://evil.test", "UV_CONFIG_FILE": "/evil",
    "UV_FIND_LINKS": "/evil", "UV_NO_VERIFY_HASHES": "1", "VIRTUAL_ENV": "/evil", "CONDA_PREFIX": "/evil",
    "Pythonpath": "/evil",
}  # fmt: skip
HONEST = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "10.0.0.0/8", "SSL_CERT_FILE": "/etc/ca.pem"}


def test_nothing_of_python_pip_and_uv_reaches_the_core() -> None:
    env = for_core({**HOSTILE, **HONEST, "GITHUB_TOKEN": "t", "PATH": "/usr/bin"})
    assert env == {**HONEST, "GITHUB_TOKEN": "t", "PATH": "/usr/bin"}


def test_the_core_finds_no_program_in_the_checkout() -> None:
    path = os.pathsep.join([".", "", "bin", "/usr/bin", "../up", "node_modules/.bin", "/bin"])
    assert for_core({"PATH": path})["PATH"] == os.pathsep.join(["/usr/bin", "/bin"])
    assert for_core({})["PATH"] == ""


def test_uv_sees_the_network_and_nothing_else(tmp_path: Path) -> None:
    env = for_installer({**HOSTILE, **HONEST, "GITHUB_TOKEN": "t", "HOME": "/home/user", "NETRC": "/evil"}, tmp_path)
    assert {name: value for name, value in env.items() if name in HONEST} == HONEST
    assert env["HOME"] == str(tmp_path)
    assert env["NETRC"] == os.devnull
    assert env["UV_NO_CONFIG"] == "1"
    assert not {"GITHUB_TOKEN", "PATH", "UV_DEFAULT_INDEX", *HOSTILE} & set(env)


def test_the_index_goes_by_environment_to_uv_and_not_to_the_core(tmp_path: Path) -> None:
    given = {"GITLESS_INPUT_INDEX_URL": " https://user:pass@mirror.test/simple ", "GITLESS_WHEELHOUSE": "w", "PATH": ""}
    assert for_installer(given, tmp_path)["UV_DEFAULT_INDEX"] == "https://user:pass@mirror.test/simple"
    assert for_core(given) == {"PATH": ""}


def test_the_steps_input_wins_over_the_runners_setting() -> None:
    assert index_url({"GITLESS_INPUT_INDEX_URL": "a", "GITLESS_INDEX_URL": "b"}) == "a"
    assert index_url({"GITLESS_INPUT_INDEX_URL": " ", "GITLESS_INDEX_URL": "b"}) == "b"
    assert index_url({}) == ""
    assert wheelhouse({"GITLESS_WHEELHOUSE": "w"}) == "w"
