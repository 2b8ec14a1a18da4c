"""llama.cpp's own quantizer, where this host has it on its PATH: it writes formats in blocks that nobody else writes.

A Modelfile beside a GGUF file has Ollama load it, and end where it ends here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from training.engine.contracts import TrainError
from training.engine.data.chat import Chat
from training.engine.export import programs

QUANTIZER: Final = "llama-quantize"
# By export format: what the program calls it, and file names with it.
KINDS: Final = {"gguf-q8": "Q8_0", "gguf-q5": "Q5_K_M", "gguf-q4": "Q4_K_M"}


def has_quantizer() -> bool:
    """Return whether llama.cpp's quantizer is installed here."""
    return shutil.which(QUANTIZER) is not None


def quantise(source: Path, target: Path, kind: str, *, should_stop: Callable[[], bool]) -> None:
    """Write a GGUF file in 16 bits anew as `kind`, whole or not at all.

    Args:
        kind: One of `KINDS`' values. Matrices that a block does not divide get the format nearest to it.

    Raises:
        Stopped: It was asked to.
        TrainError: The program is missing or failed, or left out a tensor.
    """
    program = shutil.which(QUANTIZER)
    if program is None:
        raise TrainError(
            "no_quantizer",
            f"only llama.cpp's program {QUANTIZER} writes {kind}, and this host has none on its PATH",
            "Install llama.cpp on the hosts that export, or export in 8 bits.",
        )
    programs.write(
        target,
        lambda draft: [program, str(source), str(draft), kind],
        failed=_failed,
        should_stop=should_stop,
        names=programs.tensor_names(source),
    )


def write_modelfile(file: Path, chat: Chat) -> None:
    """Write the Modelfile of a GGUF file beside it; `ollama create NAME -f Modelfile` reads both."""
    stops = sorted(str(chat.tokenizer.convert_ids_to_tokens(stop)) for stop in chat.stops)
    lines = [f"FROM ./{file.name}", *(f'PARAMETER stop "{stop}"' for stop in stops if '"' not in stop)]
    (file.parent / "Modelfile").write_text("\n".join(lines) + "\n")


def _failed(words: str) -> TrainError:
    return TrainError("gguf_not_quantised", f"{QUANTIZER} failed: {words}", "Export in 16 or 8 bits instead.")
