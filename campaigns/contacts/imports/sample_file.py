"""A small file of contacts that fits a task, to download and fill in. Its people and companies are made up."""

from __future__ import annotations

import math

from django.utils import timezone

from campaigns.contacts.imports import columns
from campaigns.contacts.imports.columns import ContactColumns
from review.models import Task
from review.spec.numbers import whole_or_not
from review.spec.schema import InputField
from review.tasks.queries import latest_version
from web import csv

_PEOPLE = (
    ("mara@harbourline.example", "Mara", "Voss", "Harbour Line", "Europe/Berlin"),
    ("ilja@northmill.example", "Ilja", "Brandt", "North Mill", "Europe/Helsinki"),
    ("sam@quarrystone.example", "Sam", "Okoro", "Quarry & Stone", "Europe/London"),
)
_FACTS = {
    "sector": ("sea freight", "paper", "building stone"),
    "role": ("Head of Operations", "Plant Manager", "Buyer"),
    "domain": ("harbourline.example", "northmill.example", "quarrystone.example"),
    "city": ("Kiel", "Tampere", "Bath"),
    "size": ("120", "85", "40"),
    "company": tuple(company for _, _, _, company, _ in _PEOPLE),
}
# A cell of each type of several parts, and what a quote of it may say.
_PARTED = {
    "list": ("one; two", "one"),
    "object": ('{"note": "by phone"}', "by phone"),
    "conversation": ('[{"role": "user", "content": "Good morning"}]', "Good morning"),
}


def sample_csv(task: Task) -> str:
    """Three rows under a header with every column the task can use; reads without a mistake."""
    contact_columns = columns.columns_of(latest_version(task).spec)
    rows = (_cells(contact_columns, index) for index in range(len(_PEOPLE)))
    return "".join(csv.lines([target.name for target in contact_columns.fields], rows))


def _cells(contact_columns: ContactColumns, index: int) -> list[str]:
    fields = {target.name: target.field for target in contact_columns.fields if isinstance(target.field, InputField)}
    person = contact_columns.person
    cells = {
        name: _person(person[name], index) if name in person else _fact(field, index) for name, field in fields.items()
    }
    texts = [name for name, field in fields.items() if field.type == "text"]
    for name, field in fields.items():
        if field.type == "quote" and field.required:
            # It has to stand in the fact that it is from.
            source = field.source or texts[-1]
            cells[name] = _PARTED.get(fields[source].type, ("", cells[source]))[1]
    return list(cells.values())


def _person(name: str, index: int) -> str:
    address, first, last, company, zone = _PEOPLE[index]
    return {
        "address": address,
        "first_name": first,
        "last_name": last,
        "company": company,
        "segment": ("north", "north", "south")[index],
        "time_zone": zone,
        "language": "en",
        "opted_out": "no",
        "opted_in": "yes",
        "lawful_basis": "legitimate_interest",
        "basis_source": "trade fair",
        "basis_date": timezone.localdate().isoformat(),
        "may_track_opens": "no",
    }[name]


def _fact(field: InputField, index: int) -> str:
    kind = field.value_type
    if kind.has_labels:
        return field.labels[index % len(field.labels)].name if field.labels else ""
    if kind.is_number:
        return str(_in_range(field, kind.sample))
    if kind.control == "flag":
        return "yes"
    if field.type == "quote":
        return ""
    if field.type == "url":
        return f"https://{_FACTS['domain'][index]}"
    if field.type == "text" and field.name in _FACTS:
        return _FACTS[field.name][index]
    if field.type in _PARTED:
        return _PARTED[field.type][0]
    return str(kind.sample or f"{field.name.replace('_', ' ')} {index + 1}")


def _in_range(field: InputField, number: float) -> float:
    if field.maximum is not None and number > field.maximum:
        number = field.maximum
    if field.minimum is not None and number < field.minimum:
        number = math.ceil(field.minimum) if field.type == "integer" else field.minimum
    return whole_or_not(float(math.floor(number) if field.type == "integer" else number))
