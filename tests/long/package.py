#!/usr/bin/env python3
"""The Debian package in a Debian root of its own: installed, configured, upgraded, removed, purged; and, where a systemd can
be started in it, the service itself.

Usage: tests/long/package.py [--root FOLDER] [--deb FILE --newer FILE]     (needs root, debootstrap, cargo-deb)

Without --deb both packages are made by deploy/package. The root is kept where --root names it, and used again.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/servers"))
from checks import check, finish  # noqa: E402

OFFICE = ["--organisation", "Đảng bộ A", "--from", "vanphong@dangbo.example", "--office", "vanphong@dangbo.example",
          "--smtp", "maildir:/var/lib/phobien/thu", "--at", "08:15"]


def package(version, folder):
    """The package of this tree under a version."""
    file = Path(folder, f"phobien_{version}.deb")
    subprocess.run([ROOT / "deploy/package", "--deb-version", version, "--output", file], cwd=ROOT, stdout=subprocess.DEVNULL,
                   check=True)
    return file


def base(root):
    """A Debian root from where this machine has its packages."""
    if (root / "usr/bin/dpkg").exists():
        return
    release = re.search(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())[1]
    site = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(CODENAME)|$(COMPONENT)",
                           "Created-By: Packages"], capture_output=True, text=True, check=True).stdout
    sites = [line.split("|")[0] for line in site.splitlines() if line.endswith(f"|{release}|main")]
    subprocess.run(["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,ca-certificates",
                    release, str(root), *sites[:1]], check=True, stdout=subprocess.DEVNULL)


class Machine:
    """Commands inside the root."""

    def __init__(self, root):
        self.root = root

    def run(self, *words, user=None):
        if user:
            words = ("setpriv", "--reuid", user, "--regid", user, "--init-groups", *words)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}
        # With a /proc of its own, as a machine has.
        alone = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.root}/proc", "chroot", str(self.root)]
        return subprocess.run([*alone, *words], capture_output=True, text=True, env=environment,
                              stdin=subprocess.DEVNULL, timeout=300)

    def good(self, what, *words, user=None):
        done = self.run(*words, user=user)
        check(what, done.returncode == 0, done.stdout + done.stderr)
        return done.stdout

    def dpkg(self, what, *words):
        return self.good(what, "dpkg", "--force-confdef", "--force-confold", *words)

    def stat(self, path):
        return self.run("stat", "-c", "%U:%G %a", path).stdout.strip()


def installed(machine):
    print("installed")
    machine.dpkg("dpkg installs it", "-i", "/phobien.deb")
    for path, right in {
        "/etc/phobien": "root:phobien 2750",
        "/etc/phobien/phobien.toml": "root:phobien 640",
        "/srv/phobien/van-ban": "phobien:phobien-van-ban 2770",
        "/var/lib/phobien": "phobien:phobien 700",
        "/usr/bin/phobien": "root:root 755",
    }.items():
        check(f"{path} is {right}", machine.stat(path) == right, machine.stat(path))
    check("the service's user has no shell", "nologin" in machine.run("getent", "passwd", "phobien").stdout)
    for path in ("usr/lib/systemd/system/phobien.service", "usr/share/man/man1/phobien.1.gz",
                 "usr/share/bash-completion/completions/phobien", "usr/share/doc/phobien/examples/danh-sach.xlsx",
                 "usr/share/doc/phobien/docs/quan-tri/README.md", "usr/share/doc/phobien/docs/admin/README.md"):
        check(f"it has {path}", (machine.root / path).exists())
    shown = machine.run("dpkg-query", "-W", "-f", "${Conffiles}", "phobien").stdout
    check("the configuration is a conffile", "/etc/phobien/phobien.toml" in shown, shown)
    wants = machine.root / "etc/systemd/system/multi-user.target.wants/phobien.service"
    check("it is not started before anybody said so", not wants.is_symlink())


def configured(machine):
    print("configured")
    machine.good("init takes the answers", "phobien", "init", "/etc/phobien", *OFFICE)
    for path in ("/etc/phobien/phobien.toml", "/etc/phobien/roster.xlsx"):
        check(f"the service may read {path}", machine.stat(path) == "root:phobien 640", machine.stat(path))
    shutil.copy(ROOT / "config/demo/roster.xlsx", machine.root / "etc/phobien/roster.xlsx")
    done = machine.run("phobien", "init", "/etc/phobien", *OFFICE)
    check("a second init refuses", done.returncode == 2, done.stderr)
    # An administrator looks first; then the service must still be able to write.
    machine.good("root can look", "phobien", "status")
    machine.good("check as the service", "phobien", "check", user="phobien")
    shutil.copy(ROOT / "config/demo/23-CT-TW_2018.pdf", machine.root / "srv/phobien/van-ban")
    machine.run("chown", "phobien:phobien-van-ban", "/srv/phobien/van-ban/23-CT-TW_2018.pdf")


PROBE = """
[Unit]
After=phobien.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sleep 12; phobien publish hang-ngay; sleep 14; phobien --json log > /probe-log; systemctl show phobien > /probe; \
systemd-analyze security phobien | tail -1 >> /probe; journalctl -b -q -o cat -u phobien >> /probe; systemctl poweroff'
[Install]
WantedBy=multi-user.target
"""


def serves(machine):
    """The unit itself, under a systemd that has this root for its machine."""
    print("the service under systemd")
    (machine.root / "etc/systemd/system/probe.service").write_text(PROBE)
    machine.good("the service is enabled", "systemctl", "enable", "phobien", "probe")
    probe = machine.root / "probe"
    probe.unlink(missing_ok=True)
    with tempfile.TemporaryFile() as log:
        boot = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "-D", str(machine.root), "--private-network", "--boot"]
        boot = subprocess.Popen(boot, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            boot.wait(120)
        except subprocess.TimeoutExpired:
            boot.terminate()
            boot.wait(60)
        log.seek(0)
        said = log.read().decode(errors="replace")
    if not probe.exists():
        print(f"  NOTE no systemd can be started here, the unit was NOT tried: {said[-600:]}")
        return
    told = probe.read_text()
    for line in ("ActiveState=active", "SubState=running", "NRestarts=0", "ExecMainStatus=0"):
        check(f"the service has {line}", line in told, told[-3000:])
    check("its watchdog is fed", re.search(r"^WatchdogTimestampMonotonic=[1-9]", told, re.MULTILINE))
    exposure = re.search(r"exposure level for phobien.service: ([\d.]+)", told)
    check("systemd's own figure of exposure is at most 1.5", exposure and float(exposure[1]) <= 1.5, told[-400:])
    print(f"  exposure level {exposure[1] if exposure else '?'}")
    rows = [json.loads(line) for line in (machine.root / "probe-log").read_text().splitlines()]
    sent = sum(row["recipient_kind"] == "member" and row["state"] == "sent" for row in rows)
    check("every member has the document", sent == 69, f"{sent}; {told[-3000:]}")


def upgraded(machine):
    print("upgraded")
    before = (machine.root / "etc/phobien/phobien.toml").read_bytes()
    machine.dpkg("dpkg upgrades it", "-i", "/newer.deb")
    version = machine.run("dpkg-query", "-W", "-f", "${Version}", "phobien").stdout
    check("it is the newer one", version.startswith("0.1.1"), version)
    check("the configuration is the office's", (machine.root / "etc/phobien/phobien.toml").read_bytes() == before)
    check("whose it is stays", machine.stat("/etc/phobien/phobien.toml") == "root:phobien 640")
    machine.good("the ledger goes on", "phobien", "verify", user="phobien")


def gone(machine):
    print("removed, purged")
    machine.dpkg("dpkg removes it", "-r", "phobien")
    check("the program is gone", not (machine.root / "usr/bin/phobien").exists())
    check("what the office wrote stays", (machine.root / "etc/phobien/roster.xlsx").exists())
    said = machine.dpkg("dpkg purges it", "-P", "phobien")
    check("configuration, roster and password are gone", not (machine.root / "etc/phobien").exists())
    check("the proof and the documents stay, and it is said", (machine.root / "var/lib/phobien/phobien.db").exists()
          and (machine.root / "srv/phobien/van-ban/23-CT-TW_2018.pdf").exists() and "is kept" in said, said)
    machine.good("apt installs it again", "apt-get", "install", "-y", "--no-install-recommends", "/newer.deb")
    check("the ledger is the service's", machine.stat("/var/lib/phobien") == "phobien:phobien 700")
    machine.dpkg("and purged again", "-P", "phobien")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--root", type=Path)
    options.add_argument("--deb", type=Path)
    options.add_argument("--newer", type=Path)
    options = options.parse_args()
    if os.getuid() != 0:
        sys.exit("a Debian root of its own needs root")
    deb, newer = options.deb, options.newer
    with tempfile.TemporaryDirectory() as folder:
        if not deb:
            deb, newer = package("0.1.0", folder), package("0.1.1", folder)
        root = options.root or Path(folder, "root")
        base(root)
        shutil.copy(deb, root / "phobien.deb")
        shutil.copy(newer, root / "newer.deb")
        machine = Machine(root)
        try:
            installed(machine)
            configured(machine)
            serves(machine)
            upgraded(machine)
            gone(machine)
        except Exception as error:
            check("the run came to its end", False, f"{type(error).__name__}: {error}")
    finish("package")


if __name__ == "__main__":
    main()
