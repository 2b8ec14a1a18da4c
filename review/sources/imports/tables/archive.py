"""Zip archives: what one is, whether it is safe to open, its tables, and a folder of texts as one record a file."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import unicodedata
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import IO, Final

from review.sources.imports.tables.rows import NO_ROWS, Row
from review.sources.imports.tables.text_encoding import ENCODINGS, guessed
from web.errors import Refusal

MAX_FILES: Final = 50_000
MAX_BYTES: Final = 512 * 2**20
# More than text ever shrinks; a file made to burst is far beyond.
MAX_RATIO: Final = 200
_RATIO_FROM_BYTES: Final = 2**20
MAX_TEXT_BYTES: Final = 4 * 2**20
MIMETYPE_BYTES: Final = 100
_PIECE: Final = 2**20
# Of a file's own head inside the archive, the lengths of what stands before its bytes.
_LOCAL_HEAD = struct.Struct("<26xHH")
MARKS: Final = "marks"
COLUMNS = ("name", "text", "folder")
_DRIVE = 2
_IS_UTF8: Final = 0x800
# What programs leave in archives, and nobody means.
_LEFTOVERS = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git"})
# What may stand beside a table and is none of its rows.
_BESIDE = frozenset({"readme", "license", "licence"})
_PICTURES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp"})
_CSV = frozenset({".csv", ".tsv"})
# A table of Notion's: its title and its id.
_NOTION = re.compile(r"(?P<view>(?P<title>.+) [0-9a-f]{32})(?P<all>_all)?")
_TABLES = _CSV | {".jsonl", ".ndjson", ".json", ".xlsx", ".parquet", ".arrow"}


def form_of(path: Path) -> str:
    """Return `xlsx` or `zip`, once the archive is known to be safe.

    Raises:
        Refusal: `archive_broken`, `archive_unsafe`, `archive_large` (413), `workbook_macros`, or `file_not_text` for
            what other programs keep in a zip file.
    """
    with _opened(path) as archive:
        entries = archive.infolist()
        _require_safe(path, entries)
        names = {entry.filename for entry in entries}
        if macros := sorted(name for name in names if name.rsplit("/", 1)[-1].casefold() == "vbaproject.bin"):
            message = f"The workbook holds macros ({macros[0]}); it is not opened."
            raise Refusal("workbook_macros", message, hint="Save it as .xlsx without macros, or as CSV, and send that.")
        if "xl/workbook.xml" in names:
            return "xlsx"
        if what := _other_program(archive, names):
            raise Refusal("file_not_text", f"This is {what}.", hint="Save it as .xlsx or CSV, and send that.")
    return "zip"


class UnpackedFile:
    """A file of an archive, on disk for as long as this object is held.

    Args:
        name: Its name in the archive, one of `tables_of`.

    Raises:
        Refusal: `archive_broken`.
    """

    def __init__(self, path: Path, name: str) -> None:
        with NamedTemporaryFile(prefix="table-", delete=False) as file:
            self.path = Path(file.name)
            weakref.finalize(self, self.path.unlink, missing_ok=True)
            with _opened(path) as archive:
                try:
                    shutil.copyfileobj(archive.open(_by_name(archive)[name]), file)
                except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                    message = f"'{name[:120]}' is damaged in the archive: {error}."
                    raise Refusal("archive_broken", message, hint="Make the archive again.") from None


def tables_of(path: Path) -> tuple[str, ...]:
    """Return the names of the tables in an archive that holds nothing else: one of any form, or several CSV files.

    Notion lays the pages of a table into a folder of its name, and all rows beside those of one view.
    """
    with _opened(path) as archive:
        paths = {name: PurePosixPath(name) for name in _by_name(archive)}
    pages, views = set[PurePosixPath](), set[PurePosixPath]()
    for table in paths.values():
        if table.suffix.casefold() in _CSV and (match := _NOTION.fullmatch(table.stem)):
            pages |= {table.with_name(match["title"]), table.with_name(match["view"])}
            views |= {table.with_name(match["view"])} if match["all"] else set()
    names = [
        name
        for name, table in paths.items()
        if table.stem.casefold() not in _BESIDE
        and table.suffix.casefold() not in _PICTURES
        and not (pages and (table.with_suffix("") in views or not pages.isdisjoint(table.parents)))
    ]
    forms = {paths[name].suffix.casefold() for name in names}
    return tuple(names) if forms <= (_TABLES if len(names) == 1 else _CSV) else ()


def texts(path: Path, encoding: str) -> Iterator[Row]:
    """One row a file: its name without ending, its text, and its folder; numbered in the order of the archive.

    A file of marks is a column of the text that has its name.

    Args:
        encoding: The codec of files that are no UTF-8; told by each file's letters when empty.
    """
    with _opened(path) as archive:
        marks = _marks(archive)
        for number, (name, entry) in enumerate(_by_name(archive).items(), 1):
            if marks and name.endswith((".ann", ".conf")):
                continue
            row = _text_row(archive, number, entry, encoding)
            if mark := marks.get(name):
                marked = _text_row(archive, number, mark, encoding)
                row = marked if marked.problem else replace(row, values={**row.values, MARKS: marked.values["text"]})
            yield row


def columns_of(path: Path) -> tuple[str, ...]:
    """Return the columns of a folder of texts."""
    with _opened(path) as archive:
        return (*COLUMNS, MARKS) if _marks(archive) else COLUMNS


def _marks(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return brat's files of marks by the names of their texts."""
    by_name = _by_name(archive)
    return {name: entry for name in by_name if (entry := by_name.get(f"{name.removesuffix('.txt')}.ann"))}


