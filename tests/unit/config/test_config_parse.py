from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.config import schema
from gitless.config.document import document_configuration, schema_text
from gitless.config.parse import parse_config
from gitless.config.schema import Config, json_schema
from gitless.errors import GitlessError, UsageError
from gitless.kube.yaml import YamlError, load_single
from gitless.model.rendering import HelmSource, KustomizeSource, RenderRequest
from gitless.model.waiver import Waiver

ROOT = Path(__file__).parents[3]
KEYS = "version, registry, components, tools, media-type, waivers, channels, identities, signing, sbom"
FULL = (Path(__file__).parent / "full.yaml").read_bytes()


def why(text: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        parse_config(text.encode())
    assert caught.value.what == "gitless.yaml is not valid."
    return caught.value.why.splitlines()


def fault(text: str) -> str:
    (line,) = why("version: 1\n" + text)
    return line


def test_every_key_of_the_format_is_read() -> None:
    config = parse_config(FULL)
    assert config.registry == "ghcr.io/acme/apps"
    assert [render.to_request() for render in config.components[1].render] == [
        RenderRequest(
            "staging",
            HelmSource("chart", "web", "web", "1.34", ("values.yaml", "staging.yaml"), ("monitoring.coreos.com/v1",)),
        ),
        RenderRequest("production", KustomizeSource("overlays/production")),
    ]
    assert config.waivers[0].to_waiver() == Waiver(
        "plaintext-secret", "v1/Secret/web/demo-ca", "public CA", date(2027, 3, 31)
    )
    stable = config.channels["stable"]
    assert stable.source == "latest"
    assert stable.gates is not None
    assert stable.gates.approvals is not None
    assert stable.gates.approvals.exclude == ("requester", "author")
    assert stable.gates.freeze is not None
    assert stable.gates.freeze.windows[1].start == date(2026, 12, 23)
    assert stable.emergency is not None
    assert stable.emergency.may_skip == ("soak", "freeze")


def test_the_shortest_file() -> None:
    config = parse_config(b"version: 1\n")
    assert (config.components, config.media_type, config.signing) == ((), "flux", None)
    with pytest.raises(ValueError):
        config.version = 2  # type: ignore[misc, assignment]


def test_every_fault_is_listed_with_its_key_and_the_nearest_known_one() -> None:
    assert why(
        "version: 2\nregistrie: x\ncomponents: [{path: ../x, nam: y}]\nchannels: {latest: {branch: [main]}, 1.2.3: {}}\n"
        "signing: {sigstore: {trusted: x}, method: foo}\ntools: {helm: 3.1}\nwaivers: [{rule: a, object: b, until: 5}]\n"
        "sbom: {publishers: {x: {nme: a}}}\nmedia-type: oci\nzzzzzz: 1\n"
    ) == [
        "channels.1.2.3: this name is reserved: versions, sha256-*, content-* and gitless-* are no channels",
        "channels.latest.branch: unknown key; did you mean branches?",
        "components[0].nam: unknown key; did you mean name?",
        "components[0].path: must be a relative path that stays inside its folder",
        "media-type: must be 'flux' or 'argocd'",
        "registrie: unknown key; did you mean registry?",
        "sbom.publishers.x.name: is missing",
        "sbom.publishers.x.nme: unknown key; did you mean name?",
        "signing.method: must be 'keyless', 'key' or 'none'",
        "signing.sigstore.signing-config: is missing",
        "signing.sigstore.trusted-root: is missing",
        "signing.sigstore.trusted: unknown key; did you mean trusted-root?",
        "signing.sigstore: must be 'public'",
        "tools.helm: must be text; put it in quotes if it looks like a number, a date or a word such as yes",
        "version: must be 1",
        "waivers[0].reason: is missing",
        "waivers[0].until: must be a date such as 2027-03-31",
        f"zzzzzz: unknown key; known are {KEYS}",
    ]


def test_very_many_faults_are_cut_honestly() -> None:
    lines = why("version: 1\n" + "".join(f"k{number}: 1\n" for number in range(30)))
    assert len(lines) == 21
    assert lines[-1] == "… and 10 more"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registry: oci://ghcr.io/x",
         "registry: must be host/prefix, such as ghcr.io/acme/apps, or oci-layout:DIR, in lower case and without oci://, https:// or tag; did you mean ghcr.io/x?"),
        ("media_type: flux", "media_type: unknown key; did you mean media-type?"),
        ("components: {path: x}", "components: must be a list"),
        ("components: [x]", "components[0]: must be a mapping"),
        ("components: [{name: a}]", "components[0].path: is missing"),
        ("components: [{path: /x}]", "components[0].path: must be a relative path that stays inside its folder"),
        ('components: [{path: "a\\nb"}]', "components[0].path: must be one line of text, not empty"),
        ("components: [{path: -x}]", "components[0].path: must not begin with '-'"),
        ("components: [{path: .}]", "components[0]: the repository's root needs a name"),
        ("components: [{path: 'a/*/b'}]", "components[0]: a pattern may only be * as the last part of path"),
        ("components: [{path: 'a/*', name: x}]", "components[0]: a pattern cannot have a name"),
        ("components: [{path: a, name: A}]",
         "components[0].name: must be lower-case letters and digits, with '.', '_' or '-' between them"),
        ("components: [{path: a, render: [{output: x}]}]", "components[0].render[0]: needs exactly one of helm and kustomize"),
        ("components: [{path: a, render: [{output: ., kustomize: x}]}]",
         "components[0].render[0].output: must name a folder in the artifact"),
        ("components: [{path: a, render: [{output: o, kustomize: x}, {output: o, kustomize: z}]}]",
         "components[0]: two render entries have the same output"),
        ("components: [{path: a, render: [{output: o, helm: {chart: c, release: r, namespace: ns}}]}]",
         "components[0].render[0]: helm needs kubernetes: \"1.34\" beside it, since Helm's own default is its build's"),
        ("components: [{path: a, render: [{output: o, kustomize: x, kubernetes: '1.34'}]}]",
         "components[0].render[0]: kubernetes and api-versions belong to helm"),
        ("components: [{path: a, render: [{output: o, helm: {chart: c, release: r, namespace: ns}, kubernetes: 'x'}]}]",
         'components[0].render[0].kubernetes: must be a Kubernetes version such as "1.34"'),
        ("tools: {helm: latest}", 'tools.helm: must be a version such as "3.22.1", or 3.22.x for any patch'),
        ("channels: {'a b': {}}", "channels.a b: a channel has at most 64 letters, digits, '.', '_' and '-'"),
        ("channels: {gitless-x: {}}",
         "channels.gitless-x: this name is reserved: versions, sha256-*, content-* and gitless-* are no channels"),
        ("channels: {a: {from: a}}", "channels.a.from names the channel itself"),
        ("channels: {a: {from: b}}", "channels.a.from names no channel of this file"),
        ("channels: {b: {}, a: {from: b, branches: [x]}}",
         "channels.a: branches (moved by publish) and from (moved by promote) exclude each other"),
        ("channels: {a: {environment: x}}", "channels.a: releases, gates, emergency, environment and registry need from"),
        ("channels: {b: {}, a: {from: b, emergency: {may-skip: [provenance]}}}",
         "channels.a.emergency.may-skip[0]: must be 'soak', 'freeze', 'checks' or 'sbom'"),
        ("channels: {b: {}, a: {from: b, gates: {soak: 2 hours}}}",
         "channels.a.gates.soak: must be a duration such as 30m, 2h or 1d12h"),
        ("channels: {b: {}, a: {from: b, gates: {approvals: {count: 0}}}}",
         "channels.a.gates.approvals.count: is too small"),
        ("channels: {b: {}, a: {from: b, gates: {approvals: {count: '1'}}}}",
         "channels.a.gates.approvals.count: must be a whole number"),
        ("channels: {b: {}, a: {from: b, gates: {freeze: {windows: [{from: 2026-12-23}]}}}}",
         "channels.a.gates.freeze.windows[0]: needs either days, or from and to"),
        ("channels: {b: {}, a: {from: b, gates: {freeze: {windows: [{from: 2026-12-23, to: 2026-12-22}]}}}}",
         "channels.a.gates.freeze.windows[0]: to is before from"),
        ("identities: {publish: {}}", "identities.publish: needs exactly one of github, gitlab and key"),
        ("identities: {publish: {key: a.pub}, promote: {key: a.pub}}",
         "identities: publish and promote must not be the same identity (one key for both: allow-shared-key)"),
        ("signing: {key: a.key}", "signing: key belongs to method: key"),
        ("signing: {allow-public-log: 1}", "signing.allow-public-log: must be true or false"),
        ("waivers: [{rule: a, object: b, reason: ''}]", "waivers[0].reason: must be one line of text, not empty"),
        ("waivers: [{rule: a, object: b, reason: c}, {rule: a, object: b, reason: d}]",
         "two waivers have the same rule and object"),
        ("channels: text", "channels: must be a mapping"),
        ('"a\\eb": 1', rf"'a\x1bb': unknown key; known are {KEYS}"),
        ("registry: {a: {b: 1}}",
         "registry: must be text; put it in quotes if it looks like a number, a date or a word such as yes"),
    ],
)  # fmt: skip
def test_faults(text: str, expected: str) -> None:
    assert fault(text) == expected


