#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A worker for each receive queue: clients are spread over both, each is served byte for byte, and a
# session that one worker began is resumed by the other. Then with XPS, which puts what a worker
# sends on its own queue, so that the kernel may cut it into segments.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/download.sh"

need ip ethtool openssl curl cmp jq

medium=/medium.bin

# net_pair, but with two queues: the client's kernel picks one by the flow's hash.
net_two_queues()
{
	ns_add "$server_ns" && ns_add "$client_ns" || return 1
	ip link add "$server_if" netns "$server_ns" numrxqueues 2 numtxqueues 2 type veth \
		peer name "$client_if" netns "$client_ns" numrxqueues 2 numtxqueues 2 || return 1
	ip -n "$server_ns" link set "$server_if" up
	ip -n "$client_ns" link set "$client_if" up
	addresses_add
	offloads_set
}

# each_worker FILTER: true of all of them.
each_worker()
{
	local page

	page=$("$SLUICE" stats --run-dir "$run_dir" --json) &&
		jq -e "(.workers | length) == 2 and all(.workers[]; $1)" <<<"$page"
}

# A new connection each time; its port decides which worker gets it.
resumed_cnt()
{
	local i

	for ((i = 0; i < 12; i++)); do
		request / | in_client timeout 5 openssl s_client -tls1_3 -ign_eof "$@" \
			-connect "$server_ip:443" 2>/dev/null | grep -a -m 1 -o '^Reused'
	done | wc -l
}

resumed_everywhere()
{
	local cnt

	request / | in_client timeout 5 openssl s_client -tls1_3 -ign_eof \
		-sess_out "$work/session" -connect "$server_ip:443" >/dev/null 2>&1
	cnt=$(resumed_cnt -sess_in "$work/session")
	echo "$cnt of 12"
	[ "$cnt" = 12 ]
}

# One line that says what to do.
wrong_number_refused()
{
	local status

	in_server timeout 10 "$SLUICE" serve -i "$server_if" -r "$root" -l "$server_ip:81" \
		--workers "$1" --run-dir "$work/run2" >"$work/said" 2>&1
	status=$?
	cat "$work/said"
	[ $status = 1 ] && [ "$(wc -l <"$work/said")" = 1 ] &&
		grep -q "ethtool -L $server_if" "$work/said" && ! xdp_attached
}

# sluice_sees_its_sys: from now on the server has the /sys of the namespace it runs in.
sluice_sees_its_sys()
{
	cat >"$work/sluice" <<-END
	#!/bin/sh
	[ "\$1" = serve ] || exec "$SLUICE" "\$@"
	exec unshare --mount sh -c 'mount -t sysfs none /sys && exec "\$0" "\$@"' "$SLUICE" "\$@"
	END
	chmod +x "$work/sluice" && SLUICE=$work/sluice
}

# xps_set MASK0 MASK1: the CPUs that send on each queue.
xps_set()
{
	in_server unshare --mount sh -c "mount -t sysfs none /sys &&
		echo $1 >/sys/class/net/$server_if/queues/tx-0/xps_cpus &&
		echo $2 >/sys/class/net/$server_if/queues/tx-1/xps_cpus"
}

# Bytes that left on queue N, as its queueing discipline counted them.
queue_sent()
{
	in_server tc -s class show dev "$server_if" |
		awk -v class="1:$1" '
			$1 == "class" { here = $3 == class }
			here && $1 == "Sent" { print $2 }'
}

# What each worker says it has sent is what has left on its queue, but for a packet of the kernel's.
sent_on_its_own_queue()
{
	local n said left

	for n in 0 1; do
		said=$("$SLUICE" stats --run-dir "$run_dir" --json | jq ".workers[$n].tx_bytes")
		left=$(queue_sent $((n + 1)))
		echo "worker $n sent $said bytes, on its queue left $left"
		[ "$said" -gt 1000000 ] && [ "$left" -ge "$said" ] &&
			[ "$left" -lt $((said + said / 100)) ] || return 1
	done
}

ok "namespaces, two queues" net_two_queues
ok "media" media_mount
ok "certificate" cert_make
ok "one worker for two queues is refused" wrong_number_refused 1
ok "three are, too" wrong_number_refused 3
ok "the server sees its interface's queues" sluice_sees_its_sys
ok "the server starts with a worker a queue" sluice_start --workers 2
ok "32 downloads at once" equal_together 32 $((1 << 20)) $medium
ok "without XPS segments are made here" each_worker '.gso == false and .xdp_mode == "copy"'
ok "each worker took part" each_worker '.connections_accepted > 0 and .read_bytes > 0'
ok "sessions are resumed whoever began them" resumed_everywhere
ok "each worker has shaken hands" each_worker '.handshakes_done > 2'
ok "SIGTERM ends both" sluice_stop
ok "with nothing attached" within 2 not xdp_attached

ok "XPS puts each CPU on its queue" xps_set 1 2
ok "each queue counts what leaves" in_server tc qdisc replace dev "$server_if" root handle 1: mq
ok "the server starts again" sluice_start --workers 2
ok "segments are cut elsewhere" each_worker '.gso'
ok "32 downloads at once" equal_together 32 $((1 << 20)) $medium
ok "each worker sent on its own queue" sent_on_its_own_queue
ok "SIGTERM ends both" sluice_stop
ok "XPS puts each CPU on both queues" xps_set 3 3
ok "the server starts once more" sluice_start --workers 2
ok "segments are made here" each_worker '.gso == false'
ok "SIGTERM ends both" sluice_stop
finish
