"""GitHub's REST API through PyGithub's requester: one host, one token, bounded pages, limited patience."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import requests

from gitless import __version__
from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.together import within
from gitless.ci.writes import PAUSE_SECONDS, Method, once
from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.approval import Gap
from gitless.model.redaction import redact
from gitless.model.secret import Secret
from gitless.model.web import check_web_address
from gitless.web.patience import TEMPORARY, Patience, TemporaryError

if TYPE_CHECKING:
    from github.Requester import Requester

TIMEOUT_SECONDS = 20
MAX_ANSWER_BYTES = 32 * 1024 * 1024
PER_PAGE = 100
MAX_PAGES = 30
PATIENCE = Patience(attempts=4, total_seconds=90.0)
_WORDS = 300
_SUCCESSES = (200, 201, 204)
_READS = ("actions", "checks", "contents", "pull-requests", "statuses")


class GitHubApi:
    """Asks about one repository, and writes comments, deployments and statuses to it.

    Args:
        api_url: GITHUB_API_URL; the token is sent to this host only.
        repository: `owner/name`.
        token: GITHUB_TOKEN, or another that may do what is asked of it.
        env: Certificate files.
        patience: Limits and retry of one request.

    Raises:
        UsageError: The address is not https.
    """

    def __init__(
        self, api_url: str, repository: str, token: Secret, env: Mapping[str, str], patience: Patience = PATIENCE
    ) -> None:
        self.base, self.repository = _checked(api_url), repository
        self._root = f"/repos/{quote(repository)}"
        self._patience = patience
        self._requester = _requester(self.base, token, env)

    def get(self, question: Question) -> Fields:
        """The one object at a path below the repository.

        Raises:
            GapError: This token may not read it, or it is not there.
            RemoteError: GitHub failed.
            UntrustedContentError: The answer is no object.
        """
        value, _ = self._ask(question, "GET", self._root + question.path, dict(question.query))
        return Fields.of(value, question.doing)

    def pages(self, question: Question, name: str = "", enough: Callable[[Fields], bool] | None = None) -> list[Fields]:
        """All items of a list, page after page.

        Args:
            question: What to read.
            name: The field that holds the list, where the answer is an object.
            enough: Whether an item is the last that is wanted; the pages after it are not read.

        Raises:
            GapError: As for `get`, or there are more than MAX_PAGES pages.
            RemoteError: As for `get`.
            UntrustedContentError: The answer is no list of objects.
        """
        found: list[Fields] = []
        path, query = self._root + question.path, dict(question.query)
        if question.is_paged:
            query["per_page"] = str(PER_PAGE)
        for _ in range(MAX_PAGES):
            value, link = self._ask(question, "GET", path, query)
            items = _items(value, name, question)
            found += items
            if not link or (enough and any(enough(item) for item in items)):
                return found
            path, query = self._next(link, question), {}
        raise GapError(Gap(f"Cannot {question.doing}: there are more than {MAX_PAGES * PER_PAGE}."))

    def graphql(self, question: Question, query: str, variables: Mapping[str, str]) -> Fields:
        """The `data` of a GraphQL answer.

        Raises:
            GapError: It has errors, or this token may not ask.
            RemoteError: As for `get`.
        """
        body = {"query": query, "variables": dict(variables)}
        value, _ = self._ask(question, "POST", self._requester.graphql_url, {}, body)
        answer = Fields.of(value, question.doing)
        if answer.list("errors"):
            words = redact(answer.list("errors")[0].text("message"), _WORDS)
            raise GapError(Gap(f"Cannot {question.doing}: GitHub answered: {words}"))
        return answer.must("data")

    def send(self, question: Question, method: Method, body: Mapping[str, Any] | None = None) -> Fields:
        """Write at a path below the repository; its need is a permission with its level, `pull-requests: write`.

        Raises:
            GapError: This token may not write it, or it is not there.
            UncertainError: The answer to a POST was lost: look before it is sent again.
            GitlessError: As for `get`.
        """
        path, deadline = self._root + question.path, self._patience.deadline()
        value, _ = self._patience.run(
            lambda: once(method, lambda: self._once(question, method, path, {}, body)), deadline
        )
        return Fields.of(value, question.doing)

    def pause(self) -> None:
        """Wait a moment, for what a lost answer was about to show."""
        self._patience.sleep(PAUSE_SECONDS)

    def _ask(
        self, question: Question, method: str, path: str, query: dict[str, str], body: Any = None
    ) -> tuple[Any, str]:
        deadline = self._patience.deadline()
        return self._patience.run(lambda: self._once(question, method, path, query, body), deadline)

    def _once(self, question: Question, method: str, path: str, query: dict[str, str], body: Any) -> tuple[Any, str]:
        accept = {"Accept": "application/vnd.github+json"}
        try:
            status, headers, content = within(
                lambda: self._requester.requestJson(method, path, query, accept, body), question.doing
            )
        except requests.RequestException as error:
            # the text of such an error holds the address; its kind is enough
            why = f"The connection failed ({type(error).__name__})."
            raise TemporaryError(f"Cannot {question.doing}.", why=why) from error
        except (RuntimeError, AssertionError) as error:
            raise RemoteError(f"Cannot {question.doing}.", why="GitHub's API sends us to another host.") from error
        if status not in _SUCCESSES:
            raise _refusal(question, status, headers, content)
        if len(content) > MAX_ANSWER_BYTES:
            raise UntrustedContentError(f"Cannot {question.doing}.", why=f"More than {MAX_ANSWER_BYTES} bytes.")
        return _parsed(content, question) if status != 204 else {}, _next_link(headers.get("link", ""))

    def _next(self, link: str, question: Question) -> str:
        here, there = urlsplit(self.base), urlsplit(link)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc) or not there.path.startswith(here.path):
            raise UntrustedContentError(f"Cannot {question.doing}.", why="The next page is on another host.")
        return link


def _checked(api_url: str) -> str:
    try:
        return check_web_address(api_url.rstrip("/"))
    except ValueError as error:
        raise UsageError(
            "GitHub's API address cannot be used.", why=f"It {error}.", hint="Check GITHUB_API_URL."
        ) from error


def _requester(base: str, token: Secret, env: Mapping[str, str]) -> Requester:
    from github import Auth, Github  # it takes a third of a second; most verbs do without

    return Github(
        auth=Auth.Token(token.reveal()),
        base_url=base,
        timeout=TIMEOUT_SECONDS,
        user_agent=f"gitless/{__version__}",
        per_page=PER_PAGE,
        verify=env.get("SSL_CERT_FILE") or env.get("REQUESTS_CA_BUNDLE") or True,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    ).requester


def _items(value: Any, name: str, question: Question) -> list[Fields]:
    if name:
        return list(Fields.of(value, question.doing).list(name))
    if not isinstance(value, list):
        raise UntrustedContentError(f"Cannot {question.doing}.", why="The answer is no list.")
    return [Fields.of(item, question.doing) for item in value]


def _parsed(content: str, question: Question) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UntrustedContentError(f"Cannot {question.doing}.", why="The answer is no JSON.") from error


def _next_link(header: str) -> str:
    for link in requests.utils.parse_header_links(header) if header else ():
        if link.get("rel") == "next":
            return str(link["url"])
    return ""


def _refusal(question: Question, status: int, headers: Mapping[str, str], content: str) -> Exception:
    what, words = f"Cannot {question.doing}", _words(content)
    said = f"GitHub answered {status}{f': {words}' if words else '.'}"
    if status == 429 or (status == 403 and _is_rate_limit(headers, words)):
        return TemporaryError(f"{what}.", why=said, status=status, wait_seconds=_wait(headers))
    if status in TEMPORARY:
        return TemporaryError(f"{what}.", why=said, status=status, wait_seconds=_wait(headers))
    if status in (401, 403, 404):
        return GapError(Gap(f"{what}: {said}", _hint(question)), status)
    return RemoteError(f"{what}.", why=said, status=status)


def _words(content: str) -> str:
    try:
        message = json.loads(content).get("message")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return " ".join(redact(message, _WORDS).split()) if isinstance(message, str) else ""


def _is_rate_limit(headers: Mapping[str, str], words: str) -> bool:
    return headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers or "rate limit" in words.lower()


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds GitHub asks to wait: Retry-After, or until the limit is reset, by GitHub's own clock."""
    asked, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if asked.isdecimal() and len(asked) < 7:
        return float(asked)
    if headers.get("x-ratelimit-remaining") != "0" or not reset.isdecimal() or len(reset) > 12:
        return None
    try:
        return max(0.0, float(reset) - parsedate_to_datetime(headers.get("date", "")).timestamp())
    except (ValueError, TypeError):
        return None


def _hint(question: Question) -> str:
    if not question.need:
        return "Check that GITHUB_TOKEN belongs to this repository."
    if question.need.endswith(": write"):
        lines = f"permissions:\n  {question.need}"
        return f"The token lacks `{question.need}`. Give the job, beside the permissions it has:\n{lines}"
    names = sorted({*_READS, question.need})
    lines = "".join(f"\n  {name}: read" for name in names)
    return f"The token lacks `{question.need}: read`. Give the job, beside the permissions it has:\npermissions:{lines}"
