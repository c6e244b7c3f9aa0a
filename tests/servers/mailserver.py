"""A private Postfix with Dovecot SASL and, where asked, IMAP, started in a folder of its own and stopped by its own ids.

It listens on 127.0.0.1 only, looks nothing up, delivers all mail for *.example into one Maildir
and touches no configuration, queue or process of the system's own mail server. Needs root, for
Postfix's own separation of users.
"""

import email
import email.policy
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

MASTER = """
{plain}    inet  n - n - - smtpd
{starttls} inet  n - n - - smtpd
    -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
{smtps}    inet  n - n - - smtpd
    -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
virtual   unix  - n n - - virtual
error     unix  - - n - - error
gone      unix  - n n - - pipe flags= user=nobody argv=/bin/sh -c {{exit 67}}
tlsmgr    unix  - - n 1000? 1 tlsmgr
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
myhostname = mail.dangbo.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtpd_peername_lookup = no
alias_maps =
local_recipient_maps =
virtual_transport = virtual
virtual_mailbox_domains = regexp:{home}/etc/domains
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {home}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
transport_maps = regexp:{home}/etc/transport
recipient_delimiter = +
message_size_limit = 52428800
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_tls_security_level = none
smtpd_tls_cert_file = {home}/etc/server.pem
smtpd_tls_key_file = {home}/etc/server.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/dovecot/postfix-auth
smtpd_sasl_security_options = noanonymous
"""

DOVECOT = """
base_dir = {home}/dovecot
state_dir = {home}/dovecot-state
log_path = {home}/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = {home}/etc/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home=/nonexistent
}}
service auth {{
  unix_listener postfix-auth {{
    mode = 0660
    user = postfix
  }}
}}
service stats {{
  process_limit = 1
}}
"""

# IMAP over TLS on the Maildir that Postfix delivers into.
IMAP = """
protocols = imap
ssl = required
ssl_cert = <{home}/etc/server.pem
ssl_key = <{home}/etc/server.key
mail_location = maildir:{home}/mail/all
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
"""


def free_ports(count):
    """Ports nobody listens on; all are held until every one is found."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class MailServer:
    """`with MailServer() as server:` runs both; ports, `ca`, `user`, `password` say how to talk. Letters to
    *.nobody.example are taken and come back; `MailServer(imap=True)` lets one read the mail at `imaps`."""

    user, password = "phobien", "mật khẩu thử 7"

    def __init__(self, imap=False):
        self.imap = imap

    def __enter__(self):
        self.home = Path(tempfile.mkdtemp(prefix="phobien-servers-"))
        self.home.chmod(0o755)
        self.plain, self.starttls, self.smtps, self.imaps = free_ports(4)
        self.ca = self.home / "etc/ca.pem"
        self.children = []
        try:
            self._write()
            self._certificates()
            self._spawn("dovecot", "-F", "-c", self.home / "etc/dovecot.conf")
            self._spawn("postfix", "-c", self.home / "etc", "start-fg")
            self._wait(lambda: (self.home / "dovecot/postfix-auth").exists(), "Dovecot")
            for port in (self.plain, self.starttls, self.smtps, *([self.imaps] if self.imap else [])):
                self._wait(lambda p=port: self._answers(p), f"Postfix on port {port}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._stop_master()
        for child in reversed(self.children):
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait(5)
        shutil.rmtree(self.home, ignore_errors=True)

    def _stop_master(self):
        """Postfix's master leads a session of its own; its pid stands in the private queue."""
        file = self.home / "queue/pid/master.pid"
        if not file.exists():
            return
        master = int(file.read_text())
        for sign, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            end = time.monotonic() + seconds
            try:
                os.killpg(master, sign)
                while time.monotonic() < end:
                    os.killpg(master, 0)
                    time.sleep(0.1)
            except ProcessLookupError:
                return

    def _write(self):
        nobody = pwd.getpwnam("nobody")
        words = {
            "home": self.home, "uid": nobody.pw_uid, "gid": nobody.pw_gid, "plain": self.plain,
            "starttls": self.starttls, "smtps": self.smtps, "imaps": self.imaps,
        }  # fmt: skip
        for name in ("etc", "queue", "data", "mail", "dovecot"):
            (self.home / name).mkdir(mode=0o755)
        shutil.chown(self.home / "data", "postfix", "postfix")
        os.chown(self.home / "mail", nobody.pw_uid, nobody.pw_gid)
        etc = self.home / "etc"
        (etc / "main.cf").write_text(MAIN.format(**words))
        (etc / "master.cf").write_text(MASTER.format(**words).lstrip())
        (etc / "domains").write_text("/\\.example$/ ok\n")
        (etc / "transport").write_text("/@.*nobody\\.example$/ gone:\n")
        dovecot = DOVECOT.format(**words)
        if self.imap:
            dovecot = dovecot.replace("protocols =\nssl = no\n", "") + IMAP.format(**words)
        (etc / "dovecot.conf").write_text(dovecot)
        users = etc / "users"
        users.write_text(f"{self.user}:{{PLAIN}}{self.password}\n")
        shutil.chown(users, "dovecot", "dovecot")
        users.chmod(0o600)

    def _certificates(self):
        etc = self.home / "etc"

        def openssl(*args):
            subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, cwd=etc)

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=phobien test CA")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
        (etc / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n"
                                 "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "san")

    def _spawn(self, *command):
        log = open(self.home / f"{command[0]}.out", "ab")
        child = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        log.close()
        self.children.append(child)

    def _wait(self, ready, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ready():
                return
            time.sleep(0.1)
        raise RuntimeError(f"{what} did not come up:\n{self.logs()}")

    def _answers(self, port):
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as peer:
                peer.settimeout(2)
                return port in (self.smtps, self.imaps) or peer.recv(3) == b"220"
        except OSError:
            return False

    def logs(self):
        """The last lines of every log, for a person who asks why."""
        files = [self.home / name for name in ("mail.log", "dovecot.log", "postfix.out", "dovecot.out")]
        found = [f"== {f.name}\n" + "\n".join(f.read_text(errors="replace").splitlines()[-30:])
                 for f in files if f.exists()]
        return "\n".join(found)

    def messages(self, count, seconds=60):
        """All mail so far as [(recipient, bytes as sent)], once `count` messages have arrived."""
        new = self.home / "mail/all/new"
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(self._names(new)) < count:
            time.sleep(0.2)
        time.sleep(0.5)  # what comes beyond `count` is a fault, and must be seen
        return [self._read(new / name) for name in self._names(new)]

    @staticmethod
    def _names(folder):
        return sorted(os.listdir(folder)) if folder.is_dir() else []

    @staticmethod
    def _read(path):
        """Takes off the header fields that Postfix put in front: Return-Path … Received."""
        data = path.read_bytes()
        message = email.message_from_bytes(data, policy=email.policy.compat32)
        lines, own = data.split(b"\n"), 0
        added = (b"return-path:", b"x-original-to:", b"delivered-to:", b"received:")
        while lines[own].lower().startswith(added) or lines[own][:1] in (b" ", b"\t"):
            own += 1
        return message["Delivered-To"], b"\n".join(lines[own:])

    def clear(self):
        """Forgets the mail so far."""
        shutil.rmtree(self.home / "mail/all", ignore_errors=True)
