"""Tuning on a CPU: this engine against TRL's SFTTrainer, losses and speed, on the same student and rows.

    [SHARED_DATA_DIR=...] python -m benchmarks.training [--batches 20] [--rounds 5] [--vocabulary 32000 --layers 5]

A Llama-shaped student of 12 M parameters made from a config (width 256, 5 layers, Llama's vocabulary of 32,000), LoRA
rank 16 on all linear layers, batch 8, fp32, dropout 0, rows of `benchmarks.instructions` with a byte-level tokenizer
trained on them. TRL runs as it comes (random batches), and with its length grouping, both in fp32 without gradient
checkpointing; the engine packs rows, and runs once more without (`padded`). The smaller the vocabulary the smaller the
lead: most of what TRL spends beyond this is on scores.

1. Parity: the same initial adapter, token ids and batch order; the largest difference of a step's loss.
2. Speed: each contender draws its own epoch's batches by its own rule, and runs a systematic sample of them (every n-th
   by size), so that all see the same mix of lengths. Non-padding tokens a second of wall time, and of CPU time, which
   a busy machine disturbs less. Contenders alternate; medians over the rounds, after a warm-up.

The last line is one JSON object; `ratio` is the engine against TRL as it comes.
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from transformers.trainer_pt_utils import LengthGroupedSampler
from trl import SFTConfig, SFTTrainer

from benchmarks import instructions
from training.engine import autotune, optimization, step
from training.engine.context import TrainContext
from training.engine.contracts import StudentRef
from training.engine.data import sft_rows
from training.engine.data.chat import open_chat
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.supervised_head import SupervisedHead
from training.engine.model import loading, lora, merged_lora
from training.engine.model.generate import GREEDY
from training.engine.objectives.sft import Sft
from training.engine.schedule import Schedule
from training.recipes.schema import Recipe, Toggle

# Llama's own vocabulary, and as many layers as make 12 M parameters with it.
VOCABULARY = 32_000
LAYERS = 5
LONGEST = 1024
RECIPE = Recipe(
    method="lora", rank=16, alpha=32, dropout=0.0, learning_rate=2e-4, warmup_ratio=0.0, epochs=1, batch_size=8,
    max_length=LONGEST, dtype="fp32", seed=1,
)  # fmt: skip
Batches = list[list[TokenRow]]


@dataclass(frozen=True)
class Speed:
    """Non-padding tokens a second."""

    wall: float
    cpu: float


def make_student(folder: Path, texts: Sequence[str], *, layers: int = LAYERS, vocabulary: int = VOCABULARY) -> None:
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|pad|>", "<|end|>"]
    inner.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet,
                            show_progress=False),
    )  # fmt: skip
    PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>", pad_token="<|pad|>").save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=256, intermediate_size=688, num_hidden_layers=layers, num_attention_heads=4,
        max_position_embeddings=LONGEST, tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def make_rows(folder: Path, raw: Sequence[dict[str, Any]]) -> list[TokenRow]:
    chat = open_chat(PreTrainedTokenizerFast.from_pretrained(folder))
    rows = []
    for number, each in enumerate(raw):
        prompt = f"{each['instruction']}\n\n{each['input']}".strip()
        ids, prompt_length = chat.encode(
            [{"role": "user", "content": prompt}], [{"role": "assistant", "content": each["output"]}]
        )
        if len(ids) <= LONGEST:
            rows.append(TokenRow(str(number), ids, prompt_length))
    return rows


class Ours:
    """The engine, kept warm between rounds."""

    def __init__(self, folder: Path, rows: Sequence[TokenRow], *, packing: Toggle = "auto") -> None:
        self.recipe = RECIPE.model_copy(update={"packing": packing})
        student = loading.load(StudentRef(path=str(folder)), dtype=torch.float32)
        self.model: Any = lora.attach(student.model, rank=16, alpha=32, dropout=0.0, seed=RECIPE.seed)
        merged_lora.use_merged_forward(self.model)
        accelerator = Accelerator(cpu=True)
        model, optimizer = accelerator.prepare(self.model, optimization.adamw(self.model.parameters(), RECIPE))
        self.context = TrainContext(
            accelerator=accelerator, model=model, bare=self.model, chat=student.chat, optimizer=optimizer,
            schedule=Schedule(rows, self.recipe), objective=Sft(student.chat), validation=[], samples=[],
            sample_max_new_tokens=1, sampling=GREEDY,
            head=SupervisedHead(self.model), folder=folder, fingerprint="", keep_checkpoints=1,
            emit=lambda *_, **__: None, should_stop=lambda: False,
        )  # fmt: skip
        autotune.choose_row_layout(self.context)

    def run(self, batches: Batches, accumulation: int = 1) -> list[float]:
        self.context.schedule = _Given(batches, accumulation)  # type: ignore[assignment]
        return [step.optimise(self.context, number).loss for number in range(self.context.schedule.total_steps)]


class _Given:
    """A schedule whose batches are laid down beforehand."""

    recipe = RECIPE
    seed_of = Schedule.seed_of

    def __init__(self, batches: Batches, accumulation: int) -> None:
        self._batches, self._accumulation = batches, accumulation
        self.total_steps = len(batches) // accumulation

    def batches_of(self, step: int) -> Batches:
        return self._batches[step * self._accumulation : (step + 1) * self._accumulation]


class Theirs:
    """TRL's SFTTrainer on token ids laid down beforehand, in the given order."""

    def __init__(self, folder: Path, adapter: dict[str, torch.Tensor] | None = None) -> None:
        self._folder, self._adapter = folder, adapter

    def prepare(self, batches: Batches, accumulation: int = 1) -> tuple[SFTTrainer, _Losses]:
        flat = [row for batch in batches for row in batch]
        dataset = Dataset.from_dict({
            "input_ids": [row.ids for row in flat],
            "completion_mask": [[0] * row.prompt_length + [1] * row.supervised for row in flat],
        })  # fmt: skip
        losses = _Losses()
        config = SFTConfig(
            output_dir=str(self._folder / "trl"), per_device_train_batch_size=8, num_train_epochs=1,
            gradient_accumulation_steps=accumulation,
            learning_rate=RECIPE.learning_rate, lr_scheduler_type="cosine", warmup_steps=0, max_length=LONGEST,
            bf16=False, gradient_checkpointing=False, completion_only_loss=True, use_cpu=True,
            report_to="none", save_strategy="no",
            train_sampling_strategy="sequential", logging_steps=1, disable_tqdm=True, seed=RECIPE.seed,
        )  # fmt: skip
        lora_config = LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", bias="none",
                                 task_type="CAUSAL_LM")  # fmt: skip
        trainer = SFTTrainer(
            model=LlamaForCausalLM.from_pretrained(self._folder, dtype=torch.float32), args=config,
            train_dataset=dataset, peft_config=lora_config, callbacks=[losses],
            processing_class=PreTrainedTokenizerFast.from_pretrained(self._folder),
        )  # fmt: skip
        if self._adapter is not None:
            own = dict(trainer.model.named_parameters())
            with torch.no_grad():
                for name, value in self._adapter.items():
                    own[name].copy_(value)
        return trainer, losses


