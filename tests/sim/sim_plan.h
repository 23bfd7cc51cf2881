/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plan: everything that a run will be, drawn from its seed before it begins: world, paths, files,
 * who visits and how, who attacks, what goes wrong and when. A scenario is a function that fills
 * it.
 */
#ifndef SL_TESTS_SIM_PLAN_H
#define SL_TESTS_SIM_PLAN_H

#include "sim_world.h"

#define SL_SIM_NEVER UINT64_MAX

enum {
	SL_SIM_PLAN_FILES = 16,
	SL_SIM_PLAN_ATTACKS = 16,
	SL_SIM_PLAN_MISHAPS = 32,
	SL_SIM_VERSIONS_MAX = 8,
};

struct sl_sim_version {
	uint64_t at_ns, seed, size_bytes;
};

struct sl_sim_file {
	char name[16];
	uint64_t seed, size_bytes; /* as it is in the beginning */
	/* What it becomes: behind one of the same seed it has grown, behind another it has been
	 * replaced by rename. None is shorter than it was in the beginning. */
	struct sl_sim_version versions[SL_SIM_VERSIONS_MAX];
	uint32_t version_cnt; /* 1 at least: the first is how it begins */
};

/* What a client does besides acknowledging that a stack of good faith would not. */
enum sl_sim_mischief {
	SL_SIM_HONEST,
	SL_SIM_OPTIMIST, /* acknowledges what was sent, or not even sent, before it came */
	SL_SIM_DIVIDER,  /* one ACK for every few bytes */
	SL_SIM_LIAR,     /* SACK blocks of what it has not */
	SL_SIM_MISCHIEFS,
};

enum sl_sim_goodbye {
	SL_SIM_LEAVE_CLOSES, /* FIN when all answers are there */
	SL_SIM_LEAVE_ASKED,  /* the last request says Connection: close */
	SL_SIM_LEAVE_HALF,   /* FIN right behind the last request */
	SL_SIM_LEAVE_RESETS, /* RST instead of FIN */
	SL_SIM_LEAVE_STAYS,  /* says nothing; the server closes */
	SL_SIM_GOODBYES,
};

struct sl_sim_visit {
	struct sl_sim_client_options client;
	uint64_t start_ns;
	uint32_t request_cnt, pipeline_cnt; /* asked for one behind the other without waiting */
	uint32_t again_cnt;                /* comes back so often, from the same address and port */
	uint64_t think_ns;                 /* between an answer and the next request */
	uint64_t range_max_bytes;          /* asks for no more at once; 0: for whole files */
	uint64_t read_rate_bytes_s;        /* 0: reads at once */
	uint64_t pause_at_bytes, pause_ns; /* then reads nothing for so long */
	uint64_t vanish_at_bytes, reset_at_bytes, renege_each_bytes; /* 0: never */
	enum sl_sim_mischief mischief;
	enum sl_sim_goodbye goodbye;
	bool lenient; /* need not get what it asked for */
	uint64_t dice;
};

enum sl_sim_attack_kind {
	SL_SIM_BLIND_RST,  /* anywhere in the window but the one number that counts */
	SL_SIM_BLIND_SYN,  /* in the window */
	SL_SIM_BLIND_DATA, /* in the window, its ACK of what was never sent */
	SL_SIM_BLIND_ACK,  /* numbers at random */
	SL_SIM_SYN_FLOOD,  /* from addresses that do not answer */
	SL_SIM_GARBAGE,    /* valid packets with bytes changed */
	SL_SIM_ATTACKS,
};

struct sl_sim_attack {
	enum sl_sim_attack_kind kind;
	uint64_t start_ns, each_ns;
	uint32_t packet_cnt, path_idx;
	uint64_t dice;
};

enum sl_sim_mishap_kind {
	SL_SIM_READ_ERROR, /* value: how many reads */
	SL_SIM_OPEN_ERROR,
	SL_SIM_SHORT_READS,
	SL_SIM_OVERWRITE, /* value: from where on */
	SL_SIM_CUT,       /* value: where it ends */
	SL_SIM_VERSION,   /* value: which one comes now */
	SL_SIM_STALL,     /* value: for how long the disk answers nothing */
	SL_SIM_DRAIN,     /* SIGTERM */
	SL_SIM_MISHAPS,
};

struct sl_sim_mishap {
	enum sl_sim_mishap_kind kind;
	uint64_t at_ns, value;
	uint32_t file_idx;
};

struct sl_sim_plan {
	const char *scenario;
	uint64_t dice;
	struct sl_sim_world_options world;
	struct sl_sim_path_config *paths; /* path_cnt of them */
	uint32_t path_cnt;
	struct sl_sim_file files[SL_SIM_PLAN_FILES];
	uint32_t file_cnt;
	struct sl_sim_disk_options disk;
	struct sl_sim_visit *visits;
	uint32_t visit_cnt;
	struct sl_sim_attack attacks[SL_SIM_PLAN_ATTACKS];
	uint32_t attack_cnt;
	struct sl_sim_mishap mishaps[SL_SIM_PLAN_MISHAPS];
	uint32_t mishap_cnt;
	uint32_t wrap_bytes;  /* of the first visit, within which the worker's numbers wrap */
	bool faults;          /* the server may have to reset: disk errors, changing files */
	uint64_t patience_ns; /* honest clients get something in so long */
	uint64_t until_ns;    /* all is over by then */
};

/* Scenarios by number, for --list and for the seed's choice; NULL behind the last. */
const char *sl_sim_scenario_name(uint32_t number);
const char *sl_sim_scenario_about(uint32_t number);

/* name NULL: the seed chooses. False if there is none of that name. */
bool sl_sim_plan_open(struct sl_sim_plan *plan, uint64_t seed, const char *name);
void sl_sim_plan_close(struct sl_sim_plan *plan);

#endif
