"""The wheelhouses: every platform and Python gets all that its locks ask for, and nothing else."""

from __future__ import annotations

import re
import zipfile
from itertools import chain
from pathlib import Path

import pytest
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from tools.house.wheelhouse import LOCKS, PLATFORMS, PYTHONS, asset, download_command, main, pack, requirements

REPOSITORY = Path(__file__).resolve().parents[3]
LOCK = """\
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
idna==3.20 \\
    --hash=sha256:cc
old==1.0 ; python_full_version < '3.11' \\
    --hash=sha256:dd
old==2.0 ; python_full_version >= '3.11' \\
    --hash=sha256:ee
"""


def wheels() -> dict[tuple[str, str], list[frozenset[Tag]]]:
    """The tags of every wheel in uv.lock, by name and version."""
    found: dict[tuple[str, str], list[frozenset[Tag]]] = {}
    for url in re.findall(r'url = "[^"]*/([^"/]+\.whl)"', (REPOSITORY / "uv.lock").read_text()):
        name, version, _, tags = parse_wheel_filename(url)
        found.setdefault((name, str(version)), []).append(tags)
    return found


def taken(platform: str, python: str) -> frozenset[Tag]:
    """The tags that pip is told to take."""
    major, minor = (int(part) for part in python.split("."))
    tags = PLATFORMS[platform].tags
    return frozenset(
        chain(
            cpython_tags((major, minor), [f"cp{major}{minor}"], tags),
            compatible_tags((major, minor), f"cp{major}{minor}", tags),
        )
    )


def test_markers_are_judged_for_the_machine_that_will_run_it() -> None:
    windows = requirements(LOCK, PLATFORMS["windows-x64"], "3.10")
    assert windows == (
        "colorama==0.4.6 --hash=sha256:aa --hash=sha256:bb\nidna==3.20 --hash=sha256:cc\nold==1.0 --hash=sha256:dd\n"
    )
    assert requirements(LOCK, PLATFORMS["linux-x64"], "3.14") == (
        "idna==3.20 --hash=sha256:cc\nold==2.0 --hash=sha256:ee\n"
    )


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_there_is_a_wheel_for_everything(platform: str, python: str) -> None:
    known, accepted = wheels(), taken(platform, python)
    pins = requirements(LOCKS[0].read_text(), PLATFORMS[platform], python).splitlines()
    names = [tuple(line.split(" ")[0].split("==")) for line in pins]
    assert len(names) > 40
    assert len({name for name, _ in names}) == len(names)
    lacking = [
        name for name, version in names if not any(tags & accepted for tags in known[canonicalize_name(name), version])
    ]
    assert lacking == []


def test_a_platform_without_wheels_would_be_found() -> None:
    # cryptography has no wheel for Macs with Intel's processors
    tags = frozenset(cpython_tags((3, 12), ["cp312"], ["macosx_14_0_x86_64"]))
    assert not any(
        each & tags for (name, _), all_tags in wheels().items() if name == "cryptography" for each in all_tags
    )


def test_pip_is_asked_for_locked_wheels_only(tmp_path: Path) -> None:
    command = download_command(tmp_path / "wanted", PLATFORMS["windows-x64"], "3.10", tmp_path / "wheels")
    assert command[1:] == [
        *("-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.10", "--abi", "cp310"),
        *("--abi", "abi3", "--abi", "none", "--platform", "win_amd64", "--dest", str(tmp_path / "wheels")),
        *("--requirement", str(tmp_path / "wanted")),
    ]


def test_the_same_wheels_make_the_same_bytes(tmp_path: Path) -> None:
    for number, names in enumerate((["b.whl", "a.whl"], ["a.whl", "b.whl"])):
        (tmp_path / str(number)).mkdir()
        for name in names:
            (tmp_path / str(number) / name).write_text(name)
        (tmp_path / str(number) / f"{number}.txt").write_text("no wheel")
        pack(tmp_path / str(number), tmp_path / f"{number}.zip")
    assert (tmp_path / "0.zip").read_bytes() == (tmp_path / "1.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "0.zip") as archive:
        assert archive.namelist() == ["a.whl", "b.whl"]


def test_an_asset_says_what_it_is_for() -> None:
    assert asset("1.2.3", "linux-x64", "3.12") == "gitless-wheelhouse-1.2.3-linux-x64-py3.12.zip"


def test_an_unknown_platform_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path), "macos-x64", "3.12"]) == 2
    assert capsys.readouterr().err.startswith("usage: wheelhouse.py FOLDER [linux-x64|linux-arm64|")
