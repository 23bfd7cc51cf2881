#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Paths narrower than their ends: a router whose link to the client carries less than its link to
# the server. It says so, or its errors are lost on the way (a black hole); downloads arrive either
# way, over IPv4 and IPv6, with VLAN tags and without. Then forged errors, routers that change, and
# an error that comes in at the wrong worker.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl cmp jq python3 tc
/usr/bin/python3 -c 'import scapy' 2>/dev/null || {
	skip mtu.sh "scapy is not installed: ./bootstrap check installs it"
	finish
}

file=/random.bin
file_bytes=$((16 << 20))
narrow=1400
one_tag_ip=10.77.16.1
two_tags_ip=10.77.32.1
forger=$top/tests/netns/mtu.py

file_make()
{
	image_make "$work/image" 32 && loop_mount "$work/image" "$root" rw &&
		random_bytes $file_bytes >"$root$file"
}

# Two networks whose TCP travels with tags between router and server, see tag.bpf.c.
tags_add()
{
	local network object=$SL_BUILD_DIR/tests/netns/tag.bpf.o

	for network in 10.77.16 10.77.32; do
		ip -n "$server_ns" addr add "$network.1/24" dev "$server_if" &&
			ip -n "$middle_ns" addr add "$network.254/24" dev m1 || return 1
	done
	in_middle ethtool -K m1 txvlan off tx-vlan-stag-hw-insert off >/dev/null &&
		in_middle tc qdisc add dev m1 clsact &&
		in_middle tc filter add dev m1 egress bpf da obj "$object" sec egress &&
		in_middle tc filter add dev m1 ingress bpf da obj "$object" sec ingress
}

path_mtu()
{
	ip -n "$middle_ns" link set m0 mtu "$1"
}

# What the router says goes nowhere.
mute()
{
	ip -n "$middle_ns" rule add ipproto icmp blackhole &&
		ip -n "$middle_ns" -6 rule add ipproto ipv6-icmp blackhole
}

unmute()
{
	ip -n "$middle_ns" rule del ipproto icmp blackhole &&
		ip -n "$middle_ns" -6 rule del ipproto ipv6-icmp blackhole
}

# ---- counters ------------------------------------------------------------------------------------

sums()
{
	sleep 0.1 # the page is brought up to date a hundred times a second
	"$SLUICE" stats --run-dir "$run_dir" --json |
		jq '[.workers[] | to_entries[] | select(.value | type == "number")] |
			group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) |
			from_entries'
}

note()
{
	sums >"$work/before"
}

# since NAME RELATION NUMBER: of what was counted since note.
since()
{
	sums >"$work/after"
	jq -n --slurpfile a "$work/before" --slurpfile b "$work/after" '$b[0] | with_entries(
		.value -= $a[0][.key] |
		select(.key | test("too_big|black|probe|icmp|timeouts|recoveries")))' |
		tee "$work/since"
	test "$(jq ".$1" "$work/since")" "$2" "$3"
}

# Some packets are lost for other reasons than their size, but not each time a probe is.
more_lost_than_recovered()
{
	since mtu_probes_lost -ge 6 && since recoveries -le 4
}

# ---- downloads -----------------------------------------------------------------------------------

# download IP [CURL ARGUMENTS…]
download()
{
	local host=$1

	[[ $host != *:* ]] || host="[$host]"
	(
		set -o pipefail
		client_curl "${@:2}" "https://$host$file" | cmp - "$root$file"
	)
}

told()
{
	note
	ok "a router speaks: $1" download "$2"
	ok "it was heard" since too_big_honoured -ge 1
	ok "no timeout was needed" since retransmission_timeouts -eq 0
	ok "and no black hole was met" since black_holes -eq 0
}

untold()
{
	note
	ok "a black hole: $1" download "$2" --max-time 30
	ok "it was found" since black_holes -ge 1
	ok "nobody spoke" since too_big_honoured -eq 0
	ok "the path was probed" since mtu_probes -ge 2
	ok "a lost probe is no congestion" more_lost_than_recovered
}

