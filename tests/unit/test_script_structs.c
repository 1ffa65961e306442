/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test_script_structs.c - structures, enumerations, const, switch: what they do, and what
 * is said about wrong ones. Each case is compiled, verified and run.
 */
#include "script_kit.h"

/* clang-format off */

#define POINT "struct point { int x; int y; }; "
#define MAKE POINT "struct point make(int x, int y) { struct point p = { x, y }; return p; } "
#define PLUS "struct point plus(struct point n, struct point m) { n.x += m.x; n.y += m.y; return n; } "
#define NODE "struct node { char tag; struct node *next; short n1, n2; }; "

RUNS(layout,
	{ POINT "print(sizeof(struct point)); struct point p; print(sizeof p); print(sizeof p.y);", "8\n8\n4\n" },
	{ NODE "struct node v; print(sizeof v); print((long)&v.next - (long)&v); print((long)&v.n2 - (long)&v);", "18\n8\n12\n" },
	{ "struct s1 { char k; long n; char m; }; print(sizeof(struct s1));", "18\n" },
	{ "struct s1 { char k; short m; char l; }; struct s2 { struct s1 v[3]; char z; }; print(sizeof(struct s1)); print(sizeof(struct s2));", "6\n14\n" },
	{ "struct s1 { char t[3][2]; int n; }; struct s1 v; print(sizeof(v)); print(sizeof(v.t)); print(sizeof(v.t[1]));", "c\n6\n2\n" },
	{ "struct s1 { }; print(sizeof(struct s1));", "1\n" },
	{ "struct s1 { char *p; bool k; unsigned long n; }; print(sizeof(struct s1));", "18\n" },
	{ "struct in { long v; }; struct out { char k; struct in i1; }; struct out o; print((long)&o.i1.v - (long)&o);", "8\n" },
	{ "print(sizeof(struct { int x; char y; }));", "8\n" },
)

RUNS(members,
	{ POINT "struct point p; print(p.x); p.x = 5; p.y = p.x + 1; print(p.x); print(p.y);", "0\n5\n6\n" },
	{ POINT "struct point p; p.y = 7; p.x = 1ffffffff; print(p.x); print(p.y);", "ffffffffffffffff\n7\n" },
	{ POINT "struct point p; p.x++; p.x += 4; ++p.y; p.y <<= 4; print(p.x--); print(p.x); print(p.y);", "5\n4\n10\n" },
	{ "struct s1 { char k; unsigned char m; bool on; }; struct s1 v; v.k = ff; v.m = ff; v.on = 50; print(v.k); print(v.m); print(v.on); v.m++; print(v.m); print(v.k);",
	  "ffffffffffffffff\nff\n1\n0\nffffffffffffffff\n" },
	{ "struct s1 { int t[4]; int last; }; struct s1 v; for (k = 0; k < 4; k++) v.t[k] = k * 2; v.last = 9; print(v.t[3] + v.t[1]); print(v.last);", "8\n9\n" },
	{ "struct s1 { int t[4]; }; struct s1 v; k = 4; v.t[k] = 1;", "fault: array index out of bounds, line 1\n" },
	{ "struct in { int v; }; struct out { struct in t[3]; }; struct out o; k = 2; o.t[k].v = 5; o.t[1].v = 4; print(o.t[2].v + o.t[1].v);", "9\n" },
	{ POINT "struct point t[3]; t[2].y = 8; k = 2; print(t[k].y); t[k].y += 1; print(t[2].y); print(t[0].x);", "8\n9\n0\n" },
	{ "struct s1 { int id; long ip; int db; }; struct s1 v; v.id = 1; v.ip = 2; v.db = 3; struct s1 *p = &v; print(p->id + p->ip + p->db);", "6\n" },
)

