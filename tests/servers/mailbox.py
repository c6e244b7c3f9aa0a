#!/usr/bin/env python3
"""What comes back, by real servers: Postfix takes letters and returns one, Dovecot shows the mailbox over TLS.

Usage: tests/servers/mailbox.py [--phobien FILE]
"""

import argparse
import email.message
import imaplib
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from checks import check, finish, results  # noqa: E402
from mailserver import MailServer  # noqa: E402
from run import DEMO, ROOT, Phobien  # noqa: E402

ROSTER = """ma,ho_ten,email,chi_bo,chuc_vu,loai
DV001,Trần Công Quý,quy@mot.example,Chi bộ Một,Bí thư chi bộ,Chính thức
DV002,Trần Kim Chi,chi@nobody.example,Chi bộ Một,Đảng viên,Chính thức
DV003,Ngô Minh Sáng,sang@mot.example,Chi bộ Một,Đảng viên,Chính thức
"""


def write_config(folder, server, password="password", ca=True):
    """An office whose letters go by Postfix and whose mailbox is at Dovecot."""
    (folder / "van-ban").mkdir(exist_ok=True)
    (folder / "van-ban/23.pdf").write_bytes((DEMO / "23-CT-TW_2018.pdf").read_bytes())
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    for name, text in (("password", server.password), ("wrong", "sai")):
        (folder / name).write_text(text + "\n", encoding="utf-8")
        (folder / name).chmod(0o600)
    ca_file = f'ca_file = "{server.ca}"' if ca else ""
    config = folder / "phobien.toml"
    config.write_text(f"""
[organisation]
name = "Đảng bộ thử"
language = "en"
[documents]
folder = "van-ban"
settle = "0s"
[roster]
file = "roster.csv"
[state]
folder = "state"
[mail]
from = "Văn phòng <vanphong@dangbo.example>"
[smtp]
url = "smtp://127.0.0.1:{server.plain}"
timeout = "10s"
[mailbox]
url = "imaps://localhost:{server.imaps}"
username = "{server.user}"
password_file = "{password}"
{ca_file}
every = "2s"
reverse_path = "bounce+{{token}}@dangbo.example"
[confirmation]
ask = true
[[schedule]]
name = "dang-vien"
cron = "0 30 7 * * Mon-Fri"
to = "members"
""", encoding="utf-8")
    return config


def state_of(phobien, code):
    return phobien.run("log", "--to", code)[1][-1]


def flags(server):
    """Every message of INBOX with its flags, as another client sees them, read-only."""
    context = ssl.create_default_context(cafile=server.ca)
    with imaplib.IMAP4_SSL("localhost", server.imaps, ssl_context=context) as client:
        client.authenticate("PLAIN", lambda _: f"\0{server.user}\0{server.password}".encode())
        client.select("INBOX", readonly=True)
        return client.fetch("1:*", "(UID FLAGS)")[1]


def answer(server, row, words, sender=None):
    """A member answers a letter by mail."""
    letter = email.message.EmailMessage()
    letter["From"], letter["To"] = sender or row["address"], "vanphong@dangbo.example"
    letter["Subject"], letter["In-Reply-To"] = "Re: văn bản", row["message_id"]
    letter.set_content(words)
    with smtplib.SMTP("127.0.0.1", server.plain) as client:
        client.send_message(letter)


