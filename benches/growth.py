#!/usr/bin/env python3
"""What grows with recipients and with years: time and memory of publishing and delivering, restarts, big ledgers, rest.

    benches/growth.py sizes [--sizes 1000,10000,100000,1000000] [--plot docs/growth.svg]
                            publish and deliver 217 KB letters (150 KB attached) to peers/fastsink.rs: seconds, peak memory
    benches/growth.py kill [--recipients 1000000]
                            kill -9 in the middle; from the next start to its first MAIL FROM
    benches/growth.py years [--rows 10000000]
                            a ledger of that many deliveries: start to READY, `status`, `log --to`
    benches/growth.py idle [--seconds 30]
                            the daemon with nothing to do: memory, wake-ups a second

All take --phobien FILE (default target/release/phobien). Everything stays on loopback and ends by itself.
"""
import argparse
import contextlib
import os
import pathlib
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import deliver as bench  # noqa: E402  the office and the sinks are the same


def timed(command):
    """Seconds and peak memory (MB) of one process."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} ended with {process.returncode}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def office_of(options, folder, url, recipients, kilobytes):
    """An office whose edition is not published yet."""
    # Offices of heavy letters take a quarter of what they are told.
    wanted = recipients * (4 if kilobytes >= 100 else 1)
    about = argparse.Namespace(phobien=options.phobien, in_doubt_max=64, recipients=wanted)
    return bench.Office(about, pathlib.Path(folder) / "office", url, kilobytes, 8, published=False)


def sizes(options):
    rows = []
    print(f"{'recipients':>10} {'publish s':>10} {'peak MB':>8} {'deliver s':>10} {'letters/s':>10} {'peak MB':>8}")
    for count in options.sizes:
        with bench.sink("fastsink") as place, tempfile.TemporaryDirectory(prefix="phobien-bench-") as folder:
            office = office_of(options, folder, f"smtp://{place[0]}:{place[1]}", count, 217)
            publish = timed(office.call + ["publish", "day"])
            deliver = timed(office.call + ["deliver", "--until-idle"])
        rows.append((count, *publish, *deliver))
        print(f"{count:10} {publish[0]:10.2f} {publish[1]:8.1f} {deliver[0]:10.2f} {count / deliver[0]:10.0f} "
              f"{deliver[1]:8.1f}", flush=True)
    if options.plot:
        options.plot.write_text(plot(rows))


def plot(rows):
    """Two panels, logarithmic in recipients: seconds (logarithmic too) and peak memory."""
    import math
    width, height, left, top = 340, 220, 60, 40
    across = lambda n, at: at + left + (math.log10(n) - 3) / 3 * width
    seconds = lambda s: top + height - (math.log10(max(s, 0.01)) + 2) / 5 * height
    memory = lambda m: top + height - m / 60 * height
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * (width + left + 30)} {height + 100}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="#fff"/>']
    second = width + left + 30
    panels = [(0, "seconds", seconds, [0.01, 0.1, 1, 10, 100, 1000], (1, 3)),
              (second, "peak memory, MB", memory, [0, 10, 20, 30, 40, 50, 60], (2, 4))]
    for at, title, scale, ticks, columns in panels:
        out.append(f'<text x="{at + left}" y="20" font-weight="bold">{title}</text>')
        for tick in ticks:
            y = scale(tick)
            out.append(f'<line x1="{at + left}" x2="{at + left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                       f'<text x="{at + left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
        for count in (1_000, 10_000, 100_000, 1_000_000):
            x = across(count, at)
            out.append(f'<text x="{x:.1f}" y="{top + height + 18}" text-anchor="middle">{count:,}</text>'.replace(",", " "))
        for column, colour, name, row in zip(columns, ("#9b1c1c", "#1c4f9b"), ("publish", "deliver"), (0, 1)):
            points = " ".join(f"{across(r[0], at):.1f},{scale(r[column]):.1f}" for r in rows)
            out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
            out.append(f'<text x="{at + left + 10 + 80 * row}" y="{top + height + 40}" fill="{colour}">— {name}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


class FirstMail(threading.Thread):
    """A server that only notes when the first MAIL FROM came."""

    def __init__(self, place):
        super().__init__(daemon=True)
        self.came, self.socket = threading.Event(), socket.create_server(place)
        self.start()

    def run(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        # Whoever is killed says no goodbye.
        with contextlib.suppress(ConnectionError), client, client.makefile("rwb", buffering=0) as lines:
            lines.write(b"220 x\r\n")
            for line in lines:
                if line.upper().startswith(b"MAIL"):
                    self.at = time.monotonic()
                    self.came.set()
                lines.write(b"250 x\r\n")


def kill(options):
    with tempfile.TemporaryDirectory(prefix="phobien-bench-") as folder:
        waits = []
        with bench.sink("fastsink") as place:
            office = office_of(options, folder, f"smtp://{place[0]}:{place[1]}", options.recipients, 20)
            office.run("publish", "day")
            for _ in range(5):
                process = subprocess.Popen(office.call + ["deliver"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(5)
                process.send_signal(signal.SIGKILL)
                process.wait()
                with database(office) as db:
                    counts = dict(db.execute("SELECT state, COUNT(*) FROM deliveries GROUP BY state"))
                witness = FirstMail(("127.0.0.1", bench.free_port()))
                config = office.home / "phobien.toml"
                text = config.read_text()
                config.write_text(text.replace(f":{place[1]}", f":{witness.socket.getsockname()[1]}"))
                start = time.monotonic()
                process = subprocess.Popen(office.call + ["deliver"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                witness.came.wait(30)
                waits.append(witness.at - start)
                process.kill()
                process.wait()
                config.write_text(text)
                print(f"  {counts}: next MAIL FROM after {waits[-1]:.3f} s", flush=True)
        print(f"kill -9 in the middle of {options.recipients}: next MAIL FROM after {statistics.median(waits):.3f} s "
              f"(median of {len(waits)}, slowest {max(waits):.3f} s)")


@contextlib.contextmanager
def database(office):
    with contextlib.closing(sqlite3.connect(office.home / "state/phobien.db")) as db:
        yield db


def years(options):
    """So many deliveries: a hundred editions that went to everybody."""
    members = options.rows // 100
    with tempfile.TemporaryDirectory(prefix="phobien-bench-") as folder:
        office = office_of(options, folder, "maildir:mail", members, 20)
        office.run("publish", "day")
        with database(office) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("UPDATE deliveries SET state = 'sent', attempts = 1, reply_code = 250, reply = '2.0.0 Ok: queued'")
            db.execute("UPDATE editions SET state = 'sent', closed_at = due_at")
            delivery = [r[1] for r in db.execute("PRAGMA table_info(deliveries)") if r[1] != "id"]
            edition = [r[1] for r in db.execute("PRAGMA table_info(editions)") if r[1] != "id"]
            day = 86_400_000
            for n in range(1, 100):
                moved = {"nominal_at": f"nominal_at - {n * day}", "due_at": f"due_at - {n * day}"}
                db.execute(f"INSERT INTO editions ({', '.join(edition)}) SELECT "
                           f"{', '.join(moved.get(c, c) for c in edition)} FROM editions WHERE id = 1")
                copy = {"edition_id": str(n + 1), "token": f"token || '{n}'"}
                db.execute(f"INSERT INTO deliveries ({', '.join(delivery)}) SELECT "
                           f"{', '.join(copy.get(c, c) for c in delivery)} FROM deliveries WHERE edition_id = 1")
                db.commit()
            rows = db.execute("SELECT COUNT(*) FROM deliveries").fetchone()[0]
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = (office.home / "state/phobien.db").stat().st_size
        print(f"{rows} deliveries of {members} members, {size / 1e9:.1f} GB")
        for words in (["status"], ["log", "--to", "m77@member.example"], ["log", "--to", "M77"]):
            took = []
            for _ in range(5):
                start = time.monotonic()
                subprocess.run(office.call + words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                took.append(time.monotonic() - start)
            print(f"  {' '.join(words):28} {statistics.median(took) * 1000:6.0f} ms (slowest {max(took) * 1000:.0f})")
        start = time.monotonic()
        with daemon(office) as (_, ready):
            ready()
            print(f"  start to READY               {(time.monotonic() - start) * 1000:6.0f} ms")


@contextlib.contextmanager
def daemon(office):
    """`run`, and what waits for its READY. All that it tells is read: the service manager's socket holds ten notes."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(f"{folder}/notify")
        is_ready = threading.Event()

        def hear():
            while note := notify.recv(4096):
                if b"READY=1" in note:
                    is_ready.set()

        ear = threading.Thread(target=hear, daemon=True)
        ear.start()
        environment = os.environ | {"NOTIFY_SOCKET": f"{folder}/notify"}
        process = subprocess.Popen(office.call + ["run"], env=environment, stderr=subprocess.DEVNULL)
        try:
            yield process, lambda: is_ready.wait(120) or sys.exit("the daemon does not come up")
        finally:
            process.terminate()
            process.wait(60)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(b"", f"{folder}/notify")
            ear.join()


