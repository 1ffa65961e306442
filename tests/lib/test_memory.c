/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_memory.c - registers, memory, maps, search and names of a stopped process.
 */
#include <elf.h>

#include "lib_kit.h"

static struct lstar *s;
static struct lstar_thread *t;

static void begin(const char *name)
{
	s = lstar_open();
	CHECK(s);
	t = launch(s, LSTAR_STDIO_PIPE, name, NULL, NULL, NULL);
	CHECK(t);
}

TEST(registers)
{
	uint64_t rip, v;

	begin("six_calls");
	CHECK_OK(s, lstar_reg_get(t, "rip", &rip));
	CHECK(rip);
	CHECK_OK(s, lstar_reg_set(t, "rbx", 0x123456789abcdef0));
	CHECK_OK(s, lstar_reg_get(t, "rbx", &v));
	CHECK_EQ(v, 0x123456789abcdef0);
	CHECK_OK(s, lstar_reg_get(t, "ebx", &v));
	CHECK_EQ(v, 0x9abcdef0);
	CHECK_FAILS(s, lstar_reg_get(t, "rbz", &v), LSTAR_E_NAME, "rb");
	CHECK_FAILS(s, lstar_reg_set(t, "nonsense", 1), LSTAR_E_NAME, "nonsense");
	CHECK_FAILS(s, lstar_reg_set(t, "cr0", 1), LSTAR_E_UNSUPPORTED, "cannot be written");
	CHECK_FAILS(s, lstar_reg_set(t, "al", 0x100), LSTAR_E_ARGUMENT, "8 bits");
	CHECK_FAILS(s, lstar_reg_get(t, NULL, &v), LSTAR_E_ARGUMENT, "name is NULL");
	CHECK_FAILS(s, lstar_reg_get(t, "rax", NULL), LSTAR_E_ARGUMENT, "NULL");
	CHECK_FAILS(NULL, lstar_reg_get(NULL, "rax", &v), LSTAR_E_ARGUMENT, "no thread");
	lstar_close(s);
}

TEST(reading_and_writing)
{
	char buf[16] = "", text[5];
	uint64_t sp, end = 0;
	struct lstar_map maps[256];
	int64_t n;

	begin("six_calls");
	CHECK_OK(s, lstar_reg_get(t, "rsp", &sp));
	sp -= 256;
	CHECK_EQ(lstar_write(t, sp, "some words", 11), 11);
	CHECK_EQ(lstar_read(t, sp, buf, 11), 11);
	CHECK_STR(buf, "some words");
	CHECK_EQ(lstar_read_string(t, sp + 5, buf, sizeof(buf)), 5);
	CHECK_STR(buf, "words");
	CHECK_EQ(lstar_read_string(t, sp, text, sizeof(text)), 4);
	CHECK_STR(text, "some");
	CHECK_FAILS(s, lstar_read(t, 8, buf, 4), LSTAR_E_FAULT, "");
	CHECK_FAILS(s, lstar_write(t, 8, buf, 4), LSTAR_E_FAULT, "");
	CHECK_FAILS(s, lstar_read_string(t, 8, buf, sizeof(buf)), LSTAR_E_FAULT, "");
	CHECK_FAILS(s, lstar_read(t, sp, NULL, 4), LSTAR_E_ARGUMENT, "NULL");
	/* the last bytes of the stack */
	n = lstar_maps(t, maps, 256);
	for (int64_t i = 0; i < n; i++)
		if (!strcmp(maps[i].path, "[stack]"))
			end = maps[i].end;
	CHECK(end);
	CHECK_EQ(lstar_read(t, end - 6, buf, 16), 6);
	lstar_close(s);
}

TEST(maps)
{
	struct lstar_map map[64];
	bool program = false, stack = false;
	int64_t n;

	begin("six_calls");
	n = lstar_maps(t, NULL, 0);
	CHECK(n > 5);
	memset(map, 0xee, sizeof(map));
	CHECK_EQ(lstar_maps(t, map, 2), n);
	CHECK_EQ(map[0].start, 0x400000);
	CHECK_STR(map[0].path, prog("six_calls"));
	CHECK_STR(map[0].perms, "r--p");
	CHECK_EQ(map[2].start, 0xeeeeeeeeeeeeeeee);
	CHECK_EQ(lstar_maps(t, map, 64), n);
	for (int64_t i = 0; i < n; i++) {
		CHECK(map[i].start < map[i].end);
		program |= !strcmp(map[i].path, prog("six_calls")) && !strcmp(map[i].perms, "r-xp");
		stack |= !strcmp(map[i].path, "[stack]");
	}
	CHECK(program && stack);
	lstar_close(s);
}

