"""A small file of contacts that fits a task, to download and fill in. Its people and companies are made up."""

from __future__ import annotations

from django.utils import timezone

from campaigns.contacts.imports import columns
from review.models import Task
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
}
_BY_TYPE = {"number": "1", "date": "2026-01-31", "url": "https://example.com", "boolean": "yes", "list": "one; two"}


def sample_csv(task: Task) -> str:
    """Three rows under a header with every column the task can use; reads without a mistake."""
    contact_columns = columns.columns_of(latest_version(task).spec)
    rows = (
        [
            _person(contact_columns.person[target.name], index)
            if target.name in contact_columns.person
            else _fact(target.name, getattr(target.field, "type", "text"), index)
            for target in contact_columns.fields
        ]
        for index in range(len(_PEOPLE))
    )
    return "".join(csv.lines([target.name for target in contact_columns.fields], rows))


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
        "lawful_basis": "legitimate_interest",
        "basis_source": "trade fair",
        "basis_date": timezone.localdate().isoformat(),
        "may_track_opens": "no",
    }[name]


def _fact(name: str, kind: str, index: int) -> str:
    if name == "company":
        return _PEOPLE[index][3]
    return _FACTS[name][index] if name in _FACTS else _BY_TYPE.get(kind, f"{name.replace('_', ' ')} {index + 1}")
