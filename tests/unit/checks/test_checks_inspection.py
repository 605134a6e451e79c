from __future__ import annotations

import base64
from datetime import date

import pytest
from tests.cases import CASES, needs_cases

from gitless.checks.inspection import Inspection
from gitless.checks.waivers import judge
from gitless.model.finding import Finding

SECRET = "hunter2-7f3a"
CIPHER = "ENC[AES256_GCM,data:Tr7o,iv:1vI=,tag:x=,type:str]"
SOPS = f"sops: {{mac: '{CIPHER}', version: 3.9.0}}\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n"


def inspect(files: dict[str, str | bytes]) -> list[Finding]:
    raw = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    inspection = Inspection(raw)
    found = [
        finding
        for path, content in raw.items()
        for finding in inspection.inspect(path, content, inspection.parse(path, content))
    ]
    found += inspection.finish()
    for finding in found:
        assert SECRET not in str(finding)
        assert "MIGHAgEAMBMG" not in str(finding)
    return found


def places(text: str) -> list[tuple[str, str]]:
    return [(finding.rule, finding.field) for finding in inspect({"x.yaml": text})]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_plain_secret_is_found_with_its_place() -> None:
    (finding,) = inspect(
        {
            "base/s.yaml": f"a: 1\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: web}}\n"
            f"stringData: {{password: {SECRET}}}\n"
        }
    )
    assert finding == Finding(
        "plaintext-secret",
        "base/s.yaml",
        3,
        "v1/Secret/web/db",
        "/stringData/password",
        "this entry is readable; encrypt it with SOPS, or use a SealedSecret or ExternalSecret",
    )
    assert str(finding).startswith("base/s.yaml:3: v1/Secret/web/db /stringData/password: this entry")


SECRET_HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("no data", "type: Opaque\n", []),
        ("begins like a path", "data: {a: /vx3}\n", [("plaintext-secret", "/data/a")]),
        ("word", "stringData: {a: 'none'}\n", [("plaintext-secret", "/stringData/a")]),
        ("variable with a default", "stringData: {a: '${p:=S3cr3t}'}\n", [("plaintext-secret", "/stringData/a")]),
        ("ciphertext nobody decrypts", f"stringData: {{a: '{CIPHER}'}}\n", [("plaintext-secret", "/stringData/a")]),
        ("empty values", "data: {a: ''}\nstringData: {b: }\n", []),
        ("variable of postBuild", "stringData: {a: '${password}'}\n", []),
        ("base64", f"data: {{a: {b64(SECRET)}}}\n", [("plaintext-secret", "/data/a")]),
        ("number", "stringData: {a: 5}\n", [("plaintext-secret", "/stringData/a")]),
        ("data is a list", "data: [x]\n", [("plaintext-secret", "/data")]),
        ("published default", "stringData: {password: admin}\n", [("plaintext-secret", "/stringData/password")]),
        ("encrypted whole", f"data: {{a: '{CIPHER}'}}\n{SOPS}", []),
        ("one key left out", f"data: {{a: '{CIPHER}', b: {b64(SECRET)}}}\n{SOPS}", [("plaintext-secret", "/data/b")]),
        ("stringData left out", f"data: {{a: '{CIPHER}'}}\nstringData: {{b: {SECRET}}}\n{SOPS}",
         [("plaintext-secret", "/stringData/b")]),
        ("text around ciphertext", f"stringData: {{a: '{SECRET} {CIPHER}'}}\n{SOPS}",
         [("plaintext-secret", "/stringData/a")]),
        ("metadata without mac", f"data: {{a: {b64(SECRET)}}}\nsops: {{version: 3}}\n", [("plaintext-secret", "/data/a")]),
        ("payload encrypted by sops", f"data: {{a: {b64(f'k: {CIPHER}' + chr(10) + SOPS)}}}\n", []),
        ("payload half encrypted", f"data: {{a: {b64(f'k: {CIPHER}' + chr(10) + f'p: {SECRET}' + chr(10) + SOPS)}}}\n",
         [("plaintext-secret", "/data/a")]),
        ("payload only talks of sops", f"stringData: {{a: 'sops {SECRET} ENC[AES256_GCM,'}}\n",
         [("plaintext-secret", "/stringData/a")]),
        ("payload is broken YAML", "stringData: {a: '{ sops ENC[AES256_GCM,'}\n", [("plaintext-secret", "/stringData/a")]),
        ("dotenv encrypted by sops", f"data: {{a: {b64(f'K={CIPHER}{chr(10)}sops_mac={CIPHER}{chr(10)}')}}}\n", []),
        ("no base64", "data: {a: '***x'}\n", [("plaintext-secret", "/data/a")]),
    ],
)  # fmt: skip
def test_secrets(name: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert places(SECRET_HEAD + text) == expected, name


@pytest.mark.parametrize("kind", ["SealedSecret", "ExternalSecret", "SopsSecret"])
def test_other_kinds_may_carry_what_they_carry(kind: str) -> None:
    assert places(f"apiVersion: example.dev/v1\nkind: {kind}\nspec: {{encryptedData: {{password: AgBy3i4O}}}}\n") == []


def test_secrets_in_lists_are_judged_once_and_by_their_own_name() -> None:
    text = f"apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: Secret, metadata: {{name: a}}, stringData: {{x: {SECRET}}}}}\n"
    (finding,) = inspect({"x.yaml": text})
    assert (finding.object, finding.field) == ("v1/Secret/a", "/stringData/x")


def test_what_stands_in_inner_objects_is_reported_once() -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {env: [{name: TOKEN, value: S3cr3t}]}}"
    (finding,) = inspect({"x.yaml": f"apiVersion: v1\nkind: List\nitems: [{pod}]\n"})
    assert (finding.object, finding.field) == ("v1/Pod/p", "/spec/env/0/value")


