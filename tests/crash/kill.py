#!/usr/bin/env python3
"""Kills phobien in the midst of a large edition, again and again, and counts what arrived.

Usage: tests/crash/kill.py [--phobien FILE] [--recipients N] [--kills N] [--seed N]

An edition for many members is published to a sink that remembers every message it accepted. Then
`phobien deliver` is killed with SIGKILL at random moments: some just after its start, the others
at random points of the edition. At last it may run to its end. Nobody may be missing; at most
`in_doubt_max` copies a kill may be double; all copies of a letter are the same bytes with the same
Message-ID; the ledger says what the sink says.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from office import IN_DOUBT_MAX, ROOT, Office, doubles, test_verdict, verdict  # noqa: E402
from sink import Sink  # noqa: E402


def kill_once(deliver, sink, target, chance):
    """Starts a delivery and kills it: soon after its start, or once the sink took `target`.

    Returns False if it ended by itself before it could be killed.
    """
    process = subprocess.Popen(deliver, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if target is not None:
        end = time.monotonic() + 60
        while sink.taken() < target and process.poll() is None and time.monotonic() < end:
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 0.02))
    else:
        time.sleep(chance.uniform(0, 0.3))
    ended = process.poll() is not None
    process.kill()
    process.wait(10)
    return not ended


def run(options, folder):
    """The whole trial; returns the faults and what there is to tell."""
    chance = random.Random(options.seed)
    office = Office(options.phobien, folder / "office", options.recipients)
    with Sink(folder / "sink.sqlite") as sink:
        office.furnish(sink.port)
        for step in (["ingest"], ["publish", "dang-vien"]):
            office.run(*step, check=True, timeout=300)
        early = options.kills // 4
        marks = sorted(chance.randrange(options.recipients * 9 // 10)
                       for _ in range(options.kills - early))
        plan = marks + [None] * early
        # Early kills fall between the others, so that starts with work left are killed too.
        order = sorted(range(len(plan)), key=lambda n: n if n < len(marks) else chance.uniform(0, len(marks)))
        deliver = office.command("deliver")
        killed = sum(kill_once(deliver, sink, plan[n], chance) for n in order)
        last = office.run("deliver", timeout=900)
        sent = sink.rows()
    faults = verdict(office.members, sent, office.log(), IN_DOUBT_MAX * killed) + office.faults()
    if killed < options.kills:
        faults.append(f"only {killed} of {options.kills} kills met a running process")
    if last.returncode != 0:
        faults.append(f"the last delivery exits {last.returncode}: {last.stderr[-1000:]}")
    told = f"{len(office.members)} members, {killed} kills, {len(sent)} letters, {doubles(sent)} double"
    return faults, told


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options.add_argument("--recipients", default=2000, type=int)
    options.add_argument("--kills", default=20, type=int)
    options.add_argument("--seed", default=None, type=int)
    options = options.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    test_verdict()
    with tempfile.TemporaryDirectory() as folder:
        try:
            faults, told = run(options, Path(folder))
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            output = getattr(error, "stderr", None) or ""
            faults, told = [f"{error}\n{output[-2000:]}"], "broken off"
    print(f"seed {options.seed}: {told}")
    for fault in faults:
        print(f"  FAIL {fault}")
    print(f"kill: {0 if faults else 1} passed, {1 if faults else 0} failed")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
