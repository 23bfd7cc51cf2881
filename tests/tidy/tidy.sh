#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Tidiness: what neither compiler nor linker checks. Each rule prints where it is broken and counts
# as one test. Two rules have a list of known offenders, which may only get shorter.

set -u
shopt -s lastpipe # rule, at the end of a pipe, counts in this shell
export LC_ALL=C # bytes; the column count below knows UTF-8

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${SL_BUILD_DIR:-$top/build}
cd "$top" || exit 1

file_lines_max=800
function_lines_max=70
columns_max=100

passed_cnt=0
failed_cnt=0

# rule DESCRIPTION: passes if standard input, a list of offences, is empty.
rule()
{
	local offences

	offences=$(cat)
	if [ -z "$offences" ]; then
		passed_cnt=$((passed_cnt + 1))
		echo "ok - $1"
	else
		failed_cnt=$((failed_cnt + 1))
		echo "FAIL - $1"
		sed 's/^/    /' <<<"$offences"
	fi
}

c_files()
{
	find src include bpf tests -name '*.[ch]' ! -name '*.skel.h' 2>/dev/null | sort
}

scripts()
{
	echo bootstrap
	find demo tests -name '*.sh' | sort
	find tests/bench tests/vm -type f ! -name '*.*' | sort # what has a bare name
}

# code FILE…: "file:line:text" without comments and without what stands in quotes.
code()
{
	awk '
		BEGIN { start = "/\\*|//|\"([^\"\\\\]|\\\\.)*\"|\047([^\047\\\\]|\\\\.)+\047" }
		FNR == 1 { comment = 0 }
		{
			text = ""
			rest = $0
			while (rest != "") {
				if (comment) {
					end = index(rest, "*/")
					if (!end)
						break
					rest = substr(rest, end + 2)
					comment = 0
				} else if (match(rest, start)) {
					text = text substr(rest, 1, RSTART - 1)
					found = substr(rest, RSTART, RLENGTH)
					rest = substr(rest, RSTART + RLENGTH)
					if (found == "//")
						break
					if (found == "/*")
						comment = 1
					else
						text = text "\"\""
				} else {
					text = text rest
					break
				}
			}
			print FILENAME ":" FNR ":" text
		}' "$@"
}

# shellcheck disable=SC2046 # file names of ours have no blanks
code_of_tree=$(code $(c_files))

# ---- arrows --------------------------------------------------------------------------------------

# rooms_of ROOM: whose headers it may include.
rooms_of()
{
	case $1 in
	base) echo base ;;
	wire) echo wire base ;;
	nic | tcp) echo "$1" wire base ;;
	disk | store | tls | http) echo "$1" base ;;
	content) echo content disk store base ;;
	serve) echo serve content http tls tcp disk nic wire base ;;
	daemon) echo daemon serve store base ;;
	esac
}

# The daemon sets steering up, so it may see these three of nic, and opens stores while it has the
# privileges; nic loads the BPF program.
arrow_allowed()
{
	local room=$1 header=$2

	case " $(rooms_of "$room") sluice " in
	*" ${header%%/*} "*) return 0 ;;
	esac
	case $room:$header in
	daemon:content/stores.h | daemon:content/choice.h) return 0 ;;
	daemon:nic/steer.h | daemon:nic/nic.h | daemon:nic/hearing.h | nic:bpf/*) return 0 ;;
	esac
	return 1
}

arrows()
{
	local file line header

	grep -RnoE '^#[[:space:]]*include[[:space:]]+"[^"]+"' src --include='*.[ch]' |
		sed -E 's/:#.*"([^"]+)"/:\1/' | while IFS=: read -r file line header; do
		case $header in
		../*) echo "$file:$line: $header: name it from src/ on" ;;
		*/*)
			room=${file#src/}
			arrow_allowed "${room%%/*}" "$header" ||
				echo "$file:$line: ${room%%/*} may not include $header"
			;;
		esac
	done
}

# ---- lengths -------------------------------------------------------------------------------------

