"""Doctor's looks at the job: what started it, for whose change, and whether it may comment."""

from __future__ import annotations

from collections.abc import Mapping

from gitless.errors import UsageError
from gitless.model.checkup import Seen

_NAMES = {"github": "GitHub Actions", "gitlab": "GitLab CI"}
_FOREIGN = (
    "The change comes from a fork or from Dependabot: nothing is pushed or signed for it, and the publish action makes "
    "a dry run."
)
_PRIVILEGED = "It runs with the repository's rights and may have a stranger's content checked out."
_ELSEWHERE = (
    "The actions push and sign nothing on this event. Run them on push, or say that nothing of the pull request is\n"
    "checked out:\nwith:\n  allow-privileged-event: true"
)


_APPROVALS = "See docs/approvals.md for what the gate reads, and with which permissions."


def look_at_job(env: Mapping[str, str]) -> Seen:
    """What the environment says about the CI job.

    Raises:
        UsageError: It says that it is one, but a variable is missing or malformed.
    """
    from gitless.ci.detect import detect
    from gitless.ci.event import read_event

    run = detect(env)
    if run is None:
        return Seen("ok", "This is no job of GitHub Actions or GitLab CI.")
    text = f"{_NAMES[run.platform]}: {run.event or 'an unnamed event'} on {run.ref} of {run.repository}"
    if _is_foreign(env):
        return Seen("note", f"{text}\n{_FOREIGN}", "Publish in a run for the branch that the change is merged into.")
    if read_event(env).is_privileged:
        return Seen("note", f"{text}\n{_PRIVILEGED}", _ELSEWHERE)
    return Seen("ok", text)


def look_at_comments(env: Mapping[str, str], *, quick: bool) -> Seen:
    """Whether the job may comment on the change it runs for."""
    from gitless.ci.comment_rights import comment_rights
    from gitless.ci.detect import detect

    return comment_rights(detect(env), env, asks=not quick)


def look_at_approvals(env: Mapping[str, str], environment: str, *, quick: bool) -> Seen:
    """Whether the job may read who approved it, as the approvals gate will.

    Args:
        env: The environment.
        environment: The environment whose reviewers approve; empty for none.
        quick: Whether the network is left alone.

    Raises:
        RemoteError: The platform failed.
    """
    from gitless.ci.detect import detect
    from gitless.wiring.approvals import approvals_of

    source = None if quick else approvals_of(detect(env), env)
    if source is None:
        why = "The platform is asked over the network." if quick else "Only a CI job can read who approved."
        return Seen("skipped", why)
    gaps = source.decisions(environment).gaps
    if gaps:
        hints = dict.fromkeys(gap.hint for gap in gaps if gap.hint)
        return Seen("no", "\n".join(gap.reason for gap in gaps), "\n".join(hints) or _APPROVALS)
    return Seen("ok", "The platform tells who approved this run.")


def is_foreign(env: Mapping[str, str]) -> bool:
    """Whether the run is for a stranger's change; False where the environment is malformed, as the job's row tells."""
    try:
        return _is_foreign(env)
    except UsageError:
        return False


def target_branch(env: Mapping[str, str]) -> str | None:
    """The branch that a pull or merge request goes to, as the publish action judges its dry run; None elsewhere."""
    from gitless.ci.event import read_event

    return read_event(env).base or None


def _is_foreign(env: Mapping[str, str]) -> bool:
    from gitless.ci.event import read_event
    from gitless.ci.job import AUDIENCE, describe_job

    job = describe_job(env, AUDIENCE)
    return bool(job and job.is_fork) or read_event(env).is_foreign
