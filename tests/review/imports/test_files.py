"""What a file may look like: encodings, line ends, delimiters, formats and sizes;
and what is said of one that cannot be read.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from typing import Any

import pytest

from members.models import Member
from review.models import Record, Task
from review.sources.imports import import_records, read_preview, tables
from review.sources.imports.cell_values import read_value
from review.sources.imports.choices import ImportChoices
from review.sources.imports.tables import rows
from review.sources.imports.tables.text_encoding import guessed
from review.spec.schema import InputField
from review.spec.starters import outreach
from tests import pace
from tests.review.imports.conftest import GOOD, Write, refusal_of
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_byte_order_marks_and_utf_16_are_read(task: Task, admin: Member, write: Write, encoding: str) -> None:
    import_records(task, write("company,sector\nMüller & Söhne,Käse\n", encoding=encoding), by=admin)

    assert Record.objects.get().facts == {"company": "Müller & Söhne", "sector": "Käse"}


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n\n"])
def test_line_ends_of_every_system_are_read(task: Task, admin: Member, write: Write, newline: str) -> None:
    import_records(task, write(GOOD.replace("\n", newline)), by=admin)

    assert sorted(Record.objects.values_list("title", flat=True)) == ["Acme Ltd", "Bolt GmbH"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_seen(task: Task, admin: Member, write: Write, delimiter: str) -> None:
    import_records(task, write(GOOD.replace(",", delimiter)), by=admin)

    assert Record.objects.count() == 2


def test_quoted_cells_may_hold_commas_quotes_and_line_breaks(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write('company,sector,notes\n"Acme, Inc","a ""b""","one\r\ntwo"\n'), by=admin)

    assert Record.objects.get().facts == {"company": "Acme, Inc", "sector": 'a "b"', "notes": "one\ntwo"}


WRITINGS = {
    "cp1252": "Bäckerei Groß;Würzburg\nCrêperie Bœuf;Besançon\nEspaña S.A.;Málaga\nÅhléns;Malmö\n",
    "cp1250": "Żółta Łódź;Gdańsk\nPrzędzalnia;Częstochowa\nŘetězárna;Česká Třebová\n",
    "cp1254": "Türkiye İş Bankası;İstanbul\nGüneş Gıda;Eskişehir\n",
    "cp1257": "Šiaulių bankas;Šiauliai\nŽemės ūkis;Panevėžys\n",
    "cp1251": "Север сталь;Череповец\nРусские машины;Москва\n",
    "koi8_r": "Север сталь;Череповец\nРусские машины;Москва\n",
    "cp1253": "Αθηναϊκή Ζυθοποιία;Αθήνα\nΕλληνικά Πετρέλαια;Μαρούσι\n",
    "cp1256": "شركة النور;القاهرة\nمصنع الحديد;دبي\n",
    "cp932": "日本製鉄株式会社;東京\nトヨタ自動車株式会社は愛知県にあります;豊田市\n",
    "gb18030": "上海汽车集团股份有限公司;上海\n华为技术有限公司;深圳\n",
    "big5": "台灣積體電路製造股份有限公司;新竹\n鴻海精密工業;新北\n",
    "cp949": "삼성전자 주식회사;수원\n현대자동차 그룹;서울\n",
    "mac_roman": "Bäckerei Groß;Würzburg\nMüller & Söhne;Köln\n",
    "cp850": "Bäckerei Groß;Würzburg\nMüller & Söhne;Köln\n",
    "iso8859_2": "Żabka Polska;Poznań\nŚnieżka;Lubzina\nMleczarnia Łaciate;Grajewo\n",
    "cp852": "Žďárské strojírny;Žďár\nPřerovské pivovary;Přerov\n",
    "cp866": "Уральские моторы;Миасс\nСеверный хлеб;Вологда\n",
    "cp874": "บริษัทน้ำตาล;ขอนแก่น\nโรงสีข้าว;อยุธยา\n",
}


@pytest.mark.parametrize("encoding", WRITINGS)
def test_an_encoding_is_told_by_the_letters_of_its_language(encoding: str) -> None:
    sample = WRITINGS[encoding].encode(encoding)

    assert sample.decode(guessed(sample)) == WRITINGS[encoding]


def test_a_spreadsheet_saved_in_windows_1252_is_read(task: Task, admin: Member, write: Write) -> None:
    path = write("company;sector\nCafé Müller;Käse – 5 €\n", encoding="cp1252")

    preview = read_preview(path, spec=outreach.SPEC)
    import_records(task, path, by=admin)

    assert preview.form is not None
    assert (preview.encoding, preview.form.is_guess) == ("cp1252", True)
    assert Record.objects.get().facts == {"company": "Café Müller", "sector": "Käse – 5 €"}


def test_another_encoding_than_the_one_found_may_be_chosen(task: Task, admin: Member, write: Write) -> None:
    path = write("company;sector\nGyőr;x\n", encoding="cp1250")

    import_records(task, path, by=admin, choices=ImportChoices(encoding="cp1250"))

    assert Record.objects.get().title == "Győr"


