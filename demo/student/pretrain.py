"""Pre-trains the demo student from scratch on a CPU: `python -m demo.student.pretrain --out DIR`.

One readable loop: tokenizer, a small Llama-shaped model, batches from a seeded stream, Muon for the matrices and
AdamW for the rest, and at the end a folder of bf16 weights that `from_pretrained` loads. The learning rate follows the
clock, so the stream is seeded but the number of steps is the machine's. The demo encoder is trained by the same steps.
"""

import argparse
import json
import time
from collections.abc import Callable
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
BATCH_TOKENS: Final = 4096
COPYING_BATCH_TOKENS: Final = 2048
WARM_UP: Final = 0.01
DECAY_FROM: Final = 0.5
MATRIX_LR: Final = 0.02
OTHER_LR: Final = 0.003
COPYING_PHASE: Final = 0.06
COPYING_MIX: Final = corpus.Mix(echo=0.65, copying=0.25, plain=0.02)


Batch = TypeVar("Batch")


@dataclass(slots=True)
class Progress:
    """Work done so far."""

    seed: int
    chunks: int = 0
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0


def completion_loss(model: LlamaForCausalLM, ids: Tensor, labels: Tensor) -> Tensor:
    """Mean next-token loss in nats over supervised places; logits exist only there.

    Args:
        ids: Token ids, (B, T).
        labels: Token ids, (B, T); -100 marks prompt and padding.
    """
    hidden: Tensor = model.model(input_ids=ids).last_hidden_state[:, :-1]  # (B, T-1, D)
    wanted = labels[:, 1:]
    is_supervised = wanted != batches.IGNORED
    logits = model.lm_head(hidden[is_supervised])  # (N, V)
    loss: Tensor = cross_entropy(logits.float(), wanted[is_supervised])
    return loss


def loss_of(model: LlamaForCausalLM, batch: batches.DemoBatch) -> tuple[Tensor, int]:
    """The loss of a batch, and how many tokens it holds."""
    ids = torch.tensor(batch.ids)
    return completion_loss(model, ids, torch.tensor(batch.labels)), int((ids != PAD_ID).sum())


def build_optimizers(model: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings, norms and heads."""
    inner = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or ".layers." not in name]
    return [
        torch.optim.Muon(inner, lr=MATRIX_LR, weight_decay=0.01, momentum=0.95),
        torch.optim.AdamW(others, lr=OTHER_LR, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def rate_at(share: float) -> float:
    """Factor on the learning rates at `share` of the time: warm-up, plateau, linear decay to 2 %."""
    if share < WARM_UP:
        return max(share / WARM_UP, 0.02)
    return 1.0 if share < DECAY_FROM else max(0.02, (1.0 - share) / (1.0 - DECAY_FROM))


def phase_at(share: float) -> tuple[corpus.Mix, int]:
    """The mix of texts and the padded tokens of a batch at `share` of the time.

    Copying is learnt first, on short lines in small batches: it comes with the number of steps.
    """
    return (COPYING_MIX, COPYING_BATCH_TOKENS) if share < COPYING_PHASE else (corpus.MAIN_MIX, BATCH_TOKENS)


def measure(model: LlamaForCausalLM, tokenizer: Tokenizer, *, seed: int) -> dict[str, float]:
    """Held-out losses in nats per supervised token, by sort of text, on a stream never trained on."""
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
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            losses[sort] = round(completion_loss(model, torch.tensor(batch.ids), torch.tensor(batch.labels)).item(), 4)
    return losses


def train_chunk(
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    work: list[Batch],
    loss_of: Callable[[Batch], tuple[Tensor, int]],
    *,
    progress: Progress,
    budget_s: float,
) -> None:
    """One pass over a chunk's batches; stops early when the time is spent. Updates `progress`.

    Args:
        loss_of: The loss of a batch, and how many tokens it holds.
    """
    started, before = time.monotonic(), progress.seconds
    for batch in work:
        factor = rate_at(progress.seconds / budget_s)
        for optimizer, base in zip(optimizers, (MATRIX_LR, OTHER_LR), strict=True):
            optimizer.param_groups[0]["lr"] = base * factor
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss, tokens = loss_of(batch)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.steps += 1
        progress.tokens += tokens
        progress.seconds = before + time.monotonic() - started
        if progress.seconds >= budget_s:
            return


def export(model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes the loadable folder: bf16 weights, configs and tokenizer. The model becomes bf16."""
    folder.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(eos_token_id=END_ID, pad_token_id=PAD_ID, do_sample=False)
    model.bfloat16().save_pretrained(folder)
    save(tokenizer, folder)


def learn_tokenizer(*, seed: int) -> Tokenizer:
    """The tokenizer, learnt from the head of the training stream."""
    items = islice(corpus.example_stream(seed), TOKENIZER_EXAMPLES)
    return train(item if isinstance(item, str) else f"{item.prompt}\n{item.completion}" for item in items)


def pretrain(out: Path, *, hours: float, seed: int = 1, compiled: bool = False) -> Progress:
    """Trains for `hours` of wall time, exports to `out`, and writes the held-out losses to `out/run/figures.json`.

    Args:
        hours: Wall time of training.
        seed: Fixes initial weights and stream.
        compiled: Compiles the layers; a fifth faster, needs a C++ compiler.
    """
    tokenizer = learn_tokenizer(seed=seed)
    model, progress = build_model(seed=seed), Progress(seed)
    optimizers, budget_s = build_optimizers(model), hours * 3600
    if compiled:
        model.model.forward = torch.compile(model.model.forward, dynamic=True)
    while progress.seconds < budget_s:
        mix, batch_tokens = phase_at(progress.seconds / budget_s)
        work = batches.chunk(tokenizer, seed=seed, number=progress.chunks, mix=mix, tokens=batch_tokens)
        train_chunk(model, optimizers, work, partial(loss_of, model), progress=progress, budget_s=budget_s)
        progress.chunks += 1
    write_figures(out, progress, measure(model, tokenizer, seed=seed))
    export(model, tokenizer, out)
    return progress


def write_figures(out: Path, progress: Progress, held_out: dict[str, float]) -> None:
    """Write the work done and the held-out losses to `out/run/figures.json`."""
    (out / "run").mkdir(parents=True, exist_ok=True)
    (out / "run" / "figures.json").write_text(json.dumps({**asdict(progress), "held_out": held_out}) + "\n")


def arguments_of(description: str | None, *, hours: float) -> argparse.ArgumentParser:
    """Command line of a pre-training; `hours` is its default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, required=True, help="folder for the exported model")
    parser.add_argument("--hours", type=float, default=hours, help="wall time of training")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def main() -> None:
    parser = arguments_of(__doc__, hours=0.9)
    parser.add_argument("--compile", action="store_true", help="compile the layers (needs a C++ compiler)")
    options = parser.parse_args()
    print(json.dumps(asdict(pretrain(options.out, hours=options.hours, seed=options.seed, compiled=options.compile))))


if __name__ == "__main__":
    main()
