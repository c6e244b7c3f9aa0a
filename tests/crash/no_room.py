#!/usr/bin/env python3
"""A disk that runs full or turns read-only under phobien, and has room again.

Usage: tests/crash/no_room.py [--phobien FILE]

The state folder lies on a small tmpfs of its own (root), which is filled in the middle of an
edition; elsewhere a limit on the size of files does it. phobien must stop before it sends what it
could not record, say so, and go on: the service by itself, `deliver` when it is called again.
"""

import argparse
import contextlib
import functools
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
from faults import Shim, build, play, scratch  # noqa: E402
from office import IN_DOUBT_MAX, ROOT, Office, claims, forgotten, rows, snapshot, verdict  # noqa: E402
from sink import Sink  # noqa: E402

MEMBERS, DISK = 300, "8m"
HASTE = 30
PATIENCE = 60


@contextlib.contextmanager
def small_disk(state):
    """A disk of its own for a state folder; what lay there moves onto it."""
    aside = state.with_name("aside")
    state.rename(aside)
    state.mkdir(0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "none", state], check=True)
    try:
        for file in aside.iterdir():
            (state / file.name).write_bytes(file.read_bytes())
        yield
    finally:
        subprocess.run(["umount", "--lazy", state], check=True)


def fill(state):
    """Leaves not a byte of room; answers the file to remove."""
    filler = state / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def wait(what, done):
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise ValueError(f"never: {what}")
        time.sleep(0.01)


def settled(sink):
    """Waits until the sink gets no more, and answers how many it has."""
    count, since = sink.taken(), time.monotonic()
    while time.monotonic() - since < 1.5:
        if sink.taken() != count:
            count, since = sink.taken(), time.monotonic()
        time.sleep(0.01)
    return count


def stopped_well(office, sink, folder, full_at):
    """What is wrong with a phobien that could write no more when the sink had `full_at`."""
    ledger, sent = rows(snapshot(office.state, folder / "look")), sink.rows()
    faults = claims(ledger, sent)
    if lost := forgotten(ledger, sent):
        faults.append(f"the ledger does not know of {sorted(lost)[:3]}")
    # What was claimed by then may still have gone, and what was claimed with the last pages.
    if len(sent) > full_at + 3 * IN_DOUBT_MAX:
        faults.append(f"{len(sent)} letters, although the disk was full at {full_at}")
    return faults


def ended_well(office, sink):
    return verdict(office.members, sink.rows(), office.log(), IN_DOUBT_MAX) + office.faults()


def says(text, *words):
    return [f"does not say {word!r}: {text[-800:]}" for word in words if word not in text]


def under_a_limit(template, library, folder):
    """`deliver` under a limit on the size of files, then without."""
    with Sink(folder.with_suffix(".sink")) as sink:
        office = template.twin(folder, sink.port)
        most = (office.state / "phobien.db").stat().st_size + 200_000

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        env = Shim(library, office.state, folder.with_suffix(".log")).haste(HASTE).env
        run = office.run("deliver", env=env, preexec_fn=limit, restore_signals=False)
        faults = stopped_well(office, sink, folder, MEMBERS - 4 * IN_DOUBT_MAX)
        if run.returncode != 1:
            faults.append(f"exits {run.returncode}")
        faults += says(run.stderr, "state folder", "thư mục dữ liệu")
        office.run("deliver", check=True)
        return faults + ended_well(office, sink)