RUNS(pointers_to_structures,
	{ POINT "struct point v; struct point *p = &v; p->x = 5; p->y = p->x * 2; print(v.x); print(v.y); print((*p).y);", "5\na\na\n" },
	{ POINT "struct point *p = (struct point *)10010; print(p->x); print(p->y); p->y = 99; print(dq(10010));", "55667788\n11223344\n9955667788\n" },
	{ POINT "struct point *p = (struct point *)10000; print(p[2].x); p += 2; print(p->x); p++; print((long)p); print(&p[1] - p);", "55667788\n55667788\n10018\n1\n" },
	{ POINT "print(((struct point *)10010)->y);", "11223344\n" },
	{ POINT "struct point v; struct point *p = (struct point *)10010; v = *p; print(v.y); v.x = 1; *p = v; print(dq(10010));", "11223344\n1122334400000001\n" },
	{ NODE "struct node n1; struct node n2; struct node n3; n1.next = &n2; n2.next = &n3; n3.n2 = 7; print(n1.next->next->n2); n1.next->next->n2++; print(n3.n2);", "7\n8\n" },
	{ NODE "struct node v[3]; for (k = 0; k < 3; k++) { v[k].n1 = k + 1; v[k].next = k < 2 ? &v[k + 1] : (struct node *)0; } s = 0; for (struct node *p = v; p; p = p->next) s += p->n1; print(s);", "6\n" },
	{ "struct later; struct user { struct later *p; }; struct later { int n; }; struct later v = { 5 }; struct user u = { &v }; print(u.p->n);", "5\n" },
	{ "struct one { struct two *p; int n; }; struct two { struct one *p; int n; }; struct one v1; struct two v2; v1.p = &v2; v2.p = &v1; v1.n = 1; v2.n = 2; print(v1.p->p->p->n);", "2\n" },
	{ POINT "struct point *p = 0; print(p->y);", "fault: bad address, line 1\n" },
	{ "struct s1 { struct s1 **pp; int n; }; struct s1 v; struct s1 *p = &v; v.pp = &p; v.n = 4; print((*v.pp)->n);", "4\n" },
	{ POINT "struct point *p = (struct point *)10010; int *q = &p->y; print(*q); print((long)q);", "11223344\n10014\n" },
)

RUNS(copies,
	{ POINT "struct point v = { 1, 2 }; struct point w; w = v; v.x = 9; print(w.x); print(w.y);", "1\n2\n" },
	{ POINT "struct point v = { 1, 2 }; struct point w = v; w.x = 9; print(v.x); print(w.x); print(w.y);", "1\n9\n2\n" },
	{ POINT "struct point v; struct point w; struct point u = { 3, 4 }; v = w = u; print(v.y + w.y);", "8\n" },
	{ POINT "struct point v = { 3, 4 }; v = v; print(v.x); print(v.y);", "3\n4\n" },
	{ POINT "struct point t[2]; struct point v = { 5, 6 }; t[1] = v; t[0] = t[1]; print(t[0].y);", "6\n" },
	{ POINT "struct line { struct point p1, p2; }; struct line l; struct point v = { 5, 6 }; l.p2 = v; l.p1 = l.p2; print(l.p1.x + l.p2.y);", "b\n" },
	{ POINT "struct point v = { 5, 6 }; eq(10100, 0); *(struct point *)10100 = v; print(dq(10100));", "600000005\n" },
)

RUNS(initialisers,
	{ POINT "struct point v = { 1 }; print(v.x); print(v.y);", "1\n0\n" },
	{ POINT "struct point v = { }; print(v.x);", "0\n" },
	{ POINT "n = 4; struct point v = { n, n + 1 }; print(v.x); print(v.y);", "4\n5\n" },
	{ POINT "struct point v = { .y = 3, .x = 2 }; print(v.x); print(v.y);", "2\n3\n" },
	{ POINT "struct line { struct point p1, p2; int n; }; struct line l = { { 1, 2 }, { .y = 4 }, 5 }; print(l.p1.y); print(l.p2.x); print(l.p2.y); print(l.n);", "2\n0\n4\n5\n" },
	{ POINT "struct line { struct point p1, p2; int n; }; struct line l = { 1, 2, 3, 4, 5 }; print(l.p1.y); print(l.p2.x); print(l.n);", "2\n3\n5\n" },
	{ POINT "struct line { struct point p1, p2; int n; }; struct point q = { 8, 9 }; struct line l = { q, { 1 }, 5 }; print(l.p1.y); print(l.p2.x); print(l.n);", "9\n1\n5\n" },
	{ POINT "struct point t[3] = { { 1, 2 }, { .y = 4 } }; print(t[0].y); print(t[1].x); print(t[1].y); print(t[2].y);", "2\n0\n4\n0\n" },
	{ POINT "struct point t[2] = { 1, 2, 3, 4 }; print(t[1].x);", "3\n" },
	{ "struct s1 { int t[3]; int n; }; struct s1 v = { { 1, 2 }, 4 }; print(v.t[1]); print(v.t[2]); print(v.n); struct s1 w = { 1, 2, 3, 4 }; print(w.n);", "2\n0\n4\n4\n" },
	{ "struct s1 { int *p; char k; }; n = 5; int m = 6; struct s1 v = { &m, 180 }; print(*v.p); print(v.k);", "6\nffffffffffffff80\n" },
	{ "struct s1 { int n; } v, w = { 4 }; v.n = 3; print(v.n + w.n);", "7\n" },
	{ "for (k = 0; k < 2; k++) { struct s1 { int n; } v = { 1 }; v.n += k; print(v.n); }", "1\n2\n" },
	{ "for (k = 0; k < 2; k++) { struct s1 { int n; } v; v.n++; print(v.n); }", "1\n1\n" },
	{ "int t[2][2] = { { 1 }, { 2 } }; print(t[0][1]);", "2\n" },
)

