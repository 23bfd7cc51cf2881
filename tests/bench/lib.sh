# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# For benchmarks on one machine: a server on one core, a client on another, a veth between them, a
# disk that is as fast as memory. A benchmark reads
#
#	. "$(dirname "$0")/lib.sh"
#	bench_needs nginx h2o           # besides what every benchmark needs
#	disk_make 4000 300              # $root with 4000 files of 300 KB, named in $work/paths
#	net_pair && cert_make           # tests/netns/net.sh, media.sh
#	for … ; do
#		disk_remount            # nothing cached
#		link_for nginx 1500     # offloads and MTU as they suit that server
#		server_start nginx      # servers.sh; in $server_ns, on core $server_cpu
#		line=$(load_run -c 1000)
#		server_stop
#	done
#
# and prints its figures as lines `name: key=value …`, the ones that count last; the name may have
# parts, `versus.disk_64_1500: …`. tests/bench/results.py keeps such lines in results.json. What is
# the same for all servers, and where it is not a network card:
#
# - The disk is ext4 on a loop device with direct I/O on tmpfs: 4 to 6 GB/s, no seeks. A drive does
#   its own copying; the loop device's is done by a kernel thread, where the scheduler finds room:
#   on the client's core, or, if that is busy (packets instead of segments), on the server's.
# - On veth the receiver's work is done on the sender's core. Threaded NAPI, pinned, puts each end's
#   receiving on its own side: the client's on core 1, the server's (ACKs) on core 0.
# - A veth with a queueing discipline pushes back when its peer's ring is full; without one it
#   drops. Every server gets one.