def deliver_on_a_full_disk(template, library, folder):
    """`deliver` gives up with words; called again when there is room it ends the edition."""
    with Sink(folder.with_suffix(".sink"), delay=0.01) as sink:
        office = template.twin(folder, sink.port)
        with small_disk(office.state):
            env = Shim(library, office.state, folder.with_suffix(".log")).haste(HASTE).env
            process = subprocess.Popen(office.command("deliver"), env=os.environ | env, text=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            wait("a third of the letters", lambda: sink.taken() > MEMBERS // 3)
            filler, full_at = fill(office.state), sink.taken()
            told = process.communicate(timeout=PATIENCE)[1]
            faults = stopped_well(office, sink, folder, full_at)
            if process.returncode != 1:
                faults.append(f"exits {process.returncode}")
            faults += says(told, "no room on the disk of the state folder", "đã đầy")
            # Full from the start on: nothing goes.
            before = sink.taken()
            run = office.run("deliver", env=env)
            if run.returncode != 1 or sink.taken() != before:
                faults.append(f"begun on a full disk it exits {run.returncode}, {sink.taken() - before} letters")
            faults += says(run.stderr, "state folder", "thư mục dữ liệu")
            filler.unlink()
            office.run("deliver", check=True)
            return faults + ended_well(office, sink)


def the_service_on_a_full_disk(template, library, folder, haste):
    """The service goes on by itself, within its patience and beyond it."""
    with Sink(folder.with_suffix(".sink"), delay=0.01) as sink:
        office = template.twin(folder, sink.port)
        log = folder.with_suffix(".stderr")
        with small_disk(office.state), open(log, "w", encoding="utf-8") as stderr:
            env = Shim(library, office.state, folder.with_suffix(".log")).haste(haste).env
            with office.running("run", env=env, log=stderr) as process:
                wait("a third of the letters", lambda: sink.taken() > MEMBERS // 3)
                filler, full_at = fill(office.state), sink.taken()
                count = settled(sink)
                faults = stopped_well(office, sink, folder, full_at)
                if haste > 1:
                    wait("the step to end", lambda: "delivery stopped" in log.read_text("utf-8"))
                faults += says(log.read_text("utf-8"), "no room on the disk of the state folder")
                if process.poll() is not None:
                    return faults + [f"the service ended: {log.read_text('utf-8')[-800:]}"]
                if sink.taken() > count:
                    faults.append(f"{sink.taken() - count} more letters while the disk was full")
                filler.unlink()
                wait("the rest", lambda: {row["state"] for row in office.log()} == {"sent"})
                process.terminate()
                if process.wait(30) != 0:
                    faults.append(f"the service exits {process.returncode}")
            return faults + ended_well(office, sink)


def read_only(template, _library, folder):
    """Nothing goes from a read-only disk; it is said; afterwards all goes."""
    with Sink(folder.with_suffix(".sink")) as sink:
        office = template.twin(folder, sink.port)
        with small_disk(office.state):
            faults = []
            for how in ("ro", "rw"):
                subprocess.run(["mount", "-o", f"remount,{how}", office.state], check=True)
                for words in (["deliver"], ["run"]) if how == "ro" else (["deliver"],):
                    run = office.run(*words)
                    if run.returncode != (1 if how == "ro" else 0):
                        faults.append(f"{words[0]} on a disk mounted {how} exits {run.returncode}: {run.stderr}")
                    if how == "ro":
                        faults += says(run.stderr, "state folder", "thư mục dữ liệu")
                if how == "ro" and sink.taken():
                    faults.append(f"{sink.taken()} letters from a read-only disk")
            return faults + ended_well(office, sink)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options = options.parse_args()
    with scratch() as folder:
        folder = Path(folder)
        library = build(folder)
        template = Office(options.phobien, folder / "template", MEMBERS).furnish(1)
        template.run("ingest", check=True)
        template.run("publish", "dang-vien", check=True)
        plan = {"under a limit": under_a_limit}
        if os.geteuid() == 0:
            plan |= {"deliver on a full disk": deliver_on_a_full_disk,
                     "the service on a full disk": functools.partial(the_service_on_a_full_disk, haste=1),
                     "the service on a disk that stays full":
                         functools.partial(the_service_on_a_full_disk, haste=HASTE),
                     "read-only": read_only}
        else:
            print("NOTE no disk was filled: that needs root")
        failed = play("no room", [(name, functools.partial(trial, template, library, folder / name.replace(" ", "-")))
                                  for name, trial in plan.items()])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
