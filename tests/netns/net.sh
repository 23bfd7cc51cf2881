# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by lib.sh, which sets $work and undo
#
# Networks for one script: namespaces named after its process, so scripts may run side by side.
#
#	net_pair:      server ── veth ── client
#	net_middle:    server ── veth ── middle ── veth ── client    (tests/netns/bad_link forwards)
#	net_routed:    the same, but the middle is a router: its kernel forwards
#
# Addresses may be the same in every script: nothing leaves the namespaces.

server_ns=sl-$$-server
middle_ns=sl-$$-middle
client_ns=sl-$$-client
server_if=s0
client_if=c0
server_ip=10.77.0.1
client_ip=10.77.0.2
server_ip6=fd77::1
client_ip6=fd77::2

link_log=$work/link.log
capture=$work/capture.pcap
declare -A link_pids=()

# place NAME: what comes after is about another set of namespaces, this one.
place()
{
	server_ns=sl-$$-$1-server
	middle_ns=sl-$$-$1-middle
	client_ns=sl-$$-$1-client
	link_log=$work/link-$1.log
}

# `ip netns exec` would do, too, but it copies all mounts, ours among them: they would stay busy for
# as long as any process that anybody started so.
in_server()
{
	nsenter --net="/run/netns/$server_ns" "$@"
}

in_middle()
{
	nsenter --net="/run/netns/$middle_ns" "$@"
}

in_client()
{
	nsenter --net="/run/netns/$client_ns" "$@"
}

# ns_run NAMESPACE COMMAND… &: a process of ours there; $! is the command's own.
ns_run()
{
	exec nsenter --net="/run/netns/$1" "${@:2}"
}

# Ends what still runs in namespace $1.
ns_empty()
{
	local pids tries

	for tries in TERM TERM TERM TERM TERM KILL; do
		pids=$(ip netns pids "$1" 2>/dev/null)
		[ -n "$pids" ] || break
		# shellcheck disable=SC2086 # a list
		kill -"$tries" $pids 2>/dev/null
		sleep 0.2
	done
}

# The interfaces in it go with it.
ns_del()
{
	ns_empty "$1"
	ip netns del "$1"
}

ns_add()
{
	ip netns add "$1" || return 1
	undo ns_del "$1"
	ip -n "$1" link set lo up
}

# veth NAMESPACE INTERFACE NAMESPACE INTERFACE
veth_add()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" || return 1
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# An AF_XDP server sees packets as its peer made them: the client fills in its checksums itself. A
# veth that has a queueing discipline says when the peer's ring is full, instead of dropping.
offloads_set()
{
	in_client ethtool -K "$client_if" tx off >/dev/null
	in_server tc qdisc replace dev "$server_if" root pfifo
}

# What goes on from the middle is to be as it would be on a wire.
offloads_none()
{
	offloads_set
	in_server ethtool -K "$server_if" tx off tso off >/dev/null
}

addresses_add()
{
	ip -n "$server_ns" addr add "$server_ip/24" dev "$server_if"
	ip -n "$client_ns" addr add "$client_ip/24" dev "$client_if"
	if [ -e /proc/net/if_inet6 ]; then
		ip -n "$server_ns" addr add "$server_ip6/64" dev "$server_if" nodad
		ip -n "$client_ns" addr add "$client_ip6/64" dev "$client_if" nodad
	fi
}

net_pair()
{
	ns_add "$server_ns" && ns_add "$client_ns" || return 1
	veth_add "$server_ns" "$server_if" "$client_ns" "$client_if" || return 1
	addresses_add
	offloads_set
}

# mac_of NAMESPACE INTERFACE
mac_of()
{
	ip -n "$1" -j link show "$2" | jq -r '.[0].address'
}

# Who is where need not be asked over a link that damages packets: ARP has no checksum.
neighbours_add()
{
	local ip

	for ip in "$server_ip" "$server_ip6"; do
		ip -n "$client_ns" neigh replace "$ip" dev "$client_if" nud permanent \
			lladdr "$(mac_of "$server_ns" "$server_if")"
	done
	for ip in "$client_ip" "$client_ip6"; do
		ip -n "$server_ns" neigh replace "$ip" dev "$server_if" nud permanent \
			lladdr "$(mac_of "$client_ns" "$client_if")"
	done
}

