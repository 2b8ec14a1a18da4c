"""Columns of files of contacts, as programs and people name them."""

from __future__ import annotations

import pytest

from campaigns.contacts.imports.columns import columns_of, guess_contact_mapping
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
