/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script_types.c - what types, memory, strings, printf and built-in functions do.
 * Each case is compiled, verified and run.
 */
#include "script_kit.h"

/* clang-format off */

RUNS(declared_types,
	{ "char k = 80; print(k); print(k < 0);", "ffffffffffffff80\n1\n" },
	{ "unsigned char k = 180; print(k);", "80\n" },
	{ "short k = 8000; unsigned short m = 18000; print(k); print(m);", "ffffffffffff8000\n8000\n" },
	{ "int m = 1ffffffff; print(m);", "ffffffffffffffff\n" },
	{ "unsigned m = 1ffffffff; print(m);", "ffffffff\n" },
	{ "long n = ffffffffffffffff; print(n < 0);", "1\n" },
	{ "unsigned long n = ffffffffffffffff; print(n < 0);", "0\n" },
	{ "long long int n = -1; unsigned long long m = -1; print(n < 1); print(m < 1);", "1\n0\n" },
	{ "bool k = 55; print(k); k = 0; print(k); k++; k++; print(k);", "1\n0\n1\n" },
	{ "char unsigned k = ff; long unsigned int m = 1; print(k + m);", "100\n" },
	{ "signed char k = ff; short int m = -2; unsigned short int n = -2; print(k); print(m); print(n);",
	  "ffffffffffffffff\nfffffffffffffffe\nfffe\n" },
	{ "print(sizeof(bool)); print(sizeof(char)); print(sizeof(short)); print(sizeof(int)); print(sizeof(long)); print(sizeof(long long)); print(sizeof(int *));",
	  "1\n1\n2\n4\n8\n8\n8\n" },
	{ "char k = 1; print(sizeof k); print(sizeof(k + k)); print(sizeof(5)); print(sizeof(n = 1));", "1\n4\n8\n8\n" },
	{ "print(sizeof(\"abc\")); print(sizeof(L\"abc\"));", "4\n8\n" },
)

RUNS(arithmetic_conversions,
	{ "n = -1; print(n > 0); print(n / 2); print(n >> 4);", "1\n7fffffffffffffff\nfffffffffffffff\n" },
	{ "int k = 7fffffff; int m = 1; print(k + m);", "ffffffff80000000\n" },
	{ "int k = 7fffffff; print(k + 1);", "80000000\n" },
	{ "unsigned k = ffffffff; unsigned m = 1; print(k + m); print(k * k); print(~k); print(-m);", "0\n1\n0\nffffffff\n" },
	{ "unsigned k = ffffffff; int m = -1; print(k == m); print(m < k);", "1\n0\n" },
	{ "unsigned k = 1; long m = -1; print(m < k);", "1\n" },
	{ "unsigned long k = 1; long m = -1; print(m < k);", "0\n" },
	{ "unsigned char k = ff; unsigned char m = 1; print(k + m);", "100\n" },
	{ "char k = 80; print(-k); print(~k); print(!k);", "80\n7f\n0\n" },
	{ "int k = 1; int m = 1f; print(k << m); print((unsigned)k << m);", "ffffffff80000000\n80000000\n" },
	{ "int k = -8; print(k >> 1); unsigned m = -8; int one = 1; print(m >> one);", "fffffffffffffffc\n7ffffffc\n" },
	{ "int k = 80000000; int m = -1; print(k / m);", "ffffffff80000000\n" },
	{ "print(8000000000000000 / -1);", "fault: division by zero, or quotient out of range, line 1\n" },
	{ "n = 0; print(5 / n);", "fault: division by zero, or quotient out of range, line 1\n" },
	{ "n = 0;\nprint(5 % n);", "fault: division by zero, or quotient out of range, line 2\n" },
	{ "n = 40; print(1 << n);", "fault: shift count out of range, line 1\n" },
	{ "int k = 1; int m = 20; print(k << m);", "fault: shift count out of range, line 1\n" },
	{ "print(1 << 40);", "fault: shift count out of range, line 1\n" },
	{ "char k = 7f; k++; print(k); k += 1; print(k);", "ffffffffffffff80\nffffffffffffff81\n" },
	{ "int k; long m; k = m = 1ffffffff; print(k); print(m);", "ffffffffffffffff\n1ffffffff\n" },
	{ "char k; x = k = 1ff; print(x);", "ffffffffffffffff\n" },
	{ "unsigned char k = f0; k <<= 4; print(k); k = f0; k >>= 4; print(k); k /= 2; print(k);", "0\nf\n7\n" },
)

