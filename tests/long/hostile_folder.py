#!/usr/bin/env python3
"""A folder full of traps before a running daemon: good files dropped among them must be accepted.

Usage: tests/long/hostile_folder.py [--phobien FILE] [--files 10000] [--good 40]

Lays out a FIFO, a socket, a device, links, loops, names with newlines, broken UTF-8, NFD, 255 bytes
and right-to-left overrides, a file that grows by a byte a second and one that is replaced again and
again; starts `phobien run`; drops good files and measures until each is on record; then drops all
the files at once, good ones among them. Prints latencies and the daemon's memory; fails where a good
file is lost, a trap is accepted, the daemon dies, or its memory grows with the number of files.
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = """
[organisation]
name = "Đảng bộ thử nghiệm"
[documents]
folder = "van-ban"
settle = "1s"
rescan = "5s"
first_ingest_max = 1000000
ocr = "off"
[roster]
file = "roster.csv"
[state]
folder = "so-cai"
[mail]
from = "Văn phòng <vanphong@dangbo.example>"
[smtp]
url = "maildir:thu"
[[schedule]]
name = "nam"
cron = "0 0 3 1 1 *"
to = "members"
"""
ROSTER = ("ma,ho_ten,email,chi_bo,chuc_vu,loai\n"
          "DV001,Trần Công Quý,quy@mot.example,Chi bộ Một,Bí thư chi bộ,Chính thức\n")
# Memory may not grow by more than this from a hundred files to all of them.
GROWTH_MB, PATIENCE = 48, 900


def document(number):
    return (f"BAN CHẤP HÀNH TRUNG ƯƠNG\tĐẢNG CỘNG SẢN VIỆT NAM\n*\tHà Nội, ngày 0{number % 9 + 1} "
            f"tháng 3 năm {2017 + number % 8}\nSố {number}-QĐ/TW\nQUY ĐỊNH\nvề việc thứ {number}\n"
            f"-----\nĐiều 1. Các cấp uỷ thực hiện quy định này, lần thứ {number}.\n"
            "T/M BAN BÍ THƯ\n")


def traps(folder):
    """Lays out everything that is no good file, as far as this user may."""
    os.mkfifo(folder / "fifo.pdf")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket.pdf"))
    try:
        os.mknod(folder / "null.pdf", 0o600 | 0o020000, os.makedev(1, 3))
    except PermissionError:
        print("NOTE no device node could be made")
    os.symlink("/etc/passwd", folder / "link.txt")
    os.symlink(".", folder / "loop")
    outside = folder.parent / "outside.txt"
    outside.write_text(document(99999))
    os.link(outside, folder / "hard link.txt")
    names = ["a\nBcc: x@y.txt", "b\x01\x7f.txt", "c\u202etxt.exe",
             unicodedata.normalize("NFD", "Nghị quyết lạ.txt"), "d" * 251 + ".txt"]
    for name in names:
        (folder / name).write_text("Không phải văn bản.\n")
    with open(os.fsencode(folder) + b"/e\xff\xfe.txt", "wb") as broken:
        broken.write(b"\xff\xfe\x00")


class Daemon:
    """`phobien run` in its own folder, and what the ledger says meanwhile."""

    def __init__(self, program, home):
        self.program, self.home = program, home
        self.log = open(home / "log", "wb")
        self.process = subprocess.Popen([program, "run"], cwd=home, stdout=self.log,
                                        stderr=subprocess.STDOUT)
        self.peak = 0

    def memory(self):
        """Resident megabytes of the daemon itself."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        now = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        self.peak = max(self.peak, now / 1024)
        return now / 1024

    def rows(self):
        out = subprocess.run([self.program, "documents", "list", "--json"], cwd=self.home,
                             capture_output=True, text=True, check=False).stdout
        return {row["file"]: row["disposition"] for row in map(json.loads, out.splitlines())}

    def wait_for(self, names, until):
        """Seconds until each name was seen accepted."""
        seen, start = {}, time.monotonic()
        while len(seen) < len(names) and time.monotonic() - start < until:
            if self.process.poll() is not None:
                sys.exit(f"the daemon ended: {(self.home / 'log').read_text()[-2000:]}")
            rows = self.rows()
            for name in names:
                if name not in seen and rows.get(name) == "accept":
                    seen[name] = time.monotonic() - start
            self.memory()
            time.sleep(0.3)
        return seen


