"""Two threads of one process that load students at the same time: both, and all later ones, have their tied weights."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedModel

from training.engine.contracts import StudentRef
from training.engine.model import loading

pytestmark = pytest.mark.engine
WAIT_S = 1.0


def test_students_loaded_by_two_threads_at_once_and_the_next_one_are_tied(student, monkeypatch):
    """Without a lock the first load begins before the second and ends within it."""
    # transformers replaces the method while it builds a model; what is left of it after a failure ends with this test.
    monkeypatch.setattr(PreTrainedModel, "tie_weights", PreTrainedModel.tie_weights)
    ref, build = StudentRef(path=str(student())), LlamaForCausalLM.__init__
    other_begins, first_is_loaded, order = threading.Event(), threading.Event(), iter([1, 2])

    def meet_the_other(model, *arguments, **options):
        build(model, *arguments, **options)
        if next(order, None) == 1:
            other_begins.wait(WAIT_S)
        else:
            other_begins.set()
            first_is_loaded.wait(WAIT_S)

    def load(_=None):
        model = loading.load(ref, dtype=torch.float32).model
        first_is_loaded.set()
        return model

    monkeypatch.setattr(LlamaForCausalLM, "__init__", meet_the_other)
    with ThreadPoolExecutor(2) as threads:
        models = list(threads.map(load, range(2)))
    models.append(load())

    assert [model.lm_head.weight is model.model.embed_tokens.weight for model in models] == [True] * 3
