"""A small office for crash tests: its folder, phobien at work in it, and the promise it is judged by.

The promise: everybody gets every letter; a second copy only where an acknowledgement was lost, at
most `in_doubt_max` of them a crash; all copies are the same bytes with the same Message-ID; the
ledger claims `sent` only of what the sink took, and what the sink took beyond that is in doubt.
"""

import collections
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS, IN_DOUBT_MAX = 4, 8
DOCUMENTS = ("12-KH-ĐU.md", "05-CT-TW.docx")
CONFIG = """
[organisation]
name = "Đảng bộ bộ phận Cục Công nghệ thông tin"
language = "en"
[documents]
folder = "van-ban"
settle = "0s"
rescan = "1s"
[roster]
file = "roster.csv"
[state]
folder = "state"
[mail]
from = "Văn phòng Đảng uỷ <vanphong@dangbo.example>"
[smtp]
url = "smtp://127.0.0.1:{port}"
connections = {connections}
{smtp}
[delivery]
in_doubt_max = {in_doubt_max}
unknown_after = "0s"
retry_after = ["1s"]
[[schedule]]
name = "dang-vien"
cron = "{cron}"
to = "members"
on_holiday = "send"
"""


class Office:
    """Documents, roster, configuration and state in one folder, and phobien's commands there."""

    def __init__(self, phobien, folder, members=30):
        self.phobien, self.folder = Path(phobien).resolve(), Path(folder).resolve()
        self.config, self.state = self.folder / "phobien.toml", self.folder / "state"
        self.members = [f"dv{n:05}@chi-bo-{n % 40 + 1}.dangbo.example" for n in range(1, members + 1)]

    def furnish(self, port, **settings):
        """Writes everything but the state."""
        (self.folder / "van-ban").mkdir(parents=True)
        for name in DOCUMENTS:
            shutil.copy(ROOT / "config/demo" / name, self.folder / "van-ban" / name)
        self.enrol(self.members)
        self.configure(port, **settings)
        return self

    def enrol(self, addresses):
        """Writes the roster; a code of which nobody has an address is left out."""
        lines = ["ma,ho_ten,email,chi_bo,chuc_vu,loai"]
        for n, address in enumerate(addresses, 1):
            if address is None:
                continue
            branch = f"Chi bộ {n % 40 + 1}"
            lines.append(f"DV{n:05},Nguyễn Văn {n},{address},{branch},Đảng viên,Chính thức")
        replace(self.folder / "roster.csv", "\n".join(lines) + "\n")

    def configure(self, port, smtp="", cron="0 0 3 1 1 *"):
        replace(self.config, CONFIG.format(port=port, smtp=smtp, cron=cron,
                                           connections=CONNECTIONS, in_doubt_max=IN_DOUBT_MAX))

    def twin(self, folder, port, **settings):
        """The same office in another folder, state included, before another server."""
        shutil.copytree(self.folder, folder)
        other = Office(self.phobien, folder, len(self.members))
        other.configure(port, **settings)
        return other

    def command(self, *words):
        return [str(self.phobien), "--config", str(self.config), "--json", *words]

    def run(self, *words, env=None, timeout=120, check=False, **how):
        """Runs a command to its end."""
        return subprocess.run(self.command(*words), env=os.environ | (env or {}), capture_output=True,
                              text=True, timeout=timeout, check=check, **how)

    @contextlib.contextmanager
    def running(self, *words, env=None, log=subprocess.DEVNULL):
        """Runs a command beside the test, which ends it at the latest here."""
        process = subprocess.Popen(self.command(*words), env=os.environ | (env or {}),
                                   stdout=subprocess.DEVNULL, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)

    def log(self, *words):
        """The ledger's rows, as phobien tells them."""
        told = self.run("log", *words, check=True, timeout=300).stdout
        return [json.loads(line) for line in told.splitlines()]

    def faults(self):
        """What is wrong with the database: by SQLite's own check and by `phobien verify`."""
        faults = []
        with contextlib.closing(sqlite3.connect(self.state / "phobien.db")) as database:
            whole = database.execute("PRAGMA integrity_check").fetchone()[0]
        if whole != "ok":
            faults.append(f"the database is not whole: {whole}")
        verified = self.run("verify")
        if verified.returncode != 0:
            faults.append(f"verify exits {verified.returncode}: {verified.stdout}{verified.stderr}")
        return faults


