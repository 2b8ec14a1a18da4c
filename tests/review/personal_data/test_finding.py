"""Personal data is found where it is written, by given names where wanted, and masked alike; the rest is left alone."""

from __future__ import annotations

import random

import pytest

from review.spec.starters import outreach
from review.spec.task_spec import Offer
from review.text.personal_data import Mask, addresses, find, people_in, phones, prefilter
from review.text.personal_data.given_names import names_in


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


def test_one_number_in_two_writings_gets_one_placeholder() -> None:
    mask = Mask()

    masked = mask.text("Call +49 30 1234567 or 0049-30-1234567, not +49 30 7654321.")

    assert masked == "Call [PHONE_1] or [PHONE_1], not [PHONE_2]."


def test_a_first_name_is_the_person_of_the_full_name() -> None:
    mask = Mask(["Anna Bauer", "Bauer", "Anna"])

    assert mask.text("Anna Bauer called; Anna will call again.") == "[NAME_1] called; [NAME_1] will call again."


def test_values_are_masked_all_the_way_down_and_keys_stay() -> None:
    mask = Mask()

    masked = mask.value({"mail": "ada@example.org", "list": [{"to": "ada@example.org"}, 3, None]})

    assert masked == {"mail": "[MAIL_1]", "list": [{"to": "[MAIL_1]"}, 3, None]}
    assert mask.counts == {"mail": 1}


def test_a_masked_text_masked_again_stays_as_it_is() -> None:
    once = Mask(["Anna"]).text("Anna, 221b Baker Street, ada@example.org, 212-555-0123")

    assert Mask(["Anna"]).text(once) == once == "[NAME_1], [ADDRESS_1], [MAIL_1], [PHONE_1]"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I spoke with Maria Lopez and her colleague Jan de Vries.", ["Maria Lopez", "Jan de Vries"]),
        ("According to Hans-Peter Müller it works.", ["Hans-Peter Müller"]),
        ("Yesterday Anna's brother Tom left.", ["Anna", "Tom"]),
        ("Das hat Katarzyna gesagt.", ["Katarzyna"]),
        ("Signed by Thomas J. Okafor On Monday", ["Thomas J. Okafor"]),
    ],
)
def test_people_are_found_by_their_given_names(text: str, names: list[str]) -> None:
    assert list(names_in(text)) == names


@pytest.mark.parametrize(
    "text",
    [
        "Charles Schwab Corp and Martin Marietta Inc grew.",
        "Oliver Wyman Group, Thomas & Sons",
        "San Antonio and Santa Maria are towns.",
        "We will mark the hope of grace in May.",
        "martin and maria in small letters",
        "Martin Luther University",
    ],
)
def test_companies_places_and_words_are_nobody(text: str) -> None:
    assert list(names_in(text)) == []


def test_it_is_off_until_it_is_asked_for_and_then_masks_parts_of_names_too() -> None:
    text = "Yesterday Maria Lopez signed. Lopez will call."

    assert people_in(outreach.SPEC, {}, [text]) == []
    names = people_in(outreach.SPEC, {}, [text], by_given_name=True)
    assert Mask(names).text(text) == "Yesterday [NAME_1] signed. [NAME_1] will call."


FOREIGN = "٠٣٠ ١٢٣٤٥٦٧"
PHONES = ["+49 (0)30 1234567", "030 / 123 45 67", "(212) 555-0123", "030\u00a0123456", FOREIGN]
ADDRESSES = ["12b Baker Street", "Hauptstraße 5a", "1600 Pennsylvania Avenue", "12 bis, rue Lepic", "Postfach 12 34"]
ROUND = ["", "word2 word3, ", "é ", "x" * 300 + " ", "7 depots, ", "naïve — ", "ka7lo4 " * 40, "\n"]


@pytest.mark.parametrize("seed", range(20))
def test_what_stands_anywhere_in_a_text_is_looked_at(seed: int) -> None:
    rng = random.Random(seed)
    before, after = (" ".join(rng.choices(ROUND, k=3)) for _ in range(2))
    phone, address = rng.choice(PHONES), rng.choice(ADDRESSES)

    text = f"{before} {phone} and {after} or {address} {before}"

    assert prefilter.may_hold_phone(text)
    assert address.lower() in prefilter.around_numbers(text, 100, 100).lower()
    assert address in {text[start:end] for start, end in addresses.spans(text)}
    assert phone == FOREIGN or phone in {text[start:end] for start, end in phones.spans(text)}


def test_words_with_digits_in_them_are_no_numbers_by_themselves() -> None:
    text = "Route66 and word7 of B2B teams: v2, q4"

    assert prefilter.around_numbers(text, 100, 100) == ""
    assert not prefilter.may_hold_phone(text)


def test_numbers_side_by_side_are_taken_once() -> None:
    text = "In 2019 and 2020 they opened 12 depots."

    assert prefilter.around_numbers(text, 100, 100) == text