RUNS(floats_in_structures,
	{ "struct s1 { float v; double w; int n; }; struct s1 x = { 1.5, 2.5, 3 }; print(sizeof x); x.v += x.w; printf(\"%f %f %d\\n\", x.v, x.w, x.n);", "18\n4.000000 2.500000 3\n" },
	{ "struct s1 { float v; double w; }; struct s1 t[2] = { { .w = 3 }, { 4, 5.25 } }; struct s1 *p = &t[1]; printf(\"%f %f %f\\n\", t[0].w, p->v, p->w);", "3.000000 4.000000 5.250000\n" },
	{ "n = 7; struct s1 { float v; double w; } x = { n, n }; printf(\"%f %f\\n\", x.v, x.w);", "7.000000 7.000000\n" },
)

RUNS(typedefs_and_functions,
	{ "typedef struct point { int x, y; } point_t; point_t p = { 1, 2 }; point_t *q = &p; print(q->y); print(sizeof(point_t));", "2\n8\n" },
	{ "typedef struct { int x; } anon_t; anon_t v = { 5 }; print(v.x);", "5\n" },
	{ "struct fwd; typedef struct fwd fwd_t; struct fwd { long n; }; fwd_t v = { 7 }; print(v.n);", "7\n" },
	{ POINT "int sum(struct point *p) { return p->x + p->y; } struct point v = { 3, 4 }; print(sum(&v));", "7\n" },
	{ POINT "void move(struct point *p, int n) { p->x += n; p->y -= n; } struct point v = { 3, 4 }; move(&v, 2); print(v.x); print(v.y);", "5\n2\n" },
	{ POINT "int local(int n) { struct point v = { n, 2 }; struct point w = v; if (n) local(n - 1); return w.x * 10 + v.y; } print(local(3));", "32\n" },
	{ POINT "struct point *far(struct point *p) { return p + 1; } struct point t[2] = { 1, 2, 3, 4 }; print(far(t)->y);", "4\n" },
)

RUNS(global_structures,
	{ POINT "struct point .g; .g.x = 3; .g.y = .g.x + 1; struct point *p = &.g; print(p->y); p->x = 8; print(.g.x);", "4\n8\n" },
	{ POINT "struct point .g = { 5, 6 }; struct point v = .g; print(v.y); v.x = 1; .g = v; print(.g.x);", "6\n1\n" },
	{ POINT "struct point .t[4]; k = 3; .t[k].y = 8; print(.t[3].y); print(sizeof(.t));", "8\n20\n" },
)

/* A global keeps its structure from script to script, whether or not that is defined again. */
TEST(globals_between_scripts)
{
	struct script_kit *k = kit_new();

	CHECK(kit_run(k, NODE "struct node .n; .n.n1 = 5; .n.next = &.n;", SCR_SCRIPT, true));
	CHECK(kit_run(k, "print(.n.next->next->n1); .n.n1++;", SCR_SCRIPT, true));
	CHECK(kit_run(k, NODE "struct node .n; struct node v = .n; print(v.n1);", SCR_SCRIPT, true));
	CHECK_STR(k->out, "5\n6\n");
	k->len = 0;
	CHECK(!kit_run(k, "struct node { int n; }; struct node v = .n;", SCR_SCRIPT, true));
	CHECK_STR(k->out, "1:41+2 a 'struct node' cannot be assigned to a 'struct node'\n");
	kit_free(k);
}