def replace(file, text):
    """Writes a file as an editor does: whole or not at all."""
    new = file.with_name(file.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def snapshot(state, folder):
    """Copies database and write-ahead log, and nothing else, as a power cut leaves them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("phobien.db", "phobien.db-wal"):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(state / name, folder / name)
    return folder


def rows(state, without=()):
    """address -> (state, Message-ID's token) straight out of a copied database, but for editions."""
    with contextlib.closing(sqlite3.connect(state / "phobien.db")) as database:
        found = database.execute("SELECT address, state, token, edition_id FROM deliveries").fetchall()
    return {address: (state, token) for address, state, token, edition in found
            if f"e-{edition}" not in without}


def copies(sent):
    """recipient -> its copies as (Message-ID, digest)."""
    found = collections.defaultdict(list)
    for recipient, message_id, digest in sent:
        found[recipient].append((message_id.strip("<> "), digest))
    return found


def doubles(sent):
    """How many letters came again."""
    return sum(len(c) - 1 for c in copies(sent).values())


def verdict(members, sent, ledger, most):
    """Every broken promise at the end of an edition, in words; empty if all were kept.

    members: addresses; sent: the sink's (recipient, Message-ID, sha256); ledger: `log` rows;
    most: copies that may be double.
    """
    faults, found = [], copies(sent)
    missing = [m for m in members if m not in found]
    strange = [m for m in found if m not in members]
    unequal = [m for m, c in found.items() if len(set(c)) > 1]
    if missing:
        faults.append(f"{len(missing)} received nothing, first {missing[:3]}")
    if strange:
        faults.append(f"{len(strange)} strangers received mail, first {strange[:3]}")
    if doubles(sent) > most:
        faults.append(f"{doubles(sent)} double copies, at most {most}")
    if unequal:
        faults.append(f"{len(unequal)} got copies that differ, first {unequal[:3]}")
    rows = {row["address"]: row for row in ledger}
    if len(ledger) != len(members) or set(rows) != set(members):
        faults.append(f"the ledger has {len(ledger)} rows for {len(members)} members")
    unsent = [a for a, row in rows.items() if row["state"] != "sent"]
    if unsent:
        faults.append(f"{len(unsent)} not `sent` in the ledger, first {rows[unsent[0]]}")
    other = [a for a, c in found.items()
             if a in rows and (rows[a]["message_id"] or "").strip("<>") != c[0][0]]
    if other:
        faults.append(f"{len(other)} Message-IDs differ from the ledger's, first {other[:3]}")
    return faults


def claims(ledger, sent):
    """Every false claim of a ledger in the middle of an edition.

    ledger: `rows`; sent: what the sink had taken by then.
    """
    faults, taken = [], {recipient for recipient, *_ in sent}
    lies = [a for a, (state, _) in ledger.items() if state == "sent" and a not in taken]
    if lies:
        faults.append(f"{len(lies)} `sent` that the sink does not have, first {lies[:3]}")
    return faults


def forgotten(ledger, sent):
    """Whom the sink had served and the ledger neither calls `sent` nor has in doubt."""
    known = {a for a, (state, _) in ledger.items() if state in ("sent", "sending", "unknown")}
    return {recipient for recipient, *_ in sent} - known


def test_verdict():
    """The judge itself: it acquits the innocent and finds each fault."""
    row = {"address": "a@x.example", "state": "sent", "message_id": "<1@x>"}
    one, members = ("a@x.example", "<1@x>", "aa"), ["a@x.example"]
    assert verdict(members, [one, one], [row], 1) == []
    cases = [
        (members, [], [row], 1),
        (members, [one, ("b@x.example", "<2@x>", "bb")], [row], 1),
        (members, [one] * 3, [row], 1),
        (members, [one, ("a@x.example", "<1@x>", "bb")], [row], 1),
        (members, [one], [], 1),
        (members, [one], [row | {"state": "sending"}], 1),
        (members, [one], [row | {"message_id": "<9@x>"}], 1),
    ]
    for case in cases:
        assert verdict(*case), case
    assert claims({"a@x.example": ("sent", "1")}, []) and not claims({"a@x.example": ("sent", "1")}, [one])
    assert forgotten({"a@x.example": ("pending", "1")}, [one])
    assert not forgotten({"a@x.example": ("sending", "1")}, [one])
