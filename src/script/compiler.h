/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compiler.h - what the files of the front end share: the state of one
 * compilation, its memory, its tokens and its diagnostics.
 *
 * Private to src/script/. Nothing here may outlive one call of scr_compile().
 */
#ifndef SCRIPT_COMPILER_H
#define SCRIPT_COMPILER_H

#include <setjmp.h>
#include <string.h>

#include "ast.h"
#include "script.h"

#define SCR_MAX_TEXT (16u << 20) /* bytes of a script */
#define SCR_MAX_NESTING 200 /* statements, parentheses, prefix operators inside each other */
#define SCR_MAX_DEPTH 1000 /* height of an expression's tree */
#define SCR_MAX_ERRORS 50
#define SCR_MAX_LOCAL_REGS 180 /* further locals live in frame memory */

/* --- memory: everything of one compilation goes at once --- */
struct scr_arena {
	struct scr_chunk *chunk;
};

/* Zeroed, 8-byte aligned; NULL when there is no memory. */
void *scr_arena_alloc(struct scr_arena *arena, size_t size);
void scr_arena_free(struct scr_arena *arena);

/* --- words --- */
/* clang-format off */
#define SCR_KEYWORDS(X) \
	X(IF, "if") X(ELSIF, "elsif") X(ELSE, "else") X(WHILE, "while") X(DO, "do") X(FOR, "for") \
	X(BREAK, "break") X(CONTINUE, "continue") X(RETURN, "return") X(SIZEOF, "sizeof") \
	X(TYPEDEF, "typedef") X(STRUCT, "struct") X(UNION, "union") X(ENUM, "enum") \
	X(SWITCH, "switch") X(CASE, "case") X(DEFAULT, "default") X(GOTO, "goto") X(CONST, "const") \
	X(PRINTF, "printf") X(REFERENCE, "reference") \
	X(VOID, "void") X(BOOL, "bool") X(CHAR, "char") X(SHORT, "short") X(INT, "int") \
	X(LONG, "long") X(UNSIGNED, "unsigned") X(SIGNED, "signed") X(FLOAT, "float") \
	X(DOUBLE, "double")

/* Operators and punctuation, longest first where one begins another. */
#define SCR_PUNCTUATION(X) \
	X(SHL_SET, "<<=") X(SHR_SET, ">>=") \
	X(SHL, "<<") X(SHR, ">>") X(LE, "<=") X(GE, ">=") X(EQ, "==") X(NE, "!=") \
	X(LAND, "&&") X(LOR, "||") X(INC, "++") X(DEC, "--") X(ARROW, "->") \
	X(ADD_SET, "+=") X(SUB_SET, "-=") X(MUL_SET, "*=") X(DIV_SET, "/=") X(REM_SET, "%=") \
	X(AND_SET, "&=") X(OR_SET, "|=") X(XOR_SET, "^=") \
	X(LT, "<") X(GT, ">") X(SET, "=") X(PLUS, "+") X(MINUS, "-") X(STAR, "*") X(SLASH, "/") \
	X(PERCENT, "%") X(AMP, "&") X(PIPE, "|") X(CARET, "^") X(TILDE, "~") X(BANG, "!") \
	X(LPAREN, "(") X(RPAREN, ")") X(LBRACE, "{") X(RBRACE, "}") X(LBRACKET, "[") \
	X(RBRACKET, "]") X(COMMA, ",") X(SEMI, ";") X(DOT, ".") X(QUESTION, "?") X(COLON, ":")
/* clang-format on */

enum scr_tok {
	T_END,
	T_NUM, /* num */
	T_FLOAT, /* num: the bits of a double */
	T_STR, /* str */
	T_WSTR, /* str, 16-bit units */
	T_NAME, /* name */
	T_GLOBAL, /* .name: name */
	T_REG, /* reg; NULL: an unknown one, already reported */
	T_PSEUDO, /* num; ~0: an unknown one, already reported */
	T_SYMBOL, /* name: module!symbol */
	T_BUILTIN, /* num; from ENG_NBUILTINS on: eng_absent_names */
#define X(id, text) T_##id,
	SCR_PUNCTUATION(X)
#undef X
#define X(id, text) K_##id,
		SCR_KEYWORDS(X)
#undef X
			SCR_NTOKS
};

struct scr_str {
	const u8 *bytes; /* decoded, without the terminator */
	u32 len; /* bytes */
	u32 off; /* of its copy in the constant data, once it has one */
	bool bad; /* never closed: said */
	bool wide, placed;
};

struct scr_token {
	u8 kind; /* enum scr_tok */
	struct scr_span span;
	union {
		u64 num;
		struct scr_name *name;
		const struct eng_reg_name *reg;
		struct scr_str *str;
	};
};

/* --- the session's side (env.c) --- */
/* A map: what it is like was fixed where it was first used. */
struct scr_map {
	struct eng_map_desc desc;
	u32 index;
};

struct scr_global {
	const char *name;
	const struct scr_type *type;
	u32 slot, nslots;
	u32 hash;
	const char *where; /* "FILE:LINE" of its first use */
	struct scr_map *map; /* NULL: none */
};

/* A reserved word: keyword, built-in or register; the table is built once per session. */
struct scr_word {
	const char *text;
	u8 kind; /* enum scr_tok */
	u32 len, hash;
	u64 id;
};

