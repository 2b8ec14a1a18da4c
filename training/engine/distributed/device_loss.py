"""A device that is lost in the middle of a run: told from other errors, and what a person can do about it.

After one of these a process cannot use the device any more, nor read from it what it held: only what was saved counts.
"""

from __future__ import annotations

from typing import Final

import torch

from training.engine.contracts import TrainError

# How drivers and their libraries begin or name what they say; torch wraps some of it in errors of no kind of their own.
_LOST_MESSAGES: Final = (
    "CUDA error",
    "HIP error",
    "NCCL error",
    "CUDNN_STATUS",
    "CUBLAS_STATUS",
    "CUSOLVER_STATUS",
    "device-side assert",
    "uncorrectable ECC",
    "GPU has fallen off the bus",
    "NCCL communicator was aborted",
    "no CUDA-capable device",
)
_OUT_OF_MEMORY_MESSAGES: Final = ("out of memory", "ALLOC_FAILED")
HINT: Final = (
    "Resume continues from the newest checkpoint, on any host that takes it. If it happens here again, check the GPU: "
    "if `nvidia-smi` or `dmesg` names Xid errors, reset it or restart the host."
)


def is_device_lost(error: BaseException) -> bool:
    """Return whether an error says that the device failed; not that its memory ran out."""
    if not isinstance(error, RuntimeError) or isinstance(error, torch.OutOfMemoryError):
        return False
    message = str(error)
    if any(words in message for words in _OUT_OF_MEMORY_MESSAGES):
        return False
    return isinstance(error, torch.AcceleratorError) or any(words in message for words in _LOST_MESSAGES)


def device_lost(error: BaseException) -> TrainError:
    """The end of a run whose device was lost, in its first words."""
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return TrainError("device_lost", f"the device failed: {first}", HINT)