RUNS(casts,
	{ "print((char)1ff); print((unsigned char)1ff); print((int)ffffffff); print((unsigned)-1);",
	  "ffffffffffffffff\nff\nffffffffffffffff\nffffffff\n" },
	{ "n = -1; print((long)n < 0); print((unsigned short)n); print((bool)n);", "1\nffff\n1\n" },
	{ "n = 1234; print((char)n + 1); print(-(char)n);", "35\nffffffffffffffcc\n" },
	{ "n = 180; k = (char)n; print(k > 0);", "1\n" },
	{ "n = 100; print((bool)(n & ff)); print((unsigned char)n ? 1 : 2); if ((char)n) print(3); else print(4);", "0\n2\n4\n" },
	{ "n = 5; print((bool)(n > 3)); print((int)(n == 5) + 1);", "1\n2\n" },
)

RUNS(pointers,
	{ "n = 5; p = &n; print(*p); *p = 7; print(n);", "5\n7\n" },
	{ "n = 5; p = reference(n); *p += 2; print(n); (*p)++; print(n);", "7\n8\n" },
	{ "int n = -1; p = &n; print(*p);", "ffffffffffffffff\n" },
	{ "int k = 3; int *p = &k; *p = 1ffffffff; print(*p); print(k);", "ffffffffffffffff\nffffffffffffffff\n" },
	{ "print(*10010); p = 10010; print(*p); print(*(p + 4));", "1122334455667788\n1122334455667788\n11223344\n" },
	{ "int *p = (int *)10010; print(*p); print(p[1]); p++; print(*p); print((long)p);", "55667788\n11223344\n11223344\n10014\n" },
	{ "int *p = (int *)10010; print(*p++); print(*p); p -= 1; print(*--p);", "55667788\n11223344\n0\n" },
	{ "unsigned char *p = (unsigned char *)10010; print(p[0]); print(*(p + 1)); print(p[7]);", "88\n77\n11\n" },
	{ "long *p = (long *)10010; long *q = (long *)10020; print(q - p); print(p < q); print(p == q);", "2\n1\n0\n" },
	{ "p = 10020; *p = 11223344aabbccdd; print(dd(10020)); print(*p);", "aabbccdd\n11223344aabbccdd\n" },
	{ "int p1 = 10010; *p1 = -1; print(dq(10010));", "11223344ffffffff\n" },
	{ "char p1 = 0; unsigned p2 = 10010; *p2 = 0; print(dq(10010)); print(p1);", "1122334400000000\n0\n" },
	{ "int n = 4; int *p = &n; int **q = &p; **q = 6; print(n); print(&*p == p);", "6\n1\n" },
	{ ".g = 5; p = &.g; *p = 6; print(.g); print(poi(&.g));", "6\n6\n" },
	{ "void *p = (void *)10010; print(*p); p += 4; print(dd(p));", "1122334455667788\n11223344\n" },
	{ "q = 10010; q = (*q)++; print(q); print(poi(10010));", "1122334455667788\n1122334455667789\n" },
	{ "print(*5);", "fault: bad address, line 1\n" },
	{ "x = 1;\n\n*5 = x;", "fault: bad address, line 3\n" },
)

RUNS(memory,
	{ "print(poi(10010)); print(dq(10010)); print(dd(10010)); print(dw(10010)); print(db(10010));",
	  "1122334455667788\n1122334455667788\n55667788\n7788\n88\n" },
	{ "print(hi(10010)); print(low(10010));", "5566\n7788\n" },
	{ "print(eb(10010, 1ff)); print(dq(10010)); print(ed(10010, 0)); print(eq(10010, -1)); print(dq(10010));",
	  "1\n11223344556677ff\n1\n1\nffffffffffffffff\n" },
	{ "print(eq(5, 1));", "0\n" },
	{ "print(check_address(10010)); print(check_address(5));", "1\n0\n" },
	{ "print(poi(5));", "fault: bad address, line 1\n" },
	{ "p = 10000; print(poi(p + 10)); print(db(p + 17)); print(poi(poi(10010) - 1122334455657778));", "1122334455667788\n11\n1122334455667788\n" },
	{ "memcpy(10200, 10010, 4); print(dq(10200));", "55667788\n" },
	{ "x = 1; memcpy(&x, 10010, 8); print(x);", "1122334455667788\n" },
)

