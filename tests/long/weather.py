"""A mail server in bad weather: it puts off, refuses, hangs, breaks off, goes away and says "too many".

Every letter that it takes is on record first (`tests/crash/sink.py`); whose acknowledgement it then
loses is counted, for each such loss excuses one second copy.
"""

import asyncio
import collections
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "crash"))
from sink import Sink  # noqa: E402

# Longer than the deadlines that the office sets (soak.py); shorter than them.
HUNG, SLOW = 12, 2.5
# Letters that it takes within a minute before it says "too many".
MOST_A_MINUTE = 300
CUT = "cut"
HANG = "hang"
# stage -> [(how often, what)]. 550 5.1.1 twice holds an address, 550 5.7.1 thrice in a row pauses an edition.
FAULTS = {
    "greeting": [(.005, b"421 4.3.2 shutting down\r\n"), (.003, b"421 4.7.0 too many connections\r\n"), (.005, CUT)],
    "mail": [(.004, b"451 4.3.0 out of order\r\n"), (.002, CUT)],
    "rcpt": [(.01, b"451 4.2.0 greylisted, come again\r\n"), (.004, b"550 5.1.1 no such user\r\n"),
             (.003, b"550 5.7.1 not wanted\r\n"), (.003, b"421 4.3.2 closing\r\n"), (.003, CUT), (.001, HANG)],
    "data": [(.003, b"451 4.3.0 no room\r\n"), (.002, CUT)],
    "body": [(.005, CUT)],
    "dot": [(.005, b"451 4.3.0 try later\r\n"), (.002, b"552 5.2.2 mailbox full\r\n"), (.003, CUT)],
    "taken": [(.004, CUT), (.001, HANG)],
}
SLOWNESS = .02


class Weather(Sink):
    """`fair = True` stops all of it; `away(seconds)` lets nobody in meanwhile."""

    def __init__(self, file, seed):
        super().__init__(file)
        self.chance, self.fair, self.away_until = random.Random(seed), False, 0
        self.played = collections.Counter()
        # recipient -> acknowledgements that it cannot have had in time.
        self.lost = collections.Counter()
        self.minute = collections.deque()

    def away(self, seconds):
        self.away_until = time.monotonic() + seconds
        self.played["away"] += 1

    def _too_many(self):
        now = time.monotonic()
        while self.minute and self.minute[0] < now - 60:
            self.minute.popleft()
        return len(self.minute) >= MOST_A_MINUTE

    def _drawn(self, stage):
        """What goes wrong here, if anything."""
        if self.fair:
            return None
        if stage != "taken" and time.monotonic() < self.away_until:
            return CUT
        if stage == "rcpt" and self._too_many():
            return b"451 4.7.1 too many letters, try again in 20 seconds\r\n"
        point = self.chance.random()
        for share, what in FAULTS[stage]:
            if (point := point - share) < 0:
                return what
        return None

    async def weather(self, stage, recipient):
        if stage == "taken":
            self.minute.append(time.monotonic())
        what = self._drawn(stage)
        if what is None:
            if not self.fair and self.chance.random() < SLOWNESS:
                self.played["slow"] += 1
                await asyncio.sleep(self.chance.uniform(0, SLOW))
            return None
        self.played[f"{what} at {stage}" if isinstance(what, str) else what.split(b",")[0].strip().decode()] += 1
        if stage == "taken":
            self.lost[recipient] += 1
        if what == HANG:
            await asyncio.sleep(HUNG)
        if what in (CUT, HANG):
            raise ConnectionResetError(stage)
        return what

    async def _data(self, reader, recipients):
        if self._drawn("body"):
            self.played["cut in a letter"] += 1
            for _ in range(self.chance.randrange(40)):
                await reader.readline()
            raise ConnectionResetError("body")
        started = time.monotonic()
        reply = await super()._data(reader, recipients)
        # A machine that stood still loses acknowledgements too.
        if recipients and time.monotonic() - started > SLOW * 2:
            self.lost[recipients[0]] += 1
        return reply
