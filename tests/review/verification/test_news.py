"""News: plans told as done, what nobody did, and denials that retell what the passage affirms."""

from __future__ import annotations

import pytest

from review.text.verification.rules import verify

FAIR = (
    "Organisers of the Arlen book fair have called off its last day because of snow. Ines Roth welcomed 240 guests "
    "to the fair on Thursday. Her predecessor, Hugo Lara, left the board in spring after a row over costs. "
    "The printer Halm plans to donate its old press to the town museum. No deaths were reported when a stand collapsed "
    "on Friday, and police do not treat it as suspicious. Nine visitors were led out by firefighters. Ticket sales "
    "fell by 18 per cent."
)


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("Halm has donated its old press to the museum.", "donated"),
        ("Two visitors died when a stand collapsed.", "died"),
        ("The police and a museum treat the fall of the stand as suspicious.", "treat"),
        ("The fair drew a record number of guests.", "record number"),
        ("The fair ended a four-year row over costs.", "four-year"),
    ],
)
def test_what_news_plans_or_denies_or_tells_of_another_is_marked(claim: str, place: str) -> None:
    found = verify(FAIR, claim).unsupported

    assert any(claim[each.start : each.end] in place or place in claim[each.start : each.end] for each in found), found


@pytest.mark.parametrize(
    "claim",
    [
        "Roth welcomed guests to the book fair.", "Hugo Lara, who preceded Ines Roth, left the board over costs.",
        "Halm wants to donate a press.", "Halm will have donated its press by then.", "Nine visitors were led out.",
        "No visitor died.", "Ticket sales were down 18 per cent.", "The last day of the fair was cancelled.",
        "The fair did not last as long as planned.", "Snow made it impossible to hold the fair on its last day.",
    ],
)  # fmt: skip
def test_the_same_news_retold_is_not_marked(claim: str) -> None:
    assert verify(FAIR, claim).unsupported == ()


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The bakery has a shortage of flour this week.", "The bakery does not have enough flour this week."),
        ("The farm expects a little less barley from Arlen this year.",
            "The farm in Arlen does not expect to bring in as much barley as last year."),
        ("The mayor of Arlen rejected calls to resign over the mill.",
            "The mayor of Arlen refused to step down over the mill."),
        ("Rich or poor, everyone in Arlen pays the same fee for a seat in the hall.",
            "Rich people in Arlen do not get a cheaper seat in the hall."),
        ("The mill ran day and night and met its orders for flour in June.",
            "The mill did not disappoint those who had ordered flour in June."),
        ("Ines Roth, who had held the office of mayor, lost to Hugo Lara.", "Ines Roth lost the office of mayor."),
        ("The court in Arlen cleared Ines Roth of theft. Hugo Lara was found guilty and fined.",
            "Ines Roth was acquitted by the court in Arlen, while Hugo Lara was convicted."),
        ("Shops sold more skates than skis in Arlen.", "The people of Arlen bought more skates than skis."),
        ("The star is 97 light years away.", "The star is close to 100 light years away."),
        ("The mill near Arlen ground 116 sacks.", "The mill near Arlen ground more than 100 sacks."),
        ("The Supreme Court heard the baker.", "The country's highest court heard the baker."),
        ("Bee keepers in Arlen feed 40 old hives.", "Only 40 old hives are left in Arlen."),
        ("Children under six may not stay in the halls of the school.",
            "The child is too young for the school's halls and will stay with an aunt."),
        ("Anglers oppose the dam, which the governor backs.", "The governor is in favour of the dam, anglers against."),
    ],
)  # fmt: skip
def test_a_denial_or_contrary_that_retells_the_passage_is_not_marked(source: str, claim: str) -> None:
    assert verify(source, claim).unsupported == ()


@pytest.mark.parametrize(
    ("claim", "is_marked"),
    [
        ("The mill sold 3,500 sacks for $1.7 million on a two-week tour.", False),
        ("The mill sold 3,900 sacks for $1.7 million.", True), ("The mill sold sacks for $1.9 million.", True),
        ("Crops grew by 2.4 per cent.", False),
    ],
)  # fmt: skip
def test_a_passage_cut_into_words_has_whole_numbers(claim: str, is_marked: bool) -> None:
    source = "The mill sold 3, 500 sacks for $ 1. 7 million on a two - week tour. Crops grew by 2. 4 per cent."

    assert verify(source, claim).supported != is_marked


def test_a_star_is_not_so_many_days_as_light_years_away() -> None:
    source = "The star is 97 light years away. A planet circles it in six days."

    assert not verify(source, "A planet circles the star in 97 days.").supported


def test_an_approximate_count_of_another_thing_is_marked() -> None:
    source = "The chain shuts 60 of its 210 bakeries. About 700 cooks lose their jobs."

    assert not verify(source, "About 700 bakeries of the chain shut.").supported
    assert verify(source, "The chain has about 200 bakeries.").supported
