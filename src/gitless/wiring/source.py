"""Which commit is published: from Git, or from flags where there is no Git."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.model.revision import DIRTY, Revision, Source, parse_rfc3339
from gitless.wiring.request import PublishRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitless.ci.git import GitHistory
    from gitless.model.component import ComponentPlan
    from gitless.model.run import CiRun, Head
    from gitless.ports import History

_MAX_DIRTY_SHOWN = 10
_MAX_FLAG = 1024  # characters; a branch name has at most 255


@dataclass(frozen=True)
class Origin:
    """Where the content comes from.

    Attributes:
        source: What annotations and evidence say.
        history: Git's history; None outside Git.
        branch: The branch; None on tags and outside Git.
    """

    source: Source
    history: History | None
    branch: str | None


def find_origin(
    request: PublishRequest, top: Path, plans: Sequence[ComponentPlan], env: Mapping[str, str], run: CiRun | None
) -> Origin:
    """Read Git, the CI platform and the flags; flags win for what they name.

    Args:
        request: The command line.
        top: The repository's top folder.
        plans: The components; uncommitted changes in what they pack or render are refused.
        env: The environment.
        run: The CI run, if this is one.

    Raises:
        UsageError: Uncommitted changes, no remote, a credential in --source, or no Git and not all of --source,
            --revision and --created.
    """
    from gitless.ci.compare import comparer_for
    from gitless.ci.git import GitHistory
    from gitless.ci.history import CiHistory

    git = GitHistory(top, env)
    if not git.is_repository():
        return Origin(_from_flags(request), None, None)
    head = git.head()
    dirty = _check_clean(git, plans, request)
    ref = _ref(head, run)
    revision = Revision(_ref_name(ref, head), head.commit, dirty)
    url = _plain_source(request.source) or git.remote_url() or (run.repository_url if run else None)
    if not url:
        raise UsageError(
            "The source URL is not known.",
            why="Git has no remote `origin`, or one that is no web address.",
            hint="Run `git remote add origin URL`, or give --source URL.",
        )
    source = Source(
        url=url,
        revision=_marked(_plain_revision(request.revision), dirty) or str(revision),
        created=parse_rfc3339(request.created) if request.created else _moment(head.created),
        commit=head.commit,
    )
    history = CiHistory(git, comparer_for(run, env) if run else None)
    return Origin(source, history, ref.removeprefix("refs/heads/") if ref and ref.startswith("refs/heads/") else None)


def _check_clean(git: GitHistory, plans: Sequence[ComponentPlan], request: PublishRequest) -> bool:
    from gitless.wiring.packed import Packed

    packed = Packed(plans)
    changed = [name for name in git.uncommitted(tuple(plan.folder or "." for plan in plans)) if packed.counts(name)]
    if changed and not request.allow_dirty:
        shown = "\n".join(ascii(name)[1:-1] for name in changed[:_MAX_DIRTY_SHOWN])
        raise UsageError(
            "There are uncommitted changes in what would be published.",
            why=shown + ("\n…" if len(changed) > _MAX_DIRTY_SHOWN else ""),
            hint="Commit them, or give --allow-dirty: it is written into revision and provenance.",
        )
    return bool(changed)


def _from_flags(request: PublishRequest) -> Source:
    missing = [
        flag
        for flag, value in (
            ("--source", request.source), ("--revision", request.revision), ("--created", request.created)
        )
        if not value
    ]  # fmt: skip
    if missing or not (request.source and request.revision and request.created):
        raise UsageError(
            "This is no Git checkout, so the source is not known.",
            why=f"Missing: {', '.join(missing)}.",
            hint="Run inside the repository, or give --source URL --revision REV --created 2026-01-31T12:00:00Z.",
        )
    text = _plain_revision(request.revision)
    revision = Revision.parse(text)
    return Source(
        _plain_source(request.source), text, parse_rfc3339(request.created), revision.sha if revision else None
    )


def _plain_source(url: str | None) -> str:
    """`--source` as it will stand in annotations and evidence; empty when not given."""
    if not url:
        return ""
    web = url.startswith(("http://", "https://"))
    user, at, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
    if at and (web or ":" in user):
        # not shown: it holds a token or a password
        raise UsageError("--source holds a credential.", hint="Give the URL without user name and password.")
    return _plain("--source", url)


def _plain_revision(text: str | None) -> str:
    """`--revision` as it will stand in annotations and evidence; empty when not given."""
    return _plain("--revision", text) if text else ""


def _marked(revision: str, dirty: bool) -> str:
    """What `--revision` said, with the mark that uncommitted changes leave in every revision; empty stays empty."""
    return f"{revision}{DIRTY}" if revision and dirty and not revision.endswith(DIRTY) else revision


def _plain(flag: str, text: str) -> str:
    if len(text) > _MAX_FLAG or not text.isprintable() or " " in text:
        raise UsageError(
            f"{flag} is not valid.",
            why=f"It holds a space or a control character, or more than {_MAX_FLAG} characters.",
        )
    return text


def _ref(head: Head, run: CiRun | None) -> str | None:
    # a CI checkout is usually detached: the platform knows the ref, and it is used only for the very same commit
    return run.ref if run is not None and run.commit == head.commit else head.ref


def _ref_name(ref: str | None, head: Head) -> str:
    if ref is None:
        return f"detached-{head.commit[:12]}"
    for prefix in ("refs/heads/", "refs/tags/", "refs/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
