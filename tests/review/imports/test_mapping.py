"""Columns and values: what fills which field, and how a text becomes a value of its type."""

from __future__ import annotations

from pathlib import Path

import pytest

from members.models import Member
from review.models import Record, Task
from review.sources.imports import import_records
from review.spec.schema import InputField
from review.spec.task_spec import TaskSpec
from tests.review.factories import make_task, plain_spec
from tests.review.imports.conftest import GOOD, Write, refusal_of
from web.errors import Refusal

pytestmark = pytest.mark.django_db


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
        ("link", "http://[::1", "'link' is 'http://[::1', expected an address such as https://example.com"),
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
        ({"company": "company", "sector": "sector", "size": "boss"}, "size", "'boss' is not a field of this task"),
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


def test_a_file_of_which_no_column_fills_a_field_is_refused(admin: Member, tmp_path: Path) -> None:
    task = make_task(by=admin, spec=plain_spec(), slug="support")
    path = tmp_path / "other.csv"
    path.write_text("colour,weight\nred,3\nblue,4\n")

    with pytest.raises(Refusal, match="No column fills any field"):
        import_records(task, path, by=admin)

    assert not Record.objects.exists()
