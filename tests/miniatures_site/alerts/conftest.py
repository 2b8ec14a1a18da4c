"""A channel by mail, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.webhooks.receiver import Receiver, listening

PATIENCE_S = 120


@pytest.fixture(autouse=True)
def by_mail(settings: Any, tmp_path: Path) -> None:
    settings.ALERT_MAILS = ["ops@example.com", "night@example.com"]
    settings.ALERT_WEBHOOK_URL = ""
    settings.ALERT_AFTER_S = PATIENCE_S
    settings.VAR_DIR = tmp_path


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock of this process on by seconds."""
    moved = {"s": 0.0}
    real = timezone.now

    def now() -> datetime:
        return real() + timedelta(seconds=moved["s"])

    def move(seconds: float) -> None:
        moved["s"] += seconds

    monkeypatch.setattr(timezone, "now", now)
    return move


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with listening() as found:
        settings.ALERT_WEBHOOK_URL = found.url
        yield found
