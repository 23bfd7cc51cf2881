#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# systemd-analyze has nothing to say about the unit, with the program where the unit says it is.
# The environment says where things are: srcdir and the build directory, which is this one.

set -eu

command -v systemd-analyze >/dev/null || {
	echo "systemd-analyze is missing (Debian package: systemd)"
	exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$(pwd)/sluice" "$work/bin/sluice"
sed -e "s|@bindir@|$work/bin|g" -e "s|@sysconfdir@|/etc|g" \
	"${srcdir:-.}/src/daemon/sluice.service.in" >"$work/sluice.service"

# verify UNIT: what systemd-analyze says of it, on standard output.
verify()
{
	systemd-analyze verify --man=no --recursive-errors=no "$1" 2>&1
}

said=$(verify "$work/sluice.service") || { echo "refused: $said"; exit 1; }
[ -z "$said" ] || { echo "not content: $said"; exit 1; }

# The installed one differs in the directories only, and none was forgotten.
if grep -n '@[a-z]*@' src/daemon/sluice.service; then
	echo "src/daemon/sluice.service: not substituted"
	exit 1
fi

# It would have noticed: a setting that does not exist, a program that is not there.
sed 's/^ProtectClock=/ProtectSundial=/' "$work/sluice.service" >"$work/setting.service"
sed 's|/bin/sluice|/bin/nosuch|' "$work/sluice.service" >"$work/program.service"
for bad in setting program; do
	said=$(verify "$work/$bad.service") && [ -z "$said" ] && {
		echo "$bad.service passes, so this test proves nothing"
		exit 1
	}
done
echo "systemd-analyze verify is content with sluice.service"
