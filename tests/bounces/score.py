#!/usr/bin/env python3
"""What `phobien collect --inspect --json` says of the messages here, against what a reader should find in them.

Usage: phobien collect --inspect --json *.eml | score.py manifest.json [--threshold 0.99]

Prints a table and every mistake. Fails below the threshold, and at any score where a message that leaves the address
alone is called a hard bounce: a member would be struck off for nothing.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("manifest", type=Path)
    options.add_argument("--threshold", type=float, default=0.99)
    options = options.parse_args()
    wanted = json.loads(options.manifest.read_text(encoding="utf-8"))
    said = {row["file"]: row for row in map(json.loads, sys.stdin)}
    right, total, mistakes, false_hard = Counter(), Counter(), [], []
    for file, want in sorted(wanted.items()):
        total[want["class"]] += 1
        row = said.get(file, {})
        # What is not about a letter of ours needs no more than to be left alone.
        keys = ["class"] if want["class"] in ("foreign", "unparseable") else ["class", "recipient", "status", "token"]
        wrong = [key for key in keys if (want[key] is not None or key == "class") and row.get(key) != want[key]]
        if row.get("class") == "hard" != want["class"]:
            false_hard.append(file)
        right[want["class"]] += not wrong
        mistakes += [f"{file}: {key} is {row.get(key)!r}, not {want[key]!r}" for key in wrong]
    for kind in sorted(total):
        print(f"{kind:14} {right[kind]:4} of {total[kind]:4}")
    print(f"{'all':14} {sum(right.values()):4} of {sum(total.values()):4}")
    print(*mistakes, *(f"{file}: FALSE HARD BOUNCE" for file in false_hard), sep="\n")
    good, count = sum(right.values()), sum(total.values())
    print(f"bounces: {good} passed, {count - good} failed")
    stray = set(said) - set(wanted)
    sys.exit(1 if false_hard or stray or good < options.threshold * count else 0)


if __name__ == "__main__":
    main()
