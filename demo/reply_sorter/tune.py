"""Tunes the demo encoder on what replies mean: `python -m demo.reply_sorter.tune --out DIR`. Some minutes.

All weights learn, by AdamW under a cosine; batches are of like length. Replies held back then fit one temperature, which
the head's weights take in. The folder written is one as a run of the product leaves it: an encoder with one head, in bf16.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModel, AutoTokenizer

from demo.data.reply_sorting.spec import MEANINGS
from demo.encoder import tokenizer as shipped
from demo.reply_sorter import replies
from demo.reply_sorter.replies import LabelledReply
from training.engine.classifier.fields import HeadField, HeadSet
from training.engine.classifier.network import EncoderWithHeads
from training.engine.classifier.rows import collate

BASE: Final = Path(shipped.__file__).with_name("weights")
REPLIES: Final = 60_000
BATCH: Final = 64
LONGEST: Final = 192
RATE: Final = 1e-3
SMOOTHING: Final = 0.05
DROPPED: Final = 0.1
LABELS: Final = tuple(MEANINGS)
HEADS: Final = HeadSet(fields=(HeadField(name="meaning", type="choice", labels=LABELS),), is_bare=True)


def batches(tokenizer: Any, *, count: int, seed: int) -> list[list[tuple[list[int], int]]]:
    """Replies as token ids with the number of their label, in batches of like length, shuffled."""
    drawn = list(islice(replies.replies(seed), count))
    rng = Random(seed)
    encoded = tokenizer([each.text for each in drawn], truncation=True, max_length=LONGEST)["input_ids"]
    rows = sorted(
        ((ids, LABELS.index(each.meaning)) for ids, each in zip(encoded, drawn, strict=True)), key=lambda r: len(r[0])
    )
    made = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    rng.shuffle(made)
    return made


def tune(out: Path, *, count: int = REPLIES, seed: int = 1) -> dict[str, Any]:
    """Tune, and write the sorter to a folder.

    Returns:
        Replies, steps, last mean loss, seconds, temperature, and how often replies held back are right.
    """
    torch.manual_seed(seed)
    tokenizer: Any = AutoTokenizer.from_pretrained(BASE)
    model = EncoderWithHeads(AutoModel.from_pretrained(BASE, dtype=torch.float32), HEADS, {}, seed=seed)
    work, began = batches(tokenizer, count=count, seed=seed), time.monotonic()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    rng, losses = Random(seed), []
    model.train()
    for step, rows in enumerate(work):
        optimizer.param_groups[0]["lr"] = (
            RATE * min(1, (step + 1) / 50) * (1 + math.cos(math.pi * step / len(work))) / 2
        )
        ids, mask = collate([_thinned(rng, ids) for ids, _ in rows], tokenizer.pad_token_id, torch.device("cpu"))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model(input_ids=ids, attention_mask=mask)[0]
        loss = cross_entropy(scores, torch.tensor([label for _, label in rows]), label_smoothing=SMOOTHING)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
    held_back = replies.held_back()
    targets = torch.tensor([LABELS.index(each.meaning) for _, each in held_back])
    scores = scores_of(model, tokenizer, [each.text for _, each in held_back])
    temperature = best_temperature(scores, targets)
    with torch.no_grad():
        for parameter in model.layers.parameters():
            parameter.div_(temperature)
    export(model, out)
    last = losses[-50:]
    return {
        "replies": sum(map(len, work)),
        "steps": len(work),
        "loss": sum(last) / len(last),
        "seconds": time.monotonic() - began,
        "temperature": temperature,
        "right": _shares_right(scores, targets, held_back),
    }


def scores_of(model: EncoderWithHeads, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """Scores of each label for each text, (N, labels)."""
    model.eval()
    encoded = tokenizer(list(texts), truncation=True, max_length=LONGEST)["input_ids"]
    with torch.inference_mode():
        return torch.cat(
            [
                model(*collate(encoded[at : at + BATCH], tokenizer.pad_token_id, torch.device("cpu")))[0]
                for at in range(0, len(encoded), BATCH)
            ]
        )


def best_temperature(scores: Tensor, targets: Tensor) -> float:
    """The number that scores are to be divided by for the least cross-entropy."""
    candidates = [at / 100 for at in range(30, 400)]
    return min(candidates, key=lambda each: cross_entropy(scores / each, targets).item())


def _shares_right(scores: Tensor, targets: Tensor, held_back: list[tuple[str, LabelledReply]]) -> dict[str, float]:
    """Shares of replies that get their label: of all, by label and by language."""
    groups: dict[str, list[float]] = defaultdict(list)
    for is_right, (language, reply) in zip((scores.argmax(1) == targets).tolist(), held_back, strict=True):
        for group in ("all", reply.meaning, language):
            groups[group].append(float(is_right))
    return {group: round(sum(each) / len(each), 3) for group, each in groups.items()}


def export(model: EncoderWithHeads, out: Path) -> None:
    """Write weights in bf16, head and tokenizer."""
    out.mkdir(parents=True, exist_ok=True)
    model.eval().encoder.bfloat16()
    model.save_pretrained(str(out))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(BASE / name, out / name)


def _thinned(rng: Random, ids: list[int]) -> list[int]:
    """The tokens with some of them gone, the first and the last kept: no single word may decide."""
    inner = [each for each in ids[1:-1] if rng.random() >= DROPPED]
    return [ids[0], *inner, ids[-1]]


def main() -> None:
    """Read the command line, tune, and print how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the tuned sorter")
    parser.add_argument("--replies", type=int, default=REPLIES)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(json.dumps(tune(arguments.out, count=arguments.replies, seed=arguments.seed)))


if __name__ == "__main__":
    main()
