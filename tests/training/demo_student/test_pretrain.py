"""The loop learns, stops in time and exports a folder that loads."""

from functools import partial
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from demo.student import batches, corpus, pretrain
from demo.student.tokenizer import PAD_ID

pytestmark = pytest.mark.engine


@pytest.fixture
def work(small: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> list[batches.DemoBatch]:
    monkeypatch.setattr(batches, "EXAMPLES_PER_CHUNK", 12)
    return batches.chunk(small, seed=1, number=0, mix=corpus.Mix(1, 0, 0), tokens=512)


def _model(*, seed: int) -> pretrain.LlamaForCausalLM:
    """An eighth of the student's matrices in half of its layers: without a core's own bf16,
    Muon takes seconds a step of it.
    """
    return pretrain.build_model(seed=seed, width=128, layers=2)


def _loss(model: pretrain.LlamaForCausalLM, batch: batches.DemoBatch) -> float:
    with torch.inference_mode():
        return pretrain.completion_loss(model, batch).item()


@pytest.mark.slow
def test_a_few_passes_lower_the_loss(work: list[batches.DemoBatch]) -> None:
    model = _model(seed=1)
    optimizers, progress = pretrain.build_optimizers(model), pretrain.Progress(seed=1, seconds=36.0)
    before = _loss(model, work[0])

    for _ in range(3):
        pretrain.train_on(model, optimizers, work, partial(pretrain.loss_of, model), progress=progress, budget_s=3600)

    assert _loss(model, work[0]) < 0.9 * before
    assert progress.steps == 3 * len(work)
    assert progress.tokens == 3 * sum(int((batch.ids != PAD_ID).sum()) for batch in work)


def test_training_stops_when_its_time_is_spent(work: list[batches.DemoBatch]) -> None:
    model = _model(seed=1)
    progress = pretrain.Progress(seed=1)

    optimizers = pretrain.build_optimizers(model)
    pretrain.train_on(model, optimizers, work * 2, partial(pretrain.loss_of, model), progress=progress, budget_s=1e-6)

    assert progress.steps == 1


def test_the_loss_ignores_the_prompt(work: list[batches.DemoBatch]) -> None:
    model, batch = _model(seed=1), work[0]
    logits, targets = model(input_ids=batch.ids).logits[:, :-1].flatten(0, 1), batch.labels[:, 1:].flatten()

    expected = torch.nn.functional.cross_entropy(logits, targets, ignore_index=batches.IGNORED)

    assert pretrain.completion_loss(model, batch).item() == pytest.approx(expected.item(), abs=1e-5)


def test_the_export_loads_by_name_alone(small: Tokenizer, tmp_path: Path) -> None:
    pretrain.export(pretrain.build_model(seed=1), small, tmp_path)

    model, loaded = AutoModelForCausalLM.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)

    assert model.dtype == torch.bfloat16
    assert model.generation_config.eos_token_id == loaded.eos_token_id


def test_rates_warm_up_hold_and_decay() -> None:
    assert pretrain.rate_at(0.0) == pytest.approx(0.02)
    assert pretrain.rate_at(0.3) == 1.0
    assert pretrain.rate_at(0.75) == pytest.approx(0.5)
    assert pretrain.rate_at(1.0) == pytest.approx(0.02)


def test_a_phase_ends_at_its_share_of_the_time(work: list[batches.DemoBatch]) -> None:
    model, progress = _model(seed=1), pretrain.Progress(seed=1, seconds=6.1)
    optimizers = pretrain.build_optimizers(model)

    pretrain.train_on(
        model, optimizers, work, partial(pretrain.loss_of, model), progress=progress, budget_s=100, until=0.06
    )

    assert progress.steps == 1


@pytest.mark.slow
def test_a_training_goes_on_from_an_earlier_one(small: Tokenizer, tmp_path: Path) -> None:
    pretrain.export(_model(seed=1), small, tmp_path / "start")

    done = pretrain.pretrain(tmp_path / "out", hours=1e-9, start=tmp_path / "start")

    config = AutoModelForCausalLM.from_pretrained(tmp_path / "out").config
    assert (done.steps, config.num_hidden_layers) == (1, 2)
    assert (tmp_path / "out" / "tokenizer.json").read_text() == (tmp_path / "start" / "tokenizer.json").read_text()
