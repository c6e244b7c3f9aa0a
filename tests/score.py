#!/usr/bin/env python3
"""Compares what `phobien inspect --json FILES…` read with a manifest of expected facts.

Usage: phobien inspect --json FILES… | tests/score.py MANIFEST [--formats pdf-text,docx] [--threshold 0.9]

Prints right and wrong per field and every wrong answer. Exits 1 when the share of right answers of
any field is below the threshold, when a file of the chosen formats gave no line, or when a document
whose manifest has a secrecy mark is not quarantined with nothing but its mark shown.
"""
import argparse
import json
import sys
import unicodedata
from collections import Counter

FACTS = ["symbol", "type", "issuer", "issued_on", "title", "urgency", "secrecy", "recipients", "pages",
         "format"]
LINKS = ["duplicate_of", "supersedes", "annex_of"]
SECRET_SHOWS = {"file", "format", "secrecy", "disposition", "reason"}
TONES = "\u0300\u0301\u0303\u0309\u0323"


def fold(text):
    """Small letters, one blank between words, each word's tone at its end."""
    if isinstance(text, list):
        return [fold(one) for one in text]
    if not isinstance(text, str):
        return text
    out = []
    for word in unicodedata.normalize("NFC", text).casefold().split():
        letters = unicodedata.normalize("NFD", word.replace("ð", "đ"))
        out.append("".join(c for c in letters if c not in TONES)
                   + "".join(c for c in letters if c in TONES))
    return " ".join(out)


def name_of(text):
    return unicodedata.normalize("NFC", text)


def accepted(field, want):
    """Every answer that the manifest takes for right."""
    if field == "disposition":
        return [want["disposition"], *want.get("disposition_also_ok", [])]
    if field == "reason":
        return [want.get("reason"), *want.get("also_reason", [])]
    if field == "issuer":
        return [want.get("issuer"), *want.get("issuer_also_ok", [])]
    return [want.get(field)]


def judge(got, want):
    """Pairs of field and None for right, or the two answers for wrong."""
    for field in ["disposition", "reason", *FACTS, *LINKS]:
        if field in FACTS and field not in want:
            continue
        have, ok = got.get(field), accepted(field, want)
        main = got["disposition"] == want["disposition"]
        if field == "reason" and not main:
            continue  # another right disposition has another reason
        if field in LINKS and want.get(field) is None and have is None:
            continue
        if field in FACTS and not main and have is None:
            continue  # a person completes it
        right = fold(have) in [fold(x) for x in ok]
        yield field, None if right else (have, ok)


def leaks(got):
    """Fields that a secret document's line must not show."""
    return sorted(k for k, v in got.items() if v is not None and k not in SECRET_SHOWS)


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("manifest")
    args.add_argument("--formats", help="comma list; default all")
    args.add_argument("--encodings", action="store_true", help="also files in legacy encodings")
    args.add_argument("--threshold", type=float, default=0.9)
    args = args.parse_args()
    formats = set(args.formats.split(",")) if args.formats else None
    with open(args.manifest, encoding="utf-8") as file:
        documents = json.load(file)["documents"]
    lines = (json.loads(line) for line in sys.stdin if line.strip())
    answers = {name_of(line["file"]): line for line in lines}
    right, wrong, faults, scored = Counter(), Counter(), [], 0
    for want in documents:
        name, secret = name_of(want["file"]), want.get("secrecy") or want.get("reason") == "secret"
        legacy = want.get("encoding") and not want["encoding"].startswith("utf-8")
        legacy = legacy and "NFD" not in want["encoding"]
        chosen = formats is None or want["format"] in formats
        if not secret and (not chosen or legacy and not args.encodings or "generated_by" in want):
            continue
        got = answers.get(name)
        if got is None:
            faults.append(f"{name}: no line")
            continue
        scored += 1
        if secret:
            if got["disposition"] != "quarantine" or leaks(got):
                faults.append(f"{name}: SECRET but {got['disposition']}, shows {leaks(got)}")
            for field in ["disposition", "reason", "secrecy"]:
                ok = got.get(field) == want.get(field)
                (right if ok else wrong)[field] += 1
            continue
        for field, miss in judge(got, want):
            (right if miss is None else wrong)[field] += 1
            if miss is not None:
                print(f"{name}: {field}: read {miss[0]!r}, expected {miss[1]!r}")
    print(f"{scored} documents")
    for field in ["disposition", "reason", *FACTS, *LINKS]:
        total = right[field] + wrong[field]
        if total == 0:
            continue
        share = right[field] / total
        print(f"{field:12} {right[field]:3} right {wrong[field]:3} wrong  {share:6.1%}")
        if share < args.threshold:
            faults.append(f"{field}: {share:.1%} is below {args.threshold:.1%}")
    if scored == 0:
        faults.append("nothing to score")
    for fault in faults:
        print("FAULT", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