# Ports decide which worker has a connection, and the error's addresses which one gets it. A veth
# does not spread packets by connection: now and then a download needs a timeout for that alone.
handed_over()
{
	local tries

	for ((tries = 0; tries < 20; tries++)); do
		note
		download "$server_ip" || return 1
		since icmp_handed_over -ge 1 >/dev/null || continue
		! since retransmission_timeouts -eq 0 || return 0
	done
	cat "$work/since"
	return 1
}

# ---- attacks and accidents -----------------------------------------------------------------------

client_port=40000

# Passes on half a megabyte a second until $work/over exists, then as fast as can be.
slowly()
{
	/usr/bin/python3 -c '
import os, sys, time
while part := sys.stdin.buffer.read1(65536):
    sys.stdout.buffer.write(part)
    if not os.path.exists(sys.argv[1]):
        time.sleep(len(part) / 5e5)' "$work/over"
}

# during COMMAND…: while a client downloads slowly from a port that is known. True if both went
# well.
during()
{
	local pid status

	client_port=$((client_port + 1))
	rm -f "$work/over"
	(
		set -o pipefail
		client_curl --local-port $client_port "https://$server_ip$file" | slowly |
			cmp - "$root$file"
	) &
	pid=$!
	sleep 0.5
	"$@"
	status=$?
	kill -0 $pid || status=1 # it must not be over before
	: >"$work/over"
	wait $pid && return $status
}

# The client's port is the attacker's, numbers are guesses.
forge()
{
	in_client "$forger" "$1" "$client_if" "$(mac_of "$middle_ns" m0)" "$server_ip" \
		"$far_net.2" "$client_port"
}

# From the server's own wire: a guess must not turn packets towards the attacker's address.
forge_link()
{
	in_middle "$forger" link m1 "$(mac_of "$server_ns" "$server_if")" "$server_ip" \
		"$far_net.2" "$client_port"
}

# Another router takes over the address, with a MAC of its own; and back.
fail_over()
{
	local mac

	mac=$(mac_of "$middle_ns" m1)
	ip -n "$middle_ns" link set m1 address 02:00:00:00:01:01 && sleep 0.7 &&
		ip -n "$middle_ns" link set m1 address "$mac"
}

# A second signal ends responses, too: where veth spreads packets, it is not by connection, so the
# last ones of some may have come in at the wrong worker.
end_at_once()
{
	kill -TERM "$sluice_pid" && sleep 0.2
	sluice_stop 2>/dev/null || ! kill -0 "$sluice_pid" 2>/dev/null
}

ok "namespaces, a router" net_routed
ok "its tags" tags_add
root=$work/root
ok "media" file_make
ok "certificate" cert_make "$server_ip" "$server_ip6" $one_tag_ip $two_tags_ip
listeners_of "$server_ip" "$server_ip6" $one_tag_ip $two_tags_ip
ok "the server starts" sluice_start
ok "a path as wide as its ends" download "$server_ip"

path_mtu $narrow
told "IPv4" "$server_ip"
told "IPv6" "$server_ip6"
told "VLAN" $one_tag_ip
told "QinQ" $two_tags_ip

ok "the router falls silent" mute
untold "IPv4" "$server_ip"
untold "IPv6" "$server_ip6"
untold "VLAN" $one_tag_ip
ok "the router speaks again" unmute

path_mtu 1500
note
ok "forged errors, blind" during forge icmp
ok "they came in" since icmp_errors -ge 100
ok "and were refused" since too_big_honoured -eq 0
ok "forged segments from another MAC" during forge_link
ok "a router fails over and back" during fail_over
ok "a ping is the kernel's" in_client ping -c 1 -W 2 -q "$server_ip"
ok "another, over IPv6" in_client ping -6 -c 1 -W 2 -q "$server_ip6"
ok "nothing was sealed twice differently" test "$(stat_of tag_mismatches)" = 0
ok "the server ends" sluice_stop

path_mtu $narrow
ok "two queues" in_server ethtool -L "$server_if" rx 2 tx 2
ok "the server starts with a worker a queue" sluice_start
ok "an error that comes in at the other worker" handed_over
ok "the server ends" end_at_once
finish
