# SPDX-License-Identifier: LGPL-2.1-or-later
"""Handlers of the six calls of one program: asynchronous, synchronous, by name and by number,
replaced, disabled, with and without printing. All counts are exact."""

import os

from kit import *  # noqa: F403

WRITE, MMAP, GETCWD = 1, 9, 79


class Watch:
    """Callbacks for write (enter), mmap (exit) and getcwd (both) that check what they see."""

    def __init__(self):
        self.writes = self.mmaps = self.enters = self.exits = 0
        self.address = None
        self.numbers = []

    def write(self, t, h):
        self.writes += 1
        self.numbers.append(h.syscall_number)
        self.check_write(t, self.writes)

    @staticmethod
    def check_write(t, which):
        eq(t.syscall_arg0, 1)
        want = b"Hello, World!" if which == 1 else b"provola"
        eq(t.memory[t.syscall_arg1, len(want)], want)

    def mmap(self, t, h):
        self.mmaps += 1
        self.numbers.append(h.syscall_number)
        self.address = t.regs.rax
        eq(t.syscall_return, self.address)

    def getcwd_enter(self, t, h):
        self.enters += 1
        self.numbers.append(h.syscall_number)
        eq(t.syscall_arg0, self.address)

    def getcwd_exit(self, t, h):
        self.exits += 1
        eq(t.memory[self.address, 8], os.getcwd().encode()[:8])

    def calls(self):
        return self.writes, self.mmaps, self.enters, self.exits


def three(d, watch, calls=("write", "mmap", "getcwd")):
    return (d.handle_syscall(calls[0], on_enter=watch.write),
            d.handle_syscall(calls[1], on_exit=watch.mmap),
            d.handle_syscall(calls[2], on_enter=watch.getcwd_enter, on_exit=watch.getcwd_exit))


def counts(handlers):
    return [h.hit_count for h in handlers]


def asynchronous(pprint):
    d = debug("six_calls")
    r = d.run()
    d.pprint_syscalls = pprint
    watch = Watch()
    handlers = three(d, watch)
    r.sendline(b"provola")
    d.cont()
    d.kill()
    d.terminate()
    eq(watch.calls(), (2, 1, 1, 1))
    eq(watch.numbers, [WRITE, WRITE, MMAP, GETCWD])
    eq(counts(handlers), [2, 1, 1])


@test
def asynchronous_handlers():
    asynchronous(False)


@test
def asynchronous_handlers_while_printing():
    with printed() as out:
        asynchronous(True)
    eq(out.getvalue().count("write"), 2)


def disabled_between(pprint, how, calls):
    d = debug("six_calls")
    r = d.run()
    d.pprint_syscalls = pprint
    watch = Watch()
    handlers = three(d, watch, calls)
    bp = d.breakpoint("after_first_write")
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(d.instruction_pointer, bp.address)
    eq(bp.hit_count, 1)
    eq(bp.hit_on(d), True)
    how(handlers[0])
    eq(handlers[0].enabled, False)
    d.cont()
    d.kill()
    eq(watch.calls(), (1, 1, 1, 1))
    eq(counts(handlers), [1, 1, 1])
    d.terminate()


@test
def disabled_by_method():
    disabled_between(False, lambda h: h.disable(), (WRITE, MMAP, GETCWD))


@test
def disabled_by_attribute():
    disabled_between(False, attribute("enabled", False), ("write", "mmap", "getcwd"))


@test
def disabled_while_printing():
    with printed() as out:
        disabled_between(True, lambda h: h.disable(), (WRITE, MMAP, GETCWD))
    eq(out.getvalue().count("write"), 2, "a disabled handler's call is printed")


@test
def enabled_again_it_goes_on_counting():
    d = debug("six_calls")
    r = d.run()
    watch = Watch()
    h = d.handle_syscall("write", on_enter=watch.write)
    d.breakpoint("after_first_write")
    h.disable()
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(h.hit_count, 0)
    watch.writes = 1  # what it sees next is the second one
    h.enable()
    d.cont()
    d.wait()
    eq((d.dead, h.hit_count, watch.writes), (True, 1, 2))


def override(pprint):
    d = debug("six_calls")
    r = d.run()
    d.pprint_syscalls = pprint
    first, second = Watch(), Watch()
    handlers = three(d, first)
    bp = d.breakpoint("after_first_write")
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(d.instruction_pointer, bp.address)
    second.writes = 1
    with logged() as log:
        again = d.handle_syscall("write", on_enter=second.write)
    has(log.text(), "WARNING")
    has(log.text(),
        "Syscall write is already handled by a user-defined handler. Overriding it.")
    eq(len(log.records), 1)
    eq(again is handlers[0], True)
    d.cont()
    d.kill()
    eq((first.writes, second.writes - 1), (1, 1))
    eq(counts((again, *handlers)), [2, 2, 1, 1])
    d.terminate()


