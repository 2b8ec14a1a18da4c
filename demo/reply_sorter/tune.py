"""Fit of the shipped reply sorter: `python -m demo.reply_sorter.tune --out DIR`. Some minutes on one thread.

The sorter is a linear model over hashed words and letters (`campaigns.replies.word_sorter`). It is fitted twice:
without the held-back replies, which measure it and fit its temperature, and with them for the export.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn import EmbeddingBag
from torch.nn.functional import cross_entropy

from campaigns.replies import word_sorter
from demo.data.reply_sorting import MEANINGS
from demo.reply_sorter import replies
from demo.reply_sorter.replies import LabelledReply

SEED: Final = 1
REPLIES: Final = 160_000
BUCKETS: Final = 1 << 18
BATCH: Final = 256
RATE: Final = 0.05
SMOOTHING: Final = 0.05
# Share of dropped features, so that no single word decides.
DROPPED: Final = 0.2
# Factor that scales scores, divided by the root of the number of features, to the size of logits.
GAIN: Final = 4.0
LABELS: Final = tuple(MEANINGS)


def tune(out: Path) -> dict[str, object]:
    """Fit, measure, fit again with all replies, and write the sorter to a folder.

    Returns:
        Number of replies, seconds, temperature, and shares of held-back replies with the right label.
    """
    began = time.monotonic()
    torch.manual_seed(SEED)
    held_back = replies.held_back()
    targets = torch.tensor([LABELS.index(each.meaning) for _, each in held_back])
    first = fit()
    with torch.no_grad():
        scores = _scores(first, [_features(each.text) for _, each in held_back])
    temperature = best_temperature(scores, targets)
    export(fit(with_held_back=True), temperature, out)
    return {
        "replies": REPLIES,
        "seconds": round(time.monotonic() - began),
        "temperature": temperature,
        "right": _shares_right(scores, targets, held_back),
        "sure": _sure(scores / temperature, targets),
    }


def fit(*, with_held_back: bool = False) -> EmbeddingBag:
    """Learn the weights of each bucket for each label in one pass over the stream of replies."""
    model = EmbeddingBag(BUCKETS, len(LABELS), mode="sum")
    torch.nn.init.zeros_(model.weight)
    optimizer = torch.optim.Adagrad(model.parameters(), lr=RATE)
    stream = islice(replies.replies(SEED, with_held_back=with_held_back), REPLIES)
    while batch := list(islice(stream, BATCH)):
        targets = torch.tensor([LABELS.index(each.meaning) for each in batch])
        loss = cross_entropy(
            _scores(model, [_thinned(_features(each.text)) for each in batch]), targets, label_smoothing=SMOOTHING
        )
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return model


def best_temperature(scores: Tensor, targets: Tensor) -> float:
    """Return the divisor of scores with the least cross-entropy."""
    candidates = [at / 100 for at in range(20, 400)]
    return min(candidates, key=lambda each: cross_entropy(scores / each, targets).item())


def export(model: EmbeddingBag, temperature: float, out: Path) -> None:
    """Write the header and the weights as signed bytes."""
    weights = model.weight.detach()
    # The few larger weights are clipped, which gives all others a finer step.
    unit = torch.quantile(weights[weights != 0].abs(), 0.9995).item() / 127
    out.mkdir(parents=True, exist_ok=True)
    rounded = (weights / unit).round().clamp(-127, 127).to(torch.int8)
    (out / word_sorter.WEIGHTS).write_bytes(rounded.numpy().tobytes())
    header = word_sorter.Header(labels=LABELS, buckets=BUCKETS, scale=unit * GAIN / temperature)
    (out / word_sorter.HEADER).write_text(header.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _features(text: str) -> Tensor:
    return torch.tensor(word_sorter.buckets(text, BUCKETS))


def _thinned(features: Tensor) -> Tensor:
    kept = features[torch.rand(len(features)) >= DROPPED]
    return kept if len(kept) else features


def _scores(model: EmbeddingBag, rows: list[Tensor]) -> Tensor:
    """Return the scores of each label for each row of buckets, (N, labels)."""
    lengths = torch.tensor([len(row) for row in rows])
    sums: Tensor = model(torch.cat(rows), lengths.cumsum(0) - lengths)
    return sums * GAIN / lengths.sqrt().unsqueeze(1)


def _shares_right(scores: Tensor, targets: Tensor, held_back: list[tuple[str, LabelledReply]]) -> dict[str, float]:
    """Return the shares of replies with the right label: of all, by label and by language."""
    groups: dict[str, list[float]] = defaultdict(list)
    for is_right, (language, reply) in zip((scores.argmax(1) == targets).tolist(), held_back, strict=True):
        for group in ("all", reply.meaning, language):
            groups[group].append(float(is_right))
    return {group: round(sum(each) / len(each), 3) for group, each in groups.items()}


def _sure(scores: Tensor, targets: Tensor) -> dict[str, list[float]]:
    """Return the share of replies that reach each confidence, and the share of those that are right."""
    sureness, answers = scores.softmax(1).max(1)
    shares = {}
    for least in (0.5, 0.6, 0.7, 0.8, 0.9):
        reached = sureness >= least
        right = (answers == targets)[reached].float().mean().item()
        shares[str(least)] = [round(reached.float().mean().item(), 3), round(right, 3)]
    return shares


def main() -> None:
    """Read the command line, fit, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the sorter")
    print(json.dumps(tune(parser.parse_args().out)))


if __name__ == "__main__":
    main()
