"""Who may sort replies is offered with what it comes to."""

from __future__ import annotations

from decimal import Decimal

from campaigns.overview.form_choices import reader_label
from generation.models import PriceEntry, Teacher
from generation.teachers.queries import TeacherLine
from generation.teachers.terms import terms_of


def test_the_price_of_a_thousand_replies_stands_beside_who_sorts_them():
    terms = terms_of("openai")
    price = PriceEntry(input_usd_per_million=Decimal("0.15"), output_usd_per_million=Decimal("0.60"))
    priced = TeacherLine(Teacher(name="Small"), price, has_key=True, terms=terms)
    unpriced = TeacherLine(Teacher(name="New"), None, has_key=True, terms=terms)

    assert reader_label(priced) == "Small, about $0.06 for 1,000 replies"
    assert reader_label(unpriced) == "New (no price)"
