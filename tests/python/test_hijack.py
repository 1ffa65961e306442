# SPDX-License-Identifier: LGPL-2.1-or-later
"""One call in the place of another: by hijack_syscall() and by callbacks that change the number,
with and without recursion, with arguments, in chains and loops."""

from kit import *  # noqa: F403

WORD = 1 << 64


def started():
    d = debug("six_calls")
    r = d.run()
    r.sendline(b"provola")
    return d, r


def hijacked(recursive, manual, pprint):
    d = debug("six_calls")
    for flag in (recursive, not recursive):
        r = d.run()
        d.pprint_syscalls = pprint
        seen = []
        write = d.handle_syscall("write", on_enter=lambda t, h: seen.append(t.syscall_number),
                                 recursive=not manual)
        if manual:
            def change(t, h):
                t.syscall_number = 1

            d.handle_syscall("getcwd", on_enter=change, recursive=flag)
        else:
            d.hijack_syscall("getcwd", "write", recursive=flag)
        r.sendline(b"provola")
        d.cont()
        d.kill()
        want = 3 if flag else 2
        eq((len(seen), write.hit_count), (want, want))
        d.terminate()


@test
def a_hijack_meets_the_new_calls_handlers_if_recursive():
    hijacked(True, False, False)


@test
def a_hijack_meets_the_new_calls_handlers_while_printing():
    with printed():
        hijacked(True, False, True)


@test
def a_callback_that_changes_the_number_is_a_hijack():
    hijacked(True, True, False)


@test
def a_callback_that_changes_the_number_while_printing():
    with printed():
        hijacked(True, True, True)


@test
def the_original_handler_sees_the_exit():
    d, _ = started()
    exits = []

    def enter(t, h):
        t.syscall_number = 39

    h = d.handle_syscall("getcwd", on_enter=enter,
                         on_exit=lambda t, h: exits.append((t.syscall_original, t.syscall_return)))
    run_out(d)
    eq((exits, h.hit_count), ([(79, d.pid)], 1))


@test
def a_hijack_counts_its_calls():
    d, _ = started()
    h = d.hijack_syscall("write", "getpid")
    run_out(d)
    eq(h.hit_count, 2)


@test
def hijack_by_numbers():
    d, r = started()
    h = d.hijack_syscall(0, 1, syscall_arg0=1, syscall_arg2=4)
    run_out(d)
    eq((h.syscall_number, h.hit_count), (0, 1))
    eq(r.recvall(), b"Hello, World!\n" + bytes(4 + 1024))


@test
def each_argument_of_a_hijack():
    """mmap becomes mmap with the one argument changed, seen by a handler of the new call."""
    for i in range(6):
        d, _ = started()
        before, after = [], []
        d.handle_syscall("mmap", on_enter=lambda t, h: before.append(args(t)))
        run_out(d)
        d, _ = started()
        # getcwd's own arguments stay in the other registers
        d.handle_syscall(0x1337, on_enter=lambda t, h: after.append(args(t)), recursive=True)
        d.hijack_syscall("mmap", 0x1337, recursive=True, **{f"syscall_arg{i}": 0xabc0 + i})
        run_out(d)
        want = list(before[0])
        want[i] = 0xabc0 + i
        eq(after, [want], f"argument {i}")


def args(t):
    return [t.syscall_arg0, t.syscall_arg1, t.syscall_arg2, t.syscall_arg3, t.syscall_arg4,
            t.syscall_arg5]


@test
def all_arguments_of_a_hijack_at_once():
    d, _ = started()
    seen = []
    d.handle_syscall(0x1337, on_enter=lambda t, h: seen.append(args(t)))
    d.hijack_syscall("getcwd", 0x1337, recursive=True, syscall_arg0=0, syscall_arg1=-1,
                     syscall_arg2=WORD - 1, syscall_arg3=-(1 << 63), syscall_arg4=4,
                     syscall_arg5=5)
    run_out(d)
    eq(seen, [[0, WORD - 1, WORD - 1, 1 << 63, 4, 5]])


