// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * load.c - scripts and events from user space: copied once, measured, verified.
 *
 * Nothing that it hands out can be changed from user space any more. It runs nothing.
 */
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "abi/abi.h"
#include "set.h"

#define ALL_FLAGS \
	(LSM_EV_ENABLED | LSM_EV_SC | LSM_EV_BY_RIP | LSM_EV_ENTRY | LSM_EV_BATCH | LSM_EV_OUTPUTS)

#define say(why, ...) snprintf(why, LSM_WHY, __VA_ARGS__)

bool load_charge(struct lsm_session *s, u64 bytes, char *why)
{
	if (bytes <= LSM_MAX_MEMORY - s->memory) {
		s->memory += bytes;
		return true;
	}
	say(why, "%llu bytes more than this session may have in the kernel (LSM_MAX_MEMORY, %u)",
	    bytes - (LSM_MAX_MEMORY - s->memory), LSM_MAX_MEMORY);
	return false;
}

/* Kernel memory with a copy of user memory; NULL and @err. */
static void *copy_in(u64 from, u64 size, int *err)
{
	void *p = kvmalloc(ALIGN(size, 8), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	*err = -ENOMEM;
	if (!p)
		return NULL;
	*err = -EFAULT;
	if (copy_from_user(p, u64_to_user_ptr(from), size)) {
		kvfree(p);
		return NULL;
	}
	*err = 0;
	return p;
}

/* The compiler has refused all this already: an image that has it was made by somebody else. */
static bool fits_machine(const struct eng_image *im, char *why)
{
	const struct eng_caps *caps = &eng_caps_machine;

	for (u32 i = 0; i < ENG_NBUILTINS; i++)
		if (im->builtins[i / 64] & ENG_BIT(i % 64) &&
		    !strchr(eng_builtin_names[i].targets, caps->letter)) {
			say(why, "the script uses %s(), which the machine has not got",
			    eng_builtin_names[i].name);
			return false;
		}
	for (u32 i = 0; i < ENG_NPSEUDO; i++)
		if ((im->pseudo_read | im->pseudo_written) & ~caps->pseudo & ENG_BIT(i)) {
			say(why, "the script uses $%s, which the machine has not got",
			    eng_pseudo_names[i].name);
			return false;
		}
	if (im->regs_read & ~caps->regs_readable || im->regs_written & ~caps->regs_writable) {
		say(why, "the script uses a register that it cannot have here (mask %llx)",
		    (im->regs_read & ~caps->regs_readable) |
			    (im->regs_written & ~caps->regs_writable));
		return false;
	}
	if (im->nglobals > LSM_NGLOBALS) {
		say(why, "the script uses %u slots of global variables, there are %u", im->nglobals,
		    LSM_NGLOBALS);
		return false;
	}
	return true;
}

static bool verify(struct lsm_program *p, char *why)
{
	void *scratch = kvmalloc(eng_verify_scratch(p->size), GFP_KERNEL | __GFP_NOWARN);
	struct eng_verdict verdict;
	bool ok;

	if (!scratch) {
		say(why, "no memory to verify a script of %zu bytes", p->size);
		return false;
	}
	ok = eng_verify(p->image, p->size, scratch, &p->prog, &verdict);
	kvfree(scratch);
	if (!ok) {
		say(why, "the script was refused: %s (instruction %u)", verdict.why, verdict.pc);
		return false;
	}
	if (p->prog.funcs->mem > ENG_STACK_MEM) {
		say(why, "the script's variables take %u bytes, in the kernel at most %u",
		    p->prog.funcs->mem, ENG_STACK_MEM);
		return false;
	}
	return fits_machine(p->prog.image, why);
}

int load_check_size(u32 size, char *why)
{
	if (size && size <= LSM_MAX_IMAGE)
		return 0;
	say(why, "a script of %u bytes: the module takes 1 to %u (LSM_MAX_IMAGE)", size,
	    LSM_MAX_IMAGE);
	return -EINVAL;
}

int load_program(struct lsm_program *p, void *memory, u64 from, u32 size, char *why)
{
	if (copy_from_user(memory, u64_to_user_ptr(from), size)) {
		say(why, "the script is not where it was said to be");
		return -EFAULT;
	}
	p->image = memory;
	p->size = size;
	return verify(p, why) ? 0 : -EINVAL;
}

static int check_event(const struct lsm_event *e, char *why)
{
	const char *bad = NULL;

	if (e->kind >= ENG_NKINDS)
		bad = "unknown kind of event";
	else if (!e->stages || e->stages & ~(ENG_STAGE_PRE | ENG_STAGE_POST))
		bad = "an event needs a stage: pre, post or both";
	else if (e->flags & ~ALL_FLAGS)
		bad = "unknown flag of an event";
	else if (e->flags & LSM_EV_ENTRY &&
		 (e->kind != ENG_EV_SYSCALL || e->stages != ENG_STAGE_PRE))
		bad = "an event at the kernel's entry point has one stage, pre";
	else if (e->abi != LSM_ABI_ANY && e->abi >= ABI_N)
		bad = "unknown calling convention";
	else if (e->core != LSM_ANY && (e->core >= nr_cpu_ids || !cpu_possible(e->core)))
		bad = "there is no such CPU";
	else if (e->condition_size > LSM_MAX_CODE || e->code_size > LSM_MAX_CODE)
		bad = "too much custom code (LSM_MAX_CODE, 4096 bytes)";
	else if (e->buffer_size > LSM_MAX_BUFFER)
		bad = "the buffer is too big (LSM_MAX_BUFFER, 1 MB)";
	if (!bad)
		return 0;
	say(why, "%s", bad);
	return -EINVAL;
}

static int load_buffer(struct lsm_session *s, struct lsm_armed *a, u64 size, char *why)
{
	if (!size)
		return 0;
	if (!load_charge(s, size, why))
		return -ENOMEM;
	a->memory += size;
	/* whole pages: custom code has them mapped */
	a->buffer = kvzalloc(PAGE_ALIGN(size), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!a->buffer) {
		say(why, "no memory for a buffer of %llu bytes", size);
		return -ENOMEM;
	}
	a->buffer_size = size;
	return 0;
}

static int load_code(struct lsm_armed *a, u64 from, u32 size, struct hv_code **code, char *why)
{
	u8 *bytes;
	int err;

	if (!size)
		return 0;
	bytes = copy_in(from, size, &err);
	if (!bytes) {
		say(why, err == -EFAULT ? "the custom code is not where it was said to be"
					: "no memory for the custom code");
		return err;
	}
	*code = hv_code_new(bytes, size, a->buffer, a->buffer_size);
	kvfree(bytes);
	if (*code)
		return 0;
	say(why, "no memory for the page tables of the custom code");
	return -ENOMEM;
}

/* Only SYSCALL is intercepted: i386 here is never int 0x80. */
static const struct eng_abi *convention(u32 abi)
{
	if (abi == LSM_ABI_ANY)
		return NULL;
	return abi == ABI_I386 ? &abi_i386_syscall : &abi_conventions[abi];
}

static void make_copies(struct lsm_armed *a, const struct lsm_event *e)
{
	for (u32 i = 0; i < nr_cpu_ids; i++)
		a->cpu[i] = (struct eng_event){
			.id = e->id,
			.kind = (u8)e->kind,
			.stages = (u8)e->stages,
			.enabled = e->flags & LSM_EV_ENABLED,
			.sc = e->flags & LSM_EV_SC,
			.has_condition = a->condition,
			.has_code = a->code,
			.nr = e->nr,
			.abi = convention(e->abi),
			.pid = e->pid,
			.core = e->core,
			.prog = a->script.image ? &a->script.prog : NULL,
			.buffer = a->buffer,
			.buffer_size = a->buffer_size,
			.owner = a,
		};
}

/* With room for its copies and its script. */
static struct lsm_armed *new_event(struct lsm_session *s, struct lsm_event *e)
{
	u64 bytes = struct_size((struct lsm_armed *)NULL, cpu, nr_cpu_ids) + e->image_size;
	struct lsm_armed *a;

	if (!load_charge(s, bytes, e->why))
		return NULL;
	a = kvzalloc(ALIGN(bytes, 8), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!a) {
		s->memory -= bytes;
		say(e->why, "no memory for the event");
		return NULL;
	}
	a->memory = bytes;
	a->id = e->id;
	a->flags = e->flags;
	return a;
}

struct lsm_armed *load_event(struct lsm_session *s, struct lsm_event *e, int *err)
{
	struct lsm_armed *a;

	*err = check_event(e, e->why);
	if (!*err && e->image_size)
		*err = load_check_size(e->image_size, e->why);
	if (*err)
		return NULL;
	*err = -ENOMEM;
	a = new_event(s, e);
	if (!a)
		return NULL;
	*err = e->image_size ? load_program(&a->script, &a->cpu[nr_cpu_ids], e->image,
					    e->image_size, e->why)
			     : 0;
	if (!*err)
		*err = load_buffer(s, a, e->buffer_size, e->why);
	if (!*err)
		*err = load_code(a, e->condition, e->condition_size, &a->condition, e->why);
	if (!*err)
		*err = load_code(a, e->code, e->code_size, &a->code, e->why);
	if (*err) {
		load_event_free(s, a);
		return NULL;
	}
	make_copies(a, e);
	return a;
}

/* No host looks at it any more. */
void load_event_free(struct lsm_session *s, struct lsm_armed *a)
{
	s->memory -= a->memory;
	if (a->condition)
		hv_code_free(a->condition);
	if (a->code)
		hv_code_free(a->code);
	kvfree(a->buffer);
	kvfree(a);
}
