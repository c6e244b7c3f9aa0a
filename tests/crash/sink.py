"""A small SMTP server that remembers, durably, every message before it says that it took it.

It answers in lock-step or pipelined (RFC 2920), needs no privileges and listens on loopback only.
It takes everything; who wants bad weather overrides `weather`.
"""

import asyncio
import contextlib
import email
import hashlib
import re
import sqlite3
import threading
import time


class Sink:
    """`with Sink(file) as sink:` serves on `sink.port`; `taken()` is how many it accepted.

    A file that is there already is what was accepted before. `delay` is how long each reply to a
    letter takes. With `serve=False` it only tells what is in its file.
    """

    def __init__(self, file, delay=0.001, serve=True):
        self.file, self.delay, self.serve = str(file), delay, serve
        self.port, self.count = 0, 0

    def __enter__(self):
        if not self.serve:
            return self
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self.thread.start()
        if not ready.wait(10):
            raise RuntimeError("the sink did not come up")
        return self

    def __exit__(self, *_):
        if not self.serve:
            return
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(10)

    async def weather(self, _stage, _recipient):
        """What is answered instead of the usual; None in fair weather. A `ConnectionError` cuts the line.

        Stages: greeting, mail, rcpt, data, dot (the letter is not taken yet), taken (it is on
        record, and only its acknowledgement can be late or lost).
        """
        return None

    def taken(self):
        return self.count

    def rows(self):
        """Every accepted message: (recipient, Message-ID, sha256 of its bytes)."""
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            return db.execute("SELECT recipient, message_id, sha256 FROM taken").fetchall()

    def letters(self):
        """The same with when it was accepted (seconds since 1970) and the set of its attachments' sha256."""
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            found = db.execute("SELECT recipient, message_id, sha256, at, attached FROM taken").fetchall()
        return [(to, message_id, digest, at / 1e9, set(files.split())) for to, message_id, digest, at, files in found]

    def copy(self, file):
        """Copies what was accepted by now into another file."""
        with contextlib.closing(sqlite3.connect(self.file)) as db, \
                contextlib.closing(sqlite3.connect(file)) as other:
            db.backup(other)

    def attached(self):
        """Every set of attachments that somebody got: the sorted sha256 of their bytes."""
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            return {files for files, in db.execute("SELECT DISTINCT attached FROM taken")}

    def times(self):
        """When each was accepted: nanoseconds since 1970, ascending."""
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            return [at for at, in db.execute("SELECT at FROM taken ORDER BY at")]

    def _serve(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._main(ready))
        self.loop.close()

    async def _main(self, ready):
        self.stop = asyncio.Event()
        self.db = sqlite3.connect(self.file, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("CREATE TABLE IF NOT EXISTS taken "
                        "(recipient TEXT, message_id TEXT, sha256 TEXT, at INTEGER, attached TEXT)")
        server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=1 << 24)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self.stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for session in others:
            session.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self.db.close()

    async def _session(self, reader, writer):
        try:
            await self._dialogue(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed: that is what we are here for
        finally:
            writer.close()

    async def _dialogue(self, reader, writer):
        reply, recipients = await self.weather("greeting", None) or b"220 sink.example ESMTP\r\n", []
        writer.write(reply)
        while not reply.startswith(b"421") and (line := await reader.readline()):
            verb = line.strip().split(b" ")[0].upper()
            if verb == b"EHLO":
                reply = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n"
            elif verb == b"RCPT":
                found = re.search(rb"<([^>]*)>", line)
                recipient = found[1].decode() if found else ""
                if not (reply := await self.weather("rcpt", recipient)):
                    recipients.append(recipient)
                    reply = b"250 2.1.5 ok\r\n"
            elif verb == b"DATA":
                if not (reply := await self.weather("data", (recipients or [None])[0])):
                    writer.write(b"354 go\r\n")
                    reply = await self._data(reader, recipients)
                recipients = []
            elif verb == b"MAIL":
                recipients, reply = [], await self.weather("mail", None) or b"250 2.1.0 ok\r\n"
            elif verb == b"RSET":
                recipients, reply = [], b"250 2.0.0 ok\r\n"
            elif verb in (b"HELO", b"NOOP"):
                reply = b"250 ok\r\n"
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                reply = b"502 5.5.2 unknown\r\n"
            writer.write(reply)
            await writer.drain()

    async def _data(self, reader, recipients):
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise asyncio.IncompleteReadError(line, None)
            lines.append(line[1:] if line.startswith(b".") else line)
        if len(recipients) != 1:
            return b"554 5.5.1 one recipient a message\r\n"
        if said := await self.weather("dot", recipients[0]):
            return said
        data = b"".join(lines)
        message = email.message_from_bytes(data)
        files = sorted(hashlib.sha256(part.get_payload(decode=True)).hexdigest()
                       for part in message.walk() if part.get_content_disposition() == "attachment")
        row = (recipients[0], message["Message-ID"], hashlib.sha256(data).hexdigest(), time.time_ns(),
               " ".join(files))
        self.db.execute("INSERT INTO taken VALUES (?, ?, ?, ?, ?)", row)
        self.count += 1
        await asyncio.sleep(self.delay)
        await self.weather("taken", recipients[0])
        return b"250 2.0.0 taken\r\n"
