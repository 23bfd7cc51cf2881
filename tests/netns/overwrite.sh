#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A file is overwritten in place while its records are in flight and packets are lost. What was
# sealed once is never sealed again with other bytes: the connection ends in a reset instead. Shown
# on a capture taken next to the server, before anything is lost, with the client's keys; in TLS 1.3
# and in 1.2.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl tcpdump tshark jq

size=$((32 << 20))
root=$work/files

# write_file NUMBER: other bytes each time, in the same place.
write_file()
{
	head -c $size /dev/zero |
		openssl enc -aes-128-ctr -K "$(printf %032d "$1")" -iv 00 2>/dev/null |
		dd of="$root/file.mp4" bs=1M iflag=fullblock oflag=direct conv=notrunc status=none
}

make_root()
{
	mkdir -p "$root" && truncate -s $size "$root/file.mp4" && write_file 1
}

download_start()
{
	rm -f "$work/download" "$work/keys"
	SSLKEYLOGFILE=$work/keys client_curl --tls-max "$tls" -o "$work/download" \
		"https://$server_ip/file.mp4" 2>"$work/curl.log" &
	curl_pid=$!
	within 10 test -s "$work/download"
}

resent()
{
	[ "$(stat_of retransmitted_bytes)" -gt 0 ]
}

# Whether a lost record meets the change is chance: about one try in three.
overwrite_until_caught()
{
	local i

	for ((i = 2; i < 60; i++)); do
		write_file $i || return 1
		sleep 0.1
		[ "$(stat_of tag_mismatches)" = 0 ] || return 0
		kill -0 "$curl_pid" || break
	done
	echo "after $i times: $(cat "$work/curl.log")"
	return 1
}

# curl's 56: the connection was reset. No short file that looks complete.
client_was_reset()
{
	wait "$curl_pid"
	[ $? = 56 ] && [ "$(stat -c %s "$work/download")" -lt $size ]
}

# Sets of the line that check_nonce prints for the one connection.
field()
{
	sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" "$work/nonces"
}

no_nonce_twice()
{
	"$SL_BUILD_DIR/tests/netns/check_nonce" "$capture" 443 >"$work/nonces"
	local status=$?

	cat "$work/nonces"
	[ $status = 0 ] && [ "$(field different_bytes)" = 0 ]
}

keys_open_the_capture()
{
	tshark -r "$capture" -o "tls.keylog_file:$work/keys" -o http.desegment_body:FALSE \
		-o tcp.reassemble_out_of_order:TRUE -Y http.response -T fields \
		-e http.response.code 2>"$work/tshark.log" | grep -x 200
}

ok "namespaces" net_middle
ok "certificate" cert_make
ok "a file" make_root
# 20 ms there and back, so that much is in flight; only the server's packets are lost.
ok "a link that loses 2 %" link_start --delay-us 10000 --queue-packets 2000 --seed 7 \
	--toward-a --loss-ppm 20000
for tls in 1.3 1.2; do
	ok "TLS $tls: the server starts" sluice_start
	ok "a capture next to the server" capture_start
	ok "a download" download_start
	ok "lost records are sent again" within 10 resent
	ok "it is overwritten until a lost record shows it" overwrite_until_caught
	ok "the client was reset" client_was_reset
	sleep 0.2
	ok "the capture is whole" capture_stop
	ok "no byte left twice with different values" no_nonce_twice
	ok "that was TLS $tls" grep -q "tls=$tls" "$work/nonces"
	ok "bytes did leave twice" test "$(field again_bytes)" -gt 0
	ok "the connection ended in a reset" test "$(field reset)" = 1
	ok "one mismatch was counted" test "$(stat_of tag_mismatches)" = 1
	ok "the client's keys open the capture" keys_open_the_capture
	ok "the server serves on" \
		client_curl -o /dev/null -r 0-99999 "https://$server_ip/file.mp4"
	ok "the server ends" sluice_stop
done
finish
