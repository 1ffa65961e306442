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

/* Copies without a call what is as short as most texts in formats. */
static inline void copy_short(char *to, const char *from, size_t n)
{
	u64 first, last;

	if (n >= 8 && n <= 16) {
		memcpy(&first, from, 8);
		memcpy(&last, from + n - 8, 8);
		memcpy(to, &first, 8);
		memcpy(to + n - 8, &last, 8);
	} else if (n < 8) {
		for (; n; n--)
			*to++ = *from++;
	} else {
		memcpy(to, from, n);
	}
}

static void put(struct eng_vm *vm, const char *text, size_t len)
{
	if (ENG_LIKELY(len < ENG_PRINT_MAX - vm->nprint)) {
		copy_short(vm->print + vm->nprint, text, len);
		vm->nprint += (u32)len;
		return;
	}
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

static void print_integer(struct eng_vm *vm, const struct eng_fmt *f, u64 arg)
{
	bool negative;
	u64 v = argument_bits(f, arg, &negative);
	char *to = vm->print + vm->nprint;

	if (f->flags & ~ENG_FMT_UPPER || f->width || f->prec >= 0 ||
	    vm->nprint > ENG_PRINT_MAX - 1 - ENG_DIGITS) {
		print_decorated(vm, f, v, negative);
		return;
	}
	*to = '-';
	vm->nprint += negative;
	vm->nprint += eng_digits(to + negative, v, f->base, f->flags & ENG_FMT_UPPER);
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

/* Does the format go on with the conversion that was parsed last? Many have the same often. */
static inline bool again(const struct eng_fmt *f, const char *format, const char *end)
{
	size_t i = 0;

	if (f->kind == ENG_FMT_TEXT || (size_t)(end - format) < f->len)
		return false;
	while (i < f->len && format[i] == f->text[i])
		i++;
	return i == f->len;
}

enum eng_error eng_printf(struct eng_vm *vm, const char *format, const char *end, const u64 *arg)
{
	struct eng_fmt f = { .kind = ENG_FMT_TEXT };
	enum eng_error e = ENG_OK;
	const char *text;

	vm->left -= ENG_COST_BUILTIN;
	while (!e) {
		text = format;
		format = eng_fmt_text(text, end);
		put(vm, text, (size_t)(format - text));
		if (again(&f, format, end))
			format += f.len;
		else if (!eng_fmt_next(&format, end, &f))
			break;
		if (f.kind == ENG_FMT_TEXT)
			put(vm, f.text, f.len);
		else
			e = convert(vm, &f, *arg++);
		if (!e && vm->left < 0)
			e = ENG_E_BUDGET;
	}
	eng_print_flush(vm);
	return e ? e : vm->left < 0 ? ENG_E_BUDGET : ENG_OK;
}
