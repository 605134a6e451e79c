"""A workload from two sides must not be contradictory."""

from dataclasses import replace

from gitless.model.identity import Identity
from gitless.model.workload import EXTENSIONS, Workload

JOB = Workload(Identity("https://gitlab.com", "https://gitlab.com/acme/apps//.gitlab-ci.yml@refs/heads/main"))


def test_what_one_side_leaves_out_contradicts_nothing() -> None:
    assert JOB.differences(replace(JOB, source_ref="refs/heads/main")) == ()


def test_a_difference_is_named() -> None:
    one = replace(JOB, source_ref="refs/heads/main", trigger="push")
    two = replace(JOB, identity=Identity("https://gitlab.com", "other"), source_ref="refs/tags/v1", trigger="push")
    assert one.differences(two) == ("identity", "source_ref")


def test_every_attribute_has_its_extension() -> None:
    assert set(EXTENSIONS) == set(Workload.__dataclass_fields__) - {"identity"}
