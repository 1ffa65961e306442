/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * env.c - what the scripts of a session share: globals, reserved words, the
 * target's abilities, the resolver of symbols.
 *
 * A global's slot never changes while its size stays the same. A compilation
 * that fails must leave no trace here.
 */
#include <stdlib.h>

#include "env.h"

static bool add_word(struct scr_env *env, const char *text, enum scr_tok kind, u64 id)
{
	u32 len = (u32)strlen(text), hash = scr_hash(text, len), i;

	for (i = hash & env->word_mask; env->words[i].text; i = (i + 1) & env->word_mask)
		if (!strcmp(env->words[i].text, text))
			return false; /* the first one counts: keyword, built-in, register */
	env->words[i] = (struct scr_word){ text, (u8)kind, len, hash, id };
	return true;
}

static bool build_words(struct scr_env *env)
{
	u32 size = 256;

	while (size < 2 * (SCR_NTOKS + ENG_NBUILTINS + eng_nabsent_names + eng_nreg_names))
		size *= 2;
	env->words = calloc(size, sizeof(*env->words));
	if (!env->words)
		return false;
	env->word_mask = size - 1;
#define X(id, text) add_word(env, text, K_##id, 0);
	SCR_KEYWORDS(X)
#undef X
	for (u32 i = 0; i < ENG_NBUILTINS; i++)
		add_word(env, eng_builtin_names[i].name, T_BUILTIN, i);
	for (u32 i = 0; i < eng_nabsent_names; i++)
		add_word(env, eng_absent_names[i].name, T_BUILTIN, ENG_NBUILTINS + i);
	for (u32 i = 0; i < eng_nreg_names; i++)
		add_word(env, eng_reg_names[i].name, T_REG, i);
	return true;
}

const struct scr_word *scr_env_word(const struct scr_env *env, const char *text, u32 len, u32 hash)
{
	const struct scr_word *w;

	for (u32 i = hash & env->word_mask; (w = &env->words[i])->text;
	     i = (i + 1) & env->word_mask)
		if (w->hash == hash && w->len == len && !memcmp(w->text, text, len))
			return w;
	return NULL;
}

struct scr_env *scr_env_new(u32 max_globals)
{
	struct scr_env *env = calloc(1, sizeof(*env));

	if (!env)
		return NULL;
	env->max_globals = max_globals;
	if (!build_words(env)) {
		free(env);
		return NULL;
	}
	return env;
}

void scr_env_free(struct scr_env *env)
{
	if (!env)
		return;
	for (u32 i = 0; i < env->nglobals; i++)
		free((char *)env->global[i].name);
	free(env->global);
	free(env->by_name);
	free(env->undo);
	free(env->words);
	scr_arena_free(&env->arena);
	free(env);
}

void scr_env_set_caps(struct scr_env *env, const struct eng_caps *caps)
{
	env->caps = caps;
}

void scr_env_set_symbols(struct scr_env *env, scr_symbol_fn fn, void *user)
{
	env->symbol = fn;
	env->symbol_user = user;
}

void scr_env_set_reader(struct scr_env *env, scr_read_fn fn, void *user)
{
	env->read = fn;
	env->read_user = user;
}

u32 scr_env_nglobals(const struct scr_env *env)
{
	return env->nslots;
}

struct scr_global *scr_env_lookup(struct scr_env *env, const char *text, u32 len, u32 hash)
{
	if (!env->by_name)
		return NULL;
	for (u32 i = hash & env->name_mask; env->by_name[i] >= 0; i = (i + 1) & env->name_mask) {
		struct scr_global *g = &env->global[env->by_name[i]];

		if (g->hash == hash && strlen(g->name) == len && !memcmp(g->name, text, len))
			return g;
	}
	return NULL;
}

s32 scr_env_global(const struct scr_env *env, const char *name)
{
	size_t len = strlen(name);
	const struct scr_global *g =
		scr_env_lookup((struct scr_env *)env, name, (u32)len, scr_hash(name, len));

	return g ? (s32)g->slot : -1;
}

const char *scr_env_global_name(const struct scr_env *env, u32 slot)
{
	for (u32 i = 0; i < env->nglobals; i++)
		if (slot >= env->global[i].slot &&
		    slot < env->global[i].slot + env->global[i].nslots)
			return env->global[i].name;
	return NULL;
}

static void hash_in(struct scr_env *env, u32 index)
{
	u32 i = env->global[index].hash & env->name_mask;

	while (env->by_name[i] >= 0)
		i = (i + 1) & env->name_mask;
	env->by_name[i] = (s32)index;
}

