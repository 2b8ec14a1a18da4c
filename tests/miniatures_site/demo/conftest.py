from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def patient_lease(settings: Any) -> None:
    """Have engines that play the demo outlast a machine that is busy: nothing here asks how a lease ends."""
    settings.JOB_LEASE_S = 30
