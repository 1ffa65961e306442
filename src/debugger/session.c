/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.c - making and ending a session, its settings and its failure texts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "debugger/session.h"
#include "symbols/symbols.h"

const struct dbg_setting_name dbg_setting_names[DBG_NSETTINGS] = {
#define X(id, name, kind, def, help) [DBG_SET_##id] = { name, kind, help, def },
	DBG_SETTINGS(X)
#undef X
};

struct dbg *dbg_new(struct console *con, enum dbg_kind kind)
{
	struct dbg *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->con = con;
	d->cpu = -1;
	for (int i = 0; i < DBG_NSETTINGS; i++)
		d->setting[i] = dbg_setting_names[i].def;
	d->outs = out_set_new();
	d->env = scr_env_new(DBG_MAX_GLOBALS);
	d->target = kind == DBG_MACHINE ? mach_target_new() : proc_target_new();
	d->vm = malloc(eng_vm_size());
	d->globals.slot = calloc(DBG_MAX_GLOBALS, sizeof(u64));
	d->globals.nslots = DBG_MAX_GLOBALS;
	if (!d->outs || !d->env || !d->target || !d->vm || !d->globals.slot) {
		dbg_free(d);
		return NULL;
	}
	d->home = d->target->ops->carry ? &dbg_home_carried : &dbg_home_here;
	scr_env_set_symbols(d->env, dbg_resolve, d);
	out_set_cancel(d->outs, &d->interrupted);
	scr_env_set_reader(d->env, dbg_read_include, d);
	scr_env_set_caps(d->env, d->target->ops->caps);
	eng_vm_init(d->vm, &dbg_host, &d->globals, d->setting[DBG_SET_BUDGET]);
	eng_vm_set_maps(d->vm, &d->maps);
	return d;
}

void dbg_free(struct dbg *d)
{
	if (!d)
		return;
	/* Debuggees first: nothing may fire any more while events go. */
	if (d->home)
		d->home->end(d);
	dbg_deliver(d);
	if (d->outs)
		dbg_settle_outputs(d);
	dbg_events_free(d);
	if (d->target)
		d->target->ops->free(d->target);
	sym_free(d->symbols);
	sym_cache_free(d->sym_cache);
	asm_guard_free(d->guard);
	dbg_tasks_free(d);
	dbg_handlers_free(d);
	dbg_maps_free(d);
	scr_env_free(d->env);
	out_set_free(d->outs);
	dbg_launches_free(d);
	free(d->root);
	free(d->breakpoint);
	free(d->globals.slot);
	free(d->vm);
	free(d->req);
	free(d);
}

void dbg_set_user(struct dbg *d, void *user)
{
	d->user = user;
}

void *dbg_user(const struct dbg *d)
{
	return d->user;
}

struct console *dbg_console(struct dbg *d)
{
	return d->con;
}

struct out_set *dbg_outputs(struct dbg *d)
{
	return d->outs;
}

struct scr_env *dbg_env(struct dbg *d)
{
	return d->env;
}

const char *dbg_error(const struct dbg *d)
{
	return d->error;
}

int dbg_fail(struct dbg *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->error, sizeof(d->error), fmt, ap);
	va_end(ap);
	return err;
}

int dbg_fail_target(struct dbg *d, int err)
{
	return dbg_fail(d, err, "%s", d->target->error);
}

u64 dbg_setting(const struct dbg *d, enum dbg_setting s)
{
	return d->setting[s];
}

int dbg_set(struct dbg *d, enum dbg_setting s, u64 value)
{
	int err = 0;

	if (value == 0 && !strcmp(dbg_setting_names[s].kind, "number"))
		return dbg_fail(d, -EINVAL, "the setting '%s' cannot be 0",
				dbg_setting_names[s].name);
	if (s == DBG_SET_BUDGET)
		err = d->home->budget(d, value);
	if (s == DBG_SET_SELF)
		err = dbg_machine_self(d, value);
	if (err)
		return err;
	d->setting[s] = value;
	switch (s) {
	case DBG_SET_SLOWSINK:
		out_set_policy(d->outs, value ? OUT_DROP : OUT_WAIT);
		break;
	case DBG_SET_CODETIME:
		if (d->guard)
			asm_guard_set_limit(d->guard, (unsigned)value);
		break;
	case DBG_SET_PLACEMENT:
		d->target->ops->placement(d->target, value);
		break;
	case DBG_SET_FILTER:
		d->target->ops->filter(d->target, value);
		break;
	default: /* read where it matters */
		break;
	}
	return 0;
}

void dbg_stats(const struct dbg *d, struct dbg_stats *st)
{
	*st = d->stats;
}

unsigned dbg_can(const struct dbg *d, unsigned what)
{
	return d->target->ops->can & what;
}

const char *dbg_target_name(const struct dbg *d)
{
	return d->target->ops->name;
}

char dbg_target_letter(const struct dbg *d)
{
	return d->target->ops->caps->letter;
}

void dbg_target_status(struct dbg *d, FILE *out)
{
	d->target->ops->status(d->target, out);
}
