/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script.c - what legal scripts print: words, numbers, operators, statements,
 * variables, functions. Each case is compiled, verified and run.
 */
#include "script_kit.h"

/* clang-format off */

RUNS(numbers,
	{ "print(10);", "10\n" },
	{ "print(0x10);", "10\n" },
	{ "print(0n10);", "a\n" },
	{ "print(0o17); print(0t17);", "f\nf\n" },
	{ "print(0y1010);", "a\n" },
	{ "print(0x); print(0n); print(0y);", "0\n0\n0\n" },
	{ "print(fffff800`12340000);", "fffff80012340000\n" },
	{ "print(0n1`000`000);", "f4240\n" },
	{ "print(bad); print(CAFE); print(fac);", "bad\ncafe\nfac\n" },
	{ "print(ffffffffffffffff);", "ffffffffffffffff\n" },
	{ "print(1ffffffffffffffff);", "ffffffffffffffff\n" },
	{ "print(-5);", "fffffffffffffffb\n" },
	{ "print('A'); print('\\n'); print('\\x7f'); print('\\'');", "41\na\n7f\n27\n" },
	{ "print('\\xff');", "ffffffffffffffff\n" },
	{ "print(0xcf);", "cf\n" },
)

RUNS(comments_and_space,
	{ "// nothing\nprint(1); // end", "1\n" },
	{ "/* a */ print(/* b */1);", "1\n" },
	{ "/* closed by two **/ print(1); /***/ print(2);", "1\n2\n" },
	{ "/* lines\n\n*/print(1);", "1\n" },
	{ "print(1);\r\nprint(2);\r\n", "1\n2\n" },
	{ "\tprint ( 1 ) ;", "1\n" },
	{ "", "" },
	{ "// only a comment", "" },
	{ "{ print(1); }", "1\n" },
	{ ";;print(1);;", "1\n" },
)

RUNS(registers,
	{ "print(@rax); print(rax); print(@rdi);", "1\n1\n8\n" },
	{ "rax = 5; print(@rax);", "5\n" },
	{ "@rbx = ffffffffffffffff; @eax = 0; @ebx = 0; print(@rbx);", "ffffffff00000000\n" },
	{ "@rbx = 1122334455667788; print(@bl); print(@bh); print(@bx); print(@ebx);", "88\n77\n7788\n55667788\n" },
	{ "@rbx = ffffffffffffffff; print(@ebx > 0);", "1\n" },
	{ "@rbx = 0; @bh = 1ff; print(@rbx);", "ff00\n" },
	{ "x = (@bl = 1ff); print(x);", "ff\n" },
	{ "@al++; @al += 0xfe; print(@rax);", "0\n" },
	{ "@rflags = 0; @zf = 1; @cf = 2; print(@rflags); @if = 1; print(@rflags);", "40\n240\n" },
	{ "@rflags = 0; @iopl = 3; print(@rflags); print(@iopl);", "3000\n3\n" },
	{ "int @eax = 0n70000; print(@rax);", "11170\n" },
	{ "if (@rdi - 9 < 0) { print(1); }", "1\n" },
	{ "print(sizeof(@al));", "8\n" },
	{ "if (@rax!=5) print(1);", "1\n" },
	{ "print(@r8); print(r8d); print(@r9w);", "9\n9\na\n" },
)

RUNS(pseudo_registers,
	{ "print($pid); print($tid);", "111\n222\n" },
	{ "printf(\"%s\", $pname);", "cat" },
	{ "print($core);", "1003\n" },
	{ "if ($pid!=5) print(1);", "1\n" },
	{ "print(sizeof($pid));", "8\n" },
	{ "print($buffer);", "0\n" },
)

