#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What Wireshark's experts say about the packets Sluice sends over bad links, beside what they say
# about the kernel's. Two places, each of them server ── link emulator ── client, run the same
# downloads over the same link with the same seed at the same time: one from Sluice, one from nginx
# on the kernel's TCP, both TLS, both CUBIC. The captures are from the sender's end of the link,
# before it does its harm; expert.py says what is counted in them.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/download.sh"

: "${NGINX:=nginx}"
need ip ethtool openssl curl cmp jq python3 tshark tcpdump chrt "$NGINX"

load=$SL_BUILD_DIR/tests/bench/load
medium=/medium.bin
mib=$((1 << 20))
if [ -n "${SL_LIGHT:-}" ]; then
	share=4
else
	share=1
fi

# 50 Mb/s, 20 ms, and a queue of their product.
path=(--delay-us 10000 --toward-a --rate-mbit 50 --queue-bytes 125000)

# ---- the places ----------------------------------------------------------------------------------

place_make()
{
	place "$1"
	net_middle && congestion_set cubic &&
		in_server ethtool -K "$server_if" tx off tso off gso off >/dev/null
}

nginx_start()
{
	cat >"$work/nginx.conf" <<-END
	worker_processes 1;
	pid $work/nginx.pid;
	error_log $work/nginx.log;
	user root;
	events { worker_connections 1024; }
	http {
		access_log off;
		ssl_protocols TLSv1.3;
		ssl_certificate $cert;
		ssl_certificate_key $key;
		server {
			listen $server_ip:443 ssl backlog=1024;
			root $root;
		}
	}
	END
	ns_run "$server_ns" "$NGINX" -c "$work/nginx.conf" -e "$work/nginx.log" -g 'daemon off;' &
	undo ns_empty "$server_ns"
	within 10 tcp_answers "$server_ip" 443
}

both_start()
{
	place kernel
	link_start && nginx_start || return 1
	link_stop
	place sluice
	link_start && sluice_start || return 1
	link_stop
}

# ---- one scenario --------------------------------------------------------------------------------

capture_start()
{
	ns_run "$middle_ns" tcpdump -Z root -i m1 -B 32768 -s 0 -w "$capture" tcp 2>"$capture.log" &
	tcpdump_pid=$!
	within 5 grep -qs 'listening on' "$capture.log"
}

# Not one packet may be missing in it.
capture_stop()
{
	sleep 0.5
	kill "$tcpdump_pid"
	wait "$tcpdump_pid"
	grep -q '^0 packets dropped by kernel' "$capture.log"
}

# scenario_here NAME WORK LINK OPTIONS…: in this place; its counts go to $work/NAME-PLACE.
scenario_here()
{
	local out=$work/$1-$contender capture=$work/$1-$contender.pcap tcpdump_pid

	link_start "${@:3}" && capture_start || return 1
	"$2" || return 1
	link_stop
	capture_stop || return 1
	python3 "$top/tests/netns/expert.py" 443 "$capture" >"$out" || return 1
	sed -n 's/^toward m0: .* lost=\([0-9]*\) overflowed=\([0-9]*\) .*/\1 \2/p' "$link_log" |
		awk '{ print "dropped", $1 + $2 }' >>"$out"
	[ -n "${SL_KEEP:-}" ] || rm -f "$capture"
}

# Both places at the same time.
scenario_run()
{
	local contender status=0
	local -a pids=()

	for contender in kernel sluice; do
		place $contender
		scenario_here "$@" &
		pids+=($!)
	done
	for contender in "${pids[@]}"; do
		wait "$contender" || status=1
	done
	return $status
}

# count NAME SCENARIO PLACE
count()
{
	awk -v name="$1" '$0 ~ "^" name " [0-9]+$" { sum = $NF } END { print sum + 0 }' \
		"$work/$2-$3"
}

# none_of NAME SCENARIO
none_of()
{
	[ "$(count "$1" "$2" sluice)" = 0 ] || ! cat "$work/$2-sluice"
}