class _Losses(TrainerCallback):
    """Keeps every step's loss, and prints none of it."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_log(self, *_: Any, logs: dict[str, float] | None = None, **__: Any) -> None:
        if logs and "loss" in logs:
            self.values.append(logs["loss"])


def parity(folder: Path, rows: Sequence[TokenRow], steps: int, *, accumulation: int = 1) -> list[float]:
    """Difference of each step's loss between the two, everything else being equal."""
    plan = sft_rows.plan_batches(rows, batch_size=8, seed=1, epoch=0)
    whole = [[rows[index] for index in batch] for batch in plan if len(batch) == 8]
    batches = whole[: steps * accumulation]
    ours = Ours(folder, rows)
    start = {name: value.detach().clone() for name, value in lora.tuned_parameters(ours.model).items()}
    got = ours.run(batches, accumulation)
    trainer, expected = Theirs(folder, start).prepare(batches, accumulation)
    trainer.train()
    return [one - other for one, other in zip(got, expected.values, strict=True)]


def spread(batches: Batches, count: int, offset: float) -> Batches:
    """Every n-th batch by size, in a seeded order: the epoch's own mix of lengths."""
    by_size = sorted(batches, key=lambda batch: sum(len(row.ids) for row in batch))
    stride = len(by_size) / count
    chosen = [by_size[int((number + offset) * stride)] for number in range(count)]
    random.Random(7).shuffle(chosen)
    return chosen


