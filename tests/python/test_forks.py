# SPDX-License-Identifier: LGPL-2.1-or-later
"""Children: followed, with their own breakpoints and handlers, or left alone."""

import time

from kit import *  # noqa: F403

ANSWER = b"Enter your input: You entered: Io_no"


def forked(hardware):
    d = debug("fork_one")
    r = d.run()
    bp = d.breakpoint("after_fork", hardware=hardware, file="binary")
    d.cont()
    d.wait()
    eq((bp.hit_on(d), len(d.children)), (True, 1))
    child = d.children[0]
    eq(child.pid != d.pid and child.pid in children_of(d.pid), True)
    child.cont()
    d.cont()
    r.sendline(b"Io_no")
    eq(r.recvline(), ANSWER)
    child.wait()
    d.wait()
    eq((d.dead, child.dead, d.exit_code, child.exit_code), (True, True, 0, 0))
    eq(bp.hit_count, 1)
    for x in (d, child):
        x.kill()
    for x in (d, child):
        x.terminate()


@test
def a_child_with_a_hardware_breakpoint_in_the_parent():
    forked(True)


@test
def a_child_does_not_keep_the_parents_trap():
    forked(False)


def nested(hardware):
    d = debug("fork_five")
    r = d.run()
    bp = d.breakpoint("after_fork", hardware=hardware, file="binary")
    d.cont()
    d.wait()
    eq((bp.hit_on(d), len(d.children)), (True, 1))
    family = [d]
    for level in range(1, 6):
        child = family[-1].children[0]
        mine = child.breakpoint("after_fork", hardware=hardware, file="binary")
        family.append(child)
        if level == 5:
            break
        child.step()
        child.cont()
        child.wait()
        eq(mine.hit_on(child), True, f"level {level}")
        eq([len(x.children) for x in family], [1] * len(family))
    eq(len(family), 6)
    eq(family[5].children, [])
    for x in reversed(family):
        x.cont()
    r.sendline(b"Io_no")
    # the sixth process stands at its own breakpoint first
    family[5].wait()
    if not family[5].dead:
        family[5].cont()
    eq(r.recvline(), ANSWER)
    for x in reversed(family):
        x.wait()
    eq([x.dead for x in family], [True] * 6)
    for x in reversed(family):
        x.kill()
    for x in reversed(family):
        x.terminate()


@test(limit=60)
def five_generations_with_hardware_breakpoints():
    nested(True)


@test(limit=60)
def five_generations_with_software_breakpoints():
    nested(False)


def left_alone(program, hardware):
    d = debug(program, follow_children=False)
    r = d.run()
    bp = d.breakpoint("after_fork", hardware=hardware, file="binary")
    d.cont()
    d.wait()
    eq((bp.hit_on(d), d.children), (True, []))
    d.cont()
    r.sendline(b"Io_no")
    eq(r.recvline(), ANSWER)
    d.wait()
    eq((d.dead, d.exit_code, d.children), (True, 0, []))
    d.kill()
    d.terminate()


@test
def a_child_left_alone_hardware():
    left_alone("fork_one", True)


@test
def a_child_left_alone_software():
    left_alone("fork_one", False)


@test
def five_generations_left_alone_hardware():
    left_alone("fork_five", True)


@test
def five_generations_left_alone_software():
    left_alone("fork_five", False)


@test
def a_child_has_no_handlers_but_its_own():
    d = debug("fork_one")
    r = d.run()
    mine = d.handle_syscall("read", on_enter=True)
    bp = d.breakpoint("after_fork")
    d.cont()
    d.wait()
    eq(bp.hit_on(d), True)
    child = d.children[0]
    seen = []
    own = child.handle_syscall("read", on_enter=lambda t, h: seen.append(t.debugger))
    eq(mine is own, False)
    before = mine.hit_count
    child.cont()
    d.cont()
    r.sendline(b"Io_no")
    eq(r.recvline(), ANSWER)
    child.wait()
    d.wait()
    eq((len(seen) > 0, set(seen) == {child}, own.hit_count), (True, True, len(seen)))
    eq(mine.hit_count, before)


