#!/usr/bin/env python3
"""Clocks that jump, processes that freeze, second instances, files that change under a running edition.

Usage: tests/crash/hold.py [--phobien FILE] [--all] [--jobs N]

`--all` takes every jump from a second to ten years, both ways, and a thousand reloads.
"""

import argparse
import functools
import hashlib
import json
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
from faults import Clock, build, play, scratch  # noqa: E402
from office import DOCUMENTS, IN_DOUBT_MAX, ROOT, Office, doubles, replace, verdict  # noqa: E402
from sink import Sink  # noqa: E402

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400
# Beyond this nothing is published before a person says so.
JUMP_MAX = HOUR
JUMPS = [sign * size for size in (1, 30 * MINUTE, 2 * HOUR, DAY, 10 * YEAR) for sign in (1, -1)]
QUICK_JUMPS = [30 * MINUTE, -30 * MINUTE, DAY, -10 * YEAR]
PATIENCE, MEMBERS = 60, 300


def wait(what, done):
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise ValueError(f"never: {what}")
        time.sleep(0.02)


def told(office):
    """What `status` says needs a person."""
    status = json.loads(office.run("status").stdout)
    return {matter["what"] for matter in status["attention"]}


def jump(template, library, folder, seconds):
    """The service whose clock jumps before it would publish: held beyond an hour, else unmoved."""
    with Sink(folder.with_suffix(".sink")) as sink:
        office = template.twin(folder, sink.port, cron="*/2 * * * * *")
        (aside := office.folder / "aside").mkdir()
        for name in DOCUMENTS:
            (office.folder / "van-ban" / name).rename(aside / name)
        clock, log = Clock(folder.with_suffix(".clock")), folder.with_suffix(".stderr")
        env = clock.env | {"LD_PRELOAD": str(library)}
        with open(log, "w", encoding="utf-8") as stderr, office.running("run", env=env, log=stderr) as process:
            said = functools.partial(log.read_text, "utf-8")
            wait("a first slot", lambda: "edition" in said() or "published" in said())
            clock.wrong_by(seconds)
            faults, held = [], abs(seconds) > JUMP_MAX
            if held:
                wait("the jump is noticed", lambda: "clock jumped" in said())
            for name in DOCUMENTS:
                (aside / name).rename(office.folder / "van-ban" / name)
            time.sleep(4)
            if held and sink.taken():
                faults.append(f"{sink.taken()} letters although the clock jumped")
            if ("clock" in told(office)) != held:
                faults.append(f"attention is {told(office)}")
            clock.wrong_by(0)
            if held:
                time.sleep(2)
                office.run("resume", "clock", check=True)
            wait("all letters", lambda: sink.taken() >= len(office.members))
            wait("all on record", lambda: {row["state"] for row in office.log()} == {"sent"})
            process.terminate()
            if process.wait(30) != 0:
                faults.append(f"the service exits {process.returncode}: {said()[-600:]}")
        return faults + verdict(office.members, sink.rows(), office.log(), 0) + office.faults()


