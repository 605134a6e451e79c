"""One comment of ours, told as stories against both platforms."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.fakes.api_server import TOKEN, Asked, Reply
from tests.fakes.board import Board
from tests.fakes.forge import Account, Forge
from tests.fakes.github_api import GitHubServer
from tests.fakes.gitlab_api import GitLabServer

from gitless.ci.answers import GapError
from gitless.ci.github_api import GitHubApi
from gitless.ci.github_comments import GitHubComments
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_notes import GitLabNotes
from gitless.ci.sticky import keep_one
from gitless.ci.writes import PAUSE_SECONDS, UncertainError
from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.secret import Secret
from gitless.report.comment import mark
from gitless.web.patience import Patience

MARK = mark("publish", "stable")
OTHER = mark("publish", "preview")
OLD, NEW = f"{MARK}\nold", f"{MARK}\nnew"


@dataclass
class Platform:
    """A platform, and one job's view of request 7 there."""

    server: GitHubServer | GitLabServer
    view: Callable[[], GitHubComments | GitLabNotes]
    slept: list[float]

    @property
    def board(self) -> Board:
        return self.server.board

    @property
    def me(self) -> Account:
        return self.server.me

    def keep(self, body: str = NEW) -> tuple[int, ...]:
        return keep_one(self.view(), MARK, body)

    def said(self) -> list[str]:
        return self.board.bodies(7)

    @property
    def post(self) -> str:
        return "POST /repos" if isinstance(self.server, GitHubServer) else "POST /projects"

    @property
    def writes(self) -> list[str]:
        return [text for text in self.server.log if not text.startswith("GET") and "graphql" not in text]


@pytest.fixture(params=["github", "gitlab"])
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    slept: list[float] = []
    patience = Patience(attempts=3, total_seconds=20, sleep=slept.append, uniform=lambda _, most: most)

    def on_github() -> GitHubComments:
        return GitHubComments(GitHubApi(server.url, "acme/apps", Secret(TOKEN), {}, patience), 7)

    def on_gitlab() -> GitLabNotes:
        number = str(server.forge.id)
        return GitLabNotes(GitLabApi(server.url, number, Secret(TOKEN), {}, is_job_token=False, patience=patience), 7)

    is_github = request.param == "github"
    with GitHubServer(Forge()) if is_github else GitLabServer(Forge()) as server:
        yield Platform(server, on_github if is_github else on_gitlab, slept)


# -- one comment ----------------------------------------------------------------------------------------------------


def test_the_first_run_writes_the_later_ones_update(platform: Platform) -> None:
    assert platform.keep(OLD) == ()
    first = platform.board.last
    assert platform.keep(NEW) == ()
    assert platform.said() == [NEW]
    assert platform.board.last == first, "no second comment was ever there"
    assert [text.split()[0] for text in platform.writes] in (["POST", "PATCH"], ["POST", "PUT"])


def test_what_is_said_already_is_not_written_again(platform: Platform) -> None:
    platform.board.say(7, platform.me, f"{MARK}\r\nnew\r\n")
    assert platform.keep() == ()
    assert platform.writes == []


def test_it_is_found_on_the_third_page(platform: Platform) -> None:
    ann = Account(77, "ann")
    for number in range(220):
        platform.board.say(7, ann, f"comment {number}")
    platform.board.say(7, platform.me, OLD)
    for number in range(30):
        platform.board.say(7, ann, f"comment {number}")
    platform.keep()
    assert platform.said().count(NEW) == 1
    assert len(platform.said()) == 251
    assert sum(asked.method == "GET" and "7" in asked.path for asked in platform.server.asked) == 3
    assert len(platform.writes) == 1


def test_another_key_and_another_request_have_their_own(platform: Platform) -> None:
    platform.board.say(7, platform.me, f"{OTHER}\nother")
    platform.board.say(8, platform.me, OLD)
    platform.keep()
    assert platform.said() == [f"{OTHER}\nother", NEW]
    assert platform.board.bodies(8) == [OLD]


# -- whose it is ----------------------------------------------------------------------------------------------------


def test_a_stranger_s_mark_is_ignored(platform: Platform) -> None:
    mallory = Account(666, "mallory")
    platform.board.say(7, mallory, f"{MARK}\n[click](https://evil.example)")
    platform.board.say(7, None, f"{MARK}\nby an account that is gone")
    platform.keep()
    assert platform.said()[0].endswith("[click](https://evil.example)")
    assert platform.said()[2:] == [NEW]
    assert len(platform.writes) == 1