bench_name=${0##*/}

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"
# shellcheck source=tests/bench/servers.sh
. "$top/tests/bench/servers.sh"

server_cpu=0
client_cpu=1
load=$SL_BUILD_DIR/tests/bench/load

# This is no test: whatever ends it, nothing is left behind, and nothing is counted.
ended_early()
{
	undo_all "$work"
}

die()
{
	echo "$bench_name: $*" >&2
	exit 1
}

# bench_needs TOOL…: or the benchmark is skipped (exit 77).
bench_needs()
{
	need ip ethtool openssl python3 taskset chrt pgrep tc "$@"
	[ "$(nproc)" -ge 2 ] || die "needs two cores, one for the server, one for the client"
	[ -x "$load" ] || die "$load is not built: make -C $SL_BUILD_DIR tests/bench/load"
}

# ---- the disk ------------------------------------------------------------------------------------

# files_make CNT KB: in directories of 1000; their names go to $work/paths.
files_make()
{
	local i size=$(($2 * 1024))

	for ((i = 0; i < $1; i++)); do
		printf '/%d/%d.m4s\n' $((i / 1000)) "$i"
	done >"$work/paths"
	(cd "$root" && cut -d/ -f2 "$work/paths" | sort -u | xargs mkdir -p) || return 1
	random_bytes $((size * $1)) | (
		cd "$root" && python3 -c '
import sys
for line in open(sys.argv[1]):
    open(line.strip().lstrip("/"), "wb").write(sys.stdin.buffer.read(int(sys.argv[2])))' \
			"$work/paths" "$size"
	)
}

# disk_make CNT KB: mounted at $root, filled with that many files of that size.
disk_make()
{
	local megabytes=$(($1 * $2 * 11 / 10240 + 64))

	root=$work/root
	mkdir -p "$work/memory"
	# In large pages, if it can: the less the copying costs, the more it is like a drive's.
	mount -t tmpfs -o "size=$((megabytes + 64))m,huge=always" none "$work/memory" ||
		mount -t tmpfs -o "size=$((megabytes + 64))m" none "$work/memory" || return 1
	undo umount_soon "$work/memory"
	image_make "$work/memory/image" "$megabytes" &&
		loop_mount "$work/memory/image" "$root" rw && files_make "$1" "$2"
}

# For those who read through the page cache: 512 KB, a whole file.
readahead_sectors=1024

# A fresh mount has nothing cached: each run starts cold, on the same terms.
disk_remount()
{
	umount_soon "$root" && mount -t ext4 -o noatime "$loop" "$root" &&
		blockdev --setra $readahead_sectors "$loop"
}

# ---- memory --------------------------------------------------------------------------------------

# A memory cgroup, version 1 or 2, for a server and its page cache. Sets $cgroup.
cgroup_make()
{
	local base=/sys/fs/cgroup name=sluice-$bench_name-$$

	if [ -e $base/memory/memory.limit_in_bytes ]; then
		cgroup=$base/memory/$name
	else
		echo +memory >$base/cgroup.subtree_control 2>/dev/null
		cgroup=$base/$name
	fi
	mkdir "$cgroup" || return 1
	undo within 5 rmdir "$cgroup"
}

# cgroup_limit MEGABYTES
cgroup_limit()
{
	local file

	for file in memory.limit_in_bytes memory.max; do
		[ ! -e "$cgroup/$file" ] || echo $(($1 << 20)) >"$cgroup/$file" || return 1
	done
}

# cgroup_cache_kb: how much page cache it has.
cgroup_cache_kb()
{
	awk '$1 == "cache" || $1 == "file" { sum += $2 } END { print int(sum / 1024) }' \
		"$cgroup/memory.stat"
}

# ---- the network ---------------------------------------------------------------------------------

# napi_pin NAMESPACE INTERFACE CPU: its NAPI becomes a thread on CPU. Like the soft interrupt it
# stands for it runs before any process: the veth's ring holds 256 packets, less than arrive in the
# client's turn at the core.
napi_pin()
{
	local pid

	# This way of entering a namespace brings its part of /sys.
	ip netns exec "$1" sh -c "ethtool -K $2 gro on && echo 1 >/sys/class/net/$2/threaded" ||
		return 1
	for pid in $(pgrep "^napi/$2-"); do
		taskset -cp "$3" "$pid" >/dev/null
		chrt --fifo --pid 1 "$pid"
	done
}

# polling_for SERVER: Sluice polls its queue itself if interrupts are deferred (doc/operations.md).
polling_for()
{
	local idle_polls=0 flush_ns=0

	[ "$1" != sluice ] || idle_polls=100 flush_ns=200000
	ip netns exec "$server_ns" sh -c "
		echo $idle_polls >/sys/class/net/$server_if/napi_defer_hard_irqs &&
		echo $flush_ns >/sys/class/net/$server_if/gro_flush_timeout"
}

# link_for SERVER MTU: before that server starts. TCP segmentation on, for all that use it. Who
# receives at the client's end on which core: packets of nginx's and H2O's are taken on the
# server's, in the call that sends them; moving them to the client's (RPS) made both slower. A
# packet socket's, Sluice's, go to the client's NAPI if it forwards GRO packets.
link_for()
{
	local tx=on

	[ "$1" != sluice ] || tx=off
	ip -n "$server_ns" link set "$server_if" mtu "$2" &&
		ip -n "$client_ns" link set "$client_if" mtu "$2" || return 1
	in_server ethtool -K "$server_if" tso "${TSO:-on}" >/dev/null || return 1
	# A client that goes on to an AF_XDP server fills in its checksums itself.
	in_client ethtool -K "$client_if" tx "$tx" rx-udp-gro-forwarding on >/dev/null || return 1
	in_server tc qdisc replace dev "$server_if" root pfifo || return 1
	polling_for "$1" || return 1
	napi_pin "$server_ns" "$server_if" $server_cpu &&
		napi_pin "$client_ns" "$client_if" $client_cpu
}

# ---- runs and their figures ----------------------------------------------------------------------

# load_run OPTIONS…: the client, on its core, until it is done; prints its line, without the name.
load_run()
{
	local line

	line=$(in_client "$load" -C $client_cpu -S $server_cpu "$@" "$server_ip" 443 \
		"$work/paths") || return 1
	echo "${line#load: }"
}

# median KEY: of the lines "… KEY=VALUE …" on standard input; "none" if there are none.
median()
{
	sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p" | sort -n |
		awk '{ value[NR] = $1 } END { print NR ? value[int((NR + 1) / 2)] : "none" }'
}

# ratio A B: with two decimals; 0 if B is nothing.
ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", (b + 0 > 0 ? a / b : 0) }'
}
