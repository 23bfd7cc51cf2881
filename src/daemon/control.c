/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/control.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

/* A client that neither writes nor reads for so long is not there, and others wait. */
#define PATIENCE_NS (3 * SL_NS_PER_S)

#define PAUSE_NS (100 * SL_NS_PER_MS)

enum {
	BACKLOG = 16,
	ANSWER_BYTES = SL_LISTING_STEP_BYTES + 64, /* "ok" and the dot */
};

/* ---- The socket ---------------------------------------------------------------------- */

/* A path in an address has 108 bytes at most; a run directory may be further down. */
static int bind_below(int fd, int dir_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir_fd,
		 SL_CONTROL_FILE);
	return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

/* The mode is the socket's before it has a name: at no moment may others connect. */
static int open_socket(struct sl_control *control)
{
	control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listen_fd < 0)
		return -errno;
	unlinkat(control->dir_fd, SL_CONTROL_FILE, 0);
	if (fchmod(control->listen_fd, 0600) < 0 ||
	    bind_below(control->listen_fd, control->dir_fd) < 0 ||
	    listen(control->listen_fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

static int open_answer(struct sl_control *control)
{
	control->answer_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (control->answer_fd < 0)
		return -errno;
	control->answer = sl_alloc(1, ANSWER_BYTES);
	if (!control->answer)
		return -ENOMEM;
	control->out = fmemopen(control->answer, ANSWER_BYTES, "w");
	return control->out ? 0 : -ENOMEM;
}

int sl_control_open(struct sl_control *control, const char *run_dir, int dir_fd,
		    struct sl_worker *const *workers, uint32_t worker_cnt)
{
	int error;

	*control = (struct sl_control){
		.dir_fd = dir_fd,
		.listen_fd = -1,
		.answer_fd = -1,
		.client_fd = -1,
		.workers = workers,
		.worker_cnt = worker_cnt,
	};
	error = open_answer(control);
	if (error == 0)
		error = open_socket(control);
	if (error < 0) {
		sl_error("%s/%s cannot be made: %s; --run-dir names another directory", run_dir,
			 SL_CONTROL_FILE, strerror(-error));
		sl_control_close(control);
	}
	return error;
}

void sl_control_close(struct sl_control *control)
{
	if (control->workers == NULL)
		return;
	if (control->client_fd >= 0)
		close(control->client_fd);
	if (control->listen_fd >= 0) {
		unlinkat(control->dir_fd, SL_CONTROL_FILE, 0);
		close(control->listen_fd);
	}
	if (control->answer_fd >= 0)
		close(control->answer_fd);
	if (control->out)
		fclose(control->out);
	sl_free(control->answer);
	*control = (struct sl_control){ 0 };
}

/* ---- The answer ---------------------------------------------------------------------- */

static void start_part(struct sl_control *control)
{
	rewind(control->out);
	control->sent_bytes = 0;
}

static void end_part(struct sl_control *control)
{
	fflush(control->out);
	control->answer_bytes = (uint32_t)ftell(control->out);
	control->state = SL_CONTROL_SENDING;
}

static void refuse(struct sl_control *control, const char *why)
{
	start_part(control);
	fprintf(control->out, "error %s\n", why);
	control->last = true;
	end_part(control);
}

/* The line's first word is the command, the rest is its arguments. */
static void take_request(struct sl_control *control)
{
	char *arguments = control->line + strcspn(control->line, " ");
	const char *problem;

	if (*arguments)
		*arguments++ = '\0';
	if (strcmp(control->line, "connections") != 0) {
		refuse(control, "there is no such command");
		return;
	}
	problem =
	    sl_listing_begin(&control->listing, control->workers, control->worker_cnt, arguments);
	if (problem) {
		refuse(control, problem);
		return;
	}
	start_part(control);
	fputs("ok\n", control->out);
	end_part(control);
}

/* ---- The client ---------------------------------------------------------------------- */

/* Each of these returns true if it got on, and may be followed by the next at once. */

static bool drop(struct sl_control *control)
{
	close(control->client_fd);
	control->client_fd = -1;
	control->state = SL_CONTROL_IDLE;
	return true;
}

static bool accept_one(struct sl_control *control)
{
	if (control->now_ns < control->pause_ns)
		return false;
	control->client_fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (control->client_fd < 0) {
		/* Out of descriptors, say: it goes on waiting, and poll would not. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			control->pause_ns = control->now_ns + PAUSE_NS;
		return false;
	}
	control->line_bytes = 0;
	control->last = false;
	control->state = SL_CONTROL_READING;
	return true;
}

static bool read_some(struct sl_control *control)
{
	ssize_t got_bytes = recv(control->client_fd, control->line + control->line_bytes,
				 sizeof(control->line) - control->line_bytes, 0);
	char *end;

	if (got_bytes < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got_bytes <= 0)
		return drop(control);
	control->line_bytes += (uint32_t)got_bytes;
	end = memchr(control->line, '\n', control->line_bytes);
	if (end) {
		*end = '\0';
		take_request(control);
	} else if (control->line_bytes == sizeof(control->line)) {
		refuse(control, "the line is too long");
	}
	return true;
}

static bool make_some(struct sl_control *control)
{
	enum sl_listing_step step;

	start_part(control);
	step = sl_listing_more(&control->listing, control->out, control->answer_fd);
	if (step == SL_LISTING_WAIT)
		return false;
	if (step == SL_LISTING_DONE) {
		fputs(".\n", control->out);
		control->last = true;
	}
	end_part(control);
	return true;
}

static bool send_some(struct sl_control *control)
{
	ssize_t put_bytes;

	if (control->sent_bytes == control->answer_bytes) {
		if (control->last)
			return drop(control);
		control->state = SL_CONTROL_MAKING;
		return true;
	}
	put_bytes = send(control->client_fd, control->answer + control->sent_bytes,
			 control->answer_bytes - control->sent_bytes, MSG_NOSIGNAL);
	if (put_bytes < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (put_bytes <= 0)
		return drop(control);
	control->sent_bytes += (uint32_t)put_bytes;
	return true;
}

static bool step(struct sl_control *control)
{
	switch (control->state) {
	case SL_CONTROL_IDLE:
		return accept_one(control);
	case SL_CONTROL_READING:
		return read_some(control);
	case SL_CONTROL_MAKING:
		return make_some(control);
	case SL_CONTROL_SENDING:
		return send_some(control);
	}
	return false;
}

static int left_ms(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns > now_ns ? (int)((until_ns - now_ns) / SL_NS_PER_MS) + 1 : 0;
}

int sl_control_fds(const struct sl_control *control, struct pollfd fds[SL_CONTROL_FDS],
		   uint64_t now_ns)
{
	fds[0] = (struct pollfd){ .fd = control->client_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = control->answer_fd, .events = POLLIN };
	switch (control->state) {
	case SL_CONTROL_IDLE:
		if (now_ns < control->pause_ns)
			return left_ms(control->pause_ns, now_ns);
		fds[0].fd = control->listen_fd;
		return -1;
	case SL_CONTROL_READING:
		break;
	case SL_CONTROL_MAKING: /* whatever the client does meanwhile, it is told in full */
		fds[0].fd = -1;
		break;
	case SL_CONTROL_SENDING:
		fds[0].events = POLLOUT;
		break;
	}
	return left_ms(control->deadline_ns, now_ns);
}

void sl_control_run(struct sl_control *control, uint64_t now_ns)
{
	uint64_t answer_cnt;
	ssize_t got = read(control->answer_fd, &answer_cnt, sizeof(answer_cnt));

	(void)got; /* whether there is one, the snapshot says */
	control->now_ns = now_ns;
	if (control->state != SL_CONTROL_IDLE && now_ns >= control->deadline_ns)
		drop(control);
	while (step(control))
		control->deadline_ns = now_ns + PATIENCE_NS;
}
