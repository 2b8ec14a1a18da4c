"""Pre-trains the demo encoder from scratch on a CPU: `python -m demo.encoder.pretrain --out DIR --hours 0.4`.

Tokenizer, a small ModernBERT, batches from a seeded stream, Muon for the matrices and AdamW for the rest, a checkpoint
every few chunks, and at the end a folder of bf16 weights. The learning rate follows the clock, so the stream is seeded but the
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
CHUNKS_BETWEEN: Final = 4


@dataclass(slots=True)
class Progress:
    """State that a checkpoint needs to resume, beside weights and optimizer states."""

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


def store(folder: Path, model: Pretraining, optimizers: list[torch.optim.Optimizer], progress: Progress) -> None:
    """Writes the checkpoint beside the old one and renames it over, so that a kill leaves one whole."""
    state = {
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "progress": asdict(progress),
    }
    part = folder / "checkpoint.pt.part"
    torch.save(state, part)
    part.replace(folder / "checkpoint.pt")


def restore(folder: Path, model: Pretraining, optimizers: list[torch.optim.Optimizer]) -> Progress:
    """Loads what `store` wrote into the model and optimizers and returns how far it had come."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return Progress(**state["progress"])


def export(encoder: ModernBertModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes the loadable folder: bf16 weights, config and tokenizer. The encoder becomes bf16."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder.bfloat16().save_pretrained(folder)
    save(tokenizer, folder)


def begin(run: Path, *, seed: int) -> tuple[Tokenizer, Pretraining]:
    """The tokenizer and the network before the first step, both learnt from the head of the stream.

    The tokenizer is kept in the run's folder, and read from there by a run that goes on.
    """
    kept = run / "tokenizer.json"
    if kept.exists():
        tokenizer = Tokenizer.from_file(str(kept))
        return tokenizer, Pretraining(build_encoder(seed=seed, vocabulary=tokenizer.get_vocab_size()))
    pairs = list(islice(stream.pairs(seed), FIRST_PAIRS))
    tokenizer = train(side.text for pair in pairs for side in (pair.first, pair.second))
    encoder = build_encoder(seed=seed, vocabulary=tokenizer.get_vocab_size())
    start_from(encoder, batches.counts(tokenizer, pairs))
    tokenizer.save(str(kept), pretty=False)
    return tokenizer, Pretraining(encoder)


def pretrain(out: Path, *, hours: float, seed: int = 1, resume: bool = False) -> Progress:
    """Trains for `hours` of wall time and exports to `out`; a checkpoint and a log lie in `out/run`.

    Args:
        hours: Wall time of training, earlier parts included when resuming; the reading of the stream counts.
        seed: Fixes initial weights and stream.
        resume: Continues from `out/run/checkpoint.pt`.
    """
    run = out / "run"
    run.mkdir(parents=True, exist_ok=True)
    if not resume:
        (run / "tokenizer.json").unlink(missing_ok=True)
    tokenizer, model = begin(run, seed=seed)
    optimizers, progress = build_optimizers(model), Progress(seed)
    if resume:
        progress = restore(run, model, optimizers)
    budget_s = hours * 3600
    while progress.seconds < budget_s:
        began = time.monotonic()
        work = batches.chunk(tokenizer, seed=seed, number=progress.chunks, tokens=BATCH_TOKENS)
        progress.seconds += time.monotonic() - began
        train_chunk(model, optimizers, work, progress=progress, budget_s=budget_s)
        progress.chunks += 1
        if progress.chunks % CHUNKS_BETWEEN == 1 or progress.seconds >= budget_s:
            keep(run, model, optimizers, progress, tokenizer)
    export(model.encoder, tokenizer, out)
    return progress


def keep(
    run: Path, model: Pretraining, optimizers: list[torch.optim.Optimizer], progress: Progress, tokenizer: Tokenizer
) -> None:
    """Stores a checkpoint and logs held-out losses."""
    store(run, model, optimizers, progress)
    with (run / "log.jsonl").open("a") as log:
        log.write(json.dumps({**asdict(progress), "held_out": measure(model, tokenizer, seed=progress.seed)}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the exported encoder")
    parser.add_argument("--hours", type=float, default=0.4, help="wall time of training")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint in OUT/run")
    arguments = parser.parse_args()
    progress = pretrain(arguments.out, hours=arguments.hours, seed=arguments.seed, resume=arguments.resume)
    print(json.dumps(asdict(progress)))


if __name__ == "__main__":
    main()
