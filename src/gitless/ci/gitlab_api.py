"""GitLab's REST API through python-gitlab: one host, one token, bounded pages, limited patience."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from gitless import __version__
from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.together import within
from gitless.ci.writes import PAUSE_SECONDS, Method, once
from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.approval import Gap
from gitless.model.redaction import redact
from gitless.model.secret import Secret
from gitless.model.web import check_web_address, proxy_for
from gitless.web.patience import TEMPORARY, Patience, TemporaryError

if TYPE_CHECKING:
    from gitlab import Gitlab

TIMEOUT_SECONDS = 20.0
MAX_ANSWER_BYTES = 32 * 1024 * 1024
PER_PAGE = 100
MAX_PAGES = 30
PATIENCE = Patience(attempts=4, total_seconds=90.0)
OWN_ACCESS_HINT = (
    "Make a project access token with the role Maintainer and the scope read_api (it reads branch rules, and cannot\n"
    "write), store it as a masked and protected CI/CD variable, and pass it on:\n"
    "variables:\n  GITLESS_GITLAB_TOKEN: $GITLESS_GITLAB_TOKEN"
)
_SUFFIX = "/api/v4"
_WORDS = 300


class GitLabApi:
    """Asks about one project, and writes notes to it.

    Args:
        api_url: CI_API_V4_URL; the token is sent to this host only.
        project: The project's number.
        token: The job token, or another that may do what is asked of it.
        is_job_token: Which of the two.
        env: Proxies and certificate files.
        patience: Limits and retry of one request.

    Raises:
        UsageError: The address is not https, or not that of the API's version 4.
    """

    def __init__(
        self,
        api_url: str,
        project: str,
        token: Secret,
        env: Mapping[str, str],
        *,
        is_job_token: bool,
        patience: Patience = PATIENCE,
    ) -> None:
        self._server = _server(api_url)
        self._root = f"/projects/{quote(project, safe='')}"
        self._is_job_token, self._patience = is_job_token, patience
        self._client = _client(self._server, token, env, is_job_token)

    def get(self, question: Question, *, beyond: bool = False) -> Fields:
        """The one object at a path below the project.

        Args:
            question: What to read.
            beyond: Whether the path is the whole one, and not below the project.

        Raises:
            GapError: This token may not read it, or it is not there.
            RemoteError: GitLab failed.
            UntrustedContentError: The answer is no object.
        """
        path = question.path if beyond else self._root + question.path
        return Fields.of(self._ask(question, "get", path, _query(question))[0], question.doing)

    def pages(
        self, question: Question, enough: Callable[[Fields], bool] | None = None, *, beyond: bool = False
    ) -> list[Fields]:
        """All items of a list, page after page.

        Args:
            question: What to read.
            enough: Whether an item is the last that is wanted; the pages after it are not read.
            beyond: As for `get`.

        Raises:
            GapError: As for `get`, or there are more than MAX_PAGES pages.
            RemoteError: As for `get`.
            UntrustedContentError: The answer is no list of objects.
        """
        found: list[Fields] = []
        path, query = question.path if beyond else self._root + question.path, _query(question)
        page = "1"
        for _ in range(MAX_PAGES):
            asked = {**query, "per_page": str(PER_PAGE), "page": page}
            value, following = self._ask(question, "get", path, asked)
            if not isinstance(value, list):
                raise UntrustedContentError(f"Cannot {question.doing}.", why="The answer is no list.")
            items = [Fields.of(item, question.doing) for item in value]
            found += items
            if not following.isdecimal() or (enough and any(enough(item) for item in items)):
                return found
            page = following
        raise GapError(Gap(f"Cannot {question.doing}: there are more than {MAX_PAGES * PER_PAGE}."))

    def graphql(self, question: Question, query: str, variables: Mapping[str, Any]) -> Fields:
        """The `data` of a GraphQL answer.

        Raises:
            GapError: It has errors, or this token may not ask.
            RemoteError: As for `get`.
        """
        body = {"query": query, "variables": dict(variables)}
        value, _ = self._ask(question, "post", f"{self._server}/api/graphql", {}, body)
        answer = Fields.of(value, question.doing)
        if answer.list("errors"):
            words = redact(answer.list("errors")[0].text("message"), _WORDS)
            raise GapError(Gap(f"Cannot {question.doing}: GitLab answered: {words}"))
        return answer.must("data")

    def send(self, question: Question, method: Method, body: Mapping[str, Any] | None = None) -> Fields:
        """Write at a path below the project.

        Raises:
            GapError: This token may not write it, or it is not there.
            UncertainError: The answer to a POST was lost: look before it is sent again.
            GitlessError: As for `get`.
        """
        path, deadline = self._root + question.path, self._patience.deadline()
        value, _ = self._patience.run(
            lambda: once(method, lambda: self._once(question, method.lower(), path, {}, body)), deadline
        )
        return Fields.of(value, question.doing)

    def pause(self) -> None:
        """Wait a moment, for what a lost answer was about to show."""
        self._patience.sleep(PAUSE_SECONDS)

    def _ask(
        self, question: Question, method: str, path: str, query: dict[str, Any], body: Any = None
    ) -> tuple[Any, str]:
        deadline = self._patience.deadline()
        return self._patience.run(lambda: self._once(question, method, path, query, body), deadline)

    def _once(self, question: Question, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[Any, str]:
        from gitlab.exceptions import GitlabError

        what = f"Cannot {question.doing}."
        try:
            response = within(
                lambda: self._client.http_request(method, path, query, body, obey_rate_limit=False, max_retries=0),
                question.doing,
            )
        except GitlabError as error:
            raise self._refusal(question, error) from error
        except requests.TooManyRedirects as error:
            raise RemoteError(
                what, why="GitLab's API sends us elsewhere, and a token goes to one host only."
            ) from error
        except RecursionError as error:  # the client parses refusals, however deep
            raise UntrustedContentError(what, why="The answer is no JSON.") from error
        except requests.RequestException as error:
            # the text of such an error holds the address; its kind is enough
            raise TemporaryError(what, why=f"The connection failed ({type(error).__name__}).") from error
        if len(response.content) > MAX_ANSWER_BYTES:
            raise UntrustedContentError(what, why=f"More than {MAX_ANSWER_BYTES} bytes.")
        if response.status_code == 204:
            return {}, ""
        try:
            return response.json(), response.headers.get("x-next-page", "")
        except (ValueError, RecursionError) as error:
            raise UntrustedContentError(what, why="The answer is no JSON.") from error

    def _refusal(self, question: Question, error: Any) -> Exception:
        what, status = f"Cannot {question.doing}", int(error.response_code or 0)
        words = error.error_message if isinstance(error.error_message, str) else ""
        said = f"GitLab answered {status}{f': {_line(words)}' if words else '.'}"
        if status in TEMPORARY:
            return TemporaryError(f"{what}.", why=said, status=status)
        if status in (401, 403, 404):
            return GapError(Gap(f"{what}: {said}", self._hint(question)), status)
        return RemoteError(f"{what}.", why=said, status=status)

    def _hint(self, question: Question) -> str:
        if self._is_job_token:
            return "Check that the job names its `environment:`, and that the job token may read deployments."
        return question.need or OWN_ACCESS_HINT


def _query(question: Question) -> dict[str, Any]:
    """The parameters; a name that comes twice is sent twice."""
    found: dict[str, list[str]] = {}
    for name, value in question.query:
        found.setdefault(name, []).append(value)
    return dict(found)


def _line(words: str) -> str:
    return " ".join(redact(words, _WORDS).split())


def _server(api_url: str) -> str:
    base = api_url.rstrip("/")
    try:
        if not base.endswith(_SUFFIX):
            raise ValueError(f"must end with {_SUFFIX}")
        return check_web_address(base.removesuffix(_SUFFIX))
    except ValueError as error:
        raise UsageError(
            "GitLab's API address cannot be used.", why=f"It {error}.", hint="Check CI_API_V4_URL."
        ) from error


def _client(server: str, token: Secret, env: Mapping[str, str], is_job_token: bool) -> Gitlab:
    from gitlab import Gitlab  # most verbs do without it

    session = requests.Session()
    # no .netrc, and no redirect: requests would hand GitLab's token headers to another host
    session.trust_env, session.max_redirects = False, 0
    proxy = proxy_for(server, env)
    if proxy:
        session.proxies.update({"http": proxy, "https": proxy})
    named = {"job_token" if is_job_token else "private_token": token.reveal()}
    return Gitlab(
        server,
        ssl_verify=env.get("SSL_CERT_FILE") or env.get("REQUESTS_CA_BUNDLE") or True,
        timeout=TIMEOUT_SECONDS,
        user_agent=f"gitless/{__version__}",
        session=session,
        **named,  # type: ignore[arg-type]
    )
