"""Names put in the place of others, places in a row, and what was not mentioned."""

from __future__ import annotations

import pytest

from review.text.verification.rules import verify

HARBOUR = (
    "Pilots in Rotterdam refused to work on Tuesday. The strike was called by Jan Willem de Boer of the union after "
    "talks with the port failed. Architect Femke Kuiper drew the plans of the new terminal for the port. A diver found "
    "the anchor on the last day of the search. The port raised its fees, and the owners of ships accused the minister "
    "of harming trade. At least 23 ships were waiting near Kwei-Armah Point."
)


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("Hamburg pilots refused to work on Tuesday.", "Hamburg"),
        ("Andreas called the strike after talks with the port failed.", "Andreas"),
        ("Pilots in Norway refused to work on Tuesday.", "Norway"),
        ("Architect Jan drew the plans of the new terminal for the port.", "Jan"),
        ("A diver found the anchor on the first day of the search.", "first day"),
        ("The owners of ships praised the minister of trade.", "praised"),
        ("A new terminal is planned, but the text fails to mention the fees of the port.", "fails to mention"),
        ("The report does not explain the fees of the port.", "not explain"),
    ],
)
def test_what_a_passage_says_of_another_is_marked(claim: str, place: str) -> None:
    objections = verify(HARBOUR, claim).unsupported

    assert any(place in claim[each.start : each.end] for each in objections), objections


@pytest.mark.parametrize(
    "claim",
    [
        "Dutch pilots refused to work on Tuesday.",
        "Femke drew the plans of the new terminal.",
        "South of the search area, ships were waiting.",
        "British ships were waiting.",
        "A diver found the anchor on the final day of the search.",
        "No fewer than 23 ships were waiting.",
        "The union faulted the port for its talks.",
        "The ships were waiting near Wole Kwei-Armah Point.",
        "The report does not mention the weather.",
        "The minister did not explain the fees of the port.",
        "The owners failed to discuss the fees of the port.",
        "The union could not address the fees of the port.",
    ],
)
def test_other_forms_of_what_a_passage_says_pass(claim: str) -> None:
    assert verify(HARBOUR, claim).unsupported == ()


@pytest.mark.parametrize(
    "claim",
    [
        "Hull damage is covered.",
        "Polish your pitch.",
        "French fries are served.",
        "Swiss knives are sold.",
        "China plates are sold.",
        "Champagne is for the owners.",
        "Phoenix rises.",
        "Derby day is on Tuesday.",
        "Lima beans are served.",
        "Danish pastries are served.",
    ],
)
def test_places_that_are_also_words_pass(claim: str) -> None:
    assert verify(HARBOUR, claim).unsupported == ()


@pytest.mark.parametrize("claim", ["Europe gains sixty jobs.", "The bank hires sixty persons in Europe."])
def test_a_continent_passes_where_a_passage_names_a_city_of_it(claim: str) -> None:
    passage = "The bank hires sixty persons, forty in Frankfurt and twenty in Paris. Sixty jobs are new."

    assert verify(passage, claim).unsupported == ()
    assert verify(passage, claim.replace("Europe", "Asia")).unsupported != ()


def test_a_word_passes_where_the_passage_has_another_of_its_side_beside_a_contrary() -> None:
    passage = "After the game the minister praised the team and criticised the referee of the game."

    assert verify(passage, "After the game the minister congratulated the team.").unsupported == ()
    assert verify(passage.replace("praised", "saw"), "The minister congratulated the referee.").unsupported != ()


@pytest.mark.parametrize(
    "naming",
    [
        "Facebook changed its name to Meta in 2021.",
        "Facebook is now called Meta.",
        "Meta (Facebook) sells adverts.",
    ],
)
def test_either_name_of_a_renamed_thing_passes(naming: str) -> None:
    passage = "In Berlin yesterday morning Facebook opened another large office."

    for start in ("In Berlin yesterday morning", "Yesterday morning"):
        claim = f"{start} Meta opened another large office."
        assert verify(f"{naming} {passage}", claim).unsupported == ()
        assert verify(f"Meta sells adverts. {passage}", claim).unsupported != ()
