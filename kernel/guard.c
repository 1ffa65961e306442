// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * guard.c - exceptions in the host: whether somebody expects one, and where it goes on then.
 * Must never hide one that nobody expected: the host is broken then and has to say so.
 */
#include <linux/slab.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "guard.h"
#include "walk.h"

#define AT(type, field, offset) \
	static_assert(offsetof(struct type, field) == (offset), "layout of " #field)
AT(hv_guard, rsp, GUARD_RSP);
AT(hv_guard, cs, GUARD_CS);
AT(hv_guard, ss, GUARD_SS);
AT(hv_cage_entry, rip, CAGE_ENTRY_RIP);
AT(hv_cage_entry, rsp, CAGE_ENTRY_RSP);
AT(hv_cage_entry, rcx, CAGE_ENTRY_RCX);
AT(hv_cage_entry, rdx, CAGE_ENTRY_RDX);
AT(hv_cage_entry, r8, CAGE_ENTRY_R8);

int hv_guard_alloc(struct hv_cpu *c)
{
	struct hv_guard *g;
	int node = cpu_to_node(c->cpu);
	int err;

	g = kzalloc_node(sizeof(*g), GFP_KERNEL, node);
	if (!g)
		return -ENOMEM;
	err = hv_cage_alloc(g, node);
	if (err) {
		kfree(g);
		return err;
	}
	c->guard = g;
	return 0;
}

size_t hv_guard_memory(void)
{
	return sizeof(struct hv_guard) + hv_cage_memory();
}

void hv_guard_free(struct hv_cpu *c)
{
	if (!c->guard)
		return;
	hv_cage_free(c->guard);
	kfree(c->guard);
	c->guard = NULL;
}

void hv_guard_refresh(struct hv_cpu *c)
{
	c->guard->host_cr3 = 0;
}

bool hv_try(struct hv_cpu *c, void (*fn)(void *arg), void *arg, struct hv_fault *fault)
{
	struct hv_guard *g = c->guard;
	bool returned;

	g->mode = GUARD_TRY;
	returned = hv_guard_call(g, fn, arg);
	g->mode = GUARD_OFF;
	if (!returned)
		*fault = g->fault;
	return returned;
}

bool hv_guard_exception(struct hv_cpu *c, struct hv_host_frame *f)
{
	struct hv_guard *g = c->guard;

	/*
	 * A breakpoint of the guest's. Processors ignore them while GIF is clear (AMD64 volume 2,
	 * 15.17), QEMU does not.
	 */
	if (f->vector == X86_TRAP_DB && !(f->cs & 3)) {
		f->rflags |= X86_EFLAGS_RF;
		return true;
	}
	if (walk_fixup(&f->rip))
		return true;
	if (!g || g->mode == GUARD_OFF)
		return false;
	g->fault.vector = f->vector;
	g->fault.error = f->error;
	g->fault.rip = f->rip;
	g->fault.addr = f->vector == X86_TRAP_PF ? native_read_cr2() : 0;
	if (g->mode == GUARD_CAGE) {
		/* In ring 0 only the IRETQ into the cage may fault, and it never does. */
		if (!(f->cs & 3))
			return false;
		hv_cage_exception(g, f);
		return true;
	}
	f->rip = (u64)hv_guard_recover;
	f->rsp = g->rsp;
	f->rflags = X86_EFLAGS_FIXED;
	return true;
}