def comes_back(server, phobien):
    """One letter of three is returned by Postfix, one is answered."""
    print("a letter comes back, another is answered")
    code, lines, errors = phobien.run("check")
    told = [line["message"] for line in lines if line["level"] == "error"]
    check("check logs in to the mailbox", code == 0, f"{told}{errors}")
    code, lines, errors = phobien.run("send", "dang-vien")
    check("three letters are accepted", code == 0 and lines[-1]["sent"] == 3, errors)
    server.messages(3)  # two letters and what came back
    code, rows, errors = phobien.run("collect")
    check("collect exits 0", code == 0, errors)
    hard = [row for row in rows if row["class"] == "hard"]
    bounced = state_of(phobien, "DV002")
    check("Postfix's report is a hard bounce of that letter, and the only one",
          [(row["delivery"], row["status"], row["recipient"]) for row in hard]
          == [(bounced["delivery"], "5.1.1", "chi@nobody.example")], rows)
    check("the letter is bounced", bounced["state"] == "bounced", bounced)
    others = [state_of(phobien, code)["state"] for code in ("DV001", "DV003")]
    check("the others are not", others == ["sent", "sent"], others)
    before = flags(server)
    answer(server, state_of(phobien, "DV001"), "Tôi đã nghiên cứu.")
    answer(server, state_of(phobien, "DV003"), "Tôi đã nghiên cứu.", "la@mot.example")
    server.messages(5)
    code, rows, errors = phobien.run("collect")
    kinds = sorted(row["class"] for row in rows)
    check("only what is new is read: a confirmation, and a reply of somebody else",
          code == 0 and kinds == ["confirmation", "reply"], f"{rows}{errors}")
    check("who answered has confirmed", state_of(phobien, "DV001")["confirmed_at"])
    check("who did not has not", state_of(phobien, "DV003")["confirmed_at"] is None)
    check("a third look finds nothing", phobien.run("collect")[:2] == (0, []))
    after = flags(server)
    check("nothing was deleted or flagged",
          len(after) == 5 and after[:3] == before and not any(b"Seen" in line for line in after), after)
    check("the ledger is as it was written", phobien.run("verify")[0] == 0)


def refused(server, folder, binary):
    """A wrong password and an unknown certificate are said, without the password."""
    print("a mailbox that cannot be read")
    phobien = Phobien(binary, write_config(folder, server, password="wrong"))
    code, _, errors = phobien.run("collect")
    check("a wrong password: exit 1, who and where to look",
          code == 1 and "[mailbox] username" in errors and "sai" not in errors, errors)
    traced = subprocess.run([*phobien.base, "--log", "trace", "collect"], capture_output=True, timeout=60)
    check("the password is in no log", b"AHNhaQ" not in traced.stderr and b"AHBob2JpZW4Ac2Fp" not in traced.stderr)
    phobien = Phobien(binary, write_config(folder, server, ca=False))
    code, _, errors = phobien.run("collect")
    check("an unknown certificate: exit 1, and why", code == 1 and "ca_file" in errors, errors)
    check("check says so too", phobien.run("check")[0] == 1)


def served(server, folder, binary):
    """The service reads the mailbox by itself, and letters go where it cannot."""
    print("the service")
    config = write_config(folder, server)
    phobien = Phobien(binary, config)
    time.sleep(1)
    phobien.run("send", "dang-vien")
    second = state_of(phobien, "DV002")
    log = open(folder / "run.log", "wb")
    service = subprocess.Popen([str(binary), "--config", str(config), "run"], stderr=log, stdout=log)
    try:
        def wait(done):
            end = time.monotonic() + 40
            while time.monotonic() < end and not done():
                time.sleep(0.5)
            return done()

        check("the second bounce is found without being asked for",
              wait(lambda: phobien.run("log", "--to", "DV002")[1][-1]["state"] == "bounced"), second)
        members = phobien.run("members", "list")[1]
        held = [m["code"] for m in members if m["state"] == "held"]
        check("two bounces hold the address", held == ["DV002"], members)
    finally:
        service.terminate()
        service.wait(40)
        log.close()
    check("the service ended well", service.returncode == 0, (folder / "run.log").read_text()[-2000:])
    check("no secret is in its log", server.password not in (folder / "run.log").read_text())


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    binary = options.parse_args().phobien.resolve()
    with MailServer(imap=True) as server, tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        try:
            comes_back(server, Phobien(binary, write_config(folder, server)))
            refused(server, folder, binary)
            served(server, folder, binary)
        except Exception as error:
            check("the run came to its end", False, f"{type(error).__name__}: {error}")
        if results["failed"]:
            print(server.logs())
    finish("mailbox")


if __name__ == "__main__":
    main()
