"""Every client that calls addresses which others named resolves once, connects to what it checked,
and is led nowhere inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.web import own_network
from tests.web.outgoing_calls import LEADS, NAMES, OPEN, TURNING
from tests.web.own_network import PUBLIC, PUBLIC_6

OUTSIDE = {PUBLIC, PUBLIC_6}


def require_kept_outside(clients: list[str], folder: Path) -> None:
    """Hold what each client said and reached against what it may."""
    results: dict[str, dict[str, Any]] = own_network.run("tests.web.outgoing_calls", folder, *clients)

    assert list(results) == clients
    for client, calls in results.items():
        assert len(calls) == len(OPEN) + len(NAMES) + 1 + len(LEADS)
        for name in OPEN:
            assert calls[name]["said"].startswith("200"), (client, name, calls[name])
        turning = calls[TURNING.format(client.replace("_", "-"))]
        assert turning["said"].startswith("200"), (client, turning)
        for name in NAMES:
            assert calls[name]["reached"] == [], (client, name, calls[name])
            assert "private network" in calls[name]["said"], (client, name, calls[name])
        assert {place for call in calls.values() for place in call["reached"]} <= OUTSIDE, (client, calls)


def test_pages_posts_and_signing_in_never_reach_a_number_inside(tmp_path: Path) -> None:
    require_kept_outside(["pages", "posts", "sign_in_get", "sign_in_post"], tmp_path)


@pytest.mark.slow
def test_teachers_are_never_asked_at_a_number_inside_by_either_sdk(tmp_path: Path) -> None:
    require_kept_outside(["openai", "anthropic"], tmp_path)