def require_files(path: Path) -> None:
    """Refuse an archive without a file.

    Raises:
        Refusal: `file_empty`.
    """
    with _opened(path) as archive:
        if next(_files(archive), None) is None:
            raise Refusal("file_empty", NO_ROWS, hint="Put one text file a record into the archive.")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Refusal("archive_broken", f"The archive cannot be opened: {error}.", hint="Make it again.") from None


def _files(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for entry in archive.infolist():
        if not entry.is_dir() and not _LEFTOVERS.intersection(PurePosixPath(entry.filename).parts):
            yield entry


def _by_name(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    return {_name(entry): entry for entry in _files(archive)}


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name as its owner sees it: some programs write UTF-8 and do not say so, or part letters from marks."""
    name = entry.filename
    if not entry.flag_bits & _IS_UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name)


def _text_row(archive: zipfile.ZipFile, number: int, entry: zipfile.ZipInfo, encoding: str) -> Row:
    name = PurePosixPath(_name(entry))
    if entry.file_size > MAX_TEXT_BYTES:
        return Row(number, problem=f"'{name}' has {entry.file_size:,} bytes; {MAX_TEXT_BYTES:,} is the limit")
    try:
        text = _decoded(archive.read(entry), encoding)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        return Row(number, problem=f"'{name}' is damaged in the archive")
    except ValueError as error:
        return Row(number, problem=f"'{name}' {error}")
    folder = "" if name.parent == PurePosixPath() else str(name.parent)
    return Row(number, {"name": name.stem, "text": text, "folder": folder})


def _decoded(content: bytes, encoding: str) -> str:
    """A file's text; ValueError where it is none, or not in this encoding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    else:
        try:
            codec, text = "utf-8", content.decode("utf-8-sig")
        except UnicodeDecodeError:
            codec = encoding or guessed(content)
    if codec != "utf-8":
        try:
            text = content.decode(codec)
        except UnicodeError:
            raise ValueError(f"cannot be read as {ENCODINGS.get(codec, codec)}") from None
    if "\x00" in text:
        raise ValueError("holds a zero byte, so it is not a text file")
    return text


def _require_safe(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        message = f"The archive holds {len(entries):,} files; {MAX_FILES:,} is the limit."
        raise Refusal("archive_large", message, hint="Split it and import the parts.", status=413)
    for entry in entries:
        if problem := _problem(entry):
            message = f"'{_name(entry)[:120]}' in the archive {problem}; nothing of it is read."
            raise Refusal("archive_unsafe", message, hint="Create the archive again from plain files only.")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_BYTES:
        message = f"The archive unpacks to {total / 2**20:,.0f} MiB; {MAX_BYTES // 2**20} MiB is the limit."
        raise Refusal("archive_large", message, hint="Split it and import the parts.", status=413)
    _require_true_sizes(path, entries)


def _problem(entry: zipfile.ZipInfo) -> str:
    name, mode = entry.filename.replace("\\", "/"), entry.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and stat.S_IFMT(mode):
        return "is a link or a device, not a file"
    if name.startswith("/") or (len(name) >= _DRIVE and name[1] == ":"):
        return "has an absolute path"
    if ".." in name.split("/"):
        return "leads out of its folder"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that is not read here"
    if entry.file_size > max(_RATIO_FROM_BYTES, MAX_RATIO * entry.compress_size):
        return f"grows more than {MAX_RATIO} times when it is unpacked"
    return ""


def _require_true_sizes(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Unpack all and keep none: what an archive says of its sizes is not what a reader meets."""
    with path.open("rb") as file:
        for entry in entries:
            if not _has_true_size(file, entry):
                message = (
                    f"'{_name(entry)[:120]}' in the archive is not as large as the archive says; nothing of it is read."
                )
                raise Refusal("archive_unsafe", message, hint="Create the archive again.")


def _has_true_size(file: IO[bytes], entry: zipfile.ZipInfo) -> bool:
    file.seek(entry.header_offset)
    head = file.read(_LOCAL_HEAD.size)
    if len(head) < _LOCAL_HEAD.size:
        return False
    name_bytes, extra_bytes = _LOCAL_HEAD.unpack(head)
    file.seek(name_bytes + extra_bytes, 1)
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.compress_size == entry.file_size
    unpack, left, size = zlib.decompressobj(-zlib.MAX_WBITS), entry.compress_size, 0
    try:
        while not unpack.eof and size <= entry.file_size:
            piece = unpack.unconsumed_tail
            if not piece:
                piece = file.read(min(_PIECE, left))
                left -= len(piece)
            made = len(unpack.decompress(piece, _PIECE))
            size += made
            if not piece and not made:
                return False
    except zlib.error:
        return False
    return size == entry.file_size


def _other_program(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "a binary workbook (.xlsb)"
    if "word/document.xml" in names:
        return "a Word document"
    if "ppt/presentation.xml" in names:
        return "a presentation"
    if "Index/Document.iwa" in names or "Index.zip" in names:
        return "a document of Numbers, Pages or Keynote"
    if "mimetype" in names and archive.getinfo("mimetype").file_size < MIMETYPE_BYTES:
        kind = archive.read("mimetype").decode("ascii", "replace")
        if "opendocument" in kind:
            return "an OpenDocument file"
        if "epub" in kind:
            return "an e-book"
    return ""
