from __future__ import annotations

import pytest

from jobs.templatetags.live_jobs import figures

PROGRESS = {"done": 120, "total": 300, "unit": "drafts", "rate_per_s": 4.1, "eta_s": 43.9, "cost_usd": 0.12}


@pytest.mark.parametrize(
    ("done", "total", "words"),
    [(1, None, "1 answer"), (2, None, "2 answers"), (1, 2, "1 of 2 answers"), (0, 1, "0 of 1 answer")],
)
def test_one_of_a_unit_is_counted_in_the_singular(done, total, words):
    assert figures({"done": done, "total": total, "unit": "answers"}) == words


def test_a_moving_job_says_how_fast_and_how_long():
    assert figures(PROGRESS, "running") == "120 of 300 drafts · 4.1/s · 44 s left · $0.12"


@pytest.mark.parametrize("state", ["succeeded", "paused", "failed", "cancelled", "queued"])
def test_a_job_at_rest_promises_no_time(state):
    assert figures(PROGRESS, state) == "120 of 300 drafts · $0.12"
