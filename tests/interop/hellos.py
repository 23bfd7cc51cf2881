#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Client hellos that are unusual, and the server's first answer to each.

usage: hellos.py HOST PORT NAME

Each is what OpenSSL would send, changed. A server that tolerates what it does not know answers with
its own hello; what is no hello at all is answered with an alert, or with the connection's end.
Prints a line for each; exits 1 if an answer is another one.
"""

import socket
import ssl
import sys

ALERT, HANDSHAKE = 21, 22
GREASE = 0x5A5A  # RFC 8701
SUPPORTED_VERSIONS, PADDING = 43, 21


def u16(value):
    return value.to_bytes(2, "big")


class Hello:
    """OpenSSL's, taken apart."""

    def __init__(self, name):
        context = ssl.create_default_context()
        out = ssl.MemoryBIO()
        client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        body = out.read()[9:]  # behind the record's header and the message's
        self.version, self.random = body[:2], body[2:34]
        self.session, rest = self.take(body[34:], 1)
        self.suites, rest = self.take(rest, 2)
        self.methods, rest = self.take(rest, 1)
        extensions, _ = self.take(rest, 2)
        self.extensions = []
        while extensions:
            kind = int.from_bytes(extensions[:2], "big")
            value, extensions = self.take(extensions[2:], 2)
            self.extensions.append((kind, value))

    @staticmethod
    def take(data, length_bytes):
        end = length_bytes + int.from_bytes(data[:length_bytes], "big")
        return data[length_bytes:end], data[end:]

    def message(self):
        extensions = b"".join(u16(kind) + u16(len(value)) + value for kind, value in self.extensions)
        body = self.version + self.random
        body += bytes([len(self.session)]) + self.session
        body += u16(len(self.suites)) + self.suites
        body += bytes([len(self.methods)]) + self.methods
        body += u16(len(extensions)) + extensions
        return b"\1" + len(body).to_bytes(3, "big") + body

    def records(self, each_bytes=16384):
        message = self.message()
        parts = [message[i : i + each_bytes] for i in range(0, len(message), each_bytes)]
        return b"".join(b"\x16\3\1" + u16(len(part)) + part for part in parts)


def plain(hello):
    return hello.records()


def later_version(hello):
    hello.version = b"\3\x7f"
    return hello.records()


def greased(hello):
    hello.suites = u16(GREASE) + hello.suites
    hello.extensions.insert(0, (GREASE, b""))
    hello.extensions.append((GREASE + 0x1010, b"\0"))
    for i, (kind, value) in enumerate(hello.extensions):
        if kind == SUPPORTED_VERSIONS:
            hello.extensions[i] = kind, bytes([value[0] + 2]) + u16(GREASE) + value[1:]
    return hello.records()


def long_hello(hello):
    hello.extensions = [entry for entry in hello.extensions if entry[0] != PADDING]
    hello.extensions.append((PADDING, bytes(15000)))
    return hello.records()


def one_byte_records(hello):
    return hello.records(1)


def many_suites(hello):
    hello.suites = b"".join(u16(0xD000 + i) for i in range(3000)) + hello.suites
    return hello.records()


def ssl2(_):
    body = b"\1\3\3\0\x09\0\0\0\x10" + b"\0\xc0\x2b\1\0\x80\0\0\x2f" + bytes(16)
    return u16(0x8000 | len(body)) + body


def http(_):
    return b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def cut_off(hello):
    hello.extensions.append((10, b"\0\4\0"))  # a list of groups that ends before it should
    return hello.records()


CASES = [
    (plain, [HANDSHAKE]),
    (later_version, [HANDSHAKE]),
    (greased, [HANDSHAKE]),
    (long_hello, [HANDSHAKE]),
    (one_byte_records, [HANDSHAKE]),
    (many_suites, [HANDSHAKE]),
    (ssl2, [ALERT, None]),
    (http, [ALERT, None]),
    (cut_off, [ALERT]),
]


def answer(host, port, data):
    """The type of the first record that comes back; None if none does."""
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(data)
        try:
            first = connection.recv(1)
        except ConnectionResetError:
            return None
        return first[0] if first else None


def main():
    host, port, name = sys.argv[1:]
    bad = 0
    for change, expected in CASES:
        got = answer(host, int(port), change(Hello(name)))
        verdict = "ok" if got in expected else "FAIL"
        bad += verdict != "ok"
        print(f"{verdict}: {change.__name__}: {got}")
    sys.exit(bad != 0)


main()
