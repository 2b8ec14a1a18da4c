"""Claims as they are written, passages as they are looked up, and where the asking ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from evaluation.models import RetrievalStudy
from evaluation.retrieval import claims_file
from evaluation.retrieval.passages import PassageIndex, cut
from evaluation.retrieval.verdict import conclude
from members.models import Member
from review.models import Task
from tests.evaluation.retrieval.rows import TOWNS, claims, lines, page_of


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Line 1 is no JSON"),
        ('{"text": "A", "document": "d"}', "Line 1: &#x27;supported&#x27; is true or false"),
        ('\n{"text": "", "supported": true, "document": "d"}', "Line 2: write text and document"),
        ('{"text": "A", "supported": true, "document": "https://nowhere.example/"}', "No page of https://nowhere.example/ is stored"),
    ],
)  # fmt: skip
def test_bad_claims_are_told_with_their_line_and_leave_nothing(
    text: str, says: str, pages: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    answer = as_member(admin).post(f"/tasks/{pages.slug}/studies/verifiers/", {"claims": text, "passages": "3"})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not RetrievalStudy.objects.exists()


def test_claims_are_read_as_they_are_written() -> None:
    assert claims_file.read(lines() + "\n\n") == claims()


def test_rare_words_lead_to_the_passage_and_none_shared_to_nothing() -> None:
    index = PassageIndex(
        passage for number, town in enumerate(TOWNS) for passage in cut(town, page_of(town, 100 * number))
    )

    assert index.find("A pier was built at ARLES", 1)[0].document == "Arles"
    assert "pier" in index.find("A pier was built at Arles", 1)[0].text
    assert index.find("zzz", 3) == []


def test_the_first_arm_that_is_not_shown_better_ends_the_asking() -> None:
    truths = [place % 2 == 0 for place in range(80)]
    documents = [f"d{place // 4}" for place in range(80)]
    few_wrong = [truth if place % 9 else not truth for place, truth in enumerate(truths)]
    answers = {"none": [True] * 80, "rules": few_wrong, "miniature": few_wrong, "teacher": truths}

    found = conclude(answers, truths, documents, [place % 5 > 0 for place in range(80)])

    assert [(one["is_asked"], one["is_shown"]) for one in found["comparisons"]] == [
        (True, True), (True, False), (False, False),
    ]  # fmt: skip
    assert found["sentence"].startswith("The rules are better than nobody: balanced accuracy")
    assert "the miniature is not shown to be better than the rules" in found["sentence"]
    assert found["retrieval"]["recall"] == 0.8
