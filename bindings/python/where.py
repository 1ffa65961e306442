# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: where.py PREFIX - print the directory of this interpreter's packages under PREFIX."""

import site
import sys

prefix = sys.argv[1].rstrip("/")
searched = [path for path in site.getsitepackages() if path.startswith(prefix + "/lib/")]
version = f"{sys.version_info.major}.{sys.version_info.minor}"
# The first one is for what the machine's owner installs, or the distribution's own under /usr.
print(searched[0] if searched else f"{prefix}/lib/python{version}/site-packages")
