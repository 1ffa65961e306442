// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * debug.c - the debug registers, and the hook on the kernel's entry points that lives in them.
 *
 * While the hook is set, free breakpoints of the processor stand at LSTAR and CSTAR, and the
 * guest's accesses to all debug registers exit: it reads and writes values of its own, kept here.
 * The guest comes first: with all four in its use, the hook is blind until one is free again.
 * Host only. Must never let the guest see a breakpoint or a #DB that is not its own.
 */
#include <linux/percpu.h>
#include <asm/processor.h>
#include <asm/debugreg.h>
#include <asm/trapnr.h>

#include "svm.h"

#define OPCODE_READ_DR 0x21
#define OPCODE_WRITE_DR 0x23
#define ALL_DRS 0xffff
/* Bits that can be written: AMD64 volume 2, 13.1.1. */
#define DR6_WRITABLE 0xe00fULL
#define DR7_WRITABLE 0xffff23ffULL
#define DR7_ENABLE(n) (3ULL << (2 * (n))) /* L and G */
#define DR7_GLOBAL(n) (2ULL << (2 * (n)))
#define DR7_KIND(n) (0xfULL << (16 + 4 * (n))) /* R/W and LEN; 0: execution */

static void write_address(u32 n, u64 value)
{
	switch (n) {
	case 0:
		native_set_debugreg(0, value);
		break;
	case 1:
		native_set_debugreg(1, value);
		break;
	case 2:
		native_set_debugreg(2, value);
		break;
	default:
		native_set_debugreg(3, value);
	}
}

static u64 read_address(u32 n)
{
	switch (n) {
	case 0:
		return native_get_debugreg(0);
	case 1:
		return native_get_debugreg(1);
	case 2:
		return native_get_debugreg(2);
	default:
		return native_get_debugreg(3);
	}
}

/*
 * VMRUN loads DR7, but not DR0 to DR3. DR7 is written as well, because QEMU looks at breakpoints
 * only then; breakpoints are ignored while GIF is clear (15.17), and #VMEXIT turns them off.
 */
static void write_dr7(struct vmcb *v, u64 value)
{
	native_set_debugreg(7, value);
	v->dr7 = value;
	vmcb_dirty(v, CLEAN_DR);
}

/* The guest's breakpoints where it has them, ours where it has none, from DR3 down. */
static void place(struct hv_cpu *c)
{
	struct svm_cpu *s = svm_of(c);
	struct svm_debug *d = &s->debug;
	const u64 at[] = { svm_vmcb(c)->lstar, svm_vmcb(c)->cstar };
	u64 dr7 = d->dr7 & ~DR7_GD;
	u32 next = 0;

	d->ours = 0;
	for (u32 n = 4; n-- > 0;) {
		if (d->dr7 & DR7_ENABLE(n) || next == ARRAY_SIZE(at) || !at[next]) {
			write_address(n, d->dr[n]);
			continue;
		}
		write_address(n, at[next++]);
		dr7 = (dr7 & ~DR7_KIND(n)) | DR7_GLOBAL(n);
		d->ours |= BIT(n);
	}
	write_dr7(svm_vmcb(c), dr7);
	c->hook = LSM_HOOK_SET | (c->hook & LSM_HOOK_WAS_BLIND);
	if (next < ARRAY_SIZE(at) && at[next])
		c->hook |= LSM_HOOK_WAS_BLIND | (next ? LSM_HOOK_BLIND_32 : LSM_HOOK_BLIND);
}

void svm_hook(struct hv_cpu *c, bool on)
{
	struct svm_cpu *s = svm_of(c);
	struct svm_debug *d = &s->debug;
	struct vmcb *v = svm_vmcb(c);

	if (d->hooked == on)
		return;
	d->hooked = on;
	v->dr_read = v->dr_write = on ? ALL_DRS : 0;
	if (on) {
		for (u32 n = 0; n < 4; n++)
			d->dr[n] = read_address(n);
		d->dr6 = v->dr6;
		d->dr7 = v->dr7;
		v->exceptions |= BIT(X86_TRAP_DB);
		place(c);
	} else {
		c->hook = 0;
		v->exceptions &= ~BIT(X86_TRAP_DB);
		for (u32 n = 0; n < 4; n++)
			write_address(n, d->dr[n]);
		v->dr6 = d->dr6;
		write_dr7(v, d->dr7);
	}
	vmcb_dirty(v, CLEAN_INTERCEPTS | CLEAN_DR);
}

