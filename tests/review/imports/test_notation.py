"""How numbers and dates of a file are read: by what its cells show, by choice, and by no guess where both could be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from members.models import Member
from review.models import Record
from review.sources.imports import ImportChoices, import_records, notation, read_preview
from review.sources.imports.cell_values import Notation, read_value
from review.sources.imports.column_mapping import TargetField
from review.sources.imports.tables import Row
from review.spec.schema import InputField
from review.spec.starters import outreach
from review.spec.task_spec import TaskSpec
from tests.review.factories import make_task
from tests.review.imports.conftest import Write, refusal_of
from web.errors import Refusal

SIZE, DAY = InputField(name="size", type="number"), InputField(name="day", type="date")
FIELDS = [TargetField(field.name, field.name, False, False, field) for field in (SIZE, DAY)]


@dataclass
class Cells:
    """One column of texts."""

    column: str
    cells: Iterable[object]
    delimiter: str = ","

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def rows(self) -> Iterator[Row]:
        for number, cell in enumerate(self.cells, 2):
            yield Row(number, {self.column: cell})


def look(column: str, *cells: object, delimiter: str = ",", **chosen: str) -> notation.FoundNotation:
    return notation.find(Cells(column, cells, delimiter), {column: column}, FIELDS, ImportChoices(**chosen))


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["1.200", "3,5"], ","),
        (["1,200", "3.5"], "."),
        (["1.234,56"], ","),
        (["1,234.56"], "."),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["0,125"], ","),
        (["-.5"], "."),
        (["12", "1200"], ""),
        ([1.5, 3, None, "n/a"], ""),
    ],
)
def test_one_number_that_can_be_read_in_one_way_settles_the_file(cells: list[object], decimal: str) -> None:
    assert look("size", *cells).decimal == decimal


@pytest.mark.parametrize(("delimiter", "decimal"), [(";", ","), (",", "."), ("\t", ".")])
def test_numbers_that_show_nothing_go_by_what_parts_the_columns(delimiter: str, decimal: str) -> None:
    found = look("size", "1.200", delimiter=delimiter)

    assert (found.decimal, found.unclear_number) == (decimal, "1.200")


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1.200", ",", 1200), ("1.200", ".", 1.2), ("1,200", ".", 1200), ("1,200", ",", 1.2), ("-3,5", ",", -3.5),
        ("1.234.567,25", ",", 1234567.25), ("1 200,5", ",", 1200.5), ("1\u202f200", ".", 1200), ("2,5e3", ",", 2500),
    ],
)  # fmt: skip
def test_a_number_is_read_by_the_notation(text: str, decimal: str, number: float) -> None:
    assert read_value(SIZE, text, Notation(decimal)) == number


@pytest.mark.parametrize("text", ["1.2.3", "3.5,5.1", "1.23,4", "12,34.5", "NaN", "inf", "1,5,5", "--3"])
def test_what_is_no_number_is_refused_in_either_notation(text: str) -> None:
    for decimal in ".,":
        with pytest.raises(ValueError, match="expected a number"):
            read_value(SIZE, text, Notation(decimal))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "1e400", "-1e400"])
def test_a_number_beyond_all_numbers_is_refused(number: object) -> None:
    with pytest.raises(ValueError, match=r"NaN|too large"):
        read_value(SIZE, number)


@pytest.mark.parametrize(
    ("cells", "order"),
    [(["03/04/2026", "31/12/2026"], "dmy"), (["03/04/2026", "12/31/2026"], "mdy"), (["2026-05-03", "3.4.2026"], ""),
     (["03-04-2026", "25-04-2026 10:30"], "dmy")],
)  # fmt: skip
def test_one_day_after_the_twelfth_settles_the_order_of_dates(cells: list[str], order: str) -> None:
    found = look("day", *cells)

    found.require_clear()
    assert found.dates == order


def test_dates_that_can_be_read_in_two_ways_need_a_choice() -> None:
    with pytest.raises(Refusal) as refused:
        look("day", "05/05/2026", "03/04/2026").require_clear()

    assert refused.value.code == "dates_ambiguous"
    assert "such as 03/04/2026 in row 3" in refused.value.message
    look("day", "05/05/2026").require_clear()
    look("day", "03/04/2026", dates="mdy").require_clear()


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [("03/04/2026", "dmy", "2026-04-03"), ("03/04/2026", "mdy", "2026-03-04"), ("3-4-2026", "mdy", "2026-03-04"),
     ("03.04.2026", "mdy", "2026-04-03"), ("3/4/2026 09:15", "dmy", "2026-04-03"), ("3 May 2026", "", "2026-05-03"),
     ("4/3/2026, 9:15:00 PM", "mdy", "2026-04-03")],
)  # fmt: skip
def test_a_date_is_read_in_the_order_of_the_file(text: str, order: str, day: str) -> None:
    assert read_value(DAY, text, Notation(dates=order)) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [("3. November 2026", "2026-11-03"), ("3 de noviembre de 2026", "2026-11-03"), ("12. März 2026", "2026-03-12"),
     ("3 juin 2026", "2026-06-03"), ("Nov. 3, 2026", "2026-11-03"), ("3rd of November 2026", "2026-11-03"),
     ("Di., 3. November 2026", "2026-11-03"), ("mardi 3 novembre 2026", "2026-11-03"), ("3-mrt-2026", "2026-03-03"),
     ("2026.11.03", "2026-11-03"), ("2026年11月3日", "2026-11-03"), ("3 May 1850", "1850-05-03"),
     ("Tuesday, 3. Dezember 2026 14:00", "2026-12-03")],
)  # fmt: skip
def test_a_month_is_read_by_its_name_in_other_languages(text: str, day: str) -> None:
    assert read_value(DAY, text) == day


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2026",
        "2026-13-01",
        "30/02/2026",
        "0/1/2026",
        "someday",
        "1/2/26",
        "31. Juni 2026",
        "3. November",
        "ab 3. November 2026",
        "3 or 4 May 2026",
        "so " * 6000,
    ],
)
def test_a_date_that_is_none_is_refused(text: str) -> None:
    for order in ("", "dmy", "mdy"):
        with pytest.raises(ValueError, match="expected a date"):
            read_value(DAY, text, Notation(dates=order))


def typed_spec() -> TaskSpec:
    """The outreach task with a date and a number of their own types."""
    types = {"trigger_date": "date", "size": "number"}
    fields = [
        field.model_copy(update={"type": types.get(field.name, field.type)}) for field in outreach.SPEC.input_schema
    ]
    return outreach.SPEC.model_copy(update={"input_schema": tuple(fields)})


@pytest.mark.django_db
def test_a_file_with_ambiguous_dates_waits_for_the_choice(admin: Member, write: Write) -> None:
    task = make_task(by=admin, spec=typed_spec())
    path = write("company;sector;trigger_date;size\nAcme;steel;03/04/2026;1.200\nBolt;rail;;3,5\n")

    preview = read_preview(path, spec=typed_spec())
    refusal = refusal_of(task, path, admin)
    import_records(task, path, by=admin, choices=ImportChoices(dates="mdy"))

    facts = Record.objects.get(title="Acme").facts
    assert list(preview.problems) == ["trigger_date"]
    assert refusal.code == "dates_ambiguous"
    assert (facts["trigger_date"], facts["size"]) == ("2026-03-04", 1200)
    assert Record.objects.get(title="Bolt").facts["size"] == 3.5
