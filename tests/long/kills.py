#!/usr/bin/env python3
"""Kills phobien a thousand times over many small editions, taking in and publishing killed too.

Usage: tests/long/kills.py [--phobien FILE] [--kills 1000] [--members 120] [--seed N]

Each round drops a new document; `ingest`, `publish` and `deliver` are begun and killed with SIGKILL
at random moments of the time they usually take, then run to their end. After every kill the ledger
as it lies on the disk may claim nothing that the sink does not have, and no more than
`in_doubt_max` letters may be in doubt; after every round each member has the new document, once
but for what the kills may have doubled.
"""

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/crash"))
from faults import scratch  # noqa: E402
from office import (IN_DOUBT_MAX, Office, claims, doubles, forgotten, replace, rows,  # noqa: E402
                    snapshot, test_verdict, verdict)
from papers import notice  # noqa: E402
from sink import Sink  # noqa: E402

STEPS = (["ingest"], ["publish", "dang-vien"], ["deliver"])
# How many of a round's kills meet each step: delivering is where letters can be lost or doubled.
KILLS = {"ingest": 1, "publish": 2, "deliver": 7}


class Trial:
    """One office through many rounds."""

    def __init__(self, options, folder, sink):
        self.chance, self.sink = random.Random(options.seed), sink
        self.office = Office(options.phobien, folder / "office", options.members).furnish(sink.port)
        self.cut = folder / "cut"
        self.usual = {words[0]: 0.1 for words in STEPS}
        self.kills = {words[0]: 0 for words in STEPS}
        self.rounds = self.double = self.most = 0
        self.seen, self.counted, self.faults = set(), 0, []

    def round(self):
        """One document to everybody."""
        self.rounds += 1
        file = self.office.folder / "van-ban" / f"{1000 + self.rounds}-TB-DU.txt"
        replace(file, notice(1000 + self.rounds))
        before = self.kills["deliver"]
        for words in STEPS:
            for _ in range(KILLS[words[0]]):
                self.kill(words)
            started = time.monotonic()
            self.office.run(*words, check=True, timeout=300)
            if words[0] != "deliver":
                self.usual[words[0]] = time.monotonic() - started
        self.judge(IN_DOUBT_MAX * (self.kills["deliver"] - before))

    def kill(self, words):
        """Begins a step and kills it within the time that it usually takes."""
        process = subprocess.Popen(self.office.command(*words), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(self.chance.uniform(0, self.usual[words[0]]))
        running = process.poll() is None
        process.kill()
        process.wait(10)
        self.kills[words[0]] += running
        if running and words[0] == "deliver":
            self.look()

    def look(self):
        """What lies on the disk after a kill."""
        ledger = rows(snapshot(self.office.state, self.cut), self.seen)
        sent = self.sink.rows()[self.counted:]
        self.faults += claims(ledger, sent)
        if lost := forgotten(ledger, sent):
            self.faults.append(f"round {self.rounds}: the ledger does not know of {sorted(lost)[:3]}")
        doubt = sum(state == "sending" for state, _ in ledger.values())
        self.most = max(self.most, doubt)
        if doubt > IN_DOUBT_MAX:
            self.faults.append(f"round {self.rounds}: {doubt} in doubt at once")

    def judge(self, most):
        """The end of a round."""
        ledger = [row for row in self.office.log() if row["edition"] not in self.seen]
        sent = self.sink.rows()[self.counted:]
        self.faults += [f"round {self.rounds}: {fault}"
                        for fault in verdict(self.office.members, sent, ledger, most)]
        self.double += doubles(sent)
        self.counted += len(sent)
        self.seen |= {row["edition"] for row in ledger}

    def told(self):
        parts = ", ".join(f"{count} of {step}" for step, count in self.kills.items())
        return (f"{sum(self.kills.values())} kills ({parts}), {self.rounds} editions, {self.counted} letters, "
                f"{self.double} double (bound {IN_DOUBT_MAX * self.kills['deliver']}), at most {self.most} of "
                f"{IN_DOUBT_MAX} in doubt at once")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/release/phobien", type=Path)
    options.add_argument("--kills", default=1000, type=int)
    options.add_argument("--members", default=120, type=int)
    options.add_argument("--seed", default=None, type=int)
    options = options.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    test_verdict()
    started = time.monotonic()
    with scratch() as folder, Sink(Path(folder) / "sink.sqlite") as sink:
        trial = Trial(options, Path(folder), sink)
        try:
            while sum(trial.kills.values()) < options.kills and not trial.faults:
                trial.round()
            trial.faults += trial.office.faults()
        except (subprocess.SubprocessError, OSError) as error:
            trial.faults.append(f"broken off: {error} {getattr(error, 'stderr', '')}")
    print(f"seed {options.seed}: {trial.told()}, {time.monotonic() - started:.0f} s")
    for fault in trial.faults:
        print(f"  FAIL {fault}")
    print(f"kills: {0 if trial.faults else 1} passed, {1 if trial.faults else 0} failed")
    sys.exit(1 if trial.faults else 0)


if __name__ == "__main__":
    main()
