from __future__ import annotations

from generation.learning.cases import Case
from generation.learning.counting import removed_phrases

KEPT = "We plan loads for firms like yours. Shall we talk on Monday?"


def edit(n: int, before: str, after: str, **facts: str) -> Case:
    return Case(f"d{n}", "edit", {"company": f"Co {n}", **facts}, {"body": before}, {"body": after})


def test_a_phrase_that_several_edits_took_out_is_found_with_its_decisions() -> None:
    cases = [edit(n, f"I hope this finds you well. {KEPT}", KEPT) for n in range(3)]

    found = removed_phrases(cases)

    assert found[0].decisions == ("d0", "d1", "d2")
    assert found[0].text == "hope this finds you well" or found[0].text == "i hope this finds you"


def test_a_phrase_that_two_edits_took_out_is_no_rule() -> None:
    assert removed_phrases([edit(n, f"I hope this finds you well. {KEPT}", KEPT) for n in range(2)]) == []


def test_a_phrase_that_an_approved_text_holds_is_no_rule() -> None:
    cases = [edit(n, f"Best in class. {KEPT}", KEPT) for n in range(4)]
    accepted = Case("d9", "accept", {}, {"body": "Best in class."}, {"body": "Best in class."})

    assert [one.text for one in removed_phrases(cases)] == ["best in class"]
    assert removed_phrases([*cases, accepted]) == []


def test_facts_and_numbers_that_were_corrected_are_no_style() -> None:
    cases = [
        edit(n, f"{KEPT} You have 40 lorries in Nordhafen today.", KEPT, city="Nordhafen", lorries="40")
        for n in range(5)
    ]

    assert all("nordhafen" not in one.text and "40" not in one.text for one in removed_phrases(cases))


def test_a_phrase_that_is_forbidden_already_is_not_proposed_again() -> None:
    cases = [edit(n, f"Best in class. {KEPT}", KEPT) for n in range(4)]

    assert removed_phrases(cases, forbidden_phrases=["Best in class"]) == []


def test_the_longest_run_stands_for_its_parts() -> None:
    cases = [edit(n, f"Truly best in class. {KEPT}", KEPT) for n in range(4)]

    assert [one.text for one in removed_phrases(cases)] == ["truly best in class"]
