#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What bad input gets: one line that says what and where, exit 1 (2 for a command line that cannot
# be understood), nothing attached, nothing left behind.

. "$(dirname "$0")/lib.sh"

need ip ethtool openssl clang mkfs.ext4

# refused STATUS PATTERN ARGUMENT…: `sluice serve ARGUMENT…` says one line, which matches PATTERN.
refused()
{
	local expected=$1 pattern=$2 status

	shift 2
	rm -rf "$run_dir"
	mkdir -p "$run_dir"
	in_server timeout 10 "$SLUICE" serve --run-dir "$run_dir" "$@" >"$work/said" 2>&1
	status=$?
	cat "$work/said"
	[ $status = "$expected" ] || { echo "exit status $status, not $expected"; return 1; }
	[ "$(wc -l <"$work/said")" = 1 ] || { echo "not one line"; return 1; }
	grep -Eqi -- "$pattern" "$work/said" || { echo "does not say: $pattern"; return 1; }
	nothing_left
}

nothing_left()
{
	not xdp_attached || { echo "an XDP program is attached"; return 1; }
	[ -z "$(ls -A "$run_dir" 2>/dev/null)" ] && return
	echo "left behind:"
	ls -lA "$run_dir"
	return 1
}

# valid WITHOUT [ARGUMENT…]: the options of a good command line, but for option WITHOUT.
valid()
{
	local -A option=([-i]=$server_if [-l]=$server_ip:443,tls [-r]=$root)
	local name

	option+=([--cert]=$cert [--key]=$key)

	for name in -i -l -r --cert --key; do
		[ "$name" = "$1" ] || arguments+=("$name" "${option[$name]}")
	done
}

# but OPTION VALUE DESCRIPTION PATTERN: a good command line with one thing wrong.
but()
{
	local -a arguments=()

	valid "$1"
	ok "$3" refused "${expected:-1}" "$4" "${arguments[@]}" "$1" "$2"
}

# without OPTION DESCRIPTION PATTERN: a command line that lacks something cannot be understood.
without()
{
	local -a arguments=()

	valid "$1"
	ok "$2" refused 2 "$3" "${arguments[@]}"
}

ok "a namespace pair" net_pair
root=$work/root
image_make "$work/image" 16 && loop_mount "$work/image" "$root" rw
echo hello >"$root/hello.txt"
cert_make
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/other.pem" 2>/dev/null
head -c 100 "$key" >"$work/broken.pem"
mkdir -p "$work/ramfs"
mount -t ramfs none "$work/ramfs" && undo umount "$work/ramfs"
echo hello >"$work/ramfs/hello.txt"

no_key()
{
	local -a arguments=()

	valid --key
	refused 1 'key .*: no private key' "${arguments[@]}"
}

but -i nosuch0 "an interface that is not there" nosuch0
without -i "no interface" '-i|interface'
without -l "no listener" '-l|listen'
without -r "nothing to serve" '-r DIR.*--store'
without --cert "a key and no certificate" 'cert'
ok "a certificate and no key, in its file neither" no_key
expected=2 but --nosuch 1 "an option that does not exist" 'nosuch'
expected=2 but --workers 0 "no workers" 'workers'
expected=2 but --workers 65 "more workers than there may be" 'workers'
but -l "$server_ip:0" "port 0" 'port'
but -l "$server_ip:65536" "port 65536" 'port'
but -l "$server_ip:x" "a port that is no number" 'port'
but -l "10.77.0.300:80" "an address that is none" '10\.77\.0\.300'
but -l "10.78.0.1:443,tls" "an address the interface does not have" '10\.78\.0\.1'
but -r "$work/nosuch" "a root that is not there" "$work/nosuch"
but -r "$root/hello.txt" "a root that is a file" 'hello\.txt.*directory'
but -r "$work/ramfs" "a root without O_DIRECT" 'ramfs.*O_DIRECT|O_DIRECT.*ramfs'
but --cert "$work/nosuch.pem" "a certificate that is not there" 'nosuch\.pem'
but --cert "$root/hello.txt" "a certificate that is none" 'hello\.txt'
but --key "$work/nosuch.pem" "a key that is not there" 'nosuch\.pem'
but --key "$work" "a key that cannot be read" "$work"
but --key "$work/broken.pem" "a key cut short" 'broken\.pem'
but --key "$work/other.pem" "a key of another certificate" 'match|belong'

# A program that is attached already stays, and the line names it.
other_program_named()
{
	local -a arguments=()

	valid ''
	refused_beside_other "${arguments[@]}"
}

refused_beside_other()
{
	in_server timeout 10 "$SLUICE" serve --run-dir "$run_dir" "$@" >"$work/said" 2>&1
	[ $? = 1 ] || { echo "exit status is not 1"; return 1; }
	cat "$work/said"
	[ "$(wc -l <"$work/said")" = 1 ] && grep -q "$other_name" "$work/said" && xdp_attached
}

# The smallest XDP program there is: XDP_PASS.
other_name=pass_all
cat >"$work/pass.c" <<-END
	__attribute__((section("xdp"))) int $other_name(void *packet) { return packet ? 2 : 2; }
	char license_text[] __attribute__((section("license"))) = "BSD";
END
clang -O2 -g -target bpf -c "$work/pass.c" -o "$work/pass.o"
ok "another program, attached by ip" \
	ip -n "$server_ns" link set "$server_if" xdp obj "$work/pass.o" sec xdp
ok "is left alone, and named" other_program_named
ip -n "$server_ns" link set "$server_if" xdp off

# The options these mistakes were made in are good ones.
ok "the same command line without a mistake serves" sluice_start
ok "and ends when told to" sluice_stop
ok "with nothing left behind" within 2 nothing_left
finish
