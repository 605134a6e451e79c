"""What a job published without any key is applied by Flux exactly as `gitless identity` printed its trust."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml
from tests.cluster.flux import Flux
from tests.fakes.sigstore.stack import Stack
from tests.peers.keyless import Job
from tools.peers.cluster import Api

_numbers = itertools.count(1)
_MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {rev: '%d', cluster: '${CLUSTER}'}\n"


@pytest.fixture(params=["github", "gitlab"])
def job(request: pytest.FixtureRequest, tmp_path: Path, sigstore: Stack) -> Job:
    made = Job(tmp_path / "apps", sigstore, request.param)
    made.repository.write({"app/config.yaml": _MANIFEST % 1})
    made.repository.commit()
    return made


def test_flux_applies_a_job_as_identity_printed_it_and_refuses_the_other_identity(
    job: Job, api: Api, registry: str
) -> None:
    flux = Flux(api, f"job-{next(_numbers)}-{job.platform}", registry)
    place = f"{registry}/{flux.repository.removesuffix('/app')}"
    flux.create_as_printed(
        list(yaml.safe_load_all(job.run("identity", "--form", "flux", "--reference", f"{place}/app:latest")))
    )
    record = job.publish(place, "--path", "app", "--name", "app")
    flux.look()
    assert flux.wait_applied(record["digest"]) == {"rev": "1", "cluster": "prod-eu"}

    configuration = job.repository.path / "gitless.yaml"
    configuration.write_text(configuration.read_text().replace("refs/heads/main", "refs/heads/topic"))
    job.repository.write({"app/config.yaml": _MANIFEST % 2})
    job.repository.git("checkout", "-q", "-b", "topic")
    job.repository.commit()
    ref = {"ref": "refs/heads/topic"} if job.platform == "github" else {"ref": "topic"}
    job.publish(place, "--path", "app", "--name", "app", "--force", env=job.variables(**ref))
    flux.look()
    assert "topic" in flux.wait_refused()
    assert flux.config_map() == {"rev": "1", "cluster": "prod-eu"}
