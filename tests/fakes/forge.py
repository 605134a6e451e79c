"""A repository on a platform as people use it: accounts, commits, changes, reviews, one run. No HTTP here.

    forge = Forge()
    ann, bob = forge.account("ann"), forge.account("bob")
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob, how="squash")       # or "merge", "rebase", "fast_forward", "squash_merge"
    forge.push(ann, forge.write(ann))               # past every review
    forge.decide(bob, "production", "approved")     # about the run

`tests.fakes.github_api` and `tests.fakes.gitlab_api` answer for it as the two platforms do.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

ZEROS = "0" * 40


@dataclass
class Account:
    """Somebody; `role` is `admin`, `write`, `read` or `none`."""

    id: int
    login: str
    role: str = "write"
    is_bot: bool = False
    is_blocked: bool = False
    has_public_mail: bool = False

    @property
    def mail(self) -> str:
        """The address Git knows; it stays when the login changes."""
        return f"person{self.id}@acme.example"


@dataclass(frozen=True)
class Node:
    """A commit; an author or committer without account is None."""

    sha: str
    parents: tuple[str, ...]
    author: Account | None
    committer: Account | None
    message: str
    at: datetime


@dataclass
class Word:
    """A review, or a decision about the run: `approved`, `rejected`, `withdrawn` or `commented`."""

    account: Account
    state: str
    at: datetime
    commit: str = ""
    about: str = ""


@dataclass
class Change:
    """A pull or merge request."""

    number: int
    author: Account
    base: str
    commits: list[Node]
    heads: list[tuple[str, datetime]]
    words: list[Word] = field(default_factory=list)
    how: str = ""
    merged_at: datetime | None = None
    merged_as: str = ""
    merged_by: Account | None = None
    target: str = "main"
    landed: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        """The commit that would be, or was, merged."""
        return self.commits[-1].sha


@dataclass
class Move:
    """One move of main: `push`, `force_push`, `pr_merge` or `branch_creation`."""

    before: str
    after: str
    kind: str
    actor: Account
    at: datetime


@dataclass
class Job:
    """A job of the run as one attempt lists it; without a conclusion while it is running."""

    name: str
    attempt: int
    conclusion: str
    at: datetime


@dataclass
class Check:
    """A check run, a commit status or a job of a pipeline."""

    commit: str
    name: str
    conclusion: str
    app: int | None = None


class Forge:
    """The repository `acme/apps`; its first commit is by the account `root`, who is no author of anything later."""

    def __init__(self) -> None:
        self.id = 700001
        self.accounts: list[Account] = []
        self.commits: dict[str, Node] = {}
        self.changes: list[Change] = []
        self.moves: list[Move] = []
        self.checks: list[Check] = []
        self.words: list[Word] = []
        self.attempt = 1
        self.is_closed = True
        self._ticks = 0
        self._next = 40
        self.platform = self.account("web-flow", role="none")
        self.root = self.account("root", role="admin")
        self.tip = ""
        first = self.write(self.root, message="Begin")
        self._move("branch_creation", self.root, first.sha, before=ZEROS)
        self.requester = self.restarter = self.account("rita")
        self.jobs = [Job("plan", 1, "success", self.now()), Job("promote", 1, "", self.now())]

    # -- time and people --------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """A minute after the last time."""
        self._ticks += 1
        return datetime(2026, 11, 1, 8, tzinfo=timezone.utc) + timedelta(minutes=self._ticks)

    def account(self, login: str, *, role: str = "write", is_bot: bool = False) -> Account:
        """A new account; ids never repeat, logins may."""
        self._next += 1
        found = Account(self._next, login, role, is_bot)
        self.accounts.append(found)
        return found

    # -- Git --------------------------------------------------------------------------------------------------

    def write(
        self,
        author: Account | None,
        *parents: str,
        committer: Account | None = None,
        message: str = "Change",
        stranger: bool = False,
    ) -> Node:
        """A commit on top of `parents`, or of main."""
        on = parents or ((self.tip,) if self.tip else ())
        at = self.now()
        sha = hashlib.sha1(f"{on} {author} {message} {at}".encode()).hexdigest()
        by = committer or author
        node = Node(sha, on, None if stranger else author, None if stranger else by, message, at)
        self.commits[sha] = node
        return node

    def reached(self, tip: str) -> set[str]:
        """`tip` and its ancestors."""
        found: set[str] = set()
        waiting = [tip]
        while waiting:
            sha = waiting.pop()
            if sha in self.commits and sha not in found:
                found.add(sha)
                waiting += self.commits[sha].parents
        return found

    def between(self, older: str, newer: str) -> list[Node]:
        """Commits that `newer` reaches and `older` does not, oldest first."""
        shas = self.reached(newer) - self.reached(older)
        return sorted((self.commits[sha] for sha in shas), key=lambda node: node.at)

    def push(self, actor: Account, *nodes: Node, force: bool = False) -> str:
        """Push commits to main, past every review; the new tip."""
        self._move("force_push" if force else "push", actor, nodes[-1].sha)
        return self.tip

    # -- changes ----------------------------------------------------------------------------------------------

    def change(self, author: Account, *nodes: Node, target: str = "main") -> Change:
        """Open a change with these commits."""
        found = Change(
            len(self.changes) + 1, author, self.tip, list(nodes), [(nodes[-1].sha, self.now())], target=target
        )
        self.changes.append(found)
        return found

    def update(self, change: Change, *nodes: Node, force: bool = False) -> None:
        """Push more commits to a change, or other ones."""
        change.commits = list(nodes) if force else [*change.commits, *nodes]
        change.heads.append((change.head, self.now()))

    def review(self, change: Change, account: Account, state: str, commit: str = "") -> Word:
        """Say something about a change's head, or about another commit."""
        word = Word(account, state, self.now(), commit or change.head)
        change.words.append(word)
        return word

    def merge(self, change: Change, by: Account, how: str = "merge") -> str:
        """Let the platform merge; the new tip of main."""
        landed = getattr(self, f"_{how}")(change, by)
        change.landed = [node.sha for node in landed]
        change.how, change.merged_at, change.merged_by = how, self.now(), by
        change.merged_as = landed[-1].sha
        self._move("pr_merge", by, change.merged_as)
        return self.tip

    def merge_by_hand(self, change: Change, by: Account, *, fast_forward: bool = False, extra: bool = False) -> str:
        """Merge on one's own machine and push; the platform marks the change as merged."""
        node = self.commits[change.head]
        if not fast_forward:
            node = self.write(by, self.tip, change.head, message="Merge, with more" if extra else "Merge")
        change.how, change.merged_at, change.merged_by = "hand", self.now(), by
        change.merged_as, change.landed = node.sha, [node.sha]
        self._move("push", by, node.sha)
        return self.tip

    def _merge(self, change: Change, by: Account) -> list[Node]:
        return [self.write(by, self.tip, change.head, committer=self.platform, message=f"Merge !{change.number}")]

    def _squash(self, change: Change, by: Account) -> list[Node]:
        del by
        return [self.write(change.author, committer=self.platform, message=f"Squash !{change.number}")]

    def _squash_merge(self, change: Change, by: Account) -> list[Node]:
        squashed = self._squash(change, by)[0]
        return [squashed, self.write(by, self.tip, squashed.sha, message=f"Merge !{change.number}")]

    def _fast_forward(self, change: Change, by: Account) -> list[Node]:
        del by
        return change.commits

    def _rebase(self, change: Change, by: Account) -> list[Node]:
        landed: list[Node] = []
        for node in change.commits:
            parent = landed[-1].sha if landed else self.tip
            landed.append(self.write(node.author, parent, committer=by, message=node.message))
        return landed

    def _move(self, kind: str, actor: Account, after: str, before: str = "") -> None:
        self.moves.append(Move(before or self.tip, after, kind, actor, self.now()))
        self.tip = after

    # -- the run ----------------------------------------------------------------------------------------------

    def decide(self, account: Account, environment: str, state: str) -> Word:
        """Approve or reject the run's deployment."""
        word = Word(account, state, self.now(), about=environment)
        self.words.append(word)
        return word

    def restart(self, by: Account, *, all_jobs: bool) -> None:
        """Run the run again, all of it or its failed jobs alone; what did not run again is listed once more."""
        plan, failed = self.jobs[-2:]
        failed.conclusion = "failure"
        self.attempt, self.restarter = self.attempt + 1, by
        self.jobs.append(Job("plan", self.attempt, "success", self.now() if all_jobs else plan.at))
        self.jobs.append(Job("promote", self.attempt, "", self.now()))

    def check(self, commit: str, name: str, conclusion: str, app: int | None = None) -> None:
        """Report a check; later ones of a name replace earlier ones."""
        self.checks.append(Check(commit, name, conclusion, app))