@test
def a_second_handler_takes_the_place_of_the_first():
    override(False)


@test
def a_second_handler_takes_the_place_while_printing():
    with printed():
        override(True)


@test
def replacing_a_handler_without_callbacks_is_silent():
    d = debug("six_calls")
    d.run()
    first = d.handle_syscall("write")
    with logged() as log:
        second = d.handle_syscall("write", on_enter=True)
    eq((first is second, log.text()), (True, ""))


def synchronous(pprint):
    d = debug("six_calls")
    r = d.run()
    write, mmap, getcwd = (d.handle_syscall(c) for c in ("write", "mmap", "getcwd"))
    d.pprint_syscalls = pprint
    r.sendline(b"provola")
    seen = []
    address = None
    while True:
        d.cont()
        d.wait()
        if d.dead:
            break
        if write.hit_on_enter(d):
            seen.append("write")
            Watch.check_write(d, seen.count("write"))
        elif mmap.hit_on_exit(d):
            seen.append("mmap exit")
            address = d.regs.rax
            eq(d.syscall_return, address)
        elif getcwd.hit_on_enter(d):
            seen.append("getcwd")
            eq(d.syscall_arg0, address)
        elif getcwd.hit_on_exit(d):
            seen.append("getcwd exit")
            eq(d.memory[address, 8], os.getcwd().encode()[:8])
        else:
            eq(write.hit_on_exit(d) or mmap.hit_on_enter(d), True)
    eq(seen, ["write", "write", "mmap exit", "getcwd", "getcwd exit"])
    eq(counts((write, mmap, getcwd)), [2, 1, 1])
    d.kill()
    d.terminate()


@test
def synchronous_handlers():
    synchronous(False)


@test
def synchronous_handlers_while_printing():
    with printed():
        synchronous(True)


def stops_twice(pprint):
    d = debug("six_calls")
    r = d.run()
    handlers = {c: d.handle_syscall(c) for c in ("write", "mmap", "getcwd")}
    d.pprint_syscalls = pprint
    r.sendline(b"provola")
    inside = dict.fromkeys(handlers, False)
    order = []
    while True:
        d.cont()
        d.wait()
        if d.dead:
            break
        hit = [name for name, h in handlers.items() if h.hit_on(d)]
        eq(len(hit), 1)
        name = hit[0]
        inside[name] = not inside[name]
        eq(handlers[name].hit_on_enter(d), inside[name])
        eq(handlers[name].hit_on_exit(d), not inside[name])
        order.append((name, inside[name]))
    eq(order, [(n, e) for n in ("write", "write", "mmap", "getcwd") for e in (True, False)])
    eq(counts(handlers.values()), [2, 1, 1])
    d.kill()


@test
def every_call_stops_twice_enter_first():
    stops_twice(False)


@test
def every_call_stops_twice_while_printing():
    with printed():
        stops_twice(True)


@test
def true_counts_and_never_stops():
    d = debug("six_calls")
    r = d.run()
    handlers = (d.handle_syscall("write", on_enter=True), d.handle_syscall("mmap", on_exit=True),
                d.handle_syscall("getcwd", on_enter=True, on_exit=True))
    r.sendline(b"provola")
    eq(run_out(d), 0)
    eq(counts(handlers), [2, 1, 1])


@test
def all_calls_under_each_name():
    d = debug("six_calls")
    for call in ("all", "*", "ALL", -1, "pkm"):
        r = d.run()
        seen = {"enter": [], "exit": []}
        h = d.handle_syscall(call,
                             on_enter=lambda t, h: seen["enter"].append(t.syscall_number),
                             on_exit=lambda t, h: seen["exit"].append(t.syscall_number))
        r.sendline(b"provola")
        d.cont()
        d.wait()
        eq(seen, {"enter": [1, 0, 1, 9, 79, 231], "exit": [1, 0, 1, 9, 79]}, f"{call}")
        eq((h.hit_count, h.syscall_number), (5, -1), f"{call}")
        d.kill()


@test
def all_calls_synchronously():
    d = debug("six_calls")
    r = d.run()
    h = d.handle_syscall("*")
    r.sendline(b"provola")
    order = []
    while True:
        d.cont()
        d.wait()
        if d.dead:
            break
        eq(h.hit_on(d), True)
        order.append((d.syscall_number, h.hit_on_enter(d), h.hit_on_exit(d)))
    want = [(n, e, not e) for n in (1, 0, 1, 9, 79) for e in (True, False)] + [(231, True, False)]
    eq(order, want)
    eq((h.hit_count, d.exit_code), (5, 0))


