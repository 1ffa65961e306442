/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * env.h - how a compilation changes the session's globals, and takes it back.
 *
 * Private to src/script/.
 */
#ifndef SCRIPT_ENV_H
#define SCRIPT_ENV_H

#include "compiler.h"

enum scr_env_result { SCR_ENV_OK, SCR_ENV_FULL, SCR_ENV_NO_MEMORY };

/* @where: "FILE:LINE" of its first use; copied. */
enum scr_env_result scr_env_add(struct scr_env *env, const struct scr_name *name,
				const struct scr_type *type, const char *where);
enum scr_env_result scr_env_retype(struct scr_env *env, struct scr_global *g,
				   const struct scr_type *type);
/* The new global is a map. */
enum scr_env_result scr_env_make_map(struct scr_env *env, struct scr_global *g,
				     const struct eng_map_desc *desc);
/* The changes since the last commit stay, or go. */
void scr_env_commit(struct scr_env *env);
void scr_env_rollback(struct scr_env *env, u32 nglobals, u32 nslots);

#endif
