"""Which tags a release may have, and which moving tag it takes along."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.house.version import VersionError, check, declared, main, moving, parse


def repository(top: Path, project: str, package: str) -> Path:
    (top / "src" / "gitless").mkdir(parents=True)
    (top / "pyproject.toml").write_text(f'[project]\nname = "x"\nversion = "{project}"\n')
    (top / "src" / "gitless" / "__init__.py").write_text(f'__version__ = "{package}"\n')
    return top


def test_this_repository_names_one_version() -> None:
    assert declared().count(".") == 2


def test_the_tag_of_the_version_is_released(tmp_path: Path) -> None:
    assert check("v1.2.3", repository(tmp_path, "1.2.3", "1.2.3")) == "1.2.3"


def test_a_tag_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VersionError) as refused:
        check("v1.2.4", repository(tmp_path, "1.2.3", "1.2.3"))
    assert str(refused.value) == ("The tag is v1.2.4, but the files say 1.2.3: set the version, then tag that commit.")


def test_files_that_differ_are_refused_whatever_the_tag(tmp_path: Path) -> None:
    with pytest.raises(VersionError) as refused:
        check("v1.2.3", repository(tmp_path, "1.2.3", "1.2.2"))
    assert str(refused.value) == ("The versions differ: pyproject.toml says 1.2.3, src/gitless/__init__.py says 1.2.2.")


def test_a_file_without_a_version_is_refused(tmp_path: Path) -> None:
    top = repository(tmp_path, "1.2.3", "1.2.3")
    (top / "src" / "gitless" / "__init__.py").write_text("")
    with pytest.raises(VersionError, match=r"^src/gitless/__init__\.py names no version\.$"):
        declared(top)


@pytest.mark.parametrize("tag", ["1.2.3", "v1", "v1.2", "v1.2.3-rc.1", "v01.2.3", "v1.2.3\n", "v1.2.3 x", ""])
def test_other_tags_are_none_of_a_release(tag: str) -> None:
    with pytest.raises(VersionError) as refused:
        parse(tag)
    assert str(refused.value) == f"{tag!r} is not the tag of a release: vMAJOR.MINOR.PATCH, without leading zeros."


@pytest.mark.parametrize(
    ("tag", "tags", "taken"),
    [
        ("v1.0.0", ["v1.0.0"], "v1"),
        ("v1.10.0", ["v1.9.9", "v1.10.0", "v1", "other"], "v1"),  # by number, not by letter
        ("v1.9.10", ["v1.9.10", "v1.10.0"], ""),  # a fix of an older line leaves it where it is
        ("v1.9.10", ["v1.9.10", "v2.0.0"], "v1"),
        ("v0.2.0", [], "v0"),
    ],
)
def test_the_moving_tag_only_moves_forward(tag: str, tags: list[str], taken: str) -> None:
    assert moving(tag, tags) == taken


def test_it_ends_with_a_code_that_stops_the_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "v0.0.0"]) == 1
    assert "version: The tag is v0.0.0, but the files say" in capsys.readouterr().err
    assert main(["check", f"v{declared()}"]) == 0
    assert capsys.readouterr().out == f"{declared()}\n"
    assert main(["check"]) == main(["other", "v1.2.3"]) == 2
