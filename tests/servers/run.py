#!/usr/bin/env python3
"""phobien against real mail servers: what was sent is read back from the Maildir and compared.

Usage: tests/servers/run.py [--phobien FILE] [--servers-only]

First the servers themselves are tried with Python's smtplib (plain, STARTTLS and TLS, AUTH), so
that a fault of theirs is not taken for one of phobien. Then phobien sends the sample documents to
all members and branches over each kind of connection. `--servers-only` stops before that.
"""

import argparse
import email
import email.policy
import email.utils
import hashlib
import json
import shutil
import sqlite3
import smtplib
import ssl
import subprocess
import sys
import tempfile
from email.header import decode_header, make_header
from pathlib import Path

sys.dont_write_bytecode = True
from checks import check, finish, results  # noqa: E402
from mailserver import MailServer  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config/demo"
DOCUMENTS = ["23-CT-TW_2018.pdf", "Nghị quyết Trung ương 4 khóa XII.pdf", "05-CT-TW.docx", "12-KH-ĐU.md"]
MEMBERS, BRANCHES = 69, 5


def servers_alone(server):
    """The servers take mail as configured, and refuse it as configured."""
    context = ssl.create_default_context(cafile=server.ca)
    letter = b"From: a@dangbo.example\r\nTo: b@dangbo.example\r\nSubject: =?utf-8?b?VGjhu60=?=\r\n\r\nx\r\n"

    def send(client):
        with client:
            client.sendmail("a@dangbo.example", ["b@dangbo.example"], letter)

    send(smtplib.SMTP("127.0.0.1", server.plain))
    client = smtplib.SMTP("localhost", server.starttls)
    client.ehlo()
    check("AUTH is not offered before STARTTLS is asked for", refused(client))
    client = smtplib.SMTP("localhost", server.starttls)
    client.starttls(context=context)
    auth(client, server.password, server.user)
    send(client)
    client = smtplib.SMTP_SSL("localhost", server.smtps, context=context)
    auth(client, server.password, server.user)
    send(client)
    client = smtplib.SMTP_SSL("localhost", server.smtps, context=context)
    try:
        auth(client, "sai", server.user)
        check("a wrong password is refused", False)
    except smtplib.SMTPAuthenticationError as error:
        check("a wrong password is refused", error.smtp_code == 535, str(error))
    try:
        smtplib.SMTP_SSL("localhost", server.smtps, context=ssl.create_default_context())
        check("the certificate is not one of the system's", False)
    except ssl.SSLCertVerificationError:
        check("the certificate is not one of the system's", True)
    found = server.messages(3)
    sent = letter.replace(b"\r\n", b"\n")
    check("plain, STARTTLS and TLS: three letters in the Maildir", len(found) == 3, len(found))
    good = sum(to == "b@dangbo.example" and body.lower().startswith(sent[:10].lower())
               for to, body in found)
    check("each to its recipient, as sent", good == 3, found)
    server.clear()


def auth(client, password, user):
    """AUTH PLAIN in UTF-8 (RFC 4616); smtplib's own login knows ASCII only."""
    import base64

    client.ehlo()
    text = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, reply = client.docmd("AUTH", "PLAIN " + text)
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def refused(client):
    with client:
        return not client.has_extn("auth") and client.mail("a@dangbo.example")[0] >= 500


def write_config(folder, server, kind):
    """A configuration for one kind of connection, in a fresh folder with fresh state."""
    inbox = folder / "van-ban"
    inbox.mkdir(parents=True)
    for name in DOCUMENTS:
        shutil.copy(DEMO / name, inbox)
    shutil.copy(DEMO / "roster.xlsx", folder)
    secret = folder / "password"
    secret.write_text(server.password + "\n", encoding="utf-8")
    secret.chmod(0o600)
    url = {
        "plain": f"smtp://127.0.0.1:{server.plain}",
        "starttls": f"smtp://localhost:{server.starttls}?tls=required",
        "tls": f"smtps://localhost:{server.smtps}",
    }[kind]
    login = f'username = "{server.user}"\npassword_file = "password"\nca_file = "{server.ca}"\n'
    config = folder / "phobien.toml"
    config.write_text(f"""
[organisation]
name = "Đảng bộ bộ phận Cục Công nghệ thông tin"
[documents]
folder = "van-ban"
settle = "0s"
[roster]
file = "roster.xlsx"
[state]
folder = "state"
[mail]
from = "Văn phòng Đảng uỷ <vanphong@dangbo.example>"
[smtp]
url = "{url}"
{"" if kind == "plain" else login}
[[schedule]]
name = "dang-vien"
cron = "0 30 7 * * Mon-Fri"
to = "members"
[[schedule]]
name = "chi-bo"
cron = "0 0 8 * * Mon"
to = "branches"
""", encoding="utf-8")
    return config


