#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# For end-to-end scripts: checks, their count, and a clean machine afterwards. A script reads
#
#	. "$(dirname "$0")/lib.sh"
#	need curl ip                    # or the whole script is skipped (exit 77); root, too
#	net_pair                        # net.sh: server and client namespaces, a veth between them
#	media_mount                     # media.sh: $root, with a video, $big and their checksums
#	cert_make                       # $cert and $key for the server's addresses
#	sluice_start                    # sluice.sh: serves $root; waits until it answers
#	ok "the playlist is there" fetch /video/master.m3u8
#	finish
#
# Every function that makes something pushes what takes it away again on the undo list; it is run
# backwards when the script ends, however it ends: after a kill -9 by the next run of the same
# script. The last line is `N passed, N failed, N skipped`; exit 0 (all passed), 1 (some failed) or
# 77 (nothing ran).

set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${SL_BUILD_DIR:=$top/build}"
: "${SLUICE:=$SL_BUILD_DIR/sluice}"
PATH=$PATH:/usr/sbin:/sbin

passed_cnt=0
failed_cnt=0
skipped_cnt=0
finished=no

# A directory of our own, on the file system of the build: tmpfs cannot do O_DIRECT everywhere.
script=${0##*/}
work=$SL_BUILD_DIR/$script.$$
mkdir -p "$work" || exit 1

# undo COMMAND…: to be run when the script ends, last first.
undo()
{
	printf '%q ' "$@" >>"$work/undo"
	echo >>"$work/undo"
}

# undo_all DIRECTORY: does what its undo file says, and removes it.
undo_all()
{
	local -a commands=()
	local i

	mapfile -t commands 2>/dev/null <"$1/undo"
	for ((i = ${#commands[@]} - 1; i >= 0; i--)); do
		eval "${commands[i]}" >/dev/null 2>&1
	done
	rm -rf --one-file-system "$1"
}

# What runs of this script left behind that were killed outright.
sweep()
{
	local dir

	for dir in "$SL_BUILD_DIR/$script".*; do
		grep -qsa "$script" "/proc/${dir##*.}/cmdline" || undo_all "$dir"
	done
}

pass()
{
	passed_cnt=$((passed_cnt + 1))
	echo "ok - $1"
}

fail()
{
	failed_cnt=$((failed_cnt + 1))
	echo "FAIL - $1"
}

skip()
{
	skipped_cnt=$((skipped_cnt + 1))
	echo "SKIP - $1 ($2)"
}

# ok DESCRIPTION COMMAND…: one check. What the command printed is shown if it failed.
ok()
{
	local description=$1 status

	shift
	"$@" >"$work/check.out" 2>&1
	status=$?
	if [ $status = 0 ]; then
		pass "$description"
	else
		fail "$description"
		echo "    exit $status: $*"
		tail -n 20 "$work/check.out" | sed 's/^/    /'
	fi
	return $status
}

# not COMMAND…: for checks that something fails.
not()
{
	! "$@"
}

# within SECONDS COMMAND…: repeated until it succeeds.
within()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

need()
{
	local tool

	if [ "$(id -u)" != 0 ]; then
		skip "$script" "needs root"
		finish
	fi
	for tool; do
		command -v "$tool" >/dev/null && continue
		skip "$script" "$tool is not installed: ./bootstrap build installs it"
		finish
	done
}

# Ends the script; nothing runs after it.
finish()
{
	finished=yes
	trap - EXIT INT TERM HUP
	if [ $failed_cnt != 0 ] && [ -s "$work/sluice.log" ]; then
		echo "--- sluice said:"
		tail -n 40 "$work/sluice.log"
	fi
	undo_all "$work"
	[ $skipped_cnt = 0 ] || skips=", $skipped_cnt skipped"
	echo "$passed_cnt passed, $failed_cnt failed${skips-}"
	[ $failed_cnt = 0 ] || exit 1
	[ $passed_cnt != 0 ] || [ $skipped_cnt = 0 ] || exit 77
	exit 0
}

ended_early()
{
	[ $finished = yes ] || fail "$script ended before its last check"
	finish
}
trap ended_early EXIT
trap 'exit 1' INT TERM HUP

. "$top/tests/netns/net.sh"
. "$top/tests/netns/media.sh"
. "$top/tests/netns/sluice.sh"

sweep
