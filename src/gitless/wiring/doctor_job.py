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


def is_foreign(env: Mapping[str, str]) -> bool:
    """Whether the run is for a stranger's change; False where the environment is malformed, as the job's row tells."""
    try:
        return _is_foreign(env)
    except UsageError:
        return False


def target_branch(env: Mapping[str, str]) -> str | None:
    """The branch that a pull or merge request goes to, as the publish action judges its dry run; None elsewhere."""
    from gitless.ci.event import read_event

    return read_event(env).base or env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or None


def _is_foreign(env: Mapping[str, str]) -> bool:
    from gitless.ci.event import read_event
    from gitless.ci.job import AUDIENCE, describe_job

    job = describe_job(env, AUDIENCE)
    return bool(job and job.is_fork) or read_event(env).is_foreign
