# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # sourced by run
#
# A whole Debian, of this machine's release, in which Sluice is a service: installed as
# doc/service.md says, started by systemd, with the unit's privileges and no more.

debian_root=$work/debian

# What it consists of; the packages of Sluice's libraries among them.
debian_packages()
{
	local library

	echo systemd systemd-sysv udev iproute2 adduser
	for library in $(ldd "$SLUICE" | grep -oE '/[^ ]+'); do
		dpkg-query -S "$(realpath "$library")" "$library" 2>/dev/null | head -n 1
	done | cut -d : -f 1 | sort -u
}

# debian_get FILE: sets $debian_archive. Made once, and kept like the kernels are.
debian_get()
{
	local packages lock uri

	packages=$(debian_packages | xargs | tr ' ' ,)
	debian_archive=$vm_cache/$(. /etc/os-release && echo "$VERSION_CODENAME").tar
	mkdir -p "$vm_cache" || return 1
	exec {lock}>"$debian_archive.lock"
	flock "$lock"
	if [ "$vm_update" = yes ] ||
		[ "$(cat "$debian_archive.packages" 2>/dev/null)" != "$packages" ]; then
		rm -f "$debian_archive.packages"
		uri=$(mirror) &&
			mmdebstrap --quiet --variant=minbase --include="$packages" \
				"$(basename "$debian_archive" .tar)" "$debian_archive" "$uri" &&
			echo "$packages" >"$debian_archive.packages"
	fi
	exec {lock}>&-
	[ -s "$debian_archive.packages" ]
}

# Its network, something to serve, and commands from us; then Sluice.
debian_install()
{
	mkdir -p "$debian_root" && tar -C "$debian_root" -xf "$debian_archive" || return 1
	cat >"$debian_root/etc/systemd/network/10-eth0.link" <<-END
		[Match]
		OriginalName=eth0
		[Link]
		CombinedChannels=$device_queues
	END
	cat >"$debian_root/etc/systemd/network/eth0.network" <<-END
		[Match]
		Name=eth0
		[Network]
		Address=$server_ip/24
		Address=$server_ip6/64
		LinkLocalAddressing=no
		IPv6AcceptRA=no
	END
	cat >"$debian_root/etc/systemd/system/commands.service" <<-END
		[Service]
		ExecStart=/bin/sh /commands
		Restart=always
		[Install]
		WantedBy=multi-user.target
	END
	cp "$top/tests/vm/commands" "$debian_root/" && cp -r "$media" "$debian_root/srv/media" &&
		systemctl --quiet --root "$debian_root" enable systemd-networkd commands &&
		make -s -C "$SL_BUILD_DIR" install DESTDIR="$debian_root" &&
		cp "$cert" "$key" "$debian_root/root/"
}

debian_image_make()
{
	rm -f "$work/media.img"
	truncate -s 1G "$work/media.img" &&
		mke2fs -q -t ext4 -d "$debian_root" "$work/media.img"
	rm -rf "$debian_root"
}

# The steps of doc/service.md.
service_set_up()
{
	guest 'set -e
		adduser --system --group --quiet sluice
		environment=$(systemctl show -P EnvironmentFiles sluice | cut -d " " -f 1)
		install -D -m 644 $(find /usr -name environment.example) $environment
		install -d /etc/sluice
		install -m 644 /root/cert.pem /etc/sluice/
		install -m 640 -g sluice /root/key.pem /etc/sluice/
		cat $environment
		systemctl daemon-reload'
}

service_starts()
{
	guest 'systemctl enable --now sluice; journalctl -o cat -u sluice
		systemctl is-active sluice' 90
}

is_running()
{
	guest 'systemctl is-system-running --wait; systemctl --failed --no-pager' 120 |
		tee "$work/running"
	grep -qx running "$work/running"
}

# None of its threads has a capability, or can get one.
has_no_privileges()
{
	guest 'pid=$(systemctl show -P MainPID sluice)
		grep -hE "^Cap(Inh|Prm|Eff|Amb)" /proc/$pid/task/*/status | sort | uniq -c |
			tee /run/capabilities
		[ $(grep -c "[[:space:]]0000000000000000\$" /run/capabilities) = 4 ] &&
			[ $(wc -l </run/capabilities) = 4 ]'
}

reloads()
{
	guest 'systemctl reload sluice; journalctl -o cat -u sluice | tail -n 5'
	guest 'journalctl -o cat -u sluice | grep "are read again, and in force"'
}

starts_again()
{
	guest 'kill -9 $(systemctl show -P MainPID sluice)'
	within 60 gets_small && guest '[ $(systemctl show -P NRestarts sluice) = 1 ]'
}

service_stops()
{
	guest 'systemctl stop sluice; systemctl status --no-pager sluice
		[ $(systemctl show -P Result sluice) = success ] && ! systemctl is-active sluice &&
			! ip link show eth0 | grep xdp' 60
}

systemd_tests()
{
	ok "a Debian" debian_get || return
	ok "Sluice is installed there" debian_install || return
	ok "it is on a drive" debian_image_make
	ok "it boots" boots || return
	ok "all of it is running" is_running
	ok "the service is set up" service_set_up
	ok "it starts" service_starts || return
	granted zero-copy yes "$(yes_if zero_copies)"
	ok "$((object_bytes / mib)) MiB over TLS 1.3" gets_big
	ok "it has no privileges" has_no_privileges
	ok "it reads its certificates again" reloads
	ok "and serves" gets_small
	ok "it is started again when it was killed" starts_again
	ok "it stops" service_stops
	ok "nobody listens" not tcp_answers "$server_ip" 443
	ok "the machine stops" guest_stop
}
