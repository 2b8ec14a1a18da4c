"""Batches of columnar files, and cells of theirs and of workbooks as JSON has them, their digits as they were written.

Part of `convert_worker`, and read in its process alone: it knows nothing of the project.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import struct
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

# Whole numbers beyond it are not all floats: written out, such a float would show digits that nobody wrote.
GREATEST_INTEGER = 2**53 - 1
BATCH_ROWS = 500
# Begins each message of an Arrow stream, as the library `datasets` saves one.
STREAM = b"\xff\xff\xff\xff"
_MIDNIGHT, _NO_FRACTION = re.compile(r" 00:00:00$"), re.compile(r"\.0+(?=$|[-+Z])")


def parquet_batches(path: Path) -> tuple[list[str], Iterator[Any]]:
    """Return the columns of a Parquet file, and its rows a few hundred at a time."""
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    return file.schema_arrow.names, file.iter_batches(batch_size=BATCH_ROWS, use_threads=False)


def arrow_batches(path: Path) -> tuple[list[str], Iterator[Any]]:
    """Return the columns of an Arrow file or stream, and its rows a few hundred at a time."""
    import pyarrow as pa

    source = pa.OSFile(str(path))
    pieces: Iterable[Any]
    if source.read(len(STREAM)) == STREAM:
        source.seek(0)
        pieces = file = pa.ipc.open_stream(source)
    else:
        file = pa.ipc.open_file(source)
        pieces = (file.get_batch(at) for at in range(file.num_record_batches))
    cut = (piece.slice(at, BATCH_ROWS) for piece in pieces for at in range(0, piece.num_rows, BATCH_ROWS))
    return file.schema.names, cut


def plain(value: object) -> Any:
    """Return a value as JSON has it; a decimal stays one.

    Raises:
        ValueError: It has no such form.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, dt.datetime):
        # A day alone: with a zone, midnight is a moment.
        is_day = value.tzinfo is None and value.time() == dt.time()
        return value.date().isoformat() if is_day else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta | UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise ValueError("holds bytes instead of text") from None
    raise ValueError(f"holds a {type(value).__name__}, which is not read here")


def _number(number: float | Decimal) -> int | float | Decimal:
    if math.isnan(number):
        raise ValueError("is NaN, which is not a number")
    if math.isinf(number):
        raise ValueError("is too large for a number")
    if isinstance(number, Decimal):
        return number
    return int(number) if number.is_integer() and abs(number) <= GREATEST_INTEGER else number


def written_out(value: Any) -> str:
    """Return JSON of what `plain` returned, with decimals digit by digit."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except TypeError:
        # There are decimals in it, which the encoder does not know.
        return _digit_by_digit(value)


def _digit_by_digit(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return f"[{', '.join(map(_digit_by_digit, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{written_out(name)}: {_digit_by_digit(part)}' for name, part in value.items())}}}"
    return written_out(value)


def column_values(column: Any) -> list[Any]:
    """Return the values of an Arrow array as Python's.

    Narrow floats and fine times by the digits they were written with.
    """
    import pyarrow as pa

    of, kind = pa.types, column.type
    if of.is_dictionary(kind):
        return column_values(column.dictionary_decode())
    if of.is_float32(kind) or of.is_float16(kind):
        width = "f" if of.is_float32(kind) else "e"
        return [value if value is None else _shortest(value, width) for value in column.to_pylist()]
    if of.is_timestamp(kind) or of.is_time64(kind):
        return _times(column)
    if of.is_struct(kind):
        names = [kind.field(at).name for at in range(kind.num_fields)]
        parts = zip(*map(column_values, column.flatten()), strict=True) if names else ((),) * len(column)
        whole = zip(parts, column.is_valid().to_pylist(), strict=True)
        return [dict(zip(names, each, strict=True)) if is_there else None for each, is_there in whole]
    if of.is_map(kind):
        return [
            [list(pair.values()) for pair in column_values(each.values)] if each.is_valid else None for each in column
        ]
    if of.is_list(kind) or of.is_large_list(kind) or of.is_fixed_size_list(kind):
        return [column_values(each.values) if each.is_valid else None for each in column]
    values: list[Any] = column.to_pylist()
    return values


def _shortest(value: float, width: str) -> float:
    """The number of fewest digits that a narrow float means: .1, where its bits read as 64 are .10000000149011612."""
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        try:
            if struct.unpack(width, struct.pack(width, short))[0] == value:
                return short
        except OverflowError:
            continue
    return value


def _times(column: Any) -> list[Any]:
    """Times as Python's where those are fine enough, else as texts with all their digits."""
    import pyarrow as pa

    kind = column.type
    micro = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.time64("us")
    try:
        values: list[Any] = column.cast(micro).to_pylist()
    except (pa.ArrowInvalid, OverflowError):
        texts = column.cast(pa.string()).to_pylist()
        values = [text and _MIDNIGHT.sub("", _NO_FRACTION.sub("", text)) for text in texts]
    return values