def test_a_line_of_another_encoding_than_the_others_is_named(task: Task, admin: Member, write: Write) -> None:
    text = (GOOD + "Öl AG,food,2\n").encode() + "Café Müller,food,2\n".encode("cp1252")

    refusal = refusal_of(task, write(text), admin)

    assert refusal.code == "file_encoding"
    assert refusal.message.startswith("Line 5 is not UTF-8 as other lines are: byte 0xE9, in Windows-1252 (as Excel")


def test_a_chosen_encoding_that_cannot_read_the_file_names_the_line(task: Task, admin: Member, write: Write) -> None:
    path = write((GOOD + "Çelik Ğ,food,2\n").encode() + b"x\x81y,food,3\n")

    refusal = refusal_of(task, path, admin, choices=ImportChoices(encoding="cp1252"))
    unknown = refusal_of(task, path, admin, choices=ImportChoices(encoding="rot13"))

    assert refusal.message.startswith("Line 5 cannot be read as Windows-1252 (Western Europe) (byte 0x81")
    assert unknown.code == "encoding_unknown"


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "file_empty", "The file is empty."),
        (b"\n  \n", "file_empty", "nothing but blanks"),
        (b"company,sector\n", "file_empty", "The file has no rows."),
        (b"PK\x03\x04rest", "archive_broken", "The archive cannot be opened"),
        (b"\xd0\xcf\x11\xe0rest", "file_not_text", "an old Excel file (.xls), or a workbook with a password"),
        (b"\xef\xbb\xbf<html><table><tr><td>company</td></tr>\n<tr>", "file_not_text", "This is a web page"),
        (b"<table border=1>\n<tr><td>company,sector</td></tr>\n", "file_not_text", "This is a web page"),
        (b"- text: The pump leaks\n  label: repair\n- text: Hm\n", "file_not_text", "This is YAML"),
        (b"# of May\nversion: '3'\n\nnlu:\n- intent: hi\n  examples: |\n", "file_not_text", "This is YAML"),
        (b"From a@b.org Tue Mar  3 10:00:00 2026\nSubject: Pump\n\nIt leaks\n", "file_not_text", "This is a mail"),
        (b"Received: from b.org\n\tby c.org; Tue\nFrom: A <a@b.org>\n\nHi\n", "file_not_text", "This is a mail"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHello\r\n", "file_not_text", "This is a file of subtitles"),
        (b'# de\nmsgid ""\nmsgstr ""\n', "file_not_text", "This is a file of translations"),
        (b"-- MySQL dump\n\nDROP TABLE t;\nCREATE TABLE t (a int);\n", "file_not_text", "This is an SQL dump"),
        (b"SQLite format 3\x00\x10", "file_not_text", "This is an SQLite database"),
        (b"PRAGMA foreign_keys=OFF;\nINSERT INTO t VALUES(1);\n", "file_not_text", "This is an SQL dump"),
        (b"BEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\n", "file_not_text", "This is an address book"),
        (b'<?xml version="1.0"?>\n<Workbook/>\n', "file_not_text", "This is an XML file"),
        (b"company,sector\nA\x00B,c\n", "file_not_text", "Line 2 holds a zero byte"),
        (b'company,sector\n"A,b\n', "csv_broken", "a quotation mark is opened and never closed"),
        (b"company\nAcme\n", "mapping_invalid", "No column fills the field 'sector', which is required."),
        (b"foo,bar\n1,2\n", "mapping_invalid", "No column fills the field 'company', which is required."),
        (b'[{"company": "A", ', "json_broken", "The JSON breaks at line 1"),
        (b"[]", "file_empty", "The file has no rows."),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    task: Task, admin: Member, write: Write, content: bytes, code: str, says: str
) -> None:
    refusal = refusal_of(task, write(content), admin)

    assert refusal.code == code
    assert says in refusal.message


WIDE = ",".join(f"column {number}" for number in range(1_000_000))


@pytest.mark.slow
def test_a_million_columns_are_counted_and_refused_at_once(write: Write) -> None:
    for content in (f"{WIDE}\n{WIDE}\n", "{" + ",".join(f'"c{number}": 1' for number in range(20_000)) + "}"):
        with pytest.raises(Refusal) as refused:
            read_preview(write(content), spec=outreach.SPEC)

        assert (refused.value.code, refused.value.status) == ("too_many_columns", 413)
        assert "1,000 is the limit" in refused.value.message


