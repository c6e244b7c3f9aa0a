#!/usr/bin/env python3
"""The first minutes of a new office: `phobien init` is answered at a terminal, a real mail server is logged in to, a test
letter arrives, a roster and a document are put in place and every member has it.

Usage: tests/servers/first_day.py [--phobien FILE]
"""

import argparse
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from checks import check, finish, results  # noqa: E402
from mailserver import MailServer  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config/demo"
MEMBERS = 69


class Typist:
    """A person at a terminal of their own."""

    def __init__(self, *command, **where):
        self.seen = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(where["cwd"])
            os.execvpe(command[0], command, {**os.environ, "LANG": where.get("lang", "vi_VN.UTF-8")})

    def until(self, words, seconds=30):
        """Reads on until the words stand there; what was read before them is gone through once."""
        end = time.monotonic() + seconds
        while words not in self.seen[getattr(self, "at", 0):]:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                raise TimeoutError(f"waiting for {words!r}, there is: {self.seen[-600:]}")
            try:
                self.seen += os.read(self.terminal, 4096).decode(errors="replace")
            except OSError:
                raise EOFError(f"waiting for {words!r}, it ended with: {self.seen[-600:]}") from None
        self.at = self.seen.index(words, getattr(self, "at", 0)) + len(words)

    def answer(self, question, text):
        self.until(question)
        self.until(": ")
        os.write(self.terminal, (text + "\n").encode())

    def end(self, seconds=30):
        """Reads to the end; the exit code."""
        try:
            self.until("\0", seconds)
        except EOFError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def at_a_terminal(server, phobien, home):
    """Ten answers, one of them wrong at first, and a server whose certificate nobody knows yet."""
    print("init at a terminal")
    office = home / "office"
    person = Typist(str(phobien), "init", "office", cwd=home)
    person.answer("1. Tên đầy đủ", "")
    person.answer("Tên đầy đủ", "Đảng bộ \"Thử\" # nghiệm")
    person.answer("2. Người gửi", "vanphong")
    person.answer("2. Người gửi", "Văn phòng Đảng uỷ <vanphong@dangbo.example>")
    person.answer("3. Địa chỉ của văn phòng", "")
    person.answer("4. Đầu mối", "-")
    person.answer("5. Thư mục", "")
    person.answer("6. Nơi đọc", "Văn phòng, phòng 301")
    url = f"smtps://localhost:{server.smtps}"
    person.answer("7. Máy chủ thư", url)
    person.answer("8. Tên đăng nhập", server.user)
    person.answer("9. Mật khẩu", server.password)
    person.answer("Trả lời lại", "")
    person.answer("Tệp chứng thư gốc", str(server.ca))
    person.answer(f"[{url}]", "")
    person.answer(f"[{server.user}]", "")
    # A slip and its correction: the terminal edits nothing while it shows nothing.
    person.answer("9. Mật khẩu", server.password + "ữ\x7f")
    person.until("Máy chủ thư đã nhận")
    person.answer("10. Giờ gửi", "trưa")
    person.answer("10. Giờ gửi", "8:15")
    person.answer("Gửi một thư thử", "thu@dangbo.example")
    code = person.end()
    check("it ends well", code == 0, person.seen)
    letters = server.messages(1)
    check("the test letter arrived", [to for to, _ in letters] == ["thu@dangbo.example"], letters)
    server.clear()
    text = (office / "phobien.toml").read_text(encoding="utf-8")
    check("the password is not shown, nor in the configuration",
          server.password not in person.seen and server.password not in text)
    secret = office / "smtp-password"
    check("it is in a file of its own that nobody else reads",
          secret.read_text() == server.password + "\n" and secret.stat().st_mode & 0o777 == 0o600)
    check("the answers stand in the configuration", 'cron = "0 15 8 * * Mon-Fri"' in text and "phòng 301" in text)
    return office


