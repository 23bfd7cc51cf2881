#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What steering takes and what it leaves alone: tagged clients and IPv6 are served; other ports,
# UDP, ICMP and fragments are the kernel's while a download runs. The ways of attaching, and one
# server an interface.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool ping python3 openssl curl jq

medium=/medium.bin

# ---- tagged clients ------------------------------------------------------------------------------

# Two networks whose TCP travels with tags, see tag.bpf.c. The server has their addresses and no
# VLAN devices: to its kernel a tagged packet is nothing, so what the client gets, it has from
# Sluice.
one_tag_ips='10.77.16.1 fd77:10::1'
two_tags_ips='10.77.32.1 fd77:20::1'

# A veth passes tags on beside the packet, where no XDP program sees them, unless told not to.
tags_add()
{
	local network object=$SL_BUILD_DIR/tests/netns/tag.bpf.o

	for network in 10.77.16.%/24 10.77.32.%/24 fd77:10::%/64 fd77:20::%/64; do
		ip -n "$server_ns" addr add "${network/\%/1}" dev "$server_if" &&
			ip -n "$client_ns" addr add "${network/\%/2}" dev "$client_if" ||
			return 1
	done
	in_client ethtool -K "$client_if" txvlan off tx-vlan-stag-hw-insert off >/dev/null &&
		in_client tc qdisc add dev "$client_if" clsact &&
		in_client tc filter add dev "$client_if" egress bpf da obj "$object" sec egress &&
		in_client tc filter add dev "$client_if" ingress bpf da obj "$object" sec ingress
}

# fetch_from IP [CURL ARGUMENTS…]
fetch_from()
{
	local host=$1 sum

	[[ $host != *:* ]] || host="[$host]"
	sum=$(client_curl "${@:2}" "https://$host$medium" | sha256sum)
	[ "${sum%% *}" = "$(sum_of $medium)" ]
}

# ---- what is the kernel's ------------------------------------------------------------------------