@test
def handlers_are_inherited_on_request():
    d = debug("fork_five")
    r = d.run()
    pids = []
    d.handle_syscall("exit_group", on_enter=lambda t, h: pids.append(t.pid), inherit=True)
    d.cont()
    family = [d]
    while len(family) < 6:
        wait_for("a child", lambda: family[-1].children)
        family.append(family[-1].children[0])
        family[-1].cont()
    r.sendline(b"Io_no")
    eq(r.recvline(), ANSWER)
    for x in family:
        x.wait()
    eq(sorted(pids), sorted(x.pid for x in family))


@test
def a_childs_first_event_is_an_entry():
    d = debug("fork_one")
    r = d.run()
    d.cont()
    wait_for("the child", lambda: d.children)
    child = d.children[0]
    seen = []
    child.handle_syscall("*", on_enter=lambda t, h: seen.append("enter"),
                         on_exit=lambda t, h: seen.append("exit"))
    child.cont()
    r.sendline(b"Io_no")
    child.wait()
    d.wait()
    eq(seen, ["enter", "exit"] * (len(seen) // 2) + ["enter"])


def follow(d):
    """Let every child run as soon as it is there, until all have ended; how many there were."""
    d.cont()
    count = 0
    while not d.dead:
        if len(d.children) > count:
            d.children[count].cont()
            count += 1
        time.sleep(0.001)
    for child in d.children:
        child.wait()
    return count


@test
def fork_does_not_hang():
    d = debug("act", "fork", 3)
    d.run()
    eq((follow(d), d.exit_code), (3, 0))


@test
def a_newborn_child_stands_behind_the_call_that_made_it():
    d = debug("fork_one")
    r = d.run()
    d.cont()
    while not d.children:
        time.sleep(0.01)
    child = d.children[0]
    eq((child.syscall_number, child.syscall_return, child.syscall_phase), (56, 0, None))
    child.cont()
    r.sendline(b"Io_no")
    d.wait()
    eq((d.dead, d.exit_code), (True, 0))


@test
def a_step_may_make_a_child():
    d = debug("fork_one")
    r = d.run()
    h = d.handle_syscall("clone")
    d.cont()
    d.wait()
    eq(h.hit_on_enter(d), True)
    h.disable()
    d.step()
    eq((len(d.children), d.regs.rax, d.running), (1, d.children[0].pid, False))
    d.children[0].cont()
    d.cont()
    r.sendline(b"Io_no")
    eq(r.recvline(), b"Enter your input: You entered: Io_no")
    d.wait()
    eq((d.dead, d.exit_code), (True, 0))


@test
def vfork_does_not_hang():
    d = debug("act", "vfork", 3)
    d.run()
    eq((follow(d), d.exit_code), (3, 0))


@test
def posix_spawn_does_not_hang():
    d = debug("act", "spawn", prog("act"), 3)
    d.run()
    eq((follow(d), d.exit_code, d.children[0].exit_code), (1, 0, 0))


@test
def system_does_not_hang():
    d = debug("act", "system", "exit 3")
    r = d.run()
    eq((follow(d), d.exit_code, d.children[0].exit_code), (1, 0, 3))
    eq(r.recvall(), b"system=768\n")


@test
def handlers_stay_over_exec_and_memory_is_the_new_programs():
    d = debug("act", "exec", prog("six_calls"))
    r = d.run()
    seen = []
    h = d.handle_syscall("write", on_enter=lambda t, h: seen.append(t.memory[t.syscall_arg1, 5]))
    r.sendline(b"provola")
    run_out(d)
    eq((seen, h.hit_count, d.exit_code), ([b"Hello", b"provo"], 2, 0))


@test
def threads_of_a_stopped_child_are_shown_while_its_parent_runs():
    d = debug("fork_one")
    d.run()
    d.cont()
    end = time.monotonic() + 10
    while not d.children and time.monotonic() < end:
        time.sleep(0.01)
    child = d.children[0]
    eq((d.running, child.running), (True, False))
    eq(repr(child.threads), f"[ThreadContext(tid={child.pid}, pid={child.pid}, dead=False)]")
    eq([(t.dead, t.zombie) for t in d.threads], [(False, False)])


main()
