from __future__ import annotations

import base64

import pytest

from gitless.checks.inspection import Inspection

SECRET = "hunter2-7f3a"
CIPHER = "ENC[AES256_GCM,data:Tr7o,iv:1vI=,tag:x=,type:str]"
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
RULE = "plaintext-secret"
ENCODED = base64.b64encode(SECRET.encode()).decode()


def inspect(files: dict[str, str]) -> list[tuple[str, str, str]]:
    inspection = Inspection(files)
    found = []
    for path, text in files.items():
        content = text.encode()
        found += inspection.inspect(path, content, inspection.parse(path, content))
    found += inspection.finish()
    for finding in found:
        assert SECRET not in str(finding)
        assert ENCODED not in str(finding)
    return [(finding.path, finding.rule, finding.field) for finding in found]


def built(body: str, **files: str) -> list[tuple[str, str, str]]:
    return inspect({"base/kustomization.yaml": HEAD + body} | {f"base/{k}.yaml": v for k, v in files.items()})


def here(field: str, rule: str = RULE) -> list[tuple[str, str, str]]:
    return [("base/kustomization.yaml", rule, field)]


PARTIAL = f"apiVersion: v1\n    kind: Secret\n    metadata: {{name: a}}\n    stringData: {{p: {SECRET}}}\n"
OPERATION = f"[{{op: add, path: /data/p, value: {ENCODED}}}]"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (f"patches:\n- patch: |\n    {PARTIAL}", "/patches/0/patch/stringData/p"),
        (f"Patches:\n- PATCH: |\n    {PARTIAL}", "/Patches/0/PATCH/stringData/p"),
        (f"patchesStrategicMerge:\n- |\n    {PARTIAL}", "/patchesStrategicMerge/0/stringData/p"),
        (f"patches: [{{target: {{kind: Secret}}, patch: '{OPERATION}'}}]\n", "/patches/0/patch/0/value"),
        (f"patches: [{{target: {{Kind: Secret|ConfigMap}}, patch: '{OPERATION}'}}]\n", "/patches/0/patch/0/value"),
        (f"patches: [{{target: {{kind: ^Sec.*}}, patch: '{OPERATION}'}}]\n", "/patches/0/patch/0/value"),
        (f"patchesJson6902: [{{target: {{kind: Secret, name: a}}, patch: '{OPERATION}'}}]\n",
         "/patchesJson6902/0/patch/0/value"),
        (f"patches: [{{target: {{name: a}}, patch: '[{{op: replace, path: /stringData, value: {{p: {SECRET}}}}}]'}}]\n",
         "/patches/0/patch/0/value"),
        (f"patches: [{{target: {{kind: Secret}}, patch: '{{kind: any, data: {{$patch: replace, p: {ENCODED}}}}}'}}]\n",
         "/patches/0/patch/data/p"),
    ],
)  # fmt: skip
def test_what_inline_patches_write_into_secrets_is_judged_without_kustomize(body: str, field: str) -> None:
    assert built(body) == here(field)


@pytest.mark.parametrize(
    "body",
    [
        "patches: [{target: {kind: Secret}, patch: '[{op: add, path: /data/p, value: \"${P}\"}]'}]\n",
        "patches: [{target: {kind: Secret}, patch: '[{op: remove, path: /data/p}, {op: add, path: 5, value: x}, x]'}]\n",
        "patches: [{target: {kind: Secret}, patch: '[{op: add, path: \"\", value: x}]'}]\n",
        "patches: [{target: {kind: Secret}, patch: '{data: {p: null}}'}, {patch: '{ broken'}, {patch: 5}, text]\n",
        "patches: [{target: {kind: Secret}, patch: '[{op: add, path: /metadata/labels/a, value: b}]'}]\n",
        "patches: [{target: {kind: ConfigMap}, patch: '[{op: add, path: /data/region, value: eu}]'}]\n",
        "patches: [{target: {kind: Secret, group: example.dev}, patch: '[{op: add, path: /data/a, value: b}]'}]\n",
        f"patches: ['{CIPHER}', {{patch: '{CIPHER}'}}]\n",
        "patches: text\npatchesStrategicMerge: [missing.yaml, 5]\n",
    ],
)
def test_patches_that_write_no_secret_pass(body: str) -> None:
    assert built(body) == []


