#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Keeps the figures of benchmarks in results.json of the build directory.

    results.py keep COMMAND…   run COMMAND and show what it prints; if it succeeds, keep its figures
    results.py show            the line of every benchmark that was kept
    results.py names           what is kept, as name.key=value lines

Figures are the lines `name: key=value …` that COMMAND prints. A name may have parts, as in
`versus.disk_64_1500.nginx: mbs=…`: they become objects in objects. What COMMAND names replaces
what was kept under the first part of that name; other benchmarks' figures stay.

    { "machine": { "cpu": …, "cores": …, "llc_bytes": …, "kernel": …, "versions": { … } },
      "seal":    { "date": …, "ratio_oneshot": 0.89, … },
      "versus":  { "date": …, "disk_64_1500": { "nginx": { "mbs": 583.2, … }, … }, … } }
"""
import fcntl
import json
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIGURES = re.compile(r"^([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*):((?: [a-z][a-z0-9_]*=\S+)+)$")
VERSIONS = {
    "sluice": (["git", "-C", TOP, "describe", "--always"], r"(\S+)"),
    "nginx": (["nginx", "-v"], r"nginx/(\S+)"),
    "h2o": (["h2o", "--version"], r"version (\S+)"),
    "openssl": (["openssl", "version"], r"OpenSSL (\S+)"),
    "ipsec_mb": (["dpkg-query", "-W", "libipsec-mb1"], r"\s(\S+)"),
}
build = os.environ.get("SL_BUILD_DIR", os.path.join(TOP, "build"))
path = os.path.join(build, "results.json")


def first_match(pattern, text):
    match = re.search(pattern, text, re.M)
    return match.group(1) if match else "unknown"


def output_of(command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False, text=True).stdout
    except OSError:
        return ""


def read(name):
    try:
        with open(name, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def llc_bytes():
    size = first_match(r"^(\d+K)$", read("/sys/devices/system/cpu/cpu0/cache/index3/size"))
    return int(size[:-1]) * 1024 if size != "unknown" else 0


def machine():
    versions = {name: first_match(pattern, output_of(command))
                for name, (command, pattern) in VERSIONS.items()}
    return {
        "cpu": first_match(r"^model name\s*: (.*)$", read("/proc/cpuinfo")),
        "cores": os.cpu_count(),
        "llc_bytes": llc_bytes(),
        "kernel": os.uname().release.split("-")[0],
        "versions": versions,
    }


def value_of(word):
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word


def take_line(figures, line):
    match = FIGURES.match(line.rstrip("\n"))
    if not match:
        return
    place = figures
    for part in match.group(1).split("."):
        place = place.setdefault(part, {})
    for word in match.group(2).split():
        key, value = word.split("=", 1)
        place[key] = value_of(value)


def load():
    text = read(path)
    return json.loads(text) if text else {}


def store(figures):
    with open(path + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = load()
        kept["machine"] = machine()
        for name, value in figures.items():
            kept[name] = {"date": time.strftime("%Y-%m-%d %H:%M"), **value}
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(kept, file, indent=1)
            file.write("\n")
        os.replace(path + ".new", path)


def keep(command):
    figures = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as child:
        for line in child.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            take_line(figures, line)
    if child.returncode == 0:
        store(figures)
    return child.returncode


def show():
    for name, figures in load().items():
        words = [f"{key}={value}" for key, value in figures.items()
                 if key != "date" and not isinstance(value, dict)]
        if name != "machine":
            print(f"{name}: {' '.join(words)}")
    return 0


def names(place, prefix=""):
    for key, value in place.items():
        if isinstance(value, dict):
            names(value, f"{prefix}{key}.")
        else:
            print(f"{prefix}{key}={value}")
    return 0


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "keep":
        return keep(sys.argv[2:])
    if sys.argv[1:] == ["show"]:
        return show()
    if sys.argv[1:] == ["names"]:
        return names(load())
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main())
