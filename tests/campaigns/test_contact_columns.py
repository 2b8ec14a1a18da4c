"""Columns of files of contacts, as programs and people name them."""

from __future__ import annotations

import pytest

from campaigns.contacts.imports.columns import columns_of, guess_contact_mapping
from campaigns.contacts.imports.parse_row import person_value
from review.sources.imports.tables import Row
from review.spec.schema import InputField
from review.spec.starters import outreach

FILES = {
    "Apollo": (
        "First Name,Last Name,Title,Company Name for Emails,Email,Email Status,Corporate Phone,Industry",
        "Email",
        "Company Name for Emails",
    ),
    "HubSpot": ("Record ID,First Name,Last Name,Email,Associated Company,Lead Status", "Email", "Associated Company"),
    "Salesforce": ("First Name,Last Name,Account Name,Email,Email Opt Out", "Email", "Account Name"),
    "Google": (
        "First Name,Last Name,Organization 1 - Name,E-mail 1 - Label,E-mail 1 - Value",
        "E-mail 1 - Value",
        "Organization 1 - Name",
    ),
    "Outlook": ("First Name,Last Name,Company,E-mail Address,E-mail Type", "E-mail Address", "Company"),
    "Pipedrive": (
        "Person - Name,Person - Email - Work,Organization - Name",
        "Person - Email - Work",
        "Organization - Name",
    ),
    "Pipedrive, people": (
        "Person - Name,Person - Email - Work,Person - Organization",
        "Person - Email - Work",
        "Person - Organization",
    ),
    "German": ("E-Mail-Adresse;Vorname;Nachname;Firma;Branche;Anlass", "E-Mail-Adresse", "Firma"),
    "German, of a shop": ("Vorname;Familienname;Unternehmen;Mailadresse", "Mailadresse", "Unternehmen"),
    "French": ("Prénom;Nom;Société;Adresse e-mail", "Adresse e-mail", "Société"),
    "Spanish": ("Nombre;Apellidos;Empresa;Correo electrónico", "Correo electrónico", "Empresa"),
    "Dutch": ("Voornaam;Achternaam;Bedrijf;E-mailadres", "E-mailadres", "Bedrijf"),
}


@pytest.mark.parametrize("program", FILES)
def test_addresses_and_companies_are_found_by_their_names(program: str) -> None:
    header, address, company = FILES[program]
    names = header.split(";" if ";" in header else ",")

    mapping = guess_contact_mapping(names, columns_of(outreach.SPEC))

    assert (mapping.get(address), mapping.get(company)) == ("address", "company")
    assert sum(target == "address" for target in mapping.values()) == 1


def test_names_of_people_and_trades_are_found_in_german() -> None:
    names = ["E-Mail-Adresse", "Vorname", "Nachname", "Firma", "Branche", "Anlass"]

    mapping = guess_contact_mapping(names, columns_of(outreach.SPEC))

    assert list(mapping.values()) == ["address", "first_name", "last_name", "company", "sector", "trigger"]


@pytest.mark.parametrize(
    ("first", "last", "address", "company"),
    [
        ("Etunimi", "Sukunimi", "Sähköposti", "Yritys"),
        ("Jméno", "Příjmení", "E-mail do práce", "Společnost"),
        ("Ad", "Soyad", "E-posta", "Şirket"),
        ("Person - First name", "Person - Last name", "Person - Email - Other", "Person - Organization"),
    ],
)
def test_a_column_of_addresses_is_one_whatever_its_name(first: str, last: str, address: str, company: str) -> None:
    names = ["Status", first, last, "Web", address, company]
    people = (("open", "Aino", "Laine", "laine.example", "aino@laine.example", "Laine"), ("", "Bo", "Dahl", "", "", ""))
    rows = [Row(number, dict(zip(names, each, strict=True))) for number, each in enumerate(people)]

    mapping = guess_contact_mapping(names, columns_of(outreach.SPEC), rows)

    named = {first: "first_name", last: "last_name", address: "address", company: "company"}
    assert {name: mapping.get(name) for name in named} == named


def test_a_postal_address_is_no_mail_address() -> None:
    names = ["Email Address", "First Name", "Address"]
    rows = [Row(1, dict(zip(names, ("ada@acme.example", "Ada", "1 Quay"), strict=True)))]

    for held in (rows, []):
        assert guess_contact_mapping(names, columns_of(outreach.SPEC), held)["Email Address"] == "address"
    assert guess_contact_mapping(names[1:], columns_of(outreach.SPEC), rows) == {"First Name": "first_name"}


@pytest.mark.parametrize(
    ("header", "facts"),
    [
        ("Title,Job Title,Business Country/Region,Business City", ["", "role", "country", "city"]),
        ("Person - Job title,Organization - Industry,Organization - Address", ["role", "sector", ""]),
        ("Contact: Job title,Account: Industry,Contact Name", ["role", "sector", ""]),
        ("Title,Industry", ["role", "sector"]),
    ],
)
def test_facts_are_found_behind_whose_they_are(header: str, facts: list[str]) -> None:
    names = header.split(",")
    mapping = guess_contact_mapping(names, columns_of(outreach.SPEC))

    assert [mapping.get(name, "") for name in names] == facts


@pytest.mark.parametrize(
    ("written", "code"),
    [("de", "de"), ("de_AT", "de"), ("German", "de"), ("Deutsch", "de"), ("Français", "fr"), ("nederlands", "nl"),
     ("English (United States)", "en"), ("Español (México)", "es")],
)  # fmt: skip
def test_a_language_is_known_by_its_code_and_its_names(written: str, code: str) -> None:
    assert person_value("language", written) == code


def test_a_language_that_no_mail_is_written_in_is_refused() -> None:
    with pytest.raises(ValueError, match="'language' is 'Polski', expected one of en, de, fr, it, nl, es"):
        person_value("language", "Polski")


@pytest.mark.parametrize(
    ("written", "zone"), [("us_slash_eastern", "US/Eastern"), ("europe/berlin", "Europe/Berlin"), ("UTC", "UTC")]
)
def test_a_time_zone_is_known_as_programs_write_it(written: str, zone: str) -> None:
    assert person_value("time_zone", written) == zone


@pytest.mark.parametrize(
    ("column", "fact"),
    [("Subscription Status", "subscription_status"), ("Unsubscribed", "unsubscribed"), ("marketing_status",) * 2,
     ("Opted out", "opted_out"), ("Tag", "tag"), ("Ad", "ad")],
)  # fmt: skip
def test_a_column_is_the_facts_whose_very_name_it_has(column: str, fact: str) -> None:
    more = InputField.model_validate({"name": fact, "type": "text"})
    spec = outreach.SPEC.model_copy(update={"input_schema": [*outreach.SPEC.input_schema, more]})

    assert guess_contact_mapping(["Email", column], columns_of(spec)) == {"Email": "address", column: fact}
