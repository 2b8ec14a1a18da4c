"""Run the lines given as the only argument, where Django is set up: `python -c` for a process that is forked."""

from __future__ import annotations

import sys

exec(sys.argv[1])
