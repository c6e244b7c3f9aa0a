#!/usr/bin/env python3
"""Takes the pictures of the letters in docs/letters: what a browser shows of them, and the A4 page.

Usage: tests/long/letters/shots.py [--phobien FILE] [--chromium FILE] [--into FOLDER]

Writes an office of its own into a temporary folder, has the program make every letter there by
`preview` and `print`, and sends nothing but into a Maildir in that folder. A letter is shown in a frame
as wide as the screen it stands for, and the picture is as high as the letter. Fails where a letter
cannot be made, is wider than its screen, or names anything outside itself. Needs Chromium.
"""
import argparse
import base64
import email
import email.policy
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests/corpus"
NAMES = ["Trần Mai Nga", "Nguyễn Văn Bình", "Lê Thị Hồng Hạnh", "Phạm Quốc Việt", "Đỗ Thanh Tùng", "Vũ Ngọc Ánh"]
TOPICS = [
    "về đẩy mạnh học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    "về những điều đảng viên không được làm",
    "về tăng cường bảo vệ dữ liệu cá nhân của đảng viên trên môi trường mạng",
]
REAL = ["23-CT-TW_2018.pdf", "CV 4321 hoa toc.docx", "12-KH-DU.docx"]
CONFIG = """[organisation]
name = "Đảng bộ bộ phận Cục Công nghệ thông tin"
signature = "TL. ĐẢNG UỶ - BỘ PHẬN VĂN THƯ"
contact = "vanphong@dangbo.example"
[office]
notify = ["vanphong@dangbo.example"]
[confirmation]
ask = true
[documents]
folder = "van-ban"
settle = "0s"
read_at = "Văn phòng Đảng uỷ, phòng 301"
first_ingest_max = 100
[roster]
file = "danh-sach.toml"
[state]
folder = "so"
[mail]
from = "Văn phòng Đảng uỷ <vanphong@dangbo.example>"
[smtp]
url = "maildir:thu"
[[schedule]]
name = "hang-ngay"
cron = "0 30 7 * * Mon-Fri"
to = "members"
[[schedule]]
name = "chi-bo"
cron = "0 0 8 * * Mon"
to = "branches"
"""