def restless(folder, stop):
    """One file that grows by a byte a second, one that is replaced four times a second."""
    text, turn = document(88888).encode(), 0
    while not stop.is_set():
        with open(folder / "slow.txt", "ab") as slow:
            slow.write(text[turn // 4 % len(text):][:1])
        (folder.parent / "new").write_text(document(70000 + turn))
        os.replace(folder.parent / "new", folder / "replaced.txt")
        turn += 1
        stop.wait(0.25)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--phobien", default=ROOT / "target/release/phobien")
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--good", type=int, default=40)
    args = arguments.parse_args()
    program = str(pathlib.Path(args.phobien).resolve())
    bad = []
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        (home / "phobien.toml").write_text(CONFIG)
        (home / "roster.csv").write_text(ROSTER)
        folder = home / "van-ban"
        folder.mkdir()
        traps(folder)
        stop = threading.Event()
        noise = threading.Thread(target=restless, args=(folder, stop))
        noise.start()
        daemon = Daemon(program, home)
        try:
            time.sleep(3)
            waits = []
            for number in range(1, args.good + 1):
                name = f"{number}-QD-TW.txt"
                (folder / name).write_text(document(number))
                seen = daemon.wait_for([name], 60)
                waits += seen.values()
                if name not in seen:
                    bad.append(f"{name} was not accepted")
            small = daemon.memory()
            print(f"among traps: {len(waits)} of {args.good} accepted, seconds until on record: "
                  f"median {statistics.median(waits):.1f}, slowest {max(waits):.1f}")
            start = time.monotonic()
            for number in range(1000, 1000 + args.files):
                (folder / f"{number}-QD-TW.txt").write_text(document(number))
            time.sleep(5)
            # Longer names come last among files that lie there together.
            late = [f"{n}-QD-TW den sau cung.txt" for n in range(500, 510)]
            for name in late:
                (folder / name).write_text(document(int(name.split('-')[0])))
            seen = daemon.wait_for(late, PATIENCE)
            if len(seen) < len(late):
                bad.append(f"{len(late) - len(seen)} good files among {args.files} were not accepted")
            else:
                print(f"dropped behind {args.files} files: slowest {max(seen.values()):.0f} s")
            last = f"{999 + args.files}-QD-TW.txt"
            # The newest are taken first.
            daemon.wait_for([last, "1000-QD-TW.txt"], PATIENCE)
            rows = daemon.rows()
            count = sum(rows.get(f"{n}-QD-TW.txt") == "accept" for n in range(1000, 1000 + args.files))
            print(f"{count} of {args.files} accepted after {time.monotonic() - start:.0f} s; memory "
                  f"{small:.1f} MB before, {daemon.memory():.1f} MB after, {daemon.peak:.1f} MB at most")
            if count < args.files:
                bad.append(f"{args.files - count} files are missing")
            if daemon.peak > small + GROWTH_MB:
                bad.append(f"memory grew from {small:.0f} to {daemon.peak:.0f} MB")
            for name, disposition in rows.items():
                if disposition == "accept" and "-QD-TW" not in name \
                        and name not in ("replaced.txt", "slow.txt"):
                    bad.append(f"{name!r} was accepted")
        finally:
            stop.set()
            noise.join()
            daemon.process.terminate()
            daemon.process.wait(60)
    for line in bad:
        print(f"FAULT {line}")
    print(f"{1 if not bad else 0} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
