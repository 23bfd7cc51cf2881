#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Packets no honest client sends, and what RFC 9293 and 5961 have the server answer.

    hostile.py INTERFACE SERVER SERVER_MAC PATH GROUP [VICTIM VICTIM_PORT]

PATH is a file of more than 100 KB that the server has on plain HTTP, port 80. SERVER is an IPv4 or
IPv6 address. Prints `ok - PROBE` or `FAIL - PROBE: why` a line. GROUP:

    strangers   segments without connection (the table STRANGERS)
    options     SYNs with broken and odd options (OPTIONS)
    headers     SYNs in broken packets (HEADERS); IPv4
    connected   segments for a connection (CONNECTED)
    timestamped segments for a connection with timestamps (TIMESTAMPED)
    stories     what takes more than one packet (the story_… functions)
    numbers     initial sequence numbers and timestamps tell nothing (the number_… functions)
    victim      all that can be sent blindly into the connection VICTIM:VICTIM_PORT, a download;
                the script says nothing of it, the victim will; IPv4

The packets come from addresses no kernel has, so nobody but this script answers for them, and the
probes of a table go all at once, each from a port of its own.
"""

import random
import select
import sys
import time

from scapy.config import conf
from scapy.layers.inet import ICMP, IP, TCP, fragment
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

SEQ, ACK = 1000, 5000  # of a segment without connection
WINDOW = 32768  # the server's, as long as nothing is in it
OLD = 1 << 20  # older than any window
FAR = 1 << 30
CHALLENGES_MAX = 10  # ACKs a stranger can provoke from one connection in five seconds
SETTLE_S = 0.06  # longer than a delayed ACK
PATIENCE_S = 10  # for what must come: other programs want the processors, too

# What comes back: flags, sequence number, acknowledgement; None: any.
NOTHING = None
SYN_ACK = ("SA", None, SEQ + 1)
RESET = ("R", ACK, None)
KERNEL_RESET = ("RA", 0, SEQ + 1)

# For a connection: an ACK of exactly what it has.
AN_ACK = "A"
LIVES, GONE = "lives", "is gone"

STRANGERS = (
    ("no flags", dict(flags=""), NOTHING),
    ("FIN", dict(flags="F"), NOTHING),
    ("URG", dict(flags="U", urgptr=1), NOTHING),
    ("Christmas tree", dict(flags="FPU", urgptr=1), NOTHING),
    ("all flags", dict(flags="FSRPAUEC"), NOTHING),
    ("RST", dict(flags="R"), NOTHING),
    ("RST and ACK", dict(flags="RA"), NOTHING),
    ("SYN and RST", dict(flags="SR"), NOTHING),
    ("SYN and FIN", dict(flags="SF"), NOTHING),
    ("SYN, FIN, PSH, URG", dict(flags="SFPU"), NOTHING),
    ("SYN from port 0", dict(flags="S", sport=0), NOTHING),
    ("data without ACK", dict(flags="P", data=b"GET / HTTP/1.1\r\n\r\n"), NOTHING),
    ("ACK", dict(flags="A"), RESET),
    ("FIN and ACK", dict(flags="FA"), RESET),
    ("SYN and ACK", dict(flags="SA"), RESET),
    ("data with ACK", dict(flags="PA", data=b"GET / HTTP/1.1\r\n\r\n"), RESET),
    ("SYN", dict(flags="S"), SYN_ACK),
    ("SYN with PSH and URG", dict(flags="SPU", urgptr=9), SYN_ACK),
    ("SYN with ECE and CWR", dict(flags="SEC"), SYN_ACK),
    ("SYN with reserved bits", dict(flags="S", reserved=7), SYN_ACK),
    ("SYN with a window of 0", dict(flags="S", window=0), SYN_ACK),
    ("SYN with data", dict(flags="S", data=b"GET / HTTP/1.1\r\n\r\n"), SYN_ACK),
    ("SYN at its last hop", dict(flags="S", ttl=1), SYN_ACK),
)

# Bytes of options, filled up with NOPs.
OPTIONS = (
    ("a length of 0", b"\x02\x00\x05\xb4", NOTHING),
    ("a length of 1", b"\x02\x01\x05\xb4", NOTHING),
    ("an unknown one of length 0", b"\xfd\x00", NOTHING),
    ("a length beyond the header", b"\x02\x04\x05\xb4\xfd\x20", NOTHING),
    ("a kind without length", b"\x01\x01\x01\x02", NOTHING),
    ("none but NOPs", b"\x01" * 40, SYN_ACK),
    ("the end, then rubbish", b"\x00\x02\x00\xff\xff\xff\xff\xff", SYN_ACK),
    ("unknown kinds", b"\xfd\x04\x00\x00\xfe\x02\x63\x08abcdef", SYN_ACK),
    ("MSS of 0", b"\x02\x04\x00\x00", SYN_ACK),
    ("MSS of 65535", b"\x02\x04\xff\xff", SYN_ACK),
    ("MSS of another length", b"\x02\x03\x05", SYN_ACK),
    ("MSS twice", b"\x02\x04\x05\xb4\x02\x04\x00\x01", SYN_ACK),
    ("window scale of 255", b"\x03\x03\xff", SYN_ACK),
    ("window scale of another length", b"\x03\x05\x01\x01\x01", SYN_ACK),
    ("SACK permitted of another length", b"\x04\x04\x00\x00", SYN_ACK),
    ("SACK blocks", b"\x05\x22" + bytes(range(32)), SYN_ACK),
    ("half a SACK block", b"\x05\x06\x00\x00\x00\x01", SYN_ACK),
    ("timestamps of another length", b"\x08\x06\x00\x00\x00\x01", SYN_ACK),
    ("a digest (RFC 2385)", b"\x13\x12" + bytes(16), SYN_ACK),
    ("a request for a Fast Open cookie", b"\x22\x02", SYN_ACK),
)

# A packet's own word for itself is wrong: layer and fields of a SYN. chksum 1 cannot be right:
# the other fields do not change.
HEADERS = (
    ("TCP checksum", dict(tcp=dict(chksum=1)), NOTHING),
    ("TCP checksum of 0", dict(tcp=dict(chksum=0)), NOTHING),
    ("data offset of 0", dict(tcp=dict(dataofs=0)), NOTHING),
    ("data offset within the header", dict(tcp=dict(dataofs=4)), NOTHING),
    ("data offset beyond the packet", dict(tcp=dict(dataofs=15)), NOTHING),
    ("IP checksum", dict(ip=dict(chksum=1)), NOTHING),
    ("IP length less than its header", dict(ip=dict(len=19)), NOTHING),
    ("IP length less than TCP's header", dict(ip=dict(len=39)), NOTHING),
    ("IP length of 0", dict(ip=dict(len=0)), NOTHING),
    ("IP length more than the packet", dict(ip=dict(len=1400)), NOTHING),
    ("IP header length less than a header", dict(ip=dict(ihl=4)), NOTHING),
    ("IP version", dict(ip=dict(version=5)), NOTHING),
    ("from all hosts", dict(ip=dict(src="255.255.255.255")), NOTHING),
    ("from a group", dict(ip=dict(src="224.0.0.1")), NOTHING),
    ("from the server itself", dict(ip=dict(src="SERVER"), tcp=dict(sport=80)), NOTHING),
    ("to a group of Ethernet", dict(ether=dict(dst="01:00:5e:00:00:01")), NOTHING),
    ("in fragments", dict(ip=dict(), fragment=16), KERNEL_RESET),
)

# Distances from the right sequence number and acknowledgement, data; what comes back, and what
# has become of the connection.
CONNECTED = (
    ("RST, exact", "R", 0, 0, b"", NOTHING, GONE),
    ("RST, one beyond", "R", 1, 0, b"", AN_ACK, LIVES),
    ("RST at the window's end", "R", WINDOW - 1, 0, b"", AN_ACK, LIVES),
    ("RST beyond the window", "R", WINDOW, 0, b"", NOTHING, LIVES),
    ("RST, one before", "R", -1, 0, b"", NOTHING, LIVES),
    ("RST and ACK in window", "RA", 100, 0, b"", AN_ACK, LIVES),
    ("RST and SYN in window", "SR", 100, 0, b"", AN_ACK, LIVES),
    ("SYN, exact", "S", 0, 0, b"", AN_ACK, LIVES),
    ("SYN in window", "S", 100, 0, b"", AN_ACK, LIVES),
    ("SYN beyond the window", "S", FAR, 0, b"", AN_ACK, LIVES),
    ("SYN before the window", "S", -FAR, 0, b"", AN_ACK, LIVES),
    ("SYN and FIN", "SF", 0, 0, b"", AN_ACK, LIVES),
    ("SYN and ACK", "SA", 0, 0, b"", AN_ACK, LIVES),
    ("no flags", "", 0, 0, b"", NOTHING, LIVES),
    ("FIN without ACK", "F", 0, 0, b"", NOTHING, LIVES),
    ("Christmas tree", "FPU", 0, 0, b"", NOTHING, LIVES),
    ("data without ACK", "P", 0, 0, b"evil", NOTHING, LIVES),
    ("ACK of the next byte, not sent", "A", 0, 1, b"", AN_ACK, LIVES),
    ("ACK from the far future", "A", 0, FAR, b"", AN_ACK, LIVES),
    ("ACK from the past", "A", 0, -OLD, b"", AN_ACK, LIVES),
    ("the same ACK once more", "A", 0, 0, b"", NOTHING, LIVES),
    ("data with an ACK from the future", "PA", 0, 1, b"evil", AN_ACK, LIVES),
    ("data with an ACK from the past", "PA", 0, -OLD, b"evil", AN_ACK, LIVES),
    ("FIN with an ACK from the future", "FA", 0, FAR, b"", AN_ACK, LIVES),
    ("data before the window", "PA", -4, 0, b"evil", AN_ACK, LIVES),
    ("data beyond the window", "PA", WINDOW, 0, b"evil", AN_ACK, LIVES),
    ("data from the far future", "PA", FAR, 0, b"evil", AN_ACK, LIVES),
    ("data after a gap", "PA", 1000, 0, b"evil", AN_ACK, LIVES),
    ("FIN after a gap", "FA", 1000, 0, b"", AN_ACK, LIVES),
    ("FIN before the window", "FA", -1, 0, b"", AN_ACK, LIVES),
    ("ACK before the window", "A", -1, 0, b"", AN_ACK, LIVES),
    ("ACK beyond the window", "A", WINDOW, 0, b"", AN_ACK, LIVES),
)

# The same where timestamps were agreed upon and the blind attacker has none, or old ones: RFC 7323,
# 3.2 and 5.3. A reset needs none.
NO_TS, OLD_TS = None, -100000
TIMESTAMPED = (
    ("SYN in window", "S", 100, 0, b"", NO_TS, NOTHING, LIVES),
    ("data", "PA", 0, 0, b"evil", NO_TS, NOTHING, LIVES),
    ("FIN", "FA", 0, 0, b"", NO_TS, NOTHING, LIVES),
    ("RST in window", "R", 100, 0, b"", NO_TS, AN_ACK, LIVES),
    ("RST, exact", "R", 0, 0, b"", NO_TS, NOTHING, GONE),
    ("data with an old timestamp", "PA", 0, 0, b"evil", OLD_TS, AN_ACK, LIVES),
    ("FIN with an old timestamp", "FA", 0, 0, b"", OLD_TS, AN_ACK, LIVES),
    ("RST with an old timestamp", "R", 100, 0, b"", OLD_TS, AN_ACK, LIVES),
)


class Wire:
    """Segments out and in, on Ethernet, from an address that is nobody's."""

    def __init__(self, interface, server, server_mac):
        self.server = server
        self.ipv6 = ":" in server
        self.source = "fd77::66" if self.ipv6 else "10.77.0.66"
        self.ether = Ether(dst=server_mac)
        self.sender = conf.L2socket(iface=interface)
        self.receiver = conf.L2socket(iface=interface, filter="dst host " + self.source)
        self.port = random.randrange(10000, 20000)

    def new_port(self):
        self.port += 1
        return self.port

    def network(self, ttl=64, **fields):
        if self.ipv6:
            return IPv6(src=self.source, dst=self.server, hlim=ttl)
        return IP(**{"src": self.source, "dst": self.server, "ttl": ttl, **fields})

    def send(self, packet, **ether):
        frame = self.ether.copy()
        frame.fields.update(ether)
        self.sender.send(frame / packet)

    def take_until(self, end, answers, enough):
        """Adds the TCP segments that come to their port's, until then or until there are enough."""
        while not enough(answers):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.receiver], [], [], left)[0]:
                return
            packet = self.receiver.recv()
            if packet is not None and TCP in packet:
                answers.setdefault(packet[TCP].dport, []).append(packet[TCP])

    def fence(self, answers):
        """All that was sent before has been looked at when this has its answer."""
        port = self.new_port()
        self.send(self.network() / TCP(sport=port, dport=80, flags="A", seq=SEQ, ack=ACK))
        self.take_until(time.monotonic() + PATIENCE_S, answers, lambda got: port in got)
        if port not in answers:
            sys.exit("FAIL - the server says nothing any more")

    def collect(self, wanted=(), is_it=bool):
        """The TCP segments that come for each port. Waits for those that are wanted (is_it says so
        of a port's answers), and long enough that nothing else is on its way. Of one turn of the
        server a fence's answer may come before others; that of a second one cannot."""
        answers = {}
        self.take_until(time.monotonic() + PATIENCE_S, answers,
                        lambda got: all(is_it(got.get(port, ())) for port in wanted))
        self.fence(answers)
        self.take_until(time.monotonic() + SETTLE_S, answers, lambda got: False)
        self.fence(answers)
        return answers


