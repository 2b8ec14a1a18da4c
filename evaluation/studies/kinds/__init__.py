"""Kinds of study, one object each. A new kind is a module here, a name in `evaluation/states.py` and its migration."""

from __future__ import annotations

from typing import Final

from evaluation.studies.kinds import (
    cloning,
    context,
    experts,
    filter_,
    methods,
    minutes,
    precision,
    retrieval,
    router,
    samples,
    shapes,
    students,
    transfer,
)
from evaluation.studies.kinds.base import Grid, Kind

__all__ = ["KINDS", "Grid", "Kind"]
_MODULES = (
    samples,
    methods,
    filter_,
    students,
    transfer,
    context,
    cloning,
    experts,
    minutes,
    router,
    retrieval,
    precision,
    shapes,
)
KINDS: Final[dict[str, Kind]] = {each.KIND.name: each.KIND for each in _MODULES}
