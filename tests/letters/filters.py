#!/usr/bin/env python3
"""Every letter before two spam filters: rspamd may score it 0 at most, SpamAssassin 1.

Usage: tests/letters/filters.py LETTERS [--show]

Of letters in English the 0 is asked of an rspamd that was given the lines of the administrator's
guide, page 5: as shipped it takes Vietnamese titles in an English text for a disguise (`shipped`).

LETTERS holds the folder `gallery` of `NAME.eml`, each with `NAME.rsa.eml` and `NAME.ed25519.eml`, the
same letter signed with the keys `rsa.pem` and `ed25519.pem` of LETTERS. Both filters run on loopback in
a folder of their own with Debian's configuration; no more of it is changed than where they listen,
where they keep their data, and that they ask nobody in the network. The name server that rspamd asks
is one of ours: it knows the public keys and the sender's policies, so rspamd verifies the signatures;
a letter that was changed must fail there. `--show` prints the rules behind every score.
"""

import argparse
import base64
import http.client
import json
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
from resolver import Resolver  # noqa: E402

RSPAMD_MAX, SPAMASSASSIN_MAX = 0.0, 1.0
# The lowest score at which rspamd does anything, and a rule of it (see `shipped`).
FIRST_ACTION, DISGUISE = 4.0, "R_MIXED_CHARSET"
ADVICE = Path(__file__).resolve().parents[2] / "docs/admin/5-mail-authentication.md"
SENDER, HOST, ADDRESS = "vanphong@dangbo.example", "mail.dangbo.example", "192.0.2.25"
START_S, SCAN_S = 60, 120
results = {"passed": 0, "failed": 0}


def check(what, ok, detail=""):
    results["passed" if ok else "failed"] += 1
    print(f"  {'ok  ' if ok else 'FAIL'} {what}" + (f": {detail}" if detail and not ok else ""))


def public(folder, kind):
    """The TXT record of a key (RFC 6376 §3.6.1, RFC 8463 §4)."""
    openssl = ["openssl", "pkey", "-in", str(folder / f"{kind}.pem"), "-pubout", "-outform", "DER"]
    key = subprocess.run(openssl, check=True, capture_output=True).stdout
    # Of an Ed25519 key the record holds the 32 bytes themselves, not the wrapping.
    key = key if kind == "rsa" else key[-32:]
    return f"v=DKIM1; k={kind}; p={base64.b64encode(key).decode()}"


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


