/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema_assign.c - what can be written: assignment, ++ and --, addresses.
 *
 * Says by name which register or pseudo-register a target does not offer.
 */
#include "engine/softfloat.h"

#include "sema.h"

bool sem_reg_allowed(struct scr_compiler *c, const struct scr_node *n, bool write)
{
	const struct eng_caps *caps = c->env->caps;
	u64 bit = ENG_BIT(n->reg->reg);

	if (!caps || (write ? caps->regs_writable : caps->regs_readable) & bit)
		return true;
	scr_error(c, n->span,
		  caps->regs_readable & bit ? "it can only be read"
					    : "it belongs to the whole machine or to the kernel",
		  "the register '@%s' cannot be %s on the target '%s'", n->reg->name,
		  write ? "written" : "read", caps->target);
	return false;
}

bool sem_pseudo_allowed(struct scr_compiler *c, const struct scr_node *n, bool write)
{
	const struct eng_caps *caps = c->env->caps;
	const struct eng_pseudo_name *name = &eng_pseudo_names[n->num];

	if (write && !(name->flags & ENG_PS_WRITABLE)) {
		scr_error(c, n->span, NULL, "the pseudo-register '$%s' cannot be assigned",
			  name->name);
		return false;
	}
	if (!caps || caps->pseudo & ENG_BIT(n->num))
		return true;
	scr_error(c, n->span, NULL, "the pseudo-register '$%s' does not exist on the target '%s'%s",
		  name->name, caps->target,
		  eng_caps_machine.pseudo & ENG_BIT(n->num) ? ", only on: machine" : "");
	return false;
}

static struct scr_node *name_target(struct scr_compiler *c, struct scr_node *n, bool create)
{
	if (create && !sem_local(n->name)) {
		n->local = sem_new_local(c, n->name, SCR_TYPE(ULLONG), n->span, false);
		n->kind = N_LOCAL;
		n->type = n->local->type;
		return n;
	}
	return sem_expr(c, n);
}

static struct scr_node *global_target(struct scr_compiler *c, struct scr_node *n, bool create)
{
	if (create && !scr_env_lookup(c->env, n->name->text, n->name->len, n->name->hash) &&
	    !sem_global(c, n->name, SCR_TYPE(ULLONG), n->span))
		return sem_fail(n);
	return sem_expr(c, n);
}

/* A structure with a const member is const as a whole. */
static bool is_const(const struct scr_type *t)
{
	while (t->kind == SCR_ARRAY)
		t = t->base;
	if (t->is_const || t->kind != SCR_STRUCT)
		return t->is_const;
	for (const struct scr_member *m = t->st->member; m; m = m->next)
		if (is_const(m->type))
			return true;
	return false;
}

/* A part of the result of a call or an operator: it is gone with the expression. */
static bool is_temporary(const struct scr_node *n)
{
	while (n->kind == N_MEMBER || n->kind == N_INDEX)
		n = n->a;
	return n->kind == N_CALL || n->kind == N_COND || n->kind == N_ASSIGN || n->kind == N_COMMA;
}

struct scr_node *sem_target(struct scr_compiler *c, struct scr_node *n, bool create)
{
	switch ((enum scr_node_kind)n->kind) {
	case N_NAME:
		n = name_target(c, n, create);
		break;
	case N_GLOBAL:
		n = global_target(c, n, create);
		break;
	case N_REG:
		n->type = SCR_TYPE(LONG);
		return sem_reg_allowed(c, n, true) ? n : sem_fail(n);
	case N_PSEUDO:
		n->type = SCR_TYPE(LONG);
		return sem_pseudo_allowed(c, n, true) ? n : sem_fail(n);
	case N_DEREF:
	case N_INDEX:
	case N_MEMBER:
		n->is_new = n->kind == N_INDEX;
		n = sem_expr(c, n);
		if (!is_temporary(n))
			break;
		scr_error(c, n->span, "assign it to a variable first",
			  "this cannot be assigned: it is part of a value, not of a variable");
		return sem_fail(n);
	case N_ERROR:
		return n;
	case N_BUILTIN:
		scr_error(c, n->span,
			  "store through a pointer, '*p = value', or with eb(), ed(), eq()",
			  "the result of a function cannot be assigned");
		return sem_fail(n);
	default:
		scr_error(c, n->span, NULL,
			  "this cannot be assigned: it is a value, not a variable");
		return sem_fail(n);
	}
	if (n->kind != N_ERROR && n->type->kind == SCR_MAP) {
		scr_error(c, n->span, scr_textf(c, ".%s[key] = ...", n->name->text),
			  "'.%s' is a map since %s: its elements can be assigned", n->name->text,
			  c->env->global[n->global].where);
		return sem_fail(n);
	}
	if (n->kind != N_ERROR && n->type->kind == SCR_ARRAY) {
		scr_error(c, n->span, "assign its elements", "an array cannot be assigned");
		return sem_fail(n);
	}
	if (n->kind != N_ERROR && is_const(n->type)) {
		scr_error(c, n->span, NULL, "this cannot be assigned: it is declared 'const'");
		return sem_fail(n);
	}
	return n;
}

/*
 * `*name = value` through an integer variable writes as many bytes as that variable
 * has; reading through one is always eight bytes wide.
 */
static void narrow_store(struct scr_node *target)
{
	const struct scr_node *p = target->a;

	if (target->kind == N_DEREF && (p->kind == N_LOCAL || p->kind == N_GLOBAL) &&
	    scr_type_is_int(p->type) && p->type->size < 8)
		target->type = p->type;
}