@test
def one_call_and_all_calls_both_see_it():
    d = debug("six_calls")
    r = d.run()
    order = []
    one = d.handle_syscall("write", on_enter=lambda t, h: order.append("one"))
    every = d.handle_syscall("*", on_enter=lambda t, h: order.append(t.syscall_number))
    r.sendline(b"provola")
    run_out(d)
    eq(order, ["one", 1, 0, "one", 1, 9, 79, 231])
    eq((one.hit_count, every.hit_count), (2, 5))


@test
def several_handlers_of_one_call_run_in_order():
    d = debug("six_calls")
    r = d.run()
    order = []
    first = d.handle_syscall("write", on_enter=lambda t, h: order.append(1),
                             on_exit=lambda t, h: order.append(-1))
    second = d.handle_syscall("write", on_enter=lambda t, h: order.append(2),
                              on_exit=lambda t, h: order.append(-2), also=True)
    r.sendline(b"provola")
    run_out(d)
    eq(order, [1, 2, -1, -2] * 2)
    eq(counts((first, second)), [2, 2])


@test
def from_synchronous_to_callback_between_stops():
    d = debug("six_calls")
    r = d.run()
    h = d.handle_syscall("write")
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq((h.hit_on_enter(d), h.hit_count), (True, 0))
    seen = []
    h.on_enter_user = lambda t, h: seen.append("enter")
    h.on_exit_user = lambda t, h: seen.append("exit")
    d.cont()
    d.wait()
    eq((d.dead, seen, h.hit_count), (True, ["exit", "enter", "exit"], 2))


@test
def from_callback_to_synchronous_in_a_callback():
    d = debug("six_calls")
    r = d.run()
    calls = []

    def once(t, h):
        calls.append(t.syscall_number)
        h.on_enter_user = None

    h = d.handle_syscall("write", on_enter=once)
    r.sendline(b"provola")
    stops = []
    while True:
        d.cont()
        d.wait()
        if d.dead:
            break
        stops.append((h.hit_on_enter(d), h.hit_on_exit(d)))
    eq(calls, [1])
    eq(stops, [(False, True), (True, False), (False, True)])
    eq(h.hit_count, 2)


@test
def a_handler_disabled_in_its_own_entry_counts_there():
    d = debug("six_calls")
    r = d.run()
    seen = []

    def enter(t, h):
        seen.append("enter")
        h.disable()

    h = d.handle_syscall("write", on_enter=enter, on_exit=lambda t, h: seen.append("exit"))
    r.sendline(b"provola")
    eq(run_out(d), 0)
    eq((seen, h.hit_count), (["enter"], 1))


@test
def handlers_made_in_callbacks_see_the_next_call():
    d = debug("six_calls")
    r = d.run()
    late = []

    def enter(t, h):
        if not late:
            late.append(d.handle_syscall("getcwd", on_enter=True))
            late.append(d.handle_syscall("write", on_exit=True, also=True))

    d.handle_syscall("write", on_enter=enter)
    r.sendline(b"provola")
    run_out(d)
    eq(counts(late), [1, 1])


@test
def a_removed_handler_is_no_more():
    d = debug("six_calls")
    r = d.run()
    seen = []

    def enter(t, h):
        seen.append(t.syscall_number)
        h.remove()

    h = d.handle_syscall("write", on_enter=enter)
    stays = d.handle_syscall("*", on_enter=True)
    r.sendline(b"provola")
    run_out(d)
    eq((seen, stays.hit_count), ([1], 5))
    eq(h.hit_count <= 1, True)


@test
def each_run_begins_without_handlers():
    d = debug("six_calls")
    r = d.run()
    old = d.handle_syscall("write", on_enter=True)
    r.sendline(b"provola")
    run_out(d)
    eq(old.hit_count, 2)
    r = d.run()
    eq(d.handled_syscalls, {})
    r.sendline(b"provola")
    eq(run_out(d), 0)
    eq(old.hit_count, 2, "the old handler sees nothing of the new run")


