"""A viewer that names an event its job does not have yet, as after a restored backup: others hear all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jobs.live.hub import Hub, Viewer

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_viewer_ahead_of_its_job_holds_up_no_other(launch) -> None:
    job = launch().pk

    async def heard() -> tuple[list[dict[str, Any]], int]:
        hub, ahead, late = Hub(), Viewer({job: 1_000_000}), Viewer({job: 0})
        async with asyncio.timeout(5):
            await missed(hub, ahead)
            try:
                return await missed(hub, late), ahead.seen[job]
            finally:
                hub.leave(ahead)
                hub.leave(late)

    async def missed(hub: Hub, viewer: Viewer) -> list[dict[str, Any]]:
        return [event async for event in hub.join(viewer, job)]

    events, seen = asyncio.run(heard())

    assert [event["seq"] for event in events] == [1]
    assert seen == 1
