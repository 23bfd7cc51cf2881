/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/answer.h"

#include <errno.h>
#include <string.h>

#include "base/bug.h"
#include "base/mutant.h"
#include "http/request.h"
#include "http/response.h"
#include "http/target.h"
#include "serve/inbox.h"
#include "serve/pump.h"
#include "serve/state.h"
#include "tls/seal.h"

static const char index_name[] = "index.html";

/* What nobody has written to for so long grows no more. */
enum { GROWS_S = 60 };

/* The status that tells a client why a name could not be opened. */
static int status_of(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
	case -EXDEV: /* a symbolic link that leads out of the root */
	case -ELOOP:
		return 404;
	case -EACCES:
	case -EPERM:
	case -EINVAL: /* neither file nor directory */
		return 403;
	case -ENAMETOOLONG:
		return 414;
	case -EMFILE:
	case -ENFILE:
		return 503;
	default:
		return 500;
	}
}

static void count_status(struct sluice_worker_stats *stats, int status)
{
	stats->requests++;
	if (status < 300)
		stats->responses_2xx++;
	else if (status < 400)
		stats->responses_3xx++;
	else if (status < 500)
		stats->responses_4xx++;
	else
		stats->responses_5xx++;
}

/* TLS 1.2 has no KeyUpdate: the connection ends with this response. */
static bool has_worn_keys(const struct sl_session *session)
{
	return session->has_keys && session->server.format != SL_TLS13 &&
	       sl_tls_keys_worn(&session->server);
}

/* Queues head and body of response; takes over the reference to the object (SL_NONE: none). */
static void send_response(struct sl_worker *worker, struct sl_tcp_conn conn,
			  struct sl_response *response,
			  const struct sl_representation *representation, uint32_t object_idx,
			  bool head_only, const char *location)
{
	struct sl_session *session = sl_session_of(worker, conn);
	uint32_t chunk_idx, len_bytes;
	uint8_t *data = sl_outbox_chunk(worker, &chunk_idx);
	bool queued = data != NULL;

	if (worker->draining || has_worn_keys(session))
		response->keep_alive = false;
	if (queued) {
		len_bytes = sl_response_head(response, representation, head_only, location,
					     worker->wall_s, (char *)data, SL_CHUNK_PLAIN_BYTES);
		sl_outbox_add_chunk(worker, session, chunk_idx, len_bytes,
				    session->tls ? SL_TLS_APPLICATION_DATA : 0);
	}
	if (queued && response->has_body && response->len_bytes > 0) {
		queued = sl_outbox_add_file(worker, session, object_idx, response->off_bytes,
					    response->len_bytes - SL_MUTANT(BODY_SHORT));
		if (queued)
			object_idx = SL_NONE;
	}
	if (object_idx != SL_NONE)
		sl_content_put(worker->content, object_idx);
	count_status(worker->stats, response->status);
	if (!queued)
		sl_pump_abort(worker, conn); /* no memory for even a head */
	else if (!response->keep_alive)
		sl_session_close(worker, conn);
}

/* A body nobody asked for is not read, and what follows it is not looked for: the connection ends
 * with this answer. */
static void mind_body(const struct sl_request *request, struct sl_response *response)
{
	if (request && request->has_body)
		response->keep_alive = false;
}

/* request is NULL if there was none that could be parsed. */
static void refuse(struct sl_worker *worker, struct sl_tcp_conn conn,
		   const struct sl_request *request, int status, const char *location)
{
	bool head_only = request && request->method == SL_METHOD_HEAD;
	struct sl_response response;

	sl_response_refuse(request, status, &response);
	mind_body(request, &response);
	send_response(worker, conn, &response, NULL, SL_NONE, head_only, location);
}

/* Of a directory its index. False: the name is too long for that. */
static bool name_file(struct sl_target *target)
{
	if (!target->directory)
		return true;
	if (target->len_bytes + sizeof(index_name) + 1 > sizeof(target->path))
		return false;
	if (target->len_bytes > 0 && target->path[target->len_bytes - 1] != '/')
		target->path[target->len_bytes++] = '/';
	memcpy(target->path + target->len_bytes, index_name, sizeof(index_name));
	return true;
}

/* Where the names of the request's host are. */
static uint32_t place_of(const struct sl_worker *worker, const struct sl_request *request,
			 const struct sl_target *target)
{
	struct sl_slice host = target->authority.at ? target->authority : request->host;

	return sl_stores_place(worker->config->stores, host.at, host.len_bytes);
}

/* Looks up the request's target; the answer comes now or later. */
static void look_up(struct sl_worker *worker, struct sl_tcp_conn conn,
		    const struct sl_request *request, struct sl_target *target)
{
	uint32_t object_idx = SL_NONE;
	int error = -ENAMETOOLONG;

	if (name_file(target))
		error = sl_content_get(worker->content, place_of(worker, request, target),
				       target->path, conn.idx, false, worker->now_ns, &object_idx);
	if (error == -EINPROGRESS)
		sl_session_of(worker, conn)->waits_content = true;
	else
		sl_answer_found(worker, conn, error, object_idx);
}

