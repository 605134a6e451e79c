"""Which parts of a trusted root are over."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tests.fakes.sigstore.paper import the_paper, write

from gitless.verification.trusted_root import TrustedRoot
from gitless.verification.windows import ended

ROOT = TrustedRoot.parse(the_paper().trusted_root())
IN_USE = max(log.valid.start for log in ROOT.tlogs.values() if log.valid.start)
PAST = "2001-01-01T00:00:00Z"


def test_a_root_in_use() -> None:
    assert ended(ROOT, IN_USE) == ()


def test_authorities_end_with_their_certificates() -> None:
    far = datetime(9000, 1, 1, tzinfo=timezone.utc)
    words = " ".join(ended(ROOT, far))
    assert "No certificate authority of the trusted root is in use: the last one until " in words
    assert "No timestamp authority" in words
    assert "transparency log" not in words, "its window is open"


def test_every_kind_has_its_own_sentence() -> None:
    root = the_paper().draw_root()
    for kind in ("tlogs", "ctlogs"):
        for log in root[kind]:
            log["publicKey"]["validFor"] = {"start": "2000-01-01T00:00:00Z", "end": PAST}
    for kind in ("certificateAuthorities", "timestampAuthorities"):
        for authority in root[kind]:
            authority["validFor"] = {"start": "2000-01-01T00:00:00Z", "end": PAST}
    assert ended(TrustedRoot.parse(write(root)), IN_USE) == (
        "No certificate authority of the trusted root is in use: the last one until 2001-01-01.",
        "No transparency log of the trusted root is in use: the last one until 2001-01-01.",
        "No certificate log of the trusted root is in use: the last one until 2001-01-01.",
        "No timestamp authority of the trusted root is in use: the last one until 2001-01-01.",
    )


def test_one_that_is_in_use_suffices() -> None:
    root = the_paper().draw_root()
    assert len(root["tlogs"]) == 2
    root["tlogs"][0]["publicKey"]["validFor"] = {"start": "2000-01-01T00:00:00Z", "end": PAST}
    assert ended(TrustedRoot.parse(write(root)), IN_USE) == ()


def test_none_that_has_begun_and_none_at_all() -> None:
    root = the_paper().draw_root()
    root["timestampAuthorities"] = []
    for log in root["ctlogs"]:
        log["publicKey"]["validFor"] = {"start": (IN_USE + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert ended(TrustedRoot.parse(write(root)), IN_USE) == (
        "No certificate log of the trusted root is in use: none has begun.",
    )
