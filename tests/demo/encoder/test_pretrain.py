"""The loop learns, stops in time and exports a folder that loads."""

import json
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer

from demo.encoder import batches, pretrain, stream
from demo.encoder.network import Batch, Pretraining, build_encoder, start_from

pytestmark = pytest.mark.engine


@pytest.fixture
def work(small: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    monkeypatch.setattr(batches, "PAIRS_PER_CHUNK", 8)
    return batches.chunk(small, seed=1, number=0, tokens=512)


@pytest.fixture
def model(small: Tokenizer) -> Pretraining:
    encoder = build_encoder(seed=1, vocabulary=small.get_vocab_size())
    start_from(encoder, batches.counts(small, list(islice(stream.pairs(1), 40))))
    return Pretraining(encoder)


def _loss(model: Pretraining, work: list[Batch]) -> float:
    with torch.inference_mode():
        return sum(float(model(batch).total) for batch in work) / len(work)


@pytest.mark.slow
def test_a_few_passes_lower_the_loss(model: Pretraining, work: list[Batch]) -> None:
    optimizers, progress = pretrain.build_optimizers(model), pretrain.Progress(seed=1, seconds=1800.0)
    before = _loss(model, work)

    for _ in range(4):
        pretrain.train_on(
            model, optimizers, work, partial(pretrain.loss_of, model), progress=progress, budget_s=360_000
        )

    assert _loss(model, work) < 0.9 * before
    assert progress.steps == 4 * len(work)
    assert progress.tokens == 4 * sum(int(batch.mask.sum()) for batch in work)


def test_training_stops_when_its_time_is_spent(model: Pretraining, work: list[Batch]) -> None:
    progress = pretrain.Progress(seed=1)

    optimizers = pretrain.build_optimizers(model)
    pretrain.train_on(model, optimizers, work, partial(pretrain.loss_of, model), progress=progress, budget_s=1e-6)

    assert progress.steps == 1


@pytest.mark.slow
def test_a_run_exports_a_folder_that_loads_and_tells_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrain, "FIRST_PAIRS", 60)
    monkeypatch.setattr(batches, "PAIRS_PER_CHUNK", 4)

    done = pretrain.pretrain(tmp_path, hours=1e-9)

    encoder, tokenizer = AutoModel.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert encoder.dtype == torch.bfloat16
    assert tokenizer.pad_token_id == encoder.config.pad_token_id
    figures = json.loads((tmp_path / "run" / "figures.json").read_text())
    assert figures["steps"] == done.steps == 1
    assert set(figures["held_out"]) == {"words", "pairs", "language"}
