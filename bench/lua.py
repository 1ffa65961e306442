#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The interpreter beside Debian's lua5.4: the same algorithms, each as its language writes it.

Each program runs as a process of its own, start included; processor time and peak memory, medians
of several rounds in turns. Both must print the same.

    bench/lua.py [--rounds N] BUILD
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

BUDGET = "ffffffffffff"

# name: (script, Lua). Numbers of scripts are hexadecimal, but for the prefix 0n.
PROGRAMS = {
    "fib(27)": ("""
long fib_x(long n) { if (n < 2) return n; return fib_x(n - 1) + fib_x(n - 2); }
printf("%lld\\n", fib_x(0n27));
""", """
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(27))
"""),
    "nested loops, integer arithmetic": ("""
long sum = 0;
for (long i = 0; i < 0n3000; i++)
    for (long j = 0; j < 0n2000; j++)
        sum = sum + ((i * j) ^ (i + j)) % 0n7;
printf("%lld\\n", sum);
""", """
local sum = 0
for i = 0, 2999 do
    for j = 0, 1999 do
        sum = sum + ((i * j) ~ (i + j)) % 7
    end
end
print(sum)
"""),
    "sieve on an array": ("""
char sieve[0n500000] = { 0 };
long count = 0;
for (long i = 2; i < 0n500000; i++) {
    if (!sieve[i]) {
        count++;
        for (long j = i + i; j < 0n500000; j += i)
            sieve[j] = 1;
    }
}
printf("%lld\\n", count);
""", """
local sieve, count = {}, 0
for i = 0, 499999 do sieve[i] = false end
for i = 2, 499999 do
    if not sieve[i] then
        count = count + 1
        for j = i + i, 499999, i do sieve[j] = true end
    end
end
print(count)
"""),
    "strings compared": ("""
long hits = 0;
for (long i = 0; i < 0n2000000; i++) {
    if (strcmp("/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libm.so.6") == 0)
        hits++;
    if (strcmp("openat", "openat") == 0)
        hits++;
}
printf("%lld\\n", hits);
""", """
local function compare(a, b)
    if a == b then return 0 end
    return a < b and -1 or 1
end
local hits = 0
for i = 0, 1999999 do
    if compare("/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libm.so.6") == 0
    then
        hits = hits + 1
    end
    if compare("openat", "openat") == 0 then hits = hits + 1 end
end
print(hits)
"""),
    "map, counts by integer": ("""
for (long i = 0; i < 0n2000000; i++)
    .pid[(i * 0n7919) & 3ff]++;
printf("%lld %lld\\n", len(.pid), .pid[5]);
""", """
local pid, n = {}, 0
for i = 0, 1999999 do
    local k = (i * 7919) & 0x3ff
    pid[k] = (pid[k] or 0) + 1
end
for _ in pairs(pid) do n = n + 1 end
print(n .. " " .. pid[5])
"""),
    # Texts come as bytes, as a debuggee has them; in Lua out of a string that holds them all.
    "map, counts by string": ("""
char name[0n23] = {
    '/', 'u', 's', 'r', '/', 'l', 'i', 'b', '/', 'x', '8', '6', '_', '6', '4', '/', 'l',
    'i', 'b', '0', '.', 's', 'o' };
char text[0n16][0n32] = { 0 };
for (int i = 0; i < 0n16; i++) {
    for (int k = 0; k < 0n23; k++)
        text[i][k] = name[k];
    text[i][0n19] = 'a' + i;
}
for (long i = 0; i < 0n1000000; i++)
    .file[str(&text[i & 0n15][0])]++;
printf("%lld %lld\\n", len(.file), .file["/usr/lib/x86_64/libc.so"]);
""", """
local text, file, n = "", {}, 0
for i = 0, 15 do
    text = text .. "/usr/lib/x86_64/lib" .. string.char(97 + i) .. ".so" .. string.rep("\\0", 9)
end
for i = 0, 999999 do
    local at = (i & 15) * 32
    local name = text:sub(at + 1, at + 23)
    file[name] = (file[name] or 0) + 1
end
for _ in pairs(file) do n = n + 1 end
print(n .. " " .. file["/usr/lib/x86_64/libc.so"])
"""),
    "map, counts by constant string": ("""
for (long i = 0; i < 0n1000000; i++) {
    .call["openat"]++;
    .call["read"]++;
}
printf("%lld %lld\\n", len(.call), .call["read"]);
""", """
local call, n = {}, 0
for i = 0, 999999 do
    call["openat"] = (call["openat"] or 0) + 1
    call["read"] = (call["read"] or 0) + 1
end
for _ in pairs(call) do n = n + 1 end
print(n .. " " .. call["read"])
"""),
}


def run(usage, args, text, suffix):
    """Processor seconds, kilobytes, output of one run."""
    with tempfile.NamedTemporaryFile("w", suffix=suffix) as f:
        f.write(text)
        f.flush()
        done = subprocess.run([usage, *args, f.name], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"bench: {args[0]} ended with {done.returncode}\n{done.stdout}")
    *said, numbers = done.stdout.splitlines()
    seconds, peak = numbers.split()
    return float(seconds), int(peak), said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("build")
    args = parser.parse_args()
    if not shutil.which("lua5.4"):
        sys.exit("bench: lua5.4 is not installed (see deps/debian-bench.txt)")
    usage = os.path.join(args.build, "bench", "usage")
    lstar = [os.path.join(args.build, "src", "lstar"), "-q", "-b", "-c",
             f"settings budget {BUDGET}", "-s"]
    print(f"{'':<36}{'lstar':>10}{'lua5.4':>10}{'lua/lstar':>11}{'lstar':>12}{'lua5.4':>12}")
    for name, (script, lua) in PROGRAMS.items():
        mine, other = [], []
        for _ in range(args.rounds):
            mine.append(run(usage, lstar, "? {" + script + "}\n", ".ds"))
            other.append(run(usage, ["lua5.4"], lua, ".lua"))
        if mine[0][2] != other[0][2]:
            sys.exit(f"bench: {name}: lstar printed {mine[0][2]}, lua5.4 {other[0][2]}")
        a, b = (statistics.median(r[0] for r in rs) for rs in (mine, other))
        print(f"{name:<36}{a:>8.3f} s{b:>8.3f} s{b / a:>10.2f}x{mine[0][1]:>9} kB"
              f"{other[0][1]:>9} kB", flush=True)


if __name__ == "__main__":
    main()