@test
def what_callbacks_change_takes_effect():
    d = debug("six_calls")
    r = d.run()

    def shorten(t, h):
        t.syscall_arg2 = 5

    def lie(t, h):
        eq(t.syscall_return, 5)
        t.syscall_return = -11
        eq(t.syscall_return, (1 << 64) - 11)
        t.syscall_return = 3

    d.handle_syscall("write", on_enter=shorten, on_exit=lie)
    d.breakpoint("after_first_write")
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(r.recv(5), b"Hello")
    eq(d.regs.rax, 3)
    eq(d.regs.rdx, 14, "the program's argument registers are its own again")


@test
def changed_arguments_are_kept_on_request():
    d = debug("six_calls")
    r = d.run()

    def shorten(t, h):
        t.syscall_arg2 = 5

    d.handle_syscall("write", on_enter=shorten, keep_arguments=True)
    d.breakpoint("after_first_write")
    r.sendline(b"provola")
    d.cont()
    d.wait()
    eq(d.regs.rdx, 5)


@test
def a_skipped_call_is_never_made_and_its_exit_is_seen():
    d = debug("six_calls")
    r = d.run()
    seen = []
    h = d.handle_syscall("write", on_enter=lambda t, h: t.skip_syscall(14),
                         on_exit=lambda t, h: seen.append(t.syscall_return))
    r.sendline(b"provola")
    run_out(d)
    eq((seen, h.hit_count, r.recvall()), ([14, 14], 2, b""))


@test
def number_minus_one_skips():
    d = debug("six_calls")
    r = d.run()
    seen = []

    def enter(t, h):
        t.syscall_return = 77
        t.syscall_number = -1

    h = d.handle_syscall("write", on_enter=enter,
                         on_exit=lambda t, h: seen.append(t.syscall_return))
    r.sendline(b"provola")
    run_out(d)
    eq((seen, h.hit_count, r.recvall()), ([77, 77], 2, b""))


@test
def unknown_numbers_are_legal():
    d = debug("six_calls")
    r = d.run()
    h = d.handle_syscall(0x1337, on_enter=True)
    r.sendline(b"provola")
    run_out(d)
    eq((h.syscall_number, h.hit_count), (0x1337, 0))


@test
def names_of_the_manual_and_of_the_headers():
    d = debug("six_calls")
    d.run()
    for name, number in (("SYS_write", 1), ("__NR_write", 1), ("stat", 4), ("newstat", 4),
                         ("uname", 63), ("newuname", 63), ("sendfile", 40), ("umount2", 166)):
        eq(d.handle_syscall(name, on_enter=True).syscall_number, number, name)


@test
def a_class_of_calls():
    d = debug("six_calls")
    r = d.run()
    seen = []
    d.handle_syscall("%desc", on_enter=lambda t, h: seen.append(t.syscall_number))
    r.sendline(b"provola")
    run_out(d)
    eq(seen[:3], [1, 0, 1])


@test
def calls_by_the_32_bit_entry():
    """int 0x80 in a 64-bit program: 20 is getpid there, and writev by the 64-bit entry."""
    d = debug("act", "int80", 20)
    d.run()
    seen, wrong = [], []
    by_name = d.handle_syscall("getpid", on_enter=lambda t, h: seen.append(
        (t.syscall_number, t.syscall_name)))
    d.handle_syscall("writev", on_enter=lambda t, h: wrong.append(t.syscall_number))
    by_number = d.handle_syscall(20, on_enter=True, also=True)
    run_out(d)
    eq((by_name.hit_count, by_number.hit_count, wrong), (len(seen), 1, []))
    eq(seen[0], (20, "getpid"))
    eq(by_name.syscall_number, 39, "the number of the program's own convention")


@test
def a_pending_call_is_seen_at_its_end_by_who_saw_its_entry():
    """A synchronous handler replaced while the thread stands at the entry."""
    d = debug("six_calls")
    r = d.run()
    seen = []
    d.handle_syscall("write")
    r.sendline(b"provola")
    d.cont()
    d.wait()
    h = d.handle_syscall("write", on_enter=lambda t, h: seen.append("enter"),
                         on_exit=lambda t, h: seen.append("exit"))
    run_out(d)
    eq(seen in (["exit", "enter", "exit"], ["enter", "exit"]), True, f"{seen}")
    eq(h.hit_count in (1, 2), True)


@test
def a_removed_handler_keeps_its_count():
    d = debug("six_calls")
    r = d.run()
    h = d.handle_syscall("write", on_enter=True)
    r.sendline(b"provola")
    stop = d.handle_syscall("read")
    d.cont()
    d.wait()  # at the entry of the read, behind one write
    eq(h.hit_count, 1)
    h.remove()
    h.remove()
    eq((h.hit_count, stop.hit_on_enter(d)), (1, True))
    run_out(d)
    eq(h.hit_count, 1)


main()
