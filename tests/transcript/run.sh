#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# All transcripts, or those given.
here=$(dirname "$0")
[ $# -gt 0 ] || set -- "$here"/tcp/*.pkt
exec "${SL_BUILD_DIR:-build}/tests/transcript/run" "$@"
