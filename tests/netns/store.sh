#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Stores beside a directory: whose host has one is served from it, all others from the directory.
# One store on two loop devices with replicas, one on a file. What is damaged on one device comes
# from the other one, and from none if both are, in spite of what the client was promised.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl jq losetup cmp

root=$work/root
twice=() # devices

device_add()
{
	local device

	truncate -s 64M "$work/drive$1"
	device=$(losetup --find --show --direct-io=on "$work/drive$1") || return 1
	undo losetup --detach "$device"
	twice+=("$device")
}

# Three files called film.mp4, each with bytes of its own, and the stores two of them are in.
make_stores()
{
	mkdir -p "$root" "$work/twice/live" "$work/once" &&
		random_bytes $((3 << 20)) >"$root/film.mp4" &&
		random_bytes $(((9 << 20) + 12345)) >"$work/twice/film.mp4" &&
		random_bytes 1000 >"$work/twice/live/7.ts" &&
		random_bytes 70000 >"$work/once/film.mp4" &&
		device_add 1 && device_add 2 && truncate -s 32M "$work/drive3" &&
		"$SLUICE" store format --replicas 2 "${twice[@]}" &&
		"$SLUICE" store format "$work/drive3" &&
		"$SLUICE" store import "${twice[@]}" -- "$work/twice" &&
		"$SLUICE" store import "$work/drive3" -- "$work/once"
}

start()
{
	sluice_start --store "twice.example=${twice[1]},${twice[0]}" \
		--store "once.example=$work/drive3" "$@"
}

# get HOST PATH [OPTION…]
get()
{
	local host=$1 path=$2

	shift 2
	client_curl -H "Host: $host" "$@" "https://$server_ip/$path"
}

# same HOST PATH FILE: what HOST has there is what FILE holds.
same()
{
	get "$1" "$2" | cmp - "$3"
}

all_the_same()
{
	same twice.example film.mp4 "$work/twice/film.mp4" &&
		same Twice.Example:443 live/7.ts "$work/twice/live/7.ts" &&
		same once.example film.mp4 "$work/once/film.mp4" &&
		same other.example film.mp4 "$root/film.mp4"
}

range_is_right()
{
	get twice.example film.mp4 --range 5000000-7654321 |
		cmp - <(tail -c +5000001 "$work/twice/film.mp4" | head -c 2654322)
}

# A store's ETag is its object's hash: nothing is sent again to who has it.
not_modified()
{
	local etag

	etag=$(get twice.example film.mp4 --head | tr -d '\r' | sed -n 's/^ETag: //ip')
	[[ $etag =~ ^\"[0-9a-f]{32}\"$ ]] &&
		[ "$(get twice.example film.mp4 -H "If-None-Match: $etag" \
			-w '%{http_code}')" = 304 ]
}

status_is()
{
	[ "$(in_client curl -s -o "$work/body" -w '%{http_code}' --cacert "$cert" \
		-H "Host: $2" "https://$server_ip/$3")" = "$1" ]
}

# spoil DEVICE: bytes in the middle of the film are others there.
spoil()
{
	local pattern place

	pattern=$(tail -c +$(((4 << 20) + 1)) "$work/twice/film.mp4" | head -c 16 |
		od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')
	place=$(LC_ALL=C grep -obUaP -m 1 "$pattern" "$1" | head -n 1 | cut -d: -f1)
	[ -n "$place" ] && head -c 100 /dev/zero |
		dd of="$1" bs=1 seek="$place" conv=notrunc,fsync status=none
}

# curl's 56: reset. What came before is the film's.
reset_in_the_film()
{
	local status=0

	get twice.example film.mp4 -o "$work/part" || status=$?
	[ $status = 56 ] && cmp -n "$(stat -c %s "$work/part")" "$work/part" \
		"$work/twice/film.mp4" && [ "$(stat_of read_errors)" -gt 0 ]
}

said()
{
	grep -qE "$1" "$work/sluice.log"
}

stopped()
{
	local status=0

	sluice_stop || status=$?
	rm -rf "$run_dir"
	[ $status = 0 ]
}

ok "a namespace pair" net_pair
cert_make
ok "two stores and a directory" make_stores
ok "all three are served" start
ok "each host has its own names" all_the_same
ok "a range" range_is_right
ok "the ETag is the hash" not_modified
ok "a name that is only the directory's" status_is 404 once.example live/7.ts
ok "a directory of a store" status_is 301 twice.example live
ok "the log says how devices are read" \
	said "store \"${twice[0]}\": O_DIRECT, [0-9]+-byte blocks"
ok "it ends" stopped

ok "one replica is spoilt" spoil "${twice[0]}"
ok "verified, all are served" start --store-verify
for _ in 1 2 3 4 5 6; do
	ok "and the same" all_the_same
done
ok "the wrong checksum was noticed" test "$(stat_of device_wrong_sums)" -gt 0
ok "and said" within 5 said 'store .*: reads fail'
ok "no response was reset" test "$(stat_of read_errors)" = 0
ok "it ends" stopped

ok "so is the other" spoil "${twice[1]}"
ok "verified, all are served again" start --store-verify
ok "what is wrong everywhere ends in a reset" reset_in_the_film
ok "and the rest goes on" same twice.example live/7.ts "$work/twice/live/7.ts"
ok "it ends" stopped
finish
