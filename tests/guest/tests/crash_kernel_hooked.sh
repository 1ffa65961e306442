# SPDX-License-Identifier: LGPL-2.1-or-later
# A crash kernel starts though the entry hook is set.
crash_while_armed on entry:pre:any '.n = .n + 1;'
