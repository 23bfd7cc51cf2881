# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by run
#
# Sluice on the guest's NIC: what the kernel grants, whether the bytes are right, and whether what
# is not for Sluice still reaches the kernel.

guest_log=/run/sluice.log

# ---- the server ----------------------------------------------------------------------------------

# guest_serve OPTIONS…: starts it; true when it answers. Its log stays in the guest.
guest_serve()
{
	guest_serve_what -r /srv "$@"
}

guest_serve_what()
{
	guest "mkdir -p /run/sluice; rm -f /run/status
		setsid sh -c 'sluice serve -i eth0 --cert /cert.pem --key /key.pem \
			-l $server_ip:443,tls -l $server_ip:80 -l [$server_ip6]:443,tls \
			--run-dir /run/sluice --connections 256 $* >$guest_log 2>&1
			echo \$? >/run/status' &" || return 1
	within 30 guest_serves_or_ended
	guest "cat $guest_log; [ ! -e /run/status ]"
}

guest_serves_or_ended()
{
	tcp_answers "$server_ip" 80 || guest '[ -e /run/status ]' >/dev/null
}

# guest_end SIGNAL STATUS
guest_end()
{
	guest "kill -$1 \$(pidof sluice); n=0
		until [ -e /run/status ] || [ \$n = 100 ]; do usleep 100000; n=\$((n + 1)); done
		tail -n 3 $guest_log; [ \"\$(cat /run/status)\" = $2 ]"
}

# guest_stats FILTER: what jq makes of its counters.
guest_stats()
{
	guest 'sluice stats --json --run-dir /run/sluice' | jq -r "$1"
}

# ---- clients -------------------------------------------------------------------------------------

# gets URL FILE [CURL ARGUMENTS…]: the bytes must be the file's. Others take these, too.
gets()
{
	local url=$1 file=$2

	shift 2
	(
		set -o pipefail
		client_curl "$@" "$url" | cmp - "$file"
	)
}

gets_big()
{
	gets "https://$server_ip/big.bin" "$media/big.bin" --tlsv1.3 "$@"
}

gets_small()
{
	gets "https://$server_ip/small.bin" "$media/small.bin" "$@"
}

# Connections enough that every queue gets some: the tap spreads them as it likes.
every_queue()
{
	local i pids=() pid status=0

	for i in {1..32}; do
		gets_small &
		pids+=($!)
		[ $((i % 8)) != 0 ] || sleep 0.2
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	guest_stats '.workers | map(.connections_accepted) | join(" ")'
	[ "$(guest_stats '.workers | map(select(.connections_accepted > 0)) | length')" = \
		"$(guest_stats '.workers | length')" ] && [ $status = 0 ]
}

# What is not for Sluice: an echo of the kernel's, its TCP on another port, other addresses.
kernel_answers()
{
	in_client ping -c 3 -i 0.2 -W 5 -q "$server_ip" &&
		gets "http://$server_ip:8080/small.bin" "$media/small.bin"
}

kernel_asks()
{
	guest "ping -c 2 -W 5 $client_ip"
}

# Both at once: the download takes four seconds at least.
kernel_answers_meanwhile()
{
	local curl_pid status=0

	gets_big --limit-rate $((object_bytes / 4)) >"$work/big.out" 2>&1 &
	curl_pid=$!
	kernel_answers && kernel_asks && kill -0 $curl_pid || status=1
	wait $curl_pid || status=1
	cat "$work/big.out"
	return $status
}

# ---- what must be so -----------------------------------------------------------------------------

network_up()
{
	guest "ip addr add $server_ip/24 dev eth0; ip addr add $server_ip6/64 dev eth0
		ip link set eth0 up; httpd -p 8080 -h /srv"
	within 20 kernel_answers
}

# mtu_set BYTES
mtu_set()
{
	ip -n "$client_ns" link set "$client_if" mtu "$1" && guest "ip link set eth0 mtu $1"
}

# granted NAME EXPECTED VALUE
granted()
{
	show "$1" "$3"
	ok "$1 is what $release can do" test "$3" = "$2"
}

yes_if()
{
	if "$@" >/dev/null; then
		echo yes
	else
		echo no
	fi
}

zero_copies()
{
	guest_stats '.workers[].xdp_mode' | uniq | diff - <(echo zero-copy)
}

each_worker_has_gso()
{
	guest_stats '.workers[].gso' | uniq | diff - <(echo true)
}

# The counters that nothing but a defect moves.
nothing_odd()
{
	guest_stats '.workers | map({tag_mismatches, rx_bad_checksums, rx_bad_headers, tx_stuck,
		read_errors, short_reads, frames_used, buffers_used, handshakes_failed})'
	[ "$(guest_stats '[.workers[] | .tag_mismatches + .rx_bad_checksums + .rx_bad_headers +
		.tx_stuck + .read_errors + .short_reads + .handshakes_failed] | add')" = 0 ]
}

