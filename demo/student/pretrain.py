"""Pre-training of the demo student from scratch: `python -m demo.student.pretrain --out DIR`, on a GPU if any.

One readable loop: a tokenizer, a small Llama, batches from a seeded stream, Muon for matrices and AdamW for the rest,
and a folder of bf16 weights that `from_pretrained` loads. The learning rate follows the clock, so the number of steps
depends on the machine. The demo encoder uses the same loop.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LlamaForCausalLM

from demo.student import batches, corpus
from demo.student.architecture import build_model
from demo.student.tokenizer import CONTEXT, END_ID, PAD_ID, save, train

TOKENIZER_EXAMPLES: Final = 12_000
HELD_OUT: Final = 24
# Padded positions of a batch. A GPU takes as long for many as for few.
BATCH_TOKENS: Final = {"cpu": 4096, "cuda": 131_072}
COPYING_BATCH_TOKENS: Final = {"cpu": 2048, "cuda": 32_768}
WARM_UP: Final = 0.01
DECAY_FROM: Final = 0.5
MATRIX_LR: Final = 0.02
OTHER_LR: Final = 0.003
# Share of time for copying alone, on short lines in small batches: it depends on the number of steps.
COPYING_PHASE: Final = 0.06
COPYING_MIX: Final = corpus.Mix(echo=0.65, copying=0.25, plain=0.02)


Batch = TypeVar("Batch")


@dataclass(slots=True)
class Progress:
    """Progress of a training."""

    seed: int
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0


def completion_loss(model: LlamaForCausalLM, batch: batches.DemoBatch) -> Tensor:
    """Return the mean next-token loss in nats over the supervised positions of a batch; logits exist only there."""
    device = model.device
    targets = batch.labels[:, 1:].flatten()
    places = (targets != batches.IGNORED).nonzero().squeeze(1)  # (N,), on the CPU: a GPU would have to be waited for
    hidden: Tensor = model.model(input_ids=batch.ids.to(device, non_blocking=True)).last_hidden_state[:, :-1]
    logits = model.lm_head(hidden.flatten(0, 1)[places.to(device, non_blocking=True)])  # (N, V)
    loss: Tensor = cross_entropy(logits.float(), targets[places].to(device, non_blocking=True))
    return loss


def loss_of(model: LlamaForCausalLM, batch: batches.DemoBatch) -> tuple[Tensor, int]:
    """Return the loss of a batch, and its number of tokens."""
    return completion_loss(model, batch), int((batch.ids != PAD_ID).sum())


def build_optimizers(model: nn.Module) -> list[torch.optim.Optimizer]:
    """Build Muon for the matrices inside the layers, and AdamW for embeddings, norms and heads."""
    inner = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or ".layers." not in name]
    return [
        torch.optim.Muon(inner, lr=MATRIX_LR, weight_decay=0.01, momentum=0.95),
        torch.optim.AdamW(others, lr=OTHER_LR, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def rate_at(share: float) -> float:
    """Return the factor on learning rates at `share` of the time: warm-up, plateau, linear decay to 2 %."""
    if share < WARM_UP:
        return max(share / WARM_UP, 0.02)
    return 1.0 if share < DECAY_FROM else max(0.02, (1.0 - share) / (1.0 - DECAY_FROM))


def measure(model: LlamaForCausalLM, tokenizer: Tokenizer, *, seed: int) -> dict[str, float]:
    """Return held-out losses in nats per supervised token, by kind of text, on a stream never trained on."""
    mixes = {
        "echo": corpus.Mix(1, 0, 0),
        "copying": corpus.Mix(0, 1, 0),
        "documents": corpus.Mix(0, 0, 0),
        "plain": corpus.Mix(0, 0, 1),
    }
    losses = {}
    for sort, mix in mixes.items():
        rows = [batches.example(tokenizer, item) for item in islice(corpus.example_stream(-seed - 1, mix), HELD_OUT)]
        batch = batches.padded([row for row in rows if len(row.ids) <= CONTEXT], pad_id=PAD_ID)
        with torch.inference_mode(), torch.autocast(model.device.type, dtype=torch.bfloat16):
            losses[sort] = round(completion_loss(model, batch).item(), 4)
    return losses


def train_on(
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    work: Iterable[Batch],
    loss_of: Callable[[Batch], tuple[Tensor, int]],
    *,
    progress: Progress,
    budget_s: float,
    until: float = 1.0,
) -> None:
    """Take one step for each batch until there are no more, or the time is over. Updates `progress`.

    Args:
        loss_of: Function from a batch to its loss and its number of tokens.
        budget_s: Wall time of the whole training, including waits for batches; determines the rates.
        until: Share of that time after which to stop.
    """
    started = time.monotonic() - progress.seconds
    device = next(model.parameters()).device.type
    for batch in work:
        factor = rate_at(progress.seconds / budget_s)
        for optimizer, base in zip(optimizers, (MATRIX_LR, OTHER_LR), strict=True):
            optimizer.param_groups[0]["lr"] = base * factor
        with torch.autocast(device, dtype=torch.bfloat16):
            loss, tokens = loss_of(batch)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.steps += 1
        progress.tokens += tokens
        progress.seconds = time.monotonic() - started
        if progress.seconds >= until * budget_s:
            return


def export(model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the loadable folder: bf16 weights, configs and tokenizer. The model becomes bf16."""
    folder.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(eos_token_id=END_ID, pad_token_id=PAD_ID, do_sample=False)
    model.bfloat16().save_pretrained(folder)
    save(tokenizer, folder)


