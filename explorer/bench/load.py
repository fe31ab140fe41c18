"""A class on one server: users on loopback who move sliders, with time to think in between.

The real server in a process of its own, and every user a page of his own, a second or two between a
picture and the next move (`user.THINKING`), a quarter of the moves drags, a fifth of them to views
that others look at too.  Each answer is held against its question, and a sample of them against the
same view made alone.  × alone is beside one user, in the same run; the server's work is time of a
core for each move, with all that follows of it, and so the same on a busy machine.
"""

import asyncio
import secrets
import statistics
import tempfile
from typing import NamedTuple

from .checked import compared, mistaken
from .jobs import Jobs
from .page import Served, served
from .report import percentile, resident, table, verdict, worked
from .user import Seen, User

ALONE = 12.0  # seconds of the one user that others are compared with, at most
SAMPLED = 12  # answers of a row that are made again, alone
MB = 1e6
TARGETS = {25: (0.06, 0.30), 50: (0.15, 0.6), 100: (1.0, 3.0)}  # p50, p95 of the first picture, s
WITH_JOBS = (2.0, 6.0)  # of 100 users
GROWTH = 300.0  # MB that a server may have gained when all have left


HEAD = (
    "users",
    "moves",
    "p50",
    "p95",
    "× alone",
    "whole p50",
    "p95",
    "drafts",
    "server's work",
    "mean ratio",
)


class Crowd(NamedTuple):
    """So many users, what each has seen, and the seconds of a core that the server worked."""

    users: int
    seen: list[Seen]
    worked: float


def options(command) -> None:
    """Declare what `bench load` may be given."""
    command.add_argument(
        "--users", type=int, nargs="+", default=[25, 50, 100], help="at once, one row each"
    )
    command.add_argument("--seconds", type=float, default=40.0, help="of each row")
    command.add_argument(
        "--with-jobs", action="store_true", help="beside a training and four AMED trainings"
    )


def measure(given) -> None:
    """Print a row for each number of users, then what was wrong, and the targets."""
    with (
        tempfile.TemporaryDirectory(prefix="explorer-load-", ignore_cleanup_errors=True) as cache,
        served(device=given.device, EXPLORER_CACHE=cache) as app,
    ):
        before = resident(process=app.process.pid)
        alone = _crowd(app, 1, min(ALONE, given.seconds))
        rows = [_crowd(app, users, given.seconds, given.with_jobs) for users in given.users]
        after = resident(process=app.process.pid)
    table(HEAD, [_row(crowd, alone.seen) for crowd in (alone, *rows)])
    print(f"\nserver: {before / MB:.0f} MB before, {after / MB:.0f} MB after")
    for crowd in rows:
        _verdicts(crowd.users, crowd.seen, given.with_jobs)
    verdict("growth of the server", (after - before) / MB, GROWTH, " MB")


def _crowd(app: Served, users: int, seconds: float, jobs: bool = False) -> Crowd:
    """What so many users see in so many seconds."""

    async def all_of_them() -> list[Seen]:
        crowd = [User(app.url, secrets.token_hex(8), seed) for seed in range(users)]
        async with Jobs(app.url, jobs):
            await asyncio.gather(*(user.lives(seconds) for user in crowd))
        return [user.seen for user in crowd]

    began = worked(app.process.pid)
    seen = asyncio.run(all_of_them())
    return Crowd(users, seen, worked(app.process.pid) - began)


def _row(crowd: Crowd, alone: list[Seen]) -> tuple:
    seen = crowd.seen
    first, whole = _all(seen, "first"), _all(seen, "whole")
    if not first:
        return (crowd.users, 0, *["–"] * (len(HEAD) - 2))
    middle, base = percentile(first, 0.5), _all(alone, "first")
    return (
        crowd.users,
        len(first),
        f"{middle:.2f} s",
        f"{percentile(first, 0.95):.2f} s",
        f"{middle / percentile(base, 0.5):.1f}" if base else "–",
        f"{percentile(whole, 0.5):.2f} s" if whole else "–",
        f"{percentile(whole, 0.95):.2f} s" if whole else "–",
        f"{sum(s.drafts for s in seen)}",
        f"{1e3 * crowd.worked / len(first):.0f} ms",
        f"{_ratio(seen):.2f}",
    )


def _all(seen: list[Seen], what: str) -> list[float]:
    return [seconds for s in seen for seconds in getattr(s, what)]


def _ratio(seen: list[Seen]) -> float:
    """The mean time of the user who waits longest over that of the one who waits least."""
    means = [statistics.mean(s.first) for s in seen if s.first]
    return max(means) / min(means) if means else float("inf")


def _verdicts(users: int, seen: list[Seen], jobs: bool) -> None:
    first = _all(seen, "first")
    p50, p95 = WITH_JOBS if jobs else TARGETS.get(users, (None, None))
    print(f"\n{users} users{' beside five jobs' if jobs else ''}")
    if first and p50 is not None and p95 is not None:
        verdict("move to first picture, p50", percentile(first, 0.5), p50, " s")
        verdict("move to first picture, p95", percentile(first, 0.95), p95, " s")
    faults = [fault for s in seen for fault in s.faults]
    answers = [pair for s in seen for pair in s.answers]
    wrong = [why for pair in answers if (why := mistaken(*pair))]
    wrong += compared(answers, SAMPLED)
    for fault in sorted(set(faults))[:5] + sorted(set(wrong))[:5]:
        print(f"      {fault:.300}")
    verdict(f"errors, of {len(answers)} answers", len(faults), 0)
    verdict(f"wrong answers, {min(SAMPLED, len(answers))} made again alone", len(wrong), 0)
    verdict("slowest user's mean over the quickest's", _ratio(seen), 2)
    print(f"      {sum(s.overtaken for s in seen)} overtaken")
