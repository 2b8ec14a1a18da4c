"""Files of records: what comes in, what is refused and with which words, and that nothing comes in by halves."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied

from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports import import_records, read_preview
from review.spec.schema import InputField
from review.spec.starters import outreach
from tests.review.factories import make_task
from tests.review.imports.conftest import GOOD, Write, refusal_of

pytestmark = pytest.mark.django_db


def test_records_come_in_with_title_group_and_split(task: Task, admin: Member, write: Write) -> None:
    result = import_records(task, write(GOOD), by=admin, provenance="made up")

    acme = Record.objects.get(title="Acme Ltd")
    assert (result.rows_total, result.rows_added, result.rows_known, result.rows_bad) == (2, 2, 0, 0)
    assert acme.facts == {"company": "Acme Ltd", "sector": "steel", "size": "12"}
    assert (acme.group, acme.row_number) == ("acme", 2)
    assert sorted(Record.objects.values_list("split", flat=True)) == ["train", "validation"]
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


def test_only_a_lead_imports(task: Task, reviewer: Member, write: Write) -> None:
    with pytest.raises(PermissionDenied):
        import_records(task, write(GOOD), by=reviewer)


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


@pytest.mark.slow
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


def test_a_quote_that_stands_nowhere_and_a_number_out_of_range_are_refused_by_row_and_field(
    admin: Member, write: Write
) -> None:
    facts = (
        InputField(name="claim", role="title"),
        InputField(name="passage", type="document"),
        InputField(name="quote", type="quote", source="passage"),
        InputField(name="score", type="integer", minimum=0, maximum=10),
    )
    spec = outreach.SPEC.model_copy(update={"input_schema": facts, "student_template": "{{facts}}"})
    task = make_task(by=admin, spec=spec.model_copy(update={"teacher_template": "{{facts}}"}), slug="claims")
    header, good = (
        "claim,passage,quote,score\n",
        "It rains,It rains all\tday here,rains all day,10\nNo text,,anything,0\n",
    )

    refusal = refusal_of(task, write(f"{header}{good}It snows,It rains,It snows,1\nIt hails,It hails,,11\n"), admin)
    result = import_records(task, write(header + good), by=admin)

    assert refusal.errors == {
        "row 4": ["'quote' is 'It snows', which is not in 'passage' letter by letter"],
        "row 5": ["'score' is 11, above its greatest value 10"],
    }
    assert result.rows_added == 2
    assert Record.objects.get(title="It rains").facts["quote"] == "rains all day"
