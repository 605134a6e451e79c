"""Accounts in GitLab's answers: persons by id, authors of commits by e-mail address, roles and programs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import IS_PROGRAM, Authorship, Commit, account_of, coauthors, stranger
from gitless.ci.gitlab_api import GitLabApi
from gitless.model.approval import Person

DEVELOPER = 30  # GitLab's number for the first role that may push and merge
# how GitLab names the accounts of its tokens; a person who is called so is refused, nobody is let in for a name
_TOKEN_ACCOUNT = re.compile(r"(project|group)_[0-9]+_bot(_[0-9a-f]+)?|service_account_.*")


def person_of(account: Fields | None, platform: str) -> Person | None:
    """The account in an answer; None where there is none (deleted)."""
    if account is None or account.values.get("id") is None:
        return None
    login = account.text("username")
    is_bot = account.values.get("bot") is True or bool(_TOKEN_ACCOUNT.fullmatch(login))
    return Person(platform, str(account.number("id")), login, is_bot)


@dataclass
class GitLabPeople:
    """Tells accounts apart, for one project.

    Attributes:
        api: How to ask, with a token that may read users and members.
        platform: Host of the server, such as `gitlab.com`.
    """

    api: GitLabApi
    platform: str
    _mails: dict[str, Person | None] = field(default_factory=dict, repr=False)
    _flaws: dict[str, str] = field(default_factory=dict, repr=False)

    def person(self, account: Fields | None) -> Person | None:
        """The account in an answer; None where there is none."""
        return person_of(account, self.platform)

    def learn(self, mail: str, person: Person) -> None:
        """Remember whose an address is, as GitLab itself said."""
        if mail:
            self._mails[mail.lower()] = person

    def commits(self, answers: Iterable[Fields]) -> tuple[Commit, ...]:
        """The commits of an answer with everyone who wrote them.

        Raises:
            RemoteError: GitLab failed.
        """
        return tuple(self._commit(answer) for answer in answers)

    def flaw(self, person: Person) -> str:
        """Why somebody's approval has no weight here; empty when they may push to the project and are no program.

        Raises:
            RemoteError: GitLab failed.
        """
        if person.id not in self._flaws:
            try:
                self._flaws[person.id] = self._ask_flaw(person)
            except GapError as error:
                self._flaws[person.id] = f"has a role here that could not be read ({error.gap.reason})"
        return self._flaws[person.id]

    def _ask_flaw(self, person: Person) -> str:
        user = self.api.get(Question(f"read the account {person}", f"/users/{person.id}"), beyond=True)
        if user.values.get("bot") is True:
            return IS_PROGRAM
        question = Question(f"read the role of {person}", "/members/all", (("user_ids[]", person.id),))
        found = [member for member in self.api.pages(question) if str(member.number("id")) == person.id]
        level = max((member.number("access_level") for member in found if member.text("state") == "active"), default=0)
        return "" if level >= DEVELOPER else "may not push to the project"

    def _commit(self, answer: Fields) -> Commit:
        sha = answer.commit("id")
        parents = answer.values.get("parent_ids")
        shas = tuple(Fields({"sha": parent}, answer.what).commit("sha") for parent in parents or ())
        named = coauthors(answer.long_text("message"))

        def wrote() -> Authorship:
            others = (self._writer("co-author", one.name, one.mail, sha) for one in named)
            return Authorship.joined([self._role(answer, "author", sha), *others])

        return Commit(sha, shas, wrote, lambda: self._role(answer, "committer", sha))

    def _role(self, answer: Fields, role: str, sha: str) -> Authorship:
        return self._writer(role, answer.text(f"{role}_name"), answer.text(f"{role}_email"), sha)

    def _writer(self, role: str, name: str, mail: str, sha: str) -> Authorship:
        key = mail.lower()
        if key not in self._mails:
            self._mails[key] = self._find(key)
        person = self._mails[key]
        return Authorship((person,)) if person else Authorship(unknown=(stranger(role, name, mail, sha),))

    def _find(self, mail: str) -> Person | None:
        number = account_of(mail, self.platform)
        if number:
            return Person(self.platform, number)
        if "@" not in mail:
            return None
        question = Question("read whose an e-mail address is", "/users", (("search", mail),))
        try:
            found = self.api.pages(question, beyond=True)
            return self.person(found[0]) if len(found) == 1 and self._owns(found[0], mail) else None
        except GapError:
            return None

    def _owns(self, account: Fields, mail: str) -> bool:
        """Whether an account has an address; the search finds names too, and anybody may call themselves so."""
        user = self.api.get(Question("read an account", f"/users/{account.number('id')}"), beyond=True)
        return mail in {user.text("public_email").lower(), user.text("email").lower()}
