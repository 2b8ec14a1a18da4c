"""Log-probability of each completion under a run's first model: computed once, kept in a file, read by every step.

The reference is the tuned model with its fresh adapter switched off, which is the model the run started from. Its
log-probabilities never change, so no step pays for a second forward pass. They are kept under the hash of the very
tokens and of the very weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import torch
from accelerate import Accelerator
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from training.engine.checkpoints import checkpoint
from training.engine.data.completion_batch import collate_completions
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.divergence import divergence, score_source
from training.engine.loss.log_probs import log_probs
from training.engine.loss.supervised_head import Network
from training.engine.model.merged_lora import ADAPTER
from training.engine.objectives.base import Measures, measure

FOLDER: Final = "reference"
VALUES: Final = "log_probs"
Key = bytes


class ReferenceLogProbs:
    """Log-probabilities under the reference, by what was said: `key(row)`."""

    def __init__(self) -> None:
        self._values: dict[Key, float] = {}

    def of(self, rows: Iterable[TokenRow], device: torch.device) -> torch.Tensor:
        """Look up that of each row, (S) in fp32, nats.

        Raises:
            KeyError: A row that was not measured.
        """
        return torch.tensor([self._values[key(row)] for row in rows], dtype=torch.float32, device=device)

    def measure(
        self,
        network: Network,
        accelerator: Accelerator,
        rows: Iterable[TokenRow],
        *,
        batch_size: int,
        weights: str,
        folders: Sequence[Path],
        stop_if_asked: Callable[[], None],
    ) -> bool:
        """Find out what the reference says of rows, or read it where an earlier attempt has found out.

        All processes call it together and share the work; adapters must be switched off (see `adapter_switched_off`).

        Args:
            rows: Completions with their prompts; said twice, measured once.
            batch_size: Completions in one forward pass.
            weights: Hash of the weights the reference has.
            folders: Where it may have been kept; it is kept in the first.
            stop_if_asked: Called before every batch; what it raises passes through.

        Returns:
            Whether it was computed, not read.
        """
        distinct = {key(row): row for row in rows}
        order = sorted(distinct)
        name = hashlib.sha256(b"".join(order) + weights.encode()).hexdigest()[:32] + ".safetensors"
        log_prob_values = next(
            (values for folder in folders if (values := _read(folder / FOLDER / name, len(order)))), None
        )
        # Every process must take the same way, or those that compute wait for ever.
        missing = accelerator.reduce(torch.tensor(int(log_prob_values is None), device=network.device), "sum")
        if log_prob_values is None or int(missing):
            log_prob_values = _computed(
                network, accelerator, [distinct[each] for each in order], batch_size, stop_if_asked
            )
            if accelerator.is_main_process:
                checkpoint.write_weights(folders[0] / FOLDER / name, {VALUES: torch.tensor(log_prob_values)})
        self._values.update(zip(order, log_prob_values, strict=True))
        return bool(int(missing))


def key(row: TokenRow) -> Key:
    """Return what tells what a row says from what others say; its id does not count."""
    return hashlib.blake2b(f"{row.prompt_length}:{row.ids}".encode(), digest_size=16).digest()


def has_adapter(model: nn.Module) -> bool:
    return any(isinstance(layer, LoraLayer) and ADAPTER in layer.scaling for layer in model.modules())


@contextmanager
def adapter_switched_off(model: nn.Module) -> Iterator[None]:
    """The model without its fresh adapter; one it was started from stays on.

    A model without adapters stays as it is.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, LoraLayer) and ADAPTER in layer.scaling]
    active = [list(layer.active_adapters) for layer in layers]
    # PEFT thaws what it switches on, and one adapter may be frozen for good.
    thawed = [parameter for parameter in model.parameters() if parameter.requires_grad]
    was_training = model.training
    model.eval()
    try:
        for layer, names in zip(layers, active, strict=True):
            layer.set_adapter([name for name in names if name != ADAPTER])
        with torch.no_grad():
            yield
    finally:
        for layer, names in zip(layers, active, strict=True):
            layer.set_adapter(names)
        if layers:
            model.requires_grad_(False)
        for parameter in thawed:
            parameter.requires_grad_(True)
        model.train(was_training)


def _computed(
    network: Network,
    accelerator: Accelerator,
    rows: Sequence[TokenRow],
    batch_size: int,
    stop_if_asked: Callable[[], None],
) -> list[float]:
    results = torch.zeros(len(rows), dtype=torch.float64, device=network.device)
    by_length = sorted(range(len(rows)), key=lambda index: rows[index].length)
    batches = [by_length[at : at + batch_size] for at in range(0, len(by_length), batch_size)]
    mine = batches[accelerator.process_index :: accelerator.num_processes]
    for turn in range(-(-len(batches) // accelerator.num_processes)):
        stop_if_asked()
        # A model in parts reads only when all processes do: one that has run out reads a batch that counts for nothing.
        batch = mine[turn] if turn < len(mine) else batches[0]
        layout = collate_completions([[rows[index]] for index in batch], network.pad, share=False).to(network.device)
        batch_results = log_probs(network, layout).double()
        if turn < len(mine):
            results[batch] = batch_results
    total: list[float] = accelerator.reduce(results, "sum").tolist()
    return total


def _read(path: Path, count: int) -> list[float] | None:
    try:
        values: list[float] = load_file(path)[VALUES].tolist()
    except (OSError, KeyError, SafetensorError):
        return None
    return values if len(values) == count else None


def reference_kl(network: Network, rows: Sequence[TokenRow]) -> Measures:
    """KL(tuned || reference) over the supervised tokens of rows, as the measure `drift`, nats per token.

    Exact: both distributions are whole at each position. Asked at validations only: it costs a second forward pass.
    Empty while gradients are on, without rows, and for a model tuned as a whole: it has no adapter to switch off.
    """
    if torch.is_grad_enabled() or not rows or not has_adapter(network.model):
        return {}
    layout = collate_completions([[row] for row in rows], network.pad, share=False).to(network.device)
    mine = score_source(network, layout)
    with adapter_switched_off(network.model):
        theirs = score_source(network, layout)
    apart, _, _ = divergence(mine, theirs, layout.targets, vocabulary=mine.width, direction="reverse", temperature=1.0)
    return {"drift": measure(apart, count=layout.targets.numel())}
