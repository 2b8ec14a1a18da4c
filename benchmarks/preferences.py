"""DPO on a CPU: this engine against TRL's DPOTrainer, losses and speed, on the same student and pairs.

    [SHARED_DATA_DIR=...] python -m benchmarks.preferences [--batches 6] [--rounds 5]

The student, rank, batch (of 8 pairs), precision and rows are those of `benchmarks.training`; of each row the answer is
chosen and the answer of the row of next length rejected. TRL runs as it comes: batches in random order, the reference
by the same model with its adapter off at every step.

1. Parity: the same initial adapter, token ids and batch order; the largest difference of a step's loss.
2. Speed: each contender draws batches by its own rule, a systematic sample of an epoch's by size. This engine measures
   its reference anew in every round, inside the time taken; in a run of several epochs, or one taken up again, that is
   paid once. Non-padding tokens of both texts of a pair, each with its prompt, a second. Contenders alternate; medians.

The last line is one JSON object; `ratio` is the engine against TRL, `ratio_further_epochs` without the reference.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer

from benchmarks import instructions
from benchmarks.training import LONGEST, RECIPE, Ours, Speed, _Given, _Losses, make_rows, make_student
from training.engine import step
from training.engine.data import sft_rows
from training.engine.data.pairs import AnswerPair
from training.engine.data.sft_rows import TokenRow
from training.engine.model import lora
from training.engine.objectives.dpo import Dpo
from training.engine.setup import measure_reference

BETA = 0.1
BATCH = 8
Batches = list[list[AnswerPair]]


def make_pairs(rows: Sequence[TokenRow]) -> list[AnswerPair]:
    """Each row's answer over the answer of the row of next length, both behind the row's prompt."""
    by_length = sorted(rows, key=lambda row: row.supervised)
    found = []
    for better, other in zip(by_length, [*by_length[1:], by_length[0]], strict=True):
        worse = [*better.ids[: better.prompt_length], *other.ids[other.prompt_length :]]
        if len(worse) <= LONGEST and worse != better.ids:
            found.append(AnswerPair(better.id, better, TokenRow(better.id, worse, better.prompt_length)))
    return found


class Engine:
    """This engine, kept warm between rounds."""

    def __init__(self, folder: Path, rows: Sequence[TokenRow]) -> None:
        ours = Ours(folder, rows)
        self.model, self.folder = ours.model, folder
        # Packing and reading ahead are for rows of SFT.
        self.context = replace(
            ours.context, reading=nullcontext(), passes=lambda batches: batches, expect=lambda _: None
        )  # fmt: skip

    def run(self, batches: Batches, *, measures_reference: bool = True) -> list[float]:
        context = self.context
        if measures_reference:
            context.objective = Dpo(BETA, anchor=0.0)
            items = [pair for batch in batches for pair in batch]
            with tempfile.TemporaryDirectory() as kept:
                measure_reference(context, items, weights="", folders=[Path(kept)])
        context.schedule = _Given(batches, 1)  # type: ignore[assignment, arg-type]
        return [step.optimise(context, number).loss for number in range(len(batches))]


def trainer_of(folder: Path, batches: Batches, adapter: dict[str, torch.Tensor] | None) -> tuple[Any, _Losses]:
    """TRL's DPOTrainer on token ids laid down beforehand, in the given order."""
    flat = [pair for batch in batches for pair in batch]
    losses = _Losses()
    config = DPOConfig(
        output_dir=str(folder / "trl"), per_device_train_batch_size=BATCH, num_train_epochs=1, beta=BETA,
        learning_rate=RECIPE.learning_rate, lr_scheduler_type="cosine", warmup_steps=0, max_length=LONGEST, bf16=False,
        gradient_checkpointing=False, use_cpu=True, report_to="none", save_strategy="no", logging_steps=1,
        disable_tqdm=True, train_sampling_strategy="sequential", seed=RECIPE.seed,
    )  # fmt: skip
    lora_config = LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", bias="none",
                             task_type="CAUSAL_LM")  # fmt: skip
    trainer = DPOTrainer(
        model=LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32), args=config, peft_config=lora_config,
        train_dataset=Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}] * len(flat)),
        processing_class=PreTrainedTokenizerFast.from_pretrained(folder), callbacks=[losses],
    )  # fmt: skip
    trainer.train_dataset = Dataset.from_list([as_trl(pair) for pair in flat])
    if adapter is not None:
        own = dict(trainer.model.named_parameters())
        with torch.no_grad():
            for name, value in adapter.items():
                own[name].copy_(value)
    return trainer, losses


