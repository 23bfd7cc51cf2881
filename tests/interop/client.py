#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Python's ssl module as a client for tests/interop/tls.sh.

usage: client.py HOST PORT NAME CA VERSION SUITE PATH TIMES

Fetches PATH so many times, each over a connection of its own that resumes the session before it.
The last body goes to stdout, and what was agreed on to stderr: version, suite, protocol, new or
resumed. SUITE is OpenSSL's name; of TLS 1.3 this version of Python cannot choose one.
"""

import socket
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context_of(ca, version, suite):
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.set_alpn_protocols(["h2", "http/1.1"])
    if version == "1.2":
        context.set_ciphers(suite)
    return context


def fetch(context, host, port, name, path, session):
    request = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=name, session=session) as stream:
            stream.sendall(request.encode())
            with stream.makefile("rb") as answer:
                head = answer.readline()
                while answer.readline().strip():
                    pass
                body = answer.read()
            said = (
                stream.version(),
                stream.cipher()[0],
                stream.selected_alpn_protocol(),
                "resumed" if stream.session_reused else "new",
            )
            return head.startswith(b"HTTP/1.1 200 "), body, said, stream.session


def main():
    host, port, name, ca, version, suite, path, times = sys.argv[1:]
    context = context_of(ca, version, suite)
    session = None
    for _ in range(int(times)):
        good, body, said, session = fetch(context, host, int(port), name, path, session)
        if not good:
            sys.exit("not a 200")
    sys.stdout.buffer.write(body)
    print(*said, file=sys.stderr)


main()
