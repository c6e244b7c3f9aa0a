#!/usr/bin/env python3
"""Plays the random mix of faults over many seeds; after each the ledger must equal the server's record.

Usage: tests/long/random_faults.py [--seeds FROM..TO] [--binary FILE]

One seed is one edition for 2 000 members against a server that fails at 5 % of all stages. The test
is `faults::random::under_random_faults_the_ledger_equals_the_peer`; `tests/run` plays three seeds.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEST = "faults::random::under_random_faults_the_ledger_equals_the_peer"


def play(command, seed):
    """Plays one seed; returns what the test said if it failed."""
    told = os.environ | {"PHOBIEN_SEEDS": f"{seed}..{seed + 1}", "RUST_BACKTRACE": "0"}
    run = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=900)
    well = run.returncode == 0 and "1 passed" in run.stdout
    return None if well else (run.stdout + run.stderr)[-3000:]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", default="1..101", help="from this one to the one before that")
    options.add_argument("--binary", type=Path, help="the built tests; else cargo builds them")
    options = options.parse_args()
    first, last = map(int, options.seeds.split(".."))
    command = [options.binary.resolve()] if options.binary else \
        ["cargo", "test", "-q", "--locked", "--test", "it", "--"]
    started, failed = time.monotonic(), 0
    for seed in range(first, last):
        fault = play([*command, "--exact", TEST], seed)
        if fault:
            failed += 1
            print(f"FAIL seed {seed}:\n{fault}", flush=True)
    print(f"{last - first} seeds in {time.monotonic() - started:.0f} s")
    print(f"random faults: {last - first - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
