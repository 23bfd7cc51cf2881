#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The whole server in virtual time, under seeds SEEDS=FROM-TO: each draws its scenario. One that
# fails is run again, alone, by `tests/sim/sluice-sim --seed N`; with --pcap FILE its packets are
# kept for Wireshark.
set -eu

if [ -n "${SL_LIGHT:-}" ]; then
	seeds=${SEEDS:-1-60} # a build with sanitizers
else
	seeds=${SEEDS:-1-400}
fi
exec "${SL_BUILD_DIR:-build}/tests/sim/sluice-sim" --seeds "$seeds"
