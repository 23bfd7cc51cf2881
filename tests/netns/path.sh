#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Downloads over a bad link (bad_link.c) between server and client: 1 % of packets lost in each
# direction, then reordering, duplication and corruption as well. Every byte is right, and what was
# lost was read from disk again.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
. "$top/tests/netns/download.sh"

need ip ethtool openssl curl gnutls-cli cmp jq

mib=$((1 << 20))
medium=/medium.bin
if [ -n "${SL_LIGHT:-}" ]; then
	share=4
else
	share=1
fi

# A millisecond's round trip, and a queue that a window fits in.
path=(--delay-us 500 --queue-packets 2000)
loss=(--loss-ppm 10000)
disorder=(--jitter-us 100 --reorder-ppm 10000 --duplicate-ppm 10000 --corrupt-ppm 5000)

# damage_by PATTERN: the link says that it did that to packets in both directions.
damage_by()
{
	cat "$work/link.log"
	[ "$(grep -cE "$1" "$work/link.log")" = 2 ]
}

# counted NAME: more than the last time.
declare -A counted_before=()

counted()
{
	local now

	now=$(stat_of "$1")
	echo "$1: $now, was ${counted_before[$1]:-0}"
	[ "$now" -gt "${counted_before[$1]:-0}" ] && counted_before[$1]=$now
}

downloads()
{
	ok "$1: curl" equal curl $medium $((64 * mib / share)) 0
	ok "$1: openssl" equal openssl $medium $((16 * mib / share)) $((7 * mib))
	ok "$1: gnutls" equal gnutls $medium $((16 * mib / share)) $((11 * mib))
	ok "$1: 16 at once" equal_together 16 $((2 * mib)) $medium
	ok "$1: plain HTTP" plain_http
}

plain_http()
{
	(
		set -o pipefail
		client_curl --range "$mib-$((5 * mib - 1))" "http://$server_ip$medium" |
			cmp - <(random_bytes $((4 * mib)) $mib)
	)
}

ok "namespaces" net_middle
ok "media" media_mount
ok "certificate" cert_make

ok "a link that loses 1 % each way" link_start "${path[@]}" "${loss[@]}" --seed 1
ok "the server starts" sluice_start
downloads "loss"
link_stop
ok "packets were lost both ways" damage_by 'lost=[1-9]'
ok "segments were sent again" counted retransmitted_bytes
ok "bytes were read again" counted reread_bytes

ok "a link that also reorders, doubles and damages" \
	link_start "${path[@]}" "${loss[@]}" "${disorder[@]}" --seed 2
downloads "disorder"
link_stop
ok "packets were reordered, doubled, damaged both ways" \
	damage_by 'reordered=[1-9].*duplicated=[1-9].*corrupted=[1-9]'
ok "segments were sent again" counted retransmitted_bytes
ok "bytes were read again" counted reread_bytes
ok "damaged packets were counted" counted rx_bad_checksums
ok "nothing was sealed twice differently" test "$(stat_of tag_mismatches)" = 0
ok "the server ends" sluice_stop
finish
