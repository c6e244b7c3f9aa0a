"""Reads letters with Python's own parser, as somebody else's mail program would, and compares them
with what the test says is in them. Argument: a folder of N.eml, each with its N.json."""

import email
import email.header
import email.policy
import email.utils
import hashlib
import json
import pathlib
import sys


def words(value):
    """Decodes RFC 2047 words. `policy.default` adds a blank at the fold of a quoted phrase, so
    headers are read with compat32 and unfolded here."""
    unfolded = value.replace("\r\n", "").replace("\n", "")
    return str(email.header.make_header(email.header.decode_header(unfolded)))


def same(what, found, expected):
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, expected {expected!r}")


def check(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    raw = path.read_bytes()
    plain = email.message_from_bytes(raw, policy=email.policy.compat32)
    for part in plain.walk():
        same(f"{path.name} defects", part.defects, [])
    for name in ("From", "To", "Subject", "Date", "Message-ID", "Reply-To"):
        same(f"{path.name} count of {name}", len(plain.get_all(name, [])), 1)
    same("no copies", [plain.get(name) for name in ("Cc", "Bcc", "Sender")], [None] * 3)
    same("subject", words(plain["Subject"]), expected["subject"])
    to = email.utils.getaddresses([plain["To"].replace("\r\n", "")])
    same("one recipient", len(to), 1)
    same("to", (words(to[0][0]), to[0][1]), (expected["to_name"], expected["to_address"]))
    sender = email.utils.getaddresses([plain["From"].replace("\r\n", "")])
    same("from", [(words(name), address) for name, address in sender],
         [(expected["from_name"], expected["from_address"])])
    same("id", plain["Message-ID"], expected["message_id"])
    date = email.utils.parsedate_to_datetime(plain["Date"])
    same("date", int(date.timestamp()), expected["timestamp"])

    modern = email.message_from_bytes(raw, policy=email.policy.default)
    same("subject (default policy)", str(modern["Subject"]), expected["subject"])
    for kind, wanted in (("plain", "text"), ("html", "html")):
        body = modern.get_body(preferencelist=(kind,))
        same(wanted, body.get_content().replace("\r\n", "\n").rstrip("\n"),
             expected[wanted].rstrip("\n"))
    parts = [part for part in plain.walk() if part.get_content_disposition() == "attachment"]
    found = []
    for part in parts:
        payload = part.get_payload(decode=True)
        name = email.utils.collapse_rfc2231_value(part.get_param(
            "filename", header="Content-Disposition"))
        # What old readers see must be the same name.
        same("name of old readers", words(part.get_param("name")), name)
        digest = hashlib.sha256(payload).hexdigest()
        found.append({"name": name, "sha256": digest, "size": len(payload)})
    same("attachments", found, expected["attachments"])


def main():
    letters = sorted(pathlib.Path(sys.argv[1]).glob("*.eml"))
    for path in letters:
        check(path)
    print(len(letters), "letters read")


main()
