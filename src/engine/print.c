/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * print.c - what print and printf of scripts put out.
 *
 * Text gathers in the vm's buffer and goes to the host in pieces when that is full,
 * so that no length of output is lost.
 */
#include "softfloat.h"
#include "text.h"
#include "vm.h"

void eng_print_flush(struct eng_vm *vm)
{
	struct eng_msg msg = { .kind = ENG_MSG_TEXT, .stage = vm->stage };

	if (!vm->nprint)
		return;
	msg.text = vm->print;
	msg.len = vm->nprint;
	vm->left -= vm->nprint / 8;
	vm->nprint = 0;
	eng_emit(vm->host, vm->ctx, vm->ev, &msg);
}

void eng_print_char(struct eng_vm *vm, char c)
{
	if (vm->nprint == ENG_PRINT_MAX)
		eng_print_flush(vm);
	vm->print[vm->nprint++] = c;
}

static void put(struct eng_vm *vm, const char *text, size_t len)
{
	while (len) {
		size_t n = ENG_PRINT_MAX - vm->nprint;

		if (n > len)
			n = len;
		memcpy(vm->print + vm->nprint, text, n);
		vm->nprint += (u32)n;
		text += n;
		len -= n;
		if (len)
			eng_print_flush(vm);
	}
}

static void pad(struct eng_vm *vm, char c, s64 n)
{
	for (; n > 0; n--)
		eng_print_char(vm, c);
}

void eng_print_str(struct eng_vm *vm, const char *s)
{
	while (*s)
		eng_print_char(vm, *s++);
}

void eng_print_num(struct eng_vm *vm, u64 v, u32 base)
{
	char buf[ENG_DIGITS];

	put(vm, buf, eng_digits(buf, v, base, false));
}

static u64 argument_bits(const struct eng_fmt *f, u64 v, bool *negative)
{
	u32 shift = 64 - f->bits;

	*negative = false;
	if (f->kind == ENG_FMT_UNSIGNED)
		return v << shift >> shift;
	v = (u64)((s64)(v << shift) >> shift);
	*negative = (s64)v < 0;
	return *negative ? -v : v;
}

/* As C says: sign, prefix, precision (minimum of digits), width, and their order. */
static void print_decorated(struct eng_vm *vm, const struct eng_fmt *f, u64 v, bool negative)
{
	char buf[ENG_DIGITS], prefix[3] = "";
	s64 digits = eng_digits(buf, v, f->base, f->flags & ENG_FMT_UPPER), zeros, room, nprefix;

	if (!v && !f->prec)
		digits = 0;
	if (f->kind == ENG_FMT_SIGNED && (negative || f->flags & (ENG_FMT_PLUS | ENG_FMT_BLANK)))
		prefix[0] = negative ? '-' : f->flags & ENG_FMT_PLUS ? '+' : ' ';
	if (f->flags & ENG_FMT_ALT && f->base == 16 && v) {
		prefix[0] = '0';
		prefix[1] = f->flags & ENG_FMT_UPPER ? 'X' : 'x';
	}
	nprefix = prefix[0] ? prefix[1] ? 2 : 1 : 0;
	zeros = f->prec - digits;
	if (zeros < 0)
		zeros = 0;
	if (f->flags & ENG_FMT_ALT && f->base == 8 && !zeros && (v || !digits))
		zeros = 1;
	room = f->width - nprefix - zeros - digits;
	if (f->flags & ENG_FMT_ZERO && !(f->flags & ENG_FMT_LEFT) && f->prec < 0 && room > 0) {
		zeros += room;
		room = 0;
	}
	if (!(f->flags & ENG_FMT_LEFT))
		pad(vm, ' ', room);
	put(vm, prefix, (size_t)nprefix);
	pad(vm, '0', zeros);
	put(vm, buf, (size_t)digits);
	if (f->flags & ENG_FMT_LEFT)
		pad(vm, ' ', room);
}

/* An integer without width, precision and flags. */
static bool is_plain(const struct eng_fmt *f)
{
	return (f->kind == ENG_FMT_SIGNED || f->kind == ENG_FMT_UNSIGNED) &&
	       !(f->flags & ~ENG_FMT_UPPER) && !f->width && f->prec < 0;
}

/* There is room for sign and digits. */
static inline void print_plain(struct eng_vm *vm, const struct eng_fmt *f, u64 arg)
{
	char *to = vm->print + vm->nprint;
	bool negative;
	u64 v = argument_bits(f, arg, &negative);

	*to = '-';
	vm->nprint += negative + eng_digits(to + negative, v, f->base, f->flags & ENG_FMT_UPPER);
}

static void print_integer(struct eng_vm *vm, const struct eng_fmt *f, u64 arg)
{
	bool negative;
	u64 v = argument_bits(f, arg, &negative);

	print_decorated(vm, f, v, negative);
}

static int next_char(struct eng_reader *r, bool wide)
{
	int c = wide ? eng_reader_wide(r) : eng_reader_byte(r);

	return wide && c > 0x7e ? '?' : c;
}

