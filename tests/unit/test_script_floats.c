/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script_floats.c - float and double in scripts: what they print, which errors they get.
 */
#include "script_kit.h"

/* clang-format off */
RUNS(literals_and_arithmetic,
	{ "x = 1; double w = 1.5; printf(\"%f %e %g\\n\", w, w, w);", "1.500000 1.500000e+00 1.5\n" },
	{ "double w = .5; w = w + 11.; printf(\"%g\\n\", w);", "11.5\n" },
	{ "printf(\"%.3f|%8.2f|%-8.2f|%+g\\n\", 2.0 / 3.0, 1.005, 1.5, 2.5e-3);",
	  "0.667|    1.00|1.50    |+0.0025\n" },
	{ "double w = 7.0; w += 1.5; w *= 2; w -= 1; w /= 4; printf(\"%g\\n\", w);", "4\n" },
	{ "double w = 1.5; w++; ++w; double k = w--; printf(\"%g %g\\n\", w, k);", "2.5 3.5\n" },
	{ "double w = -1.5; w = -w; printf(\"%g %g\\n\", w, -(-w));", "1.5 1.5\n" },
	{ "float m = 0.1; double w = m; printf(\"%.17g %.17g\\n\", w, 0.1);",
	  "0.10000000149011612 0.10000000000000001\n" },
	{ "float m = 16777216.0; m = m + 1; printf(\"%.1f\\n\", m);", "16777216.0\n" },
	{ "float m = 1.0; m /= 3; printf(\"%.9g\\n\", m);", "0.333333343\n" },
	{ "float m = 1.5; m++; printf(\"%g\\n\", m++); print(m);", "2.5\n3.5\n" },
	{ "print(1.5); print(0n10 / 4.0);", "1.5\n2.5\n" },
	{ "printf(\"%d %d\\n\", sizeof(float), sizeof(double));", "4 8\n" } )

RUNS(conversions,
	{ "int k = 1.9; long m = -1.9; x = 3.99; print(k); printf(\"%ld\\n\", m); print(x);",
	  "1\n-1\n3\n" },
	{ "double w = 5; w = w + 1; print(w);", "6\n" },
	{ "unsigned long u = ffffffffffffffff; double w = u; printf(\"%.0f\\n\", w);",
	  "18446744073709551616\n" },
	{ "long u = ffffffffffffffff; double w = u; print(w);", "-1\n" },
	{ "bool t = 0.25; bool u = 0.0; bool v = -0.0; print(t); print(u); print(v);", "1\n0\n0\n" },
	{ "double w = 0.5; bool t = w; bool u = w - w; print(t); print(u);", "1\n0\n" },
	{ "double w = 300.7; short s = w; unsigned char k = (unsigned char)200.5; print(s); print(k);",
	  "12c\nc8\n" },
	{ "print((long)1.9 + 1); print((int)-0.5);", "2\n0\n" },
	{ "double w = 1.5; print(true_of(w) + true_of(0.0));int true_of(double t) { return t ? 1 : 0; }",
	  "1\n" },
	{ "@rax = 2.5; print(@rax);", "2\n" } )

RUNS(comparisons_and_conditions,
	{ "double x = 1.5; if (x > 1) print(1); if (x < 1.5) print(2); if (x <= 1.5) print(3); "
	  "if (x >= 2.5) print(4); if (x == 1.5) print(5); if (x != 1.5) print(6);", "1\n3\n5\n" },
	{ "double x = -1.5; print(x < 0); print(x > 0); print(0 != x); print(!x); print(!!x);",
	  "1\n0\n1\n0\n1\n" },
	{ "double z = -0.0; if (z) print(1); else print(2); if (!z) print(3); print(z == 0);", "2\n3\n1\n" },
	{ "for (double w = 0; w < 1; w += 0.25) print(w);", "0\n0.25\n0.5\n0.75\n" },
	{ "double w = 3.0; while (w) w--; print(w);", "0\n" },
	{ "double k = 2.0; print(k > 1.0 && k < 3.0 ? 1.5 : 2);", "1.5\n" },
	{ "if (1.5) print(1); if (0.0) print(2); if (-0.0) print(3);", "1\n" } )