def frozen(template, _library, folder):
    """SIGSTOP for longer than every deadline of the dialogue, in the middle of an edition."""
    with Sink(folder.with_suffix(".sink"), delay=0.01) as sink:
        office = template.twin(folder, sink.port, smtp='timeout = "1s"\nfinal_timeout = "2s"')
        with office.running("deliver") as process:
            for part in (5, 2):
                wait("some letters", lambda: sink.taken() > MEMBERS // part)
                process.send_signal(signal.SIGSTOP)
                time.sleep(3)
                process.send_signal(signal.SIGCONT)
            faults = [f"exits {process.returncode}"] if process.wait(PATIENCE) else []
        return faults + verdict(office.members, sink.rows(), office.log(), 2 * IN_DOUBT_MAX) + office.faults()


def second(template, _library, folder, first, other):
    """A second instance is turned away within a second and learns who the first is."""
    with Sink(folder.with_suffix(".sink"), delay=0.05) as sink:
        office = template.twin(folder, sink.port)
        with office.running(first) as process:
            wait("a letter", sink.taken)
            started = time.monotonic()
            run = office.run(other)
            took = time.monotonic() - started
            faults = [] if took < 1 else [f"takes {took:.1f} s"]
            if run.returncode != 3 or str(process.pid) not in run.stderr:
                faults.append(f"exits {run.returncode}: {run.stderr}")
            wait("the first goes on", lambda: sink.taken() >= len(office.members))
            wait("all on record", lambda: {row["state"] for row in office.log()} == {"sent"})
        return faults + verdict(office.members, sink.rows(), office.log(), 0)


def reloads(template, _library, folder, times):
    """The configuration is replaced again and again, by good files and broken ones, under load."""
    with Sink(folder.with_suffix(".sink"), delay=0.05) as sink:
        office = template.twin(folder, sink.port)
        log = folder.with_suffix(".stderr")
        good = office.config.read_text("utf-8")
        broken = good.replace("in_doubt_max", "in_doubt_most")
        answers = ("the old one stays", "configuration read again")
        with open(log, "w", encoding="utf-8") as stderr, office.running("run", log=stderr) as process:
            wait("a letter", lambda: sink.taken() and "phobien is running" in log.read_text("utf-8"))
            for number in range(times):
                words, before = answers[number % 2], log.read_text("utf-8").count(answers[number % 2])
                replace(office.config, good if number % 2 else broken)
                process.send_signal(signal.SIGHUP)
                wait(words, lambda: log.read_text("utf-8").count(words) > before)
            replace(office.config, good)
            process.send_signal(signal.SIGHUP)
            wait("all letters", lambda: sink.taken() >= len(office.members))
            wait("all on record", lambda: {row["state"] for row in office.log()} == {"sent"})
            faults = [f"{told(office)} in attention"] if "configuration" in told(office) else []
            process.terminate()
            if process.wait(30) != 0:
                faults.append(f"the service exits {process.returncode}")
        return faults + verdict(office.members, sink.rows(), office.log(), 0) + office.faults()


def replaced(template, _library, folder):
    """Roster and documents change under way: the letters do not, and who left gets none."""
    with Sink(folder.with_suffix(".sink"), delay=0.01) as sink:
        office = template.twin(folder, sink.port)
        inbox = office.folder / "van-ban"
        true = " ".join(sorted(hashlib.sha256((inbox / name).read_bytes()).hexdigest() for name in DOCUMENTS))
        left, new = office.members[-1], "moi@chi-bo-1.dangbo.example"
        with office.running("run") as process:
            wait("some letters", lambda: sink.taken() > MEMBERS // 5)
            office.enrol([*office.members[:-1], None, new])
            (inbox / DOCUMENTS[1]).unlink()
            number = 0
            while sink.taken() < MEMBERS - 1:
                # Another file at every look, of other bytes and other length.
                number += 1
                replace(inbox / DOCUMENTS[0], f"# văn bản khác, lần {number}\n" * number)
                time.sleep(0.01)
                if process.poll() is not None or number > 100 * PATIENCE:
                    raise ValueError("the edition did not come to its end")
            wait("all on record", lambda: not {"pending", "sending"} & {r["state"] for r in office.log()})
            process.terminate()
            process.wait(30)
        faults = [] if sink.attached() == {true} else [f"{len(sink.attached())} sets of attachments"]
        served = {recipient for recipient, *_ in sink.rows()}
        if doubles(sink.rows()) or served != set(office.members) - {left}:
            faults.append(f"{len(served)} served, {left in served=}, {new in served=}, {doubles(sink.rows())} double")
        states = {row["address"]: row["state"] for row in office.log()}
        if states.pop(left) != "cancelled" or set(states.values()) != {"sent"}:
            faults.append(f"the ledger says {sorted(set(states.values()))}")
        return faults + office.faults()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options.add_argument("--all", action="store_true", help="every jump, a thousand reloads")
    options.add_argument("--jobs", default=4, type=int)
    options = options.parse_args()
    with scratch() as folder:
        folder = Path(folder)
        library = build(folder)
        empty = Office(options.phobien, folder / "empty", 30).furnish(1)
        ready = Office(options.phobien, folder / "ready", MEMBERS).furnish(1)
        ready.run("ingest", check=True)
        ready.run("publish", "dang-vien", check=True)
        plan = [(f"a clock wrong by {s} s", empty, functools.partial(jump, seconds=s))
                for s in (JUMPS if options.all else QUICK_JUMPS)]
        plan += [(f"{other} beside {first}", ready, functools.partial(second, first=first, other=other))
                 for first in ("deliver", "run") for other in ("deliver", "run")]
        plan += [("frozen", ready, frozen), ("replaced files", ready, replaced),
                 ("reloads", ready, functools.partial(reloads, times=1000 if options.all else 100))]
        failed = play("hold", [(name, functools.partial(trial, template, library, folder / name.replace(" ", "-")))
                               for name, template, trial in plan], options.jobs)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
