"""Verifiers over retrieval: what is found and what is judged are told apart, by a record that stands before anything is judged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import AuditRow
from evaluation.verifier.passages import PassageIndex, cut
from evaluation.verifier.retrieval_verdict import conclude
from generation.models import Research, ResearchedSite, WebPage
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.review import factories

TOWNS = ("Lindau", "Arles", "Bergamo", "Deventer", "Vigo", "Harrow")


def page_of(town: str, number: int) -> str:
    return (
        f"The {town} ferry runs all year. It carries {number} people a day. The office is open on weekdays. "
        f"Tickets are sold on board. A new pier in {town} was built in {1990 + number % 20}. Bicycles travel free."
    )


@pytest.fixture
def pages(admin: Member) -> Task:
    task = factories.make_task(by=admin, slug="ferries")
    research = Research.objects.create(
        task=task, job=Job.objects.create(kind="research", title="Ferries"), name="Ferries", created_by=admin
    )
    for number, town in enumerate(TOWNS, 1):
        site = ResearchedSite.objects.create(research=research, number=number, title=town)
        WebPage.objects.create(
            site=site, number=1, way="start", url=f"https://{town.lower()}.example/", fetched_at=timezone.now(),
            text=page_of(town, 100 * number),
        )  # fmt: skip
    return task


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    rows = []
    for number, town in enumerate(TOWNS, 1):
        right, wrong = 100 * number, 100 * number + 7
        of_page = {"document": f"https://{town.lower()}.example/", "evidence": f"It carries {right} people a day."}
        rows.append({"text": f"The {town} ferry carries {right} people a day.", "supported": True, **of_page})
        rows.append({"text": f"The {town} ferry carries {wrong} people a day.", "supported": False, **of_page})
    file = tmp_path / "claims.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture
def study(capsys: pytest.CaptureFixture[str], claims: Path, tmp_path: Path) -> Callable[..., str]:
    def call(act: str, *more: str) -> str:
        call_command(
            "study_retrieval", act, str(claims), "--task", "ferries", "--record", str(tmp_path / "r.json"), *more
        )
        return capsys.readouterr().out

    return call


@pytest.mark.django_db
def test_the_rules_are_compared_with_nobody_on_what_was_found(
    pages: Task, study: Callable[..., str], tmp_path: Path
) -> None:
    registered = study("register", "--passages", "1")
    record = (tmp_path / "r.json").read_bytes()
    told: dict[str, Any] = json.loads(study("run", "--json"))

    sha256 = hashlib.sha256(record).hexdigest()
    assert sha256 in registered
    assert "With a power of 80 %" in registered
    assert AuditRow.objects.get(act="retrieval_study_registered").detail["sha256"] == sha256
    assert told["retrieval"]["recall"] == 1.0
    assert [(arm["arm"], arm["value"]) for arm in told["arms"]] == [("none", 0.5), ("rules", 1.0)]
    assert told["arms"][1]["where_found"]["value"] == 1.0
    assert study("run") == told["sentence"] + "\n"


@pytest.mark.django_db
def test_a_record_that_was_never_registered_or_pages_that_changed_are_refused(
    pages: Task, study: Callable[..., str], tmp_path: Path
) -> None:
    study("register")
    record = tmp_path / "r.json"
    with pytest.raises(CommandError, match="never overwritten"):
        study("register")

    WebPage.objects.filter(site__title="Vigo").update(text="Nothing is left.")
    with pytest.raises(CommandError, match="stored pages are not those"):
        study("run")

    record.write_text(record.read_text().replace('"passages":3', '"passages":9'))
    with pytest.raises(CommandError, match="never registered here"):
        study("run")


@pytest.mark.django_db
def test_a_claim_about_a_page_that_is_not_stored_is_refused(
    pages: Task, study: Callable[..., str], claims: Path, tmp_path: Path
) -> None:
    claims.write_text(claims.read_text().replace("vigo.example", "nowhere.example"))

    with pytest.raises(CommandError, match=r"No page of https://nowhere\.example/ is stored"):
        study("register")

    assert not (tmp_path / "r.json").exists()
    assert not AuditRow.objects.filter(act="retrieval_study_registered").exists()


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
    assert found["sentence"].startswith("rules judges better than none: balanced accuracy")
    assert "miniature is not shown to be better than rules" in found["sentence"]
    assert found["retrieval"]["recall"] == 0.8
