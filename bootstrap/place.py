"""The private folder: ours alone, with things in it that are either whole or not there."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bootstrap.commands import BootstrapError

NAME = "gitless"
LOCK_SECONDS = 300.0
_WINDOWS = os.name == "nt"


class Place:
    """The private folder of a job.

    Args:
        root: The folder; it is ours and nobody else may write to it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, env: Mapping[str, str]) -> Place:
        """The folder below RUNNER_TEMP, which is emptied for every job; else one of this user in the system's place.

        Raises:
            BootstrapError: It is somebody else's, or cannot be made.
        """
        runner = env.get("RUNNER_TEMP", "")
        if runner and os.path.isabs(runner):
            root = Path(runner) / NAME
        else:
            user = os.environ.get("USERNAME", "user") if _WINDOWS else str(os.getuid())
            root = Path(_temporary(env)) / f"{NAME}-{user}"
        try:
            root.mkdir(mode=0o700, parents=bool(runner), exist_ok=True)
            seen = root.lstat()
        except OSError as error:
            raise _unusable(root, error.strerror or str(error)) from error
        if not stat.S_ISDIR(seen.st_mode):
            raise _unusable(root, "It is no folder.")
        if not _WINDOWS and (seen.st_uid != os.geteuid() or seen.st_mode & 0o022):
            raise _unusable(root, "It belongs to another user, or others may write to it.")
        return cls(root)

    def once(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder `name`; made if it is not there, and then whole or not at all, whoever else wants it.

        Args:
            name: The folder's name, which says all that decides its content.
            make: Fills an empty folder.

        Raises:
            BootstrapError: As `make` does, or another process holds the lock for too long.
        """
        final = self.root / name
        if final.is_dir():
            return final
        with self._alone(name):
            if not final.is_dir():
                self._fill(final, make)
        return final

    def _fill(self, final: Path, make: Callable[[Path], None]) -> None:
        import shutil  # a later step of the job finds the folder and needs neither
        import tempfile

        draft = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=self.root))
        try:
            make(draft)
            os.replace(draft, final)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Hold the lock of one name; the system frees it when the process ends, however it ends."""
        with (self.root / f"{name}.lock").open("a+b") as stream:
            end = time.monotonic() + LOCK_SECONDS
            while not _try_lock(stream.fileno()):
                if time.monotonic() > end:
                    raise _unusable(self.root, f"Another process has been preparing {name} for {LOCK_SECONDS:.0f} s.")
                time.sleep(0.02)
            yield


def _temporary(env: Mapping[str, str]) -> str:
    import tempfile

    return next((env[name] for name in ("TMPDIR", "TEMP", "TMP") if os.path.isabs(env.get(name, ""))), None) or (
        tempfile.gettempdir()
    )


def _try_lock(descriptor: int) -> bool:
    try:
        if _WINDOWS:
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unusable(root: Path, why: str) -> BootstrapError:
    return BootstrapError(
        f"The folder {str(root)!r} cannot be used for gitless's own environment.",
        why=why,
        hint="Remove it, or let RUNNER_TEMP or TMPDIR name a folder of this job.",
    )
