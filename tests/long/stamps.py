#!/usr/bin/env python3
"""Scans with and without a secrecy stamp, each another, made as offices make them: how many marks are
seen, and how many pages without one are taken for secret.

Usage: tests/long/stamps.py [--phobien FILE] [--scans 60] [--seed 1] [--keep FOLDER] [--at-least 0.9]

Every second scan bears a stamp: one of three levels, framed or not, red, blue or black, 12 to 20
points, turned by up to 15 degrees, below the symbol, in a corner or under the date; in grey, colour,
or black and white, 150 to 300 dots, clean or noisy. Prints the figures and every miss; fails where
fewer marks are seen than asked for, or where any document goes out by itself. Needs Pillow, reportlab,
the DejaVu fonts and tesseract with Vietnamese.
"""
import argparse
import importlib.util
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from PIL import Image, ImageFilter

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVELS = {"MẬT": "Mật", "TỐI MẬT": "Tối mật", "TUYỆT MẬT": "Tuyệt mật"}
COLOURS = [(200, 20, 30), (225, 70, 80), (30, 50, 160), (20, 20, 20)]


def maker():
    spec = importlib.util.spec_from_file_location("make", ROOT / "tests/pictures/make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(make, chance, number, words):
    day, month, year = chance.randrange(1, 29), chance.randrange(1, 13), chance.randrange(2005, 2026)
    doc = make.document(f"{number}-TB/HU", "Thông báo", "ĐẢNG BỘ TỈNH THÁI BÌNH", "HUYỆN UỶ TIỀN HẢI", "",
                        "Tiền Hải", (day, month, year),
                        [chance.choice(["kết luận hội nghị giao ban", "lịch tiếp công dân quý III",
                                        "bảo vệ bí mật nhà nước năm nay"])], "T/L BAN THƯỜNG VỤ")
    dots = chance.choice([150, 200, 300])
    image = make.scan(doc, dots=dots).convert("RGB")
    what = {"dots": dots}
    if words:
        turn, colour = chance.randrange(-15, 16), chance.choice(COLOURS)
        framed, points = chance.random() < 0.6, chance.randrange(12, 21)
        seal = stamp(make, words, turn, colour, framed)
        unit = dots / 72
        # 90 pixels of letters to as many points.
        seal = seal.resize([max(1, round(side * points * unit / 90)) for side in seal.size])
        x, y = chance.choice([(95, 124), (30, 20), (360, 124), (470, 18)])
        image.paste(seal, (round(x * unit), round(y * unit)), seal)
        what |= {"words": words, "turn": turn, "colour": colour, "framed": framed, "points": points,
                 "at": (x, y)}
    kind = chance.choice(["colour", "grey", "bits"])
    if chance.random() < 0.4:
        noise = Image.effect_noise(image.size, chance.randrange(15, 45)).convert("RGB")
        image = Image.blend(image, noise, 0.12).filter(ImageFilter.GaussianBlur(0.4))
        what["noisy"] = True
    image = image.rotate(chance.uniform(-1, 1), fillcolor="white", resample=Image.BICUBIC)
    if kind == "grey":
        image = image.convert("L")
    elif kind == "bits":
        image = image.convert("L").point(lambda grey: 255 * (grey > 165)).convert("1")
    return image, dots, what | {"kind": kind}


def stamp(make, words, turn, colour, framed):
    if framed:
        return make.stamp(words, turn, colour)
    font = make.ImageFont.truetype(make.FONTS + "-Bold.ttf", 90)
    box = [round(n) for n in font.getbbox(words)]
    image = Image.new("RGBA", (box[2] + 80, box[3] + 70), (255, 255, 255, 0))
    make.ImageDraw.Draw(image).text((40, 25), words, colour, font)
    return image.rotate(turn, expand=True, resample=Image.BICUBIC)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--phobien", default=str(ROOT / "target/release/phobien"))
    options.add_argument("--scans", type=int, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=pathlib.Path)
    options.add_argument("--at-least", type=float, default=0.9)
    given = options.parse_args()
    make, chance = maker(), random.Random(given.seed)
    folder = given.keep or pathlib.Path(tempfile.mkdtemp(prefix="stamps-"))
    folder.mkdir(exist_ok=True)
    made, started = {}, time.monotonic()
    for number in range(1, given.scans + 1):
        words = chance.choice(list(LEVELS)) if number % 2 else None
        image, dots, what = page(make, chance, number, words)
        bytes_ = io.BytesIO()
        image.save(bytes_, "PDF", resolution=dots)
        name = f"quet {number}.pdf"
        (folder / name).write_bytes(bytes_.getvalue())
        made[name] = (LEVELS.get(words), what)
    began = time.monotonic()
    done = subprocess.run([given.phobien, "inspect", "--json", *[str(folder / name) for name in made]],
                          capture_output=True, check=True)
    took = time.monotonic() - began
    seen = level = false = 0
    for line in done.stdout.splitlines():
        row = json.loads(line)
        want, what = made[row["file"]]
        if row["disposition"] == "accept":
            sys.exit(f"{row['file']} goes out by itself: {row}")
        if want:
            seen += row["disposition"] == "quarantine"
            level += row["secrecy"] == want
        else:
            false += row["disposition"] == "quarantine"
        wrong = bool(want) != (row["disposition"] == "quarantine")
        if wrong:
            print("  wrong", row["file"], row["disposition"], row.get("secrecy"), what)
    marked = sum(1 for want, _ in made.values() if want)
    clean = len(made) - marked
    print(f"marks seen {seen}/{marked}, their level {level}/{marked}, taken for secret {false}/{clean}; "
          f"{took / len(made):.1f} s a scan (made in {began - started:.0f} s)")
    sys.exit(seen < given.at_least * marked)


if __name__ == "__main__":
    main()
