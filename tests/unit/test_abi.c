/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test_abi.c - system-call tables against the system's own headers; lookups and suggestions. */
#include <errno.h>
#include <libgen.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#include "abi/abi.h"
#include "abi/nearest.h"
#include "unit.h"

/* Every number that <asm/HEADER> defines is in the table, under the same name. */
static void compare_with_header(enum abi_id abi, const char *header)
{
	char cmd[256], line[256], name[128];
	unsigned long nr, bit;
	unsigned n = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "echo '#include <asm/%s>' | cc -E -dM -xc - 2>/dev/null",
		 header);
	f = popen(cmd, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		const struct abi_call *c;

		bit = 0;
		if (sscanf(line, "#define __NR_%127s (__X32_SYSCALL_BIT + %lu)", name, &nr) == 2)
			bit = ABI_X32_BIT;
		else if (sscanf(line, "#define __NR_%127s %lu", name, &nr) != 2)
			continue;
		c = abi_call_by_nr(abi, nr);
		if (!c)
			UNIT_FAIL("%s: no call %lu (%s)", header, nr, name);
		CHECK_STR(c->name, name);
		CHECK_EQ(c->nr, nr | bit);
		CHECK(abi_call_by_name(abi, name) == c);
		n++;
	}
	if (pclose(f))
		SKIP("no C compiler or no header at hand");
	CHECK(n > 300);
}

TEST(x86_64_is_the_headers)
{
	compare_with_header(ABI_X86_64, "unistd_64.h");
}

TEST(i386_is_the_headers)
{
	compare_with_header(ABI_I386, "unistd_32.h");
}

TEST(x32_is_the_headers)
{
	compare_with_header(ABI_X32, "unistd_x32.h");
}

TEST(tables_are_sound)
{
	for (int abi = 0; abi < ABI_N; abi++) {
		size_t n;
		const struct abi_call *c = abi_calls((enum abi_id)abi, &n);

		for (size_t i = 0; i < n; i++) {
			if (i)
				CHECK(c[i].nr > c[i - 1].nr);
			CHECK(abi_call_by_nr((enum abi_id)abi, c[i].nr) == &c[i]);
			CHECK(abi_call_by_name((enum abi_id)abi, c[i].name) == &c[i]);
			if (c[i].alias)
				CHECK(abi_call_by_name((enum abi_id)abi, c[i].alias));
			for (unsigned j = 0; j < 6; j++) {
				CHECK(!c[i].arg[j].type == (j >= c[i].nargs));
				CHECK(!c[i].arg[j].name == (j >= c[i].nargs));
			}
		}
	}
}

static u32 nr_of(enum abi_id abi, const char *name)
{
	const struct abi_call *c = abi_call_by_name(abi, name);

	if (!c)
		UNIT_FAIL("no call '%s'", name);
	return c->nr;
}

TEST(names)
{
	CHECK_EQ(nr_of(ABI_X86_64, "openat"), SYS_openat);
	CHECK_EQ(nr_of(ABI_X86_64, "newfstatat"), SYS_newfstatat);
	CHECK_EQ(nr_of(ABI_X86_64, "fstatat"), SYS_newfstatat);
	CHECK_EQ(nr_of(ABI_X86_64, "stat"), SYS_stat);
	CHECK_EQ(nr_of(ABI_X86_64, "newstat"), SYS_stat);
	CHECK_EQ(nr_of(ABI_X86_64, "newuname"), SYS_uname);
	CHECK_EQ(nr_of(ABI_X86_64, "umount"), SYS_umount2);
	CHECK_EQ(nr_of(ABI_X86_64, "pread"), SYS_pread64);
	CHECK_EQ(nr_of(ABI_X86_64, "sendfile64"), SYS_sendfile);
	CHECK_EQ(nr_of(ABI_X86_64, "SYS_getppid"), SYS_getppid);
	CHECK_EQ(nr_of(ABI_X86_64, "__NR_getppid"), SYS_getppid);
	CHECK_EQ(nr_of(ABI_X86_64, "file_setattr"), 469);
	CHECK_EQ(nr_of(ABI_I386, "umount"), 22);
	CHECK_EQ(nr_of(ABI_I386, "umount2"), 52);
	CHECK_EQ(nr_of(ABI_I386, "mmap_pgoff"), 192);
	CHECK_EQ(nr_of(ABI_I386, "mmap"), 90);
	CHECK_EQ(nr_of(ABI_I386, "clock_gettime"), 265);
	CHECK_EQ(nr_of(ABI_X32, "ioctl"), ABI_X32_BIT | 514);
	CHECK(!abi_call_by_name(ABI_X86_64, "no_such_call"));
	CHECK(!abi_call_by_name(ABI_X86_64, ""));
	CHECK(!abi_call_by_name(ABI_X86_64, "SYS_"));
	CHECK(!abi_call_by_name(ABI_X32, "uselib"));
}

