#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An interface with MTU 9000: packets of several frames leave (AF_XDP multi-buffer, Linux 6.6),
# through a good link and one that loses, reorders, doubles and damages; a path that is narrower
# behind the first hop gets shorter ones. What clients send fits one frame, as our MSS tells them;
# what does not is dropped and counted.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/download.sh"

need ip ethtool openssl curl gnutls-cli cmp jq python3 tcpdump

kernel=$(uname -r)
if [ "$(printf '%s\n' 6.6 "$kernel" | sort -V | head -n 1)" != 6.6 ]; then
	skip jumbo.sh "needs Linux 6.6 or later, this is $kernel"
	finish
fi

mib=$((1 << 20))
medium=/medium.bin
mtu=9000

mtu_set()
{
	ip -n "$server_ns" link set "$server_if" mtu "$1" &&
		ip -n "$middle_ns" link set m0 mtu "$1" &&
		ip -n "$middle_ns" link set m1 mtu "$1" &&
		ip -n "$client_ns" link set "$client_if" mtu "${2:-$1}"
}

downloads()
{
	ok "$1: curl" equal curl $medium $((64 * mib)) 0
	ok "$1: openssl" equal openssl $medium $((16 * mib)) $((7 * mib))
	ok "$1: gnutls" equal gnutls $medium $((16 * mib)) $((11 * mib))
	ok "$1: 16 at once" equal_together 16 $((2 * mib)) $medium
	ok "$1: plain HTTP" plain_http
	ok "$1: IPv6" fetch $medium --connect-to "::[$server_ip6]:443"
}

plain_http()
{
	(
		set -o pipefail
		client_curl --range "$mib-$((5 * mib - 1))" "http://$server_ip$medium" |
			cmp - <(random_bytes $((4 * mib)) $mib)
	)
}

# counted NAME: how much more than the last time, in $counted.
declare -A counted_before=()

counted()
{
	local now

	sleep 0.1 # the page is brought up to date a hundred times a second
	now=$(stat_of "$1")
	counted=$((now - ${counted_before[$1]:-0}))
	counted_before[$1]=$now
	echo "$1: $counted more"
}

more()
{
	counted "$1" && [ $counted -gt 0 ]
}

# bytes_each LEAST MOST: of the packets that left since the last time.
bytes_each()
{
	local bytes

	counted tx_bytes
	bytes=$counted
	counted tx_packets
	echo "$((bytes / counted)) bytes each"
	[ $((bytes / counted)) -ge "$1" ] && [ $((bytes / counted)) -le "$2" ]
}

# The MSS that the server says in its SYN-ACK is of packets of 3000 bytes.
offered_mss()
{
	in_client timeout 20 tcpdump -U -c 1 -n -i "$client_if" "src host $server_ip and \
		tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)" \
		>"$work/syn-ack" 2>/dev/null &
	sleep 1
	tcp_answers "$server_ip" 80
	wait $!
	grep 'mss 2960' "$work/syn-ack"
}

# Segments of 5000 bytes, whatever we said.
too_long_send()
{
	in_client python3 -c '
import socket, struct, sys
client, server = map(socket.inet_aton, sys.argv[1:])
segment = struct.pack("!HHIIBBHHH", 40000, 443, 1, 0, 0x50, 16, 1024, 0, 0) + bytes(4960)
head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 5000, 77, 0x4000, 64, socket.IPPROTO_TCP, 0,
                   client, server)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for i in range(100):
    raw.sendto(head + segment, (sys.argv[2], 0))' "$client_ip" "$server_ip"
}

too_long_counted()
{
	counted rx_too_long
	[ $counted = 100 ]
}

ok "namespaces" net_middle
ok "MTU $mtu" mtu_set $mtu
ok "media" media_mount
ok "certificate" cert_make
ok "a link without faults" link_start --delay-us 500 --queue-packets 2000 --seed 1
ok "the server starts" sluice_start
more tx_bytes >/dev/null
more tx_packets >/dev/null
downloads "a good link"
ok "packets were long" bytes_each 7000 9014
ok "we say that we take 3000 bytes" offered_mss
ok "longer ones come in" too_long_send
ok "and do no harm" fetch $medium
ok "they were dropped and counted" too_long_counted
link_stop >/dev/null

ok "a link that loses, reorders, doubles, damages" link_start --delay-us 500 \
	--queue-packets 2000 --loss-ppm 10000 --jitter-us 100 --reorder-ppm 10000 \
	--duplicate-ppm 10000 --corrupt-ppm 5000 --seed 2
downloads "a bad link"
ok "segments were sent again" more retransmitted_bytes
ok "bytes were read again" more reread_bytes
link_stop >/dev/null

ok "a client that takes 1500 bytes" mtu_set $mtu 1500
ok "a link without faults" link_start --delay-us 500 --queue-packets 2000 --seed 1
more tx_bytes >/dev/null
more tx_packets >/dev/null
ok "gets the same bytes" fetch $medium
ok "in packets that it takes" bytes_each 1200 1514
ok "nothing was sealed twice differently" test "$(stat_of tag_mismatches)" = 0
ok "the server ends" sluice_stop

ok "in generic mode, too" mtu_set $mtu
ok "the server starts" sluice_start --xdp-generic
ok "and serves" fetch $medium
ok "the server ends" sluice_stop
finish
