#!/usr/bin/env python3
"""How fast phobien reads documents against the readers that exist, side by side in one run.

A thousand Vietnamese text PDFs of one to twelve pages: `pdftotext` started once per file; phobien
started once per file, and once for all. The same for Word 97 documents against antiword and catdoc.
What counts is the ratio of the medians of the rounds, which take turns. phobien does more meanwhile:
every file is read in a confined child, its facts and marks are recognised, the copies found.

    benches/extract.py [--phobien FILE] [--files 1000] [--rounds 3] [--doc FILE]

Needs pdftotext, reportlab and a DejaVu font; for Word antiword or catdoc.
"""
import argparse
import json
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Liberation has no letters of Vietnamese where reportlab looks for them.
FONTS = ["/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
         "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"]
WORDS = ("các cấp uỷ tổ chức đảng trực thuộc xây dựng kế hoạch và học tập quán triệt triển khai thực "
         "hiện nghị quyết nâng cao chất lượng sinh hoạt chi bộ kiểm tra giám sát thường xuyên đổi mới "
         "phương thức lãnh đạo phát huy vai trò người đứng đầu trong công tác cán bộ").split()
PER_PAGE, DISTINCT = 45, 60


def text(chance, number, pages):
    """Lines of a document as a Party office writes it."""
    day, month = chance.randrange(1, 29), chance.randrange(1, 13)
    subject = " ".join(chance.choices(WORDS, k=9))
    lines = ["BAN CHẤP HÀNH TRUNG ƯƠNG", "*", f"Số {number}-QĐ/TW", "ĐẢNG CỘNG SẢN VIỆT NAM",
             f"Hà Nội, ngày {day:02} tháng {month:02} năm 2019", "", "QUY ĐỊNH", f"về {subject}",
             "-----", ""]
    while len(lines) < pages * PER_PAGE - 5:
        lines.append(" ".join(chance.choices(WORDS, k=13)).capitalize() + ".")
    return lines


def make_pdfs(folder, count):
    """Some documents are typeset; the others are copies whose last bytes differ."""
    from reportlab.pdfbase import pdfmetrics, ttfonts
    from reportlab.pdfgen import canvas
    there = [font for font in FONTS if pathlib.Path(font).exists()]
    for number, font in enumerate(there):
        pdfmetrics.registerFont(ttfonts.TTFont(f"F{number}", font))
    paths = []
    for number in range(1, count + 1):
        path = folder / f"{number}-QD-TW.pdf"
        if number > DISTINCT:
            source = folder / f"{(number - 1) % DISTINCT + 1}-QD-TW.pdf"
            path.write_bytes(source.read_bytes() + f"% {number}\n".encode())
        else:
            chance = random.Random(number)
            pages = 1 + (number - 1) % 12
            sheet = canvas.Canvas(str(path), pagesize=(595, 842))
            lines = text(chance, number, pages)
            for page in range(pages):
                sheet.setFont(f"F{number % len(there)}", 10)
                for row, line in enumerate(lines[page * PER_PAGE:(page + 1) * PER_PAGE]):
                    sheet.drawString(60, 790 - 16 * row, line)
                sheet.showPage()
            sheet.save()
        paths.append(path)
    return paths


def each(command, paths):
    start = time.monotonic()
    for path in paths:
        subprocess.run([*command, str(path)] + (["-"] if command[0].endswith("pdftotext") else []),
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - start


def together(phobien, paths):
    start = time.monotonic()
    done = subprocess.run([phobien, "inspect", "--json", *map(str, paths)], capture_output=True,
                          check=True)
    took = time.monotonic() - start
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    read = sum(row["text_source"] == "text" for row in rows)
    if read < len(paths):
        sys.exit(f"phobien read {read} of {len(paths)} files: {rows[0]}")
    return took


def compare(what, phobien, others, paths, rounds):
    """Interleaved rounds; prints medians and ratios."""
    runs = {"phobien, one call": lambda: together(phobien, paths),
            "phobien, a call a file": lambda: each([phobien, "inspect", "--json"], paths)}
    runs |= {name: (lambda words=words: each(words, paths)) for name, words in others.items()}
    took = {name: [] for name in runs}
    for number in range(rounds):
        order = list(runs) if number % 2 else list(reversed(runs))
        for name in order:
            took[name].append(runs[name]())
    print(f"{what}: {len(paths)} files, {rounds} rounds, milliseconds a file")
    medians = {name: statistics.median(times) for name, times in took.items()}
    for name, times in took.items():
        each_file = [round(1000 * seconds / len(paths), 1) for seconds in times]
        ratios = "".join(f"  {medians[name] / medians[other]:.2f} x {other}"
                         for other in others if other != name)
        print(f"  {name:24}{1000 * medians[name] / len(paths):8.1f}  {each_file}{ratios}")


def word(phobien, sample, folder, count, rounds):
    others = {name: [path] for name in ("antiword", "catdoc") if (path := shutil.which(name))}
    if not others:
        print("LEFT OUT doc: neither antiword nor catdoc is here")
        return
    probe = subprocess.run([phobien, "inspect", "--json", str(sample)], capture_output=True,
                           check=True)
    if json.loads(probe.stdout)["text_source"] != "text":
        print("LEFT OUT doc: this phobien reads no Word 97 documents")
        return
    paths = []
    for number in range(count):
        paths.append(folder / f"{number}.doc")
        paths[-1].write_bytes(sample.read_bytes() + number.to_bytes(8, "little"))
    compare("doc", phobien, others, paths, rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phobien", default=str(ROOT / "target/release/phobien"))
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--doc", type=pathlib.Path, help="the Word 97 document to copy",
                        default=next((ROOT / "tests/corpus").glob("*.doc")))
    options = parser.parse_args()
    pdftotext = shutil.which("pdftotext") or sys.exit("pdftotext is missing: install poppler-utils")
    with tempfile.TemporaryDirectory(prefix="extract") as home:
        folder = pathlib.Path(home)
        paths = make_pdfs(folder, options.files)
        compare("pdf", options.phobien, {"pdftotext": [pdftotext, "-enc", "UTF-8"]}, paths,
                options.rounds)
        word(options.phobien, options.doc, folder, min(options.files, 200), options.rounds)


if __name__ == "__main__":
    main()
