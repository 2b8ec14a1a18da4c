"""How sure a served miniature was of its words: read of miniatures alone,
and kept by the journal of an order that is killed.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest

from tests.generation.answering import Answering, Body
from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.engine.test_wire_formats import chat_body, form
from tests.waiting import wait_until

MAIL = "Subject: A depot\n\nShall we talk?"
ONE = {"limits": {"concurrency": 1}, "uncertain": "retry"}


class SureMiniature(Answering):
    """Says of the n-th answer that its tokens' mean log probability is -n/10; holds its third answer back."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        super().__init__(self._write)

    def _write(self, body: Body) -> str:
        if len(self.asked) == 3:
            self.let_go.wait(30)
        return MAIL

    def _reply(self, body: Body) -> Body:
        return super()._reply(body) | {"mean_log_prob": -len(self.asked) / 10}


def miniature(server: Answering) -> dict[str, Any]:
    return teacher("", "openai-compatible", base_url=server.url, audience="student")


def test_it_is_read_of_our_own_miniatures_alone() -> None:
    told = chat_body("stop") | {"mean_log_prob": -0.25}

    assert form("openai-compatible", audience="student").reply_of(told).mean_log_prob == -0.25
    assert form("openai-compatible").reply_of(told).mean_log_prob is None
    assert form().reply_of(told).mean_log_prob is None


@pytest.mark.parametrize("said", [None, "sure", True, 0.5, float("-inf"), float("nan"), [-1]])
def test_what_is_no_log_probability_is_not_believed(said: object) -> None:
    told = chat_body("stop") | {"mean_log_prob": said}

    assert form("openai-compatible", audience="student").reply_of(told).mean_log_prob is None


@pytest.mark.slow
def test_an_order_that_is_killed_and_resumed_keeps_what_was_told(attempts: Attempts) -> None:
    server = SureMiniature()
    engine = attempts.start(miniature(server), count=3, **ONE)
    wait_until(lambda: len(server.asked) >= 3)
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()
    server.let_go.set()

    result = attempts.run(miniature(server), count=3, **ONE)
    server.close()

    assert result["summary"]["drafts"] == 3 and len(server.asked) == 4
    assert sorted(draft["mean_log_prob"] for draft in attempts.events("draft")) == [-0.4, -0.2, -0.1]