/* What is asked for was not there when the file was looked at, up to a second ago. If it is one
 * that still grows, whoever asks may know better. True: it is looked at anew. */
static bool look_again(struct sl_worker *worker, struct sl_tcp_conn conn,
		       const struct sl_request *request, uint32_t object_idx)
{
	const struct sl_object *object = sl_content_object(worker->content, object_idx);
	struct sl_target target;
	uint32_t other_idx;
	int error = sl_target_parse(request->target, &target);

	BUG_ON(error);
	if (sl_content_is_news(worker->content, object_idx, worker->now_ns) ||
	    worker->wall_s - GROWS_S > object->mtime_s || !name_file(&target))
		return false;
	error = sl_content_get(worker->content, place_of(worker, request, &target), target.path,
			       conn.idx, true, worker->now_ns, &other_idx);
	if (error == 0)
		sl_content_put(worker->content, other_idx);
	sl_session_of(worker, conn)->waits_content = error == -EINPROGRESS;
	return error == -EINPROGRESS;
}

bool sl_answer_waits(const struct sl_worker *worker, const struct sl_session *session)
{
	return session->phase == SL_SESSION_OPEN && session->out_head_idx == SL_NONE &&
	       session->plain_bytes > 0 && !session->waits_content && sl_outbox_is_short(worker);
}

bool sl_answer_next(struct sl_worker *worker, struct sl_tcp_conn conn)
{
	struct sl_session *session = sl_session_of(worker, conn);
	struct sl_request request;
	struct sl_target target;
	int used, error;

	if (session->plain_bytes == 0 || session->waits_content)
		return false;
	if (sl_answer_waits(worker, session)) {
		worker->stats->answer_waits += !session->waits_pump;
		return false;
	}
	used = sl_request_parse((const char *)sl_inbox_of(worker, session), session->plain_bytes,
				&request);
	if (used == 0)
		return false;
	if (used < 0) {
		refuse(worker, conn, NULL, -used, NULL);
		return true;
	}
	error = request.method == SL_METHOD_OTHER ? -405 : sl_target_parse(request.target, &target);
	if (error) {
		refuse(worker, conn, &request, -error, NULL);
		sl_inbox_consume(worker, session, (uint32_t)used);
		return true;
	}
	look_up(worker, conn, &request, &target);
	return !session->waits_content;
}

/* 301 to the same name with a slash: relative links in the index would not work without. */
static void redirect(struct sl_worker *worker, struct sl_tcp_conn conn,
		     const struct sl_request *request)
{
	char location[SL_PATH_MAX_BYTES + 3];
	struct sl_target target;
	int error = sl_target_parse(request->target, &target);

	BUG_ON(error);
	location[0] = '/';
	memcpy(location + 1, target.path, target.len_bytes);
	memcpy(location + 1 + target.len_bytes, "/", 2);
	refuse(worker, conn, request, 301, location);
}

/* Takes over the reference. False: there is no answer yet. */
static bool send_object(struct sl_worker *worker, struct sl_tcp_conn conn,
			const struct sl_request *request, uint32_t object_idx)
{
	const struct sl_object *object = sl_content_object(worker->content, object_idx);
	struct sl_representation representation = {
		.size_bytes = object->size_bytes,
		.mtime_s = object->mtime_s,
		.mime = object->mime,
	};
	struct sl_response response = { 0 };

	_Static_assert(sizeof(representation.etag) == sizeof(object->etag), "one kind of ETag");
	memcpy(representation.etag, object->etag, sizeof(representation.etag));
	sl_response_decide(request, &representation, worker->wall_s, &response);
	if (response.beyond && look_again(worker, conn, request, object_idx)) {
		sl_content_put(worker->content, object_idx);
		return false;
	}
	mind_body(request, &response);
	send_response(worker, conn, &response, &representation, object_idx,
		      request->method == SL_METHOD_HEAD, NULL);
	return true;
}

void sl_answer_found(struct sl_worker *worker, struct sl_tcp_conn conn, int error,
		     uint32_t object_idx)
{
	struct sl_session *session = sl_session_of(worker, conn);
	struct sl_request request;
	int used;

	session->waits_content = false;
	if (sl_outbox_is_short(worker)) {
		if (error == 0)
			sl_content_put(worker->content, object_idx);
		return;
	}
	used = sl_request_parse((const char *)sl_inbox_of(worker, session), session->plain_bytes,
				&request);
	BUG_ON(used <= 0); /* it was whole when the look-up began */
	if (error == 0 && !send_object(worker, conn, &request, object_idx))
		return;
	if (error == -EISDIR)
		redirect(worker, conn, &request);
	else if (error < 0)
		refuse(worker, conn, &request, status_of(error), NULL);
	sl_inbox_consume(worker, session, (uint32_t)used);
}
