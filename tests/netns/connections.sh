#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What `sluice connections` says is what the client's kernel says of the same connections, while
# they download over a slow path. Readers that stall or go away hurt nobody.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl jq ss python3

file=/random.bin
downloads=3

file_make()
{
	image_make "$work/image" 32 && loop_mount "$work/image" "$root" rw &&
		random_bytes 16000000 >"$root$file"
}

connections()
{
	"$SLUICE" connections --run-dir "$run_dir" "$@"
}

# $downloads of them at 1 MB/s each, the last over IPv6 and in the clear.
downloads_start()
{
	local idx

	curl_pids=()
	for ((idx = 1; idx < downloads; idx++)); do
		client_curl --limit-rate 1M -o "$work/got$idx" "https://$server_ip$file" &
		curl_pids+=($!)
	done
	client_curl --limit-rate 1M -o "$work/got$idx" "http://[$server_ip6]$file" &
	curl_pids+=($!)
	within 10 downloads_run
}

downloads_run()
{
	[ "$(connections --json --state established |
		jq -s 'map(select(.acked_bytes > 500000)) | length')" = $downloads ]
}

downloads_equal()
{
	local idx

	wait "${curl_pids[@]}" || return 1
	for ((idx = 1; idx <= downloads; idx++)); do
		cmp "$work/got$idx" "$root$file" || return 1
	done
}

# The client's connections as JSON, by local port: what ss prints on two lines each.
client_view()
{
	in_client ss -tinoH state established | python3 -c '
import json, re, sys
view = {}
for line in sys.stdin:
    if not line.startswith("\t"):
        port = line.split()[2].rpartition(":")[2]
        continue
    words = dict(word.split(":", 1) for word in line.split() if ":" in word)
    view[port] = {
        "received": int(words["bytes_received"]), "mss": int(words["rcvmss"]),
        "scale": int(words["wscale"].split(",")[1]), "sack": "sack" in line.split(),
        "timestamps": "ts" in line.split(), "rtt_ms": float(words["rtt"].split("/")[0])}
json.dump(view, sys.stdout)'
}

# Bytes move between two looks: ours are between two of the kernel's.
agrees_with_kernel()
{
	local before ours after

	before=$(client_view)
	ours=$(connections --json)
	after=$(client_view)
	printf '%s\n' "$before" "$ours" "$after"
	jq -en --slurpfile ours <(echo "$ours") --argjson before "$before" \
		--argjson after "$after" --argjson cnt $downloads '
		def agrees($was; $is):
			.acked_bytes <= $is.received and
			.acked_bytes + .unacked_bytes >= $was.received and
			.peer_window_scale == $was.scale and .sack == $was.sack and
			.timestamps == $was.timestamps and .mss_bytes == $was.mss and
			.pmtu_bytes == 1500 and
			.algorithm == "cubic" and .doing == "response";
		($before | length) == $cnt and ($ours | length) == $cnt and
		all($ours[]; agrees($before["\(.peer_port)"]; $after["\(.peer_port)"]))'
}

# The path adds 2 ms each way.
measures_time()
{
	connections --json | tee "$work/json" | jq -es '
		length > 0 and all(.[]; .min_rtt_ns > 4e6 and .min_rtt_ns < 2e9 and
			.rtt_ns >= .min_rtt_ns and .rto_ns > .rtt_ns and
			.in_flight_bytes <= .cwnd_bytes and
			.in_flight_bytes + .sacked_bytes + .missing_bytes <= .unacked_bytes and
			.delivery_bytes_per_s > 0 and .pacing_bytes_per_s > 0)' ||
		{ cat "$work/json"; return 1; }
}

tells_sessions()
{
	connections --json | jq -es 'map(select(.tls)) | length == '$((downloads - 1)) &&
		connections --json | jq -es 'length > 0 and
			all(.[]; .left_bytes > 0 and .left_bytes < 16000000)'
}

# of_text COUNT [OPTION…]: so many connections, two lines each, the second indented.
of_text()
{
	connections "${@:2}" >"$work/text" || return 1
	cat "$work/text"
	[ "$(grep -c '^[a-z]' "$work/text")" = "$1" ] &&
		[ "$(grep -c '^	.* rto:.* cwnd:' "$work/text")" = "$1" ]
}

sums_up()
{
	connections --summary | tee "$work/sum"
	grep -x "connections $downloads" "$work/sum" &&
		grep -x "states established $downloads" "$work/sum" &&
		grep -x "algorithms cubic $downloads" "$work/sum"
}

filters()
{
	local port

	port=$(connections --json --peer "$client_ip" | jq -s '.[0].peer_port')
	of_text $((downloads - 1)) --peer "$client_ip" && of_text 1 --peer "$client_ip6" &&
		of_text 1 --peer "$client_ip:$port" && of_text 0 --peer "$server_ip" &&
		of_text $downloads --state established && of_text 0 --state close-wait
}

# One that asks and does not read, one that asks nothing, one that never ends its line, one
# that asks for something else, one that goes away at once: the next is served all the same.
stalling_readers()
{
	local began=$SECONDS

	python3 - "$run_dir/control" "$work/held" <<-'END' &
	import socket, sys, time
	held = []
	for text in b"connections json\n", b"", b"connections j", b"nonsense\n":
	    held.append(socket.socket(socket.AF_UNIX))
	    held[-1].connect(sys.argv[1])
	    held[-1].send(text)
	gone = socket.socket(socket.AF_UNIX)
	gone.connect(sys.argv[1])
	gone.send(b"connections text\n")
	gone.close()
	open(sys.argv[2], "w").close()
	time.sleep(30)
	END
	undo kill $!
	within 5 test -e "$work/held" || return 1
	of_text $downloads && [ $((SECONDS - began)) -le 13 ]
}

only_for_its_user()
{
	stat -c %a "$run_dir/control" | grep -x 600 &&
		! setpriv --reuid 65534 --clear-groups "$SLUICE" connections --run-dir "$run_dir" \
			2>"$work/said" &&
		cat "$work/said" && grep 'only root' "$work/said"
}

nothing_left()
{
	ls -A "$run_dir"
	[ -z "$(ls -A "$run_dir")" ]
}

# refused STATUS PATTERN OPTION…
refused()
{
	local status

	"$SLUICE" connections "${@:3}" >"$work/said" 2>&1
	status=$?
	cat "$work/said"
	[ $status = "$1" ] && [ "$(wc -l <"$work/said")" = 1 ] && grep -q -- "$2" "$work/said"
}

# ---- what is to be shown -------------------------------------------------------------------------

ok "namespaces and a path between them" net_middle
root=$work/root
ok "a file to serve" file_make
ok "certificate" cert_make
ok "no server: one line" refused 1 'no server runs in' --run-dir "$work"
ok "the path" link_start --delay-us 2000
ok "the server starts" sluice_start
ok "nothing to list" within 5 of_text 0
ok "downloads" downloads_start
ok "what the client's kernel sees is what is listed" agrees_with_kernel
ok "times, windows and rates fit together" measures_time
ok "sessions and what is left of their responses" tells_sessions
ok "as text" of_text $downloads
ok "summed up" sums_up
ok "by peer and state" filters
ok "only for its own user" only_for_its_user
ok "an unknown state" refused 2 '--state open: no such state' --state open
ok "an address that is none" refused 2 '--peer 1.2.3: must be' --peer 1.2.3
ok "no server in another directory" refused 1 'no server runs in' --run-dir /nonexistent
ok "stalling readers hurt nobody" stalling_readers
ok "nor a download" downloads_equal
ok "the server ends" sluice_stop
ok "and takes its socket along" nothing_left
finish
