/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sema.h - what the files of semantic analysis ask of each other.
 *
 * Private to src/script/sema*.c.
 */
#ifndef SCRIPT_SEMA_H
#define SCRIPT_SEMA_H

#include "compiler.h"

/* sema.c */
struct scr_local *sem_new_local(struct scr_compiler *c, struct scr_name *name,
				const struct scr_type *type, struct scr_span span, bool scoped);
/* A local without a name, for a structure that is the value of an expression. */
struct scr_node *sem_temporary(struct scr_compiler *c, const struct scr_type *type,
			       struct scr_span span);
/* The local that a name means here, or NULL. */
struct scr_local *sem_local(struct scr_name *name);
/* Enter a global, or give it another type. False: no room, said. */
bool sem_global(struct scr_compiler *c, struct scr_name *name, const struct scr_type *type,
		struct scr_span span);

/* sema_expr.c: each returns the node to use instead; N_ERROR when it was said what is wrong */
struct scr_node *sem_expr(struct scr_compiler *c, struct scr_node *n); /* void allowed */
struct scr_node *sem_value(struct scr_compiler *c, struct scr_node *n); /* integer or pointer */
struct scr_node *sem_operand(struct scr_compiler *c, struct scr_node *n); /* or a structure */
struct scr_node *sem_condition(struct scr_compiler *c, struct scr_node *n);
struct scr_node *sem_convert(struct scr_compiler *c, struct scr_node *n, const struct scr_type *to);
struct scr_node *sem_fail(struct scr_node *n);
/* Warns when a pointer to something const becomes one that can change it. */
void sem_keep_const(struct scr_compiler *c, const struct scr_node *n, const struct scr_type *to);
/* False, said: an operator that works on integers only has a floating-point operand. */
bool sem_integers_only(struct scr_compiler *c, const struct scr_node *n, const struct scr_node *a,
		       const struct scr_node *b);

/* sema_init.c: the initialiser n->b of a variable of type n->optype. False: said. */
bool sem_initialiser(struct scr_compiler *c, struct scr_node *n);

/* sema_struct.c */
struct scr_node *sem_member(struct scr_compiler *c, struct scr_node *n);
/* NULL: said. */
const struct scr_member *sem_find_member(struct scr_compiler *c, const struct scr_type *type,
					 const struct scr_name *name, struct scr_span span);
/* Can the value be assigned to a structure of this type? False: said. */
bool sem_struct_fits(struct scr_compiler *c, const struct scr_node *value,
		     const struct scr_type *type);
/* False, and said, for a pointer to something of unknown size. */
bool sem_pointee_known(struct scr_compiler *c, const struct scr_node *n);

/* sema_assign.c */
struct scr_node *sem_assign(struct scr_compiler *c, struct scr_node *n);
struct scr_node *sem_incdec(struct scr_compiler *c, struct scr_node *n);
struct scr_node *sem_addr(struct scr_compiler *c, struct scr_node *n);
/* Something that may be written; @create: an unknown name becomes a variable. */
struct scr_node *sem_target(struct scr_compiler *c, struct scr_node *n, bool create);
bool sem_reg_allowed(struct scr_compiler *c, const struct scr_node *n, bool write);
bool sem_pseudo_allowed(struct scr_compiler *c, const struct scr_node *n, bool write);

/* sema_call.c */
struct scr_node *sem_call(struct scr_compiler *c, struct scr_node *n);
struct scr_node *sem_builtin(struct scr_compiler *c, struct scr_node *n);
struct scr_node *sem_printf(struct scr_compiler *c, struct scr_node *n);

/* sema_map.c */
bool sem_is_map_index(struct scr_compiler *c, const struct scr_node *n);
struct scr_node *sem_map_index(struct scr_compiler *c, struct scr_node *n);
/* A whole map where a value must be: one without key, or an error. */
struct scr_node *sem_map_value(struct scr_compiler *c, struct scr_node *n);
/* `.name[key] = hist(x)` */
bool sem_is_aggregation(const struct scr_node *n);
struct scr_node *sem_aggregation(struct scr_compiler *c, struct scr_node *n);
/* A call of an unknown function; NULL: it is none of maps either. */
struct scr_node *sem_map_call(struct scr_compiler *c, struct scr_node *n);
bool sem_prints_map(struct scr_compiler *c, const struct scr_node *n);
struct scr_node *sem_print_map(struct scr_compiler *c, struct scr_node *n);
void sem_find_map(struct scr_compiler *c, u32 at);
/* At the end: what was used before it was known. */
void sem_pending_maps(struct scr_compiler *c);
/* Says that a global is known neither here nor in the session. */
struct scr_node *sem_unknown_global(struct scr_compiler *c, struct scr_node *n, bool map);

/* fold.c */
struct scr_node *sem_fold(struct scr_compiler *c, struct scr_node *n);

#endif