RUNS(expressions,
	{ "print(1 + 2 * 3); print((1 + 2) * 3);", "7\n9\n" },
	{ "print(10 - 3 - 2);", "b\n" },
	{ "print(7 / 2); print(7 % 4); print(-7 / 2); print(-7 % 3);", "3\n3\nfffffffffffffffd\nffffffffffffffff\n" },
	{ "print(1 << 4 | 3); print(f0 >> 4); print(-8 >> 1);", "13\nf\nfffffffffffffffc\n" },
	{ "print(6 & 3); print(6 ^ 3); print(6 | 3); print(~0); print(!5); print(!0);", "2\n5\n7\nffffffffffffffff\n0\n1\n" },
	{ "print(1 | 2 ^ 3 & 1);", "3\n" },
	{ "n = 5; print(- -n); print(~~n); print(!!n); print(+n);", "5\n5\n1\n5\n" },
	{ "n = 5; print(n == 5); print(n != 5); print(n < 6); print(n > 6); print(n <= 5); print(n >= 6);", "1\n0\n1\n0\n1\n0\n" },
	{ "print(1 | 2 == 3);", "1\n" },
	{ "n = 4; print(n > 3 && n < 5); print(n == 1 || n == 2); ok = !n; print(ok);", "1\n0\n0\n" },
	{ "n = 4; print(n > 3 ? a : b); print(n < 3 ? 1 : n == 4 ? 2 : 3);", "a\n2\n" },
	{ "x = y = 3; print(x + y);", "6\n" },
	{ "x = 1; x += 4; print(x); x -= 2; print(x); x *= 6; print(x); x /= 4; print(x); x %= 3; print(x);", "5\n3\n12\n4\n1\n" },
	{ "x = 5; x <<= 2; print(x); x >>= 1; print(x); x |= 1; print(x); x &= 6; print(x); x ^= ff; print(x);", "14\na\nb\n2\nfd\n" },
	{ "x = 1; print(x++); print(x); print(++x); print(x--); print(--x);", "1\n2\n3\n3\n1\n" },
	{ "x = 5; y = (x = 2) + 1; print(x); print(y);", "2\n3\n" },
	{ "x = (1, 2, 3); print(x);", "3\n" },
	{ "n=5; if (n!=5) print(1); else print(2);", "2\n" },
	{ "print(2 - 5 < 0);", "1\n" },
	{ "x = 3; print(100 - x); print(x * 100); print(7 & x); print(1 << x); print(100 / x); print(100 % x);", "fd\n300\n3\n8\n55\n1\n" },
	{ "x = 0n100; print(x / 8); print(x % 8); print(x / 0n7); print(x % 0n7);", "c\n4\ne\n2\n" },
	{ "x = 123456789abcdef0; print(x & ffffffff); print(x | 8000000000000000); print(x + 1000000000);", "9abcdef0\n923456789abcdef0\n123456889abcdef0\n" },
)

RUNS(short_circuit,
	{ "n = 0; if (n && poi(5)) print(1); else print(2);", "2\n" },
	{ "n = 1; if (n || poi(5)) print(1);", "1\n" },
	{ "n = 0; x = n && (n = 5); print(x); print(n);", "0\n0\n" },
	{ "n = 1; x = n && (n = 5); print(x); print(n);", "1\n5\n" },
	{ "n = 3; x = !(n > 2 && n < 9) || n == 7; print(x);", "0\n" },
	{ "n = 3; n == 3 && (n = 4); n == 5 || (n = 6); print(n);", "6\n" },
	{ "n = 2; if ((n == 1 || n == 2) && !(n == 3 || n == 4)) print(1);", "1\n" },
	{ "n = 1; m = 0; print(n ? m ? 1 : 2 : 3);", "2\n" },
	{ "n = 3; print((n > 2) + (n > 1) + !n);", "2\n" },
)

