import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitless.artifact.glob import Glob
from gitless.artifact.ignore import DEFAULT_PATTERNS, IgnoreRules
from gitless.errors import UsageError

FILE, FOLDER = False, True


@pytest.mark.parametrize(
    ("lines", "path", "kind", "ignored"),
    [
        # a name without a slash matches any part of the path
        (["name"], "name", FILE, True),
        (["name"], "a/name", FILE, True),
        (["name"], "a/name/b/c", FILE, True),
        (["name"], "names", FILE, False),
        # a slash anchors at the root, and what lies below matches too
        (["/staging"], "staging", FOLDER, True),
        (["/staging"], "staging/x", FILE, True),
        (["/staging"], "a/staging", FOLDER, False),
        (["a/b"], "a/b", FILE, True),
        (["a/b"], "a/b/c", FILE, True),
        (["a/b"], "x/a/b", FILE, False),
        (["a/b/c"], "a/b", FOLDER, False),
        # a slash at the end: a folder and its children, no file of that name
        (["dir/"], "dir", FOLDER, True),
        (["dir/"], "dir", FILE, False),
        (["dir/"], "dir/x", FILE, True),
        (["a/dir/"], "a/dir", FILE, False),
        (["a/dir/"], "a/dir", FOLDER, True),
        (["a/dir/"], "a/dir/x", FILE, True),
        # the last match wins
        (["*.md", "!README.md"], "README.md", FILE, False),
        (["!README.md", "*.md"], "README.md", FILE, True),
        # unlike git: a file below an ignored folder can be taken back in
        (["dir/", "!dir/keep"], "dir/keep", FILE, False),
        (["dir/", "!dir/keep"], "dir", FOLDER, True),
        (["/*", "!/deploy"], "deploy", FOLDER, False),
        (["/*", "!/deploy"], "deploy/a/b", FILE, False),
        (["/*", "!/deploy"], "other/a", FILE, True),
        # never matches
        (["./x"], "x", FILE, False),
        (["{a,b}"], "a", FILE, False),
        (["{a,b}"], "{a,b}", FILE, True),
        (["x/foo**"], "x/foobar", FILE, False),
        (["!"], "a", FILE, False),
        (["/"], "a", FOLDER, False),
        # two stars
        (["foo**"], "foobar", FILE, True),
        (["a/**"], "a", FOLDER, True),
        (["a/**"], "a/b/c", FILE, True),
        (["**/foo"], "foo", FILE, True),
        (["**/foo"], "a/b/foo", FILE, True),
        (["**/foo"], "a/b/fox", FILE, False),
        (["a/**/b"], "a/b", FILE, True),
        (["a/**/b"], "a/x/y/b", FILE, True),
        (["a/**/b/c"], "a/x", FILE, False),
        (["**/"], "a", FOLDER, True),
        # blanks and comments
        ([" x"], "x", FILE, False),
        ([" x"], " x", FILE, True),
        (["x  "], "x", FILE, True),
        (["x\\ "], "x ", FILE, True),
        (["#x"], "#x", FILE, False),
        (["\\#x"], "#x", FILE, True),
        (["", "   "], "a", FILE, False),
        # classes
        (["[a-c]1"], "b1", FILE, True),
        (["[^a-c]1"], "b1", FILE, False),
        (["[^a-c]1"], "d1", FILE, True),
        (["[\\]]"], "]", FILE, True),
        (["a?c"], "abc", FILE, True),
        (["a?c"], "ac", FILE, False),
        (["ü*"], "übung", FILE, True),
    ],
)
def test_one_row_of_the_rules(lines, path, kind, ignored):
    assert IgnoreRules.parse(lines).ignores(path, kind) is ignored


def test_700_random_lists_decide_as_flux_does():
    vectors = Path("tests/golden/artifact/go-ignore.jsonl").read_text("utf-8").splitlines()
    assert len(vectors) == 700
    for vector in map(json.loads, vectors):
        assert IgnoreRules.parse(vector["lines"]).ignores(vector["path"], vector["directory"]) is vector["ignored"], (
            vector
        )


def test_the_defaults_are_those_of_flux_push_and_can_be_taken_back():
    assert ",".join(DEFAULT_PATTERNS) == (
        ".git/,.gitignore,.gitmodules,.gitattributes,*.jpg,*.jpeg,*.gif,*.png,*.wmv,*.flv,*.tar.gz,*.zip"
    )
    rules = IgnoreRules.with_defaults(["*.md"])
    assert rules.ignores(".git/config", FILE)
    assert rules.ignores("docs/a.md", FILE)
    assert not rules.ignores(".github/workflows/a.yaml", FILE)
    assert not rules.ignores(".sourceignore", FILE)
    assert not IgnoreRules.with_defaults(["!logo.png"]).ignores("logo.png", FILE)


def test_folders_can_be_pruned_only_without_exceptions():
    assert IgnoreRules.with_defaults().can_prune
    assert not IgnoreRules.parse(["a/", "!a/b"]).can_prune


@pytest.mark.parametrize("line", ["[a", "[", "[]", "[a-", "[-a]", "a/[b", "x\\", "!x/\\", "[a-]", "[^]"])
def test_a_malformed_pattern_is_refused_and_named(line):
    with pytest.raises(UsageError, match="malformed"):
        IgnoreRules.parse([line])


_NAMES = st.text("ab.*?[]^-\\!# ü", min_size=1, max_size=5)
_PATHS = st.lists(st.text("abü.", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@given(
    st.lists(st.lists(_NAMES | st.just("**"), min_size=1, max_size=3).map("/".join), max_size=4), _PATHS, st.booleans()
)
def test_any_list_is_parsed_or_refused_and_then_decides(lines, path, kind):
    try:
        rules = IgnoreRules.parse(lines)
    except UsageError:
        return
    assert rules.ignores(path, kind) in (True, False)


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "*", "**", "?", "a*"]), min_size=1, max_size=3).map("/".join), max_size=3
    ),
    st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=3).map("/".join),
    st.sampled_from(["a", "b", "ab"]),
)
@example(["**/b/**"], "a", "b")
def test_pruning_loses_nothing(lines, folder, name):
    rules = IgnoreRules.parse(lines)
    if rules.ignores(folder, FOLDER):
        assert rules.ignores(f"{folder}/{name}", FILE)
        assert rules.ignores(f"{folder}/{name}", FOLDER)


def test_many_stars_do_not_explode():
    assert not Glob.parse("*a" * 500 + "b").matches("a" * 5000)