@test
def bad_arguments_of_a_hijack():
    d, _ = started()
    raises(ValueError, d.hijack_syscall, "read", "write", syscall_arg6=1)
    raises(ValueError, d.hijack_syscall, "read", "write", arg0=1)
    raises(TypeError, d.hijack_syscall, "read", "write", syscall_arg0="1")
    raises(TypeError, d.hijack_syscall, "read", "write", syscall_arg0=1.0)
    raises(TypeError, d.hijack_syscall, "read", "write", syscall_arg0=None)
    raises(ValueError, d.hijack_syscall, "read", "write", syscall_arg0=WORD)
    raises(ValueError, d.hijack_syscall, "read", "write", syscall_arg0=-(1 << 63) - 1)
    raises(ValueError, d.hijack_syscall, "read", "*")
    raises(ValueError, d.hijack_syscall, "read", -1)
    raises(ValueError, d.hijack_syscall, "read", "read")
    raises(ValueError, d.hijack_syscall, "read", 0)
    raises(ValueError, d.hijack_syscall, "reed", "write", text='Syscall "reed" not found')
    raises(ValueError, d.hijack_syscall, "read", "wrote", text='Syscall "wrote" not found')
    raises(TypeError, d.hijack_syscall, "read", "write", recursive=1)
    raises(TypeError, d.hijack_syscall, None, "write")
    raises(TypeError, d.hijack_syscall, "read", 1.0)
    eq(d.handled_syscalls, {})


@test
def syscall_number_among_the_keywords_means_nothing():
    d, r = started()
    d.hijack_syscall("read", "write", syscall_arg0=1, syscall_arg2=4, syscall_number=60)
    run_out(d)
    eq((d.exit_code, r.recvall()), (0, b"Hello, World!\n" + bytes(4 + 1024)))


@test
def all_calls_are_hijacked():
    d, r = started()
    h = d.hijack_syscall("*", "getpid")
    eq(run_out(d), 0)
    # The fifth is getcwd, to a buffer whose address mmap should have returned.
    eq((r.recvall(), h.hit_count, d.exit_signal), (b"", 5, "SIGSEGV"))


@test
def a_loop_of_hijacks_is_an_error():
    d, _ = started()
    d.hijack_syscall("getcwd", "write", recursive=True)
    d.hijack_syscall("write", "getcwd", recursive=True)
    d.cont()
    error = raises(RuntimeError, d.wait)
    has(str(error).lower(), "loop")
    eq((d.dead, d.syscall_number), (False, 1), "the thread stands at its entry")


@test
def a_chain_that_ends_is_none():
    d, r = started()
    d.hijack_syscall("getcwd", "write", recursive=True)
    d.hijack_syscall("write", "getcwd", recursive=False)
    run_out(d)
    eq((d.exit_code, r.recvall()), (0, b""))


@test
def a_synchronous_handler_of_the_new_call_stops_if_recursive():
    for recursive, stops in ((True, 6), (False, 4)):
        d, _ = started()
        h = d.handle_syscall("write")
        d.hijack_syscall("getcwd", "write", recursive=recursive)
        eq(run_out(d), stops)
        eq(h.hit_count, stops // 2)


@test
def a_number_changed_at_a_synchronous_stop():
    for recursive in (True, False):
        d, _ = started()
        write = d.handle_syscall("write", on_enter=True)
        getcwd = d.handle_syscall("getcwd", recursive=recursive)
        d.cont()
        d.wait()
        eq(getcwd.hit_on_enter(d), True)
        d.syscall_number = 1
        d.cont()
        d.wait()
        eq((getcwd.hit_on_exit(d), getcwd.hit_on_enter(d)), (True, False))
        run_out(d)
        eq((write.hit_count, getcwd.hit_count), (3 if recursive else 2, 1))


@test
def a_handler_of_all_calls_sees_a_hijacked_one_once():
    d, _ = started()
    seen = []
    d.handle_syscall("*", on_enter=lambda t, h: seen.append(("in", t.syscall_number)),
                     on_exit=lambda t, h: seen.append(("out", t.syscall_original)))
    d.hijack_syscall("read", "getpid")
    run_out(d)
    eq([s for s in seen if s[0] == "out"], [("out", n) for n in (1, 0, 1, 9, 79)])
    eq(len([s for s in seen if s[0] == "in"]), 6)


@test
def a_hijack_takes_the_place_of_a_handler():
    d, r = started()
    seen = []
    first = d.handle_syscall("read", on_enter=lambda t, h: seen.append(1),
                             on_exit=lambda t, h: seen.append(2))
    with logged() as log:
        second = d.hijack_syscall("read", "write", syscall_arg0=1, syscall_arg2=4)
    has(log.text(), "WARNING")
    run_out(d)
    eq((first is second, seen, second.hit_count), (True, [], 1))
    eq(len(r.recvall()), 14 + 1024 + 4)


main()