TEST(searching)
{
	uint64_t at = 1, again, sp;
	char needle[] = "uncommon-needle";

	begin("six_calls");
	CHECK_OK(s, lstar_find(t, 0, ~0ull, ELFMAG, SELFMAG, &at));
	CHECK_EQ(at, 0x400000);
	CHECK_OK(s, lstar_find(t, at + 1, ~0ull, ELFMAG, SELFMAG, &at));
	CHECK(at > 0x400000);
	CHECK_OK(s, lstar_reg_get(t, "rsp", &sp));
	sp = (sp & ~0xfffull) - 5; /* over the end of a page */
	CHECK_FAILS(s, lstar_find(t, 0, ~0ull, needle, sizeof(needle), &at), LSTAR_E_NAME,
		    "nowhere");
	CHECK_EQ(lstar_write(t, sp, needle, sizeof(needle)), sizeof(needle));
	CHECK_OK(s, lstar_find(t, 0, ~0ull, needle, sizeof(needle), &at));
	CHECK_EQ(at, sp);
	CHECK_OK(s, lstar_find(t, sp, sp + sizeof(needle), needle, sizeof(needle), &again));
	CHECK_EQ(again, sp);
	CHECK_FAILS(s, lstar_find(t, sp + 1, ~0ull, needle, sizeof(needle), &at), LSTAR_E_NAME, "");
	CHECK_FAILS(s, lstar_find(t, sp, sp + sizeof(needle) - 1, needle, sizeof(needle), &at),
		    LSTAR_E_NAME, "");
	CHECK_FAILS(s, lstar_find(t, 0, ~0ull, needle, 0, &at), LSTAR_E_ARGUMENT, "0 bytes");
	CHECK_FAILS(s, lstar_find(t, 0, ~0ull, NULL, 4, &at), LSTAR_E_ARGUMENT, "NULL");
	if (!getenv("WATCHED")) /* a sanitizer would end the program */
		CHECK_FAILS(s, lstar_find(t, 0, ~0ull, needle, (size_t)1 << 46, &at),
			    LSTAR_E_MEMORY, "no memory");
	lstar_close(s);
}

/* --- names --- */

TEST(symbols_of_a_program_with_fixed_addresses)
{
	uint64_t main_at, entry, v;
	unsigned char code[4];

	begin("six_calls");
	CHECK_OK(s, lstar_symbol(t, "main", NULL, &main_at));
	CHECK(main_at > 0x400000 && main_at < 0x500000);
	CHECK_OK(s, lstar_symbol(t, "main+1f", NULL, &v));
	CHECK_EQ(v, main_at + 0x1f);
	CHECK_OK(s, lstar_symbol(t, "_start", "six_calls", &entry));
	CHECK_EQ(lstar_read(t, entry, code, sizeof(code)), 4);
	CHECK(!memcmp(code, "\x31\xed\x49\x89", 4)); /* xor %ebp,%ebp; mov %rdx,%r9 */
	CHECK_FAILS(s, lstar_symbol(t, "mainn", NULL, &v), LSTAR_E_NAME, "did you mean main");
	CHECK_FAILS(s, lstar_symbol(t, "main", "libc", &v), LSTAR_E_NAME, "in 'libc'");
	CHECK_FAILS(s, lstar_symbol(t, "main+zz", NULL, &v), LSTAR_E_NAME, "hexadecimal");
	CHECK_FAILS(s, lstar_symbol(t, NULL, NULL, &v), LSTAR_E_ARGUMENT, "NULL");
	lstar_close(s);
}

TEST(symbols_of_a_program_that_is_moved)
{
	uint64_t main_at, f, v;
	struct lstar_map map;

	begin("thread_sites");
	CHECK_OK(s, lstar_symbol(t, "main", NULL, &main_at));
	CHECK(lstar_maps(t, &map, 1) > 0);
	CHECK(main_at > map.start && main_at < map.start + 0x10000);
	CHECK_OK(s, lstar_symbol(t, "thread_1_function+17", NULL, &v));
	CHECK_OK(s, lstar_symbol(t, "thread_1_function", NULL, &f));
	CHECK_EQ(v, f + 0x17);
	/* commands and scripts know it by the same name */
	CHECK_OK(s, lstar_eval(s, NULL, "thread_sites!main", &v));
	CHECK_EQ(v, main_at);
	lstar_close(s);
}

TEST(symbols_of_libraries)
{
	struct lstar_handler *h;
	struct lstar_stop stop;
	uint64_t at, program, v;

	begin("six_calls");
	CHECK_FAILS(s, lstar_symbol(t, "getcwd", "libc", &at), LSTAR_E_NAME,
		    ""); /* not loaded yet */
	CHECK_OK(s, lstar_handle_syscall(s, "read", NULL, NULL, 0, NULL, &h));
	CHECK_OK(s, lstar_handle_syscall(s, "getcwd", NULL, NULL, 0, NULL, &h));
	for (int i = 0; i < 100 && lstar_symbol(t, "getcwd", "libc", &at); i++) {
		CHECK_OK(s, lstar_continue(s));
		CHECK_OK(s, lstar_wait(s, 10000, &stop));
		CHECK_EQ(stop.reason, LSTAR_STOP_SYSCALL);
	}
	CHECK_OK(s, lstar_symbol(t, "getcwd", "libc", &at));
	CHECK_OK(s, lstar_eval(s, NULL, "libc!getcwd", &v));
	CHECK_EQ(v, at);
	CHECK_OK(s, lstar_symbol(t, "main", NULL, &program));
	CHECK(program < 0x500000 && at > 0x500000);
	lstar_close(s);
}

UNIT_MAIN()
