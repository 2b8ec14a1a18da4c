"""Dates, currencies and numbers in another notation than the record's: equal ones pass and light their fact,
others are marked.
"""

from __future__ import annotations

import pytest

from review.spec.starters import outreach
from review.text.checks import runner
from review.text.grounding.attribution import sentences
from review.text.reading.currencies import currencies_in

EQUAL = [
    ("2026-05-03", ("03.05.2026", "3.5.2026", "May 3", "May 3rd, 2026", "3 May 2026", "3. Mai", "3. Mai 2026",
        "3 mai 2026", "05/03/2026")),
    ("28.11.2025", ("2025-11-28", "November 28", "28 Nov 2025", "28. November", "28 de noviembre de 2025",
        "11/28/2025")),
    ("31/03/26", ("31 March 2026", "31.3.26", "2026-03-31", "31-03-26")),
    ("31 March 1999", ("31.3.99",)),
    ("Q2 2026", ("Q2/26", "Q2 '26")),
    ("3 May 2026", ("2026-05-03", "03.05.2026", "2026")),
    ("1,200", ("1.200", "1200", "1.2k", "1 200", "1'200", "1.2 thousand")),
    ("2.5 million", ("2,500,000", "2.5M", "2500000", "2,5 Mio.", "2.5 millions", "2.5mn",
        "2,5Mio.", "2.5mln")),
    ("31 %", ("31%", "31 percent", "31 per cent", "0.31")),
    ("0.31", ("31 %", "31 percent")),
    ("12.5 %", ("12,5 %", "12.5 percent")),
    ("EUR 4,500", ("4.500 EUR", "€4,500", "EUR 4.5k", "4500 euros")),
    ("€4,500", ("EUR 4500",)),
    ("CHF 90", ("90 CHF", "90.00 CHF")),
    ("$300", ("USD 300", "300 dollars")),
    ("three hundred", ("300",)),
    ("1,234 kWh", ("1,234kWh", "1234kWh")),
    ("14,200 m²", ("14,200m²", "14 200 m²")),
    ("06:30", ("6.30 am", "6:30 a.m.", "6:30", "half past six")),
    ("18:30", ("6.30 pm", "6:30 p.m.", "18h30", "half past six", "half past six in the evening")),
    ("5 pm", ("17:00", "5 p.m.", "5:00 pm", "5 o'clock")),
    ("version v1.2.26", ("release 1.2.26", "v1.2.26")),
    ("version v4.2.1", ("v4.2.1", "release 4.2.1")),
    ("firmware 2.10", ("firmware v2.10",)),
    ("EUR 1,250,500.75", ("1.250.500,75 EUR", "1.250.500,75 euros")),
    ("order 4500-1182-07", ("order 4500118207",)),
    ("invoice INV-20931", ("invoice INV-20931",)),
    ("16A at 230V", ("16 A at 230 V",)),
    ("120x80x60 cm", ("120 × 80 × 60 cm", "120 by 80 by 60")),
    ("+44 (0)20 7946 0958", ("020 7946 0958", "+442079460958", "0044 20 79460958")),
    ("030 901820-14", ("+49 30 90182014", "030/90182014")),
    ("1.2 GWh", ("1,200 MWh",)),
    ("1.5 hours", ("90 minutes", "90 min", "a 90-minute delay")),
    ("3 years", ("36 months",)),
    ("36 months", ("3 years", "a 3-year contract")),
    ("2,500 kg", ("2.5 tonnes",)),
    ("2,500 kg a day", ("2.5 tonnes per day",)),
    ("2 days", ("within 48 hours of each order",)),
    ("an hour and 30 minutes", ("30 min",)),
    ("48 hours", ("2 days",)),
    ("0.75 GB", ("750 MB",)),
    ("9 to 5 pm", ("09:00 to 17:00", "9-5 p.m.")),
    ("2026-05-03T23:10:00Z", ("11:10 pm", "May 3 at 23:10")),
    ("12:00 to 24:00", ("noon to midnight",)),
    ("62.5 million NOK", ("62.5 MNOK", "MNOK 62.5", "62.5MNOK", "NOK 62.5m")),
    ("TEUR 12.400", ("EUR 12.4 million", "12.400 TEUR", "12,4 Mio. EUR")),
    ("480 kEUR", ("€480,000", "480 T€", "EUR 480k")),
    ("INR 450 million", ("₹45 crore", "INR 4500 lakh")),
    ("two thirds of its revenue", ("67 %", "66.7 percent", "66 % of revenue")),
    ("one in five of its trucks", ("20 %", "1 in 5", "1 out of 5")),
    ("75 % of its trucks", ("3 out of 4", "3 in 4")),
    ("half of its orders", ("50 %", "5 out of 10")),
]  # fmt: skip
OTHER = [
    ("2026-05-03", ("04.05.2026", "2026-06-03", "May 4", "June 3", "3. Juni 2026", "3 May 2025", "13/05/2026")),
    ("28.11.2025", ("2025-11-27", "November 18", "28 Oct 2025")),
    ("31/03/26", ("31 March 2027", "30.3.26", "31.3.27")),
    ("Q2 2026", ("Q2/27", "Q2 \u201925")),
    ("1,200", ("1,300", "12,000", "1.5 million", "1.3k")),
    ("2.5 million", ("2.5 billion", "250,000", "2,6 Mio.", "2.6mn")),
    ("31 %", ("13 %", "3.1 percent", "0.13")),
    ("EUR 4,500", ("EUR 5,400", "USD 4,500", "CHF 4500")),
    ("€4,500", ("USD 4,500",)),
    ("three hundred", ("500",)),
    ("1,234 kWh", ("1,324kWh",)),
    ("14,200 m²", ("12,400m²",)),
    ("version v4.2.1", ("v4.1.2", "release 4.1.2")),
    ("firmware 2.10", ("firmware v2.1",)),
    ("order 4500-1182-07", ("order 4500118270",)),
    ("invoice INV-20931", ("invoice INV-20913",)),
    ("16A at 230V", ("16 A at 320 V",)),
    ("120x80x60 cm", ("120 × 90 × 60 cm",)),
    ("+44 (0)20 7946 0958", ("020 7946 0985", "+432079460958")),
    ("06:30", ("7.30 am", "6.15 am", "quarter to seven")),
    ("18:30", ("7:30 pm", "half past seven")),
    ("5 pm", ("16:00", "6 pm")),
    ("1.5 hours", ("80 minutes", "90 days")),
    ("36 months", ("4 years", "35 weeks")),
    ("two days", ("48 hours saved each week", "48 hours per month", "48 hours/week", "each week it saves 48 hours")),
    ("3 years", ("36 months of work every year",)),
    ("2,500 kg", ("2.4 tonnes", "250 tonnes")),
    ("62.5 million NOK", ("65.2 MNOK", "62.5 MSEK", "62.5 kNOK")),
    ("TEUR 12.400", ("EUR 14.2 million", "1.24 MEUR")),
    ("INR 450 million", ("₹45 lakh", "INR 4.5 crore")),
    ("two thirds of its revenue", ("76 %", "33 %", "67 million")),
    ("one in five of its trucks", ("50 %", "1 in 4")),
    ("75 % of its trucks", ("3 out of 5", "76 %")),
    ("67 % of its trucks", ("66 %",)),
]


