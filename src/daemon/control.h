/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control: a socket in the run directory where the running server can be asked things. Only its own
 * user and root may. A request is one line, a command and its arguments; the answer is
 *
 *      ok                     or        error WHY
 *      LINE…
 *      .
 *
 * and then the end: without the dot the answer is not whole. There is one client at a time, others
 * wait in the socket's backlog; one that stalls is dropped. Never waits itself: the main thread
 * polls what sl_control_fds names, with the signals it must not miss. Main thread only.
 */
#ifndef SL_DAEMON_CONTROL_H
#define SL_DAEMON_CONTROL_H

#include <poll.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/listing.h"

#define SL_CONTROL_FILE "control"

enum {
	SL_CONTROL_FDS = 2,
	SL_CONTROL_LINE_BYTES = 256, /* of a request */
};

enum sl_control_state {
	SL_CONTROL_IDLE,
	SL_CONTROL_READING, /* the request */
	SL_CONTROL_MAKING,  /* the answer's next part */
	SL_CONTROL_SENDING,
};

struct sl_control {
	int dir_fd; /* the caller's */
	int listen_fd, answer_fd;
	struct sl_worker *const *workers;
	uint32_t worker_cnt;

	uint64_t now_ns;   /* of this run */
	uint64_t pause_ns; /* nobody is accepted before */

	enum sl_control_state state;
	int client_fd;
	uint64_t deadline_ns; /* of the client, for its next move */
	char line[SL_CONTROL_LINE_BYTES];
	uint32_t line_bytes;
	struct sl_listing listing;
	FILE *out; /* over answer */
	char *answer;
	uint32_t answer_bytes, sent_bytes;
	bool last; /* nothing follows what is in answer */
};

/* Takes RUN_DIR/control, mode 0600, run_dir being open as dir_fd and locked by this process: what a
 * killed server left there is removed. workers outlive the control. Setup only. Errors, with their
 * line in the log: -ENOMEM, -errno of socket, bind, listen and eventfd; then nothing is left
 * behind. */
int sl_control_open(struct sl_control *control, const char *run_dir, int dir_fd,
		    struct sl_worker *const *workers, uint32_t worker_cnt);

/* Removes the socket; the client, if there is one, sees the end. Does nothing to one that was never
 * opened. */
void sl_control_close(struct sl_control *control);

/* What to poll, and how long at most: -1, or milliseconds. */
int sl_control_fds(const struct sl_control *control, struct pollfd fds[SL_CONTROL_FDS],
		   uint64_t now_ns);

/* Goes on as far as that is possible without waiting. */
void sl_control_run(struct sl_control *control, uint64_t now_ns);

#endif
