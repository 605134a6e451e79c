"""The report files of a GitLab job, in one folder of the checkout that is named after the verb.

GitLab takes artifacts from below the checkout only, and a stranger may have written the checkout: what stands there
under our names is removed first, and nothing is written through a link.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from gitless.errors import UsageError

FOLDER = "gitless-reports"
SUMMARY, RESULT, JUNIT = "summary.md", "result.json", "junit.xml"
QUALITY, OUTPUTS, LINKS = "code-quality.json", "outputs.env", "links.json"
NAMES = (SUMMARY, RESULT, JUNIT, QUALITY, OUTPUTS, LINKS)
_JOB_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}(/[A-Za-z0-9._~%+/-]{0,1024})?")


class Reports:
    """The files of one verb.

    Args:
        env: The environment: CI_PROJECT_DIR and CI_JOB_URL.
        verb: The verb.
    """

    def __init__(self, env: Mapping[str, str], verb: str) -> None:
        self._top = Path(env.get("CI_PROJECT_DIR") or Path.cwd())
        self.folder = f"{FOLDER}/{verb}"
        self._job_url = env.get("CI_JOB_URL", "")
        self._is_ready = False

    def prepare(self) -> None:
        """Make the folder, and remove what an earlier job or the checkout left under our names.

        Raises:
            UsageError: It cannot be made, or a part of it is a link.
        """
        place = self._top
        try:
            for part in self.folder.split("/"):
                place /= part
                if place.is_symlink():
                    raise UsageError(
                        f"{part!r} in the checkout is a link.",
                        why="The reports of the job are written there, and would land elsewhere.",
                        hint=f"Remove it from the repository: {FOLDER}/ belongs to the job.",
                    )
                place.mkdir(exist_ok=True)
            for name in NAMES:
                if os.path.lexists(place / name):
                    (place / name).unlink()
        except OSError as error:
            raise UsageError(f"The folder {self.folder} cannot be used.", why=error.strerror or "") from error
        self._is_ready = True

    def write(self, name: str, text: str) -> str:
        """Write one file anew.

        Returns:
            Its path in the checkout.

        Raises:
            UsageError: It cannot be written.
        """
        path = self._top / self.folder / name
        if not self._is_ready:
            raise UsageError(f"The folder {self.folder} is not ready.")
        try:
            # exclusively: whatever was put there meanwhile is not ours to follow
            with path.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
                stream.write(text)
        except OSError as error:
            raise UsageError(f"The report {self.folder}/{name} cannot be written.", why=error.strerror or "") from error
        return f"{self.folder}/{name}"

    def address(self, path: str) -> str:
        """Where GitLab shows a file of the checkout that the job keeps; empty where the job's address is not known."""
        if not _JOB_URL.fullmatch(self._job_url) or not re.fullmatch(r"[A-Za-z0-9._/-]+", path):
            return ""
        return f"{self._job_url}/artifacts/file/{path}"
