"""A history as one page that an auditor can keep: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from gitless.model.chronicle import Chronicle
from gitless.report import words
from gitless.report.chronicle import check_commands
from gitless.report.foreign import plain
from gitless.report.timeline import WIDTH, draw


def chronicle_page(chronicle: Chronicle) -> str:
    """The page as HTML; it makes no request, whatever records hold."""
    environment = Environment(
        loader=PackageLoader("gitless.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = {name: getattr(words, name) for name in _WORDS}
    template = environment.get_template("history.html")
    return template.render(told=chronicle, draw=draw, width=WIDTH, commands=check_commands, link=_link, **said)


_WORDS = ("act", "approvers", "figure_pairs", "gates", "lead", "minute", "people", "short", "signer", "span", "why")


def _harmless(value: Any) -> Any:
    """Texts without control, format and bidirectional characters; escaping comes after this."""
    return plain(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _link(address: str) -> bool:
    """Whether an address may become a link: https, without anything that a browser would read otherwise."""
    return address.startswith("https://") and plain(address) == address and not set(address) & set(" \"'<>\\`")