HELM = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\nspec:\n  values:\n"


@pytest.mark.parametrize(
    "value",
    ["existingSecret: redis-auth", "secretName: web-tls", "tokenPath: /var/run/token", "password: ''", "password:",
     "automountServiceAccountToken: true", "passwordKey: redis-password", "imagePullSecret: regcred", "secret: web-tls",
     "token: ${TOKEN}", "password: '{{ .Values.x }}'", "apiKey: vault:secret/x#y", "tokens: 5", "password: false",
     "secretKeyRef: {name: x, key: password}", "password: /run/secrets/p", "token: 7", "author: pass", "passwords: [a1b2]",
     f"password: '{CIPHER}'", "secretKey: admin-password", "''"],
)  # fmt: skip
def test_helm_values_that_are_no_secret_pass(value: str) -> None:
    assert places(f"{HELM}    {value}\n" if value != "''" else HELM) == []


@pytest.mark.parametrize(
    "key",
    ["password", "adminPassword", "db_password", "API_KEY", "apiKey", "token", "authToken", "clientSecret", "secret",
     "privateKey", "redis-password", "accessKey", "PASSWD", "jwtSecret", "encryptionKey", "passphrase"],
)  # fmt: skip
def test_helm_values_with_a_secret_written_out_are_found(key: str) -> None:
    assert places(f"{HELM}    auth: {{{key}: S3cr3tV4lue}}\n") == [("plaintext-value", f"/spec/values/auth/{key}")]


def test_a_password_of_digits_is_one() -> None:
    assert places(f"{HELM}    password: 123456\n") == [("plaintext-value", "/spec/values/password")]


def test_published_defaults_are_advice_that_stops_nothing() -> None:
    found = inspect({"x.yaml": f"{HELM}    adminPassword: changeme\n"})
    judgement = judge(found, (), today=date(2026, 1, 1))
    assert judgement.ok
    assert [finding.rule for finding in judgement.advice] == ["default-password"]