def has_payload_or_end(answers):
    return any(payload_of(tcp) or "R" in tcp.flags for tcp in answers)


class Connection:
    """Our end of one, as far as a prober needs it."""

    def __init__(self, wire, port=None, timestamps=False):
        self.wire = wire
        self.port = port or wire.new_port()
        self.snd = random.randrange(1 << 32)
        self.rcv = 0
        self.window = 65535
        self.timestamps = timestamps
        self.ts_value, self.ts_echo = 500000, 0

    def segment(self, flags, seq=0, ack=0, data=b"", ts=0, **fields):
        """seq, ack and ts are distances from the right ones."""
        options = [("MSS", 1400), ("SAckOK", b"")] if flags == "S" else []
        if self.timestamps and ts is not None:
            options.append(("Timestamp", (self.ts_value + ts, self.ts_echo)))
        tcp = TCP(sport=self.port, dport=80, flags=flags, seq=(self.snd + seq) % (1 << 32),
                  ack=(self.rcv + ack) % (1 << 32),
                  **{"window": self.window, "options": options, **fields})
        return self.wire.network() / tcp / Raw(data)

    def send(self, flags, **parts):
        self.wire.send(self.segment(flags, **parts))

    def opened(self, answers):
        """The SYN-ACK came, or not."""
        if not answers or str(answers[0].flags).rstrip("EC") != "SA":
            return False
        self.snd += 1
        self.rcv = answers[0].seq + 1
        if self.timestamps:
            self.ts_echo = dict(answers[0].options)["Timestamp"][0]
        self.send("A")
        return True

    def take(self, answers):
        """Payload in order; acknowledges it."""
        text = b""
        for tcp in answers or []:
            data = payload_of(tcp)
            if data and tcp.seq == self.rcv % (1 << 32):
                text += data
                self.rcv += len(data)
        if text:
            self.send("A")
        return text

    def ask(self, method="HEAD"):
        self.send("PA", data=request(method))


