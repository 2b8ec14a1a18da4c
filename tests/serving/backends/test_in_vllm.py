"""The rule against repetition within vLLM holds an answer to the same runs as our own engine does."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from serving.backends.vllm.server import IN_VLLM
from training.engine.model.generate import NGramHistory

pytestmark = pytest.mark.engine
VOCABULARY, LENGTH = 4, 3


@pytest.fixture
def no_repeat(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The file, as vLLM reads it, with two names of vLLM's in reach."""
    sampling, processors = ModuleType("vllm"), ModuleType("vllm.v1.sample.logits_processor")
    sampling.SamplingParams = SimpleNamespace
    processors.AdapterLogitsProcessor = object
    for name, module in {"vllm": sampling, "vllm.v1.sample.logits_processor": processors}.items():
        monkeypatch.setitem(sys.modules, name, module)
    path = Path(IN_VLLM) / "miniatures_no_repeat.py"
    spec = importlib.util.spec_from_file_location("miniatures_no_repeat", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.NoRepeat


@pytest.mark.parametrize("seed", range(5))
def test_the_same_tokens_are_out_of_reach_as_in_our_own_engine(no_repeat, seed):
    dice = random.Random(seed)
    prompt = [dice.randrange(VOCABULARY) for _ in range(5)]
    ours = NGramHistory(LENGTH, prompt)
    theirs = no_repeat().new_req_logits_processor(SimpleNamespace(extra_args={"no_repeat_ngram": LENGTH}))
    written: list[int] = []
    struck = 0

    for _ in range(40):
        scores = theirs(prompt, written, torch.zeros(VOCABULARY))
        forbidden = {token for token in range(VOCABULARY) if scores[token] == -torch.inf}
        assert forbidden == ours.forbidden
        struck += len(forbidden)
        written.append(dice.randrange(VOCABULARY))
        ours.add(written[-1])

    assert struck


def test_a_question_that_asks_for_no_rule_is_left_alone_and_a_wrong_length_refused(no_repeat):
    assert no_repeat().new_req_logits_processor(SimpleNamespace(extra_args=None)) is None
    no_repeat.validate_params(SimpleNamespace(extra_args={"no_repeat_ngram": 16}))
    for wrong in (1, 0, "16"):
        with pytest.raises(ValueError, match="no_repeat_ngram"):
            no_repeat.validate_params(SimpleNamespace(extra_args={"no_repeat_ngram": wrong}))
