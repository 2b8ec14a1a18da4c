"""llama.cpp's own converter, where a setting names it: GGUF in 16 bits of every family that it knows."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from training.engine import disk
from training.engine.contracts import TrainError
from training.engine.export import ends, families, programs, vocabulary
from training.engine.model.loading import LoadedStudent

SCRIPT: Final = "convert_hf_to_gguf.py"
_RUNNER: Final = Path(__file__).with_name("by_llama_cpp.py")
_OFFLINE: Final = {"HF_HUB_OFFLINE": "1"}


def script_of(setting: str) -> Path:
    """Return the script that a setting names, itself or by its folder.

    Raises:
        TrainError: There is none.
    """
    path = Path(setting)
    script = path / SCRIPT if path.is_dir() else path
    if not script.is_file():
        message = f"LLAMA_CONVERTER names {setting}, and there is no {SCRIPT}"
        raise TrainError("no_converter", message, "Correct LLAMA_CONVERTER of the worker, or unset it.")
    return script.resolve()


def convert(
    student: LoadedStudent,
    target: Path,
    *,
    script: Path,
    title: str,
    licence: str,
    should_stop: Callable[[], bool],
) -> int:
    """Write a student as one GGUF file in 16 bits, whole or not at all.

    The converter reads a folder of weights in fp32, so that they are rounded once, by it. It lies beside the target
    meanwhile.

    Returns:
        Number of tensors in the file.

    Raises:
        Stopped: It was asked to.
        TrainError: llama.cpp computes the student's layers otherwise, the converter failed, or the disk filled up.
    """
    # The converter passes such layers over without a word.
    families.require_layers_as_known(student.model.config.get_text_config())
    folder = target.with_name(f".{target.name}.weights")
    facts = {"general.name": title, "general.license": licence}
    try:
        disk.make_folder(folder)
        disk.require_room(folder, 4 * student.parameters // disk.DISK_MARGIN)
        with disk.whole_or_gone(folder):
            student.model.save_pretrained(folder)
            ends.write_tokenizer(folder, student.chat, ends.generation_of(student.model))
            (folder / "facts.json").write_text(json.dumps({name: text for name, text in facts.items() if text}))
        runner = [sys.executable, "-P", str(_RUNNER), str(script), vocabulary.cut_of(student), str(folder)]
        options = ["--outtype", "f16", "--metadata", str(folder / "facts.json")]
        programs.write(
            target,
            lambda draft: [*runner, "--outfile", str(draft), *options],
            failed=_failed,
            should_stop=should_stop,
            environment=_OFFLINE,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return len(programs.tensor_names(target))


def _failed(words: str) -> TrainError:
    return TrainError("gguf_not_converted", f"{SCRIPT} failed: {words}", "Export this miniature as merged safetensors.")
