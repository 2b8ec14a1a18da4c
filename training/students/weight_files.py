"""Headers of safetensors files, checked before anything loads them.

Every tensor lies in the file, and no two share a byte.

Pure Python, without torch. The format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Final

from web import strict_json

MAX_HEADER_BYTES: Final = 100 * 1024 * 1024
MAX_DIMENSIONS: Final = 8
MAX_SIZE: Final = 2**48
# Bits of one number. A type that is not here is refused: its place in the file could not be checked.
BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip

Shape = tuple[int, ...]


def shapes_in(file: Path) -> dict[str, Shape]:
    """Shape of every tensor in a file, by name. Reads the header only: eight bytes of length, then JSON.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged or lies about what it holds; says which tensor.
    """
    with file.open("rb") as handle:
        prefix = handle.read(8)
        if len(prefix) < 8:
            raise ValueError("it is shorter than its header")
        (length,) = struct.unpack("<Q", prefix)
        if length > MAX_HEADER_BYTES:
            raise ValueError("its header is too long")
        header = strict_json.parse(handle.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header names no tensors")
    header.pop("__metadata__", None)
    shapes, spans = {}, []
    for name, entry in header.items():
        shapes[name], span = _tensor(name, entry)
        spans.append((*span, name))
    _require_places(sorted(spans), data_bytes=file.stat().st_size - 8 - length)
    return shapes


def _tensor(name: str, entry: object) -> tuple[Shape, tuple[int, int]]:
    shown = repr(name[:80])
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        raise ValueError(f"tensor {shown} lacks a type, a shape or a place")
    shape, offsets, bits = entry["shape"], entry["data_offsets"], BITS.get(str(entry["dtype"]))
    if bits is None:
        raise ValueError(f"tensor {shown} is of an unknown type")
    if not _are_sizes(shape) or len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"tensor {shown} has a shape that no weights have")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"tensor {shown} has no place in the file")
    if 8 * (offsets[1] - offsets[0]) != bits * math.prod(shape):
        raise ValueError(f"tensor {shown} has another length than its shape says")
    return tuple(shape), (offsets[0], offsets[1])


def _are_sizes(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value <= MAX_SIZE for value in values)


def _require_places(spans: list[tuple[int, int, str]], *, data_bytes: int) -> None:
    reached = 0
    for begin, end, name in spans:
        if begin < reached:
            raise ValueError(f"tensor {name[:80]!r} overlaps another")
        if begin > reached or end > data_bytes:
            raise ValueError(f"tensor {name[:80]!r} is outside the file, or behind a gap")
        reached = end
    if reached != data_bytes:
        raise ValueError("it holds bytes that belong to no tensor, or lacks some")
