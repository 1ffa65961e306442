# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine that scripts run on."""


class LibContext:
    """platform: name of the machine's architecture, as `arch` of a Debugger."""

    platform = "amd64"


libcontext = LibContext()
