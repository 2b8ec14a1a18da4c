"""The end of an attempt whose connections do not close in peace: what was paid is on the disk all the same."""

from __future__ import annotations

import json
from functools import partial

import pytest

from generation.engine import run as runs
from generation.engine.journal import writer
from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Running

pytestmark = pytest.mark.engine


def test_answers_are_journalled_though_a_connection_does_not_close(
    attempts: Attempts, provider: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_off(*parts: object) -> None:
        raise OSError("the connection is in a bad way")

    monkeypatch.setattr(runs, "_close", break_off)
    # A disk that is slow enough for the last answers to wait still.
    monkeypatch.setattr(writer, "FAST_DISK_S", 0.0)
    monkeypatch.setattr(runs, "Journal", partial(writer.Journal, group_s=0.3))

    result = attempts.run(teacher(provider.url), count=3)

    entries = [json.loads(line) for line in (attempts.path / writer.FILENAME).read_text().splitlines()]
    assert result["outcome"] == "failed"
    assert sorted(entry["what"] for entry in entries) == ["answered"] * 3 + ["sent"] * 3