RUNS(conditions,
	{ "if (@rax) { print(1); }", "1\n" },
	{ "if (1) { print(1); } else { print(2); }", "1\n" },
	{ "if (0) { print(1); } elsif (0) { print(2); } elsif (1) { print(3); } else { print(4); }", "3\n" },
	{ "n = 3; if (n == 1) print(1); else if (n == 2) print(2); else print(3);", "3\n" },
	{ "if (0n0) {} print(1);", "1\n" },
	{ "n = 4; if (n & 4) print(1); while (n ^ 3) { n--; } print(n);", "1\n3\n" },
	{ "if (1 == 1) if (0) print(1); else print(2);", "2\n" },
	{ "if (poi(10010|0) == 1122334455667788) print(1);", "1\n" },
	{ "if (strlen(\")\") /* ) */ == 1) print(1);", "1\n" },
	{ "n = -1; if (n > 0) print(1);", "1\n" },
	{ "if (ffffffffffffffff > 0) print(1); else print(2);", "2\n" },
	{ "n = 5; if (n >= 1) print(1); if (n < 1) print(2); if (n <= 0) print(3); if (n > 0) print(4);", "1\n4\n" },
	{ "n = 5; if (9 > n) print(1); if (4 >= n) print(2); if (5 <= n) print(3); if (5 == n) print(4);", "1\n3\n4\n" },
	{ "long n = -5; if (n < -4) print(1); if (n >= -5) print(2); if (n > 7fff) print(3); if (n < 123456789) print(4);", "1\n2\n4\n" },
)

RUNS(loops,
	{ "for (k = 0; k < 3; k++) { print(k); }", "0\n1\n2\n" },
	{ "for (int k = 0; k < 3; k = k + 2) print(k);", "0\n2\n" },
	{ "n = 3; while (n) { n--; if (n == 1) continue; print(n); }", "2\n0\n" },
	{ "n = 0; do { n++; } while (n < 5); print(n);", "5\n" },
	{ "n = 0; do { n++; if (n == 2) continue; if (n == 4) break; } while (n < 9); print(n);", "4\n" },
	{ "for (k = 0; k < 5; k++) { if (k == 1) continue; if (k == 3) break; print(k); }", "0\n2\n" },
	{ "for (;;) { break; } print(1);", "1\n" },
	{ "k = 0; for (; k < 3;) { k++; } print(k);", "3\n" },
	{ "for (k = 0, m = 9; k < m; k++, m--) ; print(k); print(m);", "5\n4\n" },
	{ "for (k = 0; k < 2; k++) { m = 0; while (1) { m++; if (m == 2) continue; if (m > 3) break; } print(m); }", "4\n4\n" },
	{ "for (k = 3; k; k--) {} print(k);", "0\n" },
	{ "while (0) { print(1); } print(2);", "2\n" },
	{ "s = 0; for (k = 0; k < 0n1000; k++) { s += k; } print(s);", "79f2c\n" },
	{ "n = 3; while (n) n--; print(n);", "0\n" },
	{ "for (k = 3; k >= 0; k--) {}", "fault: instruction budget used up; is there an endless loop?, line 1\n" },
)

RUNS(locals_and_scopes,
	{ "cnt = 5; print(cnt);", "5\n" },
	{ "if (0) { n = 5; } print(n);", "0\n" },
	{ "if (1) { int n = 5; } print(n);", "5\n" },
	{ "for (int i = 0; i < 3; i++) {} print(i);", "3\n" },
	{ "n = 1; if (1) { int n = 2; print(n); } print(n);", "2\n1\n" },
	{ "int n = 5; char n = 80; print(n);", "ffffffffffffff80\n" },
	{ "int n; print(n); int k, m = 2, *p; print(m);", "0\n2\n" },
	{ "for (k = 0; k < 2; k++) { int n; n++; print(n); }", "1\n1\n" },
	{ "return; print(1);", "" },
	{ "if (1) { return; } print(1);", "" },
	{ "my_var1 = 1; _x = 2; Zed = 3; print(my_var1 + _x + Zed);", "6\n" },
	{ "void v = 5; print(v);", "5\n" },
	{ "int a1z = 7; int a2z = a1z; a1z = 1; print(a2z);", "7\n" },
)