RUNS(enumerations,
	{ "enum colour { RED, GREEN = 5, BLUE }; print(RED); print(GREEN); print(BLUE);", "0\n5\n6\n" },
	{ "enum { ONE = 1, TWO = ONE * 2, MASK = 1 << TWO | ONE, NEG = -1, }; print(TWO); print(MASK); print(NEG < 0);", "2\n5\n1\n" },
	{ "enum colour { RED, GREEN }; enum colour k = GREEN; print(k); print(sizeof k); print(sizeof(enum colour));", "1\n4\n4\n" },
	{ "enum { SIZE = 4 }; int t[SIZE]; int m[SIZE * 2 + 1]; print(sizeof t / sizeof(int)); print(sizeof m);", "4\n24\n" },
	{ "typedef enum { OFF, ON } state_t; state_t s = ON; if (s == ON) print(1);", "1\n" },
	{ "enum kind { K1 = 7 }; struct s1 { enum kind k; char pad[K1]; }; print(sizeof(struct s1));", "c\n" },
	{ "enum big { BIG = 1`00000000 }; enum big v = BIG; print(v); print(sizeof v);", "100000000\n8\n" },
	{ "enum { WORD = sizeof(long) }; print(WORD);", "8\n" },
)

RUNS(constants,
	{ "const int limit = 5; print(limit + 1);", "6\n" },
	{ "int const limit = 5; const char *p = (const char *)10100; print(limit); print(*p); p++; print(*p);", "5\n68\n65\n" },
	{ "const int t[2] = { 3, 4 }; print(t[1]);", "4\n" },
	{ "int k = 3; const int *p = &k; k = 4; print(*p);", "4\n" },
	{ "const int .limit = 5; print(.limit);", "5\n" },
	{ "int sq(const int n) { return n * n; } print(sq(3));", "9\n" },
)

RUNS(switches,
	{ "for (k = 0; k < 4; k++) { switch (k) { case 1: print(11); break; case 2: print(22); break; default: print(99); } }", "99\n11\n22\n99\n" },
	{ "k = 1; switch (k) { case 1: print(1); case 2: print(2); break; case 3: print(3); }", "1\n2\n" },
	{ "switch (5) { case 1: print(1); }", "" },
	{ "switch (5) { default: print(9); case 1: print(1); }", "9\n1\n" },
	{ "switch (5) { }", "" },
	{ "k = 2; switch (k) { case 1: case 2: case 3: { print(7); break; } default: print(8); }", "7\n" },
	{ "enum { ZERO, ONE, TWO }; k = ONE; switch (k) { case ZERO: print(1); break; case ONE: print(2); break; case TWO: print(3); }", "2\n" },
	{ "for (k = 0; k < 3; k++) { switch (k) { case 1: continue; } print(k); }", "0\n2\n" },
	{ "while (1) { switch (1) { case 1: break; } print(5); break; }", "5\n" },
	{ "k = 2; switch (k) { case 2: switch (k + 1) { case 3: print(3); break; default: print(4); } print(5); break; default: print(6); }", "3\n5\n" },
	{ "int name(int k) { switch (k) { case 1: return 11; case -1: return 22; } return 33; } print(name(1)); print(name(-1)); print(name(2));", "11\n22\n33\n" },
	{ "k = ffffffff80000000; switch (k) { case ffffffff80000000: print(1); break; default: print(2); }", "1\n" },
	{ "char k = 80; switch (k) { case -80: print(1); break; case 80: print(2); }", "1\n" },
	{ "s = 0; for (long k = -5; k <= 10; k++) { switch (k) { case -4: case 3: s += 1; break; case 0: s += 10; break; case 7: case 9: case f: s += 100; break; case 12345678: case 5: s += 1000; break; case 10: s += 10000; break; default: s += 100000; } } printf(\"%lx\\n\", s);",
	  "e11312\n" },
	{ "switch (3) { case 1 + 2: print(1); }", "1\n" },
)

/* Many cases in no order: each finds its own label. */
TEST(big_switch)
{
	struct script_kit *k = kit_new();
	char text[32768];
	size_t n = (size_t)sprintf(text, "s = 0; for (k = 0; k < 0n420; k++) switch (k) {");

	for (u32 i = 0; i < 200; i++)
		n += (size_t)sprintf(text + n, "case 0n%u: s += (k == 0n%u); break;",
				     i * 7919 % 400, i * 7919 % 400);
	sprintf(text + n, "default: s += 10000; } printf(\"%%lx\\n\", s);");
	CHECK(kit_run(k, text, SCR_SCRIPT, true));
	CHECK_STR(k->out, "dc00c8\n"); /* 220 * 10000 + 200 */
	kit_free(k);
}