# A driver that has spare queues adds them when a program is attached: Sluice says so, and what to
# do about it.
refuses_spare_queues()
{
	refuses "ethtool -L eth0 combined $device_queues"
}

refuses_long_packets()
{
	refuses 'Linux 6.6 or later'
}

# refuses TEXT: the server ends with a failure, and says that.
refuses()
{
	guest_serve
	guest "grep '$1' $guest_log && [ \$(cat /run/status) = 1 ]"
}

packets_were_long()
{
	guest_stats '[.workers[].tx_bytes] | add' >"$work/bytes"
	guest_stats '[.workers[].tx_packets] | add' >"$work/packets"
	paste -d / "$work/bytes" "$work/packets"
	[ $(($(paste -d / "$work/bytes" "$work/packets"))) -gt 6000 ]
}

# ---- in this order -------------------------------------------------------------------------------

nic_tests()
{
	ok "the kernel answers before Sluice is there" network_up
	ok "one queue is used" guest "ethtool -L eth0 combined 1"
	ok "spare queues are refused" refuses_spare_queues

	# XPS, as the driver sets it up, gives each CPU the queue that its worker has.
	ok "as many queues are used as there are CPUs" guest "ethtool -L eth0 combined $guest_cpus"
	ok "the server starts" guest_serve || return
	granted GSO "$gso" "$(yes_if each_worker_has_gso)"
	ok "it serves" gets_big
	ok "every queue has its clients" every_queue
	ok "nothing odd was counted" nothing_odd
	ok "it ends when asked" guest_end TERM 0

	ok "all queues are put to use" guest "ethtool -L eth0 combined $device_queues"
	ok "the server starts" guest_serve || return
	ok "two on a CPU are not told apart by XPS" not each_worker_has_gso
	granted zero-copy "$zero_copy" "$(yes_if zero_copies)"
	granted steering native "$(guest_stats .steering)"
	ok "$((object_bytes / mib)) MiB over TLS 1.3, while the kernel serves its own" \
		kernel_answers_meanwhile
	ok "every queue has its clients" every_queue
	[ ! -e /proc/net/if_inet6 ] ||
		ok "IPv6" gets_small --connect-to "::[$server_ip6]:443"
	ok "nothing odd was counted" nothing_odd
	ok "it ends when asked" guest_end TERM 0
	ok "and the kernel has its port back" not tcp_answers "$server_ip" 443

	ok "it starts again" guest_serve
	ok "and dies" guest_end KILL 137
	ok "and the kernel has its port back" not tcp_answers "$server_ip" 443

	ok "with the dispatcher" guest_serve --xdp-dispatcher
	granted xdp-dispatcher yes "$(yes_if test "$(guest_stats .steering)" = dispatcher)"
	ok "it serves" gets_small
	ok "it ends when asked" guest_end TERM 0

	ok "MTU 9000" mtu_set 9000
	if [ "$multi_buffer" = yes ]; then
		ok "the server starts" guest_serve
		granted multi-buffer yes "$(yes_if gets_big)"
		ok "packets are long" packets_were_long
		ok "it ends when asked" guest_end TERM 0
	else
		granted multi-buffer no "$(yes_if not refuses_long_packets)"
	fi
	ok "MTU 1500" mtu_set 1500
}
