/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ast.h - the syntax tree: types, names, variables, functions, nodes.
 *
 * The parser builds it untyped, semantic analysis resolves its names and gives
 * every expression a type, code generation only reads it. All of it lives in
 * the arena of one compilation.
 */
#ifndef SCRIPT_AST_H
#define SCRIPT_AST_H

#include "engine/engine.h"

/* Where something stands: byte offset and length in the text, index of its line. */
struct scr_span {
	u32 off, len, line;
};

/* --- types --- */
enum scr_kind {
	SCR_VOID,
	SCR_BOOL,
	SCR_S8,
	SCR_U8,
	SCR_S16,
	SCR_U16,
	SCR_S32,
	SCR_U32,
	SCR_LONG,
	SCR_ULONG,
	SCR_LLONG,
	SCR_ULLONG,
	SCR_F32,
	SCR_F64,
	SCR_NSCALARS,
	SCR_PTR = SCR_NSCALARS,
	SCR_ARRAY,
	SCR_STRUCT,
	SCR_MAP, /* a global that is a map as a whole */
};

struct scr_type {
	u8 kind; /* enum scr_kind */
	u8 ext; /* enum eng_ext: how a value of it is loaded and normalised */
	u8 rank; /* of integers, for the usual arithmetic conversions */
	bool is_signed;
	u32 size; /* bytes; 0: none (void, a structure that is not defined yet) */
	u32 count; /* elements of an array */
	const struct scr_type *base; /* of pointers and arrays */
	struct scr_struct *st; /* of structures */
	bool is_const; /* a variable of it cannot be assigned */
};

struct scr_member {
	const char *name;
	const struct scr_type *type;
	u32 offset;
	struct scr_member *next;
};

/* A structure by its tag. Both its types, plain and const, are completed at once. */
struct scr_struct {
	const char *tag; /* NULL: none */
	struct scr_type type[2]; /* [1]: const */
	struct scr_member *member; /* in order, by next */
	u32 align;
	u32 nested; /* structures inside each other */
	bool complete, defining;
	bool broken; /* a member had an error: no more errors about its members */
	struct scr_struct *copy; /* the one that outlives the compilation */
};

extern const struct scr_type scr_scalars[SCR_NSCALARS];
extern const struct scr_type scr_type_map;
#define SCR_TYPE(kind) (&scr_scalars[SCR_##kind])

struct scr_arena;
const struct scr_type *scr_type_ptr(struct scr_arena *arena, const struct scr_type *base);
const struct scr_type *scr_type_array(struct scr_arena *arena, const struct scr_type *base,
				      u32 count);
/* A copy in @arena, so that it outlives the compilation; NULL when there is no memory. */
const struct scr_type *scr_type_copy(struct scr_arena *arena, const struct scr_type *t);
/* The same type, const; NULL when there is no memory. */
const struct scr_type *scr_type_const(struct scr_arena *arena, const struct scr_type *t);
/* A structure without members yet; NULL when there is no memory. */
struct scr_struct *scr_struct_new(struct scr_arena *arena, const char *tag);
/* Append a member. False: the structure would be bigger than ENG_MAX_MEM. */
bool scr_struct_add(struct scr_struct *st, struct scr_member *m);
void scr_struct_complete(struct scr_struct *st);
const struct scr_member *scr_struct_find(const struct scr_struct *st, const char *name);
u32 scr_type_align(const struct scr_type *t);
u32 scr_type_depth(const struct scr_type *t); /* pointers and arrays around the scalar */
bool scr_type_same(const struct scr_type *a, const struct scr_type *b);
bool scr_type_is_int(const struct scr_type *t);
bool scr_type_is_float(const struct scr_type *t);
enum eng_fp scr_type_width(const struct scr_type *t); /* of a float type */
bool scr_type_is_aggregate(const struct scr_type *t); /* array or structure */
const struct scr_type *scr_type_promote(const struct scr_type *t);
const struct scr_type *scr_type_common(const struct scr_type *a, const struct scr_type *b);
/* Does a value of @from need work to become one of @to? */
bool scr_type_needs_conv(const struct scr_type *to, const struct scr_type *from);
/* A value as a 64-bit register holds it when its type is @t. */
u64 scr_type_norm(const struct scr_type *t, u64 value);
/* The type as a programmer writes it, into @buf. */
const char *scr_type_name(const struct scr_type *t, char *buf, size_t size);

