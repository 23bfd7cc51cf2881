# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
#
# `./bootstrap check`, which reads this file: every suite in every build, then one count. Logs stay
# in build*/; the summary shows the end of those that failed.

check_passed=0
check_failed=0
check_skipped=0
check_failures= # "name log" a line

count()
{
	check_passed=$((check_passed + $1))
	check_failed=$((check_failed + $2))
	check_skipped=$((check_skipped + $3))
}

failure() # NAME LOG
{
	check_failures="$check_failures$1 $2
"
}

# counts_of LOG: what a test says of itself, as "passed failed skipped": libcheck's percentages
# added up, or the last `N passed, N failed[, N skipped]`; nothing if it says neither.
counts_of()
{
	awk '
		/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
			gsub(/,/, "")
			failed += $5 + $7
			passed += $3 - $5 - $7
			seen = 1
		}
		/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
			last = $1 " " $3 " " $5 + 0
		}
		END {
			if (seen)
				print passed, failed, 0
			else if (last != "")
				print last
		}' "$1"
}

# test_counted NAME LOG RESULT: RESULT is automake's (PASS, FAIL, SKIP, ERROR). A test that fails
# counts as one failure at least, one that passes as one pass.
test_counted()
{
	# shellcheck disable=SC2046 # three numbers
	set -- "$1" "$2" "$3" $(counts_of "$2")
	case $3 in
	PASS) [ "${4:-0}" != 0 ] || set -- "$1" "$2" "$3" 1 0 "${6:-0}" ;;
	SKIP) [ "${6:-0}" != 0 ] || set -- "$1" "$2" "$3" 0 0 1 ;;
	*)
		[ "${5:-0}" != 0 ] || set -- "$1" "$2" "$3" "${4:-0}" 1 "${6:-0}"
		failure "$1" "$2"
		;;
	esac
	count "$4" "$5" "$6"
	[ "$6" = 0 ] || check_skips="${check_skips-}$1 $2
"
}

# step NAME LOG COMMAND…: one thing that succeeds or fails as a whole.
step()
{
	step_name=$1
	step_log=$2
	shift 2
	step_began=$(date +%s)
	if ("$@") >"$step_log" 2>&1; then
		count 1 0 0
		step_result=ok
	else
		count 0 1 0
		failure "$step_name" "$step_log"
		step_result=FAIL
	fi
	echo "$step_result - $step_name ($(($(date +%s) - step_began)) s)"
	[ $step_result = ok ]
}

# suite NAME DIRECTORY: make check there, each test counted by what it says.
suite()
{
	suite_began=$(date +%s)
	suite_before=$check_failed
	find "$2" -name '*.trs' -delete
	make_in "$2" -k check >"$2/check.log" 2>&1 || suite_status=$?
	suite_tests=0
	for trs in $(find "$2" -name '*.trs' | sort); do
		name=${trs#"$2"/}
		test_counted "$1: ${name%.trs}" "${trs%.trs}.log" \
			"$(sed -n 's/^:test-result: //p' "$trs" | head -n 1)"
		suite_tests=$((suite_tests + 1))
	done
	if [ "${suite_status:-0}" != 0 ] && [ $check_failed = "$suite_before" ]; then
		count 0 1 0
		failure "$1: make check" "$2/check.log"
	fi
	unset suite_status
	[ $check_failed = "$suite_before" ] && suite_result=ok || suite_result=FAIL
	echo "$suite_result - $1: $suite_tests test programs ($(($(date +%s) - suite_began)) s)"
}

build_with() # DIRECTORY CONFIGURE-ARGUMENT…
{
	configure_in "$@" && make_in "$1" all
}

# clang warns about other things; it compiles the tests, too, but does not run them again.
build_clang()
{
	configure_in build-clang CC=clang --enable-werror --enable-debug &&
		make_in build-clang check TESTS=
}

# What a distribution would do with the archive; its tests ran above.
distcheck()
{
	make_in build distcheck TESTS=
}

demo_once()
{
	demo/demo.sh --once >build/demo-once.log 2>&1 && result=PASS || result=FAIL
	test_counted "demo --once" build/demo-once.log $result
	[ $result = PASS ] && echo "ok - demo --once" || echo "FAIL - demo --once"
}

summary()
{
	printf '%s' "$check_failures" | while read -r line; do
		log=${line##* }
		printf '\n--- failed: %s, %s ends:\n' "${line% *}" "$log"
		tail -n 40 "$log" | cut -c 1-300
		# Of a parallel make the reason may be far from the end.
		grep -nE 'error:|warning:|undefined reference|\*\*\*' "$log" | head -n 10
	done
	printf '%s' "${check_skips-}" | while read -r line; do
		log=${line##* }
		printf '\n--- skipped in %s:\n' "${line% *}"
		grep -i skip "$log" | head -n 5
	done
	echo
	echo "$check_passed passed, $check_failed failed, $check_skipped skipped"
	[ $check_failed = 0 ] || return 1
	[ "${CI:-}" != true ] || [ $check_skipped = 0 ]
}

check()
{
	export SL_MEDIA_DIR="$top/build/demo-media"
	suite gcc build

	# gcc's sanitizers, invariant checks on; downloads are smaller here.
	if step "build with sanitizers" build/build-asan.log build_with build-asan \
		--enable-werror --enable-asan --enable-ubsan --enable-debug; then
		export SL_LIGHT=1
		suite sanitizers build-asan
		unset SL_LIGHT
	fi

	step "build with clang" build/build-clang.log build_clang || :
	step "make distcheck" build/distcheck.log distcheck || :
	SL_BUILD_DIR=$top/build
	export SL_BUILD_DIR
	demo_once
	summary
}
