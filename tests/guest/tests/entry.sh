# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook on the kernel's entry point: see progs/entry.c.
load lstar
entry