class Phobien:
    """The binary and one configuration."""

    def __init__(self, binary, config):
        self.base = [str(binary), "--config", str(config), "--json"]

    def run(self, *words):
        """Exit code, JSON lines, stderr."""
        done = subprocess.run([*self.base, *words], capture_output=True, timeout=300)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        return done.returncode, lines, done.stderr.decode(errors="replace")

    def raw(self, *words):
        return subprocess.run([*self.base, *words], capture_output=True, timeout=60).stdout


def through(server, kind, binary, folder):
    """Everything is sent over one kind of connection; what arrived is what was meant."""
    print(f"phobien over {kind}")
    phobien = Phobien(binary, write_config(folder, server, kind))
    for schedule in ("dang-vien", "chi-bo"):
        code, lines, errors = phobien.run("send", schedule)
        check(f"send {schedule} exits 0", code == 0, f"{code}\n{errors[-2000:]}")
        counts = lines[-1] if lines else {}
        want = MEMBERS if schedule == "dang-vien" else BRANCHES
        check(f"send {schedule} counts {want} sent", counts.get("sent") == want, counts)
    rows = phobien.run("log")[1]
    letters = [(to, body, parse(body)) for to, body in server.messages(MEMBERS + BRANCHES)]
    kinds = [row["recipient_kind"] for row in rows]
    check("the ledger lists 69 members and 5 branches, all sent",
          (kinds.count("member"), kinds.count("branch")) == (MEMBERS, BRANCHES)
          and all(row["state"] == "sent" for row in rows), kinds[:3])
    check("as many letters as deliveries", len(letters) == MEMBERS + BRANCHES, len(letters))
    ids = {row["message_id"].strip("<>"): row for row in rows}
    told = [(ids.get(m["Message-ID"].strip("<>")), to, m) for to, _, m in letters]
    check("every Message-ID is one of the ledger's, once",
          bool(told) and len({m["Message-ID"] for *_, m in told}) == len(rows) == len(told))
    told = [entry for entry in told if entry[0]]
    check("letters and ledger rows pair off", len(told) == MEMBERS + BRANCHES, len(told))
    check("envelope, To and ledger name one and the same address",
          bool(told) and all(one_recipient(m) == to == row["address"] for row, to, m in told))
    check("every subject is readable text",
          bool(told) and all(len(subject(m)) > 10 for *_, m in told))
    want = sorted(sha((DEMO / name).read_bytes()) for name in DOCUMENTS)
    differ = [to for _, to, m in told if sorted(map(sha, attachments(m))) != want]
    check("every attachment is byte for byte the file that was dropped",
          bool(told) and not differ, differ[:3])
    previews(phobien, rows, letters)
    check("no letter is sent twice: a second send finds nothing",
          all(phobien.run("send", s)[1][-1]["sent"] == 0 for s in ("dang-vien", "chi-bo"))
          and len(server.messages(MEMBERS + BRANCHES)) == MEMBERS + BRANCHES)
    check("the ledger's database is whole", whole(folder / "state" / "phobien.db"))
    server.clear()


def whole(database):
    """SQLite's own check of every page and index."""
    with sqlite3.connect(database) as ledger:
        return ledger.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def previews(phobien, rows, letters):
    """The preview of a published edition is what arrived, line ends aside."""
    arrived = {to: body for to, body, _ in letters}
    for row in [rows[0], rows[-1]]:
        shown = phobien.raw("preview", row["schedule"], "--edition", str(row["edition"]),
                            "--to", row["address"], "--format", "eml")
        same = shown.replace(b"\r\n", b"\n").rstrip() == arrived.get(row["address"], b"").rstrip()
        check(f"the preview for a {row['recipient_kind']} is the letter that arrived", same)


def parse(body):
    return email.message_from_bytes(body, policy=email.policy.default)


def subject(message):
    return str(make_header(decode_header(str(message["Subject"]))))


def one_recipient(message):
    """The one address in To; none if there are more, or a Cc."""
    found = email.utils.getaddresses(message.get_all("To", []) + message.get_all("Cc", []))
    return found[0][1] if len(found) == 1 and not message["Bcc"] else None


def attachments(message):
    return [part.get_payload(decode=True) for part in message.iter_attachments()]


def sha(data):
    return hashlib.sha256(data).hexdigest()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    options.add_argument("--servers-only", action="store_true")
    options = options.parse_args()
    with MailServer() as server, tempfile.TemporaryDirectory() as folder:
        print("Postfix and Dovecot, asked by smtplib")
        try:
            servers_alone(server)
            if not options.servers_only:
                for kind in ("plain", "starttls", "tls"):
                    through(server, kind, options.phobien.resolve(), Path(folder, kind))
        except Exception as error:
            check("the run came to its end", False, f"{type(error).__name__}: {error}")
        if results["failed"]:
            print(server.logs())
    finish("servers")


if __name__ == "__main__":
    main()
