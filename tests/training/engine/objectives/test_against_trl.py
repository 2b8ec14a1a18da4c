"""Losses and gradients of DPO, KTO and distillation beside those of TRL, on the same model and the same tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.gkd import GKDTrainer

from tests.training.engine.conftest import make_tokenizer
from tests.training.engine.objectives.conftest import gradients, twin
from training.engine.data.completion_batch import collate_completions
from training.engine.data.labelled import LabelledAnswer
from training.engine.data.pairs import AnswerPair
from training.engine.objectives.distillation import Distillation
from training.engine.objectives.dpo import Dpo
from training.engine.objectives.kto import Kto

pytestmark = pytest.mark.engine
CLOSE = 1e-4


def settings(kind: Any, folder: Path, **values: Any) -> Any:
    return kind(output_dir=str(folder), use_cpu=True, bf16=False, report_to="none", gradient_checkpointing=False,
                max_length=None, disable_tqdm=True, **values)  # fmt: skip


def dpo_trainer(model: Any, folder: Path, **values: Any) -> Any:
    rows = Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}] * 4)
    return without_copy(DPOTrainer(model=model, args=settings(DPOConfig, folder, **values), train_dataset=rows,
                                   processing_class=make_tokenizer()))  # fmt: skip


def without_copy(trainer: Any) -> Any:
    """TRL takes an adapter that is there for one to train on, and its copy for the reference;
    here it is switched off.
    """
    trainer.model.delete_adapter("ref")
    return trainer


def as_dpo(pair: AnswerPair) -> dict[str, Any]:
    prompt = pair.chosen.prompt_length
    return {
        "prompt_ids": pair.chosen.ids[:prompt],
        "chosen_ids": pair.chosen.ids[prompt:],
        "rejected_ids": pair.rejected.ids[prompt:],
    }


def as_kto(verdict: LabelledAnswer) -> dict[str, Any]:
    row, prompt = verdict.row, verdict.row.prompt_length
    return {
        "prompt_ids": row.ids[:prompt], "completion_ids": row.ids[prompt:], "label": verdict.is_good,
        "KL_completion_ids": verdict.stranger.ids[prompt:],
    }  # fmt: skip


def assert_same_gradients(ours: Any, theirs: Any) -> None:
    expected = gradients(theirs)
    found = gradients(ours)
    assert found.keys() == expected.keys()
    assert max(float(value.abs().max()) for value in expected.values()) > 1e-3
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, atol=CLOSE, rtol=CLOSE, msg=name)


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("beta", [0.1, 0.5])
def test_dpo_is_trls(
    model: Any, network: Any, pairs: list[AnswerPair], measured: Any, tmp_path: Path, beta: float, share: bool
) -> None:
    ours = model()
    trainer = dpo_trainer(twin(ours), tmp_path / "trl", beta=beta)
    objective = Dpo(beta=beta, anchor=0.0, share=share)
    seen = network(ours)
    measured(objective.references, seen, objective.referenced(pairs))

    loss, measures = objective.loss(seen, pairs)
    (loss / objective.normaliser(pairs)).backward()
    expected = trainer.compute_loss(trainer.model, trainer.data_collator([as_dpo(pair) for pair in pairs]))
    expected.backward()

    assert float(loss) / 4 == pytest.approx(float(expected), abs=CLOSE)
    assert_same_gradients(ours, trainer.model)
    metrics = trainer._metrics["train"]
    for name, theirs in (("reward_margin", "rewards/margins"), ("accuracy", "rewards/accuracies"),
                         ("logp_chosen", "logps/chosen"), ("logp_rejected", "logps/rejected")):  # fmt: skip
        assert float(measures[name][0] / measures[name][1]) == pytest.approx(metrics[theirs][-1], abs=1e-3)


@pytest.mark.slow
def test_the_anchor_is_trls_sft_term(
    model: Any, network: Any, pairs: list[AnswerPair], measured: Any, tmp_path: Path
) -> None:
    ours = model()
    trainer = dpo_trainer(twin(ours), tmp_path / "trl", beta=0.1, loss_type=["sigmoid", "sft"],
                          loss_weights=[1.0, 0.7])  # fmt: skip
    objective = Dpo(beta=0.1, anchor=0.7)
    seen = network(ours)
    measured(objective.references, seen, objective.referenced(pairs))

    for pair in pairs:
        # TRL averages over the tokens of a batch, this engine over each answer's own: of one pair it is the same.
        objective.loss(seen, [pair])[0].backward()
        trainer.compute_loss(trainer.model, trainer.data_collator([as_dpo(pair)])).backward()

    assert_same_gradients(ours, trainer.model)


@pytest.mark.slow
def test_kto_is_trls(model: Any, network: Any, verdicts: list[LabelledAnswer], measured: Any, tmp_path: Path) -> None:
    ours = model()
    rows = Dataset.from_list([{"prompt": f"a{n}", "completion": "b", "label": bool(n % 2)} for n in range(6)])
    config = settings(
        KTOConfig, tmp_path / "trl", beta=0.2, desirable_weight=1.3, undesirable_weight=0.6,
        per_device_train_batch_size=5, train_sampling_strategy="sequential",
    )  # fmt: skip
    trainer = without_copy(
        KTOTrainer(model=twin(ours), args=config, train_dataset=rows, processing_class=make_tokenizer())
    )
    objective = Kto(0.2, 0.0, desirable_weight=1.3, undesirable_weight=0.6)
    seen = network(ours)
    measured(objective.references, seen, objective.referenced(verdicts))

    loss, measures = objective.loss(seen, verdicts)
    (loss / objective.normaliser(verdicts)).backward()
    expected = trainer.compute_loss(trainer.model, trainer.data_collator([as_kto(each) for each in verdicts]))
    expected.backward()

    assert float(loss) / 5 == pytest.approx(float(expected), abs=CLOSE)
    assert float(measures["kl"][0]) == pytest.approx(trainer._metrics["train"]["kl"][-1], abs=1e-3)
    assert_same_gradients(ours, trainer.model)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ["llama", "gemma"])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize(("direction", "beta"), [("forward", 0), ("reverse", 1)])
def test_distillation_is_trls_divergence(
    model: Any, network: Any, sequence: Callable[..., Any], family: str, temperature: float, direction: Any, beta: int
) -> None:
    ours, teacher = model(family), model(family, bare=True, seed=11)
    theirs = twin(ours)
    rows = [sequence(n, prompt, length) for n, (prompt, length) in enumerate([(7, 5), (12, 8), (4, 11)])]
    objective = Distillation(97, network(teacher), direction, temperature)

    loss, _ = objective.loss(network(ours), rows)
    (loss / objective.normaliser(rows)).backward()
    layout = collate_completions([[row] for row in rows], 0, share=False)
    picked = [
        one(input_ids=layout.input_ids).logits.flatten(0, 1)[layout.positions].unsqueeze(0) for one in (theirs, teacher)
    ]
    expected = GKDTrainer.generalized_jsd_loss(
        picked[0], picked[1].detach(), layout.targets.unsqueeze(0), beta=beta, temperature=temperature
    )
    expected.backward()

    assert float(loss) / 24 == pytest.approx(float(expected), abs=CLOSE)
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("family", ["llama", "gemma"])
@pytest.mark.parametrize("widths", [(97, 104), (104, 97)])
def test_models_of_different_widths_are_compared_on_the_tokens_that_both_score(
    model: Any, network: Any, sequence: Callable[..., Any], family: str, widths: tuple[int, int]
) -> None:
    ours, teacher = (model(family, bare=True, seed=width, width=width) for width in widths)
    rows = [sequence(n, prompt, length) for n, (prompt, length) in enumerate([(7, 5), (12, 8)])]
    objective = Distillation(99, network(teacher), "forward", 1.0)

    loss, _ = objective.loss(network(ours), rows)
    loss.backward()
    layout = collate_completions([[row] for row in rows], 0, share=False)
    own, other = (
        one(input_ids=layout.input_ids).logits.flatten(0, 1)[layout.positions][:, :97].log_softmax(1)
        for one in (ours, teacher)
    )

    assert float(loss) == pytest.approx(float((other.exp() * (other - own)).sum()), rel=CLOSE)
