"""What the `main` of every engine does around its own work: how an attempt ends, whatever the work came to."""

import errno
import os

import pytest
from pydantic import BaseModel

from training.engine.contracts import Stopped, TrainError
from training.engine.process import run_engine


class Ended:
    def __init__(self):
        self.results = []

    def __call__(self, outcome, *, error=None):
        self.results.append((outcome, error))


def raising(error):
    def work():
        raise error

    return work


def test_work_that_ends_its_own_attempt_is_left_alone():
    ended = Ended()

    assert run_engine(lambda: 7, finish=ended) == 7
    assert ended.results == []


def test_a_stop_ends_the_attempt_as_stopped():
    ended = Ended()

    assert run_engine(raising(Stopped()), finish=ended) == 0
    assert ended.results == [("stopped", None)]


def test_a_refusal_ends_the_attempt_with_its_code_and_hint():
    ended = Ended()

    assert run_engine(raising(TrainError("no_base", "what happened", "how to mend it")), finish=ended) == 1
    ((outcome, error),) = ended.results
    assert (outcome, error.code, error.message, error.hint) == ("failed", "no_base", "what happened", "how to mend it")


def test_a_spec_that_cannot_be_read_names_each_field_by_its_path():
    class Inner(BaseModel):
        rows: int

    class Spec(BaseModel):
        inner: Inner
        seed: int

    ended = Ended()

    status = run_engine(lambda: Spec.model_validate({"inner": {"rows": "many"}}).seed, finish=ended)

    assert status == 1
    assert ended.results[0][1].code == "bad_spec"
    assert "inner.rows: " in ended.results[0][1].message
    assert "seed: Field required" in ended.results[0][1].message


def test_an_error_of_another_kind_is_explained_where_the_engine_knows_it():
    ended = Ended()

    status = run_engine(
        raising(OSError("address in use")), finish=ended, explain=lambda error: TrainError("socket", str(error))
    )

    assert status == 1
    assert ended.results[0][1].code == "socket"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_by_every_engine_even_one_that_explains_other_errors(number):
    ended = Ended()

    status = run_engine(
        raising(OSError(number, os.strerror(number))), finish=ended, explain=lambda error: TrainError("socket", "")
    )

    ((outcome, error),) = ended.results
    assert (status, outcome, error.code) == (1, "failed", "disk_full")
    assert os.strerror(number) in error.message
    assert "resume" in error.hint


def test_an_error_that_the_engine_does_not_know_is_raised_on():
    ended = Ended()

    with pytest.raises(KeyError):
        run_engine(raising(KeyError("unknown")), finish=ended)
    assert ended.results == []
