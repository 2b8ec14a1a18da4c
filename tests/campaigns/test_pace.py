"""Mails leave at the pace that was asked for, whatever pauses lie between, and across attempts."""

from __future__ import annotations

import pytest

from campaigns.sending.pacing import TokenBucket


def leave(pace, mails, *, now_s=0.0):
    """Times at which mails leave when each goes as soon as it may."""
    times = []
    for _ in range(mails):
        now_s += pace.wait_s(now_s)
        times.append(now_s)
        pace.took(now_s)
    return times


@pytest.mark.parametrize("per_minute", [1, 7, 60, 6000])
def test_a_minute_holds_as_many_mails_as_were_asked_for(per_minute):
    times = leave(TokenBucket.per_minute(per_minute, now_s=0), per_minute * 3)

    assert times[-1] == pytest.approx(60 / per_minute * (per_minute * 3 - 1))
    assert len([each for each in times if each < 60 - 1e-6]) == per_minute


def test_time_that_was_not_used_is_kept_for_a_second_at_most():
    pace = TokenBucket.per_minute(600, now_s=0)
    leave(pace, 1)

    after_a_rest = leave(pace, 30, now_s=100)

    assert len([each for each in after_a_rest if each < 100.05]) <= 11
    assert after_a_rest[-1] == pytest.approx(100 + (30 - 11) * 0.1, abs=0.11)


def test_a_new_attempt_goes_on_where_the_last_left_off():
    assert TokenBucket.per_minute(1, now_s=50, since_last_s=20).wait_s(50) == pytest.approx(40)
    assert TokenBucket.per_minute(1, now_s=50, since_last_s=90).wait_s(50) == 0
    assert TokenBucket.per_minute(1, now_s=50).wait_s(50) == 0
