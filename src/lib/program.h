/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program.h - what the program lstar needs of a session besides lstar.h: a console of its own,
 * on which errors are printed where they happen, and what reads commands there.
 */
#ifndef LIB_PROGRAM_H
#define LIB_PROGRAM_H

#include "command/command.h"
#include "lstar.h"

/*
 * A session that prints to @con, which stays the caller's. @mode: CMD_... NULL: no memory.
 * lstar_command() of it prints what is wrong with a command, and its text is no diagnostics.
 */
struct lstar *lib_open(struct console *con, enum dbg_kind kind, unsigned mode);
/* Put the hypervisor under the kernel: what lstar_open_machine() does besides. */
int lib_machine_enter(struct lstar *s);
struct cmd *lib_commands(struct lstar *s);
struct dbg *lib_debugger(struct lstar *s);

#endif
