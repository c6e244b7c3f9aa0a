#!/usr/bin/env python3
"""Spoils every sample in many ways and has phobien read the copies.

Usage: tests/long/mutate.py [--phobien FILE] [--copies 300] [--seed 1] [--only PART] [--keep FOLDER]

Bits are flipped, runs of bytes overwritten, numbers made huge, pieces cut off, doubled, dropped or
replaced by pieces of other samples; packages are also unpacked, their parts spoilt and packed again.
Faults: a file without its one line of JSON, an exit code that is neither 0 nor 1, crash text, a
reader that panicked, more time or memory than one extraction may cost, and above all a copy of a
secret document that is accepted although its mark can still be read in it. Prints figures; faulty
copies stay in the folder of --keep.
"""
import argparse
import collections
import concurrent.futures
import io
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "tests" / name for name in ("corpus", "extract", "pictures")]
NO_DOCUMENTS = {".json", ".toml", ".py", ".csv", ".xlsx", ".rs"}
# Wall time is at most three times the ten seconds of computing that `inspect` allows; starting and
# a busy machine come on top.
SECONDS, MEGABYTES, BATCH = 35, 512, 25
PART_MAX = 2_000_000
# What the card of a file says where its reader panicked, or died of memory or nesting.
PANICKED, DIED = "the reader of this format failed", "too much memory or nesting"
MARK = re.compile(r"^\W*(t[ốo]i |tuy[ệe]t )?mật\W*$", re.M | re.I)
HUGE = [b"0", b"-1", b"65536", b"2147483647", b"4294967296", b"99999999999999999999", b"1e38"]


def piece(chance, data, most=None):
    """Two places in the data, the second behind the first."""
    start = chance.randrange(len(data) + 1)
    length = min(len(data) - start, most or len(data), 1 << chance.randrange(16))
    return start, start + chance.randrange(length + 1)


def flip(chance, data, _):
    data = bytearray(data)
    for _ in range(1 << chance.randrange(7)):
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)
    return bytes(data)


def overwrite(chance, data, _):
    start, end = piece(chance, data)
    fill = chance.choice([b"\0", b"\xff", b"A", b"<", b"(", b"\\", None])
    run = chance.randbytes(end - start) if fill is None else fill * (end - start)
    return data[:start] + run + data[end:]


def truncate(chance, data, _):
    return data[: chance.randrange(len(data))]


def behead(chance, data, _):
    return data[:16] + data[chance.randrange(len(data)):]


def splice(chance, data, other):
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1):]


def graft(chance, data, other):
    start, end = piece(chance, other)
    at = chance.randrange(len(data) + 1)
    return data[:at] + other[start:end] + data[at:]