# Echoes on TCP port 22 and on UDP port 443, where a listener has the same number in TCP.
echo_server()
{
	in_server python3 -c '
import socket, socketserver, sys, threading
class Line(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
threading.Thread(daemon=True,
                 target=socketserver.TCPServer((sys.argv[1], 22), Line).serve_forever).start()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((sys.argv[1], 443))
while True:
    datagram, peer = udp.recvfrom(65536)
    udp.sendto(datagram, peer)' "$server_ip" &
}

# echoes KIND PORT BYTES
echoes()
{
	in_client timeout 5 python3 -c '
import os, socket, sys
kind, port, size = getattr(socket, sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
text = os.urandom(size).hex().encode()[:size - 1] + b"\n"
peer = socket.socket(socket.AF_INET, kind)
peer.settimeout(3)
peer.connect((sys.argv[1], port))
peer.send(text)
echo = b""
while len(echo) < size:
    echo += peer.recv(65536)
sys.exit(echo != text)' "$server_ip" "$@"
}

# pings IP BYTES: more than fit a packet make fragments.
pings()
{
	in_client ping -c 3 -i 0.2 -W 1 -s "$2" "$1" | grep ' 0% packet loss'
}

# A refusal, which takes no time, is the kernel's: Sluice says nothing where nobody listens.
refused_at()
{
	in_client curl -sS --max-time 3 -o "$work/body" "$1"
	[ $? = 7 ]
}

# A SYN to a listener of ours, in two fragments: the kernel puts them together.
fragments_to_listener()
{
	local before

	before=$(reassembled_cnt)
	in_client python3 -c '
import socket, struct, sys
client, server = map(socket.inet_aton, sys.argv[1:])
syn = struct.pack("!HHIIBBHHH", 40000, 443, 1, 0, 0x50, 2, 1024, 0, 0) + bytes(12)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for offset, more, part in (0, 0x2000, syn[:24]), (24 // 8, 0, syn[24:]):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), 77, more | offset, 64,
                       socket.IPPROTO_TCP, 0, client, server)
    raw.sendto(head + part, (sys.argv[2], 0))' "$client_ip" "$server_ip" || return 1
	within 2 reassembled_more_than "$before"
}

# /proc/net/snmp is a line of names and a line of numbers.
reassembled_cnt()
{
	in_server awk '
		/^Ip:/ && column { print $column }
		/^Ip:/ { for (column = NF; column && $column != "ReasmOKs";) column-- }' \
		/proc/net/snmp
}

reassembled_more_than()
{
	[ "$(reassembled_cnt)" -gt "$1" ]
}

# A download that lasts some ten seconds.
download_start()
{
	: >"$work/download"
	client_curl --limit-rate 6M -o "$work/download" "https://$server_ip$medium" &
	curl_pid=$!
	within 5 download_runs
}

download_runs()
{
	kill -0 "$curl_pid" 2>/dev/null && [ "$(stat -c %s "$work/download")" -gt 1000000 ]
}

download_equal()
{
	wait "$curl_pid" && cmp "$work/download" "$root$medium"
}

# ---- attaching -----------------------------------------------------------------------------------

steering_is()
{
	[ "$("$SLUICE" stats --run-dir "$run_dir" --json | jq -r .steering)" = "$1" ]
}

# no_second PATTERN OPTION…: one line that says why, and exit status 1.
no_second()
{
	local pattern=$1 status

	mkdir -p "$work/run2"
	in_server timeout 10 "$SLUICE" serve -i "$server_if" -r "$root" -l "$server_ip:81" \
		--run-dir "$work/run2" "${@:2}" >"$work/said" 2>&1
	status=$?
	cat "$work/said"
	[ $status = 1 ] && [ "$(wc -l <"$work/said")" = 1 ] && grep -q "$pattern" "$work/said" &&
		[ -z "$(ls -A "$work/run2")" ]
}

# Where libxdp can have no dispatcher (no BPF file system, no extension programs in the kernel), one
# line says so, and that is all that happens.
dispatcher_or_reason()
{
	local status

	if sluice_start --xdp-dispatcher; then
		steering_is dispatcher && fetch $medium
		return
	fi
	wait "$sluice_pid"
	status=$?
	tail -n +"$((said_before + 1))" "$work/sluice.log" >"$work/said"
	cat "$work/said"
	[ $status = 1 ] && [ "$(wc -l <"$work/said")" = 1 ] &&
		grep -q -e '--xdp-dispatcher: ' "$work/said"
}

dispatcher_gone()
{
	! kill -0 "$sluice_pid" 2>/dev/null || sluice_stop || return 1
	[ -z "$(ls -A "$run_dir")" ] && within 2 not xdp_attached
}

# ---- what is to be shown -------------------------------------------------------------------------

ok "namespaces" net_pair
ok "tags on the way to two networks" tags_add
ok "media" media_mount
# shellcheck disable=SC2086 # lists
cert_make "$server_ip" "$server_ip6" $one_tag_ips $two_tags_ips
# shellcheck disable=SC2086
listeners_of "$server_ip" "$server_ip6" $one_tag_ips $two_tags_ips
echo_server
ok "the server starts" sluice_start
ok "in native mode" steering_is native
ok "an 802.1Q client is served" fetch_from 10.77.16.1
ok "an 802.1Q client is served over IPv6" fetch_from fd77:10::1
ok "a QinQ client is served" fetch_from 10.77.32.1
ok "a QinQ client is served over IPv6" fetch_from fd77:20::1
ok "a client without tags is served over IPv6" fetch_from "$server_ip6"

ok "a download runs" download_start
ok "TCP to another port is echoed" echoes SOCK_STREAM 22 1000
ok "UDP to a listener's port is echoed" echoes SOCK_DGRAM 443 1000
ok "UDP in fragments is echoed" echoes SOCK_DGRAM 443 4000
ok "a ping is answered" pings "$server_ip" 56
ok "a ping in fragments is answered" pings "$server_ip" 4000
ok "an IPv6 ping is answered" pings "$server_ip6" 56
ok "an IPv6 ping in fragments is answered" pings "$server_ip6" 4000
ok "fragments to a listener are the kernel's" fragments_to_listener
ok "a port without a listener is refused" refused_at "http://$server_ip:8080/"
ok "a port without a listener is refused over IPv6" refused_at "http://[$server_ip6]:8080/"
ok "the download still ran" download_runs
ok "and has the file's bytes" download_equal

ok "a second server is told which program is in the way" no_second '"steer"'
ok "in generic mode, too" no_second '"steer"' --xdp-generic
ok "and with the dispatcher" no_second 'steer\|--xdp-dispatcher' --xdp-dispatcher
ok "the first serves on" fetch $medium
ok "the server ends" sluice_stop
ok "with nothing attached" within 2 not xdp_attached

ok "a server in generic mode starts" sluice_start --xdp-generic
ok "it says so" steering_is generic
ok "and serves" fetch $medium
ok "and a QinQ client" fetch_from 10.77.32.1
ok "no other in native mode beside it" no_second '"steer"'
ok "it ends" sluice_stop
ok "with nothing attached" within 2 not xdp_attached

said_before=$(wc -l <"$work/sluice.log")
ok "the dispatcher serves, or one line says why not" dispatcher_or_reason
ok "with nothing attached in the end" dispatcher_gone
finish
