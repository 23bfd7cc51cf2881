#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# TLS 1.2 as televisions and set-top boxes speak it: each suite, with either kind of certificate, by
# three libraries, over a link that loses packets, so that records are sealed again. Shown on a
# capture taken next to the server, before anything is lost: what left twice left the same, and no
# nonce came twice. Then what is said inside the record layer: KeyUpdate in TLS 1.3, renegotiation
# in 1.2.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/download.sh"

need ip ethtool openssl curl gnutls-cli tcpdump cmp jq

mib=$((1 << 20))
root=$work/files
file=/file.bin
openssl_version=-tls1_2

make_root()
{
	mkdir -p "$root" && random_bytes $((8 * mib)) >"$root$file"
}

# ---- downloads -----------------------------------------------------------------------------------

# suites_of KIND: as OpenSSL names them.
suites_of()
{
	local key=ECDSA

	[ "$1" = ec ] || key=RSA
	echo ECDHE-$key-AES128-GCM-SHA256 ECDHE-$key-AES256-GCM-SHA384 \
		ECDHE-$key-CHACHA20-POLY1305
}

gnutls_priority()
{
	local cipher

	case $1 in
	*AES128*) cipher=AES-128-GCM ;;
	*AES256*) cipher=AES-256-GCM ;;
	*) cipher=CHACHA20-POLY1305 ;;
	esac
	echo "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+$cipher"
}

# with_suite SUITE CLIENT: 2 MiB over that suite and no other.
with_suite()
{
	local -a client_options

	case $2 in
	curl) client_options=(--tls-max 1.2 --ciphers "$1") ;;
	openssl) client_options=(-cipher "$1") ;;
	gnutls) client_options=(--priority "$(gnutls_priority "$1")") ;;
	esac
	equal "$2" $file $((2 * mib)) $((3 * mib))
}

# s_client OPTIONS…: what it says of the connection, and what it gets for its input.
s_client()
{
	in_client timeout 20 openssl s_client -connect "$server_ip:443" "$@" 2>&1
}

suite_used()
{
	request $file 0-9 | s_client -tls1_2 -cipher "$1" -ign_eof | grep -a "Cipher is $1"
}

# Tickets, a second connection, and what protects master secret and renegotiation.
resumes()
{
	request $file 0-9 | s_client -tls1_2 -ign_eof -sess_out "$work/session" >/dev/null
	request $file 0-9 | s_client -tls1_2 -ign_eof -sess_in "$work/session" >"$work/resumed"
	cat "$work/resumed"
	grep -a 'Reused, TLSv1.2' "$work/resumed" &&
		grep -a 'Extended master secret: yes' "$work/resumed" &&
		grep -a 'Secure Renegotiation IS supported' "$work/resumed" &&
		grep -a 'HTTP/1.1 206' "$work/resumed"
}

# ---- the capture ---------------------------------------------------------------------------------

no_nonce_twice()
{
	"$SL_BUILD_DIR/tests/netns/check_nonce" "$capture" 443 >"$work/nonces"
	local status=$?

	cat "$work/nonces"
	[ $status = 0 ]
}

# lines PATTERN: how many connections.
lines()
{
	grep -c "$1" "$work/nonces"
}

# Of three suites one has no nonces in its records.
capture_tells()
{
	cat "$work/nonces"
	[ "$(lines 'tls=1.2')" = "$(lines .)" ] && [ "$(lines 'nonces=0 ')" = 3 ] &&
		[ "$(lines 'nonces=[1-9]')" = 6 ] && [ "$(lines 'again_bytes=0 ')" -lt 9 ]
}

# ---- what is said inside -------------------------------------------------------------------------

# ask CONNECTION: for the first bytes. s_client takes a line that begins with R or K for a command.
ask()
{
	printf 'GET %s HTTP/1.1\r\nHost: %s\r\nrange: bytes=0-9\r\nConnection: %s\r\n\r\n' \
		$file "$server_ip" "$1"
	sleep 0.5
}

# K updates the client's keys and asks for the server's, k only the client's.
keys_are_updated()
{
	local i

	{
		for i in K K k k K; do
			ask keep-alive
			echo $i
			sleep 0.3
		done
		ask close
		sleep 1.5 # at the end of its input s_client hangs up, whatever was lost
	} | s_client -tls1_3 | grep -ao 'KEYUPDATE\|HTTP/1.1 ...\|:error:.*' >"$work/updates"
	cat "$work/updates"
	[ "$(grep -c KEYUPDATE "$work/updates")" = 5 ] &&
		[ "$(grep -c 'HTTP/1.1 206' "$work/updates")" = 6 ]
}

# OpenSSL's client takes the warning for an error.
renegotiation_is_refused()
{
	{
		ask keep-alive
		echo R
		sleep 1.5
	} | s_client -tls1_2 | grep -ao 'HTTP/1.1 ...\|:error:.*' >"$work/renegotiation"
	cat "$work/renegotiation"
	grep -q 'HTTP/1.1 206' "$work/renegotiation" &&
		grep -q 'no renegotiation' "$work/renegotiation"
}

# curl's 35: the handshake failed.
only_tls_1_3()
{
	client_curl --tls-max 1.2 -r 0-9 "https://$server_ip$file"
	[ $? = 35 ] && client_curl -r 0-9 -o /dev/null "https://$server_ip$file"
}

no_errors()
{
	local name

	for name in read_errors short_reads tag_mismatches handshakes_failed handshakes_refused \
		responses_5xx; do
		[ "$(stat_of $name)" = 0 ] || { echo "$name: $(stat_of $name)"; return 1; }
	done
}

# ---- what is to be shown -------------------------------------------------------------------------

ok "namespaces" net_middle
ok "a file" make_root
ok "a link that loses 1 %" link_start --delay-us 5000 --queue-packets 2000 --seed 12 \
	--toward-a --loss-ppm 10000
for cert_kind in ec rsa; do
	ok "$cert_kind: certificate" cert_make
	ok "$cert_kind: the server starts" sluice_start
	ok "$cert_kind: a capture next to the server" capture_start
	for suite in $(suites_of $cert_kind); do
		for client in curl openssl gnutls; do
			ok "$client over $suite" with_suite "$suite" $client
		done
	done
	ok "$cert_kind: the capture is whole" capture_stop
	ok "$cert_kind: no byte left twice with different values, no nonce twice" no_nonce_twice
	ok "$cert_kind: bytes did leave twice, and nonces were seen" capture_tells
	ok "$cert_kind: records were sealed again" test "$(stat_of reread_bytes)" -gt 0
	for suite in $(suites_of $cert_kind); do
		ok "$suite is used" suite_used "$suite"
	done
	ok "$cert_kind: a ticket resumes" resumes
	ok "$cert_kind: no errors were counted" no_errors
	[ $cert_kind = ec ] || break
	ok "KeyUpdate both ways in TLS 1.3" keys_are_updated
	ok "renegotiation is refused in TLS 1.2" renegotiation_is_refused
	ok "no errors were counted" no_errors
	ok "the server ends" sluice_stop
done
ok "the server ends" sluice_stop
ok "the server starts with --tls-min 1.3" sluice_start --tls-min 1.3
ok "TLS 1.3 or nothing" only_tls_1_3
ok "the server ends" sluice_stop
finish
