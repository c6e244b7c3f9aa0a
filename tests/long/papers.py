"""The documents that an office drops into the folder of a long test, each of a number of its own.

Notices as text, directives as DOCX, urgent ones, ones with a secrecy mark, ones for one branch,
and copies of earlier ones: made of the samples of `phobien demo`.
"""

import datetime
import hashlib
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

DEMO = Path(__file__).resolve().parents[2] / "config/demo"
NOTICE = """ĐẢNG UỶ CỤC THỬ NGHIỆM\tĐẢNG CỘNG SẢN VIỆT NAM
*\tHà Nội, ngày {day.day:02} tháng {day.month:02} năm {day.year}
Số {number}-TB/ĐU
THÔNG BÁO
về việc tổ chức sinh hoạt chi bộ số {number}
-----
Đảng uỷ thông báo thời gian tổ chức sinh hoạt chi bộ lần thứ {number}.
"""
SAID = "Các chi bộ trao đổi nội dung {n} của thông báo số {number} và báo cáo kết quả về Văn phòng Đảng uỷ.\n"
# kind -> (sample, its symbol without the number, its number, its date, a sentence that names no number)
SAMPLES = {
    "directive": ("05-CT-TW.docx", "-CT/TW", "05", "ngày 15 tháng 5 năm 2016", "về đẩy mạnh"),
    "urgent": ("31-TB-ĐU.docx", "-TB/ĐU", "31", "ngày 16 tháng 11 năm 2026", "về việc thay đổi"),
    "secret": ("08-BC-ĐU.docx", "-BC/ĐU", "08", "ngày 10 tháng 11 năm 2026", "về việc chạy thử"),
}
# How often each kind comes, of a hundred; the rest are notices.
SHARES = (("directive", 30), ("urgent", 3), ("secret", 3), ("branch", 10), ("copy", 4))


class Paper(NamedTuple):
    """A document as it was dropped."""

    file: str
    kind: str
    sha256: str
    # The branch whose folder it lies in: it is for nobody else.
    branch: str | None
    at: float


def notice(number, day=datetime.date(2026, 2, 6), points=0):
    """A notice to every branch, as text."""
    said = "".join(SAID.format(n=n, number=number) for n in range(1, points + 1))
    return NOTICE.format(number=number, day=day) + said


def remade(kind, number, day):
    """A sample with another number and date, as the bytes of a DOCX."""
    sample, symbol, old, date, title = SAMPLES[kind]
    changes = ((old + symbol, f"{number}{symbol}"), (title, f"{title} (đợt {number})"),
               (date, f"ngày {day.day:02} tháng {day.month:02} năm {day.year}"))
    made = io.BytesIO()
    with zipfile.ZipFile(DEMO / sample) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "word/document.xml":
                text = data.decode()
                for before, after in changes:
                    if before not in text:
                        raise ValueError(f"{sample} has no {before!r}")
                    text = text.replace(before, after)
                data = text.encode()
            new.writestr(part, data)
    return made.getvalue()


class Papers:
    """What was dropped so far, and the next one."""

    def __init__(self, chance, branches):
        self.chance, self.branches = chance, branches
        self.dropped, self.bytes, self.number = [], {}, 1000

    def next(self, at):
        """One more document: `Paper` and its bytes. A copy has the bytes of an earlier one."""
        self.number += 1
        kind, day = self._kind(), datetime.date.fromtimestamp(at - 86400 * self.chance.randrange(300))
        branch = self.chance.choice(self.branches) if kind == "branch" else None
        if kind == "copy":
            first = self.chance.choice([p for p in self.dropped if p.kind in ("notice", "directive")])
            data, file = self.bytes[first.sha256], f"{self.number} ban sao {first.file}"
        elif kind in SAMPLES:
            data, file = remade(kind, self.number, day), f"{self.number}-{kind}.docx"
        else:
            data = notice(self.number, day, self.chance.randrange(60)).encode()
            file = f"{self.number}-TB-DU.txt"
        paper = Paper(file, kind, hashlib.sha256(data).hexdigest(), branch, at)
        self.dropped.append(paper)
        if kind in ("notice", "directive"):
            self.bytes[paper.sha256] = data
        return paper, data

    def _kind(self):
        point = self.chance.randrange(100)
        for kind, share in SHARES:
            if (point := point - share) < 0:
                return kind if kind != "copy" or self.bytes else "notice"
        return "notice"
