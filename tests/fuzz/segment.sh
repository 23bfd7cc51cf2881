#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Packets of all kinds, and many more like them, through the parser and back.
exec "${SL_BUILD_DIR:-build}/fuzz_segment" -n "${MUTATIONS:-200000}" \
	"$(dirname "$0")/corpus/segment"
