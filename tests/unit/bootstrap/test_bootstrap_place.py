"""The private folder: ours alone, and what is in it is whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from bootstrap.commands import BootstrapError
from bootstrap.place import Place

REPOSITORY = Path(__file__).resolve().parents[3]


def test_it_is_below_the_runners_folder_and_for_nobody_else(tmp_path: Path) -> None:
    place = Place.open({"RUNNER_TEMP": str(tmp_path / "runner")})
    assert place.root == tmp_path / "runner" / "gitless"
    assert place.root.stat().st_mode & 0o777 == 0o700


def test_without_a_runner_it_is_this_users_in_the_systems_place(tmp_path: Path) -> None:
    place = Place.open({"TMPDIR": str(tmp_path)})
    assert place.root == tmp_path / f"gitless-{os.getuid()}"


def test_a_runners_folder_that_is_relative_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = Place.open({"RUNNER_TEMP": "checkout", "TMPDIR": str(tmp_path)})
    assert place.root == tmp_path / f"gitless-{os.getuid()}"


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "gitless").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BootstrapError) as caught:
        Place.open({"RUNNER_TEMP": str(tmp_path)})
    assert caught.value.why == "It is no folder."


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gitless").mkdir()
    (tmp_path / "gitless").chmod(0o777)
    with pytest.raises(BootstrapError) as caught:
        Place.open({"RUNNER_TEMP": str(tmp_path)})
    assert "others may write to it" in caught.value.why


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gitless").write_text("")
    with pytest.raises(BootstrapError, match="cannot be used"):
        Place.open({"RUNNER_TEMP": str(tmp_path)})


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    place = Place.open({"RUNNER_TEMP": str(tmp_path)})
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text("whole")

    first, second = place.once("thing", make), place.once("thing", make)
    assert first == second
    assert len(made) == 1
    assert (first / "file").read_text() == "whole"


def test_what_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    place = Place.open({"RUNNER_TEMP": str(tmp_path)})

    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise BootstrapError("no")

    with pytest.raises(BootstrapError):
        place.once("thing", fail)
    assert [path.name for path in place.root.iterdir()] == ["thing.lock"]
    assert place.once("thing", lambda folder: None).is_dir()


def test_many_at_once_make_it_once(tmp_path: Path) -> None:
    place = Place.open({"RUNNER_TEMP": str(tmp_path)})
    made, inside = [], threading.Barrier(2, timeout=0.2)

    def make(folder: Path) -> None:
        made.append(folder)
        with pytest.raises(threading.BrokenBarrierError):
            inside.wait()  # nobody else comes in meanwhile

    threads = [threading.Thread(target=place.once, args=("thing", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_process_that_was_killed_holds_no_lock(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; sys.path.append(sys.argv[1]);"
        "from bootstrap.place import Place;"
        "Place(Path(sys.argv[2])).once('thing', lambda folder: os._exit(9))"
    )
    place = Place.open({"RUNNER_TEMP": str(tmp_path)})
    done = subprocess.run([sys.executable, "-I", "-c", script, str(REPOSITORY), str(place.root)], check=False)
    assert done.returncode == 9
    assert not (place.root / "thing").exists()
    assert place.once("thing", lambda folder: None).is_dir()


def test_who_waits_for_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place.open({"RUNNER_TEMP": str(tmp_path)})
    monkeypatch.setattr("bootstrap.place.LOCK_SECONDS", 0.0)
    errors = []

    def second() -> None:
        try:
            place.once("thing", lambda folder: None)
        except BootstrapError as error:
            errors.append(error.why)

    def first(folder: Path) -> None:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    place.once("thing", first)
    assert errors == ["Another process has been preparing thing for 0 s."]
