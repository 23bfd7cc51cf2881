#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tables from the results of tests/bench/goodput, and its last line.

A line of the results is tab-separated: what, algorithm, rate, round trip, loss, round, contender,
and what a flow (download.c) or the emulator (bad_link.c) printed.
"""

import collections
import math
import sys


def read(path):
    """{(what, cc, rate, rtt, loss): {contender: {"bytes": […], "half": […], "link": […]}}}"""
    cells = collections.defaultdict(lambda: collections.defaultdict(
        lambda: collections.defaultdict(list)))
    seconds = None
    for line in open(path, encoding="ascii"):
        fields = line.rstrip("\n").split("\t")
        if fields[0] == "seconds":
            seconds = float(fields[1])
            continue
        what, cc, rate, rtt, loss, _, contender, text = fields
        side = cells[what, cc, int(rate), int(rtt), float(loss)][contender]
        values = dict(word.split("=") for word in text.split() if "=" in word)
        if text.startswith("link "):
            side["link"].append({name: int(value) for name, value in values.items()})
        else:
            side["bytes"].append(int(values["bytes"]))
            side["half"].append(int(values["second_half_bytes"]))
    return seconds, cells


def mean(values):
    return sum(values) / len(values)


def ratio_error(ratio, above, below):
    """One standard error of sum(above) / sum(below). The n-th flows of both met the same losses
    and have much in common: what counts is by how much they differ from the ratio."""
    if len(below) < 2:
        return 0.0
    variance = sum((a - ratio * b) ** 2 for a, b in zip(above, below)) / (len(below) - 1)
    return math.sqrt(variance / len(below)) / max(mean(below), 1)


def geomean(values):
    return math.exp(mean([math.log(max(value, 1e-9)) for value in values]))


def jain(values):
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


def milliseconds(side, name):
    return mean([link[name] for link in side["link"]]) / 1000


def print_cells(seconds, cells):
    """Returns {cc: [ratio, …]}."""
    ratios = collections.defaultdict(list)
    print("goodput of one download in Mb/s, mean of n; ratio with its standard error, and that of "
          "the second half alone;\nqueueing delay in ms, mean and 95th percentile; packets lost or "
          "dropped from a full queue, %; how late\nthe emulator was in ms, 99th percentile, the "
          "worse of both")
    print(f"{'cc':6}{'rate':>5}{'rtt':>5}{'loss':>6}{'n':>4}{'kernel':>9}{'sluice':>9}{'ratio':>8}"
          f"{'±':>7}{'half':>7}{'k queue':>14}{'s queue':>14}{'k drop %':>10}{'s drop %':>10}"
          f"{'late':>7}")
    for (what, cc, rate, rtt, loss), sides in sorted(cells.items(), key=lambda item: (
            item[0][1] != "cubic", item[0])):
        if what != "cell":
            continue
        kernel, sluice = sides["kernel"], sides["sluice"]
        ratio = mean(sluice["bytes"]) / max(mean(kernel["bytes"]), 1)
        error = ratio_error(ratio, sluice["bytes"], kernel["bytes"])
        half = mean(sluice["half"]) / max(mean(kernel["half"]), 1)
        ratios[cc].append(ratio)
        queues, drops = [], []
        for side in (kernel, sluice):
            queues.append(f"{milliseconds(side, 'queue_mean_us'):.1f} "
                          f"{milliseconds(side, 'queue_p95_us'):.1f}")
            packets = sum(link["in"] for link in side["link"])
            dropped = sum(link["lost"] + link["overflowed"] for link in side["link"])
            drops.append(100 * dropped / max(packets, 1))
        late = max(milliseconds(side, "late_p99_us") for side in (kernel, sluice))
        print(f"{cc:6}{rate:5}{rtt:5}{loss:6g}{len(kernel['bytes']):4}"
              f"{mean(kernel['bytes']) * 8e-6 / seconds:9.2f}"
              f"{mean(sluice['bytes']) * 8e-6 / seconds:9.2f}{ratio:8.3f}{error:7.3f}{half:7.3f}"
              f"{queues[0]:>14}{queues[1]:>14}{drops[0]:10.2f}{drops[1]:10.2f}{late:7.2f}")
    return ratios


def print_fairness(cells):
    """Returns {cc: [index, …]}."""
    indices = collections.defaultdict(list)
    rows = [(key, sides) for key, sides in sorted(cells.items(), key=lambda item: (
        item[0][1] != "cubic", item[0])) if key[0] == "fairness"]
    if rows:
        print("\nfour flows of each on one bottleneck for twice the time: Jain's index over all "
              "eight, share of Sluice's four")
        print(f"{'cc':6}{'rate':>5}{'rtt':>5}{'jain':>8}{'share':>8}   kernel's and Sluice's, %")
    for (_, cc, rate, rtt, _), sides in rows:
        kernel, sluice = sides["kernel"]["bytes"], sides["sluice"]["bytes"]
        total = sum(kernel) + sum(sluice)
        rounds = len(kernel) // 4
        index = mean([jain(kernel[4 * i:4 * i + 4] + sluice[4 * i:4 * i + 4])
                      for i in range(rounds)])
        indices[cc].append(index)
        print(f"{cc:6}{rate:5}{rtt:5}{index:8.3f}{sum(sluice) / total:8.3f}   "
              + " ".join(f"{100 * value / total:.1f}" for value in kernel) + " | "
              + " ".join(f"{100 * value / total:.1f}" for value in sluice))
    return indices


def main():
    seconds, cells = read(sys.argv[1])
    ratios = print_cells(seconds, cells)
    indices = print_fairness(cells)
    words = []
    for cc in ("cubic", "bbr"):
        words.append(f"{cc}_geomean={geomean(ratios[cc]):.3f} {cc}_min={min(ratios[cc]):.3f}"
                     if ratios[cc] else f"{cc}_geomean=none {cc}_min=none")
    words.append(f"jain={mean(indices['cubic']):.3f}" if indices["cubic"] else "jain=none")
    print("\ngoodput: " + " ".join(words))


main()
