"""Accounts in GitHub's answers: persons by id, authors of commits, and what role somebody has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import Authorship, Coauthor, Commit, account_of, coauthors, stranger
from gitless.ci.github_api import GitHubApi
from gitless.model.approval import Person

_MAY_WRITE = frozenset({"admin", "write"})
_AT_ONCE = 50
_QUESTION = Question("read whom commits name as co-authors", "", need="contents")


@dataclass
class People:
    """Tells accounts apart, for one repository.

    Attributes:
        api: How to ask.
        platform: Host of the server, such as `github.com`.
    """

    api: GitHubApi
    platform: str
    _roles: dict[str, str] = field(default_factory=dict, repr=False)
    _mails: dict[str, Person] = field(default_factory=dict, repr=False)

    def person(self, account: Fields | None) -> Person | None:
        """The account in an answer; None where there is none (deleted, or an e-mail address nobody has)."""
        if account is None or not account.values:
            return None
        is_bot = account.text("type") != "User"
        return Person(self.platform, str(account.number("id")), account.text("login"), is_bot)

    def commits(self, answers: Iterable[Fields]) -> tuple[Commit, ...]:
        """The commits of an answer with everyone who wrote them, as GitHub knows their e-mail addresses."""
        answers = list(answers)
        for answer in answers:
            for role in ("author", "committer"):
                person, mail = self.person(answer.inner(role)), _mail(answer, role)
                if person and mail:
                    self._mails[mail.lower()] = person
        return tuple(self._commit(answer) for answer in answers)

    def learn(self, commits: Sequence[Commit]) -> None:
        """Ask GitHub whose the co-authors' addresses are, where none of its answers has told so far.

        Where it does not answer they stay unknown.

        Raises:
            RemoteError: GitHub failed.
        """
        asked = [commit.sha for commit in commits if any(not self._known(one) for one in commit.coauthors)]
        for shas in (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE)):
            try:
                data = self.api.graphql(_QUESTION, *_authors_query(shas, self.api.repository))
            except GapError:
                return
            found = data.inner("repository") or Fields({}, data.what)
            for index in range(len(shas)):
                self._learn(found.inner(f"c{index}"))

    def _learn(self, commit: Fields | None) -> None:
        authors = commit.inner("authors") if commit else None
        for author in authors.list("nodes") if authors else ():
            user = author.inner("user")
            if user and author.text("email"):
                found = Person(self.platform, str(user.number("databaseId")), user.text("login"))
                self._mails.setdefault(author.text("email").lower(), found)

    def _known(self, coauthor: Coauthor) -> bool:
        return coauthor.mail.lower() in self._mails or bool(account_of(coauthor.mail, self.platform))

    def lacks_role(self, person: Person) -> str:
        """Why somebody's approval has no weight here; empty when they may write to the repository.

        The answer must be about the same account: a login that was given up may belong to another one now.

        Raises:
            GapError: It may not be read.
            RemoteError: GitHub failed.
        """
        if person.id not in self._roles:
            self._roles[person.id] = self._ask_role(person)
        return self._roles[person.id]

    def _ask_role(self, person: Person) -> str:
        path = f"/collaborators/{quote(person.login, safe='')}/permission"
        question = Question(f"read the role of {person}", path, need="contents")
        try:
            answer = self.api.get(question)
        except GapError as error:
            return f"has a role here that could not be read ({error.gap.reason})"
        account = self.person(answer.inner("user"))
        if account != person:
            return "goes by a name that belongs to another account now"
        permission = answer.text("permission")
        return "" if permission in _MAY_WRITE else "may not write to the repository"

    def _commit(self, answer: Fields) -> Commit:
        sha = answer.commit("sha")
        parents = tuple(parent.commit("sha") for parent in answer.list("parents"))
        message = answer.must("commit").long_text("message")
        named = coauthors(message)

        def wrote() -> Authorship:
            return Authorship.joined([self._role(answer, "author", sha), *(self._coauthor(one, sha) for one in named)])

        return Commit(sha, parents, wrote, lambda: self._role(answer, "committer", sha), named)

    def _role(self, answer: Fields, role: str, sha: str) -> Authorship:
        person = self.person(answer.inner(role))
        if person:
            return Authorship((person,))
        by_git = answer.must("commit").inner(role)
        name = by_git.text("name") if by_git else "nobody"
        return Authorship(unknown=(stranger(role, name, _mail(answer, role), sha),))

    def _coauthor(self, coauthor: Coauthor, sha: str) -> Authorship:
        known = self._mails.get(coauthor.mail.lower())
        if known:
            return Authorship((known,))
        number = account_of(coauthor.mail, self.platform)
        if number:
            return Authorship((Person(self.platform, number),))
        return Authorship(unknown=(stranger("co-author", coauthor.name, coauthor.mail, sha),))


def _authors_query(shas: Sequence[str], repository: str) -> tuple[str, dict[str, str]]:
    """One question for the authors of several commits; their ids are hex and nothing else."""
    parts = (
        f'c{index}: object(oid: "{sha}") '
        "{ ... on Commit { authors(first: 100) { nodes { email user { databaseId login } } } } }"
        for index, sha in enumerate(shas)
    )
    owner, _, name = repository.partition("/")
    query = (
        f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {' '.join(parts)} }} }}"
    )
    return query, {"owner": owner, "name": name}


def _mail(answer: Fields, role: str) -> str:
    by_git = answer.must("commit").inner(role)
    return by_git.text("email") if by_git else ""
