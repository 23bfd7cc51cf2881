# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by run, which has read lib.sh
#
# One virtual machine: a kernel, an initramfs of ours, drives, and a NIC whose other end is a tap in
# a namespace, where clients are. All of it is emulated, nothing asks for KVM.
#
#	client namespace            guest
#	 c0 (tap) ─────────────────  eth0     virtio-net
#	 curl, ping                  sluice   /dev/$small        NVMe, 512-byte blocks
#	                                      /dev/$large        of the same drive, 4096-byte blocks
#	                                      /dev/$second       a second drive
#	                                      /dev/vda           ext4, read-only, at /srv
#
# `guest COMMAND` runs a shell command in it: through a serial line of its own, so it also works
# while the network does not. $small, $large and $second are known there. The other serial line
# is the console, in $console.

guest_cpus=2
device_queues=3 # of the NIC: as many as CPUs may be used, and leave too few for XDP's own
guest_memory_mb=1024
drive_mb=512

# ---- what is in it -------------------------------------------------------------------------------

guest_modules=(virtio_pci virtio_net virtio_blk nvme ext4 crc32c)

# A driver that is built in has no file; if one is really missing, its device will be.
modules_install()
{
	local root=$1 module verb file

	mkdir -p "$root/modules"
	for module in "${guest_modules[@]}"; do
		modprobe -d "$kernel_dir" -S "$release" --show-depends "$module" 2>/dev/null
	done | while read -r verb file _; do
		[ "$verb" = insmod ] || continue
		module=${file##*/}
		module=${module%.xz}
		[ ! -e "$root/modules/$module" ] || continue
		case $file in
		*.xz) xz -dc "$file" ;;
		*) cat "$file" ;;
		esac >"$root/modules/$module"
		echo "/modules/$module" >>"$root/modules/order"
	done
	[ -s "$root/modules/order" ]
}

# program_install ROOT PROGRAM: with its libraries.
program_install()
{
	local root=$1 program=$2 library

	install -D "$program" "$root/bin/${program##*/}" || return 1
	for library in $(ldd "$program" | grep -oE '/[^ ]+'); do
		[ -e "$root$library" ] || install -D "$library" "$root$library" || return 1
	done
}

# libxdp's dispatcher is a file of its library.
dispatcher_install()
{
	local object

	for object in $(dpkg-query -L libxdp1 | grep '/xdp-.*\.o$'); do
		install -D "$object" "$1$object" || return 1
	done
}

# initramfs_make FILE
initramfs_make()
{
	local root=$work/initramfs

	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,proc,run,srv,sys,tmp}
	cp /bin/busybox "$root/bin/" && cp "$top/tests/vm/commands" "$root/" &&
		install "$top/tests/vm/init" "$root/init" &&
		program_install "$root" "$SLUICE" &&
		program_install "$root" "$(command -v ethtool)" && dispatcher_install "$root" &&
		modules_install "$root" && cp "$cert" "$key" "$root/" || return 1
	(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$1"
}

# ---- its devices ---------------------------------------------------------------------------------

# The tap has as many queues as the device.
network_make()
{
	ns_add "$client_ns" &&
		in_client ip tuntap add dev "$client_if" mode tap multi_queue || return 1
	ip -n "$client_ns" addr add "$client_ip/24" dev "$client_if"
	[ ! -e /proc/net/if_inet6 ] ||
		ip -n "$client_ns" addr add "$client_ip6/64" dev "$client_if" nodad
	ip -n "$client_ns" link set "$client_if" up
}

drives_make()
{
	local drive

	for drive in first1 first2 second1; do
		rm -f "$work/$drive.img"
		truncate -s "${drive_mb}M" "$work/$drive.img" || return 1
	done
}

# For AF_XDP virtio_net resets queues one by one; zero-copy maps memory for the device as for any
# other, so it must be behind the IOMMU's interface, which only the modern device is.
guest_start()
{
	local -a devices=(
		-netdev "tap,id=net,ifname=$client_if,script=no,downscript=no,vhost=off"
		-device "virtio-net-pci,netdev=net,mq=on,queue_reset=on"
		-device "nvme,id=first,serial=first"
		-device "nvme-ns,bus=first,nsid=1,drive=first1"
		-device "nvme-ns,bus=first,nsid=2,drive=first2"
		-device "nvme,id=second,serial=second"
		-device "nvme-ns,bus=second,nsid=1,drive=second1"
		-device "virtio-blk-pci,drive=media"
	)
	local drive

	devices[1]+=,queues=$device_queues
	devices[3]+=,vectors=$((2 * device_queues + 2)),iommu_platform=on,disable-legacy=on
	devices[7]+=,logical_block_size=512,physical_block_size=512
	devices[9]+=,logical_block_size=4096,physical_block_size=4096
	for drive in first1 first2 second1 media; do
		devices+=(-drive "id=$drive,file=$work/$drive.img,format=raw,if=none")
	done
	console=$work/console.log
	rm -f "$work"/control.{in,out}
	mkfifo "$work/control.in" "$work/control.out"
	exec {to_guest}<>"$work/control.in" {from_guest}<>"$work/control.out"
	ns_run "$client_ns" qemu-system-x86_64 -accel tcg,thread=multi -cpu max \
		-smp "$guest_cpus" -m "$guest_memory_mb" -nodefaults -no-reboot -display none \
		-serial "file:$console" -serial "pipe:$work/control" \
		-kernel "$kernel_dir/vmlinuz" -initrd "$work/initramfs.gz" \
		-append "console=ttyS0 panic=-1 net.ifnames=0" "${devices[@]}" \
		>"$work/qemu.log" 2>&1 {to_guest}>&- {from_guest}>&- &
	qemu_pid=$!
	command_seq=0
	guest_answer 180
}

# guest_answer SECONDS: prints what the guest says to command $command_seq, and returns its status.
# A line may come in pieces, and the end of an answer that was given up as late comes later.
guest_answer()
{
	local line piece='' end=$((SECONDS + $1))

	while [ $SECONDS -lt $end ] && kill -0 "$qemu_pid" 2>/dev/null; do
		if ! IFS= read -r -t 1 -u "$from_guest" line; then
			piece+=$line
			continue
		fi
		line=$piece$line
		piece=
		case $line in
		"@@ $command_seq "*) return "${line##* }" ;;
		esac
		printf '%s\n' "$line"
	done
	echo "no answer in $1 s, or the machine has ended:"
	tail -n 20 "$work/qemu.log" "$console"
	return 124
}

# guest COMMAND [SECONDS]: its output and its status.
guest()
{
	command_seq=$((command_seq + 1))
	printf '%s\n@@ %s\n' "$1" $command_seq >&"$to_guest"
	guest_answer "${2:-60}"
}

guest_stop()
{
	printf 'poweroff -f\n@@ 0\n' >&"$to_guest"
	within 20 not kill -0 "$qemu_pid" 2>/dev/null && qemu_pid=
}
