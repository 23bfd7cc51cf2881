#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An import that replaces a tree with another one is killed at random points, KILLS of them (200).
# After each the store must open, verify, and have the one tree or the other, never a mixture. The
# seed is printed; SEED sets it. The store is two files, with each object on both every other round.

set -eu

sluice=${SL_BUILD_DIR:-build}/sluice
kills=${KILLS:-200}
RANDOM=${SEED:=$((RANDOM % 10000))}
work=$(mktemp -d "${TMPDIR:-/tmp}/sl-kill-XXXXXX")
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "seed $SEED, kill $kill: $*" >&2
	exit 1
}

# tree N: files of known sizes and new bytes; the sums of all of them in N.sums.
tree()
{
	local at=$work/tree$1 size

	mkdir -p "$at/live/deep"
	for size in 0 1 4096 70000 300000; do
		head -c $size /dev/urandom >"$at/live/$size.ts"
	done
	head -c 2000000 /dev/urandom >"$at/film.mp4"
	echo "$1" >"$at/live/deep/index.m3u8"
	(cd "$at" && find . -type f | sort | xargs sha256sum) >"$work/$1.sums"
}

# started_for MILLISECONDS COMMAND…: killed after so long, if it is still there. Says how it ended.
started_for()
{
	timeout -s KILL "$(printf '0.%03d' "$1")" "${@:2}" >"$work/said" 2>&1
}

format()
{
	truncate -s 0 "$work/a" "$work/b"
	truncate -s 16M "$work/a" "$work/b"
	# A small catalogue is written anew every few imports.
	"$sluice" store format --replicas "$1" --catalogue 16K "$work/a" "$work/b" >"$work/said"
	"$sluice" store import "$work/a" "$work/b" -- "$work/tree0" >"$work/said" 2>&1
	now=0
}

# which: the tree that the store has, whole.
which()
{
	local n

	rm -rf "$work/out"
	"$sluice" store export "$work/a" "$work/b" -- "$work/out" >"$work/said" 2>&1 ||
		fail "export: $(cat "$work/said")"
	(cd "$work/out" && find . -type f | sort | xargs sha256sum) >"$work/out.sums"
	for n in 0 1; do
		if cmp -s "$work/$n.sums" "$work/out.sums"; then
			echo $n
			return
		fi
	done
	fail "the store has neither tree: $(diff "$work/out.sums" "$work/$now.sums")"
}

tree 0
tree 1
echo "seed $SEED"

# How long an import takes when nobody kills it, at best: kills fall before, into and behind it.
kill=0
import_ms=1000
format 1
for n in 1 0 1 0 1; do
	start=$(date +%s%N)
	"$sluice" store import --replace "$work/a" "$work/b" -- "$work/tree$n" >"$work/said" 2>&1
	took_ms=$((($(date +%s%N) - start) / 1000000 + 1))
	[ $took_ms -gt $import_ms ] || import_ms=$took_ms
done

killed_cnt=0
new_cnt=0
for kill in $(seq "$kills"); do
	[ $((kill % 40)) != 1 ] || format $((kill / 40 % 2 + 1))
	next=$((1 - now))
	# Bash says of a killed child that it was: not here.
	{
		started_for $((RANDOM % (import_ms * 5 / 4) % 1000)) \
			"$sluice" store import --replace "$work/a" "$work/b" -- "$work/tree$next" ||
			killed_cnt=$((killed_cnt + 1))
	} 2>/dev/null
	"$sluice" store verify "$work/a" "$work/b" >"$work/said" 2>&1 || [ $? = 3 ] ||
		fail "verify: $(cat "$work/said")"
	# A copy of the catalogue may be torn, an object may not.
	grep -q '^7 objects, 0 damaged$' "$work/said" || fail "verify: $(cat "$work/said")"
	found=$(which)
	[ "$found" = $now ] || new_cnt=$((new_cnt + 1))
	now=$found
done

echo "$kills imports of ${import_ms} ms, $killed_cnt killed; after $new_cnt the new tree was there"
# It must have happened both ways, or nothing was tried.
[ "$killed_cnt" -ge $((kills / 10)) ] && [ "$new_cnt" -ge 1 ] ||
	fail "the kills did not fall where they should"
