"""Masks say the same of the same, and nothing of what they hide."""

from __future__ import annotations

from review.text.personal_data import Mask


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
