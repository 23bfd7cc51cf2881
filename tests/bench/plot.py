#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws the plots of doc/benchmarks.md from results.json of the build directory.

    plot.py DIRECTORY     writes DIRECTORY/bench-*.svg, one for each benchmark that has figures

Plain SVG in greys and three colours that can be told apart on white and on black.
"""
import json
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COLOURS = {"sluice": "#2a78b5", "nginx": "#6a9f58", "h2o": "#c8803a"}
STAGES = {"rx": "#8d6aa8", "tcp": "#2a78b5", "http": "#c8803a", "disk": "#a89a4a",
          "seal": "#6a9f58", "tx": "#b5566a", "other": "#8a8a8a"}
INK = "#808080"
FONT = 'font-family="sans-serif" font-size="12"'


class Drawing:
    """Shapes, in the order in which they are painted."""

    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.shapes = [f'<title>{title}</title>']
        self.text(0, 14, title, weight="bold")

    def rect(self, x, y, width, height, colour, hint=""):
        self.shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                           f'height="{height:.1f}" fill="{colour}"><title>{hint}</title></rect>')

    def line(self, points, colour=INK, width=1.0, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                           f'stroke-width="{width}"{dash}/>')

    def dot(self, x, y, colour):
        self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')

    def text(self, x, y, words, anchor="start", weight="normal", size=12, colour=INK):
        self.shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
                           f'font-weight="{weight}" font-size="{size}" fill="{colour}">'
                           f'{words}</text>')

    def legend(self, colours):
        """In the upper right corner."""
        x, y = self.width - sum(30 + 8 * len(name) for name in colours), 14
        for name, colour in colours.items():
            self.rect(x, y - 10, 11, 11, colour)
            self.text(x + 16, y, name)
            x += 30 + 8 * len(name)

    def write(self, name):
        with open(name, "w", encoding="utf-8") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {FONT} '
                       f'viewBox="-10 -6 {self.width + 20} {self.height + 12}">\n')
            file.write("\n".join(self.shapes))
            file.write("\n</svg>\n")


def round_up(value):
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    step = 1.0
    while step * 10 < value:
        step *= 10
    while True:
        for factor in (1, 2, 2.5, 5):
            if factor * step >= value:
                return factor * step
        step *= 10


def axis(drawing, box, most, unit):
    """Horizontal rules in the box (x, y, width, height), from 0 to most."""
    x, y, width, height = box
    for i in range(5):
        at = y + height - height * i / 4
        drawing.line([(x, at), (x + width, at)], width=0.8 if i == 0 else 0.3)
        drawing.text(x - 6, at + 4, f"{most * i / 4:g}", anchor="end", size=11)
    drawing.text(x - 6, y - 10, unit, anchor="end", size=11)


# ---- versus --------------------------------------------------------------------------------------

def cells_of(figures, source):
    """The cells of that source that were measured, as (connections, mtu, contenders)."""
    cells = []
    for name, cell in figures.items():
        if isinstance(cell, dict) and name.startswith(source + "_"):
            connections, mtu = name.split("_")[1:]
            cells.append((int(connections), int(mtu), cell))
    return sorted(cells, key=lambda cell: (cell[1], cell[0]))


def bars(drawing, box, most, cells, key):
    x, y, width, height = box
    group = width / len(cells)
    bar = min(22.0, group / 4)
    for i, (connections, mtu, cell) in enumerate(cells):
        left = x + group * i + (group - 3 * bar) / 2
        for j, server in enumerate(COLOURS):
            value = cell.get(server, {}).get(key)
            if not isinstance(value, (int, float)):
                drawing.text(left + bar * (j + 0.5), y + height - 4, "–", anchor="middle")
                continue
            tall = height * value / most
            hint = f"{server}, {connections} connections, MTU {mtu}: {value}"
            drawing.rect(left + bar * j, y + height - tall, bar - 2, tall, COLOURS[server], hint)
            drawing.text(left + bar * (j + 0.5) - 1, y + height - tall - 3, f"{value:.0f}",
                         anchor="middle", size=9)
        middle = x + group * (i + 0.5)
        drawing.text(middle, y + height + 15, f"{connections:,}", anchor="middle")
        if i == 0 or cells[i - 1][1] != mtu:
            same = [cell for cell in cells if cell[1] == mtu]
            drawing.text(x + group * (i + len(same) / 2), y + height + 31,
                         f"connections, MTU {mtu}", anchor="middle")


def plot_versus(figures):
    sources = [(source, cells_of(figures, source)) for source in ("disk", "cached")]
    sources = [(source, cells) for source, cells in sources if cells]
    if not sources:
        return None
    values = [server.get("mbs") for _, cells in sources for _, _, cell in cells
              for server in cell.values()]
    most = round_up(max(value for value in values if isinstance(value, (int, float))))
    titles = {"disk": "everybody reads from disk",
              "cached": "the others' files are in their page cache, Sluice reads from disk"}
    drawing = Drawing(760, 20 + 250 * len(sources), "HTTPS, one core, 300 KB objects: MB/s")
    drawing.legend(COLOURS)
    for i, (source, cells) in enumerate(sources):
        box = (50, 62 + 250 * i, 700, 160)
        drawing.text(50, box[1] - 24, titles[source])
        axis(drawing, box, most, "MB/s")
        bars(drawing, box, most, cells, "mbs")
    return drawing


# ---- pipeline ------------------------------------------------------------------------------------

def series_of(figures):
    """{"https 1500": [(connections, row), …], …} of the rows protocol_mtu_connections."""
    series = {}
    for name, row in figures.items():
        if isinstance(row, dict) and "gbps" in row:
            protocol, mtu, connections = name.split("_")[:3]
            series.setdefault(f"{protocol} {mtu}", []).append((int(connections), row))
    return {name: sorted(rows, key=lambda row: row[0]) for name, rows in series.items()}


def plot_pipeline(figures):
    series = series_of(figures)
    if not series:
        return None
    counts = sorted({count for rows in series.values() for count, _ in rows})
    most = round_up(max(row["gbps"] for rows in series.values() for _, row in rows))
    colours = dict(zip(series, list(STAGES.values())[1:]))
    box = (50, 60, 700, 220)
    drawing = Drawing(760, 320, "The worker alone, one core: Gb/s by connections")
    drawing.legend(colours)
    axis(drawing, box, most, "Gb/s")
    place = {count: box[0] + box[2] * (i + 0.5) / len(counts) for i, count in enumerate(counts)}
    for count in counts:
        drawing.text(place[count], box[1] + box[3] + 18, f"{count:,}", anchor="middle")
    drawing.text(box[0] + box[2] / 2, box[1] + box[3] + 36, "connections", anchor="middle")
    for name, rows in series.items():
        points = [(place[count], box[1] + box[3] * (1 - row["gbps"] / most))
                  for count, row in rows]
        drawing.line(points, colours[name], 2)
        for (x, y), (_, row) in zip(points, rows):
            drawing.dot(x, y, colours[name])
            drawing.text(x, y - 8, f"{row['gbps']:.0f}", anchor="middle", size=10)
    return drawing


def plot_stages(figures):
    rows = [(f"{name}, {count:,}", row) for name, rows in series_of(figures).items()
            for count, row in rows if any(stage in row for stage in STAGES)]
    if not rows:
        return None
    drawing = Drawing(760, 50 + 26 * len(rows), "The worker alone: share of each stage")
    drawing.legend(STAGES)
    for i, (name, row) in enumerate(rows):
        x, y, width = 130.0, 36 + 26 * i, 620
        drawing.text(x - 8, y + 14, name, anchor="end")
        whole = sum(row.get(stage, 0) for stage in STAGES) or 1
        for stage, colour in STAGES.items():
            share = row.get(stage, 0) / whole
            drawing.rect(x, y, width * share, 20, colour, f"{stage} {100 * share:.0f} %")
            if share > 0.05:
                drawing.text(x + width * share / 2, y + 14, f"{100 * share:.0f} %",
                             anchor="middle", size=10, colour="#ffffff")
            x += width * share
    return drawing


PLOTS = {"versus": ("versus", plot_versus), "pipeline": ("pipeline", plot_pipeline),
         "stages": ("pipeline", plot_stages)}


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    build = os.environ.get("SL_BUILD_DIR", os.path.join(TOP, "build"))
    with open(os.path.join(build, "results.json"), encoding="utf-8") as file:
        results = json.load(file)
    for plot, (benchmark, draw) in PLOTS.items():
        drawing = draw(results.get(benchmark, {}))
        name = os.path.join(sys.argv[1], f"bench-{plot}.svg")
        if drawing:
            drawing.write(name)
            print(name)
        else:
            print(f"no figures for {name}: make bench-{benchmark}", file=sys.stderr)
    return 0


sys.exit(main())
