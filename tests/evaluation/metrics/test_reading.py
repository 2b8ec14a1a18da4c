"""Outputs are read as the desk reads drafts, and repetition between them is counted."""

import pytest

from evaluation.metrics import reference_free, words
from review.spec.starters import STARTERS, research_summary

SPEC = STARTERS["outreach"].spec
FACTS = {"company": "Northwind Cold Chain", "sector": "cold logistics", "role": "Head of Operations", "city": "Aarhus"}
GOOD = {
    "subject": "Plans at Northwind Cold Chain",
    "body": "Hi {{contact.first_name}},\n\n"
    + "Plans in cold logistics move every day and people lose track of them. " * 1
    + "I wondered how your team in Aarhus keeps orders and people on one page when a load is late. "
    "Northwind Cold Chain must see many such days.\n\nWould a short call be of use?\n\nBest regards,\nYour name\n"
    "Your company",
}


def test_a_sound_output_passes_every_check_and_its_facts_are_counted() -> None:
    scores, marks = reference_free.scores(SPEC, FACTS, GOOD)

    assert marks == []
    assert scores["passes_all"] == scores["passes_names_company"] == scores["passes_field_body"] == 1.0
    assert scores["facts_right"] == 3
    assert scores["facts_wrong"] == 0


def test_an_invented_number_fails_its_check_and_counts_as_a_wrong_fact() -> None:
    bad = {**GOOD, "body": GOOD["body"].replace("many such days", "941 such days")}

    scores, marks = reference_free.scores(SPEC, FACTS, bad)

    assert (scores["passes_all"], scores["passes_unsupported"], scores["passes_spam"]) == (0.0, 0.0, 1.0)
    assert scores["facts_wrong"] == len(marks) == 1


def test_non_words_are_counted_in_200_words_with_or_without_the_shape() -> None:
    draft = {"subject": "A plan", "body": "Hi {{contact.first_name}},\n\nYour choid in Aarhus keeps baysy."}
    unchecked = SPEC.model_copy(update={"checks": ()})

    with_shape, _ = reference_free.scores(unchecked, FACTS, draft)
    without, _ = reference_free.scores(unchecked, FACTS, None, "Your choid in Aarhus")

    assert with_shape["nonwords_per_200"] == 200 * 2 / 9
    assert without["nonwords_per_200"] == 50.0


def test_no_rate_of_non_words_is_made_up_without_words_or_a_list_of_the_language() -> None:
    polish = SPEC.model_copy(update={"language": "pl"})

    assert "nonwords_per_200" not in reference_free.scores(polish, FACTS, GOOD)[0]
    assert "nonwords_per_200" not in reference_free.scores(SPEC, FACTS, None, "42")[0]
    assert "nonwords_per_200" not in reference_free.scores(SPEC, FACTS, None)[0]


def test_where_nothing_was_written_nothing_is_passed_and_the_counts_are_none() -> None:
    scores, marks = reference_free.scores(SPEC, FACTS, None)

    assert set(scores.values()) == {0.0}
    assert {"facts_right", "facts_wrong", "words"} <= set(scores)
    assert marks == []


def test_a_system_that_writes_one_text_for_everybody_is_wholly_similar_to_itself() -> None:
    same = words.self_similarity({"a": "one two three four five six seven", "b": "One two three four five six seven."})
    apart = words.self_similarity({"a": "one two three four five six", "b": "seven eight nine ten eleven twelve"})

    assert set(same.values()) == {1.0}
    assert set(apart.values()) == {0.0}
    assert words.self_similarity({"a": "alone"}) == {"a": 0.0}


def test_distinct_n_is_the_share_of_different_n_grams() -> None:
    assert words.distinct(["a b a b"], 2) == 2 / 3
    assert words.distinct([], 2) == 0.0


def test_what_needs_no_shape_is_told_of_the_text_alone() -> None:
    text = "Here is your mail!\n\n" + GOOD["body"]

    scores, marks = reference_free.scores(SPEC, FACTS, None, text)

    assert (scores["has_shape"], scores["passes_all"], scores["passes_length"], scores["passes_field_body"]) == (
        0,
        0,
        0,
        0,
    )
    assert (scores["passes_names_company"], scores["passes_unsupported"]) == (1.0, 1.0)
    assert scores["facts_right"] == 3
    assert scores["words"] == len(text.split())
    assert marks == []


def test_a_wrong_number_in_a_text_without_shape_counts_as_wrong() -> None:
    scores, _ = reference_free.scores(SPEC, FACTS, None, GOOD["body"].replace("many such days", "941 such days"))

    assert (scores["facts_wrong"], scores["passes_unsupported"]) == (1.0, 0.0)


def test_a_list_task_reads_a_text_without_shape_too() -> None:
    scores, _ = reference_free.scores(research_summary.SPEC, {}, None, "Some words.")

    assert (scores["has_shape"], scores["words"]) == (0.0, 2.0)


@pytest.mark.slow
def test_the_share_of_sentences_that_the_record_does_not_support_counts_those_that_claim_something() -> None:
    invented = {**GOOD, "body": GOOD["body"].replace("Aarhus keeps", "Plovdiv keeps")}
    german = SPEC.model_copy(update={"language": "de"})

    sound, wrong = (reference_free.scores(SPEC, FACTS, fields)[0] for fields in (GOOD, invented))

    assert sound["unsupported_sentences"] == 0.0
    assert wrong["unsupported_sentences"] == 1 / 3
    assert "unsupported_sentences" not in reference_free.scores(german, FACTS, GOOD)[0]
    assert (
        "unsupported_sentences" not in reference_free.scores(SPEC, FACTS, {"subject": "A", "body": "Shall we talk?"})[0]
    )
    assert "unsupported_sentences" not in reference_free.scores(SPEC, FACTS, None)[0]
