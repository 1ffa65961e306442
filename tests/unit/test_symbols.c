/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_symbols.c - the kernel's lists of symbols and of modules: what is found in them, and
 * that nothing in them can do harm.
 */
#include "symbols/symbols.h"
#include "unit.h"

static const char kernel[] = "0000000000000000 A fixed_percpu_data\n"
			     "0000000000001000 A cpu_debug_store\n"
			     "ffffffff81000000 T _text\n"
			     "ffffffff81000000 T startup_64\n"
			     "ffffffff81000040 T do_nanosleep\n"
			     "ffffffff81000080 t twice\n"
			     "ffffffff810000c0 t twice\n"
			     "ffffffff81000100 t local\n"
			     "ffffffff81000140 T local\n"
			     "ffffffff81000180 t init_module\t[ext4]\n"
			     "ffffffffc0001000 T init_module\t[lstar]\n"
			     "ffffffffc0001040 t fun.part.0\t[lstar]\n";

static struct sym_table *table;
static char why[160];
static u64 addr;

static bool find(const char *name)
{
	addr = 0;
	why[0] = '\0';
	return sym_find(table, name, &addr, why, sizeof(why));
}

static void load(const char *text)
{
	sym_free(table);
	table = sym_parse(text, strlen(text));
	CHECK(table);
}

TEST(symbols_by_name)
{
	load(kernel);
	CHECK_EQ(sym_count(table), 12);
	CHECK(find("vmlinux!do_nanosleep"));
	CHECK_EQ(addr, 0xffffffff81000040);
	CHECK(find("do_nanosleep"));
	CHECK_EQ(addr, 0xffffffff81000040);
	CHECK(find("lstar!init_module"));
	CHECK_EQ(addr, 0xffffffffc0001000);
	CHECK(find("ext4!init_module"));
	CHECK_EQ(addr, 0xffffffff81000180);
	CHECK(find("lstar!fun.part.0"));
	CHECK(find("vmlinux!local")); /* the global one */
	CHECK_EQ(addr, 0xffffffff81000140);
	sym_free(table);
}

TEST(symbols_that_are_none)
{
	load(kernel);
	CHECK(!find("vmlinux!do_nanoslee"));
	CHECK_STR(why, "'vmlinux' has no such symbol; 'x vmlinux!*NAME*' searches");
	CHECK(!find("vmlinux!init_module"));
	CHECK(!find("nosuch!do_nanosleep"));
	CHECK(!find("vmlinux!"));
	CHECK(!find("!"));
	CHECK(!find(""));
	CHECK(!find("vmlinux!twice"));
	CHECK_STR(why, "2 symbols have this name; 'x vmlinux!twice' lists them");
	sym_free(table);
}

static const char *at(u64 where)
{
	static char text[64];
	u64 offset;
	const struct sym *s = sym_at(table, where, &offset);

	if (!s)
		return "-";
	snprintf(text, sizeof(text), "%s!%s+%llx", s->module, s->name, offset);
	return text;
}

TEST(symbols_by_address)
{
	load(kernel);
	CHECK_STR(at(0xffffffff81000000), "vmlinux!_text+0");
	CHECK_STR(at(0xffffffff81000041), "vmlinux!do_nanosleep+1");
	CHECK_STR(at(0xffffffffc0001fff), "lstar!fun.part.0+fbf");
	CHECK_STR(at(0xffffffff80ffffff), "-");
	CHECK_STR(at(0xffffffffffffffff), "-"); /* too far from all of them */
	CHECK_STR(at(0x1001), "-"); /* offsets of per-CPU variables are no addresses */
	CHECK_STR(at(0), "-");
	sym_free(table);
	table = sym_parse("ffffffffffffffff T end\n", 23);
	CHECK_STR(at(~0ULL), "vmlinux!end+0");
	sym_free(table);
}