# ratchet LIST: reads "lines name" of what is too long and compares with the list.
ratchet()
{
	awk -v list="$1" '
		BEGIN {
			while ((getline line < list) > 0)
				if (line !~ /^#/ && split(line, field, " ") == 2)
					allowed[field[2]] = field[1]
		}
		{
			if (!($2 in allowed))
				print $2 ": " $1 " lines"
			else if ($1 + 0 > allowed[$2] + 0)
				print $2 ": has grown from " allowed[$2] " to " $1 " lines"
			else if ($1 + 0 < allowed[$2] + 0)
				print $2 ": has shrunk to " $1 " lines, well done; say so in " list
			seen[$2] = 1
		}
		END {
			for (name in allowed)
				if (!(name in seen))
					print name ": is short enough now, take it out of " list
		}'
}

long_files()
{
	{ c_files; scripts; } | xargs wc -l |
		awk -v max=$file_lines_max '$2 != "total" && $1 > max { print $1, $2 }'
}

# In kernel layout a function starts with a brace in column 0 and ends with one.
long_functions()
{
	awk -v max=$function_lines_max '
		{
			split($0, part, ":")
			text = substr($0, length(part[1]) + length(part[2]) + 3)
		}
		text ~ /^[a-z_].*\(/ { name = text; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
		text ~ /^\{/ { start = part[2] }
		text ~ /^\}/ && start {
			if (part[2] - start + 1 > max)
				print part[2] - start + 1, part[1] ":" name
			start = 0
		}' <<<"$code_of_tree"
}

wide_lines()
{
	# shellcheck disable=SC2046
	awk -v max=$columns_max '
		{
			line = $0
			gsub(/[\200-\277]/, "", line) # all but the first byte of a character
			width = 0
			cnt = split(line, part, "\t")
			for (i = 1; i < cnt; i++)
				width += length(part[i]) + 8 - (width + length(part[i])) % 8
			width += length(part[cnt])
			if (width > max)
				print FILENAME ":" FNR ": " width " columns"
		}' $(c_files) $(scripts)
}

# ---- calls that have their place -----------------------------------------------------------------

# banned NAMES EXCEPT REPLACEMENT: calls of NAMES (an alternation) in src and bpf, but for files
# that match EXCEPT.
banned()
{
	grep -E '^(src|bpf)/' <<<"$code_of_tree" | grep -vE "^($2):" |
		grep -E "(^|[^a-zA-Z0-9_>.])($1)[[:space:]]*\(" | sed "s|\$|    (instead: $3)|"
}

# ---- declarations --------------------------------------------------------------------------------

no_spdx()
{
	local file

	for file in $(c_files); do
		head -n 1 "$file" | grep -q SPDX-License-Identifier || echo "$file: line 1"
	done
	for file in $(scripts); do
		head -n 2 "$file" | grep -q SPDX-License-Identifier || echo "$file: line 1 or 2"
	done
}

no_guard()
{
	local file

	for file in $(c_files | grep '\.h$'); do
		grep -m 1 '^#' "$file" | grep -qE '^#ifndef [A-Z][A-Z0-9_]*_H$' || echo "$file"
	done
}

# Prototypes of sl_… functions in headers: what is left of them without preprocessor lines, bodies
# and line ends.
declared()
{
	# shellcheck disable=SC2046
	code $(c_files | grep '^src/.*\.h$') | cut -d: -f3- | awk '
		/^[ \t]*#/ || continued { continued = /\\$/; next }
		{ print }' | tr '\n' ' ' | sed -E ':a; s/\{[^{}]*\}/;/g; ta' | tr ';' '\n' |
		grep -vE '^[[:space:]]*(static|typedef)' | grep -E '\)[^()]*$|\)\)$' |
		grep -oE 'sl_[a-z0-9_]+[[:space:]]*\(' | tr -d ' \t(' | sort -u
}

defined()
{
	nm --defined-only --extern-only "$build"/lib*.a 2>/dev/null |
		awk 'NF == 3 { print $3 }' | sort -u
}

# Words that Makefile.am consists of: files, or directories that are distributed whole.
not_in_makefile()
{
	local file words

	words=$(tr -s ' \t=\\' '\n' <Makefile.am)
	for file in $(c_files) $(scripts); do
		grep -qxF -e "$file" -e "${file%/*}" <<<"$words" || echo "$file"
	done
}

# ---- the rules -----------------------------------------------------------------------------------

arrows | rule "rooms include only the rooms they may know"
long_files | ratchet tests/tidy/long_files | rule "files have at most $file_lines_max lines"
long_functions | ratchet tests/tidy/long_functions |
	rule "functions have at most $function_lines_max lines"
wide_lines | rule "lines have at most $columns_max columns"
banned 'strcpy|strcat|sprintf|vsprintf|gets|strncpy|strncat' none 'snprintf, memcpy with a length' |
	rule "no string function without a bound"
banned 'atoi|atol|atoll|atof|strtok' none 'strtoul and a check of the end, strtok_r' |
	rule "no parsing without errors"
banned 'malloc|calloc|realloc|reallocarray|strdup|free' 'src/base/alloc\.c|src/tls/heap\.c' \
	'sl_alloc, sl_free at setup; pools after it' | rule "memory comes from base/alloc.c"
banned 'clock_gettime|time|gettimeofday|clock' 'src/base/clock[a-z_]*\.c' \
	'now_ns, passed in; sl_clock_now_ns in the loop' | rule "time comes from base/clock.c"
banned 'getrandom|rand|random|srand|srandom|rand_r|arc4random|RAND_bytes' \
	'src/base/random[a-z_]*\.c' sl_random_fill | rule "randomness comes from base/random.c"
no_spdx | rule "every file names its licence"
grep -E ':[[:space:]]*typedef[[:space:]]+(struct|union|enum)' <<<"$code_of_tree" |
	rule "no typedefs of structs"
no_guard | rule "every header has a guard"
comm -23 <(declared) <(defined) | rule "what a header declares is defined in an archive"
defined | grep -vE '^(sl_|_)' | rule "external names start with sl_"
not_in_makefile | rule "every file is in Makefile.am"
if command -v clang-format >/dev/null; then
	# shellcheck disable=SC2046
	clang-format --dry-run -Werror $(c_files) 2>&1 | grep ': error:' |
		rule "clang-format has nothing to change"
	skipped=
else
	echo "SKIP - clang-format has nothing to change (not installed)"
	skipped=', 1 skipped'
fi

echo "$passed_cnt passed, $failed_cnt failed$skipped"
[ $failed_cnt = 0 ]
