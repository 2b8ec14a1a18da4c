"""Edited values of an import of verdicts: numbers, dates and labels as a file writes them."""

from __future__ import annotations

import pytest

from members.models import Member
from review.models import Decision, Draft, Task
from review.sources import forms
from review.sources.imports.verdicts import import_decisions
from review.sources.imports.verdicts.preview import read_judged_preview
from review.spec.schema import Label, OutputField
from tests.review import factories
from tests.review.imports.conftest import Write
from tests.review.imports.workbooks import cell, rows, workbook

pytestmark = pytest.mark.django_db
MAPPING = {"draft": "said.draft", "reviewer": "said.reviewer", "verdict": "said.verdict"}
REPLY = {"reply": "We will look into it."}
FIELDS = {"amount": 1, "due": "2026-01-01", "kind": "bug", "tags": ["bug"]}
LABELS = (Label(name="bug"), Label(name="idea"))
SPEC = factories.triage_spec().model_copy(
    update={
        "output_schema": (
            OutputField(name="amount", type="number"),
            OutputField(name="due", type="date"),
            OutputField(name="kind", type="choice", labels=LABELS, required=False),
            OutputField(name="tags", type="choices", labels=LABELS, required=False),
        )
    }
)


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin, spec=SPEC, slug="triage")


@pytest.fixture
def drafts(task: Task) -> list[Draft]:
    records = factories.make_records(factories.make_source(task), 2)
    return factories.make_drafts(task, records, fields=[dict(FIELDS), dict(FIELDS)])


def test_edited_numbers_and_dates_are_read_as_the_file_writes_them(
    task: Task, drafts: list[Draft], admin: Member, write: Write
) -> None:
    first, second = drafts
    file = write(
        "draft;reviewer;verdict;amount;due\n"
        f"{first.pk};ann;edit;2.000,50;31/01/2026\n{second.pk};ann;edit;1.234;03/04/2026\n"
    )
    mapping = MAPPING | {"amount": "edited.amount", "due": "edited.due"}

    preview = read_judged_preview(file, spec=SPEC, mapping=mapping, task=task)
    import_decisions(task, file, by=admin, mapping=mapping)

    assert (preview.by_verdict, preview.preview.errors) == ({"edit": 2}, ())
    edited = [draft.decisions.get().fields for draft in drafts]
    assert [(each["amount"], each["due"]) for each in edited] == [(2000.5, "2026-01-31"), (1234, "2026-04-03")]
    assert not any(line["name"].startswith("edited.") for line in forms.unfilled(preview.preview, {}))


@pytest.mark.parametrize(
    ("kind", "tags", "wanted"),
    [
        ('"idea"', '"idea"', ("idea", ["idea"])),
        ("null", '["idea"]', (None, ["idea"])),
        ("idea", "idea", ("idea", ["idea"])),
    ],
)
def test_an_edited_label_may_be_quoted_as_json_has_it(
    task: Task, drafts: list[Draft], admin: Member, write: Write, kind: str, tags: str, wanted: object
) -> None:
    file = write(f"draft\treviewer\tverdict\tkind\ttags\n{drafts[0].pk}\tann\tedit\t{quoted(kind)}\t{quoted(tags)}\n")

    import_decisions(task, file, by=admin, mapping=MAPPING | {"kind": "edited.kind", "tags": "edited.tags"})

    fields = Decision.objects.get().fields
    assert (fields["kind"], fields["tags"]) == wanted


def test_an_edited_text_is_what_its_cell_shows(admin: Member, write: Write) -> None:
    task = factories.make_task(by=admin, spec=factories.plain_spec(), slug="answers")
    drafts = factories.make_drafts(task, factories.make_records(factories.make_source(task), 4), fields=[REPLY] * 4)
    shown = ("01234", "12.5%", "true", "2019")
    cells = ("<v>1234</v>", "<v>0.125</v>", "<v>1</v>", "<v>2019</v>")
    styles = ('s="2"', 's="3"', 't="b"', 's="0"')
    lines = "".join(
        f'<row r="{at}">{cell(f"A{at}", str(draft.pk))}{cell(f"B{at}", "ann")}<c r="C{at}" {style}>{value}</c></row>'
        for at, (draft, style, value) in enumerate(zip(drafts, styles, cells, strict=True), 2)
    )
    book = workbook({"One": rows(("draft", "reviewer", "reply")) + lines}, formats=["00000", "0.0%"])

    mapping = {"draft": "said.draft", "reviewer": "said.reviewer", "reply": "edited.reply"}
    import_decisions(task, write(book, "edits.xlsx"), by=admin, mapping=mapping)

    assert [draft.decisions.get().fields["reply"] for draft in drafts] == list(shown)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
