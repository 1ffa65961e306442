/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory.c - addresses: the engine's own window, bounds-checked, and everything
 * else through the host.
 *
 * No other engine file may follow an address that a script computed.
 */
#include "vm.h"

#define OFFSET_MASK ((1ULL << 48) - 1)

u8 *eng_window(struct eng_vm *vm, u64 addr, u64 *avail, bool write)
{
	u64 off = addr & OFFSET_MASK, size = 0;
	u8 *base = NULL;

	switch (addr >> 48 & 0xff) {
	case ENG_SEG_DATA:
		if (write)
			return NULL;
		base = (u8 *)vm->prog->data;
		size = vm->prog->image->ndata;
		break;
	case ENG_SEG_GLOBALS:
		if (!vm->globals->nslots)
			return NULL;
		base = (u8 *)vm->globals->slot;
		size = vm->globals->nslots * 8ULL;
		break;
	case ENG_SEG_FRAME:
		base = vm->mem;
		size = vm->frame_top;
		break;
	case ENG_SEG_BUFFER:
		if (!vm->ev || !vm->ev->buffer)
			return NULL;
		base = vm->ev->buffer;
		size = vm->ev->buffer_size;
		break;
	case ENG_SEG_TEXT:
		if (write)
			return NULL;
		base = (u8 *)vm->text;
		size = sizeof(vm->text);
		break;
	default:
		return NULL;
	}
	if (off >= size)
		return NULL;
	*avail = size - off;
	return base + off;
}

static bool bad_address(struct eng_vm *vm, u64 addr, u64 len)
{
	eng_fail(vm, ENG_E_ADDR, addr, len);
	return false;
}

bool eng_read(struct eng_vm *vm, u64 addr, void *buf, u32 len)
{
	u64 avail;

	if (ENG_IS_ENGINE_ADDR(addr)) {
		const u8 *p = eng_window(vm, addr, &avail, false);

		if (!p || avail < len)
			return bad_address(vm, addr, len);
		memcpy(buf, p, len);
		return true;
	}
	vm->left -= ENG_COST_HOST;
	if (addr + len < addr || !vm->host->read_mem ||
	    vm->host->read_mem(vm->ctx, addr, buf, len) != len)
		return bad_address(vm, addr, len);
	return true;
}

bool eng_write(struct eng_vm *vm, u64 addr, const void *buf, u32 len)
{
	u64 avail;

	if (ENG_IS_ENGINE_ADDR(addr)) {
		u8 *p = eng_window(vm, addr, &avail, true);

		if (!p || avail < len)
			return bad_address(vm, addr, len);
		memcpy(p, buf, len);
		return true;
	}
	vm->left -= ENG_COST_HOST;
	if (addr + len < addr || !vm->host->write_mem ||
	    vm->host->write_mem(vm->ctx, addr, buf, len) != len)
		return bad_address(vm, addr, len);
	return true;
}

bool eng_read_phys(struct eng_vm *vm, u64 pa, void *buf, u32 len)
{
	vm->left -= ENG_COST_HOST;
	return vm->host->read_phys(vm->ctx, pa, buf, len) == len || bad_address(vm, pa, len);
}

bool eng_write_phys(struct eng_vm *vm, u64 pa, const void *buf, u32 len)
{
	vm->left -= ENG_COST_HOST;
	return vm->host->write_phys(vm->ctx, pa, buf, len) == len || bad_address(vm, pa, len);
}

/* The pieces of a copy: one address space or the other. */
typedef bool (*read_fn)(struct eng_vm *vm, u64 addr, void *buf, u32 len);
typedef bool (*write_fn)(struct eng_vm *vm, u64 addr, const void *buf, u32 len);

static enum eng_error copy_pieces(struct eng_vm *vm, u64 dst, u64 src, u64 len, read_fn from,
				  write_fn to)
{
	u8 piece[256];

	while (len) {
		u32 n = len < sizeof(piece) ? (u32)len : (u32)sizeof(piece);

		if (!eng_charge(vm, n / 8))
			return ENG_E_BUDGET;
		if (!from(vm, src, piece, n) || !to(vm, dst, piece, n))
			return ENG_E_ADDR;
		dst += n;
		src += n;
		len -= n;
	}
	return ENG_OK;
}

enum eng_error eng_copy_phys(struct eng_vm *vm, u64 dst, u64 src, u64 len)
{
	return copy_pieces(vm, dst, src, len, eng_read_phys, eng_write_phys);
}

/*
 * Copies piece by piece, so that what is readable before a bad address arrives, as it
 * would with a loop of the script's own. Inside the window overlapping is allowed.
 */
enum eng_error eng_copy(struct eng_vm *vm, u64 dst, u64 src, u64 len)
{
	if (ENG_IS_ENGINE_ADDR(dst) && ENG_IS_ENGINE_ADDR(src)) {
		u64 to_avail, from_avail;
		u8 *to = eng_window(vm, dst, &to_avail, true);
		const u8 *from = eng_window(vm, src, &from_avail, false);

		if (!from || from_avail < len)
			return eng_fail(vm, ENG_E_ADDR, src, len);
		if (!to || to_avail < len)
			return eng_fail(vm, ENG_E_ADDR, dst, len);
		if (!eng_charge(vm, len / 8))
			return ENG_E_BUDGET;
		memmove(to, from, len);
		return ENG_OK;
	}
	return copy_pieces(vm, dst, src, len, eng_read, eng_write);
}

void eng_reader_init(struct eng_reader *r, struct eng_vm *vm, u64 addr)
{
	r->vm = vm;
	r->addr = addr;
	r->at = r->buf;
	r->pos = r->len = 0;
}

/* A chunk never crosses a page: the next page may be missing though this one is enough. */
bool eng_reader_refill(struct eng_reader *r)
{
	struct eng_vm *vm = r->vm;
	u64 n = ENG_PAGE - (r->addr & (ENG_PAGE - 1)), avail;

	r->pos = r->len = 0;
	if (n > sizeof(r->buf))
		n = sizeof(r->buf);
	if (ENG_IS_ENGINE_ADDR(r->addr)) {
		r->at = eng_window(vm, r->addr, &avail, false);
		if (!r->at)
			return false;
		if (n > avail)
			n = avail;
	} else {
		vm->left -= ENG_COST_HOST;
		r->at = r->buf;
		n = vm->host->read_mem ? vm->host->read_mem(vm->ctx, r->addr, r->buf, n) : 0;
	}
	vm->left -= (s64)(n / 8);
	if (!n || vm->left < 0)
		return false;
	r->len = (u32)n;
	r->addr += n;
	return true;
}

int eng_reader_wide(struct eng_reader *r)
{
	int low = eng_reader_byte(r);
	int high = low < 0 ? -1 : eng_reader_byte(r);

	return high < 0 ? -1 : low | high << 8;
}
