#!/usr/bin/env python3
"""How fast `phobien deliver` is against smtp-source, side by side in one run, and how much memory it takes.

Both send letters of the same size to the same smtp-sink over the same number of connections, in turn, several rounds;
what counts is the ratio of the medians. phobien's ledger is SQLite with synchronous=FULL, every attempt marked before
and settled after; smtp-source keeps no record at all.

    benches/deliver.py [--phobien FILE] [--recipients 4000] [--rounds 3] [--kilobytes 20] [--memory]

--memory: instead, the peak memory of publish and deliver at 1 000 and 100 000 recipients.
Needs smtp-source and smtp-sink (Debian's postfix; no running postfix). Everything stays on loopback and ends by itself.
"""
import argparse
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
CONNECTIONS = 8

CONFIG = """
[organisation]
name = "Đảng bộ thử tốc độ"
[documents]
folder = "in"
[roster]
file = "roster.csv"
[state]
folder = "state"
[mail]
from = "vanphong@office.example"
[smtp]
url = "smtp://127.0.0.1:{port}"
connections = {connections}
[[schedule]]
name = "day"
cron = "0 30 7 * * *"
to = "members"
"""

DOCUMENT = """BAN CHẤP HÀNH TRUNG ƯƠNG          ĐẢNG CỘNG SẢN VIỆT NAM
*                                 Hà Nội, ngày 06 tháng 02 năm 2017
Số 66-QĐ/TW

                               QUY ĐỊNH
       về thể loại, thẩm quyền ban hành văn bản của Đảng
                                -----

- Căn cứ Điều lệ Đảng;

Ban Bí thư quy định về thể loại văn bản của Đảng như sau:

"""
SENTENCE = "Các cấp uỷ, tổ chức đảng trực thuộc xây dựng kế hoạch và tổ chức học tập, quán triệt, triển khai thực hiện.\n"


def tool(name):
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/lib/postfix/sbin")
    if not found:
        sys.exit(f"{name} is missing: apt-get install postfix")
    return found


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sink:
    def __enter__(self):
        self.port = free_port()
        command = [tool("smtp-sink"), "-u", "nobody", "-c", f"127.0.0.1:{self.port}", "1000"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return self
            except OSError:
                time.sleep(0.05)
        sys.exit("smtp-sink does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def timed(command, cwd=None):
    """Seconds and peak memory (MB) of one process."""
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[:4]} ended with {process.returncode}")
    return took, usage.ru_maxrss / 1024


def office(home, port, recipients, kilobytes):
    """An office whose letters are about so many kilobytes; the attachment makes the most of it."""
    (home / "in").mkdir()
    (home / "phobien.toml").write_text(CONFIG.format(port=port, connections=CONNECTIONS))
    # The letter itself is about 11 KB; base64 adds 37 %.
    want = max(0, (kilobytes - 11) * 1024 * 100 // 137)
    text = DOCUMENT + SENTENCE * (want // len(SENTENCE.encode()) + 1)
    (home / "in" / "66-QD-TW.txt").write_text(text)
    with open(home / "roster.csv", "w") as roster:
        roster.write("ma,ho_ten,email,chi_bo,chuc_vu,loai\n")
        for i in range(recipients):
            roster.write(f"M{i},Nguyễn Văn Số {i},m{i}@member.example,Chi bộ {i % 50},Đảng viên,Chính thức\n")


def phobien(binary, home, *words):
    return timed([binary, "--config", str(home / "phobien.toml"), *words])


def fsyncs(folder):
    """How many small writes with fsync the disk takes a second: what a ledger lives on."""
    file = os.open(folder / "fsync", os.O_CREAT | os.O_WRONLY)
    start, count = time.monotonic(), 0
    while time.monotonic() - start < 1:
        os.pwrite(file, b"x" * 4096, 0)
        os.fdatasync(file)
        count += 1
    os.close(file)
    return count


def speed(binary, recipients, rounds, kilobytes):
    ours, theirs, size = [], [], 0
    for number in range(rounds):
        with Sink() as sink, tempfile.TemporaryDirectory() as folder:
            home = pathlib.Path(folder)
            office(home, sink.port, recipients, kilobytes)
            phobien(binary, home, "ingest")
            phobien(binary, home, "publish", "day")
            eml = home / "one.eml"
            phobien(binary, home, "preview", "day", "--edition", "e-1", "--to", "M1", "--format", "eml", "--out", str(eml))
            size = eml.stat().st_size
            command = [tool("smtp-source"), "-d", "-s", str(CONNECTIONS), "-m", str(recipients), "-l", str(size),
                       "-f", "a@office.example", "-t", "b@member.example", f"127.0.0.1:{sink.port}"]
            order = [lambda: theirs.append(recipients / timed(command)[0]),
                     lambda: ours.append(recipients / phobien(binary, home, "deliver", "--until-idle")[0])]
            for run in order if number % 2 else reversed(order):
                run()
            disk = fsyncs(home)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"letter {size / 1024:.1f} KB, {recipients} recipients, {CONNECTIONS} connections, "
          f"in_doubt_max {2 * CONNECTIONS}, {rounds} rounds, {disk} fsyncs/s")
    print(f"  phobien deliver {statistics.median(ours):6.0f}/s   {[round(x) for x in ours]}")
    print(f"  smtp-source     {statistics.median(theirs):6.0f}/s   {[round(x) for x in theirs]}")
    print(f"  ratio           {ratio:6.2f}")


def memory(binary, kilobytes):
    for recipients in (1_000, 100_000):
        with Sink() as sink, tempfile.TemporaryDirectory() as folder:
            home = pathlib.Path(folder)
            office(home, sink.port, recipients, kilobytes)
            phobien(binary, home, "ingest")
            published = phobien(binary, home, "publish", "day")
            delivered = phobien(binary, home, "deliver", "--until-idle")
            print(f"{recipients:7} recipients: publish {published[0]:6.2f} s, peak {published[1]:5.1f} MB; "
                  f"deliver {delivered[0]:6.2f} s, peak {delivered[1]:5.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phobien", default=str(HERE / "target/release/phobien"))
    parser.add_argument("--recipients", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kilobytes", type=int, default=20)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    if options.memory:
        memory(options.phobien, options.kilobytes)
    else:
        speed(options.phobien, options.recipients, options.rounds, options.kilobytes)


if __name__ == "__main__":
    main()
