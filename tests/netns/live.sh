#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The edge of a live stream: a recording that is appended to while it is served, a playlist that is
# replaced by rename twenty times a second, segments that appear, and a crowd that wants the newest.
# Nothing comes torn, nothing comes late, and the disk is asked once.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl jq cmp

part=65536
parts=160
crowd=30
segment_bytes=$((4 << 20))

make_root()
{
	root=$work/root
	image_make "$work/image" 96 && loop_mount "$work/image" "$root" rw &&
		random_bytes $((part * parts)) >"$work/all" && : >"$root/recording.mp4" &&
		echo 0 >"$work/written" && playlist_write
}

now_ms()
{
	date +%s%3N
}

# It says when it was written, on every one of its lines, of which there are more or fewer.
playlist_write()
{
	local stamp

	stamp=$(now_ms)
	yes "$stamp" | head -n $((20000 + RANDOM % 3000)) >"$root/.playlist" &&
		mv "$root/.playlist" "$root/playlist.m3u8"
}

# Appends a part, says so, waits a moment.
record()
{
	local number

	for ((number = 0; number < parts; number++)); do
		dd if="$work/all" of="$root/recording.mp4" bs=$part skip=$number count=1 \
			oflag=append conv=notrunc status=none || return 1
		echo $((part * (number + 1))) >"$work/written.new"
		mv "$work/written.new" "$work/written"
		sleep 0.1
	done
}

playlists()
{
	while [ ! -e "$work/enough" ]; do
		playlist_write || return 1
		sleep 0.05
	done
}

live_start()
{
	record >"$work/record.log" 2>&1 &
	record_pid=$!
	playlists >"$work/playlists.log" 2>&1 &
	playlists_pid=$!
	within 10 recorded 4
}

recorded()
{
	[ "$(cat "$work/written")" -ge $(($1 * part)) ]
}

# get OUTPUT URL [ARGUMENTS…]: prints the status.
get()
{
	client_curl -o "$1" -w '%{http_code}\n' "${@:3}" "$2"
}

# What is in $1 are the recording's bytes from $2 on.
is_recording()
{
	[ -s "$1" ] && cmp -n "$(stat -c %s "$1")" "$1" "$work/all" 0 "$2"
}

# Whole, as it is then: curl sees to it that it is as long as was said.
whole_recordings()
{
	local size last=0 i

	for ((i = 0; i < 4; i++)); do
		get "$work/got" "$1/recording.mp4" --limit-rate 8M >/dev/null &&
			is_recording "$work/got" 0 || return 1
		size=$(stat -c %s "$work/got")
		echo "$size bytes"
		[ "$size" -ge $last ] || return 1
		last=$size
	done
	[ "$last" -gt $((4 * part)) ]
}

# The last part that was written, and what it is told of the next one.
newest_parts()
{
	local written status i

	for ((i = 0; i < 20; i++)); do
		written=$(cat "$work/written")
		status=$(get "$work/got" "$1/recording.mp4" \
			-r "$((written - part))-$((written - 1))")
		[ "$status" = 206 ] && [ "$(stat -c %s "$work/got")" = $part ] &&
			is_recording "$work/got" $((written - part)) || {
			echo "$status for $((written - part)) to $((written - 1)): of" \
				"$(stat -c %s "$root/recording.mp4")"
			return 1
		}
	done
}

still_recording()
{
	kill -0 "$record_pid"
}

nothing_behind_the_end()
{
	[ "$(in_client curl -s --cacert "$cert" -o /dev/null -w '%{http_code}' \
		-r $((part * parts))- "$1/recording.mp4")" = 416 ]
}

# Who resumes what has grown since gets all of it.
resumed_from_the_start()
{
	local etag size

	etag=$(client_curl -I "$1/recording.mp4" | tr -d '\r' | sed -n 's/^ETag: //p')
	size=$(stat -c %s "$root/recording.mp4")
	within 10 grown_beyond "$size" && sleep 1.1
	[ "$(get "$work/got" "$1/recording.mp4" -r 100-199 -H "If-Range: $etag")" = 200 ] &&
		is_recording "$work/got" 0
}

