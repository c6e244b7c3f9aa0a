#!/usr/bin/env python3
"""Signed letters, verified by an independent implementation (dkimpy).

Usage: tests/servers/signatures.py [--phobien FILE] [--lib FOLDER]

Makes an RSA and an Ed25519 key, sends the sample documents into a Maildir with each, and verifies
every letter against the public key as DNS would give it. A letter that was changed in one byte of
a signed header or of the body must not verify. A preview must be the very bytes.
"""

import argparse
import base64
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from checks import check, finish  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config/demo"
DOCUMENTS = ["23-CT-TW_2018.pdf", "12-KH-ĐU.md"]


def key(home, kind):
    """A private key file and the TXT record of its public key (RFC 6376 §3.6.1, RFC 8463 §4)."""
    file = home / f"{kind}.pem"
    options = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "rsa" else ["ED25519"]
    openssl = ["openssl", "genpkey", "-algorithm", *options, "-out", str(file)]
    subprocess.run(openssl, check=True, capture_output=True)
    file.chmod(0o600)
    public = subprocess.run(
        ["openssl", "pkey", "-in", str(file), "-pubout", "-outform", "DER"],
        check=True, capture_output=True).stdout
    # Of an Ed25519 key the record holds the 32 bytes themselves, not the wrapping.
    public = public if kind == "rsa" else public[-32:]
    return file, f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}".encode()


def office(home, kind, file):
    """A configuration that signs and delivers into a Maildir."""
    folder = home / kind
    (folder / "van-ban").mkdir(parents=True)
    for name in DOCUMENTS:
        shutil.copy(DEMO / name, folder / "van-ban" / name)
    shutil.copy(DEMO / "roster.csv", folder / "roster.csv")
    config = folder / "phobien.toml"
    config.write_text(f"""
[organisation]
name = "Đảng bộ bộ phận Cục Công nghệ thông tin"
[documents]
folder = "van-ban"
settle = "0s"
[roster]
file = "roster.csv"
[state]
folder = "state"
[mail]
from = "Văn phòng Đảng uỷ <vanphong@dangbo.example>"
dkim = {{ domain = "dangbo.example", selector = "phobien", key_file = "{file}" }}
[smtp]
url = "maildir:mail"
[[schedule]]
name = "hang-ngay"
cron = "0 30 7 * * Mon-Fri"
to = "members"
""", encoding="utf-8")
    return config


def letters(phobien, config):
    run = subprocess.run([phobien, "--config", str(config), "send", "hang-ngay"], capture_output=True)
    if run.returncode != 0:
        sys.exit(run.stdout.decode() + run.stderr.decode())
    return sorted(config.parent.glob("mail/*/new/*"))


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--phobien", default=str(ROOT / "target/debug/phobien"))
    args.add_argument("--lib", help="where dkimpy is installed")
    args = args.parse_args()
    if args.lib:
        sys.path.insert(0, args.lib)
    import dkim

    with tempfile.TemporaryDirectory() as home:
        home = Path(home)
        for kind in ["rsa", "ed25519"]:
            file, record = key(home, kind)
            dns = {b"phobien._domainkey.dangbo.example.": record}
            verify = lambda letter: dkim.verify(letter, dnsfunc=lambda name, **_: dns.get(name))
            config = office(home, kind, file)
            files = letters(args.phobien, config)
            sent = [file.read_bytes() for file in files]
            check(f"{kind}: letters were sent", len(sent) > 60, len(sent))
            wrong = [file.name for file, letter in zip(files, sent) if not verify(letter)]
            check(f"{kind}: every letter verifies", not wrong, wrong[:3])
            letter = sent[0]
            body = letter.index(b"\r\n\r\n") + 10
            for what, at in [("a header", letter.index(b"\r\nSubject:") + 12), ("the body", body + 200)]:
                changed = letter[:at] + bytes([letter[at] ^ 1]) + letter[at + 1:]
                check(f"{kind}: {what} changed by one bit does not verify", not verify(changed))
            added = b"From: Ke gian <x@evil.example>\r\n" + letter
            check(f"{kind}: a second From does not verify", not verify(added))
            to = files[0].parts[-3]
            edition = ["preview", "hang-ngay", "--edition", "e-1", "--to", to, "--format", "eml"]
            shown = subprocess.run([args.phobien, "--config", str(config), *edition], capture_output=True)
            check(f"{kind}: a preview is the very bytes", shown.stdout == letter, shown.stderr.decode()[:300])
    finish("signatures")


if __name__ == "__main__":
    main()