RUNS(globals,
	{ ".hits = 0; .hits++; .hits += 4; print(.hits);", "5\n" },
	{ ".n = .n + 1; print(.n);", "1\n" },
	{ "int .cnt = 1ffffffff; print(.cnt);", "ffffffffffffffff\n" },
	{ "char .k = 7f; .k++; print(.k);", "ffffffffffffff80\n" },
	{ ".if = 1; .rax = 2; .a = 3; print(.if + .rax + .a);", "6\n" },
	{ "print(fn()); long fn() { return .x; } .x = 5;", "0\n" },
	{ ".x = .y = 4; print(.x + .y);", "8\n" },
	{ "int .x = -1; int *p = &.x; *p = 1; print(.x);", "1\n" },
	{ ".lk = 0; spinlock_lock(&.lk); print(.lk); spinlock_unlock(&.lk); print(.lk);", "1\n0\n" },
	{ ".c = 5; print(interlocked_increment(&.c)); print(interlocked_exchange_add(&.c, 10)); print(.c);", "6\n6\n16\n" },
	{ "int .t[3] = { 1, 2 }; .t[2] = 7; print(.t[0] + .t[1] + .t[2]); print(sizeof(.t));", "a\nc\n" },
)

RUNS(functions,
	{ "int sum(int k, int m) { return k + m; } print(sum(2, 3));", "5\n" },
	{ "print(sum(2, 3)); int sum(int k, int m) { return k + m; }", "5\n" },
	{ "int my_fac(int n) { if (n < 2) { return 1; } return n * my_fac(n - 1); } print(my_fac(5));", "78\n" },
	{ "int even(int n) { return n == 0 ? 1 : odd(n - 1); } int odd(int n) { return n == 0 ? 0 : even(n - 1); } print(even(10));", "1\n" },
	{ "int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } print(fib(0n20));", "1a6d\n" },
	{ "void hello() { printf(\"hi\\n\"); } hello(); hello();", "hi\nhi\n" },
	{ "void hello(void) { .x = 1; } hello(); print(.x);", "1\n" },
	{ "int fn(char k) { return k; } print(fn(1ff));", "ffffffffffffffff\n" },
	{ "char fn() { return 180; } print(fn());", "ffffffffffffff80\n" },
	{ "int fn(unsigned char k) { return k; } print(fn(1ff));", "ff\n" },
	{ "int fn() { } print(fn());", "0\n" },
	{ "int fn(int n) { n++; n += 2; return n; } x = 5; print(fn(x)); print(x);", "8\n5\n" },
	{ "int fn(int n) { return !n; } int g2(int n) { return n && 1; } print(fn(0) + g2(5));", "2\n" },
	{ "int fn(int x1, int x2, int x3) { return x1 * 100 + x2 * 10 + x3; } print(fn(1, fn(0, 0, 2), fn(0, 0, 3)) + fn(4, 5, 6));", "579\n" },
	{ "int fn(int n); print(fn(1)); int fn(int n) { return n; }", "1\n" },
	{ "void set(long *p) { *p = 7; } long n = 1; set(&n); print(n);", "7\n" },
	{ "int fn(int n) { int *p = &n; *p = 9; return n; } print(fn(1));", "9\n" },
	{ "int fn(int n) { int t[2] = { 1, 2 }; if (n) { fn(n - 1); } t[0] += n; return t[0]; } print(fn(3));", "4\n" },
	{ "int fn(int n) { return fn(n + 1); } fn(0);", "fault: stack used up; is there an endless recursion?, line 1\n" },
	{ "long n = 5; int fn() { n = 7; return n; } print(fn()); print(n);", "7\n5\n" },
)

RUNS(typedefs,
	{ "typedef unsigned char byte; byte n = 1ff; print(n);", "ff\n" },
	{ "typedef int *intp; int n = 3; intp p = &n; *p = 4; print(n);", "4\n" },
	{ "typedef long num; num fn(num n) { return (num)n + sizeof(num); } print(fn(1));", "9\n" },
)

