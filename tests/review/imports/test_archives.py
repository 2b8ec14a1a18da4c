"""Zipped folders of texts: one record a file, and what an archive may not hold."""

from __future__ import annotations

import gc
import io
import stat
import struct
import tempfile
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest

from review.sources.imports.annotated import open_export
from review.sources.imports.tables import archive, open_table
from tests.review.imports import workbooks
from tests.review.imports.conftest import Write
from web.errors import Refusal

NOTION = "1a2b3c4d" * 4


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


@pytest.mark.parametrize("says_utf8", [True, False])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_in_an_archive_are_read_as_their_owner_sees_them(write: Write, form: str, says_utf8: bool) -> None:
    texts = {f"Gespräche/Frau Möller {at}.txt": "Guten Tag" for at in (1, 2)}
    tables = {"März/Größe.csv": CSV, "März/東京.csv": "city;mail\nUeno;a@b.example\n"}

    folder, export = (
        write(named(parts, form, says_utf8), name) for parts, name in ((texts, "a.zip"), (tables, "b.zip"))
    )

    (first, _) = open_table(folder).rows()
    assert (first.values["name"], first.values["folder"]) == ("Frau Möller 1", "Gespräche")
    assert open_table(export).sheets == tuple(tables)
    assert open_table(export, sheet="März/東京.csv").columns == ("city", "mail")


def named(parts: dict[str, str], form: str, says_utf8: bool) -> bytes:
    """An archive with names in UTF-8; as macOS writes it, which does not say so and parts letters from their marks."""
    content = bytearray(workbooks.archive({unicodedata.normalize(form, name): text for name, text in parts.items()}))
    for mark, at in () if says_utf8 else ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + at + 1] &= ~0x08
            place = content.find(mark, place + 4)
    return bytes(content)


CSV = "company;sector\nAcme;steel\nBolt;rail\n"


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [("export/people.CSV", CSV, "csv"), ("./people.tsv", CSV.replace(";", "\t"), "csv"),
     ("people.jsonl", '{"company": "Acme", "sector": "steel"}\n{"company": "Bolt", "sector": "rail"}\n', "jsonl"),
     ("people.xlsx", workbooks.workbook({"One": workbooks.rows(*(line.split(";") for line in CSV.split()))}), "xlsx")],
)  # fmt: skip
def test_a_zipped_table_is_read_as_the_table(write: Write, name: str, content: str | bytes, form: str) -> None:
    parts = {"__MACOSX/._x": b"\x00", name: content, "export/Terms.PDF": b"%PDF\x00", "logo.png": b"\x89\x00"}
    table = open_table(write(workbooks.archive(parts), "export.zip")).opened()
    gc.collect()

    for _ in range(2):
        rows = [row.values for row in table.rows()]
        assert rows == [{"company": "Acme", "sector": "steel"}, {"company": "Bolt", "sector": "rail"}]
    assert (table.format, table.columns) == (form, ("company", "sector"))


def test_of_several_zipped_tables_one_is_read_and_the_others_can_be_chosen(write: Write) -> None:
    path = write(workbooks.archive({"a/gone.csv": "mail\nx@a.example\n", "a/here.csv": CSV}), "audience.zip")

    first, second = open_table(path), open_table(path, sheet="a/here.csv", delimiter="semicolon", header=1)

    assert (first.sheets, first.sheet, first.columns) == (("a/gone.csv", "a/here.csv"), "a/gone.csv", ("mail",))
    assert (second.sheet, second.columns) == ("a/here.csv", ("company", "sector"))
    with pytest.raises(Refusal) as refused:
        open_table(path, sheet="b.csv")
    assert refused.value.code == "sheet_unknown"


def test_a_problem_of_a_zipped_table_is_that_of_the_table_and_leaves_no_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(workbooks.archive({"people.csv": "company,sector\n"}), "export.zip")
    (tmp_path / "unpacked").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "unpacked"))

    def code() -> str:
        try:
            open_table(path)
        except Refusal as refusal:
            return refusal.code
        return ""

    assert code() == "file_empty"
    gc.collect()
    assert not list((tmp_path / "unpacked").iterdir())