/* Length of what will be printed, up to @max; false: bad address. */
static bool measure(struct eng_vm *vm, u64 addr, bool wide, u64 max, u64 *len)
{
	struct eng_reader r;
	int c = 1;

	eng_reader_init(&r, vm, addr);
	for (*len = 0; *len < max && (c = next_char(&r, wide)) > 0;)
		++*len;
	return c >= 0;
}

static enum eng_error print_string(struct eng_vm *vm, const struct eng_fmt *f, u64 addr)
{
	bool wide = f->kind == ENG_FMT_WSTRING;
	u64 max = f->prec >= 0 && f->prec < ENG_STRING_MAX ? (u64)f->prec : ENG_STRING_MAX, len;
	struct eng_reader r;
	u64 n = 0;
	int c = 1;

	if (f->width && !(f->flags & ENG_FMT_LEFT)) {
		if (!measure(vm, addr, wide, max, &len))
			goto bad;
		pad(vm, ' ', f->width - (s64)len);
		max = len; /* the debuggee may have made it longer since */
	}
	eng_reader_init(&r, vm, addr);
	for (; n < max && (c = next_char(&r, wide)) > 0; n++)
		eng_print_char(vm, (char)c);
	if (c < 0)
		goto bad;
	if (f->flags & ENG_FMT_LEFT)
		pad(vm, ' ', f->width - (s64)n);
	return ENG_OK;
bad:
	if (vm->left < 0)
		return ENG_E_BUDGET;
	return eng_fail(vm, ENG_E_ADDR, addr, 1);
}

static void print_char(struct eng_vm *vm, const struct eng_fmt *f, u64 arg)
{
	if (!(f->flags & ENG_FMT_LEFT))
		pad(vm, ' ', f->width - 1);
	eng_print_char(vm, (char)arg);
	if (f->flags & ENG_FMT_LEFT)
		pad(vm, ' ', f->width - 1);
}

static void put_float_char(void *to, char ch)
{
	eng_print_char(to, ch);
}

static enum eng_error convert(struct eng_vm *vm, const struct eng_fmt *f, u64 arg)
{
	switch (f->kind) {
	case ENG_FMT_CHAR:
		print_char(vm, f, arg);
		return ENG_OK;
	case ENG_FMT_FLOAT:
		vm->left -= ENG_COST_FLOAT;
		eng_fp_print(f, arg, put_float_char, vm);
		return ENG_OK;
	case ENG_FMT_STRING:
	case ENG_FMT_WSTRING:
		return print_string(vm, f, arg);
	default:
		print_integer(vm, f, arg);
		return ENG_OK;
	}
}

/* The conversion that was parsed last. */
struct last {
	struct eng_fmt f;
	bool plain;
	u64 word, mask; /* its characters, up to seven; else the mask is 0 */
};

/* Many formats have the same conversion several times: it is not parsed again then. */
static inline bool again(const struct last *last, const char *format, const char *end)
{
	u64 word;

	if (!last->mask || end - format < 8)
		return false;
	memcpy(&word, format, 8);
	return !((word ^ last->word) & last->mask);
}

static bool next(struct last *last, const char **format, const char *end)
{
	const char *start = *format;

	last->mask = 0;
	last->plain = false;
	if (!eng_fmt_next(format, end, &last->f))
		return false;
	if (last->f.kind == ENG_FMT_TEXT)
		return true;
	last->plain = is_plain(&last->f);
	if (last->f.len < 8 && end - start >= 8) {
		memcpy(&last->word, start, 8);
		last->mask = ENG_BIT(8 * last->f.len) - 1;
	}
	return true;
}

/* The ordinary text at @p, by words: its end is found while it is copied. */
static inline const char *put_text(struct eng_vm *vm, const char *p, const char *end)
{
	const char *text;
	u64 word, found;
	u32 n;

	while (end - p >= 8 && vm->nprint <= ENG_PRINT_MAX - 8) {
		memcpy(&word, p, 8);
		memcpy(vm->print + vm->nprint, &word, 8);
		found = eng_find_byte(word, '%') | eng_find_byte(word, 0);
		n = found ? (u32)__builtin_ctzll(found) / 8 : 8;
		vm->nprint += n;
		p += n;
		if (found)
			return p;
	}
	text = p;
	p = eng_fmt_text(text, end);
	put(vm, text, (size_t)(p - text));
	return p;
}

enum eng_error eng_printf(struct eng_vm *vm, const char *format, const char *end, const u64 *arg)
{
	struct last last = { .mask = 0 };
	enum eng_error e = ENG_OK;

	vm->left -= ENG_COST_BUILTIN;
	while (!e) {
		format = put_text(vm, format, end);
		if (again(&last, format, end))
			format += last.f.len;
		else if (!next(&last, &format, end))
			break;
		if (last.plain && vm->nprint < ENG_PRINT_MAX - ENG_DIGITS)
			print_plain(vm, &last.f, *arg++);
		else if (last.f.kind == ENG_FMT_TEXT)
			put(vm, last.f.text, last.f.len);
		else
			e = convert(vm, &last.f, *arg++);
		if (!e && vm->left < 0)
			e = ENG_E_BUDGET;
	}
	eng_print_flush(vm);
	return e ? e : vm->left < 0 ? ENG_E_BUDGET : ENG_OK;
}
