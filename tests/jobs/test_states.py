"""The table of states."""

import pytest

from jobs.states import ALLOWED, CLAIMABLE, FINISHED, HELD, JobState, may_move

S = JobState


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (S.QUEUED, S.RUNNING),
        (S.QUEUED, S.PAUSED),
        (S.RUNNING, S.SUCCEEDED),
        (S.RUNNING, S.QUEUED),
        (S.PAUSING, S.SUCCEEDED),
        (S.PAUSING, S.CANCELLING),
        (S.PAUSED, S.QUEUED),
        (S.FAILED, S.QUEUED),
        (S.FAILED, S.CANCELLED),
    ],
)
def test_a_job_may_make_these_moves(source, target):
    assert may_move(source, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (S.SUCCEEDED, S.QUEUED),
        (S.CANCELLED, S.QUEUED),
        (S.CANCELLED, S.RUNNING),
        (S.PAUSED, S.RUNNING),
        (S.PAUSING, S.RUNNING),
        (S.QUEUED, S.SUCCEEDED),
        (S.CANCELLING, S.PAUSED),
        (S.RUNNING, S.RUNNING),
    ],
)
def test_a_job_may_not_make_these_moves(source, target):
    assert not may_move(source, target)


def test_every_state_is_in_the_table_and_every_one_can_end():
    assert set(ALLOWED) == set(JobState)
    reached = set(FINISHED)
    while more := {state for state in JobState if ALLOWED[state] & reached} - reached:
        reached |= more
    assert reached == set(JobState)


def test_states_in_which_a_worker_holds_a_job_are_not_those_in_which_it_can_be_claimed():
    assert not HELD & CLAIMABLE
    assert not HELD & FINISHED
