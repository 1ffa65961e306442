/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program.h - random programs, each in two spellings: the script language and C.
 *
 * A program is a pure function of its seed. It always ends, and nothing in it is
 * undefined in C under -fwrapv or an error in the script language, so the two must print
 * the same. Must not know of the code under test.
 */
#ifndef TESTS_DIFF_PROGRAM_H
#define TESTS_DIFF_PROGRAM_H

#include "engine/base.h"

enum rp_type {
	G_BOOL,
	G_S8,
	G_U8,
	G_S16,
	G_U16,
	G_S32,
	G_U32,
	G_LONG,
	G_ULONG,
	G_LLONG,
	G_ULLONG,
	G_NTYPES
};

struct rp_type_info {
	const char *name;
	u8 bits, rank;
	bool is_signed;
};

extern const struct rp_type_info rp_types[G_NTYPES];

/* How tightly an expression binds, as C orders it. */
enum rp_prec {
	P_COMMA,
	P_ASSIGN,
	P_COND,
	P_LOR,
	P_LAND,
	P_OR,
	P_XOR,
	P_AND,
	P_EQ,
	P_REL,
	P_SHIFT,
	P_ADD,
	P_MUL,
	P_UNARY,
	P_PRIMARY
};

/* One expression in both spellings. */
struct rp_expr {
	const char *l, *c;
	u8 type; /* enum rp_type */
	u8 pl, pc; /* enum rp_prec */
};

enum rp_var_kind { V_SCALAR, V_ARRAY, V_POINTER };

struct rp_var {
	char l[12], c[24];
	u8 kind, type;
	u8 ndims, dim[2]; /* of an array; powers of two */
	u8 before, after; /* of a pointer: elements that it may reach on both sides */
	bool global; /* it, or what it points to */
	bool fixed; /* a loop counts on it: no assignment, no address */
	bool addressed; /* a pointer may point to it */
	bool hidden; /* an inner variable has its name */
	bool member; /* of a structure: its name is no name of its own */
};

struct rp_func {
	char c[24];
	u8 type; /* of the result; G_NTYPES: void */
	u8 nparams, param[5];
	bool pure; /* writes no global */
	bool recursive; /* the first parameter bounds the depth */
	u32 cost;
};

/* The one structure of a program, and the function that takes and returns it. */
#define RP_MEMBERS 6
struct rp_struct {
	u8 nmembers, type[RP_MEMBERS], dim[RP_MEMBERS]; /* dim 0: no array */
	u32 cost; /* of the function; 0: there is none */
};

#define RP_VARS 96
#define RP_FUNCS 5
#define RP_TEXT (1u << 16)

struct rp {
	u64 rng;
	u32 number; /* of the program, for names in C */
	struct rp_var var[RP_VARS];
	u32 nvars, names;
	struct rp_func func[RP_FUNCS];
	u32 nfuncs;
	struct rp_struct st;
	struct rp_func *self; /* function being made, NULL: main */
	u32 self_calls; /* how many more it may make */
	u32 mult, cost; /* how often the current place runs; steps so far */
	u32 loops, depth; /* around the current place */
	bool no_continue; /* the innermost loop would not end */
	/* Of the current full expression: the one variable that it may change, once. */
	struct rp_var *victim;
	bool victim_used;
	u32 indices; /* > 0: inside the index of an element */
	u32 pure; /* > 0: here nothing may be changed, as this is written twice */
	/* output */
	char *l, *c; /* the texts, RP_TEXT bytes each */
	u32 nl, nc;
	char *arena;
	u32 used;
	bool overflow; /* something did not fit: the program is not used */
};

/* Makes program @number of @seed into g->l and g->c (function `static void prog_N(void)`). */
bool rp_program(struct rp *g, u64 seed, u32 number);

/* What the two halves of the generator share. */
u32 rp_rand(struct rp *g, u32 n); /* 0 .. n - 1 */
const char *rp_text(struct rp *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
u8 rp_common(u8 a, u8 b);
struct rp_expr rp_value(struct rp *g, u32 depth);
/* A whole expression, which may change one variable that is not @target. */
struct rp_expr rp_full(struct rp *g, u32 depth, const struct rp_var *target);
struct rp_expr rp_literal(struct rp *g);
/* Something that can be assigned. False: nothing visible. */
bool rp_place(struct rp *g, struct rp_expr *e, struct rp_var **var);
struct rp_expr rp_call(struct rp *g, struct rp_func *f, u32 depth);
/* @e in parentheses when it binds looser than @need, and sometimes otherwise. */
const char *rp_at_l(struct rp *g, struct rp_expr e, u32 need);
const char *rp_at_c(struct rp *g, struct rp_expr e, u32 need);
/* The right side of `place op= value` for C, whose shifts do not use the common type. */
struct rp_expr rp_compound(struct rp *g, struct rp_expr place, struct rp_expr value);
struct rp_expr rp_guard(struct rp *g, const char *op, struct rp_expr e, u8 other);
struct rp_var *rp_pick(struct rp *g, bool (*ok)(const struct rp *g, const struct rp_var *v));

/* stmt.c: into one spelling, or into both; variables; any statement */
void rp_put_l(struct rp *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rp_put_c(struct rp *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rp_put_both(struct rp *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct rp_var *rp_new_var(struct rp *g, u8 kind, u8 type);
void rp_leave(struct rp *g, u32 nvars);
void rp_statement(struct rp *g, bool alone);

/* struct.c: type and function; the variables of the main program; false: no statement now */
void rp_structure(struct rp *g);
void rp_structure_variables(struct rp *g);
bool rp_structure_statement(struct rp *g);

#endif
