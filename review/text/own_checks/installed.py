"""Checks that installed packages bring. Reads the packages' metadata alone and loads none of their code."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

GROUP = "miniatures.checks"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


@lru_cache(maxsize=1)
def installed() -> dict[str, EntryPoint]:
    """Entry points by `package:name`, in the order of the names.

    Found once: a package installed later waits for a restart.
    """
    points = {
        f"{_normalised(point.dist.name)}:{point.name}": point
        for point in entry_points(group=GROUP)
        if point.dist is not None and _NAME.fullmatch(point.name)
    }
    return dict(sorted(points.items()))


def _normalised(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
