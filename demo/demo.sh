#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The demo: Sluice in a network namespace of its own, serving a sample from a file system image;
# this machine is its client. Called by ./bootstrap demo [--once].

. "$(dirname "$0")/../tests/netns/lib.sh"

need ip ethtool losetup openssl ffmpeg curl

# address_free A.B.C: no route but the default one touches A.B.C.0/30.
address_free()
{
	local prefix=$1

	[ -z "$(ip -4 route show table all match "$prefix.1" | grep -v default
		ip -4 route show table all root "$prefix.0/30")" ]
}

# The client's end of the veth stays in this namespace, so it needs a name and addresses that nobody
# here uses.
net_demo()
{
	local prefix=10.77.0 n

	for ((n = 0; n < 256; n++)); do
		prefix=10.77.$n
		address_free "$prefix" && break
	done
	server_ip=$prefix.1
	client_ip=$prefix.2
	listeners_of "$server_ip"
	client_if=sluice-$$
	in_client()
	{
		"$@"
	}
	ns_add "$server_ns" || return 1
	ip link add "$client_if" type veth peer name "$server_if" netns "$server_ns" || return 1
	undo ip link del "$client_if"
	ip -n "$server_ns" addr add "$server_ip/30" dev "$server_if"
	ip -n "$server_ns" link set "$server_if" up
	ip addr add "$client_ip/30" dev "$client_if"
	ip link set "$client_if" up
	offloads_set
}

setup()
{
	[ -s "$media_sums" ] || echo "Making the sample (a minute, the first time) …"
	media_mount || { echo "demo: cannot make or mount the sample $media_image" >&2; return 1; }
	net_demo || { echo "demo: cannot make a namespace with a veth pair" >&2; return 1; }
	cert_make "$server_ip" || { echo "demo: openssl made no certificate" >&2; return 1; }
	sluice_start || { echo "demo: the server did not start" >&2; return 1; }
}

# What a playlist names: segments and their initialization, as paths beside it.
hls_names()
{
	client_curl "https://$server_ip$1" |
		sed -nE 's/^#EXT.*URI="([^"]+)".*/\1/p; t; /^[^#]/p' | sort -u | sed "s|^|${1%/*}/|"
}

# The same of an MPD with segment templates by number.
dash_names()
{
	client_curl "https://$server_ip$1" | awk -v dir="${1%/*}" '
		function attribute(name) {
			if (!match($0, " " name "=\"[^\"]*\""))
				return ""
			return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
		}
		function emit(template, number) {
			gsub(/\$RepresentationID\$/, id, template)
			gsub(/\$Number%05d\$/, sprintf("%05d", number), template)
			print dir "/" template
		}
		/<Representation / { id = attribute("id") }
		/<SegmentTemplate / {
			number = attribute("startNumber")
			media = attribute("media")
			emit(attribute("initialization"), 0)
		}
		/<S / { for (i = 0; i <= attribute("r") + 0; i++) emit(media, number++) }'
}

once()
{
	local playlist name

	ok "HLS playlist /video/master.m3u8" fetch /video/master.m3u8
	for playlist in $(hls_names /video/master.m3u8); do
		ok "HLS playlist $playlist" fetch "$playlist"
		ok "$playlist names segments" test -n "$(hls_names "$playlist")"
		for name in $(hls_names "$playlist"); do
			ok "HLS $name" fetch "$name"
		done
	done
	ok "DASH manifest /video/manifest.mpd" fetch /video/manifest.mpd
	ok "/video/manifest.mpd names segments" test -n "$(dash_names /video/manifest.mpd)"
	for name in $(dash_names /video/manifest.mpd); do
		ok "DASH $name" fetch "$name"
	done
	ok "one file /video.mp4" fetch /video.mp4
	ok "1 GiB /big.bin" fetch /big.bin
}

stop()
{
	trap '' INT TERM HUP
	trap - EXIT
	exec 2>/dev/null # no word from the shell about who was ended
	[ -z "${watch_pid-}" ] || kill "$watch_pid" 2>/dev/null
	[ "$1" = 0 ] || tail -n 20 "$work/sluice.log" 2>/dev/null
	undo_all "$work"
	exit "$1"
}

stay()
{
	trap 'echo; stop 0' INT TERM HUP
	trap 'stop 1' EXIT
	cat <<-END

	Sluice serves 30 s of video and a 1 GiB file. Watch, or fetch, from this machine:

	    URL      https://$server_ip/video/master.m3u8    HLS; DASH is /video/manifest.mpd
	    ffplay   ffplay https://$server_ip/video/master.m3u8
	    curl     curl --cacert $cert -o /dev/null https://$server_ip/big.bin

	Ctrl-C ends it and leaves nothing behind.

	END
	in_server "$SLUICE" stats --run-dir "$run_dir" --watch &
	watch_pid=$!
	wait -n "$sluice_pid" "$watch_pid"
	kill -0 "$sluice_pid" 2>/dev/null && wait "$sluice_pid"
	echo "demo: the server ended" >&2
	stop 1
}

case ${1-} in
--once)
	setup || fail "the demo starts"
	[ $failed_cnt != 0 ] || once
	finish
	;;
*)
	trap 'stop 1' EXIT
	setup || stop 1
	stay
	;;
esac
