"""Likelihood under encoder–decoders: a gold is scored as the answer to its prompt,
a plain text as an answer to nothing.
"""

from __future__ import annotations

import math

import pytest
import torch

from evaluation.engine.likelihood import WINDOW_TOKENS, LikelihoodScorer
from tests.training.engine.seq2seq.conftest import make_seq2seq, make_seq2seq_tokenizer
from training.engine.contracts import TrainError
from training.engine.data.chat import open_chat
from training.engine.model.loading import LoadedStudent

pytestmark = pytest.mark.engine
PROMPT, GOLD = [{"role": "user", "content": "company: Ostra"}], "Subject: Ostra\n\nHi there."


@pytest.fixture(params=["t5", "bart"])
def student(request: pytest.FixtureRequest) -> LoadedStudent:
    tokenizer = make_seq2seq_tokenizer(request.param)
    model = make_seq2seq(request.param, len(tokenizer)).eval()
    chat = open_chat(tokenizer, begins=(model.config.decoder_start_token_id,))
    return LoadedStudent(model, chat, request.param, 128 if request.param == "bart" else None, 0)


def nats(student: LoadedStudent, source: list[int], target: list[int]) -> float:
    with torch.no_grad():
        loss = student.model(input_ids=torch.tensor([source]), labels=torch.tensor([target])).loss
    return float(loss) * len(target)


def test_a_gold_is_scored_as_transformers_scores_it(student: LoadedStudent) -> None:
    tokenizer = student.chat.tokenizer
    long = "b" * 140

    scored = LikelihoodScorer(student, torch.device("cpu")).completions(
        [(PROMPT, GOLD), ([{"role": "user", "content": "a"}], "b"), (PROMPT, long)], batch_size=2
    )

    expected = nats(student, tokenizer(PROMPT[0]["content"])["input_ids"], tokenizer(GOLD)["input_ids"])
    assert scored[0] == pytest.approx(expected / len(GOLD.encode()), rel=1e-5)
    assert (scored[2] is None) == (student.context_length is not None)


def test_a_model_whose_scores_are_no_numbers_is_told_and_no_score_kept(student: LoadedStudent) -> None:
    with torch.no_grad():
        student.model.get_output_embeddings().weight[:] = float("nan")

    with pytest.raises(TrainError, match="are not numbers") as refused:
        LikelihoodScorer(student, torch.device("cpu")).completions([(PROMPT, GOLD)], batch_size=2)

    assert refused.value.code == "diverged"


def test_a_plain_text_is_read_in_windows_as_answers_to_nothing(student: LoadedStudent) -> None:
    text = "The depot opens soon. " * 8 + "\n\n" + "Rain falls on a hill. " * 4
    ids = student.chat.tokenizer(text, add_special_tokens=False)["input_ids"]
    nothing = student.chat.tokenizer("")["input_ids"]
    window = min(WINDOW_TOKENS, student.context_length or WINDOW_TOKENS) - len(nothing)

    scored = LikelihoodScorer(student, torch.device("cpu")).general(text)

    parts = [ids[at : at + window] for at in range(0, len(ids), window)]
    assert scored.nll_per_byte == pytest.approx(
        sum(nats(student, nothing, part) for part in parts) / len(text.encode()), rel=1e-5
    )
    assert math.isfinite(scored.nll_per_byte)
    assert len(scored.passages) == 2
    assert sum(scored.passages) == pytest.approx(scored.nll_per_byte * len(text.encode()))
    assert scored.passages[0] > scored.passages[1] > 0
