"""Zipped folders of texts: one record a file, and what an archive may not hold."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from review.sources.imports.tables import archive, open_table
from tests.review.imports import workbooks
from tests.review.imports.conftest import Write
from web.errors import Refusal


def packed(*entries: zipfile.ZipInfo, content: bytes = b"x") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for entry in entries:
            file.writestr(entry, content)
    return target.getvalue()


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("notes/passwords.txt")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_each_file_is_a_row_with_its_name_text_and_folder(write: Write) -> None:
    parts = {
        "tickets/": "", "tickets/1.txt": "Größe".encode("cp1252"), "tickets/2.md": "Öl",
        "top.txt": "a\ufeff".encode("utf-16"), "__MACOSX/tickets/._1.txt": b"\x00", "tickets/.DS_Store": b"\x00\x01",
        "tickets/scan.bin": b"a\x00b",
    }  # fmt: skip

    table = open_table(write(workbooks.archive(parts), "folder.zip"))

    assert (table.format, table.columns) == ("zip", ("name", "text", "folder"))
    assert [(row.number, row.values, row.problem) for row in table.rows()] == [
        (1, {"name": "1", "text": "Größe", "folder": "tickets"}, ""),
        (2, {"name": "2", "text": "Öl", "folder": "tickets"}, ""),
        (3, {"name": "top", "text": "a\ufeff", "folder": ""}, ""),
        (4, {}, "'tickets/scan.bin' holds a zero byte, so it is not a text file"),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (packed(link(), content=b"/etc/passwd"), "'notes/passwords.txt' in the archive is a link"),
        (packed(zipfile.ZipInfo("../../outside.txt")), "leads out of its folder"),
        (packed(zipfile.ZipInfo("/etc/motd")), "has an absolute path"),
        (packed(zipfile.ZipInfo("C:/boot.ini")), "has an absolute path"),
        (workbooks.archive({"zeros.txt": b"0" * 3_000_000}), "grows more than 200 times"),
    ],
    ids=["link", "parent", "absolute", "drive", "bomb"],
)
def test_an_archive_that_could_do_harm_is_refused_by_the_name_inside(write: Write, content: bytes, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_table(write(content, "folder.zip"))

    assert refused.value.code == "archive_unsafe"
    assert says in refused.value.message


def test_a_file_that_is_larger_than_its_archive_says_is_refused(write: Write) -> None:
    content = bytearray(workbooks.archive({"a.txt": b"word " * 1000}))
    central = content.rindex(b"PK\x01\x02")
    # The size in the directory is that of the first five bytes.
    content[central + 24 : central + 28] = struct.pack("<I", 5)

    with pytest.raises(Refusal) as refused:
        open_table(write(bytes(content), "folder.zip"))

    assert "is not as large as the archive says" in refused.value.message


def test_an_archive_of_too_many_files_or_bytes_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(workbooks.archive({f"{number}.txt": b"text" for number in range(5)}), "folder.zip")

    for name, most in (("MAX_FILES", 4), ("MAX_BYTES", 19)):
        with monkeypatch.context() as patch:
            patch.setattr(archive, name, most)
            with pytest.raises(Refusal) as refused:
                open_table(path)
        assert (refused.value.code, refused.value.status) == ("archive_large", 413)


@pytest.mark.parametrize(
    ("parts", "what"),
    [({"word/document.xml": ""}, "a Word document"), ({"xl/workbook.bin": ""}, "(.xlsb)"),
     ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "an OpenDocument file"),
     ({"Index/Document.iwa": b"\x00", "Metadata/BuildVersionHistory.plist": ""}, "a document of Numbers, Pages")],
)  # fmt: skip
def test_what_other_programs_keep_in_zip_files_is_named(write: Write, parts: dict[str, str], what: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_table(write(workbooks.archive(parts), "file"))

    assert refused.value.code == "file_not_text"
    assert what in refused.value.message


def test_an_archive_without_files_is_empty(write: Write) -> None:
    with pytest.raises(Refusal, match="The file has no rows"):
        open_table(write(workbooks.archive({"folder/": ""}), "folder.zip"))
