"""Columns of a file: those that fill a contact, and those that fill the facts of its record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from campaigns.contacts.imports.opt_outs import CONSENTS, MARKS, are_of_bills
from review.sources.imports.column_mapping import (
    COMPANY_WORDS,
    SPLIT_FIELD,
    ColumnMapping,
    TargetField,
    guess_mapping,
    target_fields,
)
from review.sources.imports.tables import Row
from review.spec.schema import InputField
from review.spec.task_spec import TaskSpec
from review.states import SourceKind

OPT_OUTS = ("opted_out", "opted_in")
PERSON = ("address", "first_name", "last_name", "company", "segment", "time_zone", "language", *OPT_OUTS)
BASIS = ("lawful_basis", "basis_source", "basis_date", "may_track_opens")
_REQUIRED = frozenset({"address", "lawful_basis", "basis_source", "basis_date"})
_TYPES = {"basis_date": "date", "may_track_opens": "boolean"}
_LABELS = {
    "address": "mail address",
    "time_zone": "time zone",
    "opted_out": "opted out of mails",
    "opted_in": "consents to mails",
    "lawful_basis": "lawful basis",
    "basis_source": "source of the basis",
    "basis_date": "date of the basis",
    "may_track_opens": "consents to open tracking",
}
_ADDRESS, _LOOK_ROWS = re.compile(r"[^\s@<>;,]+@[^\s@<>;,]+\.[^\s@<>;,]+"), 50
# What people and programs call these columns in a file of contacts.
_ALIASES = {
    "address": (
        "email",
        "e mail",
        "mail",
        "email address",
        "e mail address",
        "mail address",
        "work email",
        "work email address",
        "business email",
        "primary email",
        "contact email",
        "email work",
        "e mail 1 value",
        "email 1",
        "to",
        "e mail adresse",
        "email adresse",
        "mailadresse",
        "adresse e mail",
        "adresse email",
        "courriel",
        "correo",
        "correo electrónico",
        "email aziendale",
        "indirizzo email",
        "indirizzo e mail",
        "e mailadres",
        "emailadres",
        "e postadress",
        "e mail cím",
        "adres e mail",
    ),
    "first_name": (
        "first",
        "given name",
        "forename",
        "firstname",
        "vorname",
        "prénom",
        "prenom",
        "nombre",
        "nome",
        "voornaam",
        "förnamn",
        "fornavn",
        "imię",
        "etunimi",
        "jméno",
        "keresztnév",
        "ad",
        "имя",
    ),
    "last_name": (
        "last",
        "family name",
        "surname",
        "lastname",
        "nachname",
        "familienname",
        "nom",
        "nom de famille",
        "apellido",
        "apellidos",
        "cognome",
        "achternaam",
        "efternamn",
        "efternavn",
        "etternavn",
        "nazwisko",
        "sobrenome",
        "sukunimi",
        "příjmení",
        "vezetéknév",
        "soyad",
        "фамилия",
    ),
    "company": ("company name", "organisation", "organization", "account", "employer", *COMPANY_WORDS),
    "segment": ("list", "group", "cohort", "tag"),
    "time_zone": ("timezone", "tz", "zone"),
    "language": ("lang", "locale", "sprache", "langue", "lingua", "taal", "idioma"),
    "opted_out": MARKS,
    "opted_in": CONSENTS,
    "lawful_basis": ("basis", "legal basis", "gdpr basis"),
    "basis_source": ("source", "consent source", "source of basis", "obtained from"),
    "basis_date": ("consent date", "date of basis", "opt in date", "obtained on"),
    "may_track_opens": ("track opens", "open tracking", "tracking consent"),
}


@dataclass(frozen=True)
class ContactColumns:
    """Targets of a file of contacts.

    Attributes:
        fields: Every target: those of the contact first, then the facts of the task.
        person: Name of the contact's field by target; `contact.<name>` where a fact is its namesake.
        company_fact: The fact that names the company, where the task has one; the contact takes it from there.
    """

    fields: tuple[TargetField, ...]
    person: dict[str, str]
    company_fact: str

    def fact_names(self) -> frozenset[str]:
        return frozenset(target.name for target in self.fields) - frozenset(self.person)

    def for_mapping(self, mapping: ColumnMapping, defaults: dict[str, str]) -> tuple[TargetField, ...]:
        """The targets under a mapping: where no column fills any fact, contacts come without a record."""
        used = {name for name in mapping.values() if name} | {name for name, value in defaults.items() if value}
        if used & self.fact_names():
            return self.fields
        return tuple(target for target in self.fields if target.name in self.person)


def columns_of(spec: TaskSpec) -> ContactColumns:
    facts = tuple(target for target in target_fields(spec, SourceKind.RECORDS) if target.name != SPLIT_FIELD)
    fact_names = {target.name for target in facts}
    company = "company" if "company" in fact_names else ""
    own = [name for name in (*PERSON, *BASIS) if not (name == "company" and company)]
    person = {f"contact.{name}" if name in fact_names else name: name for name in own}
    mine = tuple(_target(name, field) for name, field in person.items())
    return ContactColumns((*mine, *facts), person, company)


def guess_contact_mapping(
    columns: Sequence[str], contact_columns: ContactColumns, rows: Iterable[Row] = ()
) -> ColumnMapping:
    """Pair columns with fields: the contact's by what people call them, then the facts as any import does.

    Args:
        rows: Rows of the file: a column of any name that holds nothing but mail addresses is the address, and one
            that holds none is not.
    """
    mapping: ColumnMapping = {}
    held = [row.values for row in islice(rows, _LOOK_ROWS)]
    streets = {column for column in columns if _are_streets(held, column)}
    bills = {column for column in columns if are_of_bills(_cells(held, column))}
    fact_names = {_plain(name) for name in contact_columns.fact_names()}
    for target, name in contact_columns.person.items():
        # A fact called language is more likely what a column of that name holds.
        plain = () if name in ("language", *OPT_OUTS) and name != target else (name.replace("_", " "),)
        # What else people call a field gives way to a fact of that very name, unless no contact comes without it.
        others = tuple(word for word in _ALIASES.get(name, ()) if name in _REQUIRED or word not in fact_names)
        own = (*plain, target.replace("_", " "))
        # A plain address beside one of a mail is where somebody lives.
        names = (*others, *own) if name == "address" else (*own, *others)
        left_out = mapping.keys() | (streets if name == "address" else bills if name == "opted_in" else set())
        free = [column for column in columns if column not in left_out and _plain(column) in names]
        free.sort(key=lambda column: names.index(_plain(column)))
        mapping |= dict.fromkeys(free if name in OPT_OUTS else free[:1], target)
    address = next(target for target, name in contact_columns.person.items() if name == "address")
    if address not in mapping.values():
        mapping |= dict.fromkeys([column for column in columns if _are_addresses(held, column)][:1], address)
    rest = [column for column in columns if column not in mapping]
    facts = [target for target in contact_columns.fields if target.name not in contact_columns.person]
    mapping.update(guess_mapping(rest, facts))
    return {column: mapping[column] for column in columns if column in mapping}


def _target(name: str, field: str) -> TargetField:
    shape = InputField.model_validate({"name": field, "type": _TYPES.get(field, "text")})
    label = _LABELS.get(field, field.replace("_", " "))
    # The name stands before the label of a namesake fact.
    label = label if name == field else f"{label} (of the contact)"
    return TargetField(name, label, field in _REQUIRED, False, shape, may_repeat=field in OPT_OUTS)


def _are_addresses(rows: Sequence[Mapping[str, object]], column: str) -> bool:
    cells = _cells(rows, column)
    return bool(cells) and all(map(_ADDRESS.fullmatch, cells))


def _are_streets(rows: Sequence[Mapping[str, object]], column: str) -> bool:
    cells = _cells(rows, column)
    return bool(cells) and not any("@" in cell for cell in cells)


def _cells(rows: Sequence[Mapping[str, object]], column: str) -> list[str]:
    return [text for row in rows if (text := str(row.get(column) or "").strip())]


def _plain(name: str) -> str:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = " ".join(re.sub(r"[^\w.]+|_", " ", parted).casefold().split())
    # Pipedrive says of whom each column is.
    return plain.removeprefix("person ")
