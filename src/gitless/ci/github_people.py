"""Accounts in GitHub's answers: persons by id, authors of commits, and what role somebody has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import Authorship, Coauthor, Commit, account_of, coauthors, stranger
from gitless.ci.github_api import GitHubApi
from gitless.model.approval import Person

_MAY_WRITE = frozenset({"admin", "write"})


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
            return f"whether {person} may write to the repository could not be read ({error.gap.reason})"
        account = self.person(answer.inner("user"))
        if account != person:
            return f"the name {person.login} belongs to another account now"
        permission = answer.text("permission")
        return "" if permission in _MAY_WRITE else f"{person} may not write to the repository"

    def _commit(self, answer: Fields) -> Commit:
        sha = answer.commit("sha")
        parents = tuple(parent.commit("sha") for parent in answer.list("parents"))
        message = answer.must("commit").long_text("message")
        named = coauthors(message)

        def wrote() -> Authorship:
            return Authorship.joined([self._role(answer, "author", sha), *(self._coauthor(one, sha) for one in named)])

        return Commit(sha, parents, wrote, lambda: self._role(answer, "committer", sha))

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


def _mail(answer: Fields, role: str) -> str:
    by_git = answer.must("commit").inner(role)
    return by_git.text("email") if by_git else ""
