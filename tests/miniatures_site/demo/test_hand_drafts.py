"""The drafts written by hand: for the right companies, good but for the six that say otherwise."""

import re

from demo.data.handwritten_drafts import PROVENANCE, hand_drafts
from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from demo.offline_teacher import write

RECORDS = {record["company"]: record for record in prospects(40)}
DRAFTS = {draft["company"]: draft for draft in hand_drafts()}


def sentences(body: str) -> list[str]:
    told = body.split("\n\n", 1)[1].removesuffix(OFFER["signature"]).strip()
    return re.split(r"(?<=[.!?])\s+", told)


def test_there_is_one_for_each_of_the_first_forty_prospects() -> None:
    assert list(DRAFTS) == list(RECORDS)
    assert len(DRAFTS) == 40
    assert all(list(draft) == ["company", "subject", "body"] for draft in DRAFTS.values())
    assert PROVENANCE == "written for the demo"


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
