from __future__ import annotations

from typing import Any

import pytest

from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Running

WIRES = ["openai", "anthropic"]
QUICK = {"batch_poll_s": 0.03, "batch_poll_cap_s": 0.05, "batch_settle_s": 0.3, "backoff_s": 0.01, "max_tries": 3}


class Ordered:
    """One order that goes by batches, and the server it goes to."""

    def __init__(self, attempts: Attempts, provider: Running, wire: str) -> None:
        self.attempts, self.desk, self.bill = attempts, provider.provider.desk, provider.provider.billed
        self.teacher = teacher(provider.url, wire, batch_factor=0.5)

    def given(self, **over: Any) -> dict[str, Any]:
        limits = QUICK | over.pop("limits", {})
        return {"way": "batch", "limits": limits, **over}

    def run(self, **over: Any) -> dict[str, Any]:
        return self.attempts.run(self.teacher, **self.given(**over))

    def start(self, **over: Any) -> Any:
        return self.attempts.start(self.teacher, **self.given(**over))

    def ids(self, *kinds: str) -> list[str]:
        return [told["call_id"] for told in self.attempts.events(*kinds)]


@pytest.fixture(params=WIRES)
def ordered(request: pytest.FixtureRequest, attempts: Attempts, provider: Running) -> Ordered:
    return Ordered(attempts, provider, request.param)