def idle(options):
    with tempfile.TemporaryDirectory(prefix="phobien-bench-") as folder:
        office = office_of(options, folder, "maildir:mail", 69, 20)
        office.run("send", "day")
        with daemon(office) as (process, ready):
            ready()
            time.sleep(5)
            before = wakeups(process.pid)
            time.sleep(options.seconds)
            woken = (wakeups(process.pid) - before) / options.seconds
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            memory = {l.split(":")[0]: int(l.split()[1]) / 1024 for l in status.splitlines() if l.startswith(("VmRSS", "VmHWM", "RssAnon"))}
            print(f"idle: {memory['VmRSS']:.1f} MB resident ({memory['RssAnon']:.1f} MB of its own, peak {memory['VmHWM']:.1f}), "
                  f"{woken:.1f} wake-ups a second over {options.seconds} s")


def wakeups(pid):
    """How often any thread of the process went to sleep by itself: each such sleep ended in a wake-up."""
    count = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        count += sum(int(l.split()[1]) for l in status.read_text().splitlines() if l.startswith("voluntary_ctxt"))
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["sizes", "kill", "years", "idle"])
    parser.add_argument("--phobien", default=bench.ROOT / "target/release/phobien", type=pathlib.Path)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    options.phobien = options.phobien.resolve()
    options.sizes = [int(n) for n in options.sizes.split(",")]
    globals()[options.what](options)


if __name__ == "__main__":
    main()