def double(chance, data, _):
    start, end = piece(chance, data)
    times = 1 << chance.randrange(1, 9)
    return data[:end] + data[start:end] * min(times, 2_000_000 // (end - start + 1)) + data[end:]


def drop(chance, data, _):
    start, end = piece(chance, data)
    return data[:start] + data[end:]


def number(chance, data, _):
    """Written numbers become absurd ones: lengths, counts, offsets, attributes."""
    places = [m.span() for m in re.finditer(rb"\d+", data[:400_000])]
    for start, end in sorted(chance.sample(places, min(len(places), 3)), reverse=True):
        data = data[:start] + chance.choice(HUGE) + data[end:]
    return data


def binary_number(chance, data, _):
    data = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at, width = chance.randrange(len(data)), chance.choice([2, 4])
        value = chance.choice([0, 1, 0x7f, 0xff, 1 << 31, (1 << 32) - 1]) & ((1 << 8 * width) - 1)
        data[at:at + width] = value.to_bytes(width, chance.choice(["little", "big"]))
    return bytes(data)


def nest(chance, data, _):
    """A piece that opens something, a thousand times."""
    opens = [m.span() for m in re.finditer(rb"<[a-z][^<>/]{0,80}>|<<|\[|\{|\(", data[:400_000])]
    start, end = chance.choice(opens or [(0, 1)])
    return data[:start] + data[start:end] * (10 ** chance.randrange(2, 5)) + data[start:]


WAYS = [flip, flip, overwrite, truncate, behead, splice, graft, double, drop, number,
        binary_number, nest]


def spoil(chance, data, other):
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        if data:
            data = chance.choice(WAYS)(chance, data, other)
    return data[:8_000_000]


def repack(chance, data, other):
    """A package whose parts are spoilt one layer down; its checksums are right."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = []
        for info in package.infolist():
            with package.open(info) as part:
                parts.append((info.filename, part.read(PART_MAX)))  # one sample is a bomb
    texts = [at for at, (name, text) in enumerate(parts) if text and name.endswith(("xml", "rels"))]
    out = io.BytesIO()
    hit = set(chance.sample(texts, min(len(texts), chance.choice([1, 1, 2]))))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for at, (name, text) in enumerate(parts):
            package.writestr(name, spoil(chance, text, other) if at in hit else text)
    return out.getvalue()


def recompress(chance, data, other):
    """A PDF of which one packed stream is spoilt before packing; the lengths are made right."""
    packed = [m for m in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)]
    if not packed:
        return spoil(chance, data, other)
    match = chance.choice(packed)
    try:
        inner = zlib.decompress(match[1])
    except zlib.error:
        return spoil(chance, data, other)
    new = zlib.compress(spoil(chance, inner, other))
    head = data[: match.start()]
    lengths = list(re.finditer(rb"/Length (\d+)(?! \d+ R)", head[-400:]))
    if lengths:
        span = lengths[-1].span(1)
        at = len(head) - min(400, len(head))
        head = head[: at + span[0]] + str(len(new)).encode() + head[at + span[1]:]
    return head + b"stream\n" + new + b"\nendstream" + data[match.end():]


def copies(path, others, count, seed):
    data = path.read_bytes()
    for copy in range(count):
        chance = random.Random(f"{seed} {path.name} {copy}")
        other = others[chance.randrange(len(others))] or b"x"
        if not data:
            yield copy, chance.randbytes(chance.randrange(100))
        elif data[:2] == b"PK" and chance.random() < 0.6:
            yield copy, repack(chance, data, other)
        elif data[:4] == b"%PDF" and chance.random() < 0.4:
            yield copy, recompress(chance, data, other)
        else:
            yield copy, spoil(chance, data, other)


def run(command):
    """Code, output, seconds and the largest memory (MB) of the command or any child of it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - start
        out.seek(0), err.seek(0)
        texts = [stream.read().decode(errors="replace") for stream in (out, err)]
    return process.returncode, *texts, took, usage.ru_maxrss / 1024


class Trial:
    """What all batches gave."""

    def __init__(self, phobien, secret, keep):
        self.phobien, self.secret, self.keep = phobien, secret, keep
        self.faults, self.judged = [], collections.Counter()
        self.damaged, self.slow, self.peak, self.batches = [], [], (0.0, ""), []

    def fault(self, path, words):
        self.faults.append(f"{path.name}: {words}")
        if self.keep:
            self.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, self.keep)

    def batch(self, paths):
        code, out, err, took, peak = run([self.phobien, "inspect", "--json", *map(str, paths)])
        self.batches.append((took, peak, paths))
        if code not in (0, 1) or "panicked" in err or "overflow" in err:
            self.fault(paths[0], f"inspect of this and {len(paths) - 1} more: {code} {err[:300]}")
        lines = [json.loads(line) for line in out.splitlines()]
        if [line["file"] for line in lines] != [path.name for path in paths]:
            self.fault(paths[0], f"{len(lines)} lines for {len(paths)} files")
            return
        for path, line in zip(paths, lines):
            self.judge(path, line)

    def judge(self, path, line):
        reason = line.get("reason")
        self.judged[line["disposition"] + (f"/{reason}" if reason else "")] += 1
        if reason == "damaged":
            self.damaged.append(path)
        if line["disposition"] != "accept" or not any(path.name.startswith(s) for s in self.secret):
            return
        if shows_mark(path):
            self.fault(path, "a secret document, its mark still legible, was ACCEPTED")
        else:
            self.judged["accept of a secret sample whose mark was destroyed"] += 1

    def measure(self):
        """Times alone the files of the slowest batches; finds whose memory was the largest."""
        slowest = sorted(self.batches, key=lambda b: b[0] / len(b[2]), reverse=True)[:2]
        biggest = sorted(self.batches, key=lambda b: b[1], reverse=True)[:1]
        for _, _, paths in slowest + biggest:
            for path in paths:
                _, _, _, took, peak = run([self.phobien, "inspect", "--json", str(path)])
                self.slow.append((took, path.name))
                self.peak = max(self.peak, (peak, path.name))
                if took > SECONDS:
                    self.fault(path, f"took {took:.0f} s")
        top = max(peak for _, peak, _ in self.batches)
        if top > MEGABYTES:
            self.fault(biggest[0][2][0], f"a reader took {top:.0f} MB, in this one's batch")

    def deaths(self):
        """Of the damaged: how many made their reader panic, and how many killed it."""
        count = collections.Counter()
        for path in self.damaged:
            _, out, _, _, _ = run([self.phobien, "--lang", "en", "inspect", str(path)])
            if PANICKED in out:
                self.fault(path, "its reader panicked")
            count["died of memory or nesting"] += DIED in out
            count["took too much computing"] += "too much computing" in out or "too long" in out
        return count


