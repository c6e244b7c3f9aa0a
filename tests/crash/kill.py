#!/usr/bin/env python3
"""Kills phobien in the midst of a large edition, again and again, and counts what arrived.

Usage: tests/crash/kill.py [--phobien FILE] [--recipients N] [--kills N] [--seed N]

An edition for many members is published to a sink that remembers every message it accepted. Then
`phobien deliver` is killed with SIGKILL at random moments: some just after its start, the others
at random points of the edition. At last it may run to its end. Nobody may be missing; at most
`in_doubt_max` copies a kill may be double; all copies of a letter are the same bytes with the same
Message-ID; the ledger says what the sink says.
"""

import argparse
import collections
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from sink import Sink  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS, IN_DOUBT_MAX = 4, 8


def verdict(members, sent, ledger, kills):
    """Every broken promise, in words; empty if all were kept.

    members: addresses; sent: the sink's (recipient, Message-ID, sha256); ledger: `log` rows.
    """
    faults = []
    copies = collections.defaultdict(list)
    for recipient, message_id, digest in sent:
        copies[recipient].append((message_id.strip("<> "), digest))
    missing = [m for m in members if m not in copies]
    strange = [m for m in copies if m not in members]
    doubles = sum(len(c) - 1 for c in copies.values())
    unequal = [m for m, c in copies.items() if len(set(c)) > 1]
    if missing:
        faults.append(f"{len(missing)} received nothing, first {missing[:3]}")
    if strange:
        faults.append(f"{len(strange)} strangers received mail, first {strange[:3]}")
    if doubles > IN_DOUBT_MAX * kills:
        faults.append(f"{doubles} double copies, at most {IN_DOUBT_MAX} x {kills} kills")
    if unequal:
        faults.append(f"{len(unequal)} got copies that differ, first {unequal[:3]}")
    rows = {row["address"]: row for row in ledger}
    if len(ledger) != len(members) or set(rows) != set(members):
        faults.append(f"the ledger has {len(ledger)} rows for {len(members)} members")
    unsent = [a for a, row in rows.items() if row["state"] != "sent"]
    if unsent:
        faults.append(f"{len(unsent)} not `sent` in the ledger, first {rows[unsent[0]]}")
    other = [a for a, c in copies.items()
             if a in rows and (rows[a]["message_id"] or "").strip("<>") != c[0][0]]
    if other:
        faults.append(f"{len(other)} Message-IDs differ from the ledger's, first {other[:3]}")
    return faults


def test_verdict():
    """The judge itself: it acquits the innocent and finds each fault."""
    row = {"address": "a@x.example", "state": "sent", "message_id": "<1@x>"}
    one, members = ("a@x.example", "<1@x>", "aa"), ["a@x.example"]
    assert verdict(members, [one, one], [row], 1) == []
    cases = [
        (members, [], [row], 1),
        (members, [one, ("b@x.example", "<2@x>", "bb")], [row], 1),
        (members, [one] * (IN_DOUBT_MAX + 2), [row], 1),
        (members, [one, ("a@x.example", "<1@x>", "bb")], [row], 1),
        (members, [one], [], 1),
        (members, [one], [row | {"state": "sending"}], 1),
        (members, [one], [row | {"message_id": "<9@x>"}], 1),
    ]
    for case in cases:
        assert verdict(*case), case


