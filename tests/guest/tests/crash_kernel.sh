# SPDX-License-Identifier: LGPL-2.1-or-later
# A crash kernel starts though events are armed.
crash_while_armed on syscall:pre:any '.n = .n + 1;' on sysret:pre:any '.m = .m + 1;'
