/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script_maps.c - maps and aggregations in scripts: what they print, which errors they
 * get. The maps of this test have room for 8 keys.
 */
#include "script_kit.h"

/* clang-format off */
RUNS(numbers,
	{ ".m[1] = 5; .m[2] += 3; .m[1]++; print(.m[1]); print(.m[2]); print(.m[3]);", "6\n3\n0\n" },
	{ ".m[1]--; printf(\"%ld\\n\", .m[1]); .m[1] -= 4; printf(\"%ld\\n\", .m[1]);", "-1\n-5\n" },
	{ ".m[1] = 6; .m[1] *= 7; .m[1] |= 1; .m[1] <<= 2; print(.m[1]);", "ac\n" },
	{ "x = .m[7]++; y = ++.m[7]; z = .m[7]--; w = --.m[7]; print(x); print(y); print(z); print(w);",
	  "0\n2\n2\n0\n" },
	{ "x = (.m[1] = 9); y = (.m[1] += 2); print(x); print(y);", "9\nb\n" },
	{ ".m[1, 2] = 3; .m[2, 1] = 4; print(.m[1, 2] + .m[2, 1]); print(.m[1, 1]);", "7\n0\n" },
	{ ".m[.m[.m[0]]]++; print(.m[0]);", "1\n" },
	{ "if (!.seen[@rdi]) .seen[@rdi] = 1; print(.seen[@rdi]);", "1\n" },
	{ ".m[1] = 2.9; print(.m[1]); .m[1] += 0.5; print(.m[1]);", "2\n2\n" },
	{ "for (k = 0; k < 5; k++) .m[k * k] = k; print(len(.m)); print(.m[10]);", "5\n4\n" },
	{ "int f1_of(int n) { return .m[n]; } .m[3] = 5; print(f1_of(3));", "5\n" } )

RUNS(used_before_they_are_filled,
	{ "int all() { print(.m); clear(.m); delete(.m[1]); return len(.m) + has(.m[2]) + .m[5]; }"
	  "print(all()); .m[5] = count(); .m[5] = count(); print(all()); .m[1] = count(); print(.m[1]);",
	  ".m: empty\n0\n.m[5]: 2\n0\n1\n" },
	{ "print(.m); .m = hist(4); print(len(.m));", ".m: empty\n1\n" },
	{ "print(.m); .m = avg(4); print(.m);", ".m: empty\n.m: 4\n" },
	{ "x = .m; .m = sum(4); print(.m + x);", "4\n" },
	{ "clear(.m); .m[1] = lhist(4, 0, 9, 1); print(len(.m));", "1\n" },
	{ "print(has(.s[\"x\"])); .s[$pname]++; print(has(.s[\"cat\"]));", "0\n1\n" },
	{ "print(.m[1]); ++.m[1]; print(.m[1]);", "0\n1\n" },
	{ "print(.add[1]); .add[1]++; print(.add);", "0\n.add[1]: 1\n" } )

RUNS(declared_globals_are_known_everywhere,
	{ "print(.zz + .t[1]); print(sizeof(.y)); int .x, .zz, .t[4]; char .y;", "0\n1\n" },
	{ "int get() { return .t[2]; } int .n, .t[4]; .t[2] = 5; print(get());", "5\n" } )

RUNS(strings,
	{ ".m[\"cat\"] = 2; .m[$pname]++; .m[str($pname)]++; print(.m[\"cat\"]); print(len(.m));", "4\n1\n" },
	{ ".m[str(10100)] = 7; print(.m[\"hello\"]); print(has(.m[\"hellp\"]));", "7\n0\n" },
	{ ".m[str(1)] = 7;", "fault: bad address, line 1\n" },
	{ ".m[\"1234567890123456789012345678901234567890123456789012345678901234\"] = 1;"
	  "print(.m[\"123456789012345678901234567890123456789012345678901234567890123\"]);", "1\n" },
	{ ".m[\"\"] = 1; print(.m[\"\"]); print(.m);", "1\n.m[]: 1\n" } )

RUNS(functions,
	{ ".m[1] = 5; print(has(.m[1])); delete(.m[1]); print(has(.m[1])); print(.m[1]); print(len(.m));",
	  "1\n0\n0\n0\n" },
	{ ".m[1] = 1; .m[2] = 2; clear(.m); print(len(.m)); .m[3] = 3; print(.m);", "0\n.m[3]: 3\n" },
	{ ".m[1] = 0; delete(.m[1]); delete(.m[1]); print(.m);", ".m: empty\n" },
	{ ".m[5] = 1; .m[3] = 9; .m[0n1234] = 1; .m[4] = -2; print(.m);",
	  ".m[4]: -2\n.m[5]: 1\n.m[1234]: 1\n.m[3]: 9\n" },
	{ ".m[-1] = 1; .m[7ffff7dd0000] = 1; .m[ffffffff] = 1; print(.m);",
	  ".m[-1]: 1\n.m[4294967295]: 1\n.m[0x7ffff7dd0000]: 1\n" },
	{ ".m[\"b\"] = 1; .m[\"a\"] = 1; .m[\"c\"] = 0; print(.m);", ".m[c]: 0\n.m[a]: 1\n.m[b]: 1\n" },
	{ ".m[2, 1] = 1; .m[1, 9] = 1; print(.m);", ".m[1, 9]: 1\n.m[2, 1]: 1\n" },
	{ "for (k = 0; k < 0n11; k++) .m[k]++; print(len(.m)); .m[3]++; print(.m);",
	  "8\n.m[0]: 1\n.m[1]: 1\n.m[2]: 1\n.m[4]: 1\n.m[5]: 1\n.m[6]: 1\n.m[7]: 1\n.m[3]: 2\n"
	  ".m: full with 8 keys; refused updates of new ones: 3\n" },
	{ "len = 1; count = 2; min = 3; print(len + count + min);", "6\n" },
	{ "int max(int p, int q) { return p > q ? p : q; } .big = max(3, 4); print(.big);", "4\n" } )

