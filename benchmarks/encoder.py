"""What the demo encoder knows before any tuning: `python -m benchmarks.encoder`.

Fits a linear head on the mean of its tokens, the encoder as shipped, with the right answers of the demo's training
records, and prints the share of held-out records that each head has right. The last line is one JSON object.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModel, AutoTokenizer

from demo.data.claim_check import CLAIM_CHECK
from demo.data.demo_task import DemoTask
from demo.data.reply_sorting import REPLY_SORTING
from demo.encoder import tokenizer as shipped

FOLDER: Final = Path(shipped.__file__).with_name("weights")
FIELDS: Final = ((REPLY_SORTING, "meaning"), (REPLY_SORTING, "language"), (CLAIM_CHECK, "supported"))
DECAY: Final = 0.01
BATCH: Final = 32


def features(task: DemoTask) -> Tensor:
    """Means of the tokens of each record, standardised over the training records alone, (N, H)."""
    means = means_of(["\n".join(f"{name}: {value}" for name, value in each.facts.items()) for each in task.records()])
    seen = means[of_split(task, "train")]
    return ((means - seen.mean(0)) / (seen.std(0) + 1e-6)).clone()


def means_of(texts: Sequence[str]) -> Tensor:
    """Means of the tokens of each text, the encoder as shipped, (N, H)."""
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    encoder = AutoModel.from_pretrained(FOLDER, dtype=torch.float32).eval()
    means = torch.zeros(len(texts), encoder.config.hidden_size)
    by_length = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for begin in range(0, len(texts), BATCH):
        rows = by_length[begin : begin + BATCH]
        batch = tokenizer([texts[at] for at in rows], padding=True, return_tensors="pt", return_token_type_ids=False)
        with torch.inference_mode():
            hidden = encoder(**batch).last_hidden_state
        there = batch.attention_mask.unsqueeze(-1)
        means[rows] = (hidden * there).sum(1) / there.sum(1)
    return means


def of_split(task: DemoTask, name: str) -> Tensor:
    """Which records of a task are of a split, (N,)."""
    return torch.tensor([task.split_of(each) == name for each in task.records()])


def share_right(task: DemoTask, field: str, known: Tensor) -> float:
    """Share of the held-out records that a head fitted on the training records has right."""
    records = list(task.records())
    values = sorted({str(each.fields[field]) for each in records})
    wanted = torch.tensor([values.index(str(each.fields[field])) for each in records])
    trained, tested = of_split(task, "train"), of_split(task, "test")
    weight = torch.zeros(known.shape[1], len(values), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight], max_iter=200)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(known[trained] @ weight, wanted[trained]) + DECAY * weight.square().sum()
        torch.autograd.backward(loss)
        return loss

    optimizer.step(closure)
    return float(((known[tested] @ weight).argmax(1) == wanted[tested]).float().mean())


def main() -> None:
    """Measure, and print the figures."""
    known = {task.slug: features(task) for task in (REPLY_SORTING, CLAIM_CHECK)}
    figures = {f"{task.slug} {field}": share_right(task, field, known[task.slug]) for task, field in FIELDS}
    for name, share in figures.items():
        print(f"{name:>24}: {share:.1%}")
    print(json.dumps({name: round(share, 3) for name, share in figures.items()}))


if __name__ == "__main__":
    main()
