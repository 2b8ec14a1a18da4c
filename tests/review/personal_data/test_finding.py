"""Personal data is found where it is written, and what only looks like it is left alone."""

from __future__ import annotations

import pytest

from review.spec.starters import outreach
from review.spec.task_spec import Offer
from review.text.personal_data import find, people_in


def kinds(text: str, *names: str) -> list[tuple[str, str]]:
    return [(found.kind, text[found.start : found.end]) for found in find(text, names)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to ada.lovelace+news@mail.example.co.uk.", "ada.lovelace+news@mail.example.co.uk"),
        ("(jörg_m@beispiel.de)", "jörg_m@beispiel.de"),
    ],
)
def test_mail_addresses_are_found_without_the_stop_after_them(text: str, found: str) -> None:
    assert kinds(text) == [("mail", found)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call +49 (0)30 1234567 today", "+49 (0)30 1234567"),
        ("or 0044 20 7946 0958.", "0044 20 7946 0958"),
        ("Ring me under 030 / 123 45 67, please", "030 / 123 45 67"),
        ("(212) 555-0123", "(212) 555-0123"),
        ("at 212-555-0123, ext. 4", "212-555-0123"),
        ("Tel.: 4567 8910", "4567 8910"),
    ],
)
def test_phone_numbers_are_found_however_they_are_written(text: str, found: str) -> None:
    assert kinds(text) == [("phone", found)]


@pytest.mark.parametrize(
    "text",
    [
        "On 2024-05-12 and 12.05.2024 at 10:30",
        "revenue of 1 200 000 to 1 500 000 euros",
        "version 10.0.2.15 on 192.168.1.20",
        "between 2019-2024, up 12.5 % and 3,400,000 units",
        "ISO 9001:2015, order 100-200, 0.5 to 0.75",
        "invoice 20240512001 of 4711",
        "Hi {{contact.first_name}}, call {{contact.phone}}",
    ],
)
def test_dates_amounts_versions_and_slots_are_no_phone_numbers(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Visit 221b Baker Street, London", "221b Baker Street"),
        ("1600 Pennsylvania Ave. NW", "1600 Pennsylvania Ave."),
        ("in der Hauptstraße 5a, Ulm", "Hauptstraße 5a"),
        ("an der Langen Straße 12 in Ulm", "Langen Straße 12"),
        ("12 bis, rue de la Paix", "12 bis, rue de la Paix"),
        ("in via Garibaldi, 4 a Roma", "via Garibaldi, 4"),
        ("P.O. Box 123 there", "P.O. Box 123"),
    ],
)
def test_streets_with_their_number_are_found(text: str, found: str) -> None:
    assert kinds(text) == [("address", found)]


@pytest.mark.parametrize("text", ["a depot in Rotterdam on 3 May", "3 New Drivers joined", "on the road for 40 years"])
def test_a_town_or_a_road_is_nobodys_address(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hi Maria,\n\nyou", "Maria"),
        ("Dear Dr. Okonkwo:\nthanks", "Okonkwo"),
        ("Sehr geehrte Frau Müller-Lüdenscheidt,\n", "Müller-Lüdenscheidt"),
        ("Hello Jean Luc Picard!", "Jean Luc Picard"),
    ],
)
def test_whoever_is_greeted_is_a_person(text: str, name: str) -> None:
    assert name in people_in(outreach.SPEC, {}, [text])


@pytest.mark.parametrize(
    "text", ["Hi there,", "Dear Sir or Madam,", "Hello Team,", "Dear Hiring Manager,", "Hi {{contact.first_name}},"]
)
def test_a_team_or_a_slot_is_nobody(text: str) -> None:
    assert people_in(outreach.SPEC, {}, [text]) == []


def test_a_name_among_the_facts_is_found_in_full_and_in_part_but_not_inside_words() -> None:
    from review.spec.schema import InputField

    spec = outreach.SPEC.model_copy(
        update={
            "input_schema": (*outreach.SPEC.input_schema, InputField(name="contact_name"), InputField(name="founders"))
        }
    )
    names = people_in(spec, {"contact_name": "Anna Bauer", "founders": "Li Wei and Will Stone"}, [])

    text = "Anna wrote to Bauern. Will you ask Stone, or Anna Bauer?"
    assert [said for _, said in kinds(text, *names)] == ["Anna", "Stone", "Anna Bauer"]


def test_the_company_and_the_sender_are_not_taken_for_people() -> None:
    from review.spec.schema import InputField

    spec = outreach.SPEC.model_copy(
        update={
            "offer": Offer(seller="Acme", signature="Grete Holm\nAcme"),
            "input_schema": (*outreach.SPEC.input_schema, InputField(name="contact_name")),
        }
    )

    assert people_in(spec, {"company": "Morgan Stanley", "contact_name": "Morgan Stanley"}, ["Hi Grete Holm,\n"]) == []
