"""Pre-trains the demo encoder from scratch on a CPU: `python -m demo.encoder.pretrain --out DIR --hours 0.4`.

Tokenizer, a small ModernBERT, batches from a seeded stream, Muon for the matrices and AdamW for the rest, and at the end a
folder of bf16 weights. It takes less than half an hour, so it keeps no checkpoints. The learning rate follows the clock, so the stream is seeded but the
number of steps is the machine's.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer
from transformers import ModernBertModel

from demo.encoder import batches, stream
from demo.encoder.network import Batch, Pretraining, build_encoder, start_from
from demo.encoder.tokenizer import save, train
from demo.student.pretrain import rate_at

FIRST_PAIRS: Final = 8_000
BATCH_TOKENS: Final = 3072
MATRIX_LR: Final = 0.02
OTHER_LR: Final = 0.003


@dataclass(slots=True)
class Progress:
    """Work done so far."""

    seed: int
    chunks: int = 0
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0


def build_optimizers(model: Pretraining) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings, norms and the heads."""
    inner = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or ".layers." not in name]
    return [
        torch.optim.Muon(inner, lr=MATRIX_LR, weight_decay=0.01, momentum=0.95),
        torch.optim.AdamW(others, lr=OTHER_LR, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def train_chunk(
    model: Pretraining,
    optimizers: list[torch.optim.Optimizer],
    work: list[Batch],
    *,
    progress: Progress,
    budget_s: float,
) -> None:
    """One pass over a chunk's batches; stops early when the time is spent. Updates `progress`."""
    started, before = time.monotonic(), progress.seconds
    for batch in work:
        factor = rate_at(progress.seconds / budget_s)
        for optimizer, base in zip(optimizers, (MATRIX_LR, OTHER_LR), strict=True):
            optimizer.param_groups[0]["lr"] = base * factor
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model(batch).total
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.steps += 1
        progress.tokens += int(batch.mask.sum())
        progress.seconds = before + time.monotonic() - started
        if progress.seconds >= budget_s:
            return


def measure(model: Pretraining, tokenizer: Tokenizer, *, seed: int) -> dict[str, float]:
    """Held-out losses in nats on a chunk of the stream that is never trained on, each batch counted once."""
    held_out = batches.chunk(tokenizer, seed=-seed - 1, number=0, tokens=BATCH_TOKENS)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        losses = [model(batch) for batch in held_out]
    return {
        name: round(sum(float(getattr(each, name)) for each in losses) / len(losses), 4)
        for name in ("words", "pairs", "language")
    }


def export(encoder: ModernBertModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes the loadable folder: bf16 weights, config and tokenizer. The encoder becomes bf16."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder.bfloat16().save_pretrained(folder)
    save(tokenizer, folder)


def pretrain(out: Path, *, hours: float, seed: int = 1) -> Progress:
    """Trains for `hours` of wall time, exports to `out`, and writes the held-out losses to `out/run/figures.json`.

    Args:
        hours: Wall time of training; the reading of the stream counts.
        seed: Fixes initial weights and stream.
    """
    pairs = list(islice(stream.pairs(seed), FIRST_PAIRS))
    tokenizer = train(side.text for pair in pairs for side in (pair.first, pair.second))
    encoder = build_encoder(seed=seed, vocabulary=tokenizer.get_vocab_size())
    start_from(encoder, batches.counts(tokenizer, pairs))
    model, progress = Pretraining(encoder), Progress(seed)
    optimizers, budget_s = build_optimizers(model), hours * 3600
    while progress.seconds < budget_s:
        began = time.monotonic()
        work = batches.chunk(tokenizer, seed=seed, number=progress.chunks, tokens=BATCH_TOKENS)
        progress.seconds += time.monotonic() - began
        train_chunk(model, optimizers, work, progress=progress, budget_s=budget_s)
        progress.chunks += 1
    figures = {**asdict(progress), "held_out": measure(model, tokenizer, seed=seed)}
    (out / "run").mkdir(parents=True, exist_ok=True)
    (out / "run" / "figures.json").write_text(json.dumps(figures) + "\n")
    export(model.encoder, tokenizer, out)
    return progress


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the exported encoder")
    parser.add_argument("--hours", type=float, default=0.4, help="wall time of training")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    progress = pretrain(arguments.out, hours=arguments.hours, seed=arguments.seed)
    print(json.dumps(asdict(progress)))


if __name__ == "__main__":
    main()