struct scr_env {
	struct scr_arena arena; /* names and types of globals */
	const struct eng_caps *caps;
	scr_symbol_fn symbol;
	void *symbol_user;
	scr_read_fn read;
	void *read_user;
	u32 max_globals, nslots;
	struct scr_global *global;
	u32 nglobals, cap_globals, nmaps;
	s32 *by_name; /* hash table of indexes into global; power of two */
	u32 name_mask;
	struct scr_word *words;
	u32 word_mask;
	struct scr_global *undo; /* types that a failed compilation must restore */
	u32 nundo, cap_undo;
};

const struct scr_word *scr_env_word(const struct scr_env *env, const char *text, u32 len, u32 hash);
struct scr_global *scr_env_lookup(struct scr_env *env, const char *text, u32 len, u32 hash);

/* --- one compilation --- */
struct scr_file {
	const char *name;
	const char *id; /* NULL: of the script itself */
	u32 off, end; /* in the text of the compilation */
	u32 line, col; /* of its first byte */
	bool open; /* being read */
	u32 index; /* 0: the script itself */
	u32 at; /* where it is included, or the file around it, in the script itself */
	struct scr_file *outer; /* which includes it */
	struct scr_file *next;
};

struct scr_line {
	u32 off, number;
	const struct scr_file *file;
};

struct scr_label {
	u32 pc; /* where it is, once it is bound */
	u32 refs; /* jumps that wait for it: index + 1 of the last, chained through imm */
	bool bound;
};

struct scr_compiler {
	struct scr_env *env;
	const struct scr_source *src;
	enum scr_mode mode;
	struct scr_diags *diags;
	struct scr_arena arena;
	jmp_buf oom;
	bool no_memory;

	const char *text; /* of all sources, one behind the other */
	u32 text_len;
	struct scr_file *file, *last_file; /* the first is the script itself */
	struct scr_line *text_line; /* by the index that spans have */
	u32 nlines, cap_lines;
	struct scr_token *tok;
	u32 ntok, cap_tok;
	u32 literal_len; /* of scr_string()'s result */
	struct scr_name **names; /* interned; power of two */
	u32 name_mask, nnames;

	/* parser */
	u32 cur; /* current token */
	u32 nesting;
	u32 stmt_start; /* token at which the statement began */
	bool stopped; /* too many errors */
	u32 nerrors;
	u32 nstructs;
	struct scr_node *global_decls, **last_global_decl; /* N_DECL by d: known everywhere */

	/* functions; the first is the main program */
	struct scr_func *func, *last_func;
	u32 nfuncs;
	u32 nglobals_before, nslots_before; /* what rolling back goes back to */

	/* semantic analysis */
	struct scr_func *fn;
	struct scr_scope *scope;
	u32 scopes; /* how many there were */
	u32 fn_scope; /* id of the function's outermost */
	u32 loops, switches; /* around the statement */
	struct scr_node *in_switch; /* the innermost */
	struct scr_pending *pending; /* uses of maps before it is known what they are like */

	/* code generation */
	struct eng_insn *code;
	u32 *lines;
	u32 ncode, cap_code, cap_codelines;
	u64 *consts;
	u32 nconsts, cap_consts;
	u32 *const_hash;
	u32 const_mask;
	u8 *data;
	u32 ndata, cap_data;
	u32 line; /* of the statement or expression being generated */
	u32 temp, max_regs; /* first free register; registers used so far */
	struct scr_label *on_break, *on_continue;
	bool too_complex; /* said once per function */
	struct eng_func *funcs;
	struct eng_map_desc *maps; /* of the session, up to the last one used */
	struct eng_image head;
};

/* Never NULL: without memory the whole compilation ends through c->oom. */
void *scr_alloc(struct scr_compiler *c, size_t size);
/* Room for one more element behind @n; @cap is updated. */
void *scr_grow(struct scr_compiler *c, void *vec, u32 n, u32 *cap, size_t elem);
_Noreturn void scr_oom(struct scr_compiler *c);
u32 scr_hash(const char *text, size_t len);
struct scr_name *scr_intern(struct scr_compiler *c, const char *text, u32 len);

/* --- diag.c --- */
void scr_error(struct scr_compiler *c, struct scr_span span, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void scr_warn(struct scr_compiler *c, struct scr_span span, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Text of the arena, for hints. */
char *scr_textf(struct scr_compiler *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Where something stands, for a message at @here: "in line 3", or "at FILE:3". */
const char *scr_where(struct scr_compiler *c, struct scr_span there, struct scr_span here);
struct scr_span scr_join(struct scr_span from, struct scr_span to);
void scr_diags_sort(struct scr_diags *d, size_t from);

/* The nearest of several words: feed them all, then look at best. */
struct scr_nearest {
	const char *word;
	u32 len, limit, distance;
	const char *best;
};
void scr_nearest_init(struct scr_nearest *n, const char *word, size_t len);
void scr_nearest_try(struct scr_nearest *n, const char *candidate);

/* --- include.c --- */
void scr_files_init(struct scr_compiler *c);
/* The file behind the others in c->text, to be read now; NULL: not again, or said. */
struct scr_file *scr_include(struct scr_compiler *c, struct scr_file *from, struct scr_span span,
			     const char *path);
/* The tokens of an included file without the `? { }` around them. */
void scr_unwrap(struct scr_compiler *c, u32 first);

/* --- lex.c --- */
void scr_lex(struct scr_compiler *c);
const char *scr_tok_text(enum scr_tok kind); /* "';'", "'if'", "a number" */

/* --- parse*.c --- */
void scr_parse(struct scr_compiler *c);

/* --- sema*.c --- */
void scr_sema(struct scr_compiler *c);

/* --- gen*.c, image.c --- */
void scr_gen(struct scr_compiler *c);
struct eng_program *scr_image(struct scr_compiler *c);

#endif
