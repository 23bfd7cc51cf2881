#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a sender did, from a capture beside it: expert.py PORT CAPTURE.

tshark takes the packets apart; what is asked of them is ours. Prints lines "name value":

  data_segments, again_segments   sent at all; of these, not for the first time
  needless_segments               reported by the receiver as there already (DSACK, RFC 2883)
  beyond_window_segments          reach beyond all the receiver had offered by then
  longest_bytes                   the longest payload
  bad_checksums                   of IP and TCP, sender's packets only
  reset_connections               by the sender
  connections                     all
  and tshark's own analysis:
  tcp.analysis.NAME               a count each, sender's packets only
  expert SEVERITY SUMMARY         a count each, summaries with digits as N
"""

import collections
import re
import subprocess
import sys

FIELDS = ("frame.number tcp.stream tcp.srcport tcp.seq tcp.ack tcp.len tcp.window_size tcp.flags "
          "tcp.options.sack_le tcp.options.sack_re tcp.checksum.status ip.checksum.status "
          "_ws.expert.severity _ws.expert.message").split()
ANALYSIS = ("retransmission fast_retransmission spurious_retransmission out_of_order "
            "window_full keep_alive zero_window_probe").split()
SYN, RST, ACK = 2, 4, 16
BAD = "0"
SEVERITIES = {0x800000: "error", 0x600000: "warning", 0x400000: "note", 0x200000: "chat"}


def packets(port, capture):
    """A dictionary each; every value a list of texts."""
    names = FIELDS + ["tcp.analysis." + name for name in ANALYSIS]
    command = ["tshark", "-r", capture, "-Y", f"tcp.port == {port}", "-d", f"tcp.port=={port},tls",
               "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
               "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"]
    for name in names:
        command += ["-e", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          encoding="ascii", errors="replace") as tshark:
        for line in tshark.stdout:
            values = line.rstrip("\n").split("\t")
            yield {name: value.split("|") if value else []
                   for name, value in zip(names, values)}
    if tshark.returncode:
        sys.exit(f"expert.py: tshark ended with {tshark.returncode}")


def first(packet, name):
    return int(packet[name][0], 0) if packet[name] else 0


class Stream:
    """One connection; sequence numbers are relative, as tshark gives them."""

    def __init__(self):
        self.begun = False   # its first packet is in the capture
        self.sent_to = 0     # one after the last byte sent
        self.offered_to = 0  # one after the last byte the receiver ever allowed
        self.reset = False

    def sender(self, packet, counts):
        flags, len_bytes = first(packet, "tcp.flags"), first(packet, "tcp.len")
        seq = first(packet, "tcp.seq")
        self.reset = self.reset or bool(flags & RST)
        if BAD in packet["tcp.checksum.status"] + packet["ip.checksum.status"]:
            counts["bad_checksums"] += 1
        for name in ANALYSIS:
            if packet["tcp.analysis." + name]:
                counts["tcp.analysis." + name] += 1
        if len_bytes == 0:
            return
        counts["data_segments"] += 1
        counts["longest_bytes"] = max(counts["longest_bytes"], len_bytes)
        if seq < self.sent_to:
            counts["again_segments"] += 1
        if seq + len_bytes > self.offered_to:
            counts["beyond_window_segments"] += 1
        self.sent_to = max(self.sent_to, seq + len_bytes)

    def receiver(self, packet, counts):
        flags, ack = first(packet, "tcp.flags"), first(packet, "tcp.ack")
        if flags & RST or not flags & ACK and not flags & SYN:
            return
        # A SYN's window is not scaled, and tshark knows.
        self.offered_to = max(self.offered_to, ack + first(packet, "tcp.window_size"))
        left, right = packet["tcp.options.sack_le"], packet["tcp.options.sack_re"]
        # RFC 2883, section 4: the first block is below the cumulative ACK, or in the second.
        if left and (int(left[0]) < ack or len(left) > 1 and int(left[0]) >= int(left[1]) and
                     int(right[0]) <= int(right[1])):
            counts["needless_segments"] += 1


def main():
    port, capture = int(sys.argv[1]), sys.argv[2]
    counts, streams = collections.Counter(), collections.defaultdict(Stream)
    for name in ("data_segments again_segments needless_segments beyond_window_segments "
                 "longest_bytes bad_checksums").split():
        counts[name] = 0
    for packet in packets(port, capture):
        stream = streams[packet["tcp.stream"][0]]
        stream.begun = stream.begun or bool(first(packet, "tcp.flags") & SYN)
        if not stream.begun: # a latecomer of a connection before
            continue
        if first(packet, "tcp.srcport") == port:
            stream.sender(packet, counts)
            for severity, text in zip(packet["_ws.expert.severity"],
                                      packet["_ws.expert.message"]):
                word = SEVERITIES.get(int(severity, 0), "other")
                counts[f"expert {word} " + re.sub(r"\d+", "N", text)] += 1
        else:
            stream.receiver(packet, counts)
    counts["connections"] = sum(stream.begun for stream in streams.values())
    counts["reset_connections"] = sum(stream.reset for stream in streams.values())
    for name, value in sorted(counts.items()):
        print(name, value)


main()
