"""What stands in the place of another, contraries and limits are marked, and what says the same is not."""

from __future__ import annotations

import pytest

from review.text.verification.rules import verify


@pytest.mark.parametrize(
    ("source", "claim", "place"),
    [
        ("Luisa Tavares, the mayor, left.", "It was Pedro Tavares who left.", "Pedro Tavares"),
        ("Seats cost $40 a month.", "Seats cost $40 a year.", "a year"),
        ("Sales fell in the third quarter.", "Sales fell in Q2.", "Q2"),
        ("Russian drones struck a grain terminal in Odesa, Ukrainian officials said.",
            "Ukrainian drones struck a grain terminal.", "Ukrainian"),
        ("The trial saves time and saves money.", "The trial saves time but not money.", "not money"),
        ("We ship the parts to Leeds. There is no fee.", "They do not ship parts.", "not ship"),
        ("Sign before 30 September and two months are free.", "Sign after 30 September and two months are free.",
            "after"),
        ("The rate is far above the bank's 2% target.", "The rate is far below the bank's 2% target.", "below"),
        (
            "The bank cut its forecast for growth. It raised interest rates again.",
            "The bank raised its forecast for growth.",
            "raised",
        ),
        ("We offer a wide range of tools.", "They offer a limited range of tools.", "limited"),
        ("Harrow made a loss of £22m in spring, after a profit of £8m.", "Harrow made a loss of £8m in spring.", "£8m"),
    ],
)  # fmt: skip
def test_what_stands_in_the_place_of_another_is_marked(source: str, claim: str, place: str) -> None:
    found = verify(source, claim)

    assert not found.supported
    assert any(claim[each.start : each.end] in place for each in found.unsupported)


@pytest.mark.parametrize(
    ("source", "claim", "place"),
    [
        ("The choir sang an easy hymn in the chapel.", "It was a difficult hymn that they had chosen.", "difficult"),
        ("The museum shows sculptures by Ines Roth.", "On show at the museum are paintings by Ines Roth.", "paintings"),
        ("Farmers harvested barley in the valley early.", "The barley that farmers sowed grew in the valley.", "sowed"),
        ("The gardener trims hedges and waters tulips for the abbey.",
            "The gardener does not cut hedges for the abbey.", "not cut"),
        ("The ferry carries cyclists and hikers to the island.", "The ferry only carries cyclists to the island.",
            "only"),
        ("The nurse said she would stay. Her ward was full.", "The nurse said he would stay.", "he"),
    ],
)  # fmt: skip
def test_a_contrary_beside_shared_words_and_a_limit_from_nowhere_are_marked(
    source: str, claim: str, place: str
) -> None:
    found = verify(source, claim)

    assert place in [claim[each.start : each.end] for each in found.unsupported]


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The choir sang an easy hymn in the chapel.", "The chapel heard a simple hymn."),
        ("Vandals destroyed the old bridge near Arlen.", "The author writes of the old bridge near Arlen."),
        ("The council blocked plans for a pool in the park.",
            "The council will not allow plans for a pool in the park."),
        ("Guests called the soup salty.", "The guests did not like the soup."),
        ("The ferry carries cyclists alone to the island.", "The ferry only carries cyclists to the island."),
        ("The ferry carries 12 cyclists to the island.", "The ferry carries only 12 cyclists to the island."),
        ("The island has a ferry.", "The only ferry goes to the island."),
        ("The nurse and the baker spoke. He left with her.", "She and he spoke."),
        ("Dr Ndiaye spoke.", "He spoke."),
    ],
)  # fmt: skip
def test_a_contrary_of_the_same_and_a_limit_told_are_not_marked(source: str, claim: str) -> None:
    assert verify(source, claim).unsupported == ()


def test_a_contrary_that_ends_a_passage_is_read() -> None:
    assert 0 <= verify("The offer was declined.", "The offer was accepted.").score <= 1