DIAGNOSES(structure_errors,
	{ POINT "struct point v; v.z = 1;", "1:49+3 'struct point' has no member 'z'\n" },
	{ "struct s1 { int count; }; struct s1 v; v.cuont = 1;", "1:40+7 'struct s1' has no member 'cuont' [did you mean 'count'?]\n" },
	{ POINT "struct point v; v->x = 1;", "1:49+4 '->' needs a pointer, this is a 'struct point' [write '.x']\n" },
	{ POINT "struct point *p = 0; p.x = 1;", "1:54+3 '.' needs a structure, this is a 'struct point *' [write '->x']\n" },
	{ "x = 1; x.y = 2;", "1:8+3 'unsigned long long' has no members\n" },
	{ "x = 1; y = x->z;", "1:12+4 'unsigned long long' has no members [cast it to a pointer: ((struct N *)p)->m; or declare it: struct N *p = (struct N *)...]\n" },
	{ "struct s1 { int a; };", "1:17+1 expected the name of a member, found the number 'a' [words of the letters a-f and digits are numbers; call it 'my_a']\n" },
	{ POINT "struct point *p = 0; x = p->c;", "1:61+1 expected the name of a member, found the number 'c' [words of the letters a-f and digits are numbers; call it 'my_c']\n" },
	{ "struct s1 { int x; char x; };", "1:25+1 two members are called 'x'\n" },
	{ "struct s1 { int x; }; struct s1 { int y; };", "1:30+2 'struct s1' is defined twice (first in line 1)\n" },
	{ "struct s1 v;", "1:11+1 'struct s1' is not defined [a pointer to it may be declared before it is defined]\n" },
	{ "struct s1 t[2];", "1:12+1 'struct s1' is not defined [a pointer to it may be declared before it is defined]\n" },
	{ "struct s1 { int n; struct s1 next; };", "1:30+4 'struct s1' cannot hold itself [a structure can hold a pointer to itself: '*' before the name]\n" },
	{ "struct s1 *p = 0; p->x = 1;", "1:19+4 'struct s1' is never defined\n" },
	{ "struct s1 *p = 0; p++;", "1:19+1 'struct s1' is never defined: its size is unknown\n" },
	{ "x = sizeof(struct s1);", "1:5+17 'struct s1' has no size\n" },
	{ "struct s1 { int x : 4; };", "1:19+1 bit-fields are not part of the language [declare a whole member; take its bits with '>>' and '&']\n" },
	{ "union u1 { int x; };", "1:1+5 unions are not part of the language [look at the same bytes through a pointer: *(int *)&x]\n" },
	{ POINT "struct point v = { 1, 2, 3 };", "1:58+1 too many values: 'struct point' has fewer members\n" },
	{ POINT "struct point v = { .z = 3 };", "1:52+6 'struct point' has no member 'z'\n" },
	{ "int t[2] = { .x = 1 };", "1:14+6 only a structure has members\n" },
	{ POINT "struct point v = 5;", "1:50+1 a 'long' cannot be assigned to a 'struct point'\n" },
	{ POINT "struct point v; x = v;", "1:53+1 a 'struct point' cannot be assigned to a 'unsigned long long'\n" },
	{ POINT "struct point v; v = 1;", "1:53+1 a 'long' cannot be assigned to a 'struct point'\n" },
	{ POINT "struct point v; v += v;", "1:49+6 a structure can only be assigned with '='\n" },
	{ POINT "struct point v; v++;", "1:49+3 a structure cannot be counted up or down\n" },
	{ POINT "struct point v; print(v);", "1:55+1 a whole structure can only be assigned, handed over and returned [use its members, or its address: '&']\n" },
	{ POINT "struct point v; if (v) print(1);", "1:53+1 a whole structure can only be assigned, handed over and returned [use its members, or its address: '&']\n" },
	{ "struct s1; int sum(struct s1 p) { return 1; }", "1:30+1 'struct s1' is not defined [a pointer to it may be declared before it is defined]\n" },
	{ "struct s1; struct s1 make() { }", "1:22+4 'struct s1' is not defined [a pointer to it may be declared before it is defined]\n" },
	{ MAKE "make(1, 2).x = 3;", "1:106+12 this cannot be assigned: it is part of a value, not of a variable [assign it to a variable first]\n" },
	{ MAKE "make(1, 2).x++;", "1:106+12 this cannot be assigned: it is part of a value, not of a variable [assign it to a variable first]\n" },
	{ MAKE "p = &make(1, 2).x;", "1:110+13 only a variable has an address, this is part of a value [assign it to a variable first]\n" },
	{ MAKE "p = &make(1, 2);", "1:110+11 only a variable has an address\n" },
	{ MAKE "struct other { int x; }; struct other o; int sum(struct point p) { return p.x; } sum(o); sum(1);",
	  "1:191+1 a 'struct other' cannot be assigned to a 'struct point'\n"
	  "1:199+1 a 'long' cannot be assigned to a 'struct point'\n" },
	{ MAKE "struct other { int x; }; struct other o; x = (1 ? o : make(1, 2)).x;",
	  "1:151+20 both values of '? :' must have one type: 'struct other' and 'struct point'\n" },
	{ POINT "struct point make() { return 1; }", "1:62+1 a 'long' cannot be assigned to a 'struct point'\n" },
	{ POINT "x = (struct point)5;", "1:37+15 nothing can be cast to a structure [cast to a pointer to it]\n" },
	{ "struct s1 { int; int *; }; struct s1 v; v.q = 1;", "1:16+1 expected the name of a member, found ';'\n1:23+1 expected the name of a member, found ';'\n" },
	{ "struct s1 { int x; ", "1:11+1 this '{' is never closed\n1:19+1 expected the name of a variable, found the end of the script\n" },
	{ "struct 5 { int x; };", "1:8+1 expected the tag of a structure, found the number '5' [words of the letters a-f and digits are numbers; call it 'my_5']\n" },
)

