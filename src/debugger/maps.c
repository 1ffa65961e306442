/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * maps.c - the memory of the session's maps.
 *
 * A map is made when the first script that uses it is compiled, and stays until the
 * session ends. Nothing here knows what is in one.
 */
#include <errno.h>
#include <stdlib.h>

#include "session.h"

/* Unused memory of a map is never touched, so it costs address space only. */
int dbg_maps_ready(struct dbg *d)
{
	u32 want = scr_env_nmaps(d->env);
	const char *name;

	for (u32 i = d->maps.nmaps; i < want; i++) {
		const struct eng_map_desc *desc = scr_env_map(d->env, i, &name);
		int err = d->home->map_add(d, i, desc, name);

		if (err)
			return err;
		d->maps.nmaps = i + 1;
	}
	return 0;
}

int dbg_map_add_here(struct dbg *d, u32 number, const struct eng_map_desc *desc, const char *name)
{
	struct eng_map **map = realloc(d->maps.map, (number + 1) * sizeof(struct eng_map *));
	void *mem = calloc(1, eng_map_size(desc, ENG_MAP_ENTRIES));

	if (map)
		d->maps.map = map;
	if (!map || !mem) {
		free(mem);
		return dbg_fail(d, -ENOMEM, "no memory for the map '.%s'", name);
	}
	map[number] = eng_map_init(mem, desc, ENG_MAP_ENTRIES);
	return 0;
}

void dbg_map_info_here(struct dbg *d, u32 number, u32 *used, u64 *refused)
{
	*used = d->maps.map[number]->n;
	*refused = d->maps.map[number]->refused;
}

void dbg_maps_free(struct dbg *d)
{
	for (u32 i = 0; d->maps.map && i < d->maps.nmaps; i++)
		free(d->maps.map[i]);
	free(d->maps.map);
}

const char *dbg_map_info(struct dbg *d, u32 i, u32 *used, u64 *refused)
{
	const char *name = NULL;

	if (i >= d->maps.nmaps || !scr_env_map(d->env, i, &name))
		return NULL;
	d->home->map_info(d, i, used, refused);
	return name;
}
