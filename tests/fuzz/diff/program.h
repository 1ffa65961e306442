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
	G_NTYPES,
	G_VOID = G_NTYPES,
	G_FLOAT,
	G_DOUBLE,
	G_ALL
};

struct rp_type_info {
	const char *name;
	u8 bits, rank;
	bool is_signed;
};

extern const struct rp_type_info rp_types[G_ALL];

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
	s32 hi; /* of floating point: log2 of what it is at most */
};

enum rp_var_kind {
	V_SCALAR,
	V_ARRAY,
	V_POINTER, /* the last of integers */
	V_FLOAT,
	V_FARRAY,
	V_STRUCT, /* a structure that can be copied */
	V_RECORDS, /* an array of structures */
	V_OTHER, /* only a name that is taken */
};

#define RP_NAME 40

struct rp_var {
	char l[RP_NAME], c[RP_NAME];
	u8 kind, type; /* type: enum rp_type, or number of the structure */
	u8 ndims, dim[2]; /* of an array; powers of two */
	u8 before, after; /* of a pointer: elements that it may reach on both sides */
	bool global; /* it, or what it points to */
	bool fixed; /* a loop counts on it: no assignment, no address */
	bool addressed; /* a pointer may point to it */
	bool hidden; /* an inner variable has its name */
	bool member; /* of a structure: its name is no name of its own */
};

#define RP_RECORDS 2
#define RP_FIELDS 5

/* A member of a structure of record.c. */
struct rp_member {
	u8 type; /* enum rp_type, or number of the structure */
	u8 dim; /* of an array, a power of two; or 0 */
	bool record;
};

struct rp_record {
	u8 nmembers;
	struct rp_member member[RP_FIELDS];
};

#define RP_MAPS 3

struct rp_map {
	u8 kind, keys; /* as map.c numbers them */
};

struct rp_func {
	char c[24];
	u8 type; /* of the result */
	u8 nparams, param[5];
	bool pure; /* writes no global */
	bool recursive; /* the first parameter bounds the depth */
	u32 cost;
};

/* The structure of a program that is handed around by value, with its function (struct.c). */
#define RP_MEMBERS 6
struct rp_struct {
	u8 nmembers, type[RP_MEMBERS], dim[RP_MEMBERS]; /* dim 0: no array */
	u32 cost; /* of the function; 0: there is none */
};

#define RP_VARS 250
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
	struct rp_record record[RP_RECORDS];
	u32 nrecords;
	u8 wanted; /* type of the structure that is looked for */
	bool write; /* what is looked for will be written */
	struct rp_map map[RP_MAPS];
	u32 nmaps;
	struct rp_func *self; /* function being made, NULL: main */
	u32 self_calls; /* how many more it may make */
	u32 mult, cost; /* how often the current place runs; steps so far */
	u32 loops, depth; /* around the current place */
	bool no_continue; /* the innermost loop would not end */
	/* Of the current full expression: the one variable that it may change, once. */
	struct rp_var *victim;
	bool victim_used;
	u32 indices; /* > 0: inside the index of an element */
	u32 no_maps; /* > 0: here no map may be read */
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

/* What the parts of the generator share. */
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

/* An element of an array, by an index that it has. */
struct rp_expr rp_element(struct rp *g, const struct rp_var *v);
/* May it be called here, in an expression? */
bool rp_may_call(const struct rp *g, const struct rp_func *f);
/* stmt.c: into one spelling, or into both; variables; any statement */
void rp_put_l(struct rp *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rp_put_c(struct rp *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rp_put_both(struct rp *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct rp_var *rp_new_var(struct rp *g, u8 kind, u8 type);
void rp_leave(struct rp *g, u32 nvars);
void rp_statement(struct rp *g, bool alone);
/* Both spellings as they are. */
void rp_put(struct rp *g, const char *l, const char *c);

/* struct.c: type and function; the variables of the main program; false: no statement now */
void rp_structure(struct rp *g);
void rp_structure_variables(struct rp *g);
bool rp_structure_statement(struct rp *g);

/* float.c */
extern const char rp_float_helpers[]; /* functions; the same text in both spellings */
struct rp_expr rp_float(struct rp *g, u32 depth);
/* One that the helper has brought into its range. */
struct rp_expr rp_fitting(struct rp *g, u32 depth, const char *helper);
const char *rp_helper_for(u8 type);
/* An integer made of floating point: a comparison, a truth value, a conversion. */
struct rp_expr rp_from_float(struct rp *g, u32 depth);
bool rp_float_place(struct rp *g, struct rp_expr *e);
void rp_float_declare(struct rp *g);
void rp_float_statement(struct rp *g);
void rp_float_print(struct rp *g);
void rp_float_show(struct rp *g, const struct rp_var *v);

/* record.c */
void rp_records(struct rp *g);
void rp_record_declare(struct rp *g, bool global);
void rp_record_copy(struct rp *g);
/* An integer member of an element of an array of structures; false: there is none. */
bool rp_record_member(struct rp *g, bool write, struct rp_expr *e, struct rp_var **var);
void rp_record_sizes(struct rp *g);

/* map.c */
void rp_maps(struct rp *g);
bool rp_map_value(struct rp *g, struct rp_expr *e);
void rp_map_statement(struct rp *g);
void rp_map_print(struct rp *g);

#endif
