#!/usr/bin/env python3
"""How fast `phobien deliver` is beside the peers of its field, in turn and in one run; the ratio of medians counts.

Every letter is marked `sending` before and settled after, in SQLite with synchronous=FULL; smtp-source and nodemailer keep
no record at all. Each row sends letters of one size to one sink:

    20-sink 20-fast 217-sink 217-fast   against `smtp-source -d -s 8`; to Debian's smtp-sink, to peers/fastsink.rs
    rtt                                 9 KB, 20 ms round trips (peers/tundelay.c), 10 connections each
    20-node 217-node                    against nodemailer with a pool of 10
    tls dkim                            20 KB against the same without

    benches/deliver.py [--phobien FILE] [--rounds 5] [--recipients 8000] [--in-doubt-max 64] [--connections 8] [ROW…]

The connections are phobien's own; against nodemailer and far away both have 10.
Needs smtp-source and smtp-sink (Debian's postfix), rustc, cc; `rtt` needs root and iproute2, `20-node` npm, `tls` builds
an example of this project. Everything stays on loopback addresses and ends by itself.
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUILT = ROOT / "target/bench"
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
{mail}
[smtp]
url = "{url}"
connections = {connections}
{smtp}
[delivery]
in_doubt_max = {in_doubt_max}
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
# What a letter weighs besides its attachment, in KB.
LETTER_KB = 11


def tool(name, package):
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/lib/postfix/sbin")
    return found or sys.exit(f"{name} is missing: apt-get install {package}")


def built(name, command):
    """A peer, built once."""
    BUILT.mkdir(parents=True, exist_ok=True)
    file = BUILT / name
    if not file.exists():
        subprocess.run([*command, "-o", str(file)], check=True)
    return str(file)


def fastsink():
    return built("fastsink", [tool("rustc", "rustc"), "-O", "--edition", "2021", str(HERE / "peers/fastsink.rs")])


def tundelay():
    return built("tundelay", [tool("cc", "gcc"), "-O2", "-pthread", "-w", str(HERE / "peers/tundelay.c")])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def running(command, ready, stdout=subprocess.DEVNULL):
    """A process for as long as it is needed; `ready` says when it is."""
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True)
    try:
        for _ in range(100):
            if ready(process):
                break
            time.sleep(0.05)
        else:
            sys.exit(f"{command[:4]} does not come up")
        yield process
    finally:
        process.kill()
        process.wait()


def listens(place, inside=()):
    """True where somebody accepts there; asked from `inside` a network namespace."""
    ask = f"import socket; socket.create_connection(('{place[0]}', {place[1]}), 0.3)"
    return lambda _: subprocess.run([*inside, sys.executable, "-c", ask], stderr=subprocess.DEVNULL).returncode == 0


@contextlib.contextmanager
def sink(kind):
    place = ("127.0.0.1", free_port())
    command = {
        "smtp-sink": lambda: [tool("smtp-sink", "postfix"), "-u", "nobody", "-c", f"{place[0]}:{place[1]}", "1000"],
        "fastsink": lambda: [fastsink(), f"{place[0]}:{place[1]}"],
    }[kind]()
    with running(command, listens(place)):
        yield place


@contextlib.contextmanager
def far_sink(milliseconds):
    """A fast sink behind a delay line; yields its place and the words that put a command at the near end."""
    near, far = f"phobien-near-{os.getpid()}", f"phobien-far-{os.getpid()}"
    ip = tool("ip", "iproute2")
    try:
        for name in (near, far):
            subprocess.run([ip, "netns", "add", name], check=True)
        inside = [ip, "netns", "exec", near]
        place = ("127.99.0.2", 2525)
        up = lambda process: process.stdout.readline().startswith("up")
        with running([tundelay(), near, far, str(milliseconds / 2)], up, subprocess.PIPE):
            command = [ip, "netns", "exec", far, fastsink(), f"{place[0]}:{place[1]}"]
            with running(command, listens(place, inside)):
                yield place, inside
    finally:
        for name in (near, far):
            subprocess.run([ip, "netns", "del", name], check=False)


@contextlib.contextmanager
def tls_sink(folder):
    """A fast sink over TLS; writes the authority's certificate into the folder."""
    subprocess.run(["cargo", "build", "-q", "--release", "--locked", "--example", "tlssink"], cwd=ROOT, check=True)
    place = ("127.0.0.1", free_port())
    command = [str(ROOT / "target/release/examples/tlssink"), f"{place[0]}:{place[1]}", str(folder / "ca.pem")]
    with running(command, listens(place)):
        yield place