RUNS(by_value,
	{ MAKE "struct point p = make(1, 2); print(p.x); print(p.y); print(make(5, 6).y);", "1\n2\n6\n" },
	{ MAKE PLUS "struct point p = make(1, 2), q = plus(p, make(10, 20)); print(q.x); print(q.y); print(p.x);", "11\n22\n1\n" },
	{ MAKE PLUS "print(plus(make(1, 1), plus(make(2, 2), make(3, 3))).y);", "6\n" },
	{ MAKE PLUS ".n = 0; struct point .g = make(1, 2); .g = plus(.g, .g); print(.g.y);", "4\n" },
	{ MAKE "struct point none(int k) { if (k) return make(k, k); } for (k = 0; k < 3; k++) print(none(k & 1).x);", "0\n1\n0\n" },
	{ MAKE "struct point fib(int n, struct point q) { if (!n) return q; struct point r = { q.y, q.x + q.y }; return fib(n - 1, r); } print(fib(0n30, make(0, 1)).x);", "cb228\n" },
	{ POINT "struct big { struct point p[3]; char name[4]; }; struct big wrap(struct point p) { struct big v = { { p, { 7, 8 } }, \"abc\" }; return v; }"
	  "struct point s = { 1, 2 }; k = 2; print(wrap(s).p[1].y); printf(\"%s %c\\n\", wrap(s).name, wrap(s).name[k]); k = 3; print(wrap(s).p[k].x);",
	  "8\nabc c\nfault: array index out of bounds, line 1\n" },
	{ MAKE "struct point s = make(1, 2), *p = &s; k = 0; print((k ? make(3, 4) : s).x); print((k ? s : *p).y); struct point t = k ? s : make(5, 6); print(t.x);", "1\n2\n5\n" },
	{ MAKE "void set(struct point p) { p.x = 9; struct point *q = &p; q->y = 8; p = make(p.y, p.x); print(p.x); print(p.y); } struct point s = make(1, 2); set(s); print(s.x); print(s.y);",
	  "8\n9\n1\n2\n" },
	{ POINT "int sum(struct point p) { return p.x + p.y; } print(sum(*(struct point *)10010));", "6688aacc\n" },
	{ POINT "int sum(struct point p) { return p.x + p.y; }\nprint(sum(*(struct point *)5));", "fault: bad address, line 2\n" },
	{ MAKE "int sum(struct point p, int n, struct point q) { return p.x + n + q.y; } print(sum(make(1, 0), 2, make(0, 3)));", "6\n" },
	{ MAKE "struct point t[] = { make(1, 2), { 3 }, make(4, 5) }; print(sizeof(t)); print(t[2].y); print(t[1].y);", "18\n5\n0\n" },
	{ MAKE "make(1, 2); struct point p; p = make(3, 4), make(5, 6); print(p.x); print((p, make(7, 8)).y);", "3\n8\n" },
	{ "struct s1; struct s1 make(int x); int get(struct s1 v); struct s1 { int x; }; struct s1 make(int x) { struct s1 v = { x }; return v; } int get(struct s1 v) { return v.x; } print(get(make(7)));", "7\n" },
	{ MAKE "const struct point p = make(1, 2); int sum(const struct point q) { return q.x; } print(sum(p));", "1\n" })

