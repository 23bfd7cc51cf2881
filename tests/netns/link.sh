#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What happens to the interface while it is served: down and up, another MTU, another number of
# queues, gone and back. Each during a download, whose bytes must all be right in the end, and
# beside a ping and an interactive connection to another port, which must live on. What the log says
# is checked, too.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/others.sh"

need ip ethtool ping python3 openssl curl jq

medium=/medium.bin

# One queue each that can be two; a veth's peer may not have more than its own. The client is always
# at the same place, as a router would be.
pair_add()
{
	ip link add "$server_if" netns "$server_ns" numrxqueues 2 numtxqueues 2 type veth \
		peer name "$client_if" netns "$client_ns" address 02:00:00:00:00:02 \
		numrxqueues 2 numtxqueues 2 &&
		in_server ethtool -L "$server_if" rx 1 tx 1 &&
		in_client ethtool -L "$client_if" rx 1 tx 1 || return 1
	ip -n "$server_ns" link set "$server_if" up
	ip -n "$client_ns" link set "$client_if" up
	addresses_add
	offloads_set
}

net_two_queues()
{
	ns_add "$server_ns" && ns_add "$client_ns" && pair_add
}

server_link()
{
	ip -n "$server_ns" link "$1" "$server_if" "${@:2}"
}

# IPv6 addresses go when an interface is set down.
down_and_up()
{
	server_link set down && sleep 1 && server_link set up &&
		ip -n "$server_ns" addr add "$server_ip6/64" dev "$server_if" nodad
}

peer_down_and_up()
{
	ip -n "$client_ns" link set "$client_if" down && sleep 1 &&
		ip -n "$client_ns" link set "$client_if" up
}

gone_and_back()
{
	server_link del && sleep 1 && pair_add
}

renamed_and_back()
{
	server_link set down && server_link set name other &&
		ip -n "$server_ns" link set other up && sleep 1.5 &&
		ip -n "$server_ns" link set other down &&
		ip -n "$server_ns" link set other name "$server_if" && server_link set up
}

more_queues_and_back()
{
	in_server ethtool -L "$server_if" rx 2 && sleep 1.5 &&
		in_server ethtool -L "$server_if" rx 1
}

# during COMMAND…: a download, in whose midst the command is run, and must succeed.
during()
{
	local download
	SL_TIMEOUT_S=60 fetch "$medium" --limit-rate 8M >"$work/fetched" 2>&1 &
	download=$!
	sleep 0.5
	kill -0 $download && "$@" || return 1
	kill -0 $download || { echo "the download was over too soon"; return 1; }
	wait $download || { cat "$work/fetched"; return 1; }
}

# said FROM TEXT: a line of the log after line FROM has that text.
said()
{
	tail -n "+$(($1 + 1))" "$work/sluice.log" | grep -qF -- "$2" ||
		{ tail -n "+$(($1 + 1))" "$work/sluice.log"; return 1; }
}

# event NAME COMMAND TEXT…: the download survives, the log says each TEXT, others are undisturbed.
event()
{
	local name=$1 command=$2 from text

	shift 2
	from=$(wc -l <"$work/sluice.log")
	phase "$name"
	ok "$name: the download is whole" during $command # arguments, too
	for text; do
		ok "$name: the log says: $text" within 3 said "$from" "$text"
	done
	ok "$name: ping and TCP go on" others_undisturbed "$name"
	ok "$name: new clients are served" fetch /video/master.m3u8
}

steered()
{
	[ "$(ip -n "$server_ns" -j -d link show "$server_if" | jq '.[0].xdp.mode')" = 1 ]
}

mss_of_new()
{
	in_client timeout 5 python3 -c '
import socket, sys
connection = socket.create_connection((sys.argv[1], 80))
print(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))' "$server_ip"
}

mss_is()
{
	local mss

	mss=$(mss_of_new)
	echo "MSS $mss"
	[ "$mss" = "$1" ]
}

# A queue more than sockets: until it is taken back, new connections may meet the kernel.
queues_said()
{
	local from

	from=$(wc -l <"$work/sluice.log")
	ok "queues: the download is whole" during more_queues_and_back
	ok "queues: the log says so" within 3 \
		said "$from" "has 2 receive queues now, and workers for 1"
	ok "queues: and when it is over" within 3 said "$from" "has 1 receive queue again"
}

# What was in flight when the last socket died is found out, not waited for.
ends_when_all_spares_are_used()
{
	local from status

	from=$(wc -l <"$work/sluice.log")
	server_link del && pair_add
	within 10 not kill -0 "$sluice_pid" || return 1
	wait "$sluice_pid"
	status=$?
	echo "status $status"
	[ $status = 1 ] && said "$from" "all 4 spare sockets are used up" &&
		said "$from" "ending, so that the service manager starts anew"
}

ok "namespaces" net_two_queues
ok "media" media_mount
ok "certificate" cert_make
phase start
echo_server
within 5 tcp_answers "$server_ip" 22
echo_client 20 # TCP's retransmission timer doubles while the link is down
ok "the server starts" sluice_start
ok "in native mode" steered
ok "ping and TCP at the start" others_undisturbed start

event down down_and_up "$server_if was set down" "$server_if: the link is up again" \
	"listener [$server_ip6]:443: interface $server_if no longer has this address" \
	"listener [$server_ip6]:443: interface $server_if has this address again"
event peer peer_down_and_up "$server_if has lost its link" "$server_if: the link is up again"
event rename renamed_and_back "$server_if is called other now" "other is called $server_if now"
queues_said

ok "the MSS is that of the MTU" mss_is 1448
event "short MTU" "server_link set mtu 1400" "the MTU is 1400 now, and was 1500"
ok "and so is that of new connections" mss_is 1348
event "old MTU" "server_link set mtu 1500" "the MTU is 1500 again"
ok "and so is that of newer ones" mss_is 1448
event "long MTU" "server_link set mtu 2000" "packets stay within 1500"
server_link set mtu 1500

for turn in 1 2 3 4; do
	event "gone $turn" gone_and_back "$server_if is gone" "$server_if: there is one again" \
		"$server_if is served again"
	ok "gone $turn: steered in the driver as before" steered
done
ok "the kernel's counters go on" [ "$(stat_of rx_packets)" -gt 1000 ]
ok "when no spare socket is left the process ends" ends_when_all_spares_are_used
ok "with nothing attached" not xdp_attached
finish
