#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Can the simulation fail? Defects are planted one at a time (src/base/mutant.h), and each must be
# found within its seeds; without one, the same seeds pass.
set -u

program="${SL_BUILD_DIR:-build}/tests/sim/sluice-sim-mutants"
passed=0
failed=0

# count NAME OK REPORT
count()
{
	if [ "$2" = yes ]; then
		passed=$((passed + 1))
		echo "ok - $1: $3"
	else
		failed=$((failed + 1))
		echo "FAIL - $1: $3"
	fi
}

# clean SCENARIO SEEDS: nothing is found where nothing is planted.
clean()
{
	report=$("$program" --scenario "$1" --seeds "$2" | tail -n 1)
	case $report in
	*" 0 failed") count "$1, no mutant" yes "$report" ;;
	*) count "$1, no mutant" no "$report" ;;
	esac
}

# found MUTANT SCENARIO SEEDS
found()
{
	report=$("$program" --mutation "$1" --scenario "$2" --seeds "$3" --first | grep '^FAIL ')
	if [ -n "$report" ]; then
		count "$1" yes "${report#FAIL }"
	else
		count "$1" no "not found by $2, seeds $3"
	fi
}

for scenario in lossy readers requests attacked changing-files quitters live; do
	clean $scenario 1-10
done

found TAG_CHECK changing-files 1-40
found RECORD_NO calm 1-10
found RESEND_BYTES lossy 1-20
found SHORT_READ changing-files 1-40
found FRAME_LEAK reordered 1-40
found LONG_SEGMENTS lossy 1-20
found BUFFER_LEAK quitters 1-40
found BLOCK_TOO_SOON live 1-20
found SHARED_VERSION live 1-40
found CHUNK_LEAK calm 1-10
found SACK_OFF_BY_ONE lossy 1-40
found WRAP lossy 1-40
found PEER_WINDOW readers 1-20
found CWND lossy 1-40
found NO_PACING bottleneck 1-40
found NO_RTO lossy 1-40
found NO_PROBE readers 1-80
found BODY_SHORT calm 1-10
found RST_ANYWHERE attacked 1-40
found SYN_RESETS attacked 1-40
found ACK_UNSENT attacked 1-40
found WINDOW_SHRINKS requests 1-40
found HELD_LATE requests 1-40

echo "$passed passed, $failed failed"
[ $failed = 0 ]
