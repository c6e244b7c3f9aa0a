#!/usr/bin/env python3
"""Flips a bit in each page of the database before a delivery.

Usage: tests/crash/corrupt.py [--phobien FILE] [--all] [--jobs N]

SQLite keeps no checksums of pages. Either phobien refuses, with exit 2 and the steps of restoring,
or it stops at the letter that it cannot make, or it works; never a crash, and never a letter that
is not byte for byte the letter it would have been, but for what stands in one recipient's own row.
What does not hinder it `phobien verify` may find; how many of the flips it finds is told.
"""

import argparse
import functools
import random
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from faults import play, scratch  # noqa: E402
from office import ROOT, Office, copies  # noqa: E402
from sink import Sink  # noqa: E402

PAGE = 4096
REFUSED = ("phobien backup", "state folder", "phobien restore")
found = {"refused": 0, "paused": 0, "worked": 0, "one name spoilt": 0, "verify finds": 0, "flips": 0}


def flip(file, at, bit):
    with open(file, "r+b") as opened:
        opened.seek(at)
        byte = opened.read(1)[0]
        opened.seek(at)
        opened.write(bytes([byte ^ 1 << bit]))


def trial(template, true, folder, file, at, bit):
    """One flipped byte: how phobien ends, and what went out."""
    with Sink(folder.with_suffix(".sink")) as sink:
        office = template.twin(folder, sink.port)
        flip(office.state / file, at, bit)
        verified = office.run("verify")
        run = office.run("deliver", "--until-idle")
        faults = []
        for name, ended in (("verify", verified), ("deliver", run)):
            if ended.returncode not in (0, 1, 2) or "panicked" in ended.stderr:
                faults.append(f"{name} exits {ended.returncode}: {ended.stderr[-600:]}")
            if ended.returncode == 2 and (lacks := [w for w in REFUSED if w not in ended.stderr]):
                faults.append(f"{name} does not say {lacks}: {ended.stderr[-600:]}")
        # A recipient's own row has no checksum before the edition ends: what was frozen of his name
        # may be spoilt, for him alone. What all share may not.
        other = [r for r, letters in copies(sink.rows()).items() if r in true and letters[0][1] != true[r]]
        found["one name spoilt"] += len(other) == 1
        if len(other) > 1:
            faults.append(f"{len(other)} got other letters than were frozen, first {other[:3]}")
        if not sink.attached() <= {true["attached"]}:
            faults.append("wrong bytes of a document went out")
        if run.returncode == 0 and len(copies(sink.rows())) < len(template.members):
            faults.append(f"exits 0 with {len(copies(sink.rows()))} letters: {run.stdout}")
        found["flips"] += 1
        found["verify finds"] += verified.returncode != 0
        found[{0: "worked", 1: "paused", 2: "refused"}.get(run.returncode, "paused")] += 1
        return faults


def letters(template, folder):
    """recipient -> digest of the letter that is right for him; and what is attached to all."""
    with Sink(folder / "true.sink") as sink:
        office = template.twin(folder / "true", sink.port)
        office.run("deliver", check=True)
        true = {recipient: copy[0][1] for recipient, copy in copies(sink.rows()).items()}
        return true | {"attached": sink.attached().pop()}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options.add_argument("--all", action="store_true", help="eight bytes in each page, not one")
    options.add_argument("--jobs", default=2, type=int)
    options.add_argument("--seed", default=1, type=int)
    options = options.parse_args()
    chance = random.Random(options.seed)
    with scratch() as folder:
        folder = Path(folder)
        template = Office(options.phobien, folder / "template", 30).furnish(1)
        template.run("ingest", check=True)
        template.run("publish", "dang-vien", check=True)
        true = letters(template, folder)
        size = (template.state / "phobien.db").stat().st_size
        trials = []
        for page in range(size // PAGE):
            for n in range(8 if options.all else 1):
                # The header of the file, the heads of pages and any place in them.
                at = page * PAGE + chance.randrange(100 if n % 2 == 0 and page == 0 else PAGE)
                title, bit = f"page {page + 1} byte {at} of phobien.db", chance.randrange(8)
                trials.append((title, functools.partial(trial, template, true, folder / f"flip-{at}-{n}",
                                                        "phobien.db", at, bit)))
        failed = play("flipped bytes", trials, options.jobs)
    print(", ".join(f"{count} {what}" for what, count in found.items()))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
