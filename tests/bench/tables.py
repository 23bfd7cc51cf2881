#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fills the tables of doc/benchmarks.md from results.json of the build directory.

    tables.py FILE.md     whatever stands between <!-- table: NAME --> and <!-- end --> is replaced

NAME is a benchmark, or machine. A benchmark that has not been run keeps the table it has.
"""
import json
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLACE = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.S)
STAGES = ("rx", "tcp", "http", "disk", "seal", "tx", "other")


def table(head, rows):
    lines = [head, ["---"] * len(head)] + rows
    return "".join("| " + " | ".join(str(field) for field in line) + " |\n" for line in lines)


def number(value, form="{:.2f}"):
    return form.format(value) if isinstance(value, (int, float)) else "–"


def ratio(above, below):
    if isinstance(above, (int, float)) and isinstance(below, (int, float)) and below:
        return above / below
    return None


def machine(figures):
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    return table(["what", "it is"], [
        ["processor", f"{figures['cpu']}, {figures['cores']} cores"],
        ["last-level cache", f"{figures['llc_bytes'] >> 20} MiB"],
        ["kernel", figures["kernel"]],
        ["versions", versions]])


def versus(figures):
    head = ["files", "connections", "MTU", "server", "MB/s", "Sluice by it", "busy s/GB",
            "it by Sluice", "client busy", "first byte p50 ms", "p99 ms", "resent"]
    rows = []
    for name, cell in figures.items():
        if not isinstance(cell, dict) or "sluice" not in cell:
            continue
        source, connections, mtu = name.split("_")
        ours = cell["sluice"]
        for server, row in cell.items():
            other = server != "sluice"
            mbs, busy = row.get("mbs"), row.get("busy_s_per_gb")
            first, last = row.get("first_byte_p50_us"), row.get("first_byte_p99_us")
            rows.append([
                source, f"{int(connections):,}", mtu, server, number(mbs, "{:.0f}"),
                number(ratio(ours.get("mbs"), mbs)) if other else "",
                number(busy, "{:.3f}"),
                number(ratio(busy, ours.get("busy_s_per_gb"))) if other else "",
                number(row.get("client_busy")), number(ratio(first, 1000), "{:.1f}"),
                number(ratio(last, 1000), "{:.1f}"), row.get("resent", "–")])
    return table(head, rows) if rows else None


def pipeline(figures):
    head = ["", "MTU", "connections", "Gb/s", "of the cipher alone", "ns/packet", *STAGES, "MiB"]
    rows = []
    for name, row in figures.items():
        if isinstance(row, dict) and "gbps" in row:
            protocol, mtu, connections = name.split("_")[:3]
            rows.append([protocol.upper(), mtu, f"{int(connections):,}", number(row["gbps"],
                         "{:.1f}"), number(row.get("oneshot_share")), row.get("ns_per_packet"),
                         *(number(row.get(stage), "{:.0%}") for stage in STAGES),
                         row.get("peak_mib", "–")])
    return table(head, rows) if rows else generic(figures)


def generic(figures):
    """A row for each object in it, or for each value."""
    rows = {name: row for name, row in figures.items() if isinstance(row, dict)}
    if not rows:
        return table(["what", "figure"], [[name, value] for name, value in figures.items()
                                          if name != "date"])
    keys = list(dict.fromkeys(key for row in rows.values() for key in row))
    return table([""] + keys, [[name] + [row.get(key, "") for key in keys]
                               for name, row in rows.items()])


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    build = os.environ.get("SL_BUILD_DIR", os.path.join(TOP, "build"))
    with open(os.path.join(build, "results.json"), encoding="utf-8") as file:
        results = json.load(file)
    kinds = {"machine": machine, "versus": versus, "pipeline": pipeline}

    def fill(match):
        begin, name, end = match.groups()
        figures = results.get(name)
        text = figures and kinds.get(name, generic)(figures)
        if not text:
            print(f"no figures for the table {name}: make bench-{name}", file=sys.stderr)
            return match.group(0)
        if "date" in figures:
            text = f"Measured {figures['date']}.\n\n{text}"
        return f"{begin}{text}{end}"

    with open(sys.argv[1], encoding="utf-8") as file:
        text = PLACE.sub(fill, file.read())
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(text)
    return 0


sys.exit(main())