def request(method):
    return b"%s %s HTTP/1.1\r\nHost: sluice\r\n\r\n" % (method.encode(), path.encode())


def payload_of(tcp):
    """Ethernet pads short frames: only what the IP header counts is payload."""
    below = tcp.underlayer
    total = below.plen if below.name == "IPv6" else below.len - below.ihl * 4
    return bytes(tcp.payload)[: total - tcp.dataofs * 4]


def show(answers):
    texts = ["%s seq=%u ack=%u" % (tcp.flags, tcp.seq, tcp.ack) for tcp in answers or []]
    return ", ".join(texts) or "nothing"


def verdict(name, problem):
    print("ok - " + name if not problem else "FAIL - %s: %s" % (name, problem), flush=True)


def differs(answers, expected):
    """What is wrong with the answers, or an empty string."""
    if expected is NOTHING:
        return "" if not answers else "answered with " + show(answers)
    flags, seq, ack = expected
    if not answers or len(answers) != 1:
        return "answered with " + show(answers)
    tcp = answers[0]
    got = str(tcp.flags).replace("E", "") if flags == "SA" else str(tcp.flags)
    if got != flags or seq not in (None, tcp.seq) or ack not in (None, tcp.ack):
        return "answered with %s, not %s" % (show(answers), expected)
    return ""


