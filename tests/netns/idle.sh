#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A server with nothing to do takes no CPU, whatever it did before, unless it was told never to
# sleep. And when nothing leaves any more, because the link is down, it says so, and goes on when it
# is up again.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl jq cmp python3

medium=/medium.bin
look_s=5

# Clock ticks the whole process has used, in user and in kernel mode.
ticks_used()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$sluice_pid/stat"
}

# Percent of a CPU in $look_s seconds, in tenths.
cpu_share()
{
	local before

	before=$(ticks_used)
	sleep $look_s
	share=$((($(ticks_used) - before) * 1000 / $(getconf CLK_TCK) / look_s))
	echo "$((share / 10)).$((share % 10)) %"
}

# Less than two percent of a CPU.
idle()
{
	cpu_share
	[ $share -lt 20 ]
}

# A loop that never sleeps has all of a CPU but what others take from it.
never_sleeps()
{
	cpu_share
	[ $share -gt 100 ]
}

# Clients that stay connected and say nothing.
connections_hold()
{
	in_client python3 -c '
import socket, sys, time
held = [socket.create_connection((sys.argv[1], 80)) for i in range(200)]
time.sleep(60)' "$server_ip" &
	holder_pid=$!
	within 10 connections_are 200
}

connections_are()
{
	[ "$(stat_of connections_open)" -ge "$1" ]
}

connections_release()
{
	kill $holder_pid
	wait $holder_pid 2>/dev/null
	true
}

# says PATTERN: since the last look.
said_lines=0

says()
{
	tail -n +$((said_lines + 1)) "$work/sluice.log" | grep -q -e "$1"
}

# A download is under way when the link goes away for eight seconds.
download_through_outage()
{
	client_curl --limit-rate 4M "https://$server_ip$medium" | cmp - "$root$medium" &
	download_pid=$!
	sleep 1
	said_lines=$(wc -l <"$work/sluice.log")
	ip -n "$server_ns" link set "$server_if" down
}

link_up()
{
	ip -n "$server_ns" link set "$server_if" up
}

ok "namespaces" net_pair
ok "media" media_mount
ok "certificate" cert_make

for mode in interrupt adaptive; do
	ok "$mode: the server starts" sluice_start --poll $mode
	ok "$mode: no CPU without connections" idle
	ok "$mode: a download" fetch $medium
	ok "$mode: connections that say nothing" connections_hold
	ok "$mode: no CPU" idle
	connections_release
	ok "$mode: the server ends" sluice_stop
done

ok "busy: the server starts" sluice_start --poll busy
ok "busy: it never sleeps" never_sleeps
ok "busy: a download" fetch $medium
ok "busy: the server ends" sluice_stop

ok "the server starts" sluice_start
ok "a link that goes down" download_through_outage
ok "is noticed" within 10 says 'no packet has left interface'
ok "and counted" test "$(stat_of tx_stuck)" = 1
ok "and takes no CPU" idle
ok "the link comes up again" link_up
ok "and packets leave" within 10 says 'packets leave interface'
ok "the download is whole" wait $download_pid
ok "the server ends" sluice_stop
finish