RUNS(arrays,
	{ "int t[3] = { 1, 2, 3 }; print(t[0] + t[1] + t[2]);", "6\n" },
	{ "int t[3] = { 5 }; print(t[1]); print(sizeof(t));", "0\nc\n" },
	{ "int t[10]; t[f] = 4; print(t[f]); print(sizeof(t));", "4\n40\n" },
	{ "short t[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } }; s = 0; for (k = 0; k < 2; k++) for (m = 0; m < 3; m++) s += t[k][m]; print(s); print(t[1][2]);", "15\n6\n" },
	{ "char t[4]; k = 2; t[k] = 1ff; print(t[2]); t[k]++; print(t[k]);", "ffffffffffffffff\n0\n" },
	{ "int t[3] = { 1, 2, 3 }; int *p = t; p++; print(*p); print(p[1]); print(*(p - 1));", "2\n3\n1\n" },
	{ "long t[2] = { @rax, @rdi, }; print(t[0] + t[1]);", "9\n" },
	{ "int t[3]; k = 3; t[k] = 1;", "fault: array index out of bounds, line 1\n" },
	{ "int t[3]; long k = -1; print(t[k]);", "fault: array index out of bounds, line 1\n" },
	{ "for (k = 0; k < 2; k++) { int t[2]; t[0]++; print(t[0]); }", "1\n1\n" },
)

/* clang-format on */

TEST(seed_events)
{
	static const char sysret[] =
		"\n\tif (.thread_id == $tid) {\n\t\t\n"
		"\t\tprintf(\"[%llx] result of syscall: %llx\\n\", $tid, @rax);\n\t\t\n"
		"\t\t//\n\t\t// Reset the thread id holder\n\t\t//\n"
		"\t\t.thread_id = 0;\n\t}\n";
	static const char syscall[] =
		" \n\t\n\tif ($pid == 111 && @rax == 55) {\n\t\t\n"
		"\t\tspinlock_lock(&.thread_id_lock);\n\t\t\n\t\tif (.thread_id == 0) {\n"
		"\t\t\t//\n\t\t\t// Save the thread id\n\t\t\t//\n\t\t\t.thread_id = "
		"$tid;\n\t\t\t\n"
		"\t\t\tprintf(\"[%llx] syscall num: %llx, arg1: %llx, arg2: %llx, arg3: %llx, "
		"arg4: %llx\\n\", $tid, @rax, @rcx, @rdx, @r8, @r9);\n\t\t}\n"
		"\t\t\n\t\tspinlock_unlock(&.thread_id_lock);\n\t}\n";
	struct script_kit *k = kit_new();

	CHECK(kit_run(k, ".thread_id = 0;", SCR_SCRIPT, true));
	CHECK(kit_run(k, ".thread_id_lock = 0;", SCR_SCRIPT, true));
	CHECK(kit_run(k, syscall, SCR_SCRIPT, true));
	CHECK_STR(k->out, ""); /* another call: @rax is 1 */
	k->ctx.reg[ENG_RAX] = 0x55;
	CHECK(kit_run(k, syscall, SCR_SCRIPT, true));
	CHECK_STR(k->out, "[222] syscall num: 55, arg1: 0, arg2: 3, arg3: 9, arg4: a\n");
	CHECK(kit_run(k, syscall, SCR_SCRIPT, true)); /* taken: prints nothing */
	k->len = 0;
	k->ctx.reg[ENG_RAX] = 0x1234;
	CHECK(kit_run(k, sysret, SCR_SCRIPT, true));
	CHECK_STR(k->out, "[222] result of syscall: 1234\n");
	CHECK(kit_run(k, sysret, SCR_SCRIPT, true));
	CHECK_STR(k->out, "[222] result of syscall: 1234\n");
	CHECK_EQ(k->slot[scr_env_global(k->env, "thread_id")], 0);
	CHECK_EQ(k->slot[scr_env_global(k->env, "thread_id_lock")], 0);
	kit_free(k);
}

UNIT_MAIN()
