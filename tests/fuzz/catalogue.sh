#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Catalogues of all kinds, and more like them, with right checksums, through all that opens a store.
exec "${SL_BUILD_DIR:-build}/fuzz_catalogue" -n "${MUTATIONS:-50000}" \
	"$(dirname "$0")/corpus/catalogue"
