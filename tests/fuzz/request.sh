#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Requests of all kinds, and more like them, through the parser and all that comes after it. Each
# goes in byte by byte as well, so they are fewer than other fuzzers'.
exec "${SL_BUILD_DIR:-build}/fuzz_request" -n "${MUTATIONS:-20000}" \
	"$(dirname "$0")/corpus/request"