class Office:
    """Everything phobien needs to send one edition; its letters weigh about so many kilobytes."""

    def __init__(self, options, home, url, kilobytes, connections, mail="", smtp="", inside=(),
                 published=True):
        self.call = [*inside, str(options.phobien), "--config", str(home / "phobien.toml")]
        self.recipients = options.recipients if kilobytes < 100 else options.recipients // 4
        self.home = home
        (home / "in").mkdir(parents=True)
        (home / "phobien.toml").write_text(CONFIG.format(
            url=url, connections=connections, in_doubt_max=options.in_doubt_max, mail=mail, smtp=smtp))
        wanted = max(0, (kilobytes - LETTER_KB) * 1024 * 100 // 137)
        text = DOCUMENT + SENTENCE * (wanted // len(SENTENCE.encode()) + 1)
        (home / "in/66-QD-TW.txt").write_text(text if kilobytes > LETTER_KB else DOCUMENT)
        with open(home / "roster.csv", "w") as roster:
            roster.write("ma,ho_ten,email,chi_bo,chuc_vu,loai\n")
            for i in range(self.recipients):
                roster.write(f"M{i},Nguyễn Văn Số {i},m{i}@member.example,Chi bộ {i % 50},Đảng viên,Chính thức\n")
        self.run("ingest")
        if not published:
            return
        self.run("publish", "day")
        letter = ["preview", "day", "--edition", "e-1", "--to", "M1", "--format", "eml"]
        self.letter = subprocess.run(self.call + letter, check=True, capture_output=True).stdout

    def run(self, *words):
        subprocess.run([*self.call, *words], check=True, stdout=subprocess.DEVNULL)

    def rate(self):
        """Letters a second, the start of the process included."""
        return rate(self.call + ["deliver", "--until-idle"], self.recipients)


def rate(command, letters):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return letters / (time.monotonic() - start)


def fsyncs(folder):
    """Small durable writes a second: what a ledger lives on."""
    file = os.open(folder / "fsync", os.O_CREAT | os.O_WRONLY)
    start, count = time.monotonic(), 0
    while time.monotonic() - start < 0.5:
        os.pwrite(file, b"x" * 4096, 0)
        os.fdatasync(file)
        count += 1
    os.close(file)
    return count * 2


def in_turn(rounds, one, other):
    """Both, in turn, the first alternating; all their rates."""
    ones, others = [], []
    for number in range(rounds):
        order = [lambda: ones.append(one()), lambda: others.append(other())]
        for run in order if number % 2 else reversed(order):
            run()
    return ones, others


def smtp_source(place, office, connections, inside=()):
    command = [*inside, tool("smtp-source", "postfix"), "-d", "-s", str(connections), "-m", str(office.recipients),
               "-l", str(len(office.letter)), "-f", "a@office.example", "-t", "b@member.example", f"{place[0]}:{place[1]}"]
    return lambda: rate(command, office.recipients)


def nodemailer(place, office, connections):
    home = BUILT / "nodemailer"
    if not (home / "node_modules").exists():
        shutil.copytree(HERE / "peers/nodemailer", home, dirs_exist_ok=True)
        subprocess.run([tool("npm", "npm"), "ci", "--silent"], cwd=home, check=True)
    # An attachment of the size that makes its letter as heavy as ours.
    letters = max(200, office.recipients // 10)
    command = ["node", str(home / "send.mjs"), str(place[1]), str(connections), str(letters), str(len(office.letter))]
    return lambda: rate(command, letters)


class Offices:
    """A fresh office for each round, since an edition is sent only once."""

    def __init__(self, folder, *about, **more):
        self.folder, self.about, self.more, self.count = folder, about, more, 0
        self.next = self.fresh()

    def fresh(self):
        self.count += 1
        options, *about = self.about
        return Office(options, self.folder / f"office-{id(self)}-{self.count}", *about, **self.more)

    def rate(self):
        office, self.next = self.next, None
        try:
            return office.rate()
        finally:
            self.next = self.fresh()


def against_source(options, folder, kilobytes, kind):
    with sink(kind) as place:
        ours = Offices(folder, options, f"smtp://{place[0]}:{place[1]}", kilobytes, options.connections)
        theirs = smtp_source(place, ours.next, 8)
        return len(ours.next.letter), in_turn(options.rounds, ours.rate, theirs)


def against_nodemailer(options, folder, kilobytes):
    with sink("smtp-sink") as place:
        ours = Offices(folder, options, f"smtp://{place[0]}:{place[1]}", kilobytes, 10)
        theirs = nodemailer(place, ours.next, 10)
        return len(ours.next.letter), in_turn(options.rounds, ours.rate, theirs)


def far_away(options, folder):
    with far_sink(20) as (place, inside):
        ours = Offices(folder, options, f"smtp://{place[0]}:{place[1]}", 9, 10, inside=inside)
        theirs = smtp_source(place, ours.next, 10, inside)
        return len(ours.next.letter), in_turn(options.rounds, ours.rate, theirs)


def over_tls(options, folder):
    with tls_sink(folder) as safe, sink("fastsink") as clear:
        ca = f'ca_file = "{folder}/ca.pem"'
        ours = Offices(folder, options, f"smtps://localhost:{safe[1]}", 20, options.connections, smtp=ca)
        plain = Offices(folder, options, f"smtp://{clear[0]}:{clear[1]}", 20, options.connections)
        return len(ours.next.letter), in_turn(options.rounds, ours.rate, plain.rate)


def signed(options, folder):
    with sink("smtp-sink") as place:
        key = folder / "dkim.pem"
        subprocess.run([tool("openssl", "openssl"), "genrsa", "-traditional", "-out", str(key), "2048"],
                       check=True, stderr=subprocess.DEVNULL)
        key.chmod(0o600)
        dkim = f'dkim = {{ domain = "office.example", selector = "s", key_file = "{key}" }}'
        url = f"smtp://{place[0]}:{place[1]}"
        ours = Offices(folder, options, url, 20, options.connections, mail=dkim)
        plain = Offices(folder, options, url, 20, options.connections)
        return len(ours.next.letter), in_turn(options.rounds, ours.rate, plain.rate)


ROWS = {
    "20-sink": (1.0, "20 KB, smtp-sink, against smtp-source", lambda o, f: against_source(o, f, 20, "smtp-sink")),
    "20-fast": (1.1, "20 KB, fastsink, against smtp-source", lambda o, f: against_source(o, f, 20, "fastsink")),
    "217-sink": (0.95, "217 KB, smtp-sink, against smtp-source", lambda o, f: against_source(o, f, 217, "smtp-sink")),
    "217-fast": (1.5, "217 KB, fastsink, against smtp-source", lambda o, f: against_source(o, f, 217, "fastsink")),
    "rtt": (3.5, "9 KB, 20 ms away, 10 connections, against smtp-source", far_away),
    "20-node": (10, "20 KB, smtp-sink, against nodemailer", lambda o, f: against_nodemailer(o, f, 20)),
    "217-node": (3.5, "217 KB, smtp-sink, against nodemailer", lambda o, f: against_nodemailer(o, f, 217)),
    "tls": (0.6, "20 KB, fast sinks, with TLS against without", over_tls),
    "dkim": (0.4, "20 KB, smtp-sink, with DKIM (RSA-2048) against without", signed),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phobien", default=ROOT / "target/release/phobien", type=pathlib.Path)
    parser.add_argument("--recipients", type=int, default=8000, help="a quarter of it at 217 KB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--in-doubt-max", type=int, default=64)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    options = parser.parse_args()
    options.phobien = options.phobien.resolve()
    print(f"in_doubt_max {options.in_doubt_max}, {options.rounds} rounds in turn, medians; "
          f"{options.connections} connections unless said")
    print(f"{'':58}{'letters/s':>10}{'peer/s':>10}{'ratio':>7}{'aim':>6}{'fsyncs/s':>10}")
    for name in options.rows or ROWS:
        aim, words, run = ROWS[name]
        with tempfile.TemporaryDirectory(prefix="phobien-bench-") as folder:
            folder = pathlib.Path(folder)
            size, (ours, theirs) = run(options, folder)
            disk = fsyncs(folder)
        one, other = statistics.median(ours), statistics.median(theirs)
        print(f"{words:58}{one:10.0f}{other:10.0f}{one / other:7.2f}{aim:6.2f}{disk:10}  "
              f"letter {size / 1024:.1f} KB; {[round(r) for r in ours]} {[round(r) for r in theirs]}", flush=True)


if __name__ == "__main__":
    main()