def test_an_archive_without_files_is_empty(write: Write) -> None:
    with pytest.raises(Refusal, match="The file has no rows"):
        open_table(write(workbooks.archive({"folder/": ""}), "folder.zip"))


def test_brats_entities_stand_in_the_row_of_their_text(write: Write) -> None:
    text = "Ida Berg lives in Wedel."
    marks = "T1\tPER 0 8\tIda Berg\nT2\tLOC 18 20;21 23\tWe el\n#1\tAnnotatorNotes T1\tsure\n"
    path = write(
        workbooks.archive(
            {"a.txt": text, "a.ann": marks, "b.txt": text, "b.ann": "E1\tLife:T1", "annotation.conf": "[events]"}
        ),
        "c.zip",
    )

    table = open_export(path)

    first, second = table.rows()
    assert (table.columns, table.answers) == (("name", "text", "folder", "entities"), {"entities"})
    assert first.values["entities"] == [
        {"text": "Ida Berg", "start": 0, "end": 8, "label": "PER"},
        {"text": "We el", "start": 18, "end": 23, "label": "LOC"},
    ]
    assert second.problem == "'b.ann' holds a mark that is not an entity, 'E1\tLife:T1'"


def test_a_table_of_notion_is_read_by_all_its_rows_and_not_by_its_pages(write: Write) -> None:
    view, whole = "text,kind\nIt leaks.,bug\n", "text,kind\nIt leaks.,bug\nIt rings.,noise\n"
    pages = {
        f"Export/Fehler {NOTION}.csv": view,
        f"Export/Fehler {NOTION}_all.csv": whole,
        f"Export/Fehler/It leaks {NOTION}.md": "# It",
        f"Export/Fehler {NOTION}/It rings {NOTION}.md": "# It",
    }

    table = open_table(write(workbooks.archive(pages), "notion.zip"))
    texts = open_table(write(workbooks.archive({"labels.csv": whole, "texts/a.md": "# It"}), "texts.zip"))

    assert [row.values["text"] for row in table.rows()] == ["It leaks.", "It rings."]
    assert texts.columns == ("name", "text", "folder")


def test_files_that_are_called_alike_are_no_export_of_notion(write: Write) -> None:
    rows = "text,kind\nIt leaks.,bug\n"
    tables = open_table(write(workbooks.archive({"orders.csv": rows, "orders_all.csv": rows}), "tables.zip"))
    texts = {"Reviews 2024.csv": rows, "Reviews/1.txt": "It leaks.", "Reviews/2.txt": "It rings."}

    assert tables.sheets == ("orders.csv", "orders_all.csv")
    assert len(list(open_table(write(workbooks.archive(texts), "texts.zip")).rows())) == len(texts)


def test_tables_of_an_archive_are_told_in_time(write: Write) -> None:
    path = write(workbooks.archive({f"{n % 7}/{n}.csv": "a,b\n1,2\n" for n in range(1000)}), "many.zip")
    start = time.perf_counter()

    assert len(archive.tables_of(path)) == 1000
    assert time.perf_counter() - start < 1


def test_relations_of_brat_are_left_out_counted_and_no_bad_rows(write: Write) -> None:
    marks = "T1\tPER 0 8\tIda Berg\nT2\tLOC 18 23\tWedel\nR1\tLivesIn Arg1:T1 Arg2:T2\t\n*\tEquiv T1 T2\n"
    files = {"a.txt": "Ida Berg lives in Wedel.", "a.ann": marks, "b.txt": "Rain.", "b.ann": "R\tnothing\n"}

    table = open_export(write(workbooks.archive(files), "c.zip"))

    first, second = table.rows()
    assert [entity["text"] for entity in first.values["entities"]] == ["Ida Berg", "Wedel"]
    assert "is not an entity" in second.problem
    assert table.notes == ("Relations between marked places are left out: 2.",)
