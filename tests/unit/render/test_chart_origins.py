"""Where vendored charts say they are from: declared plainly, or not at all."""

from __future__ import annotations

import pytest
from tests.unit.render.test_chart import CHART, charts, packed

REDIS = b"name: redis\nversion: 9.0.0\n"
ENTRY = b"dependencies:\n- {name: redis, version: 9.0.0, repository: %s}\n"


def origin(**beside: bytes) -> str:
    """The repository of the redis that is vendored beside these files of the chart."""
    files = {"chart/Chart.yaml": CHART, "chart/charts/redis-9.0.0.tgz": packed(("redis/Chart.yaml", REDIS))}
    files |= {f"chart/{name.replace('_', '.')}": content for name, content in beside.items()}
    (found,) = [use.repository for use in charts(files) if use.name == "redis"]
    return found


@pytest.mark.parametrize("name", ["Chart_lock", "requirements_lock", "requirements_yaml"])
def test_each_file_that_helm_reads_can_declare_it(name: str) -> None:
    assert origin(**{name: ENTRY % b"https://charts.example.org/stable/"}) == "https://charts.example.org/stable"


def test_the_chart_itself_can_declare_it() -> None:
    assert origin(Chart_yaml=CHART + ENTRY % b"oci://ghcr.io/acme/charts") == "oci://ghcr.io/acme/charts"


def test_the_lock_counts_over_the_wish() -> None:
    wish, lock = CHART + ENTRY % b"https://old.example.org", ENTRY % b"https://new.example.org"
    assert origin(Chart_yaml=wish, Chart_lock=lock) == "https://new.example.org"


def test_a_credential_in_the_address_goes_no_further() -> None:
    found = origin(Chart_lock=ENTRY % b"'https://user:hunter2@charts.example.org/a?token=hunter2'")
    assert found == "https://charts.example.org/a"


@pytest.mark.parametrize(
    "lock",
    [
        b"",
        b"[]",
        b"dependencies: redis",
        b"dependencies: [redis, {name: redis}, {name: redis, version: 9.0.0, repository: 1}]",
        b"{{ not yaml",
        b"a: 1\n---\nb: 2\n",
        b"#" * (1024 * 1024 + 1),
        ENTRY % b"'@stable'",
        ENTRY % b"file://../redis",
        ENTRY % b"git@github.com:acme/redis",
        ENTRY % b"https://charts.example.org" + b"x",
        b"dependencies:\n- {name: redis, version: ^9.0.0, repository: 'https://charts.example.org'}\n",
        b"dependencies:\n- {name: redis, version: 9.0.1, repository: 'https://charts.example.org'}\n",
        b"dependencies:\n- {name: other, version: 9.0.0, repository: 'https://charts.example.org'}\n",
    ],
    ids=[
        "empty", "list", "text", "other-entries", "no-yaml", "two-documents", "too-long", "alias", "path", "git",
        "broken", "range", "other-version", "other-name",
    ],
)  # fmt: skip
def test_what_is_not_plainly_declared_has_no_origin(lock: bytes) -> None:
    assert origin(Chart_lock=lock) == ""


def test_each_chart_is_asked_about_those_right_below_it() -> None:
    sub = b"name: sub\nversion: 0.1.0\n"
    found = charts(
        {
            "Chart.yaml": CHART,
            "Chart.lock": ENTRY % b"https://wrong.example.org",
            "charts/sub/Chart.yaml": sub + ENTRY % b"https://right.example.org",
            "charts/sub/charts/redis/Chart.yaml": REDIS,
        },
        ".",
    )
    assert {use.name: use.repository for use in found} == {"web": "", "sub": "", "redis": "https://right.example.org"}
    assert not any(use.is_archive for use in found)
