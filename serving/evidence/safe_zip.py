"""Open a zip that came from outside: nothing is unpacked, and what no evidence file has is refused before a byte is read.

Pure Python.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

GIB: Final = 1 << 30
MOST_BYTES: Final = 64 * GIB
MOST_FILES: Final = 20_000
# Deflate reaches 1,032; lines of JSON stay far below.
MOST_GROWTH: Final = 400
SMALL_BYTES: Final = 1 << 20
ENCRYPTED: Final = 0x1
BLOCK_BYTES: Final = 1 << 20


class UnreadableZipError(Exception):
    """It is no zip that an evidence file could be; its text is a sentence."""


class SafeZip:
    """A zip whose names and sizes were looked at; its entries are read block by block."""

    def __init__(self, archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> None:
        self._archive, self._entries = archive, entries

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._entries)

    def size(self, name: str) -> int:
        """How many bytes a file has, by what the zip says; `blocks` yields no more."""
        return self._entries[name].file_size

    def leave_out(self, name: str) -> None:
        """Treat a file as if it were not there, since it cannot be unpacked."""
        del self._entries[name]

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes.

        Raises:
            UnreadableZipError: They cannot be unpacked, or are more than the zip says.
        """
        left = self._entries[name].file_size
        try:
            with self._archive.open(self._entries[name]) as source:
                while block := source.read(BLOCK_BYTES):
                    left -= len(block)
                    if left < 0:
                        raise UnreadableZipError(f"'{name}' is larger than the zip says.")
                    yield block
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            RuntimeError,
            NotImplementedError,
            ValueError,
        ) as error:
            raise UnreadableZipError(f"'{name}' cannot be unpacked: {error}.") from None

    def text(self, name: str, *, most_bytes: int) -> bytes:
        """Return the whole of a small file.

        Raises:
            UnreadableZipError: It is larger, or cannot be unpacked.
        """
        if self._entries[name].file_size > most_bytes:
            raise UnreadableZipError(f"'{name}' is larger than {most_bytes:,} bytes.")
        return b"".join(self.blocks(name))

    def lines(self, name: str, *, most_bytes: int) -> Iterator[bytes]:
        """Yield a file's lines with their ends.

        Raises:
            UnreadableZipError: A line is longer than that, or the file cannot be unpacked.
        """
        parts: list[bytes] = []
        length = 0
        for piece, is_end in self._pieces(name):
            parts.append(piece)
            length += len(piece)
            if length > most_bytes:
                raise UnreadableZipError(f"A line of '{name}' is longer than {most_bytes:,} bytes.")
            if is_end:
                yield b"".join(parts)
                parts, length = [], 0
        if parts:
            yield b"".join(parts)

    def line_hashes(self, name: str) -> Iterator[bytes]:
        """Yield the SHA-256 of each line with its end; a line may be as long as the file, and is never held whole.

        Raises:
            UnreadableZipError: The file cannot be unpacked.
        """
        line, is_begun = hashlib.sha256(), False
        for piece, is_end in self._pieces(name):
            line.update(piece)
            is_begun = not is_end
            if is_end:
                yield line.digest()
                line = hashlib.sha256()
        if is_begun:
            yield line.digest()

    def _pieces(self, name: str) -> Iterator[tuple[bytes, bool]]:
        """Yield a file in pieces of at most a block, each with whether it ends a line."""
        for block in self.blocks(name):
            yield from ((piece, piece.endswith(b"\n")) for piece in block.splitlines(keepends=True))


@contextmanager
def opened(path: Path, *, most_bytes: int = MOST_BYTES) -> Iterator[SafeZip]:
    """Open a zip.

    Args:
        path: Where it lies.
        most_bytes: What it may come to unpacked.

    Raises:
        UnreadableZipError: It cannot be read, or holds what no evidence file has: a name twice, a path that leads out of it, a
            folder, a link, something encrypted, or far more than its size allows.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableZipError(f"'{path}' is no zip that can be read: {error}.") from None
    with archive:
        yield SafeZip(archive, _looked_at(archive, path.stat().st_size, most_bytes))


def _looked_at(archive: zipfile.ZipFile, size: int, most_bytes: int) -> dict[str, zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise UnreadableZipError(f"It holds {len(entries):,} files; an evidence file has at most {MOST_FILES:,}.")
    by_name: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        if trouble := _trouble(entry):
            raise UnreadableZipError(f"'{entry.orig_filename}' {trouble}.")
        if entry.filename in by_name:
            raise UnreadableZipError(f"'{entry.filename}' stands in it twice.")
        by_name[entry.filename] = entry
    packed, whole = sum(entry.compress_size for entry in entries), sum(entry.file_size for entry in entries)
    if packed > size:
        raise UnreadableZipError("Its files overlap: together they are larger than the zip.")
    if whole > most_bytes:
        raise UnreadableZipError(f"Unpacked it comes to {whole:,} bytes; at most {most_bytes:,} are read.")
    if whole > SMALL_BYTES and whole > MOST_GROWTH * size:
        raise UnreadableZipError(f"Unpacked it grows {whole // max(1, size):,} times; no evidence file does.")
    return by_name


def _trouble(entry: zipfile.ZipInfo) -> str:
    """Why an entry is none of an evidence file; empty where it is one."""
    name, mode = entry.orig_filename, entry.external_attr >> 16
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name.startswith("/")
        or "\\" in name
        or "\x00" in name
        or ":" in name
        or {"..", "."} & {*name.split("/")}
    ):
        return "leads out of the zip, or is no plain path"
    if entry.is_dir() or stat.S_ISLNK(mode) or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        return "is no plain file"
    if entry.flag_bits & ENCRYPTED:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that no evidence file is"
    return ""
