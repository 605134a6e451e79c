"""The steps of the actions that only read: verify, history and audit."""

from __future__ import annotations

from gitless.cli.told import Told
from gitless.config.inputs import Inputs
from gitless.report.commands import fault_annotations, notices


def verify_step(inputs: Inputs) -> Told:
    """Verify what the inputs name.

    Raises:
        GitlessError: As `wiring.verify.verify`, or an input is refused.
    """
    from gitless.report.cases import verify_cases
    from gitless.report.commands import verify_annotations
    from gitless.report.outputs import verify_outputs
    from gitless.report.record import verify_record
    from gitless.report.terminal import verify_lines
    from gitless.report.verdicts import verify_summary
    from gitless.wiring.action_reads import verify_request
    from gitless.wiring.verify import verify

    references, trust, policy = verify_request(inputs)
    results, notice = verify(references, trust, policy, insecure=False)
    return Told(
        outputs=verify_outputs(results),
        record=verify_record(results),
        lines=[line for result in results for line in verify_lines(result)],
        annotations=[*notices("verify", (notice,)), *verify_annotations(results)],
        summary=verify_summary(results),
        code=max(result.exit_code for result in results),
        cases=verify_cases(results),
    )


def history_step(inputs: Inputs) -> Told:
    """Tell a component's history.

    Raises:
        GitlessError: As `wiring.history.history`, or an input is refused.
    """
    from gitless.report.cases import holds_cases
    from gitless.report.chronicle import chronicle_lines, chronicle_markdown
    from gitless.report.chronicle_record import chronicle_record
    from gitless.report.outputs import holds_output
    from gitless.wiring.action_reads import history_request
    from gitless.wiring.history import history, write_page

    place, trust, since, page = history_request(inputs)
    told = history(place, trust, since)
    if page:
        write_page(page, told)
    lines = chronicle_lines(told)
    return Told(
        outputs={**holds_output(ok=told.ok), "html": page or ""},
        record=chronicle_record(told),
        lines=lines,
        annotations=[*notices("history", told.notices), *fault_annotations("history", lines, ok=told.ok)],
        summary=chronicle_markdown(told),
        code=int(not told.ok),
        cases=holds_cases("history", lines, ok=told.ok),
    )


def audit_step(inputs: Inputs) -> Told:
    """Audit what the inputs name.

    Raises:
        GitlessError: As `wiring.audit.audit`, or an input is refused.
    """
    from gitless.report.audit import audit_lines, audit_markdown, audit_record
    from gitless.report.cases import audit_cases
    from gitless.report.outputs import holds_output
    from gitless.wiring.action_reads import audit_request
    from gitless.wiring.audit import audit

    result = audit(audit_request(inputs))
    lines = audit_lines(result)
    return Told(
        outputs={**holds_output(ok=result.ok), "findings": str(len(result.findings))},
        record=audit_record(result),
        lines=lines,
        annotations=[*notices("audit", result.notices), *fault_annotations("audit", lines, ok=result.ok)],
        summary=audit_markdown(result),
        code=int(not result.ok),
        cases=audit_cases(result),
    )
