from __future__ import annotations

from datetime import date

import pytest

from gitless.checks.inspection import Inspection
from gitless.checks.waivers import judge
from gitless.model.finding import Finding

SECRET = "hunter2-7f3a"
CIPHER = "ENC[AES256_GCM,data:Tr7o,iv:1vI=,tag:x=,type:str]"
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
RULE = "plaintext-value"


def inspect(files: dict[str, str]) -> list[Finding]:
    inspection = Inspection(files)
    found = []
    for path, text in files.items():
        content = text.encode()
        found += inspection.inspect(path, content, inspection.parse(path, content))
    found += inspection.finish()
    for finding in found:
        assert SECRET not in str(finding)
    return found


def places(files: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(finding.path, finding.rule, finding.field) for finding in inspect(files)]


@pytest.mark.parametrize("path", [".env", "prod.env", "a/.env"])
def test_dotenv_files_with_secrets(path: str) -> None:
    for line in (f"DB_PASSWORD={SECRET}", f"export DB_PASSWORD='{SECRET}'", f"DB_PASSWORD = {SECRET}"):
        assert places({path: f"# settings\nA=b\n{line}\n"}) == [(path, RULE, "/DB_PASSWORD")]


@pytest.mark.parametrize(
    "line", ["DB_PASSWORD=", 'TOKEN=""', "TOKEN=${TOKEN}", "TOKEN= # from the vault", "# TOKEN=x", "HOST=db",
             f"TOKEN={CIPHER}", "sops_token=x1y2", "TOKEN"],
)  # fmt: skip
def test_dotenv_files_without_secrets(line: str) -> None:
    assert places({".env": f"{line}\n"}) == []
    assert places({"notes.txt": f"DB_PASSWORD={SECRET}\n"}) == []


def test_what_a_generator_says_of_a_file_is_not_said_twice() -> None:
    body = "configMapGenerator: [{name: a, envs: [a.env], files: [values.yaml]}]\n"
    files = {"kustomization.yaml": HEAD + body, "a.env": f"TOKEN={SECRET}\n", "values.yaml": f"password: {SECRET}\n"}
    assert places(files) == [
        ("kustomization.yaml", "plaintext-generator", "/configMapGenerator/0/envs/0"),
        ("kustomization.yaml", "plaintext-generator", "/configMapGenerator/0/files/0"),
    ]


@pytest.mark.parametrize("path", ["values.yaml", "chart/values-prod.yaml", "values.prod.yml"])
def test_values_files_with_secrets(path: str) -> None:
    assert places({path: f"auth: {{password: {SECRET}, existingSecret: a-b}}\n"}) == [(path, RULE, "/auth/password")]
    assert places({path: f"auth: {{password: '{CIPHER}'}}\nsops: {{token: x1y2}}\n"}) == []
    assert places({path: f"apiVersion: example.dev/v1\nkind: Values\npassword: {SECRET}\n"}) == []


def test_published_defaults_in_settings_are_advice() -> None:
    found = inspect({"values.yaml": "auth: {password: changeme}\n", ".env": "PASSWORD=changeme\n"})
    judgement = judge(found, (), today=date(2026, 1, 1))
    assert judgement.ok
    assert [(finding.path, finding.rule) for finding in judgement.advice] == [
        (".env", "default-password"),
        ("values.yaml", "default-password"),
    ]


RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\n"
SPEC = "spec: {chart: {spec: {valuesFiles: [./charts/prod.yaml, 5, missing.yaml]}}}\n"


def test_values_files_that_a_release_names() -> None:
    prod = f"auth: {{password: {SECRET}}}\n"
    assert places({"r.yaml": RELEASE + SPEC, "charts/prod.yaml": prod}) == [
        ("r.yaml", RULE, "/spec/chart/spec/valuesFiles/0")
    ]
    assert places({"r.yaml": RELEASE + SPEC, "charts/prod.yaml": "replicas: 2\n"}) == []
    spec = SPEC.replace("prod.yaml", "values.yaml")
    assert places({"r.yaml": RELEASE + spec, "charts/values.yaml": prod}) == [
        ("charts/values.yaml", RULE, "/auth/password")
    ]


def test_values_of_charts_in_a_kustomization() -> None:
    chart = f"{{name: a, ValuesFile: a.yaml, additionalValuesFiles: [b.yaml, 5], valuesInline: {{auth: {{token: {SECRET}}}}}}}"
    files = {
        "k/kustomization.yaml": f"{HEAD}helmCharts: [{chart}]\n",
        "k/a.yaml": f"token: {SECRET}\n",
        "k/b.yaml": f"password: {SECRET}\n",
    }
    assert sorted(field for _, _, field in places(files)) == [
        "/helmCharts/0/ValuesFile",
        "/helmCharts/0/additionalValuesFiles/0",
        "/helmCharts/0/valuesInline/auth/token",
    ]


def test_findings_in_settings_are_bounded() -> None:
    assert len(inspect({".env": "".join(f"K{n}_TOKEN=x1y2z3\n" for n in range(80))})) == 50
    files = {f"{n}/.env": "A_TOKEN=x1y2z3\n" for n in range(1100)}
    assert len(inspect(files)) == 1000


def test_advice_does_not_push_out_what_stops_publishing() -> None:
    lines = "".join(f"K{n}_PASSWORD=changeme\n" for n in range(80))
    found = inspect({f"{n}/.env": lines for n in range(600)} | {"z/.env": f"{lines}TOKEN={SECRET}\n"})
    assert len(found) == 1000
    assert [finding.field for finding in found if finding.rule == RULE] == ["/TOKEN"]
