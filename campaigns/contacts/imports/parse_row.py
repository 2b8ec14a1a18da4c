"""One row of a file of contacts: typed, checked, refused with a reason. Touches no row of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.conf.locale import LANG_INFO
from django.utils import timezone

from campaigns.contacts.imports.columns import OPT_OUTS, ContactColumns
from campaigns.contacts.imports.opt_outs import has_opted_out
from campaigns.states import Language, LawfulBasis
from campaigns.suppression import email_addresses
from campaigns.suppression.email_addresses import EmailAddress
from review.sources.imports.cell_values import PLAIN, Notation
from review.sources.imports.column_mapping import ColumnMapping
from review.sources.imports.read_rows import ReadRow, read_rows
from review.sources.imports.result import RowTally
from review.sources.imports.tables import Table
from review.spec.schema import Facts

_LONGEST = {"first_name": 80, "last_name": 80, "company": 200, "segment": 80, "basis_source": 200}


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One good row.

    Attributes:
        number: As a person finds it again in the file.
        address: In normal form.
        person: Values of the contact's other columns, ready to be stored.
        facts: Of its record; empty where the file brings none.
        opted_out: Why nobody may write to the person, where a column says so; then there is nothing else.
    """

    number: int
    address: EmailAddress
    hmac: str
    person: dict[str, Any]
    facts: Facts
    opted_out: str = ""


def good_rows(
    table: Table,
    mapping: ColumnMapping,
    contact_columns: ContactColumns,
    defaults: dict[str, str],
    tally: RowTally,
    notation: Notation = PLAIN,
) -> Iterator[ContactRow]:
    """Good rows of a table, one in memory at a time; bad ones are counted in the tally with their reasons.

    Args:
        defaults: A value for all rows, by fields that no column fills.
        tally: Counts rows, and refuses bad ones.

    Raises:
        Refusal: The file cannot be read on.
    """
    today = timezone.localdate()
    for row in read_rows(table, mapping, contact_columns.for_mapping(mapping, defaults), defaults, tally, notation):
        try:
            yield _contact_row(row, contact_columns, today)
        except ValueError as error:
            tally.refuse(row.number, str(error))


def _contact_row(row: ReadRow, contact_columns: ContactColumns, today: date) -> ContactRow:
    values = {field: row.facts[target] for target, field in contact_columns.person.items() if target in row.facts}
    facts = {name: value for name, value in row.facts.items() if name not in contact_columns.person}
    address = email_addresses.parse(str(values.pop("address")))
    if opted_out := _opted_out(values):
        return ContactRow(row.number, address, address.hmac, {}, {}, opted_out)
    person = _person(values, today)
    if contact_columns.company_fact and facts.get(contact_columns.company_fact):
        person["company"] = _line("company", facts[contact_columns.company_fact])
    return ContactRow(row.number, address, address.hmac, person, facts)


def _opted_out(values: Mapping[str, Any]) -> str:
    for name in OPT_OUTS:
        for cell in str(values.get(name, "")).splitlines():
            if has_opted_out(cell, is_consent=name == "opted_in"):
                return f"the person opted out: '{name}' is '{cell[:40]}'"
    return ""


def _person(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    person: dict[str, Any] = {name: _line(name, values[name]) for name in _LONGEST if name in values}
    person["lawful_basis"] = _basis(str(values["lawful_basis"]))
    person["basis_date"] = _past(str(values["basis_date"]), today)
    person["may_track_opens"] = bool(values.get("may_track_opens", False))
    if zone := str(values.get("time_zone", "")):
        person["time_zone"] = _zone(zone)
    if language := str(values.get("language", "")).strip():
        person["language"] = _language(language)
    return person


def person_value(name: str, value: object) -> str:
    """One value of a person as an import takes it: one line, and a time zone that is one.

    Raises:
        ValueError: Says what is wrong with it.
    """
    if name == "language":
        return _language(str(value)) if str(value).strip() else ""
    if name == "time_zone":
        zone = str(value).strip()
        return _zone(zone) if zone else ""
    return _line(name, value)


def _line(name: str, value: object) -> str:
    """Refuse line breaks: in a name one would be a header of its own in a mail."""
    text = " ".join(str(value).split())
    if len(text) > _LONGEST[name]:
        raise ValueError(f"'{name}' has {len(text)} characters; {_LONGEST[name]} is the limit")
    return text


def _basis(value: str) -> str:
    word = "_".join(value.casefold().replace("-", " ").replace("_", " ").split())
    if word not in LawfulBasis.values:
        raise ValueError(f"'lawful_basis' is '{value[:40]}', expected one of {', '.join(LawfulBasis.values)}")
    return word


def _past(value: str, today: date) -> date:
    day = date.fromisoformat(value)
    if day > today:
        raise ValueError(f"'basis_date' is {day.isoformat()}, which is in the future")
    if day.year < 1970:
        raise ValueError(f"'basis_date' is {day.isoformat()}, expected a day since 1970")
    return day


def _zone(value: str) -> str:
    # HubSpot writes `europe_slash_berlin`.
    name = _zones().get(value.strip().casefold().replace("_slash_", "/"))
    if name is None:
        raise ValueError(f"'time_zone' is '{value[:40]}', expected a name such as Europe/Berlin")
    return name


def _language(value: str) -> str:
    """Accept codes such as de or de-AT, and names in English or the language itself; return the code."""
    # Programs name the country behind it: *German (Austria)*.
    word = value.strip().casefold().partition(" (")[0]
    names = {code: (label, LANG_INFO[code]["name_local"]) for code, label in Language.choices}
    by_name = {name.casefold(): code for code, both in names.items() for name in both}
    code = by_name.get(word, word.replace("_", "-").partition("-")[0])
    if code not in Language.values:
        raise ValueError(f"'language' is '{value[:40]}', expected one of {', '.join(Language.values)}, or nothing")
    return code


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