class Office:
    def __init__(self, program, home):
        self.program, self.home = program, home
        (home / "van-ban").mkdir(parents=True)
        (home / "phobien.toml").write_text(CONFIG)
        members = ['[[chi_bo]]\nma = "CB1"\nten = "Chi bộ Phòng Tổng hợp"\nhop_thu = "cb1@dangbo.example"\n']
        for nth, name in enumerate(NAMES):
            post = ["Bí thư chi bộ", "Phó Bí thư chi bộ"][nth] if nth < 2 else "Đảng viên"
            address = "" if nth == 4 else f'email = "dv{nth + 1}@dangbo.example"\n'
            language = 'language = "en"\n' if nth == 5 else ""
            members.append(f'[[dang_vien]]\nma = "DV{nth + 1}"\nho_ten = "{name}"\nchi_bo = "CB1"\n'
                           f'chuc_vu = "{post}"\n{address}{language}')
        (home / "danh-sach.toml").write_text("\n".join(members))

    def run(self, *words, fails=False):
        done = subprocess.run([self.program, *words], cwd=self.home, capture_output=True, text=True)
        if done.returncode and not fails:
            sys.exit(f"phobien {' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    def real(self, name):
        shutil.copy(CORPUS / name, self.home / "van-ban")

    def document(self, number, topic, mark="", more=""):
        text = (f"BAN CHẤP HÀNH TRUNG ƯƠNG\n*\nSố {number:02}-QĐ/TW\n{mark}\n\nHà Nội, ngày 15 tháng 5 năm 2026\n\n"
                f"QUY ĐỊNH\n{topic}\n\nĐiều 1. Đảng viên nghiêm túc học tập và thực hiện Quy định này. {more}\n\n"
                "T/M BAN BÍ THƯ\n")
        name = f"{number:02}-QD-TW{' (thay the)' if more else ''}.txt"
        (self.home / "van-ban" / name).write_text(text)

    def letter(self, schedule, to):
        return page_of(self.run("preview", schedule, "--to", to).encode())

    def sent(self, to):
        """The page of the last letter to an address, as it lies in the Maildir."""
        found = sorted((self.home / "thu").rglob("new/*"), key=lambda file: file.stat().st_mtime_ns)
        letters = [file.read_bytes() for file in found]
        letters = [raw for raw in letters if to in str(email.message_from_bytes(raw)["To"])]
        return page_of(letters[-1]) if letters else sys.exit(f"no letter to {to} was sent")


def page_of(raw):
    """The page of a message with its pictures inside it, as a mail reader shows it."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    page = message.get_body(("html",)).get_content()
    for part in message.walk():
        if part["Content-ID"]:
            data = base64.b64encode(part.get_content()).decode()
            name = "cid:" + part["Content-ID"].strip("<>")
            page = page.replace(f'"{name}"', f'"data:{part.get_content_type()};base64,{data}"')
    return page


def letters(program, home):
    """Name of a picture, its letter."""
    few = Office(program, home / "few")
    for name in REAL:
        few.real(name)
    few.run("ingest")
    few.run("documents", "set", "12-KH/ĐU", "--due", "2026-12-15")
    yield "member-vi", few.letter("hang-ngay", "DV1")
    yield "member-en", few.letter("hang-ngay", "DV6")
    yield "urgent-vi", few.letter("urgent", "DV1")
    few.run("send", "hang-ngay", fails=True)
    yield "office-vi", few.sent("vanphong@")
    # Its table tells what the members were sent.
    yield "branch-vi", few.letter("chi-bo", "CB1")
    edition = json.loads(few.run("--json", "publish", "chi-bo").splitlines()[-1])["edition"]
    yield "branch-print", few.run("print", edition, "--branch", "CB1")
    few.run("deliver", fails=True)
    few.real("12-KH-DU (dinh chinh).docx")
    few.run("ingest")
    few.run("documents", "approve", "12-KH-DU (dinh chinh).docx", fails=True)
    yield "correction-vi", few.letter("hang-ngay", "DV1")
    few.run("documents", "withdraw", "23-CT/TW")
    few.run("send", "hang-ngay", fails=True)
    few.run("test-mail", "dv2@dangbo.example")
    yield "test-vi", few.sent("dv2@")
    one = Office(program, home / "one")
    one.real(REAL[0])
    one.run("ingest")
    yield "one-vi", one.letter("hang-ngay", "DV1")
    many = Office(program, home / "many")
    for nth in range(40):
        many.document(nth + 1, f"{TOPICS[nth % 3]}, phần {nth + 1}")
    many.run("ingest")
    yield "forty-vi", many.letter("hang-ngay", "DV1")


def framed(letter, width):
    """The letter in a frame as wide as a screen; its height and overflow become the title."""
    read = ("let d=this.contentDocument.documentElement;this.height=d.scrollHeight;"
            "document.title=d.scrollHeight+' '+d.scrollWidth")
    return ('<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
            '<style>body{margin:0}iframe{border:0;display:block}</style><title></title>'
            f'<iframe width="{width}" height="400" onload="{read}" srcdoc="{html.escape(letter)}"></iframe>')


class Browser:
    def __init__(self, program, home):
        self.program, self.home = program, home

    def run(self, page, *flags):
        file = self.home / "page.html"
        file.write_text(page)
        command = [self.program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   f"--user-data-dir={self.home / 'profile'}", *flags, file.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode:
            sys.exit(f"{self.program}: {done.stderr[-500:]}")
        return done.stdout

    def picture(self, letter, width, dark, into):
        page = framed(letter, width)
        title = re.search(r"<title>(\d+) (\d+)</title>", self.run(page, "--dump-dom"))
        if not title:
            sys.exit(f"{into.name}: the browser did not measure the letter")
        height, wide = map(int, title.groups())
        if wide > width:
            sys.exit(f"{into.name}: {wide} px wide on a screen of {width}")
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        shown = min(height, 2400)
        self.run(page, *scheme, f"--window-size={width},{shown}", f"--screenshot={into}")
        print(f"{into.name}: {width} x {height} px, {into.stat().st_size // 1024} KB")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=ROOT / "target/debug/phobien", type=pathlib.Path)
    options.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    options.add_argument("--into", default=ROOT / "docs/letters", type=pathlib.Path)
    asked = options.parse_args()
    if not asked.chromium:
        sys.exit("no Chromium found: apt install chromium, or name one with --chromium")
    into = asked.into.resolve()
    into.mkdir(parents=True, exist_ok=True)
    wide = {"branch-vi": [(360, False), (1200, False)], "member-vi": [(360, False), (360, True), (768, False), (1200, True)]}
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        browser = Browser(asked.chromium, home)
        for name, letter in letters(asked.phobien.resolve(), home):
            if re.search(r"(src|href|url)\s*[=(]\s*[\"']?https?:", letter):
                sys.exit(f"{name}: names something outside the letter")
            print(f"{name}: {len(letter.encode())} bytes of HTML")
            if name == "branch-print":
                browser.run(letter, f"--print-to-pdf={into / 'branch-a4.pdf'}", "--no-pdf-header-footer")
                continue
            for width, dark in wide.get(name, [(360, False)]):
                shade = "-dark" if dark else ""
                browser.picture(letter, width, dark, into / f"{name}-{width}{shade}.png")


if __name__ == "__main__":
    main()