def as_trl(pair: AnswerPair) -> dict[str, list[int]]:
    prompt = pair.chosen.prompt_length
    return {
        "prompt_ids": pair.chosen.ids[:prompt],
        "chosen_ids": pair.chosen.ids[prompt:],
        "rejected_ids": pair.rejected.ids[prompt:],
    }


def drawn(rule: str, pairs: Sequence[AnswerPair], *, seed: int, count: int, offset: float) -> Batches:
    """Every n-th of an epoch's batches by size, in a seeded order, the epoch drawn by a contender's own rule."""
    order = [index for batch in sft_rows.plan_batches(pairs, batch_size=BATCH, seed=seed, epoch=0) for index in batch]
    if rule == "trl":
        order = random.Random(seed).sample(range(len(pairs)), len(pairs))
    batches = [[pairs[index] for index in order[at : at + BATCH]] for at in range(0, len(order) - BATCH + 1, BATCH)]
    by_size = sorted(batches, key=tokens_of)
    stride = len(by_size) / count
    chosen = [by_size[int((number + offset) * stride)] for number in range(count)]
    random.Random(7).shuffle(chosen)
    return chosen


def tokens_of(batch: Sequence[AnswerPair]) -> int:
    return sum(pair.length for pair in batch)


def parity(folder: Path, engine: Engine, pairs: Sequence[AnswerPair], steps: int) -> float:
    """Largest difference of a step's loss between the two, everything else being equal."""
    batches = drawn("trl", pairs, seed=3, count=steps, offset=0.5)
    start = {name: value.detach().clone() for name, value in lora.tuned_parameters(engine.model).items()}
    got = engine.run(batches)
    trainer, expected = trainer_of(folder, batches, start)
    trainer.train()
    return max(abs(one - other) for one, other in zip(got, expected.values, strict=True))


def race(
    folder: Path, engine: Engine, pairs: Sequence[AnswerPair], *, batches: int, rounds: int
) -> dict[str, list[Speed]]:
    """Speeds in alternation, warmed up by the parity run."""
    speeds: dict[str, list[Speed]] = {"ours": [], "further_epochs": [], "trl": []}
    for number in range(rounds):
        for rule, kept in speeds.items():
            chosen = drawn(rule, pairs, seed=number, count=batches, offset=(number + 0.5) / rounds)
            if rule == "trl":
                trainer, _ = trainer_of(folder, chosen, None)
                work = trainer.train
            else:

                def work(chosen: Batches = chosen, rule: str = rule) -> object:
                    return engine.run(chosen, measures_reference=rule == "ours")

            kept.append(timed(work, sum(map(tokens_of, chosen))))
            print(f"round {number + 1} {rule}: {kept[-1].wall:,.0f} tokens/s, {kept[-1].cpu:,.0f} a CPU second")
    return speeds


def timed(work: Any, tokens: int) -> Speed:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Speed(tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu))


def main() -> None:
    """Measure, and print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parity-steps", type=int, default=5)
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    data, raw = instructions.read()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_student(folder, [f"{row['instruction']}{row['input']}{row['output']}" for row in raw])
        rows = make_rows(folder, raw)
        pairs = make_pairs(rows)
        engine = Engine(folder, rows)
        difference = parity(folder, engine, pairs, chosen.parity_steps)
        print(f"largest difference of a loss over {chosen.parity_steps} steps: {difference:.2e}")
        speeds = race(folder, engine, pairs, batches=chosen.batches, rounds=chosen.rounds)
    wall = {rule: statistics.median(speed.wall for speed in each) for rule, each in speeds.items()}
    cpu = {rule: statistics.median(speed.cpu for speed in each) for rule, each in speeds.items()}
    prompts = sum(pair.chosen.prompt_length for pair in pairs) * 2 / sum(pair.length for pair in pairs)
    print(json.dumps({
        "ratio": wall["ours"] / wall["trl"], "cpu_ratio": cpu["ours"] / cpu["trl"],
        "ratio_further_epochs": wall["further_epochs"] / wall["trl"],
        "cpu_ratio_further_epochs": cpu["further_epochs"] / cpu["trl"],
        "tokens_per_s": wall, "tokens_per_cpu_s": cpu, "loss_difference": difference, "prompt_share": prompts,
        "data": data,
        "rounds": chosen.rounds, "batches": chosen.batches, "threads": torch.get_num_threads(),
        "load_average": os.getloadavg()[0],
    }))  # fmt: skip


if __name__ == "__main__":
    main()
