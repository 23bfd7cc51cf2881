/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays transcripts against the stack:
 *
 *     run [--show] FILE…     --show prints every packet that leaves, as it would stand in a line
 */
#include <stdio.h>
#include <string.h>

#include "transcript.h"

int main(int argc, char **argv)
{
	int passed_cnt = 0, failed_cnt = 0, first = 1;
	bool show = argc > 1 && strcmp(argv[1], "--show") == 0;

	if (show)
		first++;
	for (int i = first; i < argc; i++) {
		if (sl_play_file(argv[i], show))
			passed_cnt++;
		else
			failed_cnt++;
	}
	printf("%d passed, %d failed\n", passed_cnt, failed_cnt);
	return failed_cnt || passed_cnt == 0;
}