# The middle's ends are m0 (towards the client) and m1 (towards the server). Nothing passes before
# link_start.
net_middle()
{
	local end

	ns_add "$server_ns" && ns_add "$middle_ns" && ns_add "$client_ns" || return 1
	veth_add "$server_ns" "$server_if" "$middle_ns" m1 || return 1
	veth_add "$client_ns" "$client_if" "$middle_ns" m0 || return 1
	for end in m0 m1; do
		# The middle is a wire: no packets of its own, none merged.
		in_middle sysctl -qw "net.ipv6.conf.$end.disable_ipv6=1"
		in_middle ethtool -K "$end" tx off gro off >/dev/null
	done
	addresses_add
	neighbours_add
	offloads_none
}

# congestion_set CC: of the kernel's connections from the server from now on. By route: outside the
# first namespace the kernel refuses to make anything the default that is not allowed to everybody.
congestion_set()
{
	ip -n "$server_ns" route replace "${server_ip%.*}.0/24" dev "$server_if" \
		src "$server_ip" congctl "$1"
}

# In net_routed the client is elsewhere.
far_net=10.78.0 far_net6=fd78:

# The server's end has one queue, but can have two. The middle's ends are m0 (towards the client)
# and m1 (towards the server); there the router is .254 and ::fe.
net_routed()
{
	ns_add "$server_ns" && ns_add "$middle_ns" && ns_add "$client_ns" || return 1
	ip link add "$server_if" netns "$server_ns" numrxqueues 2 numtxqueues 2 type veth \
		peer name m1 netns "$middle_ns" numrxqueues 2 numtxqueues 2 || return 1
	in_server ethtool -L "$server_if" rx 1 tx 1 || return 1
	ip -n "$server_ns" link set "$server_if" up
	ip -n "$middle_ns" link set m1 up
	veth_add "$client_ns" "$client_if" "$middle_ns" m0 || return 1
	in_middle sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	# Segments are forwarded one by one, as they came.
	in_middle ethtool -K m0 tx off gro off >/dev/null
	in_middle ethtool -K m1 tx off gro off >/dev/null
	routed_addresses_add
	offloads_none
}

routed_addresses_add()
{
	ip -n "$server_ns" addr add "$server_ip/24" dev "$server_if"
	ip -n "$middle_ns" addr add "${server_ip%.*}.254/24" dev m1
	ip -n "$middle_ns" addr add "$far_net.254/24" dev m0
	ip -n "$client_ns" addr add "$far_net.2/24" dev "$client_if"
	ip -n "$server_ns" route add default via "${server_ip%.*}.254"
	ip -n "$client_ns" route add default via "$far_net.254"
	ip -n "$server_ns" addr add "$server_ip6/64" dev "$server_if" nodad
	ip -n "$middle_ns" addr add "${server_ip6%:*}:fe/64" dev m1 nodad
	ip -n "$middle_ns" addr add "$far_net6:fe/64" dev m0 nodad
	ip -n "$client_ns" addr add "$far_net6:2/64" dev "$client_if" nodad
	ip -n "$server_ns" route add default via "${server_ip6%:*}:fe"
	ip -n "$client_ns" route add default via "$far_net6:fe"
}

# link_start OPTIONS…: the link emulator between m0 and m1, see bad_link.c. It runs before all other
# processes, so that its times are what it was told.
link_start()
{
	ns_run "$middle_ns" chrt --fifo 10 "$SL_BUILD_DIR/tests/netns/bad_link" m0 m1 "$@" \
		>"$link_log" 2>&1 &
	link_pids[$middle_ns]=$!
	within 5 in_client ping -c 1 -W 1 -q "$server_ip" >/dev/null
}

# Prints what it did to the packets.
link_stop()
{
	kill "${link_pids[$middle_ns]}" && wait "${link_pids[$middle_ns]}"
	cat "$link_log"
}

# xdp_attached: is there an XDP program on the server's interface?
xdp_attached()
{
	ip -n "$server_ns" -d link show "$server_if" | grep -q xdp
}

# ---- captures ------------------------------------------------------------------------------------

# What passes next to the server of net_routed or net_middle, before anything is lost, goes into
# $capture.
capture_start()
{
	: >"$work/tcpdump.log"
	ns_run "$middle_ns" tcpdump -i m1 -s 0 -B 65536 --immediate-mode -U -w "$capture" \
		tcp port 443 >"$work/tcpdump.log" 2>&1 &
	capture_pid=$!
	within 10 grep -q 'listening on' "$work/tcpdump.log"
}

# True if it has everything.
capture_stop()
{
	sleep 0.2
	kill "$capture_pid"
	wait "$capture_pid"
	cat "$work/tcpdump.log"
	grep -qx '0 packets dropped by kernel' "$work/tcpdump.log"
}