def test_the_bot_of_another_app_is_a_stranger(platform: Platform) -> None:
    bot = Account(49699333, "dependabot[bot]", is_bot=True)
    platform.board.say(7, bot, OLD)
    platform.keep()
    assert platform.said() == [OLD, NEW]


def test_our_account_is_known_under_another_name_and_a_name_alone_is_not(platform: Platform) -> None:
    platform.board.say(7, Account(667, platform.me.login), OLD)
    platform.board.say(7, Account(platform.me.id, "our-old-name"), OLD)
    platform.keep()
    assert platform.said() == [OLD, NEW]


def test_a_mark_below_the_first_line_is_text(platform: Platform) -> None:
    quoted = f"> somebody's words\n{MARK}\nold"
    platform.board.say(7, platform.me, quoted)
    platform.keep()
    assert platform.said() == [quoted, NEW]


def test_a_note_of_the_system_is_none_of_ours() -> None:
    forge = Forge()
    with GitLabServer(forge) as server:
        server.board.say(7, server.me, OLD, is_system=True)
        api = GitLabApi(server.url, str(forge.id), Secret(TOKEN), {}, is_job_token=False)
        keep_one(GitLabNotes(api, 7), MARK, NEW)
        assert server.board.bodies(7) == [OLD, NEW]


def test_nothing_is_written_before_it_is_known_who_we_are(platform: Platform) -> None:
    platform.server.fail("graphql", 401, "Bad credentials")
    platform.server.fail("GET /user", 401, "401 Unauthorized")
    with pytest.raises(GapError, match="Cannot learn whose token"):
        platform.keep()
    assert platform.writes == []


@pytest.mark.parametrize("answer", [b'{"data": {"viewer": {"databaseId": null}}}', b'{"data": {}}', b"[]"])
def test_an_account_without_a_number_is_refused(answer: bytes) -> None:
    with GitHubServer(Forge()) as server:
        server.faults.append(("graphql", lambda _: Reply(200, answer)))
        with pytest.raises(UntrustedContentError):
            keep_one(GitHubComments(GitHubApi(server.url, "acme/apps", Secret(TOKEN), {}), 7), MARK, NEW)
        assert server.board.notes == {}


# -- races ----------------------------------------------------------------------------------------------------------


def test_of_several_the_oldest_stays(platform: Platform) -> None:
    kept = platform.board.say(7, platform.me, OLD)
    extra = [platform.board.say(7, platform.me, OLD).id for _ in range(2)]
    assert platform.keep() == tuple(extra)
    assert [(note.id, note.body) for note in platform.board.notes[7]] == [(kept.id, NEW)]


def test_another_job_writes_between_our_look_and_our_comment(platform: Platform) -> None:
    older: list[int] = []

    def races(_: Asked) -> None:
        if not older:
            older.append(platform.board.say(7, platform.me, OLD).id)

    platform.server.faults.append((platform.post, races))
    (removed,) = platform.keep()
    assert [(note.id, note.body) for note in platform.board.notes[7]] == [(older[0], NEW)]
    assert removed > older[0]


def test_another_job_folds_our_comment_into_its_older_one(platform: Platform) -> None:
    """It removes ours before we look again: what we have to say goes into the one that is left."""
    looks: list[int] = []

    def races(asked: Asked) -> None:
        looks.append(1)
        if len(looks) == 2:
            for note in list(platform.board.notes[7]):
                platform.board.remove(note.id)
            older = platform.board.say(7, platform.me, OLD)
            older.id = 1

    platform.server.faults.append(("/7/", lambda asked: races(asked) if asked.method == "GET" else None))
    assert platform.keep() == ()
    assert [(note.id, note.body) for note in platform.board.notes[7]] == [(1, NEW)]


def test_another_job_updates_our_new_comment_and_has_the_last_word(platform: Platform) -> None:
    looks: list[int] = []

    def races(asked: Asked) -> None:
        looks.append(1)
        if len(looks) == 2:
            platform.board.notes[7][0].body = OLD

    platform.server.faults.append(("/7/", lambda asked: races(asked) if asked.method == "GET" else None))
    platform.keep()
    assert platform.said() == [OLD]


