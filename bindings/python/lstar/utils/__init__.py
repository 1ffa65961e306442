# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scripts ask about the machine they run on."""
