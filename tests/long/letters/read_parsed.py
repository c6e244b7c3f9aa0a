"""Reads letters back with PyPI's mail-parser, which sorting and archiving programs use, and compares
them with what the tests say is in them. Arguments: folders of NAME.eml, each with its NAME.json."""

import base64
import hashlib
import json
import pathlib
import re
import sys

import mailparser

faults = []


def same(what, found, expected):
    if found != expected:
        faults.append(f"{what}: found {found!r}, expected {expected!r}")


def check(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    mail = mailparser.parse_from_bytes(path.read_bytes())
    same(f"{path} defects", mail.defects, [])
    # It decodes words but leaves folds in (RFC 5322 §2.2.3 takes the line break out).
    same(f"{path} subject", re.sub(r"\r?\n", "", mail.subject), expected["subject"])
    same(f"{path} to", mail.to, [(expected["to_name"], expected["to_address"])])
    same(f"{path} from", mail.from_, [(expected["from_name"], expected["from_address"])])
    same(f"{path} copies", [mail.cc, mail.bcc], [[], []])
    same(f"{path} id", mail.message_id, expected["message_id"])
    found = []
    for part in mail.attachments:
        payload = base64.b64decode(part["payload"])
        found.append({"name": part["filename"], "sha256": hashlib.sha256(payload).hexdigest(),
                      "size": len(payload)})
    same(f"{path} attachments", found, expected["attachments"])


def main():
    letters = [path for folder in sys.argv[1:] for path in sorted(pathlib.Path(folder).glob("*.eml"))
               if not re.search(r"\.(rsa|ed25519)\.eml$", path.name)]
    for path in letters:
        check(path)
    for fault in faults[:20]:
        print(fault[:600], file=sys.stderr)
    print(f"mail-parser: {len(letters)} letters read, {len(faults)} faults")
    sys.exit(0 if letters and not faults else 1)


main()