u64 svm_dr_read(struct hv_cpu *c, u32 n)
{
	struct svm_cpu *s = svm_of(c);
	struct svm_debug *d = &s->debug;

	if (n < 4)
		return d->hooked ? d->dr[n] : read_address(n);
	if (n == 6)
		return svm_vmcb(c)->dr6;
	return d->hooked ? d->dr7 : svm_vmcb(c)->dr7;
}

void svm_dr_write(struct hv_cpu *c, u32 n, u64 value)
{
	struct svm_cpu *s = svm_of(c);
	struct svm_debug *d = &s->debug;

	if (n == 6) {
		svm_vmcb(c)->dr6 = d->dr6 = (value & DR6_WRITABLE) | DR6_RESERVED;
		vmcb_dirty(svm_vmcb(c), CLEAN_DR);
		return;
	}
	if (n == 7)
		value = (value & DR7_WRITABLE) | DR7_FIXED;
	if (!d->hooked) {
		if (n < 4)
			write_address(n, value);
		else
			write_dr7(svm_vmcb(c), value);
		return;
	}
	if (n < 4)
		d->dr[n] = value;
	else
		d->dr7 = value;
	place(c);
}

static void raise(struct hv_cpu *c, u64 dr6)
{
	struct svm_cpu *s = svm_of(c);

	svm_vmcb(c)->dr6 = s->debug.dr6 = dr6;
	vmcb_dirty(svm_vmcb(c), CLEAN_DR);
	svm_inject(c, X86_TRAP_DB, false, 0);
}

void svm_exit_db(struct hv_cpu *c)
{
	struct svm_cpu *s = svm_of(c);
	struct svm_debug *d = &s->debug;
	struct vmcb *v = svm_vmcb(c);
	u64 rip = c->ctx.reg[ENG_RIP];
	u64 hit = v->dr6 & d->ours;

	/*
	 * DR6 may name a breakpoint of ours beside what the #DB is about (13.1.1): the place
	 * decides.
	 */
	if (!hit || v->cpl || (rip != v->lstar && rip != v->cstar)) {
		raise(c, v->dr6 & ~(u64)d->ours);
		return;
	}
	v->dr6 = d->dr6;
	vmcb_dirty(v, CLEAN_DR);
	/* the instruction itself, next time */
	c->ctx.reg[ENG_RFLAGS] |= X86_EFLAGS_RF;
	svm_entry(c);
}

/* The general register of a MOV of @len bytes: its last one says which, with REX before the opcode. */
static bool mov_register(struct hv_cpu *c, u32 len, u32 *general)
{
	u8 b[16], rex = 0;

	if (hv_read(svm_vmcb(c)->cr3, c->ctx.reg[ENG_RIP], b, len) != len)
		return false;
	if (len > 3 && (b[len - 4] & 0xf0) == 0x40)
		rex = b[len - 4];
	*general = (b[len - 1] & 7) | (rex & 1) << 3;
	return true;
}

void svm_exit_dr(struct hv_cpu *c, u32 n, bool write)
{
	struct svm_cpu *s = svm_of(c);
	u64 *reg = c->ctx.reg;
	u32 general, len = hv_insn_length(c, write ? OPCODE_WRITE_DR : OPCODE_READ_DR, 1);

	if (!len || !mov_register(c, len, &general))
		return; /* changed meanwhile: execute what is there now */
	if (n > 7 || ((n == 4 || n == 5) && svm_vmcb(c)->cr4 & X86_CR4_DE)) {
		svm_inject(c, X86_TRAP_UD, false, 0);
		return;
	}
	if (n == 4 || n == 5)
		n += 2;
	if (s->debug.dr7 & DR7_GD) {
		s->debug.dr7 &= ~DR7_GD;
		raise(c, svm_vmcb(c)->dr6 | DR6_BD);
		return;
	}
	if (write && n >= 6 && reg[general] >> 32) {
		svm_inject(c, X86_TRAP_GP, true, 0);
		return;
	}
	c->exits[LSM_EXIT_DR]++;
	if (write)
		svm_dr_write(c, n, reg[general]);
	else
		reg[general] = svm_dr_read(c, n);
	hv_skip(c, len);
}
