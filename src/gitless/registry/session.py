"""The session class of oras, imported without the schema engine that only its own pushing needs.

`oras.provider` imports jsonschema for manifests that it makes itself; ours never pass through there. The engine takes
a third of the import's time, which every run would wait for before its first request.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_ENGINE = "jsonschema"


class _Later(ModuleType):
    """Stands for a module until somebody uses it; then the real one answers."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # import machinery asks for these; it must not load what nobody uses
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def _session_class() -> Any:
    absent = _ENGINE not in sys.modules
    if absent:
        sys.modules[_ENGINE] = _Later(_ENGINE)
    try:
        return importlib.import_module("oras.provider").Registry
    finally:
        if absent:  # whoever imports it from now on gets the real one
            del sys.modules[_ENGINE]


Session = _session_class()
