/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/control.h"
#include "daemon/serve_options.h"

static const char usage[] =
    "usage: sluice connections [OPTION]...\n"
    "\n"
    "      --json          print one line of JSON for each connection\n"
    "      --summary       print how many there are of each kind, and totals\n"
    "      --state STATE   only those in STATE: syn-recv, established, fin-wait-1,\n"
    "                      fin-wait-2, close-wait, closing or last-ack\n"
    "      --peer ADDRESS  only those with ADDRESS or ADDRESS:PORT\n"
    "      --run-dir DIR   the server's run directory (" SL_RUN_DIR_DEFAULT ")\n"
    "      --help          print this\n";

/* The server drops a client that stalls after three seconds, and the next is served: longer than
 * for a few of them nobody need wait. */
enum { PATIENCE_S = 15 };

struct connections_options {
	const char *run_dir;
	const char *state, *peer; /* NULL: any */
	bool json, summary, help;
};

enum { OPT_JSON = 256, OPT_SUMMARY, OPT_STATE, OPT_PEER, OPT_RUN_DIR, OPT_HELP };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "summary", no_argument, NULL, OPT_SUMMARY },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* ---- The command line ---------------------------------------------------------------- */

static bool take_option(struct connections_options *options, int opt, char **argv)
{
	struct sl_connection_filter filter;

	switch (opt) {
	case OPT_JSON:
		options->json = true;
		return true;
	case OPT_SUMMARY:
		options->summary = true;
		return true;
	case OPT_STATE:
		options->state = optarg;
		if (sl_connection_filter_state(&filter, optarg))
			return true;
		sl_error("--state %s: no such state; sluice connections --help lists them", optarg);
		return false;
	case OPT_PEER:
		options->peer = optarg;
		if (sl_connection_filter_peer(&filter, optarg))
			return true;
		sl_error("--peer %s: must be ADDRESS or ADDRESS:PORT, such as 192.0.2.1 or "
			 "[2001:db8::1]:50123",
			 optarg);
		return false;
	case OPT_RUN_DIR:
		options->run_dir = optarg;
		return true;
	case OPT_HELP:
		options->help = true;
		return true;
	case ':':
		sl_error("option %s needs a value", argv[optind - 1]);
		return false;
	default:
		sl_error("unknown option %s; sluice connections --help lists them",
			 argv[optind - 1]);
		return false;
	}
}

static bool parse(struct connections_options *options, int argc, char **argv)
{
	int opt;

	*options = (struct connections_options){ .run_dir = SL_RUN_DIR_DEFAULT };
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		if (!take_option(options, opt, argv))
			return false;
	}
	if (optind < argc) {
		sl_error("unexpected argument '%s'; sluice connections --help lists the options",
			 argv[optind]);
		return false;
	}
	if (options->json && options->summary) {
		sl_error("--json and --summary: one of them");
		return false;
	}
	return true;
}

/* ---- The server's end ---------------------------------------------------------------- */

static int complain(const char *run_dir, int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		sl_error("no server runs in %s: start one with sluice serve, or name its directory "
			 "with --run-dir",
			 run_dir);
		break;
	case -EACCES:
		sl_error("%s/%s: only root and the user that the server runs as may ask", run_dir,
			 SL_CONTROL_FILE);
		break;
	default:
		sl_error("%s/%s cannot be reached: %s", run_dir, SL_CONTROL_FILE, strerror(-error));
		break;
	}
	return error;
}

/* By way of the directory's descriptor: see control.c. */
static int connect_below(int fd, const char *run_dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int dir_fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = 0;

	if (dir_fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir_fd,
		 SL_CONTROL_FILE);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = -errno;
	close(dir_fd);
	return error;
}

static int connect_server(const char *run_dir)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return complain(run_dir, -errno);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	error = connect_below(fd, run_dir);
	if (error == 0)
		return fd;
	close(fd);
	return complain(run_dir, error);
}

static bool ask(const struct connections_options *options, int fd)
{
	const char *shape = options->json ? "json" : options->summary ? "summary" : "text";
	char line[SL_CONTROL_LINE_BYTES];
	int line_bytes;

	line_bytes = snprintf(line, sizeof(line), "connections %s%s%s%s%s\n", shape,
			      options->state ? " state=" : "", options->state ? options->state : "",
			      options->peer ? " peer=" : "", options->peer ? options->peer : "");
	return send(fd, line, (size_t)line_bytes, MSG_NOSIGNAL) == line_bytes;
}

/* What the server says, as it says it: "ok", lines, a dot. */
static int print_answer(FILE *server, const char *run_dir)
{
	char line[SL_CONNECTION_TEXT_BYTES];

	if (!fgets(line, sizeof(line), server)) {
		sl_error("the server in %s does not answer", run_dir);
		return SL_EXIT_FAILURE;
	}
	if (strcmp(line, "ok\n") != 0) {
		line[strcspn(line, "\n")] = '\0';
		sl_error("the server in %s: %s: is it of another version?", run_dir, line);
		return SL_EXIT_FAILURE;
	}
	while (fgets(line, sizeof(line), server)) {
		if (strcmp(line, ".\n") == 0)
			return fflush(stdout) < 0 ? SL_EXIT_FAILURE : SL_EXIT_OK;
		fputs(line, stdout);
	}
	fflush(stdout);
	sl_error("the server in %s stopped in the middle: this is not all", run_dir);
	return SL_EXIT_FAILURE;
}

int sl_cmd_connections(int argc, char **argv)
{
	struct connections_options options;
	FILE *server;
	int fd, code;

	if (!parse(&options, argc, argv))
		return SL_EXIT_USAGE;
	if (options.help) {
		fputs(usage, stdout);
		return SL_EXIT_OK;
	}
	fd = connect_server(options.run_dir);
	if (fd < 0)
		return SL_EXIT_FAILURE;
	if (!ask(&options, fd)) {
		complain(options.run_dir, -errno);
		close(fd);
		return SL_EXIT_FAILURE;
	}
	server = fdopen(fd, "r");
	if (!server) {
		complain(options.run_dir, -errno);
		close(fd);
		return SL_EXIT_FAILURE;
	}
	code = print_answer(server, options.run_dir);
	fclose(server);
	return code;
}
