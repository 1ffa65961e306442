# SPDX-License-Identifier: LGPL-2.1-or-later
# Returns that SYSRET misses: see progs/returns.c.
load lstar
returns
