"""The drafts written by hand: for the right companies, good but for the six that say otherwise."""

import re

import pytest

from demo.data.handwritten_drafts import PROVENANCE, faults, hand_drafts
from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from demo.offline_teacher import write

RECORDS = {record["company"]: record for record in prospects(40)}
DRAFTS = {draft["company"]: draft for draft in hand_drafts()}
GOOD = [company for company in DRAFTS if company not in faults()]
OFFER_TEXT = " ".join(value if isinstance(value, str) else " ".join(value) for value in OFFER.values())


def sentences(body: str) -> list[str]:
    told = body.split("\n\n", 1)[1].removesuffix(OFFER["signature"]).strip()
    return re.split(r"(?<=[.!?])\s+", told)


def unknown_numbers(company: str) -> set[str]:
    draft = DRAFTS[company]
    known = " ".join(RECORDS[company].values()) + " " + OFFER_TEXT
    return set(re.findall(r"\d+", draft["subject"] + draft["body"])) - set(re.findall(r"\d+", known))


def test_there_is_one_for_each_of_the_first_forty_prospects() -> None:
    assert list(DRAFTS) == list(RECORDS)
    assert len(DRAFTS) == 40
    assert all(list(draft) == ["company", "subject", "body"] for draft in DRAFTS.values())
    assert PROVENANCE == "written for the demo"


@pytest.mark.parametrize("company", GOOD)
def test_a_good_draft_keeps_every_rule(company: str) -> None:
    draft = DRAFTS[company]
    known = set(re.findall(r"[\w-]+", " ".join(RECORDS[company].values()) + " " + OFFER_TEXT)) | {"I"}
    names = {name for text in sentences(draft["body"]) for name in re.findall(r"(?<=[a-z,;] )[A-Z][\w-]*", text)}

    assert len(draft["subject"]) <= 50
    assert 60 <= len(draft["body"].split()) <= 130
    assert company in draft["body"]
    assert draft["body"].startswith("Hi {{contact.first_name}},\n\n")
    assert draft["body"].endswith("\n\n" + OFFER["signature"])
    assert draft["body"].count("?") == 1
    assert re.search(r"\b(call|talk|reply|phone)\b", draft["body"][: draft["body"].index("?")].rsplit(". ", 1)[-1])
    assert unknown_numbers(company) == set()
    assert names <= known
    assert not re.search(r"[!\[\]]", draft["body"])
    assert not any(phrase in draft["body"] for phrase in OFFER["forbidden_phrases"])


def test_six_drafts_have_the_fault_they_are_said_to_have() -> None:
    by_fault = {fault: company for company, fault in faults().items()}

    assert len(by_fault) == 6
    assert "12" in unknown_numbers(by_fault["wrong_fact"])
    assert "85" in unknown_numbers(by_fault["unsupported_claim"])
    assert "?" not in DRAFTS[by_fault["no_ask"]]["body"]
    assert "[Company]" in DRAFTS[by_fault["placeholder"]]["body"]
    assert "ACT NOW" in DRAFTS[by_fault["spam_words"]]["body"]
    assert "revolutionary" in DRAFTS[by_fault["forbidden_phrase"]]["body"]


def test_no_sentence_is_one_the_offline_teacher_writes() -> None:
    fields = [{"name": "subject", "type": "text"}, {"name": "body", "type": "text"}]
    composed = {
        sentence
        for facts in RECORDS.values()
        for seed in range(10)
        for sentence in sentences(
            write(facts=facts, offer=OFFER, output_fields=fields, seed=seed, defect_rate=0).fields["body"]
        )
    }

    by_hand = {sentence for draft in DRAFTS.values() for sentence in sentences(draft["body"])}

    assert not composed & by_hand
