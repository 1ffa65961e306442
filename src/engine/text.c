/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.c - short texts in memory of the caller, and what script errors are called.
 *
 * Nothing here may emit a message: it only spells.
 */
#include "engine.h"
#include "softfloat.h"
#include "text.h"

/* The eight hexadecimal digits of @v, all at once, the first of them in the lowest byte. */
static u64 eight_digits(u32 v, bool upper)
{
	u64 x = v, letters;

	x = (x | x << 16) & 0x0000ffff0000ffffULL;
	x = (x | x << 8) & 0x00ff00ff00ff00ffULL;
	x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fULL;
	letters = (x + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
	x += 0x3030303030303030ULL + letters * ((upper ? 'A' : 'a') - '9' - 1);
	return __builtin_bswap64(x);
}

static u32 bit_length(u64 v)
{
	return 64 - (u32)__builtin_clzll(v | 1);
}

static u32 hexadecimal(char *to, u64 v, bool upper)
{
	u32 n = (bit_length(v) + 3) / 4;
	u64 part;

	v <<= 64 - 4 * n;
	part = eight_digits((u32)(v >> 32), upper);
	memcpy(to, &part, 8);
	if (n > 8) {
		part = eight_digits((u32)v, upper);
		memcpy(to + 8, &part, 8);
	}
	return n;
}

static u32 decimal(char *to, u64 v)
{
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";
	static const u64 least[] = { /* with one digit more than the index */
				     0,
				     10,
				     100,
				     1000,
				     10000,
				     100000,
				     1000000,
				     10000000,
				     100000000,
				     1000000000,
				     10000000000,
				     100000000000,
				     1000000000000,
				     10000000000000,
				     100000000000000,
				     1000000000000000,
				     10000000000000000,
				     100000000000000000,
				     1000000000000000000,
				     10000000000000000000ULL
	};
	u32 guess = bit_length(v) * 1233 >> 12; /* log10(2) is 1233 / 4096, nearly */
	u32 n = guess + (v >= least[guess]);
	char *p = to + n;

	for (; v >= 100; v /= 100) {
		p -= 2;
		memcpy(p, pairs + 2 * (v % 100), 2);
	}
	if (v >= 10)
		memcpy(to, pairs + 2 * v, 2);
	else
		*to = (char)('0' + v);
	return n;
}

/* In base 2 or 8. */
static u32 by_bits(char *to, u64 v, u32 bits)
{
	u32 n = (bit_length(v) + bits - 1) / bits;

	for (u32 i = n; i-- > 0; v >>= bits)
		to[i] = (char)('0' + (v & (ENG_BIT(bits) - 1)));
	return n;
}

u32 eng_digits(char *to, u64 v, u32 base, bool upper)
{
	switch (base) {
	case 16:
		return hexadecimal(to, v, upper);
	case 8:
		return by_bits(to, v, 3);
	case 2:
		return by_bits(to, v, 1);
	default:
		return decimal(to, v);
	}
}

void eng_text_char(struct eng_text *t, char c)
{
	if (t->len < t->size)
		t->buf[t->len] = c;
	t->len++;
}

void eng_text_str(struct eng_text *t, const char *s)
{
	while (*s)
		eng_text_char(t, *s++);
}

void eng_text_num(struct eng_text *t, u64 v, u32 base)
{
	char buf[ENG_DIGITS];
	u32 n = eng_digits(buf, v, base, false);

	for (u32 i = 0; i < n; i++)
		eng_text_char(t, buf[i]);
}

void eng_text_int(struct eng_text *t, s64 v)
{
	if (v < 0)
		eng_text_char(t, '-');
	eng_text_num(t, v < 0 ? -(u64)v : (u64)v, 10);
}

size_t eng_text_end(struct eng_text *t)
{
	if (t->size)
		t->buf[t->len < t->size ? t->len : t->size - 1] = 0;
	return t->len;
}

static const char *const error_texts[ENG_NERRORS] = {
	[ENG_OK] = "no error",
	[ENG_E_ADDR] = "bad address",
	[ENG_E_DIV] = "division by zero, or quotient out of range",
	[ENG_E_SHIFT] = "shift count out of range",
	[ENG_E_BOUND] = "array index out of bounds",
	[ENG_E_BUDGET] = "instruction budget used up; is there an endless loop?",
	[ENG_E_STACK] = "stack used up; is there an endless recursion?",
	[ENG_E_DEADLOCK] = "deadlock: the spinlock is held and nobody can release it",
	[ENG_E_REG] = "register not available here",
	[ENG_E_UNSUPPORTED] = "not available on this target",
	[ENG_E_STAGE] = "not possible in this stage",
	[ENG_E_EVENT] = "only possible in the script of an event",
	[ENG_E_ATOMIC] = "interlocked functions and spinlocks need an aligned variable or $buffer",
	[ENG_E_COUNT] = "memcpy of 0 bytes",
	[ENG_E_MAP] = "this map has no memory",
	[ENG_E_FLOAT] = "floating-point result out of range",
	[ENG_E_FDIV] = "floating-point division by zero",
	[ENG_E_FNAN] = "floating-point operand is not a finite number",
	[ENG_E_FCONV] = "floating-point number does not fit into the integer",
	[ENG_E_INVOKE] = "the system call was not made",
	[ENG_E_SLEEP] = "the script would hold the CPU for too long",
};

const char *eng_error_text(enum eng_error e)
{
	if ((u32)e >= ENG_NERRORS || !error_texts[e])
		return "unknown error";
	return error_texts[e];
}

static const char *storage_name(u64 reg)
{
	for (u32 i = 0; i < eng_nreg_names; i++)
		if (eng_reg_names[i].reg == reg)
			return eng_reg_names[i].name;
	return "?";
}

static void put_char(void *to, char ch)
{
	eng_text_char(to, ch);
}

static void put_double(struct eng_text *t, u64 bits)
{
	const struct eng_fmt f = { .kind = ENG_FMT_FLOAT, .base = 'g', .prec = -1 };

	eng_fp_print(&f, bits, put_char, t);
}

/* What was not supported or not possible in the stage. */
static void put_subject(struct eng_text *t, const struct eng_fault *f)
{
	if (f->value[1] == ENG_SUBJECT_BUILTIN && f->value[0] < ENG_NBUILTINS) {
		eng_text_str(t, eng_builtin_names[f->value[0]].name);
		eng_text_str(t, "()");
	} else if (f->value[1] == ENG_SUBJECT_PSEUDO && f->value[0] < ENG_NPSEUDO) {
		eng_text_char(t, '$');
		eng_text_str(t, eng_pseudo_names[f->value[0]].name);
	}
}

static void put_values(struct eng_text *t, const struct eng_fault *f)
{
	const u64 *v = f->value;

	switch (f->code) {
	case ENG_E_ADDR:
		eng_text_str(t, ": ");
		eng_text_num(t, v[0], 16);
		if (v[1] > 1) {
			eng_text_str(t, ", length ");
			eng_text_num(t, v[1], 16);
		}
		break;
	case ENG_E_DIV:
		eng_text_str(t, ": ");
		eng_text_num(t, v[0], 16);
		eng_text_str(t, " / ");
		eng_text_num(t, v[1], 16);
		break;
	case ENG_E_SHIFT:
		eng_text_str(t, ": ");
		eng_text_int(t, (s64)v[0]);
		eng_text_str(t, " in a value of ");
		eng_text_num(t, v[1], 10);
		eng_text_str(t, " bits");
		break;
	case ENG_E_BOUND:
		eng_text_str(t, ": index ");
		eng_text_num(t, v[0], 16);
		eng_text_str(t, " of ");
		eng_text_num(t, v[1], 16);
		break;
	case ENG_E_FLOAT:
	case ENG_E_FDIV:
	case ENG_E_FNAN:
		eng_text_str(t, ": ");
		put_double(t, v[0]);
		if (v[1] == v[0]) /* or there is only one operand */
			break;
		eng_text_str(t, f->code == ENG_E_FDIV ? " / " : ", ");
		put_double(t, v[1]);
		break;
	case ENG_E_FCONV:
		eng_text_str(t, ": ");
		put_double(t, v[0]);
		eng_text_str(t, " into ");
		eng_text_num(t, v[1], 10);
		eng_text_str(t, " bits");
		break;
	case ENG_E_INVOKE:
		eng_text_str(t, ": number ");
		eng_text_num(t, v[0], 16);
		break;
	case ENG_E_SLEEP:
		eng_text_str(t, ": microsleep() of ");
		eng_text_num(t, v[0], 10);
		eng_text_str(t, " us, with at most ");
		eng_text_num(t, v[1], 10);
		eng_text_str(t, " us in one run");
		break;
	case ENG_E_DEADLOCK:
	case ENG_E_ATOMIC:
		eng_text_str(t, f->code == ENG_E_DEADLOCK && v[1] == ENG_SUBJECT_MAP
					? ": of map number "
					: ": ");
		eng_text_num(t, v[0], 16);
		break;
	case ENG_E_REG:
		eng_text_str(t, ": @");
		eng_text_str(t, storage_name(v[0]));
		break;
	case ENG_E_UNSUPPORTED:
	case ENG_E_STAGE:
	case ENG_E_EVENT:
		eng_text_str(t, ": ");
		put_subject(t, f);
		break;
	default:
		break;
	}
}

size_t eng_fault_text(const struct eng_fault *f, char *buf, size_t size)
{
	struct eng_text t = { buf, size, 0 };

	eng_text_str(&t, eng_error_text(f->code));
	put_values(&t, f);
	return eng_text_end(&t);
}
