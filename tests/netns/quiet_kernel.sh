#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel has no part in a download: its TCP counts no segment in the server's namespace, and the
# file's pages are not in its page cache. Both instruments are shown to work first.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

need ip ethtool openssl curl fincore python3 jq

# Segments that the kernel's TCP has received and sent in the server's namespace.
kernel_segments()
{
	in_server awk '$1 == "Tcp:" && ++line == 2 { print $11 + $12 }' /proc/net/snmp
}

cached_pages()
{
	fincore --noheadings --output PAGES "$root$big"
}

forget_pages()
{
	python3 - "$root$big" <<-'END'
	import os, sys
	fd = os.open(sys.argv[1], os.O_RDONLY)
	os.fsync(fd)
	os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
	END
	[ "$(cached_pages)" -eq 0 ]
}

# A connection to a port that nobody listens on costs two segments.
counter_moves()
{
	local before

	before=$(kernel_segments)
	in_client timeout 1 bash -c ": </dev/tcp/$server_ip/9" 2>/dev/null
	[ "$(kernel_segments)" -ge $((before + 2)) ]
}

pages_are_seen()
{
	head -c 1048576 "$root$big" >/dev/null
	[ "$(cached_pages)" -ge 256 ]
}

# Several looks while it runs, and one after it.
download()
{
	local pid

	fetch "$big" >"$work/fetch.out" 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		cached_pages >>"$work/pages"
		sleep 0.02
	done
	cached_pages >>"$work/pages"
	cat "$work/fetch.out"
	wait $pid
}

never_cached()
{
	sort "$work/pages" | uniq -c
	[ "$(wc -l <"$work/pages")" -ge 3 ] && [ "$(sort -u "$work/pages" | tr -d ' ')" = 0 ]
}

no_segments()
{
	echo "before $segments, after $(kernel_segments)"
	[ "$(kernel_segments)" = "$segments" ]
}

read_from_disk()
{
	[ "$(stat_of read_bytes)" -ge "$(stat -c %s "$root$big")" ]
}

ok "namespaces" net_pair
ok "media" media_mount
ok "certificate" cert_make
ok "the kernel's TCP counts what is its own" counter_moves
ok "cached pages are seen" pages_are_seen
ok "the server starts" sluice_start
ok "and are gone when dropped" forget_pages
segments=$(kernel_segments)
ok "a download of $big" download
ok "the kernel's TCP counted no segment meanwhile" no_segments
ok "no page of the file was ever cached" never_cached
ok "all of it was read from disk" read_from_disk
ok "the server ends" sluice_stop
finish