RUNS(counted_arrays,
	{ "int t[] = { 1, 2, 3 }; print(sizeof(t)); print(t[2]);", "c\n3\n" },
	{ "int t[] = { 5, }; print(sizeof(t));", "4\n" },
	{ "int t[][2] = { { 1, 2 }, { 3, 4 }, { 5 } }; print(sizeof(t)); print(t[2][0]); print(t[2][1]);", "18\n5\n0\n" },
	{ "char s[] = \"abc\"; print(sizeof(s)); printf(\"%s\\n\", s); s[1] = 'x'; printf(\"%s\\n\", s);", "4\nabc\naxc\n" },
	{ "char s[] = { \"ab\" }; print(sizeof(s)); char q[] = \"\"; print(sizeof(q));", "3\n1\n" },
	{ "unsigned char s[8] = \"abc\"; print(s[7]); char q[3] = \"abc\"; print(q[2]);", "0\n63\n" },
	{ "char t[][4] = { \"ab\", \"cde\" }; print(sizeof(t)); printf(\"%s %s\\n\", t[0], t[1]);", "8\nab cde\n" },
	{ "short w[] = L\"hi\"; print(sizeof(w)); print(wcslen(w));", "6\n2\n" },
	{ "struct s1 { char name[4]; int n; }; struct s1 t[] = { { \"ab\", 1 }, \"cd\", 2 }; print(sizeof(t)); printf(\"%s%d %s%d\\n\", t[0].name, t[0].n, t[1].name, t[1].n);", "10\nab1 cd2\n" },
	{ "char .s[] = \"abc\"; print(strlen(.s)); print(sizeof(.s));", "3\n4\n" },
	{ "x = 4; int t[] = { x, x + 1 }; print(t[1]); for (k = 0; k < 2; k++) { char s[] = \"ab\"; s[0]++; print(s[0]); }", "5\n62\n62\n" },
	{ "int sum(int t[], int n) { int s; while (n--) s += t[n]; return s; } int t[] = { 1, 2, 3 }; print(sum(t, 3));", "6\n" },
	{ "typedef long row[2]; long second(row t[2]) { return t[1][0]; } long t[][2] = { 1, 2, 3, 4 }; print(second(t));", "3\n" })

DIAGNOSES(counted_array_errors,
	{ "int t[];", "1:5+1 the array 't' has no number of elements [write it between the brackets, or give a list of values]\n" },
	{ "int t[] = { };", "1:11+3 an array has 1 to 100000 elements\n" },
	{ "int t[] = 5;", "1:11+1 an array is initialised with a list, { 1, 2, 3 }, or with a string\n" },
	{ "int t[2][] = { 1 };", "1:10+1 expected the number of elements, found ']'\n" },
	{ "char s[2] = \"abc\";", "1:13+5 the string has 3 characters, the array 2 elements\n" },
	{ "int s[4] = \"ab\";", "1:12+4 a narrow string initialises only an array of 'char'\n" },
	{ "char *s = \"ab\";", "1:11+4 a string cannot initialise a pointer [declare an array, which holds a copy: char text[] = \"...\"]\n" },
	{ "char s[4] = L\"ab\";", "1:13+5 a wide string initialises only an array of 'short'\n" },
	{ "struct s1 { int t[]; };", "1:19+1 expected the number of elements, found ']'\n" })

DIAGNOSES(const_pointers,
	{ "const int t[2]; int *p = t;", "w1:26+1 this points to something 'const', which a 'int *' can change [declare it 'const int *', or cast the value: (int *)...]\n" },
	{ "const int n = 1; int *p; p = &n;", "w1:30+2 this points to something 'const', which a 'int *' can change [declare it 'const int *', or cast the value: (int *)...]\n" },
	{ "void set(int *p) { *p = 1; } const int n = 1; set(&n);", "w1:51+2 this points to something 'const', which a 'int *' can change [declare it 'const int *', or cast the value: (int *)...]\n" },
	{ "char *rest(const char *s) { return s + 1; }", "w1:36+5 this points to something 'const', which a 'char *' can change [declare it 'const char *', or cast the value: (char *)...]\n" },
	{ "const int n = 1; int *p = (int *)&n; const int *q = p; q = &n; const int *r = q;", "" },
	{ "int m; const int n = 1; int *p = m ? &m : &n;", "w1:34+11 this points to something 'const', which a 'int *' can change [declare it 'const int *', or cast the value: (int *)...]\n" })