def shows_mark(path):
    """An independent look: the mark as a line of its own, in text that others read out."""
    data = path.read_bytes()
    if data[:4] == b"%PDF":
        if not shutil.which("pdftotext"):
            return True
        text = subprocess.run(["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True,
                              timeout=60, check=False).stdout.decode(errors="replace")
    elif data[:2] == b"PK":
        with zipfile.ZipFile(path) as package:
            parts = [package.read(name).decode(errors="replace") for name in package.namelist()
                     if name.endswith(".xml")]
        text = re.sub(r"<[^<>]*>", "", re.sub(r"</(w:p|text:p|text:h)>", "\n", "\n".join(parts)))
    else:
        text = data.decode(errors="replace")
    return bool(MARK.search(unicodedata.normalize("NFC", text)))


def samples(only):
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*")):
            read = path.is_file() and path.suffix not in NO_DOCUMENTS and path.name != "README.md"
            if read and only in path.name:
                yield path


def secrets():
    """Names of the samples that bear a secrecy mark, without their endings."""
    manifests = [json.loads(f.read_text()) for folder in FOLDERS for f in folder.glob("manifest.json")]
    rows = [row for manifest in manifests for row in manifest["documents"]]
    return [pathlib.PurePath(row["file"]).stem for row in rows if row.get("secrecy")]


def spread(options, folder):
    """Writes the copies and hands them out in batches."""
    chosen = list(samples(options.only))
    kinds = collections.defaultdict(list)
    for path in chosen:
        kinds[path.suffix].append(path.read_bytes()[:200_000])
    paths = []
    for place, path in enumerate(chosen):
        home = folder / str(place)
        home.mkdir()
        for copy, data in copies(path, kinds[path.suffix], options.copies, options.seed):
            # The mark in a name would hide what becomes of the one in the text.
            name = re.sub(r"[^\w.-]+", "_", path.stem) + f"~{copy}{path.suffix}"
            (home / name).write_bytes(data)
            paths.append(home / name)
    random.Random(options.seed).shuffle(paths)
    return len(chosen), [paths[at:at + BATCH] for at in range(0, len(paths), BATCH)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phobien", default=str(ROOT / "target/debug/phobien"))
    parser.add_argument("--copies", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="samples with this in their name")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for copies that show a fault")
    options = parser.parse_args()
    secret = [re.sub(r"[^\w.-]+", "_", name) + "~" for name in secrets()]
    trial = Trial(options.phobien, secret, options.keep)
    with tempfile.TemporaryDirectory(prefix="mutate") as home:
        count, batches = spread(options, pathlib.Path(home))
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(trial.batch, batches))
        took = time.monotonic() - start
        trial.measure()
        deaths = trial.deaths()
    total = sum(map(len, batches))
    print(f"{count} samples, {total} copies, seed {options.seed}, {took:.0f} s")
    for words, number_of in trial.judged.most_common():
        print(f"  {number_of:6} {words}")
    for words, number_of in deaths.items():
        print(f"  {number_of:6} of the damaged {words}")
    took, name = max(trial.slow)
    print(f"slowest alone {took:.2f} s ({name}); largest reader "
          f"{max(b[1] for b in trial.batches):.0f} MB ({trial.peak[1]} alone {trial.peak[0]:.0f} MB)")
    print("\n".join(f"FAULT {words}" for words in trial.faults))
    print(f"{total - len(trial.faults)} passed, {len(trial.faults)} failed")
    return 1 if trial.faults else 0


if __name__ == "__main__":
    sys.exit(main())