def pairs(table: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, str]]:
    return [(fact, written) for fact, writings in table for written in writings]


def marked(fact: str, written: str, language: str = "en") -> list[str]:
    facts = {"company": "Northwind", "sector": "cold storage", "trigger": f"reported {fact} at the depot in Leeds"}
    body = f"Northwind reported {written} lately, and claims rose."
    spec = outreach.SPEC.model_copy(update={"language": language})
    found = runner.run(spec, facts, {"subject": "Cold storage", "body": body})
    return [body[mark.start : mark.end] for mark in found if mark.check == "unsupported"]


@pytest.mark.parametrize(("fact", "written"), pairs(EQUAL))
def test_what_the_record_says_in_another_notation_is_not_marked(fact: str, written: str) -> None:
    assert marked(fact, written) == []


@pytest.mark.parametrize(("fact", "written"), pairs(OTHER))
def test_what_truly_differs_is_marked_in_whatever_notation(fact: str, written: str) -> None:
    assert marked(fact, written)


@pytest.mark.parametrize(
    ("fact", "written"), [pair for pair in pairs(EQUAL) if pair[0][0] not in "€$t+1viof" and pair[1] != "2026"]
)
def test_what_the_record_says_in_another_notation_lights_its_fact(fact: str, written: str) -> None:
    found = sentences(f"They told us of {written} at a visit.", {"company": "Ax", "size": fact})

    assert any("size" in sentence.facts for sentence in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [("Um 18.30 Uhr.", []), ("Ab 18 h 30.", []), ("Um 18:45 Uhr.", ["18:45"]), ("Um 19 Uhr.", ["19"])],
)
def test_german_times_are_compared_by_the_clock(text: str, found: list[str]) -> None:
    assert marked("schließt um 18:30 Uhr", text, language="de") == found


def test_a_time_is_marked_once_unless_a_sentence_proposes_it() -> None:
    assert marked("closes at 18:30", "17:00 closing and 16:00 opening") == ["17:00", "16:00"]
    assert marked("closes at 18:30", "this. Could we talk at 17:00? They reported it") == []


def test_a_word_that_ends_like_a_currency_is_none() -> None:
    assert marked("EUR 4,500 from MARS", "EUR 4,500 with MARS") == []


def test_a_day_that_a_question_proposes_is_not_marked() -> None:
    facts = {"company": "Northwind", "sector": "cold storage", "trigger": "opened a depot on 2026-05-03"}
    fields = {"subject": "Cold storage", "body": "Could we talk on 12 June?"}

    assert not [mark for mark in runner.run(outreach.SPEC, facts, fields) if mark.check == "unsupported"]


@pytest.mark.parametrize("text", ["They try to rub it off.", "Frankenthal", "złoto", "Yenisei"])
def test_a_word_that_begins_or_reads_like_a_currency_is_none(text: str) -> None:
    assert currencies_in(text) == frozenset()