def every_member(server, phobien, office):
    """Roster and document into their places, the checks, and the first sending."""
    print("the first sending")
    say = [str(phobien), "--config", str(office / "phobien.toml"), "--json"]
    shutil.copy(DEMO / "roster.xlsx", office / "danh-sach.xlsx")
    shutil.copy(DEMO / "23-CT-TW_2018.pdf", office / "van-ban")
    done = subprocess.run([*say, "check"], capture_output=True, text=True, timeout=60)
    errors = [line for line in done.stdout.splitlines() if json.loads(line)["level"] == "error"]
    check("check finds no fault", done.returncode == 0 and not errors, done.stdout + done.stderr)
    time.sleep(1)
    done = subprocess.run([*say, "send", "hang-ngay"], capture_output=True, text=True, timeout=120)
    check("it is sent", done.returncode == 0, done.stdout + done.stderr)
    # And the office has its summary.
    to = {to for to, _ in server.messages(MEMBERS + 1)}
    check("every member has it", len(to) == MEMBERS + 1 and "vanphong@dangbo.example" in to, len(to))


def given(server, phobien, home):
    """The same by options, for those who set up many."""
    print("init by options")
    wrong = ["--from", "vanphong", "--smtp", "smtp://mail.dangbo.example:25", "--at", "25:00", "--office", "a@"]
    done = subprocess.run([phobien, "--lang", "en", "init", "other", *wrong], cwd=home, capture_output=True, text=True)
    told = [option for option in ("--from:", "--smtp:", "--at:", "--office:") if option in done.stderr]
    check("every fault at once, and nothing written",
          done.returncode == 2 and len(told) == 4 and not (home / "other").exists(), done.stderr)
    secret = home / "password"
    secret.write_text(server.password + "\n", encoding="utf-8")
    secret.chmod(0o600)
    right = ["--organisation", "Đảng bộ A", "--from", "vanphong@dangbo.example", "--smtp",
             f"smtp://localhost:{server.starttls}?tls=required", "--username", server.user, "--password-file",
             "password", "--ca-file", str(server.ca), "--test", "thu@dangbo.example"]
    server.clear()
    done = subprocess.run([phobien, "--lang", "en", "init", "other", *right], cwd=home, capture_output=True, text=True)
    check("it ends well", done.returncode == 0, done.stderr)
    check("the test letter arrived", len(server.messages(1)) == 1)
    done = subprocess.run([phobien, "init", "other", *right], cwd=home, capture_output=True, text=True)
    check("a second time it overwrites nothing and says so", done.returncode == 2, done.stderr)


def by_root(phobien, office):
    """Root looks first, then the service's own user: the ledger is that user's."""
    if os.getuid() != 0:
        print("NOTE whose the ledger is when root makes it was NOT tried: it needs root")
        return
    print("a ledger that root has touched")
    state = office / "so-cai"
    shutil.rmtree(state)
    state.mkdir(mode=0o700)
    os.chown(state, 65534, 65534)
    say = [str(phobien), "--config", str(office / "phobien.toml")]
    for words in (["members"], ["deliver"], ["backup", str(office / "copy.db")],
                  ["restore", str(office / "copy.db"), "--told-until", time.strftime("%FT%TZ", time.gmtime())]):
        done = subprocess.run([*say, *words], capture_output=True, text=True, timeout=60)
        check(f"{words[0]} works for root", done.returncode == 0, done.stderr)
        owners = {path.lstat().st_uid for path in [*state.rglob("*")]}
        check(f"after {words[0]} all of it is the user's", owners == {65534}, owners)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=Path)
    phobien = options.parse_args().phobien.resolve()
    with MailServer() as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            office = at_a_terminal(server, phobien, home)
            every_member(server, phobien, office)
            given(server, phobien, home)
            by_root(phobien, office)
        except Exception as error:
            check("the run came to its end", False, f"{type(error).__name__}: {error}")
        if results["failed"]:
            print(server.logs())
    finish("first day")


if __name__ == "__main__":
    main()