# ---- tables --------------------------------------------------------------------------------------

def probe_strangers(wire, group, probes):
    """(name, expected, packets, port, Ethernet fields)"""
    for _, _, packets, _, ether in probes:
        for packet in packets:
            wire.send(packet, **ether)
    answers = wire.collect()
    for name, expected, _, port, _ in probes:
        verdict("%s: %s" % (group, name), differs(answers.get(port), expected))
        if answers.get(port):  # nothing half open is left behind
            wire.send(wire.network() / TCP(sport=port, dport=80, flags="R", seq=SEQ + 1))


def group_strangers(wire):
    probes = []
    for name, fields, expected in STRANGERS:
        fields = dict({"sport": wire.new_port()}, **fields)
        network = wire.network(fields.pop("ttl", 64))
        data = fields.pop("data", b"")
        tcp = TCP(dport=80, seq=SEQ, ack=ACK, **fields)
        probes.append((name, expected, [network / tcp / Raw(data)], fields["sport"], {}))
    probe_strangers(wire, "for no connection", probes)


def group_options(wire):
    probes = []
    for name, options, expected in OPTIONS:
        port = wire.new_port()
        options = b"\x01" * (-len(options) % 4) + options
        tcp = TCP(sport=port, dport=80, seq=SEQ, flags="S", dataofs=5 + len(options) // 4)
        probes.append((name, expected, [wire.network() / tcp / Raw(options)], port, {}))
    probe_strangers(wire, "options", probes)


def group_headers(wire):
    probes = []
    for name, wrong, expected in HEADERS:
        fields = dict({"sport": wire.new_port()}, **wrong.get("tcp", {}))
        network = {k: wire.server if v == "SERVER" else v for k, v in wrong.get("ip", {}).items()}
        packets = [wire.network(**network) / TCP(dport=80, seq=SEQ, flags="S", **fields)]
        if "fragment" in wrong:
            packets = fragment(packets[0], fragsize=wrong["fragment"])
        probes.append((name, expected, packets, fields["sport"], wrong.get("ether", {})))
    probe_strangers(wire, "wrong", probes)


def open_all(wire, cnt, timestamps=False):
    connections = [Connection(wire, timestamps=timestamps) for _ in range(cnt)]
    for connection in connections:
        connection.send("S")
    answers = wire.collect([connection.port for connection in connections])
    for connection in connections:
        if not connection.opened(answers.get(connection.port)):
            sys.exit("FAIL - no connection: " + show(answers.get(connection.port)))
    return connections


def without_syn_acks(answers):
    """A slow machine may have let the second before one is sent again go by."""
    return [tcp for tcp in answers or [] if "S" not in tcp.flags]


def probe_connected(wire, group, table, timestamps):
    connections = open_all(wire, len(table), timestamps)
    for connection, (_, flags, seq, ack, data, ts, _, _) in zip(connections, table):
        connection.send(flags, seq=seq, ack=ack, data=data, ts=ts)
    answers = wire.collect()
    for connection in connections:
        connection.ask()
    after = wire.collect([connection.port for connection in connections], has_payload_or_end)
    for connection, (name, _, _, _, _, _, expected, state) in zip(connections, table):
        got = without_syn_acks(answers.get(connection.port))
        if expected == AN_ACK:
            expected = ("A", connection.rcv % (1 << 32), connection.snd % (1 << 32))
        problem = differs(got, expected)
        got = without_syn_acks(after.get(connection.port))
        if not problem and state == GONE:
            problem = differs(got, ("R", connection.rcv % (1 << 32), None))
        elif not problem and not connection.take(got).startswith(b"HTTP/1.1 200"):
            problem = "then to a request with " + show(got)
        verdict("%s: %s" % (group, name), problem)
        connection.send("R", seq=len(request("HEAD")))


def group_connected(wire):
    table = [row[:5] + (0,) + row[5:] for row in CONNECTED]
    probe_connected(wire, "for a connection", table, False)


def group_timestamped(wire):
    probe_connected(wire, "with timestamps", TIMESTAMPED, True)


# ---- stories -------------------------------------------------------------------------------------
# Each gets a fresh connection and returns what went wrong, or nothing.

def answered(wire, connection):
    got = wire.collect([connection.port], has_payload_or_end).get(connection.port)
    if not connection.take(got).startswith(b"HTTP/1.1 200"):
        return "the request was answered with " + show(got)
    return ""


def story_tiny_segments(wire, connection):
    """a request in segments of one byte"""
    text = request("HEAD")
    for off in range(len(text)):
        connection.send("A", seq=off, data=text[off:off + 1])
    return answered(wire, connection)


def story_overlap(wire, connection):
    """what overlaps later does not replace what came first"""
    text = request("HEAD")
    connection.send("PA", data=text[:20])
    connection.send("PA", seq=6, data=b"X" * 14 + text[20:])
    return answered(wire, connection)


def story_urgent(wire, connection):
    """an urgent pointer is no more than a number (RFC 6093)"""
    connection.send("PAU", data=request("HEAD"), urgptr=65535)
    return answered(wire, connection)


def story_challenges(wire, connection):
    """resets in window are answered, but not many of them (RFC 5961, 7)"""
    for distance in range(1, 60):
        connection.send("R", seq=distance)
    cnt = len(wire.collect().get(connection.port, []))
    if not 0 < cnt <= CHALLENGES_MAX:
        return "%u answers" % cnt
    connection.ask()
    return answered(wire, connection)


def story_duplicate_acks(wire, connection):
    """a storm of the same ACK gets no answer"""
    packet = wire.ether / connection.segment("A")
    for _ in range(storm_cnt):
        wire.sender.send(packet)
    cnt = len(wire.collect().get(connection.port, []))
    if cnt:
        return "%u answers" % cnt
    connection.ask()
    return answered(wire, connection)


def story_future_acks(wire, connection):
    """a storm of ACKs of what was never sent gets few"""
    packet = wire.ether / connection.segment("A", ack=FAR)
    for _ in range(storm_cnt):
        wire.sender.send(packet)
    cnt = len(wire.collect().get(connection.port, []))
    if not 0 < cnt <= CHALLENGES_MAX:
        return "%u answers" % cnt
    connection.ask()
    return answered(wire, connection)


def story_window_of_zero(wire, connection):
    """a window of zero is obeyed, a small one exactly"""
    connection.window = 0
    connection.send("A")
    connection.ask("GET")
    time.sleep(0.2)
    got = wire.collect().get(connection.port, [])
    sent = sum(len(payload_of(tcp)) for tcp in got)
    if sent:
        return "%u bytes came" % sent
    connection.window = 700
    connection.send("A", seq=len(request("GET")))
    got = wire.collect([connection.port], has_payload_or_end).get(connection.port, [])
    edge = connection.rcv + connection.window
    beyond = [tcp for tcp in got if (tcp.seq + len(payload_of(tcp)) - edge) % (1 << 32) < FAR
              and tcp.seq + len(payload_of(tcp)) != edge % (1 << 32)]
    if beyond or not any(payload_of(tcp) for tcp in got):
        return "with %u bytes of window: %s" % (connection.window, show(got))
    return ""


def story_sack_lies(wire, connection):
    """SACK blocks that cannot be true are not believed"""
    connection.ask("GET")
    connection.snd += len(request("GET"))
    got = wire.collect([connection.port], has_payload_or_end).get(connection.port, [])
    rcv, high = connection.rcv, max(tcp.seq + len(payload_of(tcp)) for tcp in got)
    lies = [(high + 1000, high + 2000), (high, high - 100), (rcv - 5000, rcv - 10), (rcv, rcv),
            (rcv - 10, high + 10), (0, 0xffffffff)]
    for start, end in lies:
        connection.send("A", options=[("NOP", None), ("NOP", None),
                                      ("SAck", (start % (1 << 32), end % (1 << 32)))])
    size, end = 0, time.monotonic() + PATIENCE_S
    while size < 60000 and time.monotonic() < end:
        size += len(connection.take(got))
        got = wire.collect().get(connection.port, [])
    return "" if size >= 60000 else "%u bytes came in order" % size


def group_stories(wire):
    for name, story in sorted(globals().items()):
        if name.startswith("story_"):
            connection = open_all(wire, 1)[0]
            verdict("story: " + story.__doc__, story(wire, connection))
            connection.send("R")
            connection.send("R", seq=len(request("HEAD")))
            connection.send("R", seq=len(request("GET")))


# ---- numbers -------------------------------------------------------------------------------------

SAMPLES = 64


def syn_acks(wire, ports):
    """The SYN-ACKs that ports get, in their order; what was opened is reset."""
    for port in ports:
        wire.send(wire.network() / TCP(sport=port, dport=80, seq=SEQ, flags="S",
                                       options=[("Timestamp", (7, 0))]))
    answers = wire.collect(ports)
    for port in ports:
        wire.send(wire.network() / TCP(sport=port, dport=80, seq=SEQ + 1, flags="R"))
    return [answers[port][0] for port in ports]


def looks_random(numbers):
    """Neighbours differ by anything: of 63 differences, each bit above the clock's is set in some
    ten to fifty (the odds of a fair coin to fail: one in a hundred million)."""
    steps = [(b - a) % (1 << 32) for a, b in zip(numbers, numbers[1:])]
    for bit in range(24, 32):
        cnt = sum(step >> bit & 1 for step in steps)
        if not 9 < cnt < 54:
            return "bit %u is set in %u of %u differences" % (bit, cnt, len(steps))
    return ""


def number_isn_apart(wire):
    """initial sequence numbers of other ports tell nothing"""
    return looks_random([t.seq for t in syn_acks(wire, [wire.new_port() for _ in range(SAMPLES)])])


def number_timestamps_apart(wire):
    """nor do their timestamps"""
    answers = syn_acks(wire, [wire.new_port() for _ in range(SAMPLES)])
    return looks_random([dict(t.options)["Timestamp"][0] for t in answers])


def number_isn_grows(wire):
    """those of one port grow with the time (RFC 6528), by some 250,000 a second"""
    port = wire.new_port()
    began = time.monotonic()
    first, second = (syn_acks(wire, [port])[0].seq for _ in range(2))
    most = (time.monotonic() - began) * 250000
    step = (second - first) % (1 << 32)
    return "" if 0 < step <= most else "by %u in a time worth %u" % (step, most)


def group_numbers(wire):
    for name, number in sorted(globals().items()):
        if name.startswith("number_"):
            verdict("numbers: " + number.__doc__, number(wire))


# ---- a victim ------------------------------------------------------------------------------------

def learn(wire, interface, victim, port):
    """The numbers of the latest segment from the server; an attacker has to guess them, which is
    why those below are off by a little."""
    listener = conf.L2socket(iface=interface, filter="src host %s and dst host %s and tcp dst port"
                             " %u" % (wire.server, victim, port))
    while select.select([listener], [], [], 5)[0]:
        packet = listener.recv()
        if packet is not None and TCP in packet:
            listener.close()
            return packet[TCP]
    sys.exit("FAIL - the victim's connection is silent")


def blind_segments(tcp, victim, wire):
    """Within the server's receive window, but for the exact number; ACKs nobody could have sent."""
    segment = dict(sport=tcp.dport, dport=tcp.sport, window=1000)
    network = IP(src=victim, dst=wire.server)
    for distance in (1, 2, 1000, WINDOW - 1):
        yield network / TCP(seq=tcp.ack + distance, flags="R", **segment)
        yield network / TCP(seq=tcp.ack + distance, ack=tcp.seq, flags="RA", **segment)
        yield network / TCP(seq=tcp.ack + distance, flags="S", **segment)
        yield network / TCP(seq=tcp.ack + distance, flags="FPU", **segment)
    for distance in (FAR, -FAR, OLD * 64):
        ack = (tcp.seq + distance) % (1 << 32)
        yield network / TCP(seq=tcp.ack, ack=ack, flags="PA", **segment) / Raw(b"GET /evil")
        yield network / TCP(seq=tcp.ack, ack=ack, flags="FA", **segment)
        yield network / TCP(seq=tcp.ack, ack=ack, flags="A", **segment)


def blind_errors(tcp, victim, wire):
    """ICMP that quotes the connection, with numbers that were never in flight."""
    for distance in (0, FAR, -FAR):
        quote = IP(src=wire.server, dst=victim, flags="DF") / TCP(
            sport=tcp.sport, dport=tcp.dport, seq=(tcp.seq + distance) % (1 << 32), flags="A")
        for kind, code in ((3, 0), (3, 1), (3, 2), (3, 3), (3, 13), (4, 0), (11, 0), (12, 0)):
            yield IP(src=victim, dst=wire.server) / ICMP(type=kind, code=code) / quote
        for gateway in (victim, wire.source, wire.server):
            yield IP(src=victim, dst=wire.server) / ICMP(type=5, code=1, gw=gateway) / quote
        if distance:
            for mtu in (0, 68, 576, 65535):
                yield (IP(src=victim, dst=wire.server) /
                       ICMP(type=3, code=4, nexthopmtu=mtu) / quote)


def group_victim(wire):
    interface, victim, port = sys.argv[1], sys.argv[6], int(sys.argv[7])
    for _ in range(5):
        for packets in blind_segments, blind_errors:
            tcp = learn(wire, interface, victim, port)
            for packet in packets(tcp, victim, wire):
                wire.send(packet)
        time.sleep(0.1)


if __name__ == "__main__":
    conf.verb = 0
    path, group = sys.argv[4:6]
    storm_cnt = 3000
    globals()["group_" + group](Wire(*sys.argv[1:4]))
