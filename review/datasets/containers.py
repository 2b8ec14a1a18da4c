"""Files of rows while they are written: canonical JSONL, and Parquet with the same columns. Knows no rows of tables.

The JSONL file is the canonical one: it alone makes the content hash of a version. Parquet holds the same rows; its
bytes depend on the writing library, so it has a hash of its own and no part in that one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from review.datasets import exports
from review.datasets.exports.rows import Row
from web.errors import Refusal

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_ROWS = 1000
BLOCK_BYTES = 1 << 20
_TEXTS = {
    "sft": ("prompt", "completion"),
    "dpo": ("prompt", "chosen", "rejected"),
    "kto": ("prompt", "completion"),
}
# Of `raw`: keys that a row without any lacks; such a cell is empty.
_NOT_IN_ALL = ("comments", "outcomes")


def has_parquet() -> bool:
    """Return whether this process can write Parquet; looks for the library without importing it."""
    return find_spec("pyarrow") is not None


def require_parquet() -> None:
    """Refuse what needs Parquet written on a host that cannot.

    Raises:
        Refusal: 409, `no_parquet`: the library is not installed here.
    """
    if not has_parquet():
        raise Refusal(
            "no_parquet",
            "Parquet files cannot be written on this host: its library is not installed.",
            hint="Install it where the site and its workers run: pip install 'miniatures[parquet]'.",
            status=409,
        )


class JsonlFile:
    """A local file of canonical lines that counts rows and hashes bytes as they are written."""

    container = "jsonl"

    def __init__(self, folder: Path, split: str, format_: str) -> None:
        self.split, self.format = split, format_
        self.local = folder / f"{format_}.{split}.jsonl"
        self._handle: BinaryIO = self.local.open("wb")
        self._digest, self.rows, self.bytes = hashlib.sha256(), 0, 0

    def write(self, row: Row, encoder: exports.Encoder) -> bytes:
        """Append a row; returns its line."""
        line = encoder.line(row)
        self._handle.write(line)
        self._digest.update(line)
        self.rows += 1
        self.bytes += len(line)
        return line

    def close(self) -> None:
        self._handle.close()

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the bytes written so far, in hex."""
        return self._digest.hexdigest()


class ParquetFile:
    """A local Parquet file: row groups of 1,000 rows, zstd. Holds one row group in memory.

    Messages are lists of `{role, content}`; of `raw`, what is nested stands as canonical JSON in a string, since facts
    and fields differ from task to task.
    """

    container = "parquet"

    def __init__(self, folder: Path, split: str, format_: str) -> None:
        import pyarrow.parquet as pq  # A web process never writes one, and pays nothing for it.

        self.split, self.format = split, format_
        self.local = folder / f"{format_}.{split}.parquet"
        self._schema = columns(format_)
        self._writer = pq.ParquetWriter(self.local, self._schema, compression="zstd")
        self._group: list[Row] = []
        self.rows, self.bytes, self.sha256 = 0, 0, ""

    def write(self, row: Row, encoder: exports.Encoder) -> None:
        self._group.append(_flat(row, encoder) if self.format == "raw" else row)
        self.rows += 1
        if len(self._group) == GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Finish the file and hash it."""
        if self._group:
            self._flush()
        self._writer.close()
        digest = hashlib.sha256()
        with self.local.open("rb") as handle:
            while block := handle.read(BLOCK_BYTES):
                digest.update(block)
        self.sha256, self.bytes = digest.hexdigest(), self.local.stat().st_size

    def _flush(self) -> None:
        import pyarrow as pa

        arrays = [_column([row.get(field.name) for row in self._group], field.type) for field in self._schema]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema), GROUP_ROWS)
        self._group = []


def columns(format_: str) -> pa.Schema:
    """Columns of a format in Parquet, in the order of its documentation."""
    import pyarrow as pa

    messages = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    if format_ == "raw":
        nested = ("record", "draft", "decision", "decisions", "rulings", "preferences", "provenance", *_NOT_IN_ALL)
        head = [("id", pa.string()), ("task", pa.string()), ("task_version", pa.int32()), ("split", pa.string())]
        return pa.schema([*head, *((name, pa.string()) for name in nested)])
    if format_ == "messages":
        return pa.schema([("messages", messages)])
    label = [("label", pa.bool_())] if format_ == "kto" else []
    texts = [(name, messages) for name in _TEXTS[format_]]
    return pa.schema([("id", pa.string()), *texts, *label, ("meta", pa.string())])


def parquet_of(lines: Iterable[bytes], folder: Path, split: str, format_: str) -> ParquetFile:
    """The Parquet file with the rows of a JSONL file, written and closed."""
    file = ParquetFile(folder, split, format_)
    for line in lines:
        file.write(json.loads(line), exports.Encoder())
    file.close()
    return file


def _flat(row: Row, encoder: exports.Encoder) -> dict[str, Any]:
    return {key: encoder.part(value) if isinstance(value, (dict, list)) else value for key, value in row.items()}


def _column(values: list[Any], type_: pa.DataType) -> pa.Array:
    """Values as Arrow wants them.

    Lists of messages go in as flat texts: twice as fast as having Arrow look into each.
    """
    import pyarrow as pa

    if not pa.types.is_list(type_):
        return pa.array(values, type_)
    all_messages = [message for messages in values for message in messages]
    parts = [pa.array([message[part.name] for message in all_messages], part.type) for part in type_.value_type]
    offsets = pa.array([0, *accumulate(map(len, values))], pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(parts, fields=list(type_.value_type)), type_)