@pytest.mark.parametrize("count", [2, 4])
def test_jobs_that_look_at_the_same_time_leave_one_comment(platform: Platform, count: int) -> None:
    together, looks = threading.Barrier(count), itertools.count(1)

    def wait(asked: Asked) -> None:
        # the first looks are the jobs' first ones: nobody looks again before all have looked
        if asked.method == "GET" and next(looks) <= count:
            together.wait(10)

    platform.server.faults.append(("/7/", wait))
    views = [platform.view() for _ in range(count)]
    bodies = [f"{MARK}\nby job {number}" for number in range(count)]
    failures: list[BaseException] = []

    def job(number: int) -> None:
        try:
            keep_one(views[number], MARK, bodies[number])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=job, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    (left,) = platform.said()
    assert left in bodies


def test_a_comment_that_is_removed_while_it_is_updated_is_written_anew(platform: Platform) -> None:
    note = platform.board.say(7, platform.me, OLD)
    platform.server.faults.append((f"s/{note.id}", lambda _: platform.board.remove(note.id)))
    platform.keep()
    assert platform.said() == [NEW]


def test_a_comment_that_is_removed_again_and_again_is_said(platform: Platform) -> None:
    platform.board.say(7, platform.me, OLD)
    platform.server.fail("PATCH", 404, "Not Found")
    platform.server.fail("PUT", 404, "Not Found")
    with pytest.raises(RemoteError, match=r"Cannot write the comment\.\nIt is removed while it is written\."):
        platform.keep()


# -- weather --------------------------------------------------------------------------------------------------------


def test_a_lost_answer_makes_no_second_comment(platform: Platform) -> None:
    platform.server.lose(platform.post)
    assert platform.keep() == ()
    assert platform.said() == [NEW]
    assert len(platform.writes) == 1
    assert platform.slept == [PAUSE_SECONDS]


def test_a_comment_that_did_not_arrive_is_sent_again(platform: Platform) -> None:
    platform.server.fail(platform.post, 502, "Bad gateway", times=1)
    assert platform.keep() == ()
    assert platform.said() == [NEW]
    assert len(platform.writes) == 2


def test_a_comment_whose_second_answer_is_lost_too_is_found(platform: Platform) -> None:
    platform.server.fail(platform.post, 502, "Bad gateway", times=1)
    platform.server.lose(platform.post)
    assert platform.keep() == ()
    assert platform.said() == [NEW]
    assert len(platform.writes) == 2


def test_a_comment_that_may_not_be_removed_is_said(platform: Platform) -> None:
    platform.board.say(7, platform.me, OLD)
    platform.board.say(7, platform.me, OLD)
    platform.server.fail("DELETE", 403, "Forbidden")
    with pytest.raises(
        GapError, match=r"Cannot remove our (comment|note) on (pull|merge) request 7: .* 403: Forbidden"
    ):
        platform.keep()
    assert platform.said() == [NEW, OLD]


def test_answers_that_are_lost_time_and_again_end_with_an_error_and_without_a_flood(platform: Platform) -> None:
    platform.server.fail(platform.post, 503, "down")
    with pytest.raises(UncertainError, match=r"Cannot write a (comment|note) to (pull|merge) request 7") as caught:
        platform.keep()
    assert caught.value.temporary
    assert len(platform.writes) == 2


def test_a_lost_answer_to_an_update_or_a_removal_is_sent_again(platform: Platform) -> None:
    platform.board.say(7, platform.me, OLD)
    extra = platform.board.say(7, platform.me, OLD)
    for part in ("PATCH", "PUT", "DELETE"):
        platform.server.lose(part)
    assert platform.keep() == (), "the second removal finds nothing"
    assert platform.board.find(extra.id) is None
    assert platform.said() == [NEW]


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_rate_limit_is_waited_for(status: int) -> None:
    slept: list[float] = []
    patience = Patience(attempts=3, total_seconds=60, sleep=slept.append, uniform=lambda *_: 0.25)
    with GitHubServer(Forge()) as server:
        words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        server.fail("POST /repos", status, words, times=1, retry_after="30")
        keep_one(GitHubComments(GitHubApi(server.url, "acme/apps", Secret(TOKEN), {}, patience), 7), MARK, NEW)
        assert server.board.bodies(7) == [NEW]
        assert slept == [30.25]


def test_a_comment_that_is_too_long_is_refused_by_the_platform(platform: Platform) -> None:
    """The fakes hold the limits, so that a body that breaks one cannot pass a test."""
    with pytest.raises(RemoteError, match=r"answered 4(00|22)"):
        platform.keep(f"{MARK}\n" + "x" * 1_000_000)
    assert platform.said() == []
