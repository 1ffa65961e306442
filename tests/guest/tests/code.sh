# SPDX-License-Identifier: LGPL-2.1-or-later
# Custom code in the hypervisor: see progs/code.c.
load lstar
code
