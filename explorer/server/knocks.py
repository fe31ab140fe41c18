"""Passwords: compared in a time that tells nothing, and wrong ones slowed down.

Whoever comes from an address that has sent wrong ones waits longer each time; others do not wait
for them.  When many addresses send wrong ones, everybody's password is looked at a little later,
and nobody's is refused for it.
"""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

FREE = 5  # wrong passwords of one address without a wait
LONGEST = 60.0  # seconds that an address waits at most
FORGOTTEN = 900.0  # seconds without a wrong password after which an address is like a new one
KNOWN = 4096  # addresses remembered
MANY = 60  # wrong passwords of all addresses within a minute that slow everybody down
PAUSE = 2.0  # by so many seconds


class Knocks:
    """What was tried lately.  clock: seconds, from any beginning."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float, float]] = OrderedDict()
        self._all: list[float] = []  # times of the newest wrong passwords, at most MANY

    def wait(self, address: str) -> float:
        """Seconds until a password from this address is looked at; 0: now.  To be let through
        counts as a try: of many at the same time one is."""
        now = self._clock()
        count, last, until = self._wrong.get(address, (0, now, 0.0))
        if count and now - last > FORGOTTEN:
            del self._wrong[address]
            return 0.0
        if now < until:
            return until - now
        if count >= FREE:
            self._wrong[address] = (count, last, now + _delay(count + 1))
        return 0.0

    def pause(self) -> float:
        """Seconds that everybody's password waits, whatever their address."""
        now = self._clock()
        self._all = [t for t in self._all if now - t < 60]
        return PAUSE if len(self._all) >= MANY else 0.0

    def wrong(self, address: str) -> None:
        """A wrong password came from this address."""
        now = self._clock()
        count = self._wrong.get(address, (0,))[0] + 1
        self._wrong[address] = (count, now, now + _delay(count))
        self._wrong.move_to_end(address)
        while len(self._wrong) > KNOWN:
            self._wrong.popitem(last=False)
        self._all = [*self._all[1 - MANY :], now]


def _delay(count: int) -> float:
    return min(LONGEST, 2.0 ** (count - FREE + 1)) if count >= FREE else 0.0


def checker(pairs: Iterable[tuple[str, str]]) -> Callable[[str, str], bool]:
    """Whether a name and a password are one of the pairs, in a time that no guess changes."""
    known = [_digest(*pair) for pair in pairs]

    def check(user: str, password: str) -> bool:
        given = _digest(user, password)
        return sum(hmac.compare_digest(given, one) for one in known) > 0  # all of them, each time

    return check


def _digest(user: str, password: str) -> bytes:
    name = user.encode("utf-8", "surrogatepass")
    word = password.encode("utf-8", "surrogatepass")
    return hashlib.sha256(hashlib.sha256(name).digest() + word).digest()
