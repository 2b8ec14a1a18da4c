"""Read the same rows in smaller batches when memory runs out in the middle of a step.

A step's loss is a sum over its rows divided by what the whole step holds, so rows may be read in as many passes as it
takes and the step stays the same up to rounding. Nothing of a step has been applied while its passes run: its
gradients are thrown away and the step is read again from where the run stood.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import torch

from training.engine.contracts import TrainError

R = TypeVar("R")
_MESSAGES: Final = ("can't allocate memory", "not enough memory", "out of memory")
HINT: Final = "Lower batch_size and raise accumulation, turn on gradient checkpointing, or choose a larger device."


def split_batches(batches: list[list[Any]], halvings: int) -> list[list[Any]]:
    """Each batch as 2 ** `halvings` of like size, where it has rows enough; no row is lost or read twice."""
    parts = 1 << halvings
    return [piece for batch in batches for start in range(min(parts, len(batch))) if (piece := batch[start::parts])]


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out: a GPU's, or this process's."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # A CPU's allocator and some drivers have no error of their own.
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _MESSAGES)


def retry_smaller(work: Callable[[], R], *, give_way: Callable[[str], None]) -> R:
    """Do `work` and return its result, tried again after each shortage once `give_way` has made it need less.

    Args:
        work: Leaves nothing behind that would count when it is done again.
        give_way: Told what happened; raises where it cannot make it need less.
    """
    while True:
        try:
            return work()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).splitlines()[0] if str(error) else "memory ran out"
        # Here the error is gone, and with it the frames that held the failed pass's tensors.
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        give_way(reason)


@contextmanager
def cannot_retry() -> Iterator[None]:
    """Around what changes weights: a shortage in there cannot be mended, since half of the step may be applied.

    Raises:
        TrainError: There was one. The last checkpoint is whole, and a resumed run continues from it.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise out_of_memory(f"while weights were changed: {error}") from None
        raise


def widest(batches: Sequence[Sequence[Any]]) -> int:
    """Rows of the largest batch."""
    return max(len(batch) for batch in batches)


def out_of_memory(what: str) -> TrainError:
    """Memory ran out and nothing is left to be made smaller."""
    return TrainError("out_of_memory", f"memory ran out {what}", HINT)