grown_beyond()
{
	[ "$(stat -c %s "$root/recording.mp4")" -gt "$1" ]
}

# one_playlist_each URL TIMES RATE. Every playlist is one of them, and it was the one within the
# last second (and one and a half for a busy machine).
one_playlist_each()
{
	local i asked stamp age last=0

	for ((i = 0; i < $2; i++)); do
		asked=$(now_ms)
		get "$work/got" "$1/playlist.m3u8" --limit-rate "$3" >/dev/null || return 1
		[ "$(uniq "$work/got" | wc -l)" = 1 ] || { echo "torn"; return 1; }
		read -r stamp <"$work/got"
		age=$((asked - stamp))
		echo "$age ms old"
		[ "$age" -lt 2500 ] && [ "$stamp" -ge $last ] || return 1
		last=$stamp
	done
}

# Asked for too early, then there: at once.
segments_appear()
{
	local i name

	for ((i = 0; i < 10; i++)); do
		name=segment-$i.m4s
		[ "$(in_client curl -s --cacert "$cert" -o /dev/null -w '%{http_code}' \
			"$1/$name")" = 404 ] || return 1
		head -c $part "$work/all" >"$root/.new" && mv "$root/.new" "$root/$name"
		[ "$(get "$work/got" "$1/$name")" = 200 ] && is_recording "$work/got" 0 ||
			return 1
	done
}

# $crowd clients at the same time; the disk reads the segment not much more often than once.
crowd_shares()
{
	local name=$2.m4s before after i
	local -a urls=()

	head -c $segment_bytes "$work/all" >"$root/$name"
	sync -f "$root/$name"
	for ((i = 0; i < crowd; i++)); do
		urls+=(-o "$work/crowd$i" "$1/$name")
	done
	before=$(stat_of read_bytes)
	client_curl --http1.1 -Z --parallel-immediate --parallel-max $crowd --limit-rate 6M \
		"${urls[@]}" || return 1
	sleep 0.1
	after=$(stat_of read_bytes)
	echo "$((after - before)) bytes read for $crowd times $segment_bytes," \
		"$(stat_of shared_bytes) shared until now"
	for ((i = 0; i < crowd; i++)); do
		cmp "$work/crowd$i" "$root/$name" || return 1
	done
	[ $((after - before)) -le $((segment_bytes * 12 / 10)) ]
}

live_stop()
{
	touch "$work/enough"
	wait "$record_pid" "$playlists_pid"
}

all_counters_are_zero()
{
	local name

	for name in read_errors short_reads tag_mismatches; do
		[ "$(stat_of $name)" = 0 ] || { echo "$name: $(stat_of $name)"; return 1; }
	done
}

https=https://$server_ip
http=http://[$server_ip6]

ok "namespaces" net_pair
ok "certificate" cert_make
ok "a directory" make_root
# Buffers for twice the segment: what does not fit cannot be shared (doc/memory.md).
ok "the server starts" sluice_start --pipeline-budget 16M
ok "a crowd shares its reads" crowd_shares "$https" tls
ok "and in the clear" crowd_shares "$http" plain
ok "a recording, and playlists" live_start
ok "the newest parts, as they are written" newest_parts "$https"
ok "and in the clear" newest_parts "$http"
ok "it was still being recorded" still_recording
ok "all of it, as far as it goes" whole_recordings "$https"
ok "who resumes what has grown starts again" resumed_from_the_start "$https"
ok "playlists are whole and new" one_playlist_each "$https" 30 100M
ok "and as whole for who is slow" one_playlist_each "$http" 8 400K
ok "segments are there when they are there" segments_appear "$https"
ok "all was written" live_stop
ok "the recording is complete" whole_recordings "$http"
ok "there is nothing behind its end" nothing_behind_the_end "$https"
ok "no read went wrong" all_counters_are_zero
ok "the server ends" sluice_stop
finish