#define AT40 "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
#define AT20 "@@@@@@@@@@@@@@@@@@@@"
#define NO20 "                    "
RUNS(aggregations,
	{ ".n[1] = count(); .n[1] = count(); .n[2] = count(); print(.n[1]); print(.n);",
	  "2\n.n[2]: 1\n.n[1]: 2\n" },
	{ ".s = sum(5); x = (.s, 3); print(x); x = (3, .s); print(x); struct s1 { int s; };"
	  "struct s1 .v; .v.s = 2; print(.v.s + .s);", "3\n5\n7\n" },
	{ ".s = sum(5); .s = sum(-7); print(.s); printf(\"%ld\\n\", .s + 1);", ".s: -2\n-1\n" },
	{ ".x[1] = min(5); .x[1] = min(-3); .x[1] = min(4); .y[1] = max(-5); .y[1] = max(-9); "
	  "print(.x); print(.y);", ".x[1]: -3\n.y[1]: -5\n" },
	{ ".v = avg(1); .v = avg(2); .v = avg(9); print(.v);", ".v: 4\n" },
	{ ".h = hist(0); .h = hist(1); .h = hist(1); .h = hist(5); print(.h);",
	  ".h: 4 values\n"
	  "[0]                         1 |" AT20 NO20 "|\n"
	  "[1]                         2 |" AT40 "|\n"
	  "[2, 4)                      0 |" NO20 NO20 "|\n"
	  "[4, 8)                      1 |" AT20 NO20 "|\n" },
	{ ".h[3] = hist(-1); .h[3] = hist(0n1024); delete(.h[9]); print(len(.h)); .g = hist(7fffffffffffffff); print(.g);",
	  "1\n.g: 1 value\n[4E, 8E)                    1 |" AT40 "|\n" },
	{ ".l[1] = lhist(+1, +0, (long)4, 1 + 1); print(.l);",
	  ".l[1]: 1 value\n"
	  "[0, 2)                      1 |" AT40 "|\n" },
	{ ".l[1] = lhist(-5, 0, 0n30, 0n10); .l[1] = lhist(0n29, 0, 0n30, 0n10); .l[1] = lhist(0n12, 0, 0n30, 0n10);"
	  ".l[1] = lhist(0n30, 0, 0n30, 0n10); .l[1] = lhist(0n10, 0, 0n30, 0n10); print(.l);",
	  ".l[1]: 5 values\n"
	  "(..., 0)                    1 |" AT20 NO20 "|\n"
	  "[0, 10)                     0 |" NO20 NO20 "|\n"
	  "[10, 20)                    2 |" AT40 "|\n"
	  "[20, 30)                    1 |" AT20 NO20 "|\n"
	  "[30, ...)                   1 |" AT20 NO20 "|\n" } )

