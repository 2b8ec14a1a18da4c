"""What a copied sentence changes is marked, and what a retelling may change is not."""

from __future__ import annotations

import pytest

from review.text.verification.rules import verify

COUNCIL = (
    "The council of Arlen has approved a new tram line on Monday. At least two workers were hurt when a crane fell at "
    "the depot. Its mayor spoke of the most popular plan for the old harbour. The region spent around 640 million "
    "crowns on roads."
)


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("The council of Arlen has not approved a new tram line.", "not"),
        ("At least five workers were hurt when a crane fell at the depot.", "five"),
        ("The mayor spoke of the least popular plan for the old harbour.", "least"),
        ("The council of Arlen has approved a new tram line on Friday.", "Friday"),
    ],
)
def test_a_change_in_a_copied_sentence_is_marked(claim: str, place: str) -> None:
    objections = verify(COUNCIL, claim).unsupported

    assert any(place in claim[each.start : each.end] for each in objections), objections


@pytest.mark.parametrize(
    "claim",
    [
        "The council of Arlen approved the tram line.", "The region spent some 640 million on roads.",
        "Workers were hurt when a crane fell.", "The mayor spoke of a plan for the old harbour that is popular.",
    ],
)  # fmt: skip
def test_a_retold_sentence_is_not_marked(claim: str) -> None:
    assert verify(COUNCIL, claim).unsupported == ()


def test_a_number_is_marked_in_a_copy_though_the_passage_has_it_elsewhere() -> None:
    source = "The crash killed at least two people and closed the road to Arlen. Three people came in a bus."

    assert not verify(source, "The crash killed at least three people and closed the road to Arlen.").supported
    assert verify(source, "Three people came in a bus.").supported


def test_a_denial_left_out_of_a_copy_is_marked() -> None:
    source = "The police, which searched the house, have not found any trace of gold. A trace of lead was found later."

    assert not verify(source, "The police, which searched the house, have found a trace of gold.").supported
    assert verify(source, "The police have found no trace of gold.").supported


@pytest.mark.parametrize(
    ("claim", "is_marked"),
    [
        ("Farmers around Arlen do not harvest barley in the valley.", True),
        ("Farmers around Arlen harvest barley in the valley.", False),
        ("The rise of prices did not surprise farmers around Arlen.", False),
        ("Farmers around Arlen do not think of giving up barley in the valley.", False),
    ],
)
def test_a_denial_where_the_passage_denies_nothing_is_marked(claim: str, is_marked: bool) -> None:
    source = "Farmers around Arlen harvest barley in the valley. Prices of barley rise."

    assert verify(source, claim).supported != is_marked


@pytest.mark.parametrize(
    ("claim", "is_marked"),
    [("less than 640", True), ("more than 640", False), ("about 640", False), ("640", False)],
)
def test_a_limit_on_the_wrong_side_of_a_number_is_marked(claim: str, is_marked: bool) -> None:
    source = "In all, 640 cows were counted at the farm."

    assert verify(source, f"The farm has {claim} cows.").supported != is_marked


def test_more_than_what_is_nearly_so_much_is_marked() -> None:
    source = "Nearly 640 cows were counted at the farm."

    assert not verify(source, "The farm has more than 640 cows.").supported
    assert verify(source, "The farm has almost 640 cows.").supported


@pytest.mark.parametrize(("scale", "is_marked"), [("millions", True), ("billions", False), ("thousands", False)])
def test_a_scale_that_no_number_of_the_passage_reaches_is_marked(scale: str, is_marked: bool) -> None:
    source = "The state has billions at its disposal. It gave 4,500 crowns to the choir."

    assert verify(source, f"There are {scale} at its disposal.").supported != is_marked


@pytest.mark.parametrize("claim", ["An Arlener won the women's race.", "Women ran in the race."])
def test_words_of_a_sex_pass_in_every_form_where_the_passage_names_the_other_of_something_else(claim: str) -> None:
    assert verify("Ines Roth of Arlen won her race. In the men's race Hugo Lara came third.", claim).supported


def test_a_contrary_that_more_for_less_turns_back_passes() -> None:
    source = "The bees find their way home less often."

    assert verify(source, "The bees lose their way home more often.").supported
    assert not verify(source, "The bees lose their way home less often.").supported


def test_a_total_may_be_a_product() -> None:
    source = "Teachers get an extra $3,000 a year. It is paid for five years."

    assert verify(source, "It adds up to $15,000.").supported
    assert not verify(source, "It adds up to $17,000.").supported
