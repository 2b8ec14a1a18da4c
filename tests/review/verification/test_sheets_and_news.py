"""The rules on mails about a sheet of facts and on news: what a reader works out passes,
what is told of another is marked.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from review.text.verification.quantities import quantities
from review.text.verification.reckoning import Reckoning
from review.text.verification.rules import verify
from review.text.verification.shares import shares

SHEET = (
    "Company: Larkhill Dairy\nTown: Gdynia\nFounded: 1986\nChief executive: Ewa Lis\nFounder: Jan Wolny\nCows: 640\n"
    "Milkers: 16\n"
    "Output 2025: 4,500 tonnes (2024: 5,000)\nPrice: 12 euro a month\nSold to bakeries: 38 %\nProducts: butter, quark\n"
    "Staff: 44, of whom 11 drivers\nVans: 20, of which 4 electric\nQuark recall: August 2025\n"
    "Web shop: planned for 2028\nDebts: none\n"
    "Owner: Polmlek since 2019\nSeason: March to October"
)  # fmt: skip
NEWS = (
    "Brewer Halm has sold its site in Graz to the Italian group Verdi for 71 to 96 million euros. Exports of beer "
    "fell by 8% last year. The council approved the plan of the group by 9 votes to 4. Halm did not admit any "
    "fault. Verdi is now the second-largest brewer in Austria. Of 40 cellars, ten have been cleared. The "
    "thieves copied no bank details."
)  # fmt: skip
# True claims only, written to find kinds of false marks; those found were mended, so they measure nothing.
PARAPHRASES = json.loads(Path(__file__).with_name("paraphrases.json").read_text(encoding="utf-8"))
FRESH = json.loads(Path(__file__).with_name("fresh_claims.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "claim",
    [
        "Larkhill has made butter for some forty years.", "Each milker looks after 40 cows.",
        "A quarter of your staff drive.", "Output went down by ten percent.",
        "You made 500 tonnes less than the year before.", "More than a third of what you make goes to bakeries.",
        "A fifth of the vans are electric.", "Every fifth van is electric.",
        "Your Polish dairy rests from November to February.", "The web shop that you plan will help.",
        "Without debts you can invest.", "Losing two to three in a hundred cows hurts.",
        "Ewa Lis, as chief executive you decide.", "Several hundred cows give milk.",
        "Not all of your vans are electric.", "Most of what you make is not sold to bakeries.",
    ],
)  # fmt: skip
def test_what_a_reader_works_out_of_a_sheet_is_not_marked(claim: str) -> None:
    assert verify(SHEET, claim).unsupported == ()


@pytest.mark.parametrize(
    "claim",
    [
        "You have made butter since the 1980s.", "Yours is a dairy of the late 80s.", "In the 20th century you began.",
        "You began in 1986.", "More than 30 years have gone by since 1986.", "Your rest lasts under 120 weeks.",
        "Your 2 products sell well.", "Few European dairies are like yours.",
        "Since a quarter of a century and longer you make quark.",
    ],
)  # fmt: skip
def test_eras_ages_lists_and_continents_of_a_sheet_are_not_marked(claim: str) -> None:
    assert verify(f"{SHEET}\nRest: 100 weeks", claim).unsupported == ()


@pytest.mark.parametrize("era", ["the 1970s", "the early 90s", "the 19th century"])
def test_another_decade_or_century_is_marked(era: str) -> None:
    (objection,) = verify(SHEET, f"Larkhill was founded in {era}.").unsupported

    assert objection.rule == "date"


@pytest.mark.parametrize(("claim", "is_marked"), [("when she was 44", False), ("when she was 27", True)])
def test_an_age_comes_of_two_years(claim: str, is_marked: bool) -> None:
    source = "Born: 1962\nFirst book: 2006\nName: Ewa Lis\nPublisher: Halm"

    assert verify(source, f"Ewa Lis wrote it {claim}.").supported != is_marked


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("Your 44 cows are well known.", "44"), ("Output grew last year.", "grew"),
        ("Most of your tonnes are sold to bakeries.", "Most"), ("All of your vans are electric.", "All of your"),
        ("The web shop you launched runs well.", "web shop"), ("Your debts must weigh on you.", "debts"),
        ("Jan Wolny, as chief executive you decide.", "Jan Wolny, as chief executive"),
        ("Polmlek, which you bought, is large.", "bought"), ("Larkhill is the largest dairy around.", "largest"),
        ("A customer pays 12 euro a year.", "a year"),
    ],
)  # fmt: skip
def test_what_a_sheet_says_of_another_is_marked(claim: str, place: str) -> None:
    found = verify(SHEET, claim).unsupported

    assert any(
        place.startswith(claim[each.start : each.end]) or claim[each.start : each.end].startswith(place)
        for each in found
    ), found


@pytest.mark.parametrize(
    "claim",
    [
        "Halm, from Austria, has parted with a site.", "The price is between 71 million and 96 million euros.",
        "Nine of thirteen councillors were in favour.", "Verdi bought the site from Halm.",
        "Thirty cellars are still full.", "Beer exports shrank.", "Verdi is Austria's second-largest brewer.",
    ],
)  # fmt: skip
def test_what_a_reader_works_out_of_news_is_not_marked(claim: str) -> None:
    assert verify(NEWS, claim).unsupported == ()


@pytest.mark.parametrize(
    "claim",
    [
        "Halm has bought a site from Verdi.", "Exports of beer rose.", "The council rejected the plan of the group.",
        "Halm has admitted a fault.", "Verdi is now the largest brewer in Austria.",
        "All 40 cellars have been cleared.", "Thieves copied bank details of customers.",
    ],
)  # fmt: skip
def test_news_told_the_other_way_is_marked(claim: str) -> None:
    assert not verify(NEWS, claim).supported


def test_a_fraction_that_no_numbers_bear_out_is_marked() -> None:
    source = "Company: Larkhill\nStaff: 44, of whom 11 drivers"

    assert verify(source, "One in four of your staff drives.").supported
    assert not verify(source, "Nine in ten of your staff drive.").supported


@pytest.mark.parametrize("case", PARAPHRASES, ids=[case["source"][:20] for case in PARAPHRASES])
def test_free_paraphrases_are_not_marked(case: dict[str, Any]) -> None:
    marked = {claim: verify(case["source"], claim).unsupported for claim in case["claims"]}

    assert {claim: places for claim, places in marked.items() if places} == {}


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("Output came to 5,000 tonnes in 2025.", "5,000 tonnes"),
        ("Less than half of the butter was sold.", "Less than half"), ("You have no cows.", "no cows"),
        ("The dairy never sold to bakeries.", "never sold"), ("It was founded in the 1970s.", "1970s"),
        ("Half a million tonnes are sold.", "million tonnes"), ("Your butter is not sold to bakeries.", "not sold"),
    ],
)  # fmt: skip
def test_what_a_sheet_says_otherwise_is_marked(claim: str, place: str) -> None:
    sheet = f"{SHEET}\nButter sold: 70 % of the output"

    assert place in [claim[each.start : each.end] for each in verify(sheet, claim).unsupported]


@pytest.mark.parametrize(
    ("claim", "is_marked"),
    [
        ("It earned $3.79 a share.", True), ("Sales grew by 7.4%.", True), ("Sales grew by 7%.", False),
        ("It earned $2 billion.", True), ("In all 12 plants and 30 shops were sold, 42 sites.", False),
        ("Costs of $5.5bn and a profit of $1.7bn make $7.2bn.", False),
    ],
)  # fmt: skip
def test_a_precise_number_does_not_come_of_any_two_of_the_passage(claim: str, is_marked: bool) -> None:
    source = (
        "Halm earned $3.50 a share, up from $3.10. The profit was $1.7 billion. Costs were $5.5bn. "
        "It sold 12 plants. It sold 30 shops. Sales grew by 7%. There are 29 days of rest."
    )

    assert verify(source, claim).supported != is_marked


def test_millions_of_a_currency_are_no_metres() -> None:
    (quantity,) = quantities("a revenue of EUR 5m")

    assert quantity.values == {"5000000"}


@pytest.mark.parametrize(
    ("claim", "is_marked"),
    [
        ("Exports of beer rose.", True), ("Exports rose after beer became dearer.", True),
        ("The price of hops rose.", False), ("Halm did not say when the site was sold.", False),
        ("Halm did not sell its site in Graz.", True), ("Halm has not sold a site since then.", False),
        ("Halm does not sell beer alone.", False), ("Some of the cellars have not been cleared.", False),
    ],
)  # fmt: skip
def test_ways_and_denials_take_company(claim: str, is_marked: bool) -> None:
    assert verify(NEWS, claim).supported != is_marked


@pytest.mark.parametrize(
    ("kind", "specificity", "recall"),
    # These were written before the rules on sheets, and two of their false marks in three were mended since.
    [("mail", 0.95, 0.55), ("news", 0.9, 0.3)],
)
def test_of_fresh_claims_few_true_ones_are_marked(kind: str, specificity: float, recall: float) -> None:
    tally: Counter[tuple[bool, bool]] = Counter()
    for case in FRESH:
        if case["kind"] == kind:
            tally.update((truth, verify(case["source"], text).supported) for truth, text in case["claims"])

    assert tally[True, True] >= specificity * (tally[True, True] + tally[True, False])
    assert tally[False, False] >= recall * (tally[False, False] + tally[False, True])


@pytest.mark.parametrize(
    ("text", "percent"),
    [("two thirds of it", 66.7), ("one in five vans", 20), ("four out of ten", 40), ("half of the staff", 50),
        ("88 % of sales", 88), ("every fourth one", 25)],
)  # fmt: skip
def test_shares_are_read_in_words_and_digits(text: str, percent: float) -> None:
    assert [round(share.percent, 1) for share in shares(text)] == [percent]


@pytest.mark.parametrize("text", ["the third quarter", "half past six", "one in May", "a second time", "in two years"])
def test_what_only_looks_like_a_share_is_none(text: str) -> None:
    assert list(shares(text)) == []


def test_the_first_number_of_a_range_has_the_scale_and_the_unit_of_the_last() -> None:
    first, last = quantities("from 71 to 96 million euros")

    assert "71000000" in first.values and first.unit == last.unit


HARVEST = (
    "The orchard of Arlen picked 310 crates of pears and 45 crates of plums in June. Its shop sold 128 jars. "
    "The barn holds 17 carts, and 23 horses stand beside it. A fair drew 940 guests to the meadow. "
    "The school next door teaches 66 pupils. The mill ground 81 sacks. The river rose by 7 feet. "
    "The choir has 39 singers, and 12 of them travel. The bakery burnt 53 logs."
)


@pytest.mark.parametrize(
    ("claim", "is_marked"),
    [
        ("Pears and plums of the orchard came to 355 crates.", False),
        ("The orchard of Arlen has 105 pickers.", True),
        ("The orchard of Arlen has 66 pupils and 39 singers beside it, 105 in all.", False),
    ],
)
def test_a_number_of_prose_with_many_comes_of_the_closest_sentence_or_of_those_told(
    claim: str, is_marked: bool
) -> None:
    assert verify(HARVEST, claim).supported != is_marked


def test_a_short_passage_and_a_sheet_are_reckoned_with_as_a_whole() -> None:
    claim = "The orchard of Arlen has 105 pickers."
    short = "The orchard of Arlen picked crates in June. The school teaches 66 pupils. The choir has 39 singers."
    sheet = "Orchard: Arlen\nPears: 310\nPlums: 45\nJars: 128\nCarts: 17\nHorses: 23\nGuests: 940\nPupils: 66\n"
    sheet += "Sacks: 81\nFeet: 7\nSingers: 39\nTravellers: 12\nLogs: 53"

    assert verify(short, claim).supported
    assert verify(sheet, "Your orchard has 105 pupils and singers.").supported


def test_numbers_without_end_are_not_reckoned_with() -> None:
    text = f"{'9' * 400} cows, 0 vans and 3 men"

    assert not Reckoning(text, quantities(text)).yields(quantities("1200")[0], "1200")
