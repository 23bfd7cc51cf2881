#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what testssl.sh found in two servers.

usage: testssl_compare.py OURS.json THEIRS.json

Prints every finding that is not fine in at least one of them, and exits 1 if one of ours is more
severe than theirs. WARN is no finding: testssl.sh could not find out; FATAL: it gave up. A name that only one of them has is compared
with nothing found.
"""

import json
import sys

RANKS = {"OK": 0, "INFO": 0, "WARN": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3, "CRITICAL": 4, "FATAL": 5}


def findings(path):
    """The most severe finding of each name."""
    worst = {}
    with open(path, encoding="utf-8") as file:
        for entry in json.load(file):
            before = worst.get(entry["id"])
            if before is None or RANKS[entry["severity"]] > RANKS[before["severity"]]:
                worst[entry["id"]] = entry
    return worst


def text_of(entry):
    return f"{entry['severity']}: {entry['finding']}" if entry else "-"


def main():
    ours, theirs = findings(sys.argv[1]), findings(sys.argv[2])
    worse = better = same = 0
    for name in sorted(ours.keys() | theirs.keys()):
        our, their = ours.get(name), theirs.get(name)
        our_rank = RANKS[our["severity"]] if our else 0
        their_rank = RANKS[their["severity"]] if their else 0
        unknown = our and our["severity"] == "WARN"
        if our_rank == their_rank == 0 and not unknown:
            continue
        if our_rank > their_rank:
            verdict = "WORSE"
            worse += 1
        elif our_rank < their_rank:
            verdict = "better"
            better += 1
        else:
            verdict = "unknown" if unknown else "same"
            same += 1
        print(f"{verdict:8}{name:26}{text_of(our):50}| {text_of(their)}")
    print(f"{len(ours)} names: {worse} worse, {better} better, {same} the same or unknown")
    sys.exit(1 if worse else 0)


main()