def test_one_key_may_do_both_when_it_is_said() -> None:
    text = b"version: 1\nidentities: {publish: {key: a.pub}, promote: {key: a.pub}, allow-shared-key: true}\n"
    assert parse_config(text).identities.allow_shared_key


def test_paths_are_spelled_one_way() -> None:
    config = parse_config(b"version: 1\ncomponents: [{path: ./apps/web/, name: a}, {path: ., name: b}]\n")
    assert [entry.path for entry in config.components] == ["apps/web", "."]


@pytest.mark.parametrize("text", ["", "- a\n", "text\n"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a mapping"):
        parse_config(text.encode())


def test_long_files_bad_yaml_and_repeated_keys_are_refused() -> None:
    with pytest.raises(UsageError, match="longer than"):
        parse_config(b" " * (1024 * 1024 + 1))
    with pytest.raises(YamlError, match="a key is repeated"):
        parse_config(b"version: 1\nversion: 1\n")
    with pytest.raises(YamlError, match="holds 2 YAML documents"):
        parse_config(b"version: 1\n---\nversion: 1\n", "other.yaml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "version",
                        "components",
                        "path",
                        "channels",
                        "gates",
                        "signing",
                        "sigstore",
                        "sbom",
                        "publishers",
                        "x",
                        "render",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_document_is_read_or_refused_in_our_own_words(document: object) -> None:
    try:
        config = parse_config(json.dumps(document).encode())
    except GitlessError as error:
        refused: object = error
    else:
        refused = config
    assert isinstance(refused, UsageError | Config)


def test_the_shipped_schema_is_not_stale() -> None:
    shipped = Path(schema.__file__).parent / schema.SCHEMA_FILE
    assert shipped.read_text() == schema_text(), "write gitless.config.document.schema_text() into it"


def test_the_page_is_not_stale() -> None:
    page = ROOT / "docs/configuration.md"
    assert page.read_text() == document_configuration(), (
        "write gitless.config.document.document_configuration() into it"
    )


def test_the_schema_agrees_with_the_checks() -> None:
    validator = jsonschema_rs.validator_for(json_schema())
    assert validator.is_valid(load_single(FULL, what="full"))
    for broken in (
        {},
        {"version": 2},
        {"version": 1, "x": 1},
        {"version": 1, "components": [{"name": "a"}]},
        {"version": 1, "components": [{"path": "a", "name": "A"}]},
    ):
        assert not validator.is_valid(broken)