# shares_of NAME SCENARIO OF: how many of NAME a thousand of OF each of both has.
shares_of()
{
	local contender

	for contender in sluice kernel; do
		awk -v cnt="$(count "$1" "$2" $contender)" -v of="$(count "$3" "$2" $contender)" \
			'BEGIN { printf "%.2f ", 1000 * cnt / (of > 0 ? of : 1) }'
	done
}

# no_more NAME SCENARIO OF SLACK: Sluice has no more than the kernel, as a share of OF; within a
# fifth, and SLACK in a thousand, for two runs are never the same. A handful proves nothing.
no_more()
{
	local shares

	[ "$(count "$1" "$2" sluice)" -gt 5 ] || return 0
	shares=$(shares_of "$1" "$2" "$3")
	echo "$1 in a thousand of $3, Sluice and kernel: $shares"
	awk -v slack="$4" '{ exit !($1 <= $2 * 1.2 + slack) }' <<<"$shares" ||
		! cat "$work/$2-sluice" "$work/$2-kernel"
}

# complaints_about PLACE: errors and warnings, in all scenarios. Notes are of single packets and
# a matter of how many, which is asked for each scenario.
complaints_about()
{
	cat "$work"/*-"$1" | sed -n 's/^\(expert [ew].*\) [0-9]*$/\1/p' | sort -u
}

nothing_new()
{
	comm -23 <(complaints_about sluice) <(complaints_about kernel) | (! grep .)
}

# scenario NAME WORK LINK OPTIONS… What tshark takes for out of order at a sender's end is what was
# sent again soon.
scenario()
{
	ok "$1: captured" scenario_run "$@" || return
	ok "$1: good checksums" none_of bad_checksums "$1"
	ok "$1: nothing beyond the window" none_of beyond_window_segments "$1"
	ok "$1: no connection reset" none_of reset_connections "$1"
	ok "$1: sent again what was lost" no_more again_segments "$1" dropped 150
	ok "$1: sent again without need" no_more needless_segments "$1" data_segments 2
	ok "$1: spurious by analysis" \
		no_more tcp.analysis.spurious_retransmission "$1" data_segments 2
	echo "    data $(count data_segments "$1" sluice), dropped $(count dropped "$1" sluice)," \
		"again $(count again_segments "$1" sluice)," \
		"needless $(count needless_segments "$1" sluice); kernel:" \
		"data $(count data_segments "$1" kernel), dropped $(count dropped "$1" kernel)," \
		"again $(count again_segments "$1" kernel)," \
		"needless $(count needless_segments "$1" kernel)"
}

# ---- what is downloaded --------------------------------------------------------------------------

four_downloads()
{
	equal_together 4 $((3 * mib / share)) $medium
}

many_connections()
{
	in_client "$load" -c $((64 / share)) -w 0 -t 4 "$server_ip" 443 "$work/paths"
}

# A client with a small buffer that it empties slowly: windows that fill and close.
slow_reader()
{
	in_client sysctl -qw "net.ipv4.tcp_rmem=4096 16384 32768"
	client_curl --limit-rate 400k --range "0-$((2 * mib / share - 1))" \
		"https://$server_ip$medium" | cmp - <(random_bytes $((2 * mib / share)))
}

ok "namespaces of the kernel" place_make kernel
ok "namespaces of Sluice" place_make sluice
ok "media" media_mount
ok "certificate" cert_make
ok "both servers" both_start
(cd "$root" && find video -name '*.m4s' | sed 's|^|/|') >"$work/paths"

scenario loss four_downloads "${path[@]}" --loss-ppm 10000 --seed 1
scenario heavy-loss four_downloads "${path[@]}" --loss-ppm 40000 --seed 2 \
	--toward-b --loss-ppm 40000
scenario reordering four_downloads "${path[@]}" --jitter-us 400 --reorder-ppm 10000 --seed 3
scenario disorder four_downloads "${path[@]}" --loss-ppm 5000 --reorder-ppm 5000 \
	--duplicate-ppm 5000 --seed 4
scenario connections many_connections "${path[@]}" --loss-ppm 1000 --seed 5
scenario window slow_reader "${path[@]}" --loss-ppm 1000 --seed 6
ok "the experts complain of nothing they do not complain of with the kernel" nothing_new
finish