def test_the_header_is_looked_through_once_however_wide(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    monkeypatch.setattr(rows, "MAX_COLUMNS", 2_000_000)

    # Comparing each name with all before it would take hours.
    narrower = WIDE[: WIDE.index(",column 100000")]
    assert len(tables.open_table(write(f"{narrower}\n{narrower}\n")).columns) == 100_000


@pytest.mark.slow
def test_a_thousand_columns_are_matched(write: Write) -> None:
    names = ["company", "sector", *(f"{'x' * 150}{number}" for number in range(998))]
    content = f"{','.join(names)}\n{','.join(['a'] * 1000)}\n"

    preview = read_preview(write(content), spec=outreach.SPEC)

    assert preview.mapping == {"company": "company", "sector": "sector"}
    assert len(preview.unknown_columns) == 998


def test_a_name_that_is_no_name_is_told(write: Write) -> None:
    with pytest.raises(Refusal) as refused:
        read_preview(write(f"company,{'word ' * 100}\na,b\n"), spec=outreach.SPEC)

    assert refused.value.code == "column_name_long"


def test_a_file_with_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 3)

    with pytest.raises(Refusal) as refused:
        read_preview(write("company,sector\n" + "A,b\n" * 4), spec=outreach.SPEC)

    assert (refused.value.code, refused.value.status) == ("too_many_rows", 413)
    assert read_preview(write("company,sector\n" + "A,b\n" * 3), spec=outreach.SPEC).rows_total == 3


def test_jsonl_rows_are_numbered_by_line_and_a_broken_one_is_named(task: Task, admin: Member, write: Write) -> None:
    lines = ['{"company": "A", "sector": "b"}', "", '{"company": "C", ', "[1]", '{"company": "D", "sector": {"x": 1}}']

    refusal = refusal_of(task, write("\n".join(lines), "rows.jsonl"), admin)

    assert refusal.errors["row 3"][0].startswith("not JSON: Expecting property name")
    assert refusal.errors["row 4"] == ["a JSON array, expected an object"]
    assert refusal.errors["row 5"] == ["'sector' is a JSON object, expected a plain value"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("[" * 100_000, "nested more than 64 deep"),
        ("[" * 500 + "]" * 500, "nested more than 64 deep"),
        ("9" * 5000, "a number has 5,000 digits"),
        ("1e999", "the number 1e999 is too large"),
        ("NaN", "NaN is not a JSON number"),
        (r'"\ud800"', "size: There is half a character"),
        (r'["\u0000"]', r"size[0]: There is a zero byte"),
    ],
    ids=lambda value: value[:20],
)
def test_json_that_cannot_be_kept_is_a_bad_row_and_no_fault(write: Write, value: str, says: str) -> None:
    row = f'{{"company": "A", "sector": "b", "size": {value}}}'

    good = '{"company": "C", "sector": "d", "size": 3}'
    by_line = read_preview(write(f"{good}\n{row}\n", "rows.jsonl"), spec=outreach.SPEC)
    with pytest.raises(Refusal) as whole:
        read_preview(write(f"[{row}]", "rows.json"), spec=outreach.SPEC)

    assert says in by_line.errors[0].reason
    assert says in whole.value.message or says.partition(": ")[2] in whole.value.message


@pytest.mark.parametrize("number", ["9" * 5000, "1e999", "-1e999"])
def test_a_cell_that_is_too_large_a_number_is_a_bad_row(number: str) -> None:
    field = InputField(name="size", type="number")

    with pytest.raises(ValueError, match=r"digits|too large"):
        read_value(field, number)


def test_a_json_array_is_read_too(task: Task, admin: Member, write: Write) -> None:
    elements = [{"company": "A", "sector": "b", "size": 12}, {"company": "C", "sector": "d", "size": None}]

    import_records(task, write(json.dumps(elements, indent=1), "rows.json"), by=admin)

    assert [record.facts for record in Record.objects.order_by("title")] == [
        {"company": "A", "sector": "b", "size": "12"}, {"company": "C", "sector": "d"},
    ]  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_records_come_in_within_ten_seconds(task: Task, admin: Member, write: Write) -> None:
    lines = "".join(
        f"Company {n},sector {n % 40},{n},City {n % 90},a note about company {n} of some length\n"
        for n in range(10_000)
    )
    path = write("company,sector,size,city,notes\n" + lines)

    with pace.within(10):
        result = import_records(task, path, by=admin)

    assert result.rows_added == Record.objects.count() == 10_000


@pytest.mark.slow
def test_a_file_of_twenty_megabytes_is_read_to_its_last_row(task: Task, write: Write) -> None:
    note = "x" * 2100
    path = write("company,sector,notes\n" + "".join(f"C{n},s,{note}\n" for n in range(10_400)) + "Last,s\n")
    assert path.stat().st_size > 20 * 2**20

    preview = read_preview(path, spec=outreach.SPEC)

    assert (preview.rows_total, preview.rows_bad) == (10_401, 1)
    assert preview.errors[0].row == 10_402


@pytest.mark.parametrize("packed_by", [gzip, bz2, lzma], ids=["gzip", "bz2", "lzma"])
def test_a_compressed_file_is_to_be_unpacked(task: Task, admin: Member, write: Write, packed_by: Any) -> None:
    refusal = refusal_of(task, write(packed_by.compress(GOOD.encode())), admin)

    assert (refusal.message, refusal.hint) == (
        "This is a compressed file, which is not supported.",
        "Unpack it, and send the file inside.",
    )
