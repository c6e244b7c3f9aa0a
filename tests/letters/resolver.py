"""A name server on loopback that knows only what it is given and says of every other name that there
is none, so that a filter under test looks nothing up in the world."""

import socket
import socketserver
import struct
import threading

KINDS = {"A": 1, "MX": 15, "TXT": 16}
IN, NO_SUCH_NAME = 1, 3


def question(query):
    """The name that a query asks for, in small letters, its type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace").lower())
        at += 1 + query[at]
    kind, = struct.unpack_from("!H", query, at + 1)
    return ".".join(labels), kind, at + 5


def written(kind, value):
    """The data of a record (RFC 1035 §3.3, §3.4)."""
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "MX":
        labels = b"".join(bytes([len(label)]) + label.encode() for label in value.split("."))
        return struct.pack("!H", 10) + labels + b"\0"
    strings = [value[n:n + 255].encode() for n in range(0, len(value), 255)]
    return b"".join(bytes([len(string)]) + string for string in strings)


def answer(query, records):
    """The reply to a query (RFC 1035 §4): the record of the name, nothing, or no such name."""
    name, asked, end = question(query)
    known = records.get(name)
    data = b"".join(
        struct.pack("!HHHIH", 0xC00C, asked, IN, 60, len(found)) + found
        for kind, value in (known or {}).items() if KINDS[kind] == asked
        for found in [written(kind, value)])
    flags = 0x8580 | (0 if known else NO_SUCH_NAME)
    head = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if data else 0, 0, 0)
    return head + query[12:end] + data


class Resolver:
    """Serves `records`, for each name a map from kind to value, on a UDP port of 127.0.0.1 while it is entered."""

    def __init__(self, records):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                query, reply_to = self.request
                reply_to.sendto(answer(query, records), self.client_address)

        self.server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