def epoch_of(rule: str, rows: Sequence[TokenRow], seed: int) -> Batches:
    """One epoch's full batches by each contender's own rule."""
    if rule in ("ours", "padded"):
        order = [index for batch in sft_rows.plan_batches(rows, batch_size=8, seed=seed, epoch=0) for index in batch]
    elif rule == "trl_grouped":
        lengths = [len(row.ids) for row in rows]
        order = list(LengthGroupedSampler(8, lengths=lengths, generator=torch.Generator().manual_seed(seed)))
    else:
        order = random.Random(seed).sample(range(len(rows)), len(rows))
    return [[rows[i] for i in order[at : at + 8]] for at in range(0, len(order) - 7, 8)]


def timed(work: Callable[[], object], tokens: int) -> Speed:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Speed(tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu))


def race(folder: Path, rows: Sequence[TokenRow], *, batches: int, rounds: int) -> dict[str, list[Speed]]:
    """Speeds of the contenders in alternation, warmed up."""
    ours: dict[str, Ours] = {"ours": Ours(folder, rows), "padded": Ours(folder, rows, packing="off")}
    for each in ours.values():
        each.run(spread(epoch_of("ours", rows, 0), 2, 0.5))
    Theirs(folder).prepare(spread(epoch_of("trl", rows, 0), 2, 0.5))[0].train()
    speeds: dict[str, list[Speed]] = {"ours": [], "padded": [], "trl": [], "trl_grouped": []}
    for number in range(rounds):
        for rule, kept in speeds.items():
            chosen = spread(epoch_of(rule, rows, number), batches, (number + 0.5) / rounds)
            tokens = sum(len(row.ids) for batch in chosen for row in batch)
            if rule in ours:
                kept.append(timed(lambda chosen=chosen, engine=ours[rule]: engine.run(chosen), tokens))
            else:
                trainer, _ = Theirs(folder).prepare(chosen)
                kept.append(timed(trainer.train, tokens))
            print(f"round {number + 1} {rule}: {kept[-1].wall:,.0f} tokens/s, {kept[-1].cpu:,.0f} a CPU second")
    return speeds


def main() -> None:
    """Measure, and print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--parity-steps", type=int, default=20)
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    data, raw = instructions.read()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        texts = [f"{row['instruction']}{row['input']}{row['output']}" for row in raw]
        make_student(folder, texts, layers=chosen.layers, vocabulary=chosen.vocabulary)
        rows = make_rows(folder, raw)
        difference = max(map(abs, parity(folder, rows, chosen.parity_steps)))
        print(f"largest difference of a loss over {chosen.parity_steps} steps: {difference:.2e}")
        speeds = race(folder, rows, batches=chosen.batches, rounds=chosen.rounds)
    medians = {rule: statistics.median(speed.wall for speed in each) for rule, each in speeds.items()}
    cpu = {rule: statistics.median(speed.cpu for speed in each) for rule, each in speeds.items()}
    print(json.dumps({
        "ratio": medians["ours"] / medians["trl"],
        "ratio_grouped": medians["ours"] / medians["trl_grouped"],
        "cpu_ratio": cpu["ours"] / cpu["trl"],
        "cpu_ratio_grouped": cpu["ours"] / cpu["trl_grouped"],
        "tokens_per_s": medians,
        "tokens_per_cpu_s": cpu,
        "loss_difference": difference,
        "data": data,
        "rounds": chosen.rounds,
        "batches": chosen.batches,
        "threads": torch.get_num_threads(),
        "load_average": os.getloadavg()[0],
    }))  # fmt: skip


if __name__ == "__main__":
    main()
