# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sentences of errors that more than one module raises, and the logger. No behaviour."""

import logging

NOT_RUNNING = "Process not running. Did you call run() or attach()?"
NOT_DEBUGGED = "No process is being debugged. Check your script."
ALL_DEAD = "All threads are dead."
IN_CALLBACK = "This method is not available in a callback."

#: Scripts that set up logging for this name find it here.
log = logging.getLogger("libdebug")


def warn(text: str) -> None:
    """A warning whose header is part of the message, whatever the formatter."""
    log.warning("[WARNING] %s", text)