def prepare(folder, port, recipients):
    """Writes documents, roster and configuration; returns the configuration and the addresses."""
    inbox = folder / "van-ban"
    inbox.mkdir()
    for name in ("12-KH-ĐU.md", "05-CT-TW.docx"):
        (inbox / name).write_bytes((ROOT / "config/demo" / name).read_bytes())
    lines, addresses = ["ma,ho_ten,email,chi_bo,chuc_vu,loai"], []
    for n in range(1, recipients + 1):
        address = f"dv{n:05}@chi-bo-{n % 40 + 1}.dangbo.example"
        addresses.append(address)
        lines.append(f"DV{n:05},Nguyễn Văn {n},{address},Chi bộ {n % 40 + 1},Đảng viên,Chính thức")
    (folder / "roster.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = folder / "phobien.toml"
    config.write_text(f"""
[organisation]
name = "Đảng bộ bộ phận Cục Công nghệ thông tin"
[documents]
folder = "van-ban"
settle = "0s"
[roster]
file = "roster.csv"
[state]
folder = "state"
[mail]
from = "Văn phòng Đảng uỷ <vanphong@dangbo.example>"
[smtp]
url = "smtp://127.0.0.1:{port}"
connections = {CONNECTIONS}
[delivery]
in_doubt_max = {IN_DOUBT_MAX}
unknown_after = "0s"
retry_after = ["1s"]
[[schedule]]
name = "dang-vien"
cron = "0 30 7 * * Mon-Fri"
to = "members"
""", encoding="utf-8")
    return config, addresses


def kill_once(deliver, sink, target, chance):
    """Starts a delivery and kills it: soon after its start, or once the sink took `target`.

    Returns False if it ended by itself before it could be killed.
    """
    process = subprocess.Popen(deliver, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if target is not None:
        end = time.monotonic() + 60
        while sink.taken() < target and process.poll() is None and time.monotonic() < end:
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 0.02))
    else:
        time.sleep(chance.uniform(0, 0.3))
    ended = process.poll() is not None
    process.kill()
    process.wait(10)
    return not ended


def run(options, folder):
    """The whole trial; returns the faults and what there is to tell."""
    chance = random.Random(options.seed)
    with Sink(folder / "sink.sqlite") as sink:
        config, members = prepare(folder, sink.port, options.recipients)
        base = [str(options.phobien.resolve()), "--config", str(config), "--json"]
        for step in (["ingest"], ["publish", "dang-vien"]):
            subprocess.run(base + step, check=True, capture_output=True, timeout=300)
        early = options.kills // 4
        marks = sorted(chance.randrange(options.recipients * 9 // 10)
                       for _ in range(options.kills - early))
        plan = marks + [None] * early
        # Early kills fall between the others, so that starts with work left are killed too.
        order = sorted(range(len(plan)), key=lambda n: n if n < len(marks) else chance.uniform(0, len(marks)))
        killed = sum(kill_once(base + ["deliver"], sink, plan[n], chance) for n in order)
        last = subprocess.run(base + ["deliver"], capture_output=True, timeout=900)
        log = subprocess.run(base + ["log"], check=True, capture_output=True, timeout=300)
        state = folder / "state" / "phobien.db"
        with sqlite3.connect(state) as database:
            whole = database.execute("PRAGMA integrity_check").fetchone()[0]
        sent = sink.rows()
    ledger = [json.loads(line) for line in log.stdout.decode().splitlines()]
    faults = verdict(members, sent, ledger, killed)
    if killed < options.kills:
        faults.append(f"only {killed} of {options.kills} kills met a running process")
    if last.returncode != 0:
        faults.append(f"the last delivery exits {last.returncode}: {last.stderr.decode()[-1000:]}")
    if whole != "ok":
        faults.append(f"the database is not whole: {whole}")
    double = len(sent) - len({recipient for recipient, *_ in sent})
    return faults, f"{len(members)} members, {killed} kills, {len(sent)} letters, {double} double"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options.add_argument("--recipients", default=2000, type=int)
    options.add_argument("--kills", default=20, type=int)
    options.add_argument("--seed", default=None, type=int)
    options = options.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    test_verdict()
    with tempfile.TemporaryDirectory() as folder:
        try:
            faults, told = run(options, Path(folder))
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            output = getattr(error, "stderr", None) or b""
            faults, told = [f"{error}\n{output.decode(errors='replace')[-2000:]}"], "broken off"
    print(f"seed {options.seed}: {told}")
    for fault in faults:
        print(f"  FAIL {fault}")
    print(f"kill: {0 if faults else 1} passed, {1 if faults else 0} failed")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
