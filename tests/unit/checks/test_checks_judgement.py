from __future__ import annotations

from datetime import date

from gitless.checks.determinism import compare_renders
from gitless.checks.names import inspect_entries
from gitless.checks.waivers import judge
from gitless.model.finding import Finding
from gitless.model.tree import MAX_TREE_ENTRIES, Entry
from gitless.model.waiver import Waiver

TODAY = date(2026, 11, 21)
CA = Finding("plaintext-secret", "ca.yaml", 1, "v1/Secret/web/ca", "/data/ca.crt", "readable")
KEY = Finding("private-key", "ca.yaml", 9, "", "", "a key")


def waiver(rule: str = "plaintext-secret", object_: str = "v1/Secret/web/ca", until: date | None = None) -> Waiver:
    return Waiver(rule, object_, "public CA", until)


def test_a_waiver_covers_its_rule_in_its_object_only() -> None:
    judgement = judge([KEY, CA], [waiver()], TODAY)
    assert judgement.findings == (KEY,)
    assert judgement.waived == (CA,)
    assert judgement.used == (waiver(),)
    assert (judgement.unused, judgement.expired, judgement.ok) == ((), (), False)


def test_a_waiver_may_name_the_file() -> None:
    assert judge([KEY], [waiver("private-key", "ca.yaml")], TODAY).ok


def test_a_waiver_holds_through_its_last_day() -> None:
    assert judge([CA], [waiver(until=TODAY)], TODAY).ok
    judgement = judge([CA], [waiver(until=date(2026, 11, 20))], TODAY)
    assert judgement.findings == (CA,)
    assert judgement.expired == (waiver(until=date(2026, 11, 20)),)
    assert judgement.unused == ()


def test_unused_waivers_are_named() -> None:
    other = waiver(object_="v1/Secret/web/other")
    judgement = judge([], [other, waiver(object_="")], TODAY)
    assert judgement.ok
    assert judgement.unused == (waiver(object_=""), other)


def test_an_empty_object_covers_nothing() -> None:
    assert not judge([KEY], [waiver("private-key", "")], TODAY).ok


def test_limits_cannot_be_waived() -> None:
    finding = Finding("too-large", "x", None, "", "", "too large")
    assert judge([finding], [waiver("too-large", "x")], TODAY).findings == (finding,)


def test_names_are_judged_and_escaped() -> None:
    entries = [
        Entry("ok/ä.yaml", "file"),
        Entry("a\nb", "file"),
        Entry("x\u2028y", "file"),
        Entry("l" * 1025, "file"),
        Entry("bad\udcff", "file"),
    ]
    found = inspect_entries(entries)
    assert [(finding.path[:6], finding.message) for finding in found] == [
        ("a\\nb", "the name holds a control character or a line separator"),
        ("x\\u202", "the name holds a control character or a line separator"),
        ("llllll", "the path has 1025 bytes, more than 1024"),
        ("bad\\ud", "the name is not UTF-8"),
    ]


def test_the_number_of_entries_is_limited() -> None:
    entries = [Entry(str(number), "file") for number in range(MAX_TREE_ENTRIES + 1)]
    assert [finding.rule for finding in inspect_entries(entries)] == ["too-large"]
    assert inspect_entries(entries[1:]) == []


def pod(value: str, name: str = "p") -> bytes:
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ndata: {{a/b: {value}, c: 1}}\n".encode()


def compare(first: bytes, second: bytes) -> list[str]:
    return [str(difference) for difference in compare_renders({"m.yaml": first}, {"m.yaml": second})]


def test_equal_renderings_have_no_difference() -> None:
    assert compare(pod("x"), pod("x")) == []


def test_a_random_value_is_named_by_object_and_field_and_never_shown() -> None:
    assert compare(pod("hunter2"), pod("hunter3")) == ["m.yaml v1/Secret/p /data/a~1b"]


def test_a_type_that_changes_is_a_difference() -> None:
    assert compare(pod("1"), pod("true")) == ["m.yaml v1/Secret/p /data/a~1b"]


def test_an_object_in_one_rendering_only() -> None:
    both = pod("x") + b"---\n" + pod("y", "q")
    assert compare(pod("x"), both) == ["m.yaml v1/Secret/q"]
    assert compare(both, pod("x")) == ["m.yaml v1/Secret/q"]


def test_objects_of_one_name_are_told_apart_by_their_order() -> None:
    assert compare(pod("x") + b"---\n" + pod("y"), pod("x") + b"---\n" + pod("z")) == ["m.yaml v1/Secret/p /data/a~1b"]


def test_bytes_that_differ_only_in_spelling_are_a_difference_of_the_file() -> None:
    assert compare(b"a: 1\n", b"a:  1\n") == ["m.yaml"]
    assert compare(b"a: {{\n", b"a: }}\n") == ["m.yaml"]


def test_files_in_one_rendering_only() -> None:
    assert [str(found) for found in compare_renders({"a": b"", "b": b""}, {"b": b"", "c": b""})] == ["a", "c"]


def test_differences_are_bounded() -> None:
    assert len(compare_renders({str(n): b"" for n in range(60)}, {})) == 50
