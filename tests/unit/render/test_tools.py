from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gitless.errors import UsageError
from gitless.render.tools import Toolbox, satisfies


def script(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("version", "pin", "ok"),
    [
        ("3.22.1", "3.22.x", True),
        ("3.22.1", "3.22", True),
        ("3.22.1", "v3.22.1", True),
        ("3.22", "3.22.x", True),
        ("3.22", "3.22.1", False),
        ("3.22.1+g0123", "3.22.1", True),
        ("4.0.0-rc.1", "4.x", True),
        ("3.2.1", "3.22.x", False),
        ("3.22.1", "3.2.x", False),
        ("5.8.1", "5.*", True),
    ],
)
def test_pins(version: str, pin: str, ok: bool) -> None:
    assert satisfies(version, pin) is ok


@pytest.mark.parametrize("pin", ["", "latest", ">=3", "3.22.x.1", "x", "3.22.1 "])
def test_what_is_no_pin_is_refused(pin: str) -> None:
    with pytest.raises(UsageError, match="Not a version pin"):
        satisfies("3.22.1", pin)


def test_a_tool_is_probed_once_and_described(tmp_path: Path) -> None:
    log = tmp_path / "log"
    file = script(tmp_path / "bin", "kustomize", f"echo x >> {log}; echo v5.8.1")
    box = Toolbox({"PATH": str(tmp_path / "bin")}, {"kustomize": "5.8.x"})
    tool = box.get("kustomize")
    assert box.get("kustomize") is tool
    assert log.read_text() == "x\n"
    assert (tool.use.name, tool.use.version, tool.use.program) == ("kustomize", "5.8.1", "kustomize")
    assert tool.use.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert tool.argv == (str(file), "build")


def test_kubectl_stands_in_for_kustomize(tmp_path: Path) -> None:
    script(tmp_path / "bin", "kubectl", "echo 'Client Version: v1.32.4'; echo 'Kustomize Version: v5.5.0'")
    tool = Toolbox({"PATH": str(tmp_path / "bin")}, {}).get("kustomize")
    assert (tool.argv[1], tool.use.version, tool.use.program) == ("kustomize", "5.5.0", "kubectl")


def test_another_version_than_pinned_is_refused(tmp_path: Path) -> None:
    script(tmp_path / "bin", "helm", "echo v3.21.0")
    with pytest.raises(UsageError, match=r"helm is 3\.21\.0, but gitless.yaml asks for 3\.22\.x"):
        Toolbox({"PATH": str(tmp_path / "bin")}, {"helm": "3.22.x"}).get("helm")


@pytest.mark.parametrize("name", ["helm", "kustomize"])
def test_a_missing_tool_says_what_to_install(name: str, tmp_path: Path) -> None:
    box = Toolbox({"PATH": str(tmp_path)}, {})
    assert not box.has(name)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="not installed") as caught:
        box.get(name)  # type: ignore[arg-type]
    assert "Install" in caught.value.hint


def test_a_program_of_the_checkout_is_never_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin", "helm", "echo v3.22.0")
    monkeypatch.chdir(tmp_path / "bin")
    assert not Toolbox({"PATH": ".::bin"}, {}).has("helm")
    assert not Toolbox({}, {}).has("helm")


@pytest.mark.parametrize("body", ["exit 1", "echo", "echo 'v3; rm -rf'", "kill -9 $$"])
def test_a_tool_without_a_version_is_refused(body: str, tmp_path: Path) -> None:
    script(tmp_path / "bin", "helm", body)
    with pytest.raises(UsageError, match="which version"):
        Toolbox({"PATH": str(tmp_path / "bin")}, {}).get("helm")
