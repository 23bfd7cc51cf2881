#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# sluice store, command by command: what it does, what it says, how it ends.

set -u
PATH=$PATH:/usr/sbin:/sbin

sluice=${SL_BUILD_DIR:-build}/sluice
work=$(mktemp -d "${TMPDIR:-/tmp}/sl-store-XXXXXX")
trap 'rm -rf "$work"' EXIT
sluice=$(realpath "$sluice")
cd "$work" || exit 1
failed_cnt=0

# expect CODE PATTERN ARGUMENT…: the command's exit code, and a line of what it says.
expect()
{
	local code pattern=$2

	"$sluice" store "${@:3}" >said 2>&1
	code=$?
	if [ $code = "$1" ] && grep -qE -e "$pattern" said; then
		return
	fi
	failed_cnt=$((failed_cnt + 1))
	echo "FAIL - sluice store ${*:3}: exit $code, expected $1 and '$pattern':"
	sed 's/^/    /' said
}

# check DESCRIPTION COMMAND…
check()
{
	if "${@:2}"; then
		echo "ok - $1"
	else
		failed_cnt=$((failed_cnt + 1))
		echo "FAIL - $1"
	fi
}

# damage FILE OFFSET: other bytes there.
damage()
{
	printf 'damage' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

mkdir -p tree/live
head -c 3000000 /dev/urandom >tree/film.mp4
head -c 70000 /dev/urandom >tree/live/1.ts
: >tree/live/empty
touch -d '2024-02-29 12:00:00 UTC' tree/film.mp4
truncate -s 16M a b c

# ---- the command line

expect 2 '^usage: ' # nothing
expect 2 'unknown command sluice store mount' mount a
expect 0 '^usage: ' --help
expect 0 '^usage: ' import --help
expect 2 'needs the devices' format
expect 2 'unknown option --json' format --json a
expect 2 '--replicas 4: must be 1 to 3' format --replicas 4 a b c
expect 2 '--replicas 2: needs as many devices' format --replicas 2 a
expect 2 '--catalogue 1K: must be' format --catalogue 1K a
expect 2 'something must come behind' import a
expect 2 'something must come behind' cat a --
expect 2 'too much comes behind' cat a -- x y
expect 2 'too much comes behind' format a -- b
expect 1 'neither a block device nor a regular file' format /dev/null
expect 1 'a has no store on it' ls a

# ---- one store, two devices

expect 0 '^a store of 2 devices, with room for 33' format a b
expect 1 'a has a store on it: --force' format a
expect 1 'b has a store on it: --force' format b c
expect 0 '^3 objects, 3.07 MB$' import b a -- tree
expect 0 '^imported 3.07 MB of 3.07 MB, .*B/s$' import --prefix again/ a b -- tree
expect 1 'film.mp4 is there already: --replace' import a b -- tree
expect 0 '^ +3000000  2024-02-29 12:00:00  film.mp4$' ls a b
expect 0 '^6 objects, 6.14 MB$' ls a b
expect 0 '^2 objects, 70.0 kB$' ls a b -- live/
expect 1 'live: no such object' ls a b -- live
expect 1 'would both be film.mp4: import one of them' \
	import a b -- tree/film.mp4 tree/film.mp4
expect 1 'device 2 of 2 of the store is missing, and' rm a -- film.mp4
expect 1 'are the same member' ls a a
expect 0 '^."name":"live/1.ts","size_bytes":70000,"mtime_ns":[0-9]+,"hash":"[0-9a-f]{32}",' \
	ls --json a b
expect 0 '^6 objects, 0 damaged$' verify a b
expect 0 '^1 object, 0 damaged$' verify a b -- film.mp4

cat_is_file()
{
	"$sluice" store cat a b -- film.mp4 | cmp -s - tree/film.mp4
}
check "cat writes an object's bytes" cat_is_file

expect 1 'film.mp5: no such object' cat a b -- film.mp5
expect 0 '^3 exported, 0 failed$' export a b -- out film.mp4 live/
check "exported files are what was imported" diff -r tree out
check "with their times" test "$(stat -c %Y out/film.mp4)" = "$(stat -c %Y tree/film.mp4)"
expect 1 'film.mp4 is not exported: the file is there; --replace' export a b -- out
expect 0 '^6 exported, 0 failed$' export --replace a b -- out
expect 0 '^3 objects removed$' rm a b -- again/
expect 1 'again/film.mp4: no such object' rm a b -- again/film.mp4

head -c 100000 /dev/urandom >tree/film.mp4
expect 0 '^3 objects, 170 kB$' import --replace a b -- tree
check "--replace puts the new bytes there" cat_is_file

# ---- names

printf x >'tree/a"b\c'
printf x >"tree/$(printf 'n\xc3\xb6')"
printf x >"tree/$(printf 'bad\xff')"
printf x >"tree/$(printf 'two\nlines')"
ln -s film.mp4 tree/link
mkfifo tree/fifo
expect 0 '^7 objects, .*; 2 skipped$' import --replace a b -- tree
if command -v jq >/dev/null; then
	"$sluice" store ls --json a b | jq -r .name,.name_url >said
	check "JSON has quotes and backslashes" grep -qxF 'a"b\c' said
	check "and UTF-8" grep -qx 'nö' said
	check "and what is not UTF-8, as in a URL" grep -qx 'bad%FF' said
fi
expect 0 '^ +1  .*  two%0Alines$' ls a b

# ---- damage

expect 0 '' format --force --replicas 2 a b
expect 0 '' import a b -- tree/live
damage a 4100 # the head of the first batch
expect 3 'a: copy 0 of the catalogue is not whole' verify a b
expect 0 '' import a b -- tree/film.mp4 # whoever writes repairs it
expect 0 '^3 objects, 0 damaged$' verify a b
damage a 80000 # behind 68 KiB lies the first object
expect 3 '^damaged: 1.ts: a, 16384 bytes at [0-9]+: not what was written$' verify a b
expect 0 '^3 exported, 0 failed$' export a b -- replicas
check "what one device has lost the other has" cmp -s tree/live/1.ts replicas/1.ts
damage b 80000
expect 1 '1.ts is not exported: it is damaged' export --replace a b -- replicas
expect 1 'it is damaged: what was written so far is right' cat a b -- 1.ts
expect 0 'device 2 of 2 of the store is missing' ls a
expect 0 '' cat a -- film.mp4

# ---- what others have on a device

if command -v mkfs.ext4 >/dev/null; then
	truncate -s 0 c && truncate -s 16M c
	mkfs.ext4 -q -L films c
	expect 1 "c has something on it: ext4, labelled 'films'. --force" format c
	expect 0 '^a store of 1 device' format --force c
	check "nothing takes it for a file system any more" test -z "$(blkid -p c)"
fi

losetup_c()
{
	[ "$(id -u)" = 0 ] && command -v losetup >/dev/null && loop=$(losetup --show -f c 2>said)
}
if losetup_c; then
	trap 'umount "$work/mnt" 2>/dev/null; losetup -d "$loop"; rm -rf "$work"' EXIT
	expect 0 '^3 objects, ' import "$loop" -- tree/live tree/film.mp4
	expect 0 '^3 objects, 0 damaged$' verify "$loop"
	mkdir mnt
	if mkfs.ext4 -q -F "$loop" 2>said && mount "$loop" mnt; then
		expect 1 'it is in use' format --force "$loop"
		umount mnt
	fi
	expect 0 '' format --force "$loop"
else
	echo "SKIP - loop devices: needs root and losetup"
fi

[ $failed_cnt = 0 ] && echo "all passed"
exit $((failed_cnt > 0))
