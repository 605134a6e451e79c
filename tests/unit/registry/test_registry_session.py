"""The session class of oras comes without the schema engine, and the engine is there for whoever needs it."""

import subprocess
import sys

CODE = """
import sys
from gitless.registry.session import Session
assert not [name for name in sys.modules if name.split('.')[0] in ('jsonschema', 'referencing')], 'loaded'
import oras.provider, oras.oci
assert issubclass(Session, oras.provider.Registry)
{use}
import jsonschema
assert jsonschema.__file__
"""
USE = """
import oras.defaults
oras.oci.jsonschema.validate({}, schema={"type": "object"})
"""


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr


def test_the_engine_stays_away_until_it_is_used() -> None:
    assert run(CODE.format(use="")) == ""


def test_oras_own_functions_still_find_it() -> None:
    assert run(CODE.format(use=USE)) == ""
