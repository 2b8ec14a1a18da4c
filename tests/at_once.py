"""Acts that begin at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from web.errors import Refusal


def at_once(*acts: Callable[[], Any], may_refuse: bool = False) -> list[Any]:
    """What each act gave, in their order; where acts may refuse, a refusal as its code. Any other error is raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(60)
        try:
            return act()
        except Refusal as refusal:
            if may_refuse:
                return refusal.code
            raise
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