RUNS(places,
	{ "double w[3] = { 1.5, 2, 3.25 }; w[1] += w[2]; print(w[1]); print(w[0]);", "5.25\n1.5\n" },
	{ "float m[4]; m[2] = 1.1; print(m[2]); print(m[3]);", "1.1\n0\n" },
	{ "float .g = 1.25; .g *= 2; print(.g);", "2.5\n" },
	{ "double half(double v) { return v / 2; } print(half(5)); print(half(half(1.0)));", "2.5\n0.25\n" },
	{ "float third(float v) { return v / 3; } printf(\"%.9g\\n\", third(1));", "0.333333343\n" },
	{ "int whole(double v) { return v; } print(whole(9.9));", "9\n" },
	{ "double w = 1.5; double *p = &w; *p += 1; print(w); float m = 2.5; float *q = &m; print(*q);",
	  "2.5\n2.5\n" },
	{ "double *p = (double *)10100; *p = 2.5; print(*p); printf(\"%lx\\n\", dq(10100));",
	  "2.5\n4004000000000000\n" } )

RUNS(run_time_errors,
	{ "double w = 1.0; w = w / 0;", "fault: floating-point division by zero, line 1\n" },
	{ "double w = 1.0e308;\nw = w * 10;", "fault: floating-point result out of range, line 2\n" },
	{ "double w = 1.0e300; float m = w;", "fault: floating-point result out of range, line 1\n" },
	{ "double w = 1.0e30; int k = w;", "fault: floating-point number does not fit into the integer, line 1\n" },
	{ "double w = -1.0; unsigned int k = w;", "fault: floating-point number does not fit into the integer, line 1\n" },
	{ "eq(10100, 7ff0000000000000); double *p = (double *)10100; *p = *p + 1;",
	  "fault: floating-point operand is not a finite number, line 1\n" } )

DIAGNOSES(compile_errors,
	{ "double w = 1.5; w = w % 2;", "1:21+5 the operator '%' does not work on floating-point numbers [convert the operand to an integer: (long)x]\n" },
	{ "double w = 1.5; w <<= 1;", "1:17+7 the operator '<<' does not work on floating-point numbers [convert the operand to an integer: (long)x]\n" },
	{ "double w = 1.5; x = ~w;", "1:21+2 the operator '~' does not work on floating-point numbers [convert the operand to an integer: (long)x]\n" },
	{ "x = 1.5 & 1;", "1:5+7 the operator '&' does not work on floating-point numbers [convert the operand to an integer: (long)x]\n" },
	{ "printf(\"%f\", 1);", "1:14+1 '%f' does not print an integer [convert it: (double)x]\n" },
	{ "printf(\"%d\", 1.5);", "1:14+3 '%d' does not print a floating-point number [print it with '%f' or '%g', or convert it: (long)x]\n" },
	{ "int m[4]; m[1.5] = 1;", "1:13+3 a floating-point number cannot be an index\n" },
	{ "x = *1.5;", "1:6+3 a floating-point number cannot be an address\n" },
	{ "int *p; p = p + 1.5;", "1:17+3 a floating-point number cannot be added to a pointer\n" },
	{ "x = strlen(1.5);", "1:12+3 'strlen' takes an address here\n" },
	{ "long double w;", "1:1+11 'long double' is not a type: the words contradict each other\n" },
	{ "unsigned float w;", "1:1+14 'unsigned float' is not a type: the words contradict each other\n" },
	{ "x = 1.5q;", "1:5+4 '1.5q' is not a floating-point number [as in 1.5 or 2.5e-3; a float is made by a cast: (float)1.5]\n" },
	{ "double w = 1.0e999;", "1:12+7 the number '1.0e999' is too large for a double\n" },
	{ "double w = 1.0e-999;", "1:12+8 the number '1.0e-999' is too small for a double\n" },
	{ "int k = 1.0e30;", "w1:9+6 floating-point number does not fit into the integer\nfault: floating-point number does not fit into the integer, line 1\n" } )
/* clang-format on */

UNIT_MAIN()