/* --- names --- */
struct scr_name {
	const char *text; /* NUL-terminated */
	u32 len, hash;
	bool mapped; /* a global that the script fills as a map somewhere */
	bool suspect; /* stood in a statement that did not parse: no more errors about it */
	u32 reported; /* function in which "never assigned" was said: its index + 1 */
	struct scr_local *local; /* visible local of the function being analysed */
	struct scr_local *left; /* typed local of a block that has been left */
	struct scr_func *func;
	const struct scr_type *type; /* typedef */
	struct scr_struct *tag; /* struct NAME */
	const struct scr_type *enum_type; /* enum NAME */
	bool is_constant; /* of an enum: */
	u64 constant;
	/* where they were defined */
	struct scr_span type_span, tag_span, enum_span, constant_span;
};

struct scr_local {
	struct scr_name *name;
	const struct scr_type *type;
	struct scr_local *next; /* of the function */
	struct scr_local *in_scope; /* next older of the same block */
	struct scr_local *hidden; /* what the name meant outside of the block */
	u32 scope; /* of its block; unique in the script */
	struct scr_span span;
	bool is_param, addressed, in_memory;
	bool by_address; /* a parameter that is a structure: the caller's copy of it */
	u32 where; /* register, or offset in frame memory */
};

struct scr_scope {
	struct scr_scope *outer;
	u32 id;
	struct scr_local *locals;
};

struct scr_func {
	struct scr_func *next;
	struct scr_name *name; /* NULL: the main program */
	struct scr_span span;
	const struct scr_type *result;
	struct scr_node *params; /* N_DECL nodes, by next */
	struct scr_node *body; /* NULL: only a prototype was seen */
	u32 nparams, index;
	struct scr_local *locals, *last_local;
	struct scr_local *result_at; /* hidden first parameter: where a structure is returned to */
	u32 local_regs, mem;
	u32 data_name;
};

/* --- nodes --- */
enum scr_op {
	OP_NONE, /* plain assignment */
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_REM,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_SHL,
	OP_SHR,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_NEG,
	OP_NOT,
	OP_LNOT,
	OP_PLUS,
};

enum scr_node_kind {
	N_ERROR, /* reported already; silent everywhere */
	/* expressions */
	N_NUM, /* num */
	N_FLOAT, /* num: the bits */
	N_STR, /* str */
	N_NAME, /* name, until it is resolved to: */
	N_LOCAL, /* local */
	N_GLOBAL, /* name; global is its index in the environment */
	N_REG, /* reg */
	N_PSEUDO, /* num */
	N_SYMBOL, /* name */
	N_CALL, /* name, func; a: arguments by next; b: the local that takes a structure */
	N_COPY, /* a: a structure; b: the local that it is copied to, to be an argument */
	N_BUILTIN, /* num; a: arguments */
	N_PRINTF, /* a: format, then arguments */
	N_UNARY, /* op, a */
	N_BINARY, /* op, a, b */
	N_LAND,
	N_LOR, /* a, b */
	N_COND, /* a ? b : c */
	N_COMMA, /* a, b */
	N_ASSIGN, /* op, a = b; optype: type of the computation */
	N_INCDEC, /* op ADD or SUB, a; postfix; num: step */
	N_DEREF, /* a */
	N_ADDR, /* a */
	N_INDEX, /* a[b] */
	N_MEMBER, /* a.name, or a->name (arrow); once resolved: num is the offset */
	N_MAP, /* enum eng_map_op num on the map global; a: keys, value */
	N_CAST, /* type, a; made by the user or by a conversion */
	N_SIZEOF, /* a, or optype */
	/* statements */
	N_EXPR, /* a */
	N_DECL, /* a: what is declared (N_NAME, N_GLOBAL, N_REG); b: initialiser; optype; d */
	N_INIT, /* { a by next }; once resolved, of N_PART */
	N_DESIGNATED, /* .name = a, in a list */
	N_PART, /* num: offset in the variable; a: the value */
	N_DECLS, /* a: declarations by next, of one statement */
	N_IF, /* a ? b : c */
	N_WHILE, /* a, b */
	N_DO, /* b, a */
	N_FOR, /* a; b; c; d */
	N_SWITCH, /* a: value, b: body; c: its last N_CASE, d: its default */
	N_CASE, /* a: value; NULL: default; c: the N_CASE before it of the same switch; label */
	N_BREAK,
	N_CONTINUE,
	N_RETURN, /* a or NULL */
	N_BLOCK, /* a by next */
	N_EMPTY,
};

struct scr_node {
	u8 kind; /* enum scr_node_kind */
	u8 op; /* enum scr_op */
	u16 depth;
	bool parens, postfix, is_new; /* is_new: declares what it assigns */
	bool arrow;
	bool resolved; /* names and types are known already */
	struct scr_span span;
	const struct scr_type *type, *optype;
	struct scr_node *a, *b, *c, *d, *next;
	union {
		u64 num;
		struct scr_name *name;
		struct scr_local *local;
		struct scr_func *func;
		const struct eng_reg_name *reg;
		struct scr_str *str;
		struct scr_label *label;
	};
	u32 global;
};

#endif
