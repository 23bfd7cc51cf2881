#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Records of all kinds, and more like them, through open and control.
exec "${SL_BUILD_DIR:-build}/fuzz_record" -n "${MUTATIONS:-100000}" \
	"$(dirname "$0")/corpus/record"
