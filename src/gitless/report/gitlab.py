"""Results in the files that GitLab reads as reports of a job: none of them takes a token.

Sources: GitLab's documentation of artifacts reports. `junit` in JUnit's XML, `codequality` as a JSON list in Code
Climate's form, `dotenv` of at most 5 KB with plain values, `annotations` as a JSON object of lists.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from gitless.model.case import Case
from gitless.model.finding import PlacedFinding
from gitless.report.foreign import one_line, plain

MAX_DOTENV_BYTES = 5 * 1024
MAX_REASON = 4000  # characters
MAX_FINDINGS = 1000
MAX_LINKS = 100
# what a shell, a dotenv parser and GitLab's own expansion of variables all take as it is
_VALUE = re.compile(r"[A-Za-z0-9._:/@+,=-]{1,1024}")


def dotenv(verb: str, outputs: Mapping[str, str]) -> str:
    """Outputs as variables of later jobs: `digest` of publish is `GITLESS_PUBLISH_DIGEST`.

    Lists are separated by commas. A value that is empty, or has characters that are not plain everywhere, is left out,
    and so is what does not fit. `IMAGE_DIGEST` stands beside it for GitLab's own provenance.

    Args:
        verb: The verb.
        outputs: Outputs by name.
    """
    named = {f"GITLESS_{verb}_{name}".upper().replace("-", "_"): value for name, value in outputs.items()}
    if outputs.get("digest-url"):
        named["IMAGE_DIGEST"] = outputs["digest-url"]
    text = ""
    for name, value in named.items():
        plain_value = value.replace("\n", ",")
        line = f"{name}={plain_value}\n"
        if _VALUE.fullmatch(plain_value) and len(text) + len(line) <= MAX_DOTENV_BYTES:
            text += line
    return text


def junit(verb: str, cases: Sequence[Case]) -> str:
    """Answers as a test report."""
    failed = sum(case.verdict == "failed" for case in cases)
    skipped = sum(case.verdict == "skipped" for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "skipped": str(skipped), "errors": "0"}
    suite = ElementTree.Element("testsuite", {"name": f"gitless {verb}", **counts})
    for case in cases:
        names = {"classname": one_line(case.group), "name": one_line(case.name)}
        place = ElementTree.SubElement(suite, "testcase", names)
        reason = plain(case.reason, MAX_REASON)
        if case.verdict != "passed":
            word = "failure" if case.verdict == "failed" else "skipped"
            ElementTree.SubElement(place, word, {"message": one_line(reason)}).text = reason
        elif reason:
            ElementTree.SubElement(place, "system-out").text = reason
    root = ElementTree.Element("testsuites", counts)
    root.append(suite)
    ElementTree.indent(root)
    # the library's own declaration would name the encoding of the machine's locale
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def code_quality(findings: Sequence[PlacedFinding], fallback: str) -> str:
    """Findings as a code quality report.

    Args:
        findings: What was found.
        fallback: The file that is named for what rendering made: the one that says how it is rendered.
    """
    return json.dumps([_issue(item, fallback) for item in findings[:MAX_FINDINGS]], indent=2) + "\n"


def links(named: Sequence[tuple[str, str]]) -> str:
    """Web addresses as links on the job's page; others are left out."""
    found = [
        {"external_link": {"label": one_line(label), "url": url}}
        for label, url in named
        if url.startswith(("https://", "http://")) and url.isprintable() and " " not in url
    ]
    return json.dumps({"gitless": found[:MAX_LINKS]}, indent=2) + "\n"


def _issue(item: PlacedFinding, fallback: str) -> dict[str, Any]:
    finding = item.finding
    place = "" if item.file else f"{finding.path}: "
    subject = " ".join(part for part in (finding.object, finding.field) if part)
    text = f"{place}{subject}: {finding.message}" if subject else f"{place}{finding.message}"
    parts = (finding.rule, item.file or finding.path, finding.object, finding.field)
    return {
        "description": one_line(text, 1000),
        "check_name": finding.rule,
        # the line is left out, so that a finding that only moved is not a new one
        "fingerprint": hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": "critical" if item.stops else "info",
        "location": {"path": item.file or fallback, "lines": {"begin": (finding.line if item.file else None) or 1}},
    }