/* What @name stands for in i386, as "240 422". */
static void twins(const char *name, const char *want)
{
	const struct abi_call *c;
	char text[64] = "";

	for (size_t i = 0; (c = abi_calls_by_name(ABI_I386, name, i)); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", i ? " " : "",
			 c->nr);
	CHECK_STR(text, want);
}

TEST(names_that_stand_for_two)
{
	const struct abi_call *c;
	size_t n;

	twins("futex", "240 422");
	twins("SYS_futex", "240 422");
	twins("futex_time64", "422");
	twins("clock_gettime", "265 403");
	twins("semtimedop", "420");
	twins("pselect", "308 413");
	twins("getuid", "24 199");
	twins("mmap", "90 192");
	twins("select", "82 142");
	twins("read", "3");
	twins("no_such_call", "");
	/* 64-bit conventions have none */
	c = abi_calls(ABI_X86_64, &n);
	for (size_t i = 0; i < n; i++) {
		CHECK(abi_calls_by_name(ABI_X86_64, c[i].name, 0) == &c[i]);
		CHECK(!abi_calls_by_name(ABI_X86_64, c[i].name, 1));
	}
}

static bool in_class(enum abi_id abi, const char *call, const char *class)
{
	int id = abi_class_by_name(class);

	CHECK(id >= 0);
	return abi_call_in_class(abi, nr_of(abi, call), id);
}

TEST(classes)
{
	CHECK(in_class(ABI_X86_64, "openat", "%file"));
	CHECK(in_class(ABI_X86_64, "openat", "%desc"));
	CHECK(in_class(ABI_X86_64, "getcwd", "%file"));
	CHECK(in_class(ABI_X86_64, "execve", "%file"));
	CHECK(in_class(ABI_X86_64, "read", "%desc"));
	CHECK(in_class(ABI_X86_64, "sendto", "%desc"));
	CHECK(in_class(ABI_X86_64, "poll", "%desc"));
	CHECK(in_class(ABI_X86_64, "sendto", "%network"));
	CHECK(in_class(ABI_X86_64, "clone3", "%process"));
	CHECK(in_class(ABI_X86_64, "mmap", "%memory"));
	CHECK(in_class(ABI_X86_64, "mmap", "%desc"));
	CHECK(in_class(ABI_X86_64, "kill", "%signal"));
	CHECK(!in_class(ABI_X86_64, "read", "%file"));
	CHECK(!in_class(ABI_X86_64, "write", "%network"));
	CHECK(!in_class(ABI_X86_64, "getppid", "%process"));
	CHECK(in_class(ABI_I386, "mmap2", "%memory"));
	CHECK(in_class(ABI_I386, "stat64", "%file"));
	CHECK(in_class(ABI_I386, "socketcall", "%network"));
	CHECK(in_class(ABI_X32, "execve", "%process"));
	CHECK_EQ(abi_call_classes(ABI_X86_64, 337), 0);
	CHECK_EQ(abi_call_classes(ABI_X86_64, ~0ULL), 0);
	CHECK_EQ(abi_class_by_name("%fiel"), -1);
	CHECK_EQ(abi_class_by_name("file"), -1);
	CHECK_STR(abi_class_suggest("%fiel"), "%file");
	CHECK_STR(abi_class_suggest("%sockets") ?: "none", "none");
}

