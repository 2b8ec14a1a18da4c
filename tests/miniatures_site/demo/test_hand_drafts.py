"""The drafts written by hand: for the right companies, good but for the six that say otherwise."""

from demo.data.handwritten_drafts import PROVENANCE, hand_drafts
from demo.data.prospects.generate import prospects

RECORDS = {record["company"]: record for record in prospects(40)}
DRAFTS = {draft["company"]: draft for draft in hand_drafts()}


def test_there_is_one_for_each_of_the_first_forty_prospects() -> None:
    assert list(DRAFTS) == list(RECORDS)
    assert len(DRAFTS) == 40
    assert all(list(draft) == ["company", "subject", "body"] for draft in DRAFTS.values())
    assert PROVENANCE == "written for the demo"
