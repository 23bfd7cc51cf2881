# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by run, which has read lib.sh
#
# Debian's kernels, through apt with state folders of its own: the machine's sources, lists and
# packages stay as they are. Which kernel a suite has is what its linux-image-amd64 depends on.
# What was fetched is kept, outside of the build, until somebody says --update:
#
#	$vm_cache/SUITE/vmlinuz
#	$vm_cache/SUITE/lib/modules/RELEASE/…

vm_cache=${SL_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice-vm}
vm_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# suite_of KERNEL: where it comes from. 7.x is whatever is newest there.
suite_of()
{
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo bookworm-backports ;;
	7.x) echo trixie-backports ;;
	*) return 1 ;;
	esac
}

# Where this machine has its Debian from, or who starts this says that it has.
mirror()
{
	local uri=${SL_VM_MIRROR-}

	# shellcheck disable=SC2016 # apt's variables
	[ -n "$uri" ] ||
		uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
			'Origin: Debian' | grep -v -e security | head -n 1)
	[ -n "$uri" ] || {
		echo "apt has no source of Debian: apt-get update, or set SL_VM_MIRROR=URL" >&2
		return 1
	}
	echo "$uri"
}

# apt_of DIRECTORY COMMAND…: apt-get and apt-cache that know nothing but DIRECTORY.
apt_of()
{
	local dir=$1 tool=$2

	shift 2
	"$tool" -qq -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$dir/state" -o Dir::State::Status=/dev/null \
		-o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 "$@"
}

# kernel_packages DIRECTORY PACKAGE: it and what of the kernel it depends on: newer ones have the
# modules in a package of their own.
kernel_packages()
{
	local dependency

	echo "$2"
	for dependency in $(apt_of "$1" apt-cache depends --important "$2" |
		sed -nE 's/^ *Depends: (linux-(image|binary|modules)-.*)/\1/p'); do
		kernel_packages "$1" "$dependency"
	done
}

# kernel_fetch SUITE DIRECTORY
kernel_fetch()
{
	local suite=$1 dir=$2 deb packages uri

	uri=$(mirror) || return 1
	mkdir -p "$dir"/apt/{state/lists/partial,cache/archives/partial} "$dir/deb"
	echo "deb [signed-by=$vm_keyring] $uri $suite main" >"$dir/apt/sources.list"
	apt_of "$dir/apt" apt-get update || return 1
	packages=$(kernel_packages "$dir/apt" linux-image-amd64 | sort -u)
	# shellcheck disable=SC2086 # a list
	(cd "$dir/deb" && apt_of "$dir/apt" apt-get download $packages) || return 1
	for deb in "$dir"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dir" || return 1
	done
	rm -rf "$dir/apt" "$dir/deb"
	kernel_arrange "$dir" || { echo "$suite: no kernel in $packages"; return 1; }
}

# Newer packages have the modules below /usr, and the kernel among them.
kernel_arrange()
{
	[ -d "$1/lib/modules" ] || ln -s usr/lib "$1/lib"
	find "$1" -name 'vmlinuz*' -exec mv {} "$1/vmlinuz" \;
	[ -s "$1/vmlinuz" ] && depmod -b "$1" "$(release_in "$1")"
}

# release_in DIRECTORY: as uname -r will say there.
release_in()
{
	[ -s "$1/vmlinuz" ] && basename "$1"/lib/modules/*
}

# kernel_get KERNEL: sets $kernel_dir and $release. One script fetches, the others wait for it.
kernel_get()
{
	local suite lock

	suite=$(suite_of "$1") || return 1
	kernel_dir=$vm_cache/$suite
	mkdir -p "$vm_cache" || return 1
	exec {lock}>"$vm_cache/$suite.lock"
	flock "$lock"
	if [ "$vm_update" = yes ] || ! release_in "$kernel_dir" >/dev/null; then
		rm -rf "$kernel_dir.new"
		kernel_fetch "$suite" "$kernel_dir.new" && rm -rf "$kernel_dir" &&
			mv "$kernel_dir.new" "$kernel_dir" ||
			echo "cannot fetch the kernel of $suite"
	fi
	exec {lock}>&-
	release=$(release_in "$kernel_dir")
}

# at_least VERSION: is the kernel that, or later?
at_least()
{
	[ "$(printf '%s\n' "$1" "$release" | sort -V | head -n 1)" = "$1" ]
}