def test_other_kinds_are_judged_in_patches_too() -> None:
    text = "apiVersion: apps/v1\n    kind: Deployment\n    spec: {env: [{name: DB_PASSWORD, value: S3cr3t}]}\n"
    assert built(f"patches:\n- patch: |\n    {text}") == here("/patches/0/patch/spec/env/0/value", "plaintext-env")
    body = (
        "patches: [{target: {kind: HelmRelease}, patch: '[{op: add, path: /spec/values/password, value: S3cr3t}]'}]\n"
    )
    assert built(body) == here("/patches/0/patch/0/value", "plaintext-value")
    body = "patches: [{target: {name: a}, patch: '[{op: add, path: /data/db~1password, value: S3cr3t}]'}]\n"
    assert built(body) == here("/patches/0/patch/0/value", "plaintext-value")


def test_patches_in_files_are_judged_by_the_target_that_names_them() -> None:
    operations = f"- {{op: add, path: /data/p, value: {ENCODED}}}\n"
    named = "patches: [{path: ./p.yaml, target: {kind: Secret}}]\n"
    assert built(named, p=operations) == [("base/p.yaml", RULE, "/0/value")]
    assert built("patches: [{path: p.yaml, target: {kind: ConfigMap}}]\n", p=operations) == []
    assert built("resources: []\n", p=operations) == []
    assert built(named, p=f"kind: any\ndata: {{p: {ENCODED}}}\n") == [("base/p.yaml", RULE, "/data/p")]
    assert built(named, p=f"- {{op: add, path: /stringData/p, value: {SECRET}}}\n") == [
        ("base/p.yaml", RULE, "/0/value")
    ]
    assert built(named, p="[]\n") == []


def test_a_file_named_kustomization_counts_whatever_its_version_says() -> None:
    body = f"kind: Kustomization\nsecretGenerator: [{{literals: [a={SECRET}]}}]\n"
    assert inspect({"kustomization.yaml": body}) == [
        ("kustomization.yaml", "plaintext-generator", "/secretGenerator/0/literals/0")
    ]


def test_patches_inside_objects_of_flux() -> None:
    patch = f"{{target: {{kind: Secret}}, patch: '{OPERATION}'}}"
    text = f"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {{patches: [{patch}]}}\n"
    assert inspect({"a.yaml": text}) == [("a.yaml", RULE, "/spec/patches/0/patch/0/value")]
    text = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
    text += f"spec: {{postRenderers: [{{kustomize: {{patches: [{patch}]}}}}]}}\n"
    assert inspect({"a.yaml": text}) == [("a.yaml", RULE, "/spec/postRenderers/0/kustomize/patches/0/patch/0/value")]


def test_patches_inside_patches_end() -> None:
    text = f"stringData: {{p: {SECRET}}}\n"
    for _ in range(60):
        inner = "".join(f"      {line}\n" for line in text.splitlines())
        text = (
            f"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  patches:\n  - patch: |\n{inner}"
        )
    assert inspect({"a.yaml": text}) == []


def test_one_text_many_times_is_not_read_for_ever() -> None:
    text = "#" * 1024 * 1024 + f"\\nstringData: {{p: {SECRET}}}"
    patches = ", ".join(["{patch: *a}"] * 1000)
    found = built(f'x: &a "{text}"\npatches: [{patches}]\n')
    assert 0 < len(found) < 100


SECRET_GENERATOR = "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: a}\n"


def test_generators_in_files_of_their_own() -> None:
    rule = "plaintext-generator"
    assert inspect({"g/a.yaml": f"{SECRET_GENERATOR}literals: [a={SECRET}]\n"}) == [("g/a.yaml", rule, "/literals/0")]
    for place in ("g/x.env", "x.env"):
        found = inspect({"g/a.yaml": f"{SECRET_GENERATOR}ENVS: [x.env]\n", place: f"K={SECRET}\n"})
        assert found == [("g/a.yaml", rule, "/ENVS/0")]
    text = SECRET_GENERATOR.replace("Secret", "ConfigMap")
    assert inspect({"a.yaml": f"{text}literals: [a={SECRET}]\n"}) == []
    assert inspect({"a.yaml": f"{text}literals: [db_password={SECRET}]\n"}) == [("a.yaml", rule, "/literals/0")]
    text = SECRET_GENERATOR.replace("builtin", "example.dev/v1")
    assert inspect({"a.yaml": f"{text}literals: [a={SECRET}]\n"}) == []


def test_generators_written_inline() -> None:
    text = "".join(f"    {line}\n" for line in SECRET_GENERATOR.splitlines())
    body = f"generators:\n- other.yaml\n- |\n{text}    literals: [a={SECRET}]\n"
    assert built(body) == here("/generators/1/literals/0", "plaintext-generator")


def test_patches_in_objects_of_their_own() -> None:
    text = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\ntarget: {kind: Secret}\n"
    assert inspect({"t.yaml": f"{text}patch: '{OPERATION}'\n"}) == [("t.yaml", RULE, "/patch/0/value")]
