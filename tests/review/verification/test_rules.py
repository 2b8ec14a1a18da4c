"""The rules: what a passage supports, and what it does not, by class of edit."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from review.text.verification import company, negation
from review.text.verification.claim import ClaimSentence
from review.text.verification.quantities import quantities
from review.text.verification.rules import RULES, verify
from review.text.verification.source import PLACES, SourceText, read
from review.text.verification.words import root, sentences_of, stem, words_of
from tests import pace

SHARED = Path(os.environ.get("SHARED_DATA_DIR", "/nowhere"))

# The rules were made on the first; of the second, news written later, they were corrected by the false alarms alone.
OWN, LATER = (
    json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    for name in ("own_cases.json", "later_cases.json")
)
CLAIMS = [(case["source"], *claim) for case in OWN for claim in case["claims"]]
LATER_CLAIMS = [(case["source"], *claim) for case in LATER for claim in case["claims"]]
FACTS = (
    "Dana Whitfield leads Harrow Rail. Revenue grew 14% year over year to 1.5 million euros. The United Kingdom "
    "office opened on 3 May 2024 at 3 pm. COVID-19 did not delay it. Two managers approved the plan before it was "
    "announced. A seat costs $18 per month."
)  # fmt: skip


@pytest.mark.parametrize(
    "claim",
    [
        "Revenue grew 14 percent YoY.", "Revenue grew to 1,500,000 euros.", "Revenue rose to €1.5m.",
        "The U.K. office opened on May 3, 2024.", "The UK office opened at 15:00.", "COVID-19 did not delay it.",
        "2 managers approved the plan.", "Harrow Rail's leader is Dana Whitfield.",
        "Harrow Rail Ltd is led by Dana Whitfield.", "Seats cost 18 dollars a month.",
        "Before it was announced, two managers approved the plan.", "Ms. Whitfield leads the company.",
        "The plans were approved by two managers.", "A monthly seat costs $18.",
    ],
)  # fmt: skip
def test_the_same_said_otherwise_is_supported(claim: str) -> None:
    answer = verify(FACTS, claim)

    assert answer.supported, answer.unsupported


def test_an_amount_that_begins_like_a_phrase_is_read_whole() -> None:
    assert verify("The fee is 101,750 euros a year.", "It costs 101,750 euros a year.").supported
    assert not verify("The fee is 750 euros a year.", "It costs 101,750 euros a year.").supported


@pytest.mark.parametrize(
    ("claim", "rule", "place"),
    [
        ("Dana Whitmore leads Harrow Rail.", "name", "Whitmore"), ("Revenue grew 41% year over year.", "number", "41%"),
        ("Revenue grew to 1.5 million dollars.", "unit", "1.5 million dollars"),
        ("The office opened on 3 June 2024.", "date", "3 June 2024"), ("The office opened at 5 pm.", "date", "5 pm"),
        ("COVID-19 did delay it.", "negation", "delay"),
        ("Two managers did not approve the plan.", "negation", "not approve"),
        ("Two managers rejected the plan.", "antonym", "rejected"),
        ("Revenue shrank 14% year over year.", "antonym", "shrank"),
        ("Harrow Rail pays false bills.", "restriction", "false"), ("A seat costs $18 per week.", "unit", "per week"),
        ('Whitfield said "we never looked back".', "quote", "we never looked back"),
    ],
)  # fmt: skip
def test_an_edit_is_found_where_it_stands_and_by_its_rule(claim: str, rule: str, place: str) -> None:
    answer = verify(FACTS, claim)

    assert not answer.supported
    assert (rule, place) in [(each.rule, claim[each.start : each.end]) for each in answer.unsupported]


def found_share(cases: list[tuple[str, str, bool, str]], *kinds: str) -> float:
    found = [not verify(source, text).supported for source, text, truth, kind in cases if not truth and kind in kinds]
    return sum(found) / len(found)


def test_no_paraphrase_of_own_mails_and_news_is_flagged() -> None:
    assert [
        text for source, text, truth, _ in (*CLAIMS, *LATER_CLAIMS) if truth and not verify(source, text).supported
    ] == []


def test_three_edits_in_four_are_found_and_one_in_two_of_later_news() -> None:
    assert found_share(CLAIMS, *{kind for *_, kind in CLAIMS}) >= 0.75
    assert found_share(LATER_CLAIMS, "edit") >= 0.5


@pytest.mark.parametrize("edit", ["entity", "antonym", "negation", "number", "date", "unit", "role"])
def test_most_edits_of_each_class_are_found(edit: str) -> None:
    assert found_share(CLAIMS, edit) >= 0.75


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("Tavares said the centre was full.", "Mayor Luisa Tavares noted that downtown was crowded."),
        ("Steve Clarke praised the Super Bowl.", "Coach Steve Clark praised the Superbowl."),
        ("A ban on cars was approved, and costs rose.", "Approval came although expenses were not small."),
        ("The 113 migrants landed on Tuesday, 9,110 stayed.",
            "More than 100 migrants landed, and nearly 10,000 remained."),
        ("It runs on the 4 and 5 June.", "It will be running on June 4th and 5th."),
        ("Sales fell in Q3. A report of 2 May says so.", "Sales fell in the third quarter."),
        ("He left in May 2019 after a row.", "He quit six years ago."),
        ("Cars and rents rose in Norway.", "Rents of houses rose as well, a rise that did not surprise."),
        ("We save you time and help you plan.", "They say that a plan is no obstacle and not a cost."),
        ("The team can meet on Friday alone.", "The team can only meet on Friday."),
        ("46 of the 52 restaurants belong to franchisees.", "Only a few of the 52 restaurants are your own."),
        ("Visitors came in May, 3, 500 of them.", "The fair drew 3,500 visitors."),
        ("Two men denied throwing acid.", "The men were accused of throwing acid."),
        ("Prices after tax rose before the vote.", "Prices rose before the vote, and after tax."),
        ("The club left the league. Fees rose to $40 a year.", "The club has ten years left to pay a fee of $40."),
    ],
)  # fmt: skip
def test_a_free_retelling_is_not_marked(source: str, claim: str) -> None:
    assert verify(source, claim).unsupported == ()


def test_a_text_is_supported_exactly_where_nothing_is_marked() -> None:
    for source, text, _, _ in (*CLAIMS, *LATER_CLAIMS):
        answer = verify(source, text)

        assert answer.supported == (answer.unsupported == ()) == (answer.score == 1)


def test_names_in_each_others_place_are_found_and_a_passive_is_not() -> None:
    source = "Brightwater Energy bought Solcraft on Friday."

    assert not verify(source, "Solcraft bought Brightwater Energy on Friday.").supported
    assert verify(source, "Solcraft was bought by Brightwater Energy on Friday.").supported


def test_the_score_is_that_of_the_sentence_supported_least() -> None:
    fine, wrong = "Dana Whitfield leads Harrow Rail.", "Revenue grew 41% year over year."

    answer = verify(FACTS, f"{fine} {wrong}")

    assert answer.score == verify(FACTS, wrong).score < 0.5 < verify(FACTS, fine).score == 1
    assert answer.as_json() == {
        "supported": False, "score": answer.score, "by": "rules",
        "unsupported": [{"start": 47, "end": 50, "why": "The passage does not hold this number"}],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", " \n ", "…", "12", "\u202e\ud83d\ude00", "不支持", "a" * 5000, "no", "not",
    "\"\"\"", "$", "1.2.3.4", "May", "Mr."])  # fmt: skip
def test_any_text_has_an_answer(text: str) -> None:
    for source, claim in ((text, FACTS), (FACTS, text), (text, text)):
        answer = verify(source, claim)

        assert 0 <= answer.score <= 1
        assert all(0 <= each.start < each.end <= len(claim) for each in answer.unsupported)


def test_a_text_supports_itself() -> None:
    for source in (case["source"] for case in OWN):
        assert verify(source, source).supported, verify(source, source).unsupported


@pytest.mark.parametrize(
    ("one", "other"),
    [("two", "2"), ("1.5 million", "1,500,000"), ("$2.6 billion", "2.6bn dollars"), ("twenty-five", "25"),
        ("two years", "24 months"),
     ("3 pm", "15:00"), ("31st August 2022", "August 31, 2022"), ("half past", "half past"), ("Q2", "second quarter"),
     ("130 km", "130 kilometers")],
)  # fmt: skip
def test_quantities_written_in_two_ways_are_one(one: str, other: str) -> None:
    left, right = quantities(one), quantities(other)

    assert len(left) == len(right)
    assert all(a.kind == b.kind and a.amounts() & b.amounts() for a, b in zip(left, right, strict=True))


def test_forms_share_a_stem_and_derived_words_a_root() -> None:
    assert stem("policies") == stem("policy") and stem("saving") == stem("saved") == stem("save")
    assert stem("plane") != stem("plan") and stem("care") != stem("car") and stem("optional") != stem("options")
    assert root("insurance") == root("insured") == root("insurer")
    assert stem("cancelled") == stem("canceled") == stem("cancel") and stem("called") == stem("call")
    assert root("installation") == root("installed") == root("install") and root("enrol") == root("enrolled")
    assert root("upheld") == root("uphold") and root("withdrew") == root("withdraw")


def test_a_verb_of_two_words_reads_as_one_that_says_the_same() -> None:
    called, _, turned, _ = words_of("Called off. Turned down")

    assert called.root == root("cancel") and turned.stem == stem("reject")
    assert words_of("called, off")[0].root == root("call")
    assert verify("The fair was called off.", "The fair was cancelled.").supported


def test_a_title_ends_no_sentence() -> None:
    text = "Mr. Smith paid. Then he left."

    assert [text[start:end] for start, end in sentences_of(text)] == ["Mr. Smith paid.", "Then he left."]


def test_a_denial_reaches_to_the_end_of_its_clause() -> None:
    source = SourceText("There is no setup fee and you can cancel.")

    assert source.denied_roots == {root("setup"), root("fee")}
    assert negation.cues(source.words) == [2]


def test_of_a_word_that_stands_everywhere_few_places_are_kept() -> None:
    source = SourceText("The seat is a seat. " * 5_000)

    assert len(source.places[root("seat")]) == len(source.stems[stem("seat")]) == PLACES


def test_work_grows_no_faster_than_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts how often company is compared, the dearest question, while both texts grow tenfold."""
    count = 0
    compare = company._company

    def counted(sentence: ClaimSentence, index: int, place: int) -> int:
        nonlocal count
        count += 1
        return compare(sentence, index, place)

    monkeypatch.setattr(company, "_company", counted)
    counts = []
    for times in (2, 20):
        count = 0
        verify(f"{FACTS} " * times, "Two managers rejected the plan before prices fell. " * times)
        counts.append(count)

    # Of a word that stands everywhere few places are looked at, here up to 48 for 2.
    assert 0 < counts[1] <= 24 * 10 * counts[0]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("text", ["a" * 50_000, "A " * 25_000, "A-" * 25_000], ids=["a word", "capitals", "hyphens"])
