# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by lib.sh, which sets $work and undo
#
# What there is to serve: a file system image, made once for a build and kept below it.
#
#	/video/manifest.mpd       DASH \  the same fMP4 segments, written by one muxing run
#	/video/master.m3u8        HLS  /
#	/video.mp4                the same 30 s in one file, index first
#	/big.bin                  1 GiB of pseudo-random bytes
#	/medium.bin               64 MiB of them
#
# SHA256SUMS lies beside the image, and is the last to be written: the image is complete when it is
# there.

: "${SL_MEDIA_DIR:=$SL_BUILD_DIR/demo-media}"
media_image=$SL_MEDIA_DIR/media.img
media_sums=$SL_MEDIA_DIR/SHA256SUMS

# What a download test downloads: everything takes many times as long under sanitizers.
if [ -n "${SL_LIGHT:-}" ]; then
	big=/medium.bin
else
	big=/big.bin
fi

# random_bytes CNT [OFFSET]: pseudo-random bytes that are the same everywhere: AES-CTR over nothing,
# with a fixed key. OFFSET is a multiple of 16; /big.bin has these bytes there.
random_bytes()
{
	head -c "$1" /dev/zero |
		openssl enc -aes-128-ctr -K "$(printf %032d 2)" \
			-iv "$(printf %032x $((${2:-0} / 16)))"
}

# 30 s of test picture and tone, encoded once, then written as DASH and HLS and as one file.
sample_make()
{
	local dir=$1 video=mpeg4

	ffmpeg -hide_banner -encoders 2>/dev/null | grep -q libx264 && video=libx264
	mkdir -p "$dir/video"
	ffmpeg -hide_banner -nostdin -loglevel error -y \
		-f lavfi -i testsrc2=size=1280x720:rate=25:duration=30 \
		-f lavfi -i sine=frequency=440:sample_rate=48000:duration=30 \
		-c:v "$video" -preset veryfast -b:v 2M -g 50 -keyint_min 50 -sc_threshold 0 \
		-pix_fmt yuv420p -c:a aac -b:a 96k -movflags +faststart "$dir/video.mp4" || return 1
	ffmpeg -hide_banner -nostdin -loglevel error -y -i "$dir/video.mp4" -map 0 -c copy \
		-f dash -seg_duration 4 -use_template 1 -use_timeline 1 \
		-adaptation_sets 'id=0,streams=v id=1,streams=a' \
		-hls_playlist 1 -hls_master_name master.m3u8 "$dir/video/manifest.mpd"
}

# loop_mount IMAGE DIRECTORY OPTIONS: with O_DIRECT all the way down to the image's file system,
# where that can do it. Both go when the script ends. Sets $loop.
loop_mount()
{
	loop=$(losetup --find --show --direct-io=on "$1" 2>/dev/null) ||
		loop=$(losetup --find --show "$1") || return 1
	undo loop_detach "$loop" "$1"
	mkdir -p "$2"
	mount -t ext4 -o "noatime,$3" "$loop" "$2" || return 1
	undo umount_soon "$2"
}

# Only if it is still ours: the number may have been given to somebody else meanwhile.
loop_detach()
{
	losetup --associated "$2" --noheadings --output NAME | grep -qx "$1" && losetup -d "$1"
}

# A server just ended may hold the directory for a moment more: its ring is torn down by the kernel.
umount_soon()
{
	within 5 umount "$1" 2>/dev/null || umount -l "$1"
}

# image_make FILE MEGABYTES
image_make()
{
	rm -f "$1"
	truncate -s "$2M" "$1" && mkfs.ext4 -q -m 0 -b 4096 "$1"
}

media_fill()
{
	local dir=$1

	sample_make "$dir" &&
		random_bytes $((1 << 30)) >"$dir/big.bin" &&
		head -c $((64 << 20)) "$dir/big.bin" >"$dir/medium.bin" &&
		(cd "$dir" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum) \
			>"$media_sums.new"
}

# Makes the image if it is not there yet; one script does, the others wait for it.
media_make()
{
	local dir=$SL_MEDIA_DIR/fill lock

	mkdir -p "$SL_MEDIA_DIR"
	exec {lock}>"$SL_MEDIA_DIR/lock"
	flock "$lock"
	if [ ! -s "$media_sums" ] || [ ! -s "$media_image" ]; then
		image_make "$media_image.new" 1400 &&
			loop_mount "$media_image.new" "$dir" rw && media_fill "$dir" &&
			umount_soon "$dir" && losetup -d "$loop" &&
			mv "$media_image.new" "$media_image" && mv "$media_sums.new" "$media_sums"
	fi
	exec {lock}>&-
	[ -s "$media_sums" ]
}

# Mounts the image read-only at $root.
media_mount()
{
	root=$work/root
	media_make && loop_mount "$media_image" "$root" ro
}

# sum_of PATH: the checksum it has in the image, PATH as in a URL.
sum_of()
{
	awk -v name="${1#/}" '$2 == name { print $1 }' "$media_sums"
}

# cert_make [IP…]: a self-signed certificate for the addresses (the server's, if none is given),
# with a key of $cert_kind: ec or rsa.
cert_kind=ec
cert_make()
{
	local names='' ip
	local -a kind=(ec -pkeyopt ec_paramgen_curve:P-256)

	[ $cert_kind = ec ] || kind=(rsa:2048)
	cert=$work/cert.pem
	key=$work/key.pem
	[ $# -gt 0 ] || set -- "$server_ip" "$server_ip6"
	for ip; do
		names+="${names:+,}IP:$ip"
	done
	openssl req -x509 -newkey "${kind[@]}" -nodes -days 30 \
		-subj /CN=sluice -addext "subjectAltName=$names" \
		-keyout "$key" -out "$cert" 2>/dev/null
}
