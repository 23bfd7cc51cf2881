/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants: defects planted on purpose, one at a time, to see that the simulation finds them. They
 * exist only in objects built for that (tests/sim/mutants.sh, -DSL_MUTANTS); everywhere else
 * SL_MUTANT is false and the compiler takes the line away.
 *
 * A mutant is one line where the defect would be, no more, and a row here.
 */
#ifndef SL_BASE_MUTANT_H
#define SL_BASE_MUTANT_H

#define SL_MUTANT_LIST(X)                                                          \
	X(TAG_CHECK, "a record is sent again whatever its tag")                    \
	X(RECORD_NO, "two records get one number")                                 \
	X(RESEND_BYTES, "lost bytes of a plain file are read one byte too early")  \
	X(SHORT_READ, "a short read is taken for a whole one")                     \
	X(FRAME_LEAK, "the frame of a packet that need not leave is not returned") \
	X(LONG_SEGMENTS, "a piece is cut into segments that are a byte too long")  \
	X(BUFFER_LEAK, "the buffer of a read for nobody is not returned")          \
	X(BLOCK_TOO_SOON, "a block is given back while others still want it")      \
	X(SHARED_VERSION, "what was read of a file is taken for its successor's")  \
	X(CHUNK_LEAK, "chunks of acknowledged heads are not returned")             \
	X(SACK_OFF_BY_ONE, "a SACK block ends one byte later")                     \
	X(WRAP, "sequence numbers wrap into the past")                             \
	X(PEER_WINDOW, "the peer's window is taken for larger than it is")         \
	X(CWND, "during recovery the congestion window does not bind")             \
	X(NO_PACING, "a window leaves at once")                                    \
	X(NO_RTO, "nothing is lost by timeout")                                    \
	X(NO_PROBE, "a closed window is not probed")                               \
	X(BODY_SHORT, "a body ends one byte early")                                \
	X(RST_ANYWHERE, "a reset is believed anywhere in the window")              \
	X(SYN_RESETS, "a SYN in the window ends the connection")                   \
	X(ACK_UNSENT, "an acknowledgement of what was never sent is believed")     \
	X(WINDOW_SHRINKS, "the offered window's right edge moves back")            \
	X(HELD_LATE, "what came out of order is shown one byte too late")

#ifdef SL_MUTANTS
#define SL_MUTANT_NUMBER(name, about) SL_MUTANT_##name,
enum { SL_MUTANT_NONE, SL_MUTANT_LIST(SL_MUTANT_NUMBER) SL_MUTANTS_END };
extern int sl_mutant; /* which is alive; tests/sim/sluice_sim.c has it */
#define SL_MUTANT(name) (sl_mutant == SL_MUTANT_##name)
#else
#define SL_MUTANT(name) 0
#endif

#endif
