#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tests of the disk room again, on file systems of their own: ext4 and XFS on loop devices, in a
# mount namespace that takes the mounts away with it; and those of objects with a loop device as
# one of the devices they lie on. Needs root.
set -eu

PATH=$PATH:/usr/sbin:/sbin
room=$(pwd)/check_disk

if [ "${1-}" != mounted ]; then
	for tool in unshare mkfs.ext4 mkfs.xfs; do
		if ! command -v "$tool" >/dev/null; then
			echo "$0: $tool is not there"
			exit 77
		fi
	done
	if [ "$(id -u)" -ne 0 ] || ! unshare --mount true; then
		echo "$0: needs root, to mount file systems"
		exit 77
	fi
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/sl-disk-XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
	unshare --mount --propagation private "$0" mounted "$scratch"
	exit
fi

scratch=$2
mkdir "$scratch/mnt"

# The kernel lets go of a ring's files a moment after its process has ended.
unmount() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		if umount "$scratch/mnt" 2>/dev/null; then
			return
		fi
		sleep 0.2
	done
	umount "$scratch/mnt"
}

# XFS wants 300 MB at least; the images are sparse.
run_on() {
	echo "== $*"
	truncate -s 400M "$scratch/image"
	"$@" "$scratch/image" >/dev/null
	if ! mount -o loop "$scratch/image" "$scratch/mnt"; then
		echo "$0: cannot mount what $1 made"
		exit 77
	fi
	SL_TEST_DIR=$scratch/mnt "$room"
	unmount
	rm "$scratch/image"
}

run_on mkfs.ext4 -q -b 4096
run_on mkfs.ext4 -q -b 1024
run_on mkfs.xfs -q

# run_on_blocks BYTES: a device whose blocks are so long
run_on_blocks() {
	echo "== blocks of $1 bytes"
	truncate -s 8M "$scratch/blocks"
	device=$(losetup --find --show --sector-size "$1" "$scratch/blocks")
	for suite in device object; do
		CK_RUN_SUITE=$suite SL_TEST_DEVICE=$device SL_TEST_BLOCK_BYTES=$1 \
			SL_TEST_DIR=$scratch "$room" || failed=1
	done
	losetup --detach "$device"
	[ -z "${failed-}" ]
}

run_on_blocks 512
run_on_blocks 4096