/* Room for one more global, in the list and in its hash table. */
static bool reserve(struct scr_env *env)
{
	u32 cap = env->cap_globals ? env->cap_globals * 2 : 32;
	struct scr_global *global;
	s32 *by_name;

	if (env->nglobals < env->cap_globals)
		return true;
	global = realloc(env->global, cap * sizeof(*global));
	if (!global)
		return false;
	env->global = global;
	by_name = malloc(2 * cap * sizeof(*by_name));
	if (!by_name)
		return false;
	free(env->by_name);
	env->by_name = by_name;
	env->cap_globals = cap;
	env->name_mask = 2 * cap - 1;
	memset(by_name, 0xff, 2 * cap * sizeof(*by_name));
	for (u32 i = 0; i < env->nglobals; i++)
		hash_in(env, i);
	return true;
}

static u32 slots_of(const struct scr_type *t)
{
	return t->size <= 8 ? 1 : (t->size + 7) / 8;
}

enum scr_env_result scr_env_add(struct scr_env *env, const struct scr_name *name,
				const struct scr_type *type, const char *where)
{
	char *copy, *place = scr_arena_alloc(&env->arena, strlen(where) + 1);
	u32 nslots = slots_of(type);
	struct scr_global *g;

	if (nslots > env->max_globals - env->nslots)
		return SCR_ENV_FULL;
	type = scr_type_copy(&env->arena, type);
	copy = strdup(name->text);
	if (!type || !copy || !place || !reserve(env)) {
		free(copy);
		return SCR_ENV_NO_MEMORY;
	}
	strcpy(place, where);
	g = &env->global[env->nglobals];
	*g = (struct scr_global){ .name = copy,
				  .type = type,
				  .slot = env->nslots,
				  .nslots = nslots,
				  .hash = name->hash,
				  .where = place };
	env->nslots += nslots;
	hash_in(env, env->nglobals++);
	return SCR_ENV_OK;
}

enum scr_env_result scr_env_retype(struct scr_env *env, struct scr_global *g,
				   const struct scr_type *type)
{
	u32 nslots = slots_of(type);

	if (scr_type_same(g->type, type))
		return SCR_ENV_OK;
	if (nslots > g->nslots && nslots > env->max_globals - env->nslots)
		return SCR_ENV_FULL;
	if (env->nundo == env->cap_undo) {
		u32 cap = env->cap_undo ? env->cap_undo * 2 : 16;
		struct scr_global *undo = realloc(env->undo, cap * sizeof(*undo));

		if (!undo)
			return SCR_ENV_NO_MEMORY;
		env->undo = undo;
		env->cap_undo = cap;
	}
	type = scr_type_copy(&env->arena, type);
	if (!type)
		return SCR_ENV_NO_MEMORY;
	env->undo[env->nundo] = *g;
	env->undo[env->nundo++].hash = (u32)(g - env->global);
	g->type = type;
	if (nslots > g->nslots) {
		g->slot = env->nslots;
		g->nslots = nslots;
		env->nslots += nslots;
	}
	return SCR_ENV_OK;
}

enum scr_env_result scr_env_make_map(struct scr_env *env, struct scr_global *g,
				     const struct eng_map_desc *desc)
{
	struct scr_map *map = scr_arena_alloc(&env->arena, sizeof(*map));

	if (!map)
		return SCR_ENV_NO_MEMORY;
	if (env->nmaps == ENG_MAX_MAPS)
		return SCR_ENV_FULL;
	*map = (struct scr_map){ .desc = *desc, .index = env->nmaps++ };
	map->desc.name = 0;
	g->map = map;
	return SCR_ENV_OK;
}

u32 scr_env_nmaps(const struct scr_env *env)
{
	return env->nmaps;
}

const struct eng_map_desc *scr_env_map(const struct scr_env *env, u32 index, const char **name)
{
	for (u32 i = 0; i < env->nglobals; i++)
		if (env->global[i].map && env->global[i].map->index == index) {
			*name = env->global[i].name;
			return &env->global[i].map->desc;
		}
	return NULL;
}

void scr_env_commit(struct scr_env *env)
{
	env->nundo = 0;
}

void scr_env_rollback(struct scr_env *env, u32 nglobals, u32 nslots)
{
	while (env->nundo) {
		const struct scr_global *old = &env->undo[--env->nundo];
		struct scr_global *g = &env->global[old->hash];

		g->type = old->type;
		g->slot = old->slot;
		g->nslots = old->nslots;
	}
	while (env->nglobals > nglobals) {
		struct scr_global *g = &env->global[--env->nglobals];
		u32 i = g->hash & env->name_mask;

		/* Newest first: nothing was placed behind an entry because of it. */
		while (env->by_name[i] != (s32)env->nglobals)
			i = (i + 1) & env->name_mask;
		env->by_name[i] = -1;
		env->nmaps -= g->map != NULL;
		free((char *)g->name);
	}
	env->nslots = nslots;
}
