"""A disk that takes no more, as the kernel tells it: files of the engine may not grow. What was paid stays known."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Running

pytestmark = pytest.mark.engine


def run_with_little_room(attempts: Attempts, provider: Running, room_bytes: int, **over: object) -> None:
    path = attempts.lay(teacher(provider.url), count=60, **over)
    process = subprocess.Popen(
        [sys.executable, "-m", "generation.engine", str(path)],
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, room_bytes)),
    )
    process.wait(60)


# In the first the events fill up before the journal does, in the second both are nearly done.
@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("room_bytes", [6_000, 20_000])
def test_an_order_whose_disk_filled_up_goes_on_where_it_was(
    attempts: Attempts, provider: Running, room_bytes: int
) -> None:
    run_with_little_room(attempts, provider, room_bytes)
    paid = provider.provider.billed.total()

    result = attempts.run(teacher(provider.url), count=60)

    known = [told["call_id"] for told in attempts.events("draft", "uncertain")]
    assert 0 < paid < 60
    assert max(provider.provider.billed.values()) == 1
    assert result["outcome"] == "succeeded"
    assert result["summary"]["drafts"] + result["summary"]["uncertain"] == 60
    assert result["summary"]["uncertain"] <= 4
    assert set(provider.provider.billed) <= set(known)
