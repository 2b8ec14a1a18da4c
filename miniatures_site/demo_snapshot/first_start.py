"""The demo on a first start, in numbered steps: from its snapshot, or by its loaders where that does not fit."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from demo.data import login_card
from members.models import Member
from miniatures_site import one_machine
from miniatures_site.backup import databases
from miniatures_site.demo_snapshot import snapshot
from web.errors import Refusal

STEPS = 5
Tell = Callable[[str], object]


class Steps:
    """Steps of a first start, told as they begin: `3 of 5`.

    Args:
        tell: Told each line.
        is_told: Later starts have few of them, and tell none.
    """

    def __init__(self, tell: Tell, *, is_told: bool) -> None:
        self._tell, self._is_told = tell, is_told
        self._began = time.monotonic()

    def begin(self, number: int, step: str) -> None:
        """Tell a step, and after how many seconds it begins."""
        if self._is_told:
            self._tell(f"  {number} of {STEPS}  {step} ({time.monotonic() - self._began:.0f} s)")


def is_first(var_dir: Path) -> bool:
    """Return whether no demo has been brought in here to its end."""
    return not (var_dir / one_machine.DEMO_LOADED).exists()


def is_of_demo() -> bool:
    """Return whether the database is empty or has the demo's login: data of one's own get no demo beside them."""
    return databases.is_empty() or Member.objects.filter(username=login_card.USERNAME).exists()


def bring_in(steps: Steps, *, say: Tell) -> bool:
    """Restore the shipped demo into an installation that has nothing yet.

    Args:
        steps: Told what is done.
        say: Told in a sentence why the snapshot is not used.

    Returns:
        Whether the demo is there now; where it is not, the loaders may load it.
    """
    if not (one_machine.has_snapshot() and snapshot.is_first_start()):
        return False
    steps.begin(2, "restoring the demo from its snapshot, with its dates moved to today")
    try:
        snapshot.restore_demo()
    except Refusal as refusal:
        say(f"The demo's snapshot is not used: {refusal.message} The demo is loaded step by step; that takes minutes.")
        return False
    steps.begin(3, "making its keys, its login, its mails and the seals of its days")
    snapshot.settle_demo()
    return True