class Server:
    """A filter in a folder of its own, started here and stopped by its own id."""

    def __init__(self, home, words, port):
        self.port, self.log = port, home / "log"
        # A session of its own: the filter's helpers end with it.
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True, cwd=home)
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.2)
        self.stop()
        raise SystemExit(f"{words[0]} does not start:\n{self.log.read_text(errors='replace')}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def own(folder, user):
    """A folder that belongs to the filter's own user, where there is one to change to."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        person = pwd.getpwnam(user)
        os.chown(folder, person.pw_uid, person.pw_gid)
    return folder


class Rspamd(Server):
    def __init__(self, home, names, settings=""):
        """settings: text of `local.d/settings.conf`."""
        home.mkdir()
        port = free_port()
        data = own(home / "data", "_rspamd")
        files = {
            "local.d/options.inc": f'dns {{ nameserver = ["127.0.0.1:{names.port}"]; }}\n'
                                   f'tempdir = "{data}";\ncontrol_socket = "{data}/control mode=0600";\n',
            "local.d/logging.inc": f'filename = "{data}/rspamd.log";\n',
            "local.d/worker-normal.inc": f'bind_socket = "127.0.0.1:{port}";\ncount = 1;\n',
            "local.d/worker-controller.inc": f'bind_socket = "{data}/controller.sock mode=0600";\n',
            "local.d/worker-proxy.inc": "enabled = false;\n",
            "local.d/settings.conf": settings,
            # The tests of the network: lists of addresses and names, and shared hashes.
            **{f"override.d/{name}.conf": "enabled = false;\n"
               for name in ("rbl", "surbl", "asn", "fuzzy_check", "rspamd_update", "url_redirector")},
        }
        for name, text in files.items():
            file = home / "etc" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        places = {"LOCAL_CONFDIR": home / "etc", "DBDIR": data, "RUNDIR": data, "LOGDIR": data}
        user = ["-u", "_rspamd", "-g", "_rspamd"] if os.getuid() == 0 else []
        super().__init__(home, ["rspamd", "-f", *user, "-c", "/etc/rspamd/rspamd.conf",
                                *[f"--var={name}={place}" for name, place in places.items()]], port)

    def score(self, letter, to, address=ADDRESS):
        """Score and rules, as of a letter that the office's own server hands over."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SCAN_S)
        link.request("POST", "/checkv2", letter, {
            "IP": address, "Helo": HOST, "Hostname": HOST, "From": SENDER, "Rcpt": to})
        found = json.loads(link.getresponse().read())
        rules = {name: rule["score"] for name, rule in found["symbols"].items()}
        return found["score"], rules


class SpamAssassin(Server):
    def __init__(self, home):
        port = free_port()
        data = own(home / "data", "debian-spamd")
        user = ["-u", "debian-spamd"] if os.getuid() == 0 else []
        # -L: local tests only; -x and a home of its own: nobody's preferences.
        super().__init__(home, ["spamd", "-L", "-x", "-m", "2", *user, "-H", str(data),
                                "-i", "127.0.0.1", "-p", str(port), "-A", "127.0.0.1",
                                "-r", str(data / "pid"), "--syslog", "stderr"], port)

    def score(self, letter, to):
        """Score and rules, by spamd's own protocol."""
        letter = b"Return-Path: <" + SENDER.encode() + b">\r\n" + letter
        with socket.create_connection(("127.0.0.1", self.port), SCAN_S) as link:
            link.sendall(b"REPORT SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(letter) + letter)
            link.shutdown(socket.SHUT_WR)
            reply = b"".join(iter(lambda: link.recv(65536), b"")).decode(errors="replace")
        score = re.search(r"^Spam: \w+ ; (-?[\d.]+) / ", reply, re.MULTILINE)
        if not score:
            raise SystemExit(f"spamd said: {reply[:500]}")
        rules = re.findall(r"^\s*\*?\s*(-?[\d.]+) (\w+) ", reply, re.MULTILINE)
        return float(score[1]), {name: float(points) for points, name in rules}


def header(letter, name):
    found = re.search(rf"^{name}: (.*(?:\r\n[ \t].*)*)\r\n", letter.decode("ascii"), re.MULTILINE)
    return found[1].replace("\r\n", "") if found else ""


def recipient(letter):
    return header(letter, "To").rpartition("<")[2].rstrip(">")


def named(rules):
    rules = sorted(rules.items(), key=lambda rule: -rule[1])
    return ", ".join(f"{name} {points:+.1f}" for name, points in rules if points)


def scores(server, letters):
    """Name, score and rules of every letter, two at a time."""
    with ThreadPoolExecutor(2) as two:
        found = two.map(lambda letter: server.score(letter[1], recipient(letter[1])), letters)
        return [(file, *judged) for (file, _), judged in zip(letters, found)]


def judge(name, most, judged):
    high = [f"{file} {score:.1f}: {named(rules)}" for file, score, rules in judged if score > most]
    worst = max(score for _, score, _ in judged)
    check(f"{name}: {len(judged)} letters score at most {most:.0f} (the highest {worst:.1f})",
          not high, "\n    ".join([f"{len(high)} letters above", *high[:10]]))


def shipped(judged):
    """rspamd as Debian ships it: the rules of every letter but one of letters in English.

    rspamd has no stop words of Vietnamese, so four English ones make a text English for it, and then
    it counts every mark of the titles: no header, no encoding and no wording helps. Even so such a
    letter must stay below the score where rspamd does anything at all."""
    english = [letter for letter in judged if language(letter[0]) == "en"]
    judge("rspamd as shipped, Vietnamese", RSPAMD_MAX, [letter for letter in judged if letter not in english])
    judge(f"rspamd as shipped, English without {DISGUISE}", RSPAMD_MAX,
          [(file, score - rules.get(DISGUISE, 0.0), rules) for file, score, rules in english])
    worst = max(score for _, score, _ in english)
    check(f"rspamd as shipped: with it they stay below {FIRST_ACTION:.0f}, where it first acts (the highest {worst:.1f})",
          worst < FIRST_ACTION)


def advised():
    """The lines that the administrator's guide gives for rspamd."""
    found = re.findall(r"^```ucl\n(.*?)^```$", ADVICE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        sys.exit(f"{ADVICE.name} has {len(found)} blocks for rspamd, not one")
    return found[0]


def only_of_the_office(server, letters):
    """The lines open no door: for the same letter from another machine the rule still holds."""
    letter = next(letter for file, letter in letters if file == "member-three-en.eml")
    rules = server.score(letter, recipient(letter), "198.51.100.9")[1]
    check(f"rspamd as advised still has {DISGUISE} for another machine", rules.get(DISGUISE), sorted(rules))


def language(file):
    """Of `member-one-en.rsa.eml`, en."""
    return file.partition(".")[0].rpartition("-")[2]


def signatures(server, letters, judged):
    """rspamd verifies what is signed, and nothing else."""
    for kind in ("rsa", "ed25519"):
        signed = [(file, letter) for file, letter in letters if file.endswith(f".{kind}.eml")]
        wrong = [file for file, _, rules in judged
                 if file.endswith(f".{kind}.eml") and "R_DKIM_ALLOW" not in rules]
        check(f"rspamd verifies {len(signed)} signatures by {kind}", signed and not wrong, wrong[:3])
        if not signed:
            continue
        letter = signed[0][1]
        at = letter.index(b"\r\nSubject: ") + 14
        spoilt = letter[:at] + bytes([letter[at] ^ 1]) + letter[at + 1:]
        rules = server.score(spoilt, recipient(spoilt))[1]
        check(f"rspamd refuses a signature by {kind} over another subject",
              "R_DKIM_REJECT" in rules, sorted(rules))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("letters", type=Path)
    options.add_argument("--show", action="store_true")
    options = options.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    letters = [(file.name, file.read_bytes()) for file in sorted(options.letters.glob("gallery/*.eml"))]
    if not letters:
        sys.exit(f"no letters in {options.letters}")
    records = {
        **{f"{kind}._domainkey.dangbo.example": {"TXT": public(options.letters, kind)}
           for kind in ("rsa", "ed25519")},
        "dangbo.example": {"TXT": f"v=spf1 ip4:{ADDRESS} -all", "MX": HOST},
        "_dmarc.dangbo.example": {"TXT": "v=DMARC1; p=none"},
        HOST: {"A": ADDRESS},
    }
    with tempfile.TemporaryDirectory(prefix="phobien-filters-") as home, Resolver(records) as names:
        home = Path(home)
        home.chmod(0o755)
        (home / "spamassassin").mkdir()
        with Rspamd(home / "rspamd", names) as server:
            judged = scores(server, letters)
            shipped(judged)
            signatures(server, letters, judged)
        with Rspamd(home / "advised", names, advised()) as server:
            judge("rspamd as advised", RSPAMD_MAX, scores(server, letters))
            only_of_the_office(server, letters)
        with SpamAssassin(home / "spamassassin") as server:
            assassinated = scores(server, letters)
        judge("SpamAssassin", SPAMASSASSIN_MAX, assassinated)
        if options.show:
            for file, score, rules in [*judged, *assassinated]:
                print(f"    {file}: {score:.1f}: {named(rules)}")
    print(f"filters: {results['passed']} passed, {results['failed']} failed")
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
