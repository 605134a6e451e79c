"""Verified jobs of the two platforms, as their tokens describe a push to main of acme/apps."""

from gitless.model.identity import Identity
from gitless.model.workload import Workload

COMMIT = "2f" * 20
_GITHUB_FILE = "https://github.com/acme/apps/.github/workflows/publish.yaml@refs/heads/main"
_GITLAB_FILE = "https://gitlab.com/acme/apps//.gitlab-ci.yml@refs/heads/main"

GITHUB_JOB = Workload(
    Identity("https://token.actions.githubusercontent.com", _GITHUB_FILE),
    signer_uri=_GITHUB_FILE,
    signer_digest=COMMIT,
    runner="github-hosted",
    source_uri="https://github.com/acme/apps",
    source_digest=COMMIT,
    source_ref="refs/heads/main",
    source_id="700001",
    owner_uri="https://github.com/acme",
    owner_id="500001",
    config_uri=_GITHUB_FILE,
    config_digest=COMMIT,
    trigger="push",
    invocation="https://github.com/acme/apps/actions/runs/9000000001/attempts/1",
    visibility="public",
    token_subject="repo:acme/apps:ref:refs/heads/main",
)
GITLAB_JOB = Workload(
    Identity("https://gitlab.com", _GITLAB_FILE),
    signer_uri=_GITLAB_FILE,
    signer_digest=COMMIT,
    runner="gitlab-hosted",
    source_uri="https://gitlab.com/acme/apps",
    source_digest=COMMIT,
    source_ref="refs/heads/main",
    source_id="700002",
    owner_uri="https://gitlab.com/acme",
    owner_id="500002",
    config_uri=_GITLAB_FILE,
    config_digest=COMMIT,
    trigger="push",
    invocation="https://gitlab.com/acme/apps/-/jobs/8000000001",
    visibility="public",
    token_subject="project_path:acme/apps:ref_type:branch:ref:main",
)