def test_environment_with_literal_secrets() -> None:
    pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{env: [{name: DB_PASSWORD, value: S3cr3t}, {name: A, value: b}, "
    pod += "{name: TOKEN, valueFrom: {}}, {name: API_TOKEN, value: $(OTHER)}, text]}]}\n"
    assert places(pod) == [("plaintext-env", "/spec/containers/0/env/0/value")]


def test_post_build_substitutes() -> None:
    text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    text += "spec: {postBuild: {substitute: {db_password: S3cr3t, region: eu}}}\n"
    assert places(text) == [("plaintext-value", "/spec/postBuild/substitute/db_password")]


def config_map(data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n{data}"


def test_config_maps_are_looked_into() -> None:
    assert places(config_map("data: {password: S3cr3t}\n")) == [("plaintext-value", "/data/password")]
    assert places(config_map("data:\n  .dockerconfigjson: '{}'\n")) == [("docker-config", "/data/.dockerconfigjson")]
    text = '{"auths": {"ghcr.io": {"auth": "eDp5"}}}'
    assert places(config_map(f"data: {{config.json: '{text}'}}\n")) == [("docker-config", "/data/config.json")]
    assert places(config_map("data:\n  values.yaml: |\n    auth: {password: S3cr3t}\n")) == [
        ("plaintext-value", "/data/values.yaml/auth/password")
    ]
    assert places(config_map("data: {values.yaml: '{{ broken', a: b}\nbinaryData: {x: 5}\n")) == []
    assert places(config_map("data: [x]\n")) == []


def test_urls_with_passwords() -> None:
    assert places(config_map("data: {a: 'postgres://app:S3cr3t@db/app'}\n")) == [("url-password", "/data/a")]
    assert places(config_map("data: {a: 'postgres://app:${PW}@db/app', b: 'https://x:80/@y', c: 'a@b'}\n")) == []
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {description: 'http://u:p1@h'}\n"
    assert places(crd) == []


@pytest.mark.parametrize(
    "content",
    [KEY, KEY.replace("PRIVATE", "RSA PRIVATE"), KEY.replace("PRIVATE", "ENCRYPTED SIGSTORE PRIVATE"),
     '{"key": "' + KEY.replace("\n", "\\n") + '"}', KEY.replace("\n", "\r\n"), base64.b64encode(KEY.encode()),
     "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBGJ5bWcBCADAMIGHAgEAMBMGByqGSM49AgE\n"],
)  # fmt: skip
def test_private_keys_in_any_file(content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    found = inspect({"notes.bin": b"\xff\n\n" + data})
    assert [(finding.rule, finding.line) for finding in found] == [("private-key", 3)]


@pytest.mark.parametrize(
    "content",
    ["-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n", "-----BEGIN PUBLIC KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\n",
     base64.b64encode(b"-----BEGIN CERTIFICATE-----" + b"x" * 60), "PRIVATE KEY"],
)  # fmt: skip
def test_what_only_looks_like_a_key_passes(content: str | bytes) -> None:
    assert inspect({"README.md": content}) == []


def kustomization(body: str) -> str:
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{body}"


def generated(body: str, **files: str) -> list[tuple[str, str]]:
    found = inspect(
        {"base/kustomization.yaml": kustomization(body)} | {f"base/{k.replace('_', '.')}": v for k, v in files.items()}
    )
    return [(finding.rule, finding.field) for finding in found]


def test_secret_generator_inputs_are_judged_without_kustomize() -> None:
    rule = "plaintext-generator"
    assert generated(f"secretGenerator: [{{name: a, literals: [x={SECRET}, y=, 'z=${{V}}', 5]}}]\n") == [
        (rule, "/secretGenerator/0/literals/0")
    ]
    assert generated(
        "secretGenerator: [{name: a, envs: [a.env], env: b.env}]\n", a_env=f"# c\nK={SECRET}\n", b_env="K=\n"
    ) == [(rule, "/secretGenerator/0/envs/0")]
    assert generated("secretGenerator: [{name: a, files: [k=a.txt, b.txt]}]\n", a_txt=SECRET, b_txt=" \n") == [
        (rule, "/secretGenerator/0/files/0")
    ]


def test_generator_inputs_that_are_encrypted_or_absent_pass() -> None:
    body = "secretGenerator: [{name: a, files: [a.yaml, ../../outside, missing], envs: [b.env]}, text]\n"
    assert generated(body, a_yaml=f"k: {CIPHER}\n{SOPS}", b_env=f"K={CIPHER}\nsops_mac={CIPHER}\n") == []
    assert generated("secretGenerator: text\n") == []


def test_a_file_encrypted_in_part_is_judged_by_what_is_left() -> None:
    body = "secretGenerator: [{name: a, files: [a.yaml]}]\n"
    assert generated(body, a_yaml=f"k: {CIPHER}\nhost: db\n{SOPS}") == []
    found = generated(body, a_yaml=f"k: {CIPHER}\npassword: {SECRET}\n{SOPS}")
    assert found == [("plaintext-generator", "/secretGenerator/0/files/0")]


def test_config_map_generator_inputs_are_judged_by_their_keys() -> None:
    rule = "plaintext-generator"
    assert generated(f"configMapGenerator: [{{name: a, literals: [x=y, db_password={SECRET}]}}]\n") == [
        (rule, "/configMapGenerator/0/literals/1")
    ]
    assert generated(
        "configMapGenerator: [{name: a, files: [values.yaml=v.yaml]}]\n", v_yaml="auth: {password: S3cr3t}\n"
    ) == [(rule, "/configMapGenerator/0/files/0")]
    assert generated("configMapGenerator: [{name: a, envs: [a.env]}]\n", a_env="A_TOKEN=S3cr3t\n") == [
        (rule, "/configMapGenerator/0/envs/0")
    ]
    assert (
        generated("configMapGenerator: [{name: a, files: [v.yaml], envs: [a.env]}]\n", v_yaml="a: 1\n", a_env="A=b\n")
        == []
    )


def test_the_order_of_files_does_not_matter() -> None:
    files = {"a.env": f"K={SECRET}\n", "kustomization.yaml": kustomization("secretGenerator: [{envs: [a.env]}]\n")}
    assert inspect(files) == inspect(dict(reversed(files.items())))


def test_yaml_that_does_not_parse_is_named_with_its_line() -> None:
    (finding,) = inspect({"a.yaml": f"a: 1\nb: [{SECRET}\n"})
    assert (finding.rule, finding.path, finding.line) == ("yaml-invalid", "a.yaml", 3)
    assert "Line 3, column 1" in finding.message


def test_chart_templates_are_text_and_still_searched_for_keys() -> None:
    template = "{{- if .x }}\na: {{ .b }}\n{{- end }}\n"
    assert inspect({"c/Chart.yaml": "name: c\n", "c/templates/a/d.yaml": template, "c/values.yaml": "a: 1\n"}) == []
    assert [f.rule for f in inspect({"c/Chart.yaml": "name: c\n", "c/templates/k.yaml": KEY})] == ["private-key"]
    assert [f.rule for f in inspect({"c/templates/d.yaml": template})] == ["yaml-invalid"]
    assert inspect({"notes.txt": template}) == []


def test_object_names_that_steer_a_terminal_are_refused_and_escaped() -> None:
    (finding,) = inspect({"x.yaml": 'apiVersion: v1\nkind: Pod\nmetadata: {name: "a\\e[2J\\nb"}\n'})
    assert finding.rule == "unsafe-name"
    assert finding.object.isprintable()
    (finding,) = inspect({"x.yaml": f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {'a' * 254}}}\n"})
    assert finding.message == "a name is longer than 253 characters"


def test_findings_are_bounded() -> None:
    one = "apiVersion: v1\nkind: Secret\nstringData: {a: S3cr3t, b: S3cr3t}\n---\n"
    assert len(inspect({"x.yaml": one * 600})) == 1000
    keys = ", ".join(f"k{n}password: S3cr3t" for n in range(80))
    assert len(inspect({"x.yaml": f"{HELM}    a: {{{keys}}}\n"})) == 50


@needs_cases
@pytest.mark.parametrize("name", ["d2-apps", "d2-infra", "d2-fleet"])
def test_the_reference_repositories_hold_one_literal_password_and_nothing_else(name: str) -> None:
    files = {
        str(path.relative_to(CASES / name)): path.read_bytes() for path in (CASES / name).rglob("*") if path.is_file()
    }
    found = [(finding.rule, finding.field) for finding in inspect(files) if finding.rule != "default-password"]
    # Grafana's password really stands there in plain text: publishing it takes a waiver
    assert found == ([("plaintext-value", "/spec/values/grafana/adminPassword")] if name == "d2-infra" else [])


@pytest.mark.parametrize("key", ["secretGenerator", "SecretGenerator", "SECRETGENERATOR"])
def test_generators_count_in_every_spelling_that_kustomize_reads(key: str) -> None:
    found = generated(f"{key}: [{{name: a, Literals: [x={SECRET}]}}]\n")
    assert [rule for rule, _ in found] == ["plaintext-generator"]