TEST(lines_that_are_no_symbols)
{
	load("");
	CHECK_EQ(sym_count(table), 0);
	CHECK(!find("a"));
	CHECK_STR(at(~0ULL), "-");
	load("\n\n \t\n"
	     "ffffffff81000000\n"
	     "ffffffff81000000 T\n"
	     "ffffffff81000000 TT name\n"
	     "ffffffff81000000 1 name\n"
	     "fffffffg81000000 T name\n"
	     "-1 T name\n"
	     "  ffffffff81000040   T   good   [m]   more\n"
	     "ffffffff81000080 T odd [\n"
	     "ffffffff810000c0 T odder []\n"
	     "ffffffff81000100 T last");
	CHECK_EQ(sym_count(table), 4);
	CHECK(find("m!good") && find("vmlinux!odd") && find("vmlinux!odder") &&
	      find("vmlinux!last"));
	sym_free(table);
}

TEST(many_symbols)
{
	enum { N = 100000 };
	char *text = malloc(N * 64), *p = text, name[32];

	CHECK(text);
	/* in an order that is neither that of the names nor that of the addresses */
	for (u32 i = 0; i < N; i++) {
		u32 k = i * 7919 % N;

		p += sprintf(p, "%016llx t fn_%05u_x\n", 0xffffffff80000000 + k * 16ULL, k);
	}
	load(text);
	free(text);
	CHECK_EQ(sym_count(table), N);
	for (u32 i = 0; i < N; i += 997) {
		sprintf(name, "fn_%05u_x", i);
		CHECK(find(name));
		CHECK_EQ(addr, 0xffffffff80000000 + i * 16ULL);
		CHECK_EQ(sym_get(table, i)->addr, addr);
	}
	sym_free(table);
}

TEST(files_that_say_nothing)
{
	char path[] = "/tmp/lstar-symbols-XXXXXX", text[256];
	FILE *f = fdopen(mkstemp(path), "w");

	CHECK(!sym_load("/nowhere/kallsyms", why, sizeof(why)));
	CHECK_STR(why, "cannot read /nowhere/kallsyms: No such file or directory");
	CHECK(!sym_load("/", why, sizeof(why)));
	CHECK_STR(why, "cannot read /: Is a directory");
	CHECK(!sym_load(path, why, sizeof(why)));
	snprintf(text, sizeof(text),
		 "%s has no symbols: the kernel was built without CONFIG_KALLSYMS", path);
	CHECK_STR(why, text);
	fputs("0000000000000000 T _text\n0000000000000000 T _end\n", f);
	fclose(f);
	CHECK(!sym_load(path, why, sizeof(why)));
	snprintf(text, sizeof(text),
		 "%s shows all addresses as 0: be root, and 'sysctl kernel.kptr_restrict=1'", path);
	CHECK_STR(why, text);
	unlink(path);
}

TEST(patterns)
{
	CHECK(sym_matches("*", "") && sym_matches("*", "abc") && sym_matches("", ""));
	CHECK(sym_matches("a*c", "abbc") && sym_matches("A?C", "abc") && sym_matches("*b*", "abc"));
	CHECK(sym_matches("*sys_*pid*", "__x64_sys_getppid"));
	CHECK(!sym_matches("a", "ab") && !sym_matches("a?", "a") && !sym_matches("", "a"));
	CHECK(!sym_matches("*ab", "aba") && sym_matches("*ab", "abab"));
	/* no pattern takes long: a backtracking matcher would need 2^40 steps */
	CHECK(!sym_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
			   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

TEST(modules)
{
	struct sym_modules m;

	CHECK(sym_modules_parse(&m, "lstar 131072 1 - Live 0xffffffffc0a00000 (OE)\n"
				    "ext4 983040 2 jbd2,mbcache, Live 0xffffffffc0800000\n"
				    "rubbish\n"
				    "going 16 0 - Unloading 0x0000000000000000\n"));
	CHECK_EQ(m.n, 3);
	CHECK_STR(m.module[0].name, "lstar");
	CHECK_EQ(m.module[0].base, 0xffffffffc0a00000);
	CHECK_EQ(m.module[0].size, 131072);
	CHECK_EQ(m.module[1].users, 2);
	CHECK_STR(m.module[2].state, "Unloading");
	sym_modules_free(&m);
	CHECK(sym_modules_parse(&m, ""));
	CHECK_EQ(m.n, 0);
	sym_modules_free(&m);
	CHECK(!sym_modules_load(&m, "/nowhere/modules", why, sizeof(why)));
	CHECK_STR(why, "cannot read /nowhere/modules: No such file or directory");
}

UNIT_MAIN()
