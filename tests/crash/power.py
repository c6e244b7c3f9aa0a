#!/usr/bin/env python3
"""Power cuts: the database and its log as they lay on the disk at many moments of an edition.

Usage: tests/crash/power.py [--phobien FILE] [--all] [--jobs N] [--moments N]

While an edition is delivered phobien is stopped (SIGSTOP) again and again, and database and
write-ahead log are copied, without the `-shm` that lives in memory; with each copy goes what the
sink had accepted by then. Every copy's log is then cut at every 512 bytes, with and without its
last sector turned into garbage. Each such image must open, be whole, pass `phobien verify` and claim
`sent` of nobody whom the sink had not served; delivering from it must leave nobody out.

Two kinds of cut differ in what they may double. A cut behind the last fsync that phobien waited for
is a power cut on an honest disk: at most `in_doubt_max` copies. A cut before it is a disk that said
"done" and was not: all that it forgot is sent again, and nothing else.
"""

import argparse
import copy
import functools
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
from faults import Shim, build, play, scratch  # noqa: E402
from office import (CONNECTIONS, IN_DOUBT_MAX, ROOT, Office, claims, doubles, rows,  # noqa: E402
                    snapshot, verdict)
from sink import Sink  # noqa: E402

SECTOR = 512
# How long the sink takes over a letter.
DELAY = 0.05
LOG = "phobien.db-wal"


class Moment:
    """What a power cut at one moment would have left, and what the sink had by then."""

    def __init__(self, folder, office, shim, sink_file):
        self.state = snapshot(office.state, folder / "state")
        self.sink_file = folder / "sink.sqlite"
        with Sink(sink_file, serve=False) as sink:
            sink.copy(self.sink_file)
        synced = [c.size for c in shim.calls() if (c.name, c.file, c.failed) == ("sync", LOG, False)]
        self.synced = max(synced, default=0)
        log = self.state / LOG
        self.size = log.stat().st_size if log.exists() else 0


def moments(options, folder, office):
    """Delivers an edition and stops it at many moments; answers them."""
    found, chance = [], random.Random(options.seed)
    # The whole edition takes this long; the moments are spread over it.
    lasts = DELAY * options.members / CONNECTIONS
    with Sink(folder / "sink.sqlite", delay=DELAY) as sink:
        office.configure(sink.port)
        shim = Shim(options.library, office.state, folder / "calls")
        with office.running("deliver", env=shim.env) as process:
            while process.poll() is None and len(found) < options.moments:
                time.sleep(chance.uniform(0, 2 * lasts / options.moments))
                process.send_signal(signal.SIGSTOP)
                while process.poll() is None and state_of(process.pid) != "T":
                    time.sleep(0.0002)
                # What the kernel has of phobien's bytes is on its way to the sink all the same.
                found.append(Moment(folder / f"moment-{len(found)}", office, shim, sink.file))
                process.send_signal(signal.SIGCONT)
            if process.wait(60) != 0:
                raise ValueError(f"the edition itself exits {process.returncode}")
    return [moment for moment in found if moment.size]


def state_of(pid):
    """`T` where a process is stopped, all its threads included."""
    states = {stat.read_text().rsplit(")", 1)[1].split()[0]
              for stat in Path(f"/proc/{pid}/task").glob("*/stat")}
    return states.pop() if len(states) == 1 else ""


def image(office, moment, folder, cut, garbage):
    """The office as it is found after the power cut."""
    shutil.copytree(office.folder, folder, ignore=shutil.ignore_patterns("state"))
    found = Office(office.phobien, folder, len(office.members))
    shutil.copytree(moment.state, found.state)
    found.state.chmod(0o700)
    os.truncate(found.state / LOG, cut)
    if garbage and cut >= SECTOR:
        with open(found.state / LOG, "r+b") as log:
            log.seek(cut - SECTOR)
            log.write(random.Random(cut).randbytes(SECTOR))
    return found


def trial(office, moment, folder, cut, garbage, go_on):
    """One image: is it sound, is it honest, and does the edition come to its end from it."""
    with Sink(moment.sink_file, serve=False) as before:
        sent = before.rows()
    found = image(office, moment, folder, cut, garbage)
    ledger = rows(snapshot(found.state, folder / "look"))
    # A garbled sector was not confirmed, whatever the disk said of it.
    honest = cut - (SECTOR if garbage else 0) >= moment.synced
    served = {recipient for recipient, *_ in sent}
    forgot = sum(ledger.get(a, ("", ""))[0] != "sent" for a in served)
    faults = found.faults() + claims(ledger, sent)
    if honest and forgot > IN_DOUBT_MAX:
        faults.append(f"an honest disk forgot {forgot} letters")
    if go_on and not faults:
        shutil.copyfile(moment.sink_file, folder / "sink.sqlite")
        with Sink(folder / "sink.sqlite") as sink:
            found.configure(sink.port)
            run = found.run("deliver")
            if run.returncode != 0:
                faults.append(f"going on exits {run.returncode}: {run.stderr}")
            most = IN_DOUBT_MAX if honest else forgot
            faults += verdict(found.members, sink.rows(), found.log(), most) + found.faults()
            if (again := doubles(sink.rows())) != forgot:
                faults.append(f"{again} double, but {forgot} were forgotten")
    shutil.rmtree(folder)
    return [f"{fault} (log of {moment.size}, synced to {moment.synced}, cut at {cut})" for fault in faults]


def lie(office, moment, folder):
    """Proof that a lie would be seen: the same image before a sink that has nothing."""
    with Sink(folder / "nothing.sqlite"):
        pass
    moment.sink_file = folder / "nothing.sqlite"
    seen = trial(office, moment, folder / "image-of-a-lie", moment.size, False, True)
    return [] if any("that the sink does not have" in fault for fault in seen) else [f"not seen: {seen}"]


def trials(options, folder):
    """Every image by its name."""
    chance = random.Random(options.seed)
    options.library = build(folder)
    office = Office(options.phobien, folder / "office", options.members).furnish(1)
    office.run("ingest", check=True)
    office.run("publish", "dang-vien", check=True)
    found, kept = [], moments(options, folder, office)
    last = copy.copy(kept[-1])
    found.append(("a lie is seen", functools.partial(lie, office, last, folder)))
    for number, moment in enumerate(kept):
        cuts = [(cut, garbage) for cut in range(0, moment.size + SECTOR, SECTOR) for garbage in (False, True)]
        cuts = [(min(cut, moment.size), garbage) for cut, garbage in cuts]
        if not options.all:
            # All that an honest disk can leave, and some of what another one can.
            honest = [c for c in cuts if c[0] >= moment.synced]
            cuts = honest[:6] + chance.sample(cuts, 2) + honest[-1:]
        for at, (cut, garbage) in enumerate(cuts):
            title = f"moment {number} cut {cut}{' garbled' if garbage else ''}"
            place = folder / f"image-{number}-{at}"
            go_on = not options.all or at % 16 == 0 or cut >= moment.synced
            found.append((title, functools.partial(trial, office, moment, place, cut, garbage, go_on)))
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options.add_argument("--all", action="store_true", help="every cut, not a sample")
    options.add_argument("--moments", default=10, type=int)
    options.add_argument("--members", default=60, type=int)
    options.add_argument("--jobs", default=2, type=int)
    options.add_argument("--seed", default=1, type=int)
    options = options.parse_args()
    with scratch() as folder:
        failed = play("power cuts", trials(options, Path(folder)), options.jobs)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
