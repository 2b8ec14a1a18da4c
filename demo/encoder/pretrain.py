"""Pre-training of the demo encoder from scratch on a CPU: `python -m demo.encoder.pretrain --out DIR --hours 0.4`.

Trains a tokenizer and a small ModernBERT on batches of a seeded stream, with Muon for matrices and AdamW for the rest,
and writes a folder of bf16 weights. The run of less than half an hour keeps no checkpoints. The learning rate follows
the clock, so the number of steps depends on the machine.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import ModernBertModel

from demo.encoder import batches, stream
from demo.encoder.network import Batch, Pretraining, build_encoder, start_from
from demo.encoder.tokenizer import save, train
from demo.student.pretrain import Progress, arguments_of, build_optimizers, train_on, write_figures

FIRST_PAIRS: Final = 8_000
BATCH_TOKENS: Final = 3072


def loss_of(model: Pretraining, batch: Batch) -> tuple[Tensor, int]:
    """Return the loss of a batch, and its number of tokens."""
    return model(batch).total, int(batch.mask.sum())


def measure(model: Pretraining, tokenizer: Tokenizer, *, seed: int) -> dict[str, float]:
    """Return held-out losses in nats on a chunk that is never trained on, with equal weight for each batch."""
    held_out = batches.chunk(tokenizer, seed=-seed - 1, number=0, tokens=BATCH_TOKENS)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        losses = [model(batch) for batch in held_out]
    return {
        name: round(sum(float(getattr(each, name)) for each in losses) / len(losses), 4)
        for name in ("words", "pairs", "language")
    }


def export(encoder: ModernBertModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the loadable folder: bf16 weights, config and tokenizer. The encoder becomes bf16."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder.bfloat16().save_pretrained(folder)
    save(tokenizer, folder)


def pretrain(out: Path, *, hours: float, seed: int = 1) -> Progress:
    """Train for `hours` of wall time, export to `out`, and write the held-out losses to `out/run/figures.json`.

    Args:
        hours: Wall time of training, including the reading of the stream.
        seed: Seed of initial weights and stream.
    """
    pairs = list(islice(stream.pairs(seed), FIRST_PAIRS))
    tokenizer = train(side.text for pair in pairs for side in (pair.first, pair.second))
    encoder = build_encoder(seed=seed, vocabulary=tokenizer.get_vocab_size())
    start_from(encoder, batches.counts(tokenizer, pairs))
    model, progress = Pretraining(encoder), Progress(seed)
    optimizers, budget_s = build_optimizers(model), hours * 3600
    chunks = (batches.chunk(tokenizer, seed=seed, number=number, tokens=BATCH_TOKENS) for number in count())
    work = chain.from_iterable(chunks)
    train_on(model, optimizers, work, partial(loss_of, model), progress=progress, budget_s=budget_s)
    write_figures(out, progress, measure(model, tokenizer, seed=seed))
    export(model.encoder, tokenizer, out)
    return progress


def main() -> None:
    options = arguments_of(__doc__, hours=0.4).parse_args()
    print(json.dumps(asdict(pretrain(options.out, hours=options.hours, seed=options.seed))))


if __name__ == "__main__":
    main()
