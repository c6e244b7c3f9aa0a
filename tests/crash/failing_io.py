#!/usr/bin/env python3
"""Makes each write and each fsync of phobien fail in turn, and sees that it stops, says so, recovers.

Usage: tests/crash/failing_io.py [--phobien FILE] [--all] [--jobs N]

One small edition is published and delivered under a shim that lets the n-th call which writes into
the state folder fail with EIO, ENOSPC or EROFS, once or from there on. Whatever happens, the sink
may have no letter that the ledger does not know, and after a failed fsync nothing may be synced
again. A run without the shim then brings the edition to its end. `--all` takes every n, else a
sample that has every kind of call.
"""

import argparse
import errno
import functools
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from faults import Shim, build, play, scratch  # noqa: E402
from office import (IN_DOUBT_MAX, ROOT, Office, claims, doubles, forgotten, rows,  # noqa: E402
                    snapshot, verdict)
from sink import Sink  # noqa: E402

STEPS = {"publish": ["publish", "dang-vien"], "deliver": ["deliver"]}
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EROFS": errno.EROFS}
# Thirty seconds of patience pass in one.
HASTE = 30
# The last calls of a run fold the log into the database.
CLOSING = 16
# What every message says besides the trouble: where it is, and that it can be begun again.
ADVICE = ("state folder", "again")


def told(run, calls):
    """What is wrong with the way phobien ended."""
    faults, failed = [], [c for c in calls if c.failed]
    if "panicked" in run.stderr or run.returncode not in (0, 1):
        faults.append(f"exits {run.returncode}: {run.stderr[-800:]}")
    if run.returncode != 0 and not all(word in run.stderr for word in ADVICE):
        faults.append(f"does not say what to do: {run.stderr[-800:]!r}")
    for sync in (c for c in failed if c.name == "sync" and c.file.startswith("phobien.db")):
        later = [c for c in calls if c.number > sync.number and not c.failed]
        # The log is not confirmed: nothing may be written any more. The database is not: its log,
        # which holds the same, must stay.
        log = sync.file.endswith("-wal")
        if log and (more := [c for c in later if c.name in ("sync", "write") and "-shm" not in c.file]):
            faults.append(f"goes on after {sync}: {more[:2]}")
        if not log and (gone := [c for c in later if c.name == "unlink" and c.file.endswith("-wal")]):
            faults.append(f"gives up the log after {sync}: {gone}")
        if log and run.returncode == 0:
            faults.append(f"hides {sync}")
    return faults


def trial(library, template, folder, step, number, error, how):
    """One failing call, and the way back."""
    with Sink(folder.with_suffix(".sink")) as sink:
        office = template.twin(folder, sink.port)
        shim = Shim(library, office.state, folder.with_suffix(".log")).haste(HASTE)
        shim.fail(number, ERRORS[error], how)
        run = office.run(*STEPS[step], env=shim.env)
        calls, sent = shim.calls(), sink.rows()
        failed = [call for call in calls if call.failed]
        if not failed:
            return []
        faults = told(run, calls)
        ledger = rows(snapshot(office.state, folder.with_suffix(".cut")))
        faults += claims(ledger, sent)
        if lost := forgotten(ledger, sent):
            faults.append(f"the ledger does not know of {sorted(lost)[:3]}")
        late = sum(at > failed[0].at for at in sink.times())
        if how == "on" and late > IN_DOUBT_MAX:
            faults.append(f"{late} letters after it could not record")
        steps = [step for step in STEPS.values()] if step == "publish" else [STEPS["deliver"]]
        for words in steps:
            again = office.run(*words)
            if again.returncode != 0:
                faults.append(f"afterwards `{words[0]}` exits {again.returncode}: {again.stderr}")
        most = IN_DOUBT_MAX if run.returncode != 0 or how == "on" else 0
        faults += verdict(office.members, sink.rows(), office.log(), most) + office.faults()
        return [f"{f} (after {failed[0]}, exit {run.returncode})" for f in faults]


def sample(calls, every):
    """Every call, or at least one of each kind, each n-th of the others, and the closing."""
    if not every:
        return [call.number for call in calls]
    kinds, taken = set(), []
    for call in calls:
        kind = (call.name, call.file)
        if kind not in kinds or call.number % every == 0 or call.number > calls[-1].number - CLOSING:
            taken.append(call.number)
        kinds.add(kind)
    return taken


def trials(options, folder):
    """Every trial by its name."""
    library = build(folder)
    template = Office(options.phobien, folder / "template", 30).furnish(1)
    template.run("ingest", check=True)
    found = []
    for step, words in STEPS.items():
        # What an undisturbed run does, counted on a twin.
        with Sink(folder / f"{step}.sink") as sink:
            twin = template.twin(folder / step, sink.port)
            shim = Shim(library, twin.state, folder / f"{step}.log").haste(HASTE)
            twin.run(*words, env=shim.env, check=True)
        for number in sample(shim.calls(), None if options.all else 12):
            for error in ERRORS:
                for how in ("once", "on"):
                    title = f"{step} call {number} {error} {how}"
                    at = folder / title.replace(" ", "-")
                    found.append((title, functools.partial(
                        trial, library, template, at, step, number, error, how)))
        if step == "publish":
            before, template = template, template.twin(folder / "published", 1)
            template.run(*words, check=True)
            found = [(title, functools.partial(p.func, library, before, *p.args[2:])) for title, p in found]
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options.add_argument("--all", action="store_true", help="every call, not a sample")
    options.add_argument("--jobs", default=2, type=int)
    options = options.parse_args()
    with scratch() as folder:
        failed = play("failing i/o", trials(options, Path(folder)), options.jobs)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