DIAGNOSES(errors,
	{ ".m[1] = 1;\n.m[\"x\"] = 2;", "2:1+7 '.m' is a map of numbers with an integer as key, here it is used as a map of numbers with a string as key ['.m' was first used at t:1; use another name]\n" },
	{ ".m[1] = 1; .m[1] = hist(2);", "1:12+5 '.m' is a map of numbers with an integer as key, here it is used as a map of hist() with an integer as key ['.m' was first used at t:1; use another name]\n" },
	{ ".h[1] = hist(1); .h[1] = 2;", "1:18+5 this map keeps aggregations, not numbers [assign the result of hist()]\n" },
	{ ".h[1] = hist(1); x = .h[1];", "1:22+5 a histogram has no value that can be read [print(.h);]\n" },
	{ ".m[1] = 1; .m = 2;", "1:12+2 '.m' is a map since t:1: its elements can be assigned [.m[key] = ...]\n" },
	{ ".m[1] = 1; x = .m;", "1:16+2 a whole map cannot stand in an expression [give the key: .name[key]; or print(.name)]\n" },
	{ ".m[1] = 1; x = &.m;", "1:16+3 a map has no address\n" },
	{ ".m[1] = 1; int .m;", "1:1+5 'int' cannot be indexed ['.m' is no map: it is a variable since t:1; use another name]\n" },
	{ ".g = 1;\n.g[1] = 2;", "2:1+5 'unsigned long long' cannot be indexed ['.g' is no map: it is a variable since t:1; use another name]\n" },
	{ "x = .m[1];", "1:5+5 the map '.m' does not exist yet: nothing fills it, here or in an earlier script ['.m[key] = 0;' makes it, or the event that fills it: define that one first]\n" },
	{ "print(.m);", "1:7+2 the global variable '.m' is never assigned, here or in an earlier script [assign it first: '? .m = 0;', or define the event that does so]\n" },
	{ "delete(.m[1]);", "1:8+5 the map '.m' does not exist yet: nothing fills it, here or in an earlier script ['.m[key] = 0;' makes it, or the event that fills it: define that one first]\n" },
	{ "clear(.m);", "1:7+2 the map '.m' does not exist yet: nothing fills it, here or in an earlier script ['.m[key] = 0;' makes it, or the event that fills it: define that one first]\n" },
	{ "x = 1; y = add[x];", "1:12+6 'long' cannot be indexed [words of the letters a-f and digits are numbers; call it 'my_add', or '.add' as a map]\n" },
	{ "x = .m; .m = hist(4);", "1:5+2 a histogram has no value that can be read [print(.m);]\n" },
	{ "x = .m[1]; .m[1, 2] = 4;", "1:5+5 '.m' is a map of numbers with two integers as key, here it is used as a map of numbers with an integer as key ['.m' was first used at t:1; use another name]\n" },
	{ ".m[1, 2, 3] = 1;", "1:4+7 a map has one or two keys\n" },
	{ ".m[\"x\", 3] = 1;", "1:4+6 a string is a key alone, two keys are integers\n" },
	{ ".m[1.5] = 1;", "1:4+3 a floating-point number cannot be a key [convert it: (long)x]\n" },
	{ ".m[L\"x\"] = 1;", "1:4+4 a wide string cannot be a key [write \"...\"]\n" },
	{ "x = hist(1);", "1:5+7 'hist' can only be assigned to a map [.name[key] = hist(...);]\n" },
	{ "x = str(10100);", "1:5+10 'str' makes the key of a map, nothing else [.name[str(address)]]\n" },
	{ ".h = count(1);", "1:6+8 'count' takes 0 arguments, 1 given\n" },
	{ ".h = lhist(1, 5, 5, 1);", "1:6+17 'lhist' needs min < max, and 1 to 1000 steps between them [lhist(value, min, max, step)]\n" },
	{ "x = 1; .h = lhist(1, 0, x, 1);", "1:25+1 min, max and step of 'lhist' must be constants\n" },
	{ ".h = lhist(1, 0, 5, 1); .h = lhist(1, 0, 6, 1);", "1:25+2 '.h' is an lhist from 0 in 5 steps of 1 without a key, here it is used as an lhist from 0 in 6 steps of 1 without a key ['.h' was first used at t:1; use another name]\n" },
	{ ".m[1] = 1; has(.m);", "1:16+2 '.m' is a map of numbers with an integer as key, here it is used as a map of numbers without a key ['.m' was first used at t:1; use another name]\n" },
	{ "x = 1; print(len(x));", "1:18+1 'len' takes a map: len(.name)\n" } )
/* clang-format on */

/* Maps live as long as the session; a script that fails leaves none behind. */
TEST(sessions)
{
	struct script_kit *k = kit_new();

	CHECK(kit_run(k, ".m[1] = 2; .h = hist(3);", SCR_SCRIPT, true));
	CHECK_EQ(scr_env_nmaps(k->env), 2);
	CHECK(!kit_run(k, ".n[1] = 2; nothing(1);", SCR_SCRIPT, true));
	CHECK_EQ(scr_env_nmaps(k->env), 2);
	k->len = 0;
	CHECK(kit_run(k, ".m[1]++; .n[\"a\"] = 1; print(.m); print(.n[\"a\"]);", SCR_SCRIPT, true));
	CHECK_STR(k->out, ".m[1]: 3\n1\n");
	k->len = 0;
	CHECK(kit_run(k, ".m[1] + 1", SCR_EXPRESSION, true));
	CHECK_EQ(k->ctx.result, 4);
	kit_free(k);
}

/* One expression: what has no value is told so, and leaves no map behind. */
TEST(expressions)
{
	struct script_kit *k = kit_new();

	CHECK(!kit_run(k, ".m = hist(3)", SCR_EXPRESSION, true));
	CHECK(!kit_run(k, "print(1 + 1)", SCR_EXPRESSION, true));
	CHECK_STR(k->out, "1:1+2 this has no result, so it cannot stand in an expression "
			  "[a statement ends with ';']\n"
			  "1:1+12 this has no result, so it cannot stand in an expression "
			  "[a statement ends with ';']\n");
	CHECK_EQ(scr_env_nmaps(k->env), 0);
	CHECK(kit_run(k, ".m = sum(3);", SCR_SCRIPT, true));
	CHECK(kit_run(k, ".m + 1", SCR_EXPRESSION, true));
	CHECK_EQ(k->ctx.result, 4);
	CHECK(kit_run(k, ".n[1]++", SCR_EXPRESSION, true));
	CHECK_EQ(k->ctx.result, 0);
	kit_free(k);
}

UNIT_MAIN()
