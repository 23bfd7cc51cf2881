#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Clients as they are: curl, openssl s_client and gnutls-cli fetch 1 GiB byte for byte, over each
# cipher suite and with each engine; ffprobe and ffmpeg read HLS and DASH; 64 downloads at once.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/download.sh"

need ip ethtool openssl curl gnutls-cli ffmpeg ffprobe cmp jq

medium=/medium.bin
suites='TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256'

# ---- libraries and suites ------------------------------------------------------------------------

# with_suite SUITE CLIENT: 8 MiB over that suite and no other.
with_suite()
{
	local -a client_options=()
	local mib=$((1 << 20))

	case $2 in
	curl) client_options=(--tls13-ciphers "$1") ;;
	openssl) client_options=(-ciphersuites "$1") ;;
	gnutls)
		client_options=(--priority
			"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+$(gnutls_name "$1")")
		;;
	esac
	equal "$2" $medium $((8 * mib)) $((3 * mib))
}

gnutls_name()
{
	case $1 in
	TLS_AES_128_GCM_*) echo AES-128-GCM ;;
	TLS_AES_256_GCM_*) echo AES-256-GCM ;;
	TLS_CHACHA20_*) echo CHACHA20-POLY1305 ;;
	esac
}

# What was asked for is what is used, and not something that was agreed on silently.
suite_used()
{
	request / | in_client timeout 10 openssl s_client -tls1_3 -ciphersuites "$1" -ign_eof \
		-connect "$server_ip:443" 2>&1 | grep -a "Cipher is $1"
}

# ---- players -------------------------------------------------------------------------------------

# packets_of SOURCE OPTION…: a checksum of all there is to decode, sound and picture.
packets_of()
{
	in_client timeout 60 ffmpeg -nostdin -v error -xerror "${@:2}" -i "$1" \
		-map 0:v:0 -map 0:a:0 -c copy -f md5 -
}

same_as_on_disk()
{
	local disk server

	disk=$(packets_of "$root$1")
	server=$(packets_of "https://$server_ip$1" -tls_verify 1 -ca_file "$cert")
	echo "disk: $disk, server: $server"
	[ -n "$disk" ] && [ "$disk" = "$server" ]
}

plays()
{
	in_client timeout 120 ffmpeg -nostdin -v error -xerror -tls_verify 1 -ca_file "$cert" \
		-i "https://$server_ip$1" -f null -progress - - | grep -x frame=750
}

# 30 s of video at 25 frames a second.
probes()
{
	in_client timeout 60 ffprobe -v error -tls_verify 1 -ca_file "$cert" -count_packets \
		-select_streams v:0 -show_entries stream=nb_read_packets \
		"https://$server_ip$1" | grep -m 1 -x nb_read_packets=750
}

# ---- plain ---------------------------------------------------------------------------------------

over_ipv6()
{
	client_curl "https://[$server_ip6]$1" | cmp - <(random_bytes "$(size_of "$1")")
}

over_plain_http()
{
	client_curl "http://$2$1" | cmp - <(random_bytes "$(size_of "$1")")
}

no_errors()
{
	local name

	for name in read_errors short_reads tag_mismatches handshakes_failed handshakes_refused \
		rx_bad_headers rx_bad_checksums rx_bad_options rx_truncated responses_5xx; do
		[ "$(stat_of $name)" = 0 ] || { echo "$name: $(stat_of $name)"; return 1; }
	done
}

# ---- what is to be shown -------------------------------------------------------------------------

# all_suites ENGINE: of the server that runs.
all_suites()
{
	local suite client

	ok "$1 is the engine in use" engine_is "$1"
	for suite in $suites; do
		ok "$1: $suite is used" suite_used "$suite"
		for client in curl openssl gnutls; do
			ok "$1: $client over $suite" with_suite "$suite" "$client"
		done
	done
}

engine_is()
{
	"$SLUICE" stats --run-dir "$run_dir" --json | jq -en --arg name "$1" \
		'input | all(.workers[]; .aead | startswith($name))'
}

ok "namespaces" net_pair
ok "media" media_mount
ok "certificate" cert_make
ok "the server starts" sluice_start
for client in curl openssl gnutls; do
	ok "$client: $big" equal $client $big "$(size_of $big)"
done
ok "IPv6" over_ipv6 $medium
ok "plain HTTP" over_plain_http $medium "$server_ip"
ok "plain HTTP over IPv6" over_plain_http $medium "[$server_ip6]"
for playlist in /video/master.m3u8 /video/manifest.mpd /video.mp4; do
	ok "ffprobe reads $playlist" probes $playlist
	ok "ffmpeg reads $playlist as from disk" same_as_on_disk $playlist
done
ok "ffmpeg plays HLS" plays /video/master.m3u8
ok "ffmpeg plays DASH" plays /video/manifest.mpd
ok "64 downloads at once" equal_together 64 $(($(size_of $big) / 64)) $big
ok "no errors were counted" no_errors
ok "the server ends" sluice_stop

for engine in openssl ipsec-mb; do
	ok "the server starts with $engine" sluice_start --aead $engine && all_suites $engine
	ok "no errors were counted" no_errors
	ok "the server ends" sluice_stop
done
finish
