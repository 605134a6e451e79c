"""What a folder lets this run do as an OCI image layout; nothing is made in it."""

from __future__ import annotations

import os
from pathlib import Path

from gitless.errors import UsageError
from gitless.model.digest import Digest
from gitless.registry.layout import LayoutRepository


class LayoutTrial:
    """Implements `ports.RegistryTrial` for a layout.

    Args:
        directory: The layout's directory; it need not exist.
    """

    def __init__(self, directory: Path) -> None:
        self._root, self._repository = directory, LayoutRepository(directory)

    def resolve(self, tag: str) -> Digest | None:
        """See `ports.RegistryTrial`."""
        return self._repository.resolve(tag)

    def try_upload(self) -> str:
        """See `ports.RegistryTrial`; asks the system whether files may be made, and makes none.

        Raises:
            UsageError: They may not.
        """
        root = Path(os.path.abspath(self._root))
        nearest = next(folder for folder in (root, *root.parents) if folder.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            raise UsageError(
                f"The OCI layout {str(self._root)!r} cannot be written.",
                why=f"{nearest} is no folder that this user may write to.",
                hint="Name another folder, or give this user the right to write there.",
            )
        return ""

    def has_referrers_api(self) -> bool | None:
        """See `ports.RegistryTrial`; a layout's own index lists referrers."""
        return True