DIAGNOSES(const_errors,
	{ "const int n = 5; n = 6;", "1:18+1 this cannot be assigned: it is declared 'const'\n" },
	{ "const int n = 5; n++;", "1:18+1 this cannot be assigned: it is declared 'const'\n" },
	{ "const int t[2] = { 1 }; t[1] = 6;", "1:25+4 this cannot be assigned: it is declared 'const'\n" },
	{ "const int *p = (int *)10010; *p = 6;", "1:30+2 this cannot be assigned: it is declared 'const'\n" },
	{ "int *const p = (int *)10010; *p = 6; p = 0;", "1:38+1 this cannot be assigned: it is declared 'const'\n" },
	{ "const int .n = 5; .n = 6;", "1:19+2 this cannot be assigned: it is declared 'const'\n" },
	{ "int sq(const int n) { n = 1; return n; }", "1:23+1 this cannot be assigned: it is declared 'const'\n" },
	{ "struct s1 { const int n; }; struct s1 v = { 1 }; struct s1 w = v; w = v;", "1:67+1 this cannot be assigned: it is declared 'const'\n" },
	{ "struct s1 { int n; }; const struct s1 v = { 1 }; v.n = 2;", "1:50+3 this cannot be assigned: it is declared 'const'\n" },
	{ "const x = 5;", "1:1+5 'const' needs a type [const int x = 5;]\n" },
)

DIAGNOSES(enum_errors,
	{ "enum { RED }; RED = 5;", "1:15+3 this cannot be assigned: it is a value, not a variable\n" },
	{ "enum { RED, RED };", "1:13+3 the constant 'RED' is defined twice (first in line 1)\n" },
	{ "enum { bad };", "1:8+3 expected the name of a constant, found the number 'bad' [words of the letters a-f and digits are numbers; call it 'my_bad']\n" },
	{ "enum colour k;", "1:6+6 'enum colour' is not defined\n" },
	{ "n = 1; enum { SIZE = n };", "1:22+1 the variable 'n' is read, but nothing before it assigns it\n" },
	{ "enum { SIZE = @rax };", "1:15+4 the value of the constant must be a constant\n" },
	{ "enum { RED }; int RED = 1;", "1:19+3 'RED' is a constant of an enumeration\n" },
)

DIAGNOSES(switch_errors,
	{ "case 1: print(1);", "1:1+6 'case' outside of a 'switch'\n" },
	{ "switch (1) { case 1: case 1: }", "1:27+1 the value 1 has a 'case' already, in line 1\n" },
	{ "switch (1) { case 3: case 1:\ncase 3:\ncase 3: case 2: case 1: }", "2:6+1 the value 3 has a 'case' already, in line 1\n3:6+1 the value 3 has a 'case' already, in line 1\n3:22+1 the value 1 has a 'case' already, in line 1\n" },
	{ "switch (1) { default: default: }", "1:23+7 two 'default' in one 'switch'\n" },
	{ "n = 1; switch (1) { case n: }", "1:26+1 the value of a 'case' must be a constant [compare with 'if' and 'elsif']\n" },
	{ "switch (1) { case 1 print(1); }", "1:21+5 expected ':' after the value of 'case', found 'print'\n" },
	{ "switch (1) { continue; }", "1:14+8 'continue' outside of a loop\nw1:14+8 this is never executed: it stands before the first 'case'\n" },
	{ "switch (1) print(1);", "1:12+5 expected '{' before the block, found 'print'\n" },
	{ "goto out;", "1:1+4 'goto' is not part of the language [use loops, 'break', 'continue' and 'return']\n" },
)

/* As many as an image can hold, the values in no order; the last one but one is met. */
TEST(many_cases)
{
	struct script_kit *k = kit_new();
	size_t len = 0, n = 30011; /* a prime: i * 7 mod n takes every value once */
	char *text = malloc(n * 16 + 100);

	CHECK(text);
	len += (size_t)sprintf(text, "for (x = 753a; x < 753d; x++) switch (x) {\n");
	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(text + len, "case 0x%zx:\n", i * 7 % n);
	sprintf(text + len, "print(x); break; default: print(-1); }");
	CHECK(kit_run(k, text, SCR_SCRIPT, true));
	CHECK_STR(k->out, "753a\nffffffffffffffff\nffffffffffffffff\n");
	free(text);
	kit_free(k);
}

UNIT_MAIN()