/* `x op= e`: e in the type of the computation; bytes for pointers. */
static struct scr_node *compound(struct scr_compiler *c, struct scr_node *n)
{
	bool pointer = n->a->type->kind == SCR_PTR;

	if (!sem_integers_only(c, n, n->a, n->b))
		return sem_fail(n);
	if (pointer && ((n->op != OP_ADD && n->op != OP_SUB) || n->b->type->kind == SCR_PTR ||
			scr_type_is_float(n->b->type))) {
		scr_error(c, n->span, NULL,
			  "only integers can be added to a pointer or subtracted");
		return sem_fail(n);
	}
	if (!sem_pointee_known(c, n->a))
		return sem_fail(n);
	n->optype = pointer ? SCR_TYPE(ULLONG) : scr_type_common(n->a->type, n->b->type);
	n->b = sem_convert(c, n->b, n->optype);
	if (pointer && n->a->type->base->size > 1) {
		struct scr_node *size = scr_alloc(c, sizeof(*size)),
				*mul = scr_alloc(c, sizeof(*mul));

		*size = (struct scr_node){ .kind = N_NUM, .span = n->span, .type = n->optype };
		size->num = n->a->type->base->size;
		*mul = (struct scr_node){ .kind = N_BINARY,
					  .op = OP_MUL,
					  .span = n->span,
					  .type = n->optype,
					  .optype = n->optype,
					  .a = n->b,
					  .b = size };
		n->b = sem_fold(c, mul);
	}
	return n;
}

static struct scr_node *struct_assign(struct scr_compiler *c, struct scr_node *n)
{
	if (n->op != OP_NONE) {
		scr_error(c, n->span, NULL,
			  "a structure is only assigned to another one, with '='");
		return sem_fail(n);
	}
	if (!sem_struct_fits(c, n->b, n->a->type))
		return sem_fail(n);
	n->type = n->a->type;
	return n;
}

struct scr_node *sem_assign(struct scr_compiler *c, struct scr_node *n)
{
	if (sem_is_aggregation(n))
		return sem_aggregation(c, n);
	/* The value first: `n = n + 1` reads an n that was there before. */
	if (n->op == OP_NONE)
		n->b = sem_operand(c, n->b);
	n->a = sem_target(c, n->a, n->op == OP_NONE);
	if (n->op != OP_NONE && n->a->kind != N_ERROR && n->a->type->kind == SCR_STRUCT) {
		scr_error(c, n->span, NULL, "a structure can only be assigned with '='");
		return sem_fail(n);
	}
	if (n->op != OP_NONE) {
		n->b = sem_value(c, n->b);
		if (n->a->kind == N_REG && !sem_reg_allowed(c, n->a, false))
			return sem_fail(n);
	}
	if (n->a->kind == N_ERROR || n->b->kind == N_ERROR)
		return sem_fail(n);
	if (n->a->type->kind == SCR_STRUCT || n->b->type->kind == SCR_STRUCT)
		return struct_assign(c, n);
	if (n->op == OP_NONE) {
		narrow_store(n->a);
		sem_keep_const(c, n->b, n->a->type);
		n->b = sem_convert(c, n->b, n->a->type);
	} else {
		n = compound(c, n);
	}
	n->type = n->a->type;
	return n;
}

struct scr_node *sem_incdec(struct scr_compiler *c, struct scr_node *n)
{
	const struct scr_type *t;

	n->a = sem_target(c, n->a, false);
	if (n->a->kind == N_ERROR || (n->a->kind == N_REG && !sem_reg_allowed(c, n->a, false)))
		return sem_fail(n);
	t = n->a->type;
	if (t->kind == SCR_STRUCT || !sem_pointee_known(c, n->a)) {
		if (t->kind == SCR_STRUCT)
			scr_error(c, n->span, NULL, "a structure cannot be counted up or down");
		return sem_fail(n);
	}
	n->type = t;
	n->optype = t->kind == SCR_PTR ? SCR_TYPE(ULLONG) : scr_type_common(t, SCR_TYPE(S32));
	n->num = t->kind == SCR_PTR && t->base->size ? t->base->size : 1;
	if (scr_type_is_float(t))
		n->num = eng_fp_from_int(1, false, scr_type_width(t));
	return n;
}

struct scr_node *sem_addr(struct scr_compiler *c, struct scr_node *n)
{
	struct scr_node *a;

	n->a = a = n->a->kind == N_REG || n->a->kind == N_PSEUDO ? n->a : sem_expr(c, n->a);
	switch ((enum scr_node_kind)a->kind) {
	case N_LOCAL:
		a->local->addressed = true;
		break;
	case N_GLOBAL:
		if (a->type->kind == SCR_MAP) {
			scr_error(c, n->span, NULL, "a map has no address");
			return sem_fail(n);
		}
		break;
	case N_INDEX:
	case N_MEMBER:
		if (!is_temporary(a))
			break;
		scr_error(c, n->span, "assign it to a variable first",
			  "only a variable has an address, this is part of a value");
		return sem_fail(n);
	case N_DEREF: /* &*p is p */
		a->a->parens = true;
		n->a = a->a;
		n->kind = N_CAST;
		break;
	case N_ERROR:
		return sem_fail(n);
	case N_REG:
	case N_PSEUDO:
		scr_error(c, n->span, "assign it to a variable first",
			  "a %sregister has no address", a->kind == N_PSEUDO ? "pseudo-" : "");
		return sem_fail(n);
	default:
		scr_error(c, n->span, NULL, "only a variable has an address");
		return sem_fail(n);
	}
	n->type = scr_type_ptr(&c->arena, a->type);
	if (!n->type)
		scr_oom(c);
	return n;
}
