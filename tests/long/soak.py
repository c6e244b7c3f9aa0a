#!/usr/bin/env python3
"""Lets two offices work for an hour in bad weather, and reckons at the end who received what.

Usage: tests/long/soak.py [--phobien FILE] [--minutes 60] [--seed N] [--folder target/soak] [--plot FILE.svg]

Both have 69 members in 5 branches, a new document every few seconds, schedules each minute, a roster
and a configuration that change, broken ones too, and a mail server that puts off, refuses, hangs,
breaks off, goes away and says "too many" (weather.py). A person does what `phobien status` asks
for. One office is killed or stopped every few minutes, the other never ends: on that one memory and
open files must stay flat. Then the weather clears, all must drain, and everybody must have every
document, with no second copy but where an acknowledgement was lost (reckoning.py).
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/crash"))
import curves  # noqa: E402
import reckoning  # noqa: E402
from office import IN_DOUBT_MAX, Office, replace  # noqa: E402
from papers import Papers  # noqa: E402
from reckoning import Person  # noqa: E402
from weather import Weather  # noqa: E402

SAMPLE, DRAIN_MOST = 5, 600
# What happens, and after how many seconds again.
EVENTS = {"drop": (3, 7), "attend": (15, 25), "hang_up": (30, 90), "edit_roster": (30, 80),
          "reconfigure": (40, 120), "break_configuration": (150, 300), "shorten_roster": (200, 400),
          "go_away": (250, 500), "stop": (30, 150)}
# The allocator is told what the unit tells it, for memory to be judged as in service.
UNIT = (ROOT / "deploy/phobien.service").read_text("utf-8")
ENVIRONMENT = dict(word.split("=", 1) for line in re.findall("^Environment=(.+)$", UNIT, re.M) for word in line.split())
DEADLINES = 'timeout = "5s"\nfinal_timeout = "8s"'
MORE = """
[[schedule]]
name = "chi-bo"
cron = "30 * * * * *"
to = "branches"
on_holiday = "send"
[letter]
footer = "{footer}"
[limits]
attachments = 1000
[metrics]
listen = "127.0.0.1:{metrics}"
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Members:
    """The sample roster, and how it changes."""

    def __init__(self, chance):
        self.chance = chance
        with open(ROOT / "tests/corpus/roster.csv", encoding="utf-8", newline="") as file:
            self.head, *rows = csv.reader(file)
        self.rows = {row[0]: row for row in rows}
        self.people = {row[0]: Person(row[0], row[3], (row[2],), "Bí thư" in row[4]) for row in rows}
        self.branches = sorted({row[3] for row in rows})

    def text(self, rows=None):
        return "".join(",".join(row) + "\n" for row in [self.head, *(rows or self.rows.values())])

    def change(self):
        """Somebody comes, leaves, has another address, or is spelt another way."""
        plain = [code for code in self.rows if not self.people[code].officer]
        code, what = self.chance.choice(plain), self.chance.choice(("come", "leave", "move", "spell"))
        row, person = self.rows[code], self.people[code]
        if what == "leave" and len(self.rows) > 66:
            self.people[code] = person._replace(left_at=time.time())
            del self.rows[code]
        elif what in ("come", "leave"):
            new, name = f"DV{len(self.people) + 1:03}", f"dv{len(self.people) + 1}"
            self.rows[new] = [new, f"Lê Văn Mới {name}", f"{name}@chi-bo.dangbo.example", row[3], *row[4:6], "", ""]
            self.rows[new][4] = "Đảng viên"
            self.people[new] = Person(new, row[3], (self.rows[new][2],), joined_at=time.time())
        elif what == "move":
            row[2] = f"{code.lower()}.{len(person.addresses)}@dangbo.example"
            self.people[code] = person._replace(addresses=(*person.addresses, row[2]))
        else:
            row[1] = row[1] + " A" if not row[1].endswith(" A") else row[1][:-2]

    def short(self):
        """A list that lost its second half, as a broken export."""
        rows = list(self.rows.values())
        return self.text(rows[:len(rows) // 2])


class Soak(threading.Thread):
    """One office through the whole time. `killed`: it is ended now and then."""

    def __init__(self, name, options, killed):
        super().__init__(name=name, daemon=True)
        seed = f"{options.seed} {name}"
        self.chance, self.minutes, self.killed = random.Random(seed), options.minutes, killed
        self.office = Office(options.phobien, options.folder / name, 0)
        self.members = Members(self.chance)
        self.papers = Papers(self.chance, self.members.branches)
        self.sink, self.metrics = Weather(options.folder / f"{name}.sink.sqlite", seed), free_port()
        self.log = options.folder / f"{name}.log"
        self.counts = dict.fromkeys(("kills", "stops", *EVENTS), 0)
        self.samples, self.lives, self.faults, self.process = [], [], [], None
        self.letters, self.ledger, self.down_until, self.ended = [], [], 0, threading.Event()

    def run(self):
        try:
            with self.sink, open(self.log, "w", encoding="utf-8") as self.stderr:
                self.started = time.monotonic()
                try:
                    self.live()
                finally:
                    self.ended.set()
                    if self.process:
                        self.process.kill()
        except (subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
            self.faults.append(f"broken off: {type(error).__name__} {error} {getattr(error, 'stderr', '')}")

    def live(self):
        self.office.folder.mkdir(parents=True)
        (self.office.folder / "van-ban").mkdir()
        self.enrol()
        self.begin()
        threading.Thread(target=self.watch, daemon=True).start()
        events = {name: time.monotonic() + self.chance.uniform(*often) for name, often in EVENTS.items()
                  if self.killed or name != "stop"}
        end = self.started + self.minutes * 60
        while time.monotonic() < end:
            for name in [name for name, at in events.items() if at <= time.monotonic()]:
                getattr(self, name)()
                self.counts[name] += 1
                events[name] = time.monotonic() + self.chance.uniform(*EVENTS[name])
            self.see_to_process()
            time.sleep(0.25)
        self.ended.set()
        self.clear_up()

    # The service.

    def configure(self, broken=False):
        choice = self.chance.choice
        self.office.configure(self.sink.port, smtp=DEADLINES, cron="0 * * * * *")
        text = self.office.config.read_text("utf-8")
        for old, new in (('settle = "0s"', f'settle = "{choice((1, 2, 3))}s"'),
                         ('rescan = "1s"', f'rescan = "{choice((3, 5, 10))}s"'),
                         ("connections = 4", f"connections = {choice((2, 3, 4, 6))}"),
                         ('unknown_after = "0s"', 'unknown_after = "5s"\nnew_member_days = 0'),
                         ('retry_after = ["1s"]', 'retry_after = ["5s", "10s"]')):
            if old not in text:
                raise ValueError(f"the configuration has no {old}")
            text = text.replace(old, new)
        text += MORE.format(footer=f"Ghi chú số {self.chance.randrange(1000)}.", metrics=self.metrics)
        replace(self.office.config, text.replace("in_doubt_max", "in_doubt_most") if broken else text)

    def begin(self):
        self.configure()
        self.process = subprocess.Popen(self.office.command("run"), env=os.environ | ENVIRONMENT,
                                        stdout=subprocess.DEVNULL, stderr=self.stderr)
        self.lives.append(time.monotonic() - self.started)

    def see_to_process(self):
        if self.process is None and time.monotonic() >= self.down_until:
            self.begin()
        elif self.process is not None and self.process.poll() is not None:
            self.faults.append(f"ended by itself with {self.process.returncode}: {self.last_words()}")
            self.process = None

    def last_words(self):
        return self.log.read_text("utf-8")[-600:]

    def is_up(self):
        """A signal before it listens would end it, as it would any service that is not ready."""
        return self.process is not None and curves.figure(self.metrics, "oldest_delivery_age_seconds") is not None

    def stop(self):
        """Killed, mostly while letters are on their way; one time in four asked to end."""
        if not self.is_up():
            return
        if self.chance.random() < 0.75:
            before, end = self.sink.taken(), time.monotonic() + 40
            while self.sink.taken() == before and time.monotonic() < end:
                time.sleep(0.002)
            time.sleep(self.chance.uniform(0, 0.5))
        if self.chance.random() < 0.25:
            self.terminate()
        else:
            self.process.kill()
            self.process.wait(10)
            self.counts["kills"] += 1
        self.process, self.down_until = None, time.monotonic() + self.chance.uniform(0, 10)

    def terminate(self):
        self.process.terminate()
        if code := self.process.wait(60):
            self.faults.append(f"asked to stop it exits {code}: {self.last_words()}")
        self.counts["stops"] += 1

    def watch(self):
        """A sample every few seconds."""
        while not self.ended.wait(max(0, SAMPLE - (time.monotonic() - self.started) % SAMPLE)):
            state, process = self.office.state, self.process
            self.samples.append({
                "seconds": time.monotonic() - self.started, "office": self.name,
                **(curves.process(process.pid) if process else {}),
                "oldest_s": curves.figure(self.metrics, "oldest_delivery_age_seconds"),
                "ledger_mb": curves.size(state / "phobien.db"), "wal_mb": curves.size(state / "phobien.db-wal"),
                "documents": len(self.papers.dropped), "taken": self.sink.taken()})

    # What people do.

    def drop(self):
        """A document, copied in whole or in two parts."""
        paper, data = self.papers.next(time.time())
        folder = self.office.folder / "van-ban" / (paper.branch or "")
        folder.mkdir(exist_ok=True)
        with open(folder / paper.file, "wb") as file:
            file.write(data[:len(data) // 2])
            file.flush()
            time.sleep(self.chance.choice((0, 0, 0.3)))
            file.write(data[len(data) // 2:])

    def hang_up(self):
        if self.is_up():
            self.process.send_signal(signal.SIGHUP)

    def enrol(self):
        replace(self.office.folder / "roster.csv", self.members.text())

    def edit_roster(self):
        self.members.change()
        self.enrol()

    def shorten_roster(self):
        replace(self.office.folder / "roster.csv", self.members.short())
        self.hang_up()
        time.sleep(5)
        self.enrol()

    def reconfigure(self):
        """Found by itself, or by a signal."""
        self.configure()
        if self.chance.random() < 0.5:
            self.hang_up()

    def break_configuration(self):
        self.configure(broken=True)
        self.hang_up()
        time.sleep(5)
        self.configure()

    def go_away(self):
        self.sink.away(self.chance.uniform(20, 60))

    def attend(self):
        """Does what `status` asks a person to do."""
        if self.process is None:
            return None
        status = self.tell("status")[-1]
        asked = {}
        for matter in status["attention"]:
            asked.setdefault(matter["what"], []).append(matter["detail"])
        for detail in asked.get("paused", ()):
            # Somebody or something may have gone on meanwhile.
            self.office.run("resume", re.search(r"phobien resume (e-\d+)", detail)[1])
        if "unknown" in asked:
            self.settle(self.tell("log", "--state", "unknown"))
        if "unreachable" in asked:
            for member in self.tell("members", "list"):
                if member["state"] == "held":
                    self.office.run("members", "release", member["address"])
        for paper in self.papers.dropped if "secret" in asked else ():
            if paper.kind == "secret" and paper.at < time.time() - 30:
                (self.office.folder / "van-ban" / paper.file).unlink(missing_ok=True)
        return status

    def settle(self, doubtful):
        """Again, but for who left: nothing would go there any more, and the doubt ends by a word."""
        for row in doubtful:
            person = self.members.people.get(row["code"])
            if person and person.left_at:
                self.office.run("settle", row["delivery"], "sent")
        for edition in {row["edition"] for row in doubtful}:
            self.office.run("settle", edition, "resend")

    def tell(self, *words):
        run = self.office.run(*words)
        if run.returncode not in (0, 1) or not run.stdout and run.returncode:
            raise ValueError(f"{words} exits {run.returncode}: {run.stderr}")
        return [json.loads(line) for line in run.stdout.splitlines()]

    # The end.

    def clear_up(self):
        """Fair weather until everything arrived, then the reckoning."""
        self.sink.fair, self.down_until = True, 0
        self.configure()
        self.enrol()
        clear, end = time.monotonic(), time.monotonic() + DRAIN_MOST
        while not self.is_done(self.attend()) and time.monotonic() < end:
            time.sleep(5)
            self.see_to_process()
        self.drained = time.monotonic() - clear
        self.terminate()
        status, self.ledger = self.tell("status")[-1], self.office.log()
        self.letters = reckoning.joined(self.sink.letters(), self.ledger)
        people, papers = self.members.people.values(), self.papers.dropped
        self.faults += reckoning.faults(people, papers, self.letters, self.ledger, self.sink.lost,
                                        IN_DOUBT_MAX * self.counts["kills"])
        self.faults += self.office.faults() + self.sums(status)
        if not self.killed:
            self.faults += curves.growth(self.samples)
        if "panicked" in self.log.read_text("utf-8"):
            self.faults.append(f"a panic: see {self.log}")

    def is_done(self, status):
        if status is None or any(status["queue"].values()) or status["attention"]:
            return False
        self.letters = reckoning.joined(self.sink.letters(), self.office.log())
        return not reckoning.missing(self.members.people.values(), self.papers.dropped, self.letters)

    def sums(self, status):
        """What `status` says against what `log` says."""
        faults = [f"status has {status[name]}" for name in ("attention",) if status[name]]
        if any(status["queue"].values()):
            faults.append(f"the queue is {status['queue']}")
        for edition in status["editions"]:
            rows = [row["state"] for row in self.ledger if row["edition"] == edition["edition"]]
            told = (edition["total"], edition["sent"], edition["failed"])
            if told != (len(rows), rows.count("sent"), rows.count("failed")):
                faults.append(f"status has {told} of {edition['edition']}, log has {rows}")
        return faults

    # What there is to tell.

    def lags(self):
        """Seconds from the due time of each edition to its last letter."""
        last = {}
        for row in self.ledger:
            if row["state"] == "sent":
                lag = datetime.fromisoformat(row["last_attempt_at"]) - datetime.fromisoformat(row["due_at"])
                last[row["edition"]] = max(last.get(row["edition"], 0), lag.total_seconds())
        return sorted(last.values()) or [0]

    def told(self):
        lags, (double, unexcused) = self.lags(), reckoning.doubles(self.letters, self.sink.lost)
        memory, own, files = (" -> ".join(f"{part:.{places}f}" for part in curves.thirds(self.samples, name))
                              for name, places in (("rss_mb", 1), ("own_mb", 1), ("fds", 0)))
        wal = max(curves.of(self.samples, "wal_mb"))
        did = ", ".join(f"{name} {count}" for name, count in self.counts.items() if count)
        played = ", ".join(f"{count} × {what}" for what, count in self.sink.played.most_common())
        return "\n".join((
            f"{self.name}: {len(self.papers.dropped)} documents, {len(self.members.people)} people, "
            f"{len(self.ledger)} deliveries in {len(lags)} editions, {len(self.letters)} letters taken, {double} of them "
            f"second copies, {unexcused} without a lost acknowledgement (allowed: "
            f"{IN_DOUBT_MAX * self.counts['kills']} for {self.counts['kills']} kills)",
            f"  by thirds of the time: memory {memory} MB (of its own {own}), open files {files}; write-ahead log at "
            f"most {wal:.1f} MB, ledger {self.samples[-1]['ledger_mb']:.1f} MB",
            f"  slot to last letter: median {statistics.median(lags):.1f} s, 95 of 100 within "
            f"{lags[int(len(lags) * 0.95)]:.0f} s, longest {lags[-1]:.0f} s; drained in {self.drained:.0f} s",
            f"  done: {did}", f"  weather: {played}"))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/release/phobien", type=Path)
    options.add_argument("--minutes", default=60, type=float)
    options.add_argument("--seed", default=None, type=int)
    options.add_argument("--folder", default=ROOT / "target/soak", type=Path)
    options.add_argument("--plot", type=Path, help="also write the picture here")
    options = options.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    reckoning.test_faults()
    curves.test_growth()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    print(f"seed {options.seed}, {options.minutes:g} minutes", flush=True)
    offices = [Soak("steady", options, killed=False), Soak("killed", options, killed=True)]
    for office in offices:
        office.start()
    for office in offices:
        office.join()
    samples = [sample for office in offices for sample in office.samples]
    (options.folder / "soak.csv").write_text(curves.csv(samples))
    picture = curves.svg({office.name: office.samples for office in offices}, offices[1].lives[1:])
    for file in filter(None, (options.folder / "soak.svg", options.plot)):
        file.write_text(picture)
    for office in offices:
        print(office.told() if office.letters else f"{office.name}: no letter")
        for fault in office.faults:
            print(f"  FAIL {office.name}: {fault[:2000]}")
    failed = sum(bool(office.faults) for office in offices)
    print(f"soak: {len(offices) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
