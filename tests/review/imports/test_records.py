"""Files of records: what comes in, what is refused and with which words, and that nothing comes in by halves."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied

from members.models import Member
from review.models import Record, Source, Task
from review.schema import InputField
from review.services.imports import import_records, read_preview
from review.spec import TaskSpec
from review.splits import split_of
from review.starters import outreach
from tests.review.factories import make_task, plain_spec
from web.errors import Refusal

pytestmark = pytest.mark.django_db
Write = Callable[..., Path]
GOOD = "company,sector,size\nAcme Ltd,steel,12\nBolt GmbH,rail,40\n"


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(text: str | bytes, name: str = "prospects.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return make


def typed_spec() -> TaskSpec:
    """A task with a field of every type."""
    fields = (
        InputField(name="name", role="title", required=True),
        InputField(name="price", type="number"),
        InputField(name="day", type="date"),
        InputField(name="link", type="url"),
        InputField(name="live", type="boolean"),
        InputField(name="tags", type="list"),
    )
    return plain_spec().model_copy(update={"input_schema": fields})


def refusal_of(task: Task, path: Path, by: Member, **more: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        import_records(task, path, by=by, **more)
    assert not Record.objects.exists()
    assert not Source.objects.exists()
    return caught.value


def test_records_come_in_with_title_group_and_a_split_anyone_can_recompute(
    task: Task, admin: Member, write: Write
) -> None:
    result = import_records(task, write(GOOD), by=admin, provenance="made up")

    acme = Record.objects.get(title="Acme Ltd")
    assert (result.rows_total, result.rows_added, result.rows_known, result.rows_bad) == (2, 2, 0, 0)
    assert acme.facts == {"company": "Acme Ltd", "sector": "steel", "size": "12"}
    assert (acme.group, acme.row_number) == ("acme", 2)
    assert acme.split == split_of(task.seed, "ACME, Ltd.", 0.8, 0.1)
    assert (result.source.format, result.source.provenance, result.source.slug) == ("csv", "made up", "prospects")


def test_the_same_file_twice_adds_nothing_and_answers_with_the_first_source(
    task: Task, admin: Member, write: Write
) -> None:
    first = import_records(task, write(GOOD), by=admin)

    again = import_records(task, write(GOOD, "other-name.csv"), by=admin)

    assert (again.rows_added, again.rows_known, again.source) == (0, 2, first.source)
    assert (Record.objects.count(), Source.objects.count()) == (2, 1)


def test_a_row_repeated_within_a_file_or_known_from_another_is_added_once(
    task: Task, admin: Member, write: Write
) -> None:
    import_records(task, write(GOOD), by=admin)

    result = import_records(task, write(GOOD + "Cog AG,tools,3\nCog AG,tools,3\n"), by=admin)

    assert (result.rows_added, result.rows_known) == (1, 3)


def test_writings_of_one_company_stand_in_one_split(task: Task, admin: Member, write: Write) -> None:
    rows = "".join(
        f"{name},s{n},1\n" for n, name in enumerate(["Acme Ltd", "ACME", "acme  ltd.", '"Acme, Ltd"', "Acme Limited"])
    )

    import_records(task, write("company,sector,size\n" + rows), by=admin)

    assert set(Record.objects.values_list("group", flat=True)) == {"acme"}
    assert len(set(Record.objects.values_list("split", flat=True))) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
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


def test_a_file_in_windows_1252_is_named_with_its_line(task: Task, admin: Member, write: Write) -> None:
    refusal = refusal_of(task, write(GOOD + "Café Müller,food,2\n", encoding="cp1252"), admin)

    assert refusal.code == "file_encoding"
    assert refusal.message.startswith("Line 4 is not UTF-8: byte 0xE9, in Windows-1252 (as Excel saves it) 'é'")
    assert "CSV UTF-8" in refusal.hint


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "file_empty", "The file is empty."),
        (b"\n  \n", "file_empty", "nothing but blanks"),
        (b"company,sector\n", "file_empty", "The file has no rows."),
        (b"company,sector,company\nA,b,c\n", "header_twice", "The header names 'company' twice, in columns 1 and 3."),
        (b"PK\x03\x04rest", "file_not_text", "This is an Excel or zip file, not CSV or JSONL."),
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


def test_bad_rows_are_numbered_with_reasons_and_nothing_is_imported(task: Task, admin: Member, write: Write) -> None:
    text = "company,sector,size\nAcme,steel,1\nBolt,rail\nCog,tools,1,2\n,food,3\nDyne, ,4\n"

    refusal = refusal_of(task, write(text), admin)

    assert refusal.code == "rows_bad"
    assert refusal.message.startswith("4 of 5 rows are bad, first row 3: 2 cells where the header has 3.")
    assert refusal.errors == {
        "row 3": ["2 cells where the header has 3"],
        "row 4": ["4 cells where the header has 3"],
        "row 5": ["'company' is empty; it is required"],
        "row 6": ["'sector' is empty; it is required"],
    }


def test_with_skip_bad_the_good_rows_come_in_and_the_bad_are_listed(task: Task, admin: Member, write: Write) -> None:
    result = import_records(task, write(GOOD + "Cog,tools\n"), by=admin, skip_bad=True)

    assert (result.rows_added, result.rows_bad, result.source.rows_bad) == (2, 1, 1)
    assert result.errors[0] == (4, "2 cells where the header has 3")


def test_jsonl_rows_are_numbered_by_line_and_a_broken_one_is_named(task: Task, admin: Member, write: Write) -> None:
    lines = ['{"company": "A", "sector": "b"}', "", '{"company": "C", ', "[1]", '{"company": "D", "sector": {"x": 1}}']

    refusal = refusal_of(task, write("\n".join(lines), "rows.jsonl"), admin)

    assert refusal.errors["row 3"][0].startswith("not JSON: Expecting property name")
    assert refusal.errors["row 4"] == ["a JSON array, expected an object"]
    assert refusal.errors["row 5"] == ["'sector' is a JSON object, expected a plain value"]


def test_a_json_array_is_read_too(task: Task, admin: Member, write: Write) -> None:
    rows = [{"company": "A", "sector": "b", "size": 12}, {"company": "C", "sector": "d", "size": None}]

    import_records(task, write(json.dumps(rows, indent=1), "rows.json"), by=admin)

    assert [record.facts for record in Record.objects.order_by("title")] == [
        {"company": "A", "sector": "b", "size": "12"}, {"company": "C", "sector": "d"},
    ]  # fmt: skip


def test_values_are_brought_to_the_type_of_their_field(admin: Member, write: Write) -> None:
    task = make_task(by=admin, spec=typed_spec(), slug="typed")
    text = 'name,price,day,link,live,tags\nA,"1,200.50",3 May 2026,acme.com/x,Yes,a; b|c\n'

    import_records(task, write(text), by=admin)

    assert Record.objects.get().facts == {
        "name": "A", "price": 1200.5, "day": "2026-05-03", "link": "acme.com/x", "live": True, "tags": ["a", "b", "c"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("price", "about 50", "'price' is 'about 50', expected a number such as 1200 or 3.5"),
        ("day", "03/05/26", "'day' is '03/05/26', expected a date such as 2026-05-03 or 3 May 2026"),
        ("day", "2026-02-30", "'day' is '2026-02-30', expected a date"),
        ("link", "not a link", "'link' is 'not a link', expected an address such as https://example.com"),
        ("link", "javascript://x.y/alert", "expected an address"),
        ("live", "perhaps", "'live' is 'perhaps', expected yes or no"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_what_is_wanted(
    admin: Member, write: Write, column: str, value: str, says: str
) -> None:
    task = make_task(by=admin, spec=typed_spec(), slug="typed")

    refusal = refusal_of(task, write(f"name,{column}\nA,{value}\n"), admin)

    assert says in refusal.errors["row 2"][0]


def test_unknown_columns_stay_out_and_are_listed(task: Task, admin: Member, write: Write) -> None:
    result = import_records(task, write("company,sector,shoe colour\nA,b,red\n"), by=admin)

    assert result.unknown_columns == ("shoe colour",)
    assert "red" not in str(Record.objects.get().facts)


def test_a_mapping_chosen_by_hand_wins_and_a_value_can_be_given_for_all_rows(
    task: Task, admin: Member, write: Write
) -> None:
    path = write("firm,branch\nA,b\n")

    import_records(task, path, by=admin, mapping={"firm": "company", "branch": ""}, defaults={"sector": "ships"})

    assert Record.objects.get().facts == {"company": "A", "sector": "ships"}


@pytest.mark.parametrize(
    ("mapping", "key", "says"),
    [
        (
            {"nope": "company", "sector": "sector"},
            "nope",
            "The file has no column 'nope'; it has company, sector, size.",
        ),
        ({"company": "company", "sector": "sector", "size": "boss"}, "size", "'boss' is no field of this task"),
        (
            {"company": "company", "size": "company", "sector": "sector"},
            "size",
            "'company' is filled from 'company' already.",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    task: Task, admin: Member, write: Write, mapping: dict[str, str], key: str, says: str
) -> None:
    refusal = refusal_of(task, write(GOOD), admin, mapping=mapping)

    assert refusal.code == "mapping_invalid"
    assert says in refusal.errors[key][0]


def test_only_a_lead_imports(task: Task, reviewer: Member, write: Write) -> None:
    with pytest.raises(PermissionDenied):
        import_records(task, write(GOOD), by=reviewer)


def test_ten_thousand_records_come_in_within_ten_seconds(task: Task, admin: Member, write: Write) -> None:
    rows = "".join(
        f"Company {n},sector {n % 40},{n},City {n % 90},a note about company {n} of some length\n"
        for n in range(10_000)
    )
    path = write("company,sector,size,city,notes\n" + rows)

    started = time.process_time()
    result = import_records(task, path, by=admin)
    took_s = time.process_time() - started

    assert result.rows_added == Record.objects.count() == 10_000
    assert took_s < 10


def test_a_file_of_twenty_megabytes_is_read_to_its_last_row(task: Task, write: Write) -> None:
    note = "x" * 2100
    path = write("company,sector,notes\n" + "".join(f"C{n},s,{note}\n" for n in range(10_400)) + "Last,s\n")
    assert path.stat().st_size > 20 * 2**20

    preview = read_preview(path, spec=outreach.SPEC)

    assert (preview.rows_total, preview.rows_bad) == (10_401, 1)
    assert preview.errors[0].row == 10_402


def test_a_preview_shows_columns_samples_and_every_bad_row_and_writes_nothing(write: Write) -> None:
    preview = read_preview(write("Company Name,Industry,Shoe\nAcme,steel,red\nBolt\n"), spec=outreach.SPEC)

    assert preview.mapping == {"Company Name": "company", "Industry": "sector"}
    assert preview.unknown_columns == ("Shoe",)
    assert preview.samples == (("Acme", "steel", "red"),)
    assert preview.errors == ((3, "1 cells where the header has 3"),)
    assert not Source.objects.exists()


@pytest.mark.outside_data
def test_the_list_of_the_largest_companies_comes_in_untouched(task: Task, admin: Member, outside_data: Path) -> None:
    result = import_records(task, outside_data / "prospects" / "sp500.csv", by=admin)

    assert (result.rows_added, result.rows_bad) == (503, 0)
    assert result.source.mapping == {
        "Security": "company", "GICS Sector": "sector", "GICS Sub-Industry": "product", "Headquarters Location": "city",
        "Founded": "founded",
    }  # fmt: skip
    assert result.unknown_columns == ("Symbol", "Date added", "CIK")


@pytest.mark.outside_data
def test_thousands_of_start_ups_come_in_from_jsonl(
    task: Task, admin: Member, outside_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "techstars.jsonl"
    path.write_bytes(gzip.decompress((outside_data / "prospects" / "techstars.jsonl.gz").read_bytes()))

    result = import_records(task, path, by=admin, skip_bad=True)

    shares = {
        split: Record.objects.filter(split=split).count() / result.rows_added
        for split in ("train", "validation", "test")
    }
    assert result.rows_total == 4767
    assert result.rows_added > 4500
    assert abs(shares["train"] - 0.8) < 0.03
    assert abs(shares["test"] - 0.1) < 0.03


def test_a_file_of_which_no_column_fills_a_field_is_refused(admin: Member, tmp_path: Path) -> None:
    task = make_task(by=admin, spec=plain_spec(), slug="support")
    path = tmp_path / "other.csv"
    path.write_text("colour,weight\nred,3\nblue,4\n")

    with pytest.raises(Refusal, match="No column fills any field"):
        import_records(task, path, by=admin)

    assert not Record.objects.exists()