def test_hostile_texts_are_read_in_time_that_grows_with_them(text: str) -> None:
    # Some tenths of a second; each took ten and more when the work grew by the square.
    with pace.within(4):
        verify(text, FACTS)
        verify(FACTS, text)


def test_words_for_numbers_without_end_are_no_number() -> None:
    found = quantities("hundred " * 3_000)

    assert found[0].values == {"1" + "0" * 50}


def test_short_passages_are_kept_and_long_ones_are_not() -> None:
    assert read(FACTS) is read(FACTS)
    assert read(FACTS * 1_000) is not read(FACTS * 1_000)


def test_every_rule_tells_what_it_looks_for() -> None:
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.slow
@pytest.mark.outside_data
@pytest.mark.parametrize(
    ("file", "source", "text", "fault", "specificity", "recall"),
    [
        ("verify/summedits_sales_dev.jsonl.gz", "doc", "summary", lambda row: row["label"] == 0, 0.95, 0.4),
        ("human_edits/defacto_train_val.jsonl.gz", "article", "candidate", lambda row: row["has_error"], 0.9, 0.35),
    ],
)  # fmt: skip
def test_most_true_summaries_of_public_sets_pass(
    file: str, source: str, text: str, fault: Callable[[Any], bool], specificity: float, recall: float
) -> None:
    with gzip.open(SHARED / file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    marked: dict[bool, list[bool]] = {is_wrong: [] for is_wrong in (True, False)}
    for row in rows:
        marked[fault(row)].append(not verify(row[source], row[text]).supported)

    assert sum(marked[False]) <= (1 - specificity) * len(marked[False])
    assert sum(marked[True]) >= recall * len(marked[True])
