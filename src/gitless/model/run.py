"""The CI run that gitless is part of, as its environment claims it: nothing here is verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CiRun:
    """What environment variables say about the run; anyone who can set a variable can change it.

    Provenance may only repeat these as unverified claims; what is trusted comes from a verified OIDC token.

    Attributes:
        platform: The CI product.
        repository: Path of the repository or project, such as `acme/apps`.
        repository_id: The platform's number for it; survives renames.
        repository_url: Web URL without credentials.
        api_url: Base URL of the platform's API.
        commit: The commit that runs, 40 or 64 hex.
        ref: Full ref, such as `refs/heads/main` or `refs/pull/7/merge`.
        ref_kind: What the ref is; `change` for pull and merge requests.
        event: What started the run.
        run_url: Where people look at the run.
        run_id: The platform's number for the run or pipeline.
        actor: Account the run is made for; empty when unknown.
        requester: Account that started this attempt; a re-run may differ from `actor`.
        runner: Where it runs.
        workflow_ref: Workflow file and its ref, or the CI configuration's path.
        workflow_commit: Commit of the workflow file; empty when unknown.
    """

    platform: Literal["github", "gitlab"]
    repository: str
    repository_id: str
    repository_url: str
    api_url: str
    commit: str
    ref: str
    ref_kind: Literal["branch", "tag", "change"]
    event: str
    run_url: str
    run_id: str
    actor: str
    requester: str
    runner: Literal["hosted", "self-hosted", "unknown"]
    workflow_ref: str
    workflow_commit: str

    @property
    def ref_name(self) -> str:
        """The ref without `refs/heads/`, `refs/tags/` or `refs/`: what the revision annotation shows."""
        for prefix in ("refs/heads/", "refs/tags/", "refs/"):
            if self.ref.startswith(prefix):
                return self.ref.removeprefix(prefix)
        return self.ref


@dataclass(frozen=True, slots=True)
class Head:
    """The commit that is checked out.

    Attributes:
        commit: 40 or 64 hex.
        created: Commit time in seconds since the epoch.
        ref: Full ref name, `refs/heads/…` or `refs/tags/…`; None when detached without exactly one tag.
    """

    commit: str
    created: int
    ref: str | None
