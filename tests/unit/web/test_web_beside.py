"""Work beside other work: its value, or its error, to everyone who asks."""

from __future__ import annotations

import pytest

from gitless.errors import CheckError
from gitless.web.beside import beside


def test_work_beside_gives_its_value() -> None:
    assert beside(lambda: 7).result(5) == 7


def test_work_beside_gives_its_error() -> None:
    def fail() -> int:
        raise CheckError("no")

    failing = beside(fail)
    for _ in range(2):
        with pytest.raises(CheckError, match="no"):
            failing.result(5)
