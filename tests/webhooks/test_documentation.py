"""The receiver's code in the documentation does what it says."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from webhooks.deliveries import deliver
from webhooks.endpoints.signing import signature
from webhooks.states import EVENTS

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()


def test_the_documented_check_takes_our_signatures_and_no_others() -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code.group(1), names)
    now = int(time.time())

    header = signature(b"{}", keys=["new", "old"], at=now)

    assert names["is_ours"](header, b"{}", "old")
    assert not names["is_ours"](header, b"{} ", "old")
    assert not names["is_ours"](header, b"{}", "other")
    assert not names["is_ours"](signature(b"{}", keys=["new"], at=now - 301), b"{}", "new")


def test_every_event_and_the_limits_stand_in_the_documentation() -> None:
    assert all(f"`{kind}`" in PAGE for kind in EVENTS)
    assert f"{deliver.PAUSE_AFTER_FAILURES} failures in a row" in PAGE
    assert deliver.GIVE_UP_AFTER_S == 24 * 3600
