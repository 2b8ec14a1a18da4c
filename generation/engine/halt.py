"""What both loops know of ending early. Pure."""

from __future__ import annotations

# This many calls in a row without one answer, and the fault is not the calls'.
HOPELESS_AFTER = 10
TICK_S = 0.1


class Stop(Exception):  # noqa: N818 (a wish, not a fault)
    """No more may be sent."""