def learn_tokenizer(*, seed: int) -> Tokenizer:
    """Train the tokenizer on the first items of the training stream."""
    items = islice(corpus.example_stream(seed), TOKENIZER_EXAMPLES)
    return train(item if isinstance(item, str) else f"{item.prompt}\n{item.completion}" for item in items)


def pretrain(out: Path, *, hours: float, seed: int = 1, start: Path | None = None, device: str = "cpu") -> Progress:
    """Train for `hours` of wall time, export to `out`, and write the held-out losses to `out/run/figures.json`.

    Args:
        hours: Wall time of training.
        seed: Seed of initial weights and stream.
        start: Folder of an earlier training to continue, which has learnt to copy.
        device: `cpu` or `cuda`.
    """
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json")) if start else learn_tokenizer(seed=seed)
    model = LlamaForCausalLM.from_pretrained(start, dtype=torch.float32) if start else build_model(seed=seed)
    nn.Module.to(model, device)
    progress = Progress(seed)
    optimizers, budget_s = build_optimizers(model), hours * 3600
    processes = max(1, (os.cpu_count() or 1) - 2) if device == "cuda" else 0
    phases = ((COPYING_MIX, COPYING_BATCH_TOKENS, COPYING_PHASE), (corpus.MAIN_MIX, BATCH_TOKENS, 1.0))
    for mix, tokens, until in phases[1:] if start else phases:
        work = batches.stream(tokenizer, seed=seed, mix=mix, tokens=tokens[device], processes=processes)
        train_on(model, optimizers, work, partial(loss_of, model), progress=progress, budget_s=budget_s, until=until)
    write_figures(out, progress, measure(model, tokenizer, seed=seed))
    export(model, tokenizer, out)
    return progress


def write_figures(out: Path, progress: Progress, held_out: dict[str, float]) -> None:
    """Write the progress and the held-out losses to `out/run/figures.json`."""
    (out / "run").mkdir(parents=True, exist_ok=True)
    (out / "run" / "figures.json").write_text(json.dumps({**asdict(progress), "held_out": held_out}) + "\n")


def arguments_of(description: str | None, *, hours: float) -> argparse.ArgumentParser:
    """Build the command line of a pre-training; `hours` is the default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, required=True, help="folder for the exported model")
    parser.add_argument("--hours", type=float, default=hours, help="wall time of training")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def main() -> None:
    parser = arguments_of(__doc__, hours=0.9)
    parser.add_argument("--start", type=Path, help="folder of an earlier training to go on from")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    done = pretrain(options.out, hours=options.hours, seed=options.seed, start=options.start, device=device)
    print(json.dumps(asdict(done)))


if __name__ == "__main__":
    main()