/* Which calls strace shows of a program that makes them all; false: there is no strace. */
static bool strace_shows(const char *class, bool shown[512])
{
	char exe[2048] = "", cmd[4096], line[1024], name[64];
	FILE *f;

	CHECK(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	snprintf(cmd, sizeof(cmd),
		 "strace -qq -e trace=%s %s/../progs/every_call 469 2>&1 >/dev/null", class,
		 dirname(exe));
	f = popen(cmd, "r");
	CHECK(f);
	memset(shown, 0, 512 * sizeof(*shown));
	while (fgets(line, sizeof(line), f)) {
		const struct abi_call *c;

		if (sscanf(line, "%63[a-z0-9_](", name) != 1)
			continue;
		c = abi_call_by_name(ABI_X86_64, name);
		if (c)
			shown[c->nr] = true;
	}
	return WEXITSTATUS(pclose(f)) != 127;
}

/*
 * What users of strace know by the name of a class is in it. We have more: calls that are too
 * new for the strace at hand, and in %desc the calls of sockets.
 */
TEST(classes_are_those_of_strace)
{
	int network = abi_class_by_name("%network");
	static bool known[512], shown[512];
	size_t n;
	const struct abi_call *c = abi_calls(ABI_X86_64, &n);

	if (!strace_shows("all", known) || !known[SYS_getppid])
		SKIP("no strace at hand, or it may not trace");
	for (int class = 0; class < (int)abi_nclasses; class ++) {
		unsigned same = 0;

		strace_shows(abi_classes[class].name, shown);
		for (size_t i = 0; i < n; i++) {
			bool ours = c[i].classes >> class & 1;

			same += ours && shown[c[i].nr];
			if (shown[c[i].nr] && !ours)
				UNIT_FAIL("%s is not in %s", c[i].name, abi_classes[class].name);
			if (ours && !shown[c[i].nr] && known[c[i].nr] &&
			    !(c[i].classes >> network & 1 &&
			      !strcmp("%desc", abi_classes[class].name)))
				UNIT_FAIL("%s is in %s", c[i].name, abi_classes[class].name);
		}
		CHECK(same > 10);
	}
}

TEST(numbers)
{
	CHECK_STR(abi_call_by_nr(ABI_X86_64, 0)->name, "read");
	CHECK(!abi_call_by_nr(ABI_X86_64, 337));
	CHECK(!abi_call_by_nr(ABI_X86_64, 423));
	CHECK(!abi_call_by_nr(ABI_X86_64, 470));
	CHECK(!abi_call_by_nr(ABI_X86_64, ABI_X32_BIT | 1));
	CHECK(!abi_call_by_nr(ABI_X86_64, ~0ULL));
	CHECK_STR(abi_call_by_nr(ABI_X32, ABI_X32_BIT | 520)->name, "execve");
	CHECK_STR(abi_call_by_nr(ABI_X32, 520)->name, "execve");
	CHECK(!abi_call_by_nr(ABI_X32, ABI_X32_BIT | 59));
}

TEST(arguments)
{
	const struct abi_call *c = abi_call_by_name(ABI_X86_64, "openat");

	CHECK_EQ(c->nargs, 4);
	CHECK_STR(c->arg[0].type, "int");
	CHECK_STR(c->arg[0].name, "dirfd");
	CHECK_STR(c->arg[1].type, "const char *");
	CHECK_STR(c->arg[1].name, "pathname");
	CHECK_EQ(abi_call_by_name(ABI_X86_64, "getpid")->nargs, 0);
	CHECK_EQ(abi_call_by_name(ABI_X86_64, "mmap")->nargs, 6);
	CHECK_EQ(abi_call_by_name(ABI_I386, "mmap")->nargs, 1);
	CHECK_EQ(abi_call_by_name(ABI_I386, "pread64")->nargs, 5);
	/* the order of the last two differs: CONFIG_CLONE_BACKWARDS on i386 */
	CHECK_STR(abi_call_by_name(ABI_X86_64, "clone")->arg[3].name, "child_tid");
	CHECK_STR(abi_call_by_name(ABI_I386, "clone")->arg[3].name, "tls");
}

TEST(conventions)
{
	CHECK_EQ(abi_conventions[ABI_X86_64].arg[3], ENG_R10);
	CHECK_EQ(abi_conventions[ABI_X86_64].width, 64);
	CHECK_EQ(abi_conventions[ABI_I386].arg[0], ENG_RBX);
	CHECK_EQ(abi_conventions[ABI_I386].arg[5], ENG_RBP);
	CHECK_EQ(abi_conventions[ABI_I386].width, 32);
	CHECK_EQ(abi_from_audit(AUDIT_ARCH_I386, 5), ABI_I386);
	CHECK_EQ(abi_from_audit(AUDIT_ARCH_X86_64, 5), ABI_X86_64);
	CHECK_EQ(abi_from_audit(AUDIT_ARCH_X86_64, ABI_X32_BIT | 5), ABI_X32);
	CHECK_EQ(abi_from_audit(AUDIT_ARCH_X86_64, ~0ULL), ABI_X86_64); /* -1: skipped call */
}

TEST(suggestions)
{
	static const char *const words[] = { "file", "namedpipe", "tcp", "module" };

	CHECK_STR(abi_call_suggest(ABI_X86_64, "opneat"), "openat");
	CHECK_STR(abi_call_suggest(ABI_X86_64, "wriet"), "write");
	CHECK_STR(abi_call_suggest(ABI_X86_64, "GETPID"), "getpid");
	CHECK_STR(abi_call_suggest(ABI_X86_64, "SYS_gettimofday"), "gettimeofday");
	CHECK(!abi_call_suggest(ABI_X86_64, "xyzzyplugh"));
	CHECK(!abi_call_suggest(ABI_X86_64, ""));
	CHECK_STR(abi_nearest_of("flie", words, 4), "file");
	CHECK_STR(abi_nearest_of("pipe", (const char *const[]){ "namedpipe", "pipes" }, 2),
		  "pipes");
	CHECK(!abi_nearest_of("udp", (const char *const[]){ "file", "module" }, 2));
	CHECK(!abi_nearest_of("q", words, 4));
}

TEST(errno_and_signal_names)
{
	CHECK_STR(abi_errno_name(ENOENT), "ENOENT");
	CHECK_STR(abi_errno_name(EAGAIN), "EAGAIN");
	CHECK_STR(abi_errno_name(512), "ERESTARTSYS");
	CHECK_STR(abi_errno_name(516), "ERESTART_RESTARTBLOCK");
	CHECK(!abi_errno_name(0));
	CHECK(!abi_errno_name(-2));
	CHECK(!abi_errno_name(4000));
	CHECK_STR(abi_signal_name(SIGSEGV), "SIGSEGV");
	CHECK(!abi_signal_name(0));
	CHECK(!abi_signal_name(40));
}

UNIT_MAIN()
