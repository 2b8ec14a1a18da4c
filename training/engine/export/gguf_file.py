"""A model as one GGUF file: names and shapes by llama.cpp's own table, tensor after tensor, then read back.

Written by ggml-org's `gguf` package, which holds the format and the names; how each family's config and weights differ
from what llama.cpp expects is said in `families`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from torch import Tensor

from jobs.rundir.durable import fsync_file
from training.engine import disk
from training.engine.contracts import Stopped, TrainError
from training.engine.export import families, vocabulary
from training.engine.export.families import Family
from training.engine.export.vocabulary import Vocabulary
from training.engine.model.loading import LoadedStudent

Q8: Final = gguf.GGMLQuantizationType.Q8_0
F16: Final = gguf.GGMLQuantizationType.F16
F32: Final = gguf.GGMLQuantizationType.F32


@dataclass(frozen=True)
class GgufTensor:
    """One tensor of the file: its name there, the fp32 numbers it holds, and the format they are written in."""

    name: str
    values: Tensor
    kind: gguf.GGMLQuantizationType

    def encoded(self) -> np.ndarray[Any, Any]:
        return np.ascontiguousarray(gguf.quants.quantize(self.values.float().contiguous().numpy(), self.kind))

    @property
    def bytes(self) -> int:
        block, size = gguf.GGML_QUANT_SIZES[self.kind]
        return self.values.numel() // block * size


@dataclass(frozen=True)
class GgufContents:
    family: Family
    config: Any
    vocabulary: Vocabulary
    tensors: list[GgufTensor]
    file_type: int

    @property
    def bytes(self) -> int:
        return sum(piece.bytes for piece in self.tensors)


def gguf_contents(student: LoadedStudent, *, quantised: bool) -> GgufContents:
    """Name each tensor, choose its format: matrices fp16, or 8 bits in blocks of 32 where they divide; the rest fp32.

    Raises:
        TrainError: The family, a rope, a tokenizer or a tensor has no counterpart in GGUF.
    """
    config = student.model.config.get_text_config()
    family = families.family_of(config)
    names = gguf.get_tensor_name_map(family.arch, config.num_hidden_layers)
    pieces = []
    for name, tensor in families.text_tensors(student.model):
        gguf_name = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if gguf_name is None:
            raise TrainError(
                "gguf_no_name",
                f"llama.cpp has no name for the tensor {name}",
                "Export this miniature as merged safetensors.",
            )
        values = family.reshape(name, tensor, config)
        pieces.append(GgufTensor(gguf_name, values, _kind(values, quantised)))
    pieces += [GgufTensor(name, values, F32) for name, values in families.extra_tensors(config)]
    file_type = gguf.LlamaFileType.MOSTLY_Q8_0 if quantised else gguf.LlamaFileType.MOSTLY_F16
    return GgufContents(family, config, vocabulary.read(student, config.vocab_size), pieces, file_type)


def write(
    path: Path,
    plan: GgufContents,
    *,
    title: str,
    licence: str,
    report: Callable[[int, int], object],
    should_stop: Callable[[], bool],
) -> None:
    """Write a plan as one file; it is whole and on the disk afterwards, or gone.

    Args:
        licence: Of the base; empty where it is not known.
        report: Told how many tensors of how many are written.
        should_stop: Asked before each tensor.

    Raises:
        Stopped: It was asked to.
        TrainError: The disk filled up.
    """
    draft = path.with_name(f".{path.name}.draft")
    with disk.whole_or_gone(draft):
        writer = gguf.GGUFWriter(draft, gguf.MODEL_ARCH_NAMES[plan.family.arch])
        try:
            _describe(writer, plan, title=title, licence=licence)
            for piece in plan.tensors:
                shape = tuple(piece.values.shape)
                writer.add_tensor_info(piece.name, shape, np.dtype(np.float32), piece.bytes, piece.kind)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for number, piece in enumerate(plan.tensors, 1):
                if should_stop():
                    draft.unlink(missing_ok=True)
                    raise Stopped
                writer.write_tensor_data(piece.encoded())
                report(number, len(plan.tensors))
        finally:
            writer.close()
        fsync_file(draft)
    draft.replace(path)


def verify(path: Path, plan: GgufContents, *, should_stop: Callable[[], bool]) -> None:
    """Read a file back and compare every tensor with what it was made of, bit for bit as encoded.

    Raises:
        Stopped: It was asked to.
        TrainError: A tensor is missing, of another shape, or differs.
    """
    written = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    if written.keys() != {piece.name for piece in plan.tensors}:
        raise _damaged(path, "its tensors are not those of the model")
    for piece in plan.tensors:
        if should_stop():
            raise Stopped
        tensor = written[piece.name]
        # GGUF counts dimensions from the innermost.
        if tuple(reversed(tensor.shape.tolist())) != tuple(piece.values.shape):
            raise _damaged(path, f"{piece.name} has another shape")
        if tensor.tensor_type != piece.kind or not np.array_equal(tensor.data, piece.encoded()):
            raise _damaged(path, f"{piece.name} differs")


def _kind(values: Tensor, quantised: bool) -> gguf.GGMLQuantizationType:
    if values.ndim < 2:
        return F32
    return Q8 if quantised and values.shape[-1] % gguf.GGML_QUANT_SIZES[Q8][0] == 0 else F16


def _describe(writer: gguf.GGUFWriter, plan: GgufContents, *, title: str, licence: str) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_file_type(plan.file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if title:
        writer.add_name(title)
    if licence:
        writer.add_license(licence)
    families.describe(writer, plan.config, plan.family)
    vocabulary.describe(writer, plan.vocabulary)


def _damaged(path: Path, what: str) -> TrainError:
    return TrainError(
        "gguf_damaged",
        f"{path.name} was read back and is not what was written: {what}",
        "Check this host's disk and memory, then export again.",
    )