RUNS(strings,
	{ "print(strlen(10100)); print(strlen(\"abc\")); print(strlen(5));", "5\n3\n0\n" },
	{ "print(strcmp(10100, \"hello\")); print(strcmp(10100, 10120)); print(strcmp(10120, 10100));",
	  "0\nffffffffffffffff\n1\n" },
	{ "print(strncmp(10100, 10120, 4)); print(memcmp(10100, \"hel\", 3)); print(strcmp(5, \"x\"));", "0\n0\n2\n" },
	{ "print(wcslen(L\"abcd\")); print(wcscmp(L\"ab\", L\"ab\")); print(wcsncmp(L\"ab\", L\"ac\", 1));", "4\n0\n0\n" },
	{ "if (strcmp($pname, \"cat\") == 0) print(1);", "1\n" },
	{ "print(strlen(\"a\\x41\\n\\t\\\\\\\"\\'\\0z\"));", "7\n" },
	{ "print(strlen(\"two\nlines\"));", "9\n" },
	{ "print(strlen(\"\\101\\x4\")); print(db(10100) == 'h');", "2\n1\n" },
	{ "print(wcslen(L\"\\x1234\\x41\"));", "2\n" },
)

RUNS(printf_formats,
	{ "printf(\"%d %i %u %o %x %c|\\n\", -5, 5, -1, 8, ff, 41);", "-5 5 4294967295 10 ff A|\n" },
	{ "printf(\"%lld %llx %lx\\n\", -5, -5, -5);", "-5 fffffffffffffffb fffffffffffffffb\n" },
	{ "printf(\"%hd %hx\\n\", 18000, 12345);", "-32768 2345\n" },
	{ "printf(\"%s %s\\n\", 10100, $pname);", "hello cat\n" },
	{ "printf(\"%s|%ls\\n\", \"lit\", L\"wide\");", "lit|wide\n" },
	{ "printf(\"100%%\\n\");", "100%\n" },
	{ "printf(\"%5d|%-5d|%05d|%.3s\\n\", 2a, 2a, 2a, 10100);", "   42|42   |00042|hel\n" },
	{ "printf(\"call %llx by %s (%d)\\n\", @rax, $pname, $pid);", "call 1 by cat (273)\n" },
	{ "printf(\"\"); printf(\"no newline\");", "no newline" },
	{ "printf(\"%d\\n\", 1 == 1); n = 3; printf(\"%d %d\\n\", n > 2 && n < 4, n ? 7 : 8);", "1\n1 7\n" },
	{ "printf(\"%s\\n\", 5);", "fault: bad address, line 1\n" },
)

RUNS(builtins,
	{ "print(neg(5)); print(not(0)); neg(3);", "fffffffffffffffb\nffffffffffffffff\n" },
	{ "event_enable(2); event_disable(3);", "request 0 2\nrequest 1 3\n" },
	{ "flush();", "request 3 0\n" },
	{ "x = rdtsc(); print(x != 0);", "1\n" },
	{ "n = 5; print(interlocked_exchange(&n, 7)); print(n);", "5\n7\n" },
	{ "n = 5; print(interlocked_compare_exchange(&n, 9, 5)); print(interlocked_compare_exchange(&n, 1, 5)); print(n);", "5\n9\n9\n" },
	{ "n = 5; interlocked_decrement(&n); print(n);", "4\n" },
	{ ".l = 0; spinlock_lock(&.l); spinlock_lock(&.l);", "fault: deadlock: the spinlock is held and nobody can release it, line 1\n" },
)

/* Every local that does not fit into registers lives in memory, and works the same. */
TEST(many_locals)
{
	struct script_kit *k = kit_new();
	char text[16384];
	size_t n = 0;

	for (int i = 0; i < 400; i++)
		n += (size_t)sprintf(text + n, "v_%d = 0n%d; ", i, i);
	n += (size_t)sprintf(text + n, "char last = 80; v_399 += 1; v_399++; s = 0;");
	for (int i = 0; i < 400; i++)
		n += (size_t)sprintf(text + n, "s += v_%d;", i);
	sprintf(text + n, "printf(\"%%d %%d\\n\", s, last);");
	CHECK(kit_run(k, text, SCR_SCRIPT, true));
	CHECK_STR(k->out, "79802 -128\n");
	kit_free(k);
}

UNIT_MAIN()
