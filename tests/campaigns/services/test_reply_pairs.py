"""Exploratory preference pairs: an answered draft over one nobody answered, where their readers can be compared."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.outcomes import of_drafts
from campaigns.states import ReplyClass
from members.models import Member
from review.datasets import freezing
from review.datasets import queries as datasets
from review.datasets.reply_pairs import SentDraft
from review.erasure import erase
from review.models import Dataset, DatasetVersion, Draft, Revocation, Task, TaskVersion
from review.ports import ReplyPair
from tests.campaigns import factories as campaigns
from tests.campaigns.answered_mails import SENT, reply, send
from tests.review import factories
from tests.review.datasets import golds

pytestmark = pytest.mark.django_db
ALL = {"near_duplicates": None}


@pytest.fixture
def task(admin: Member) -> Task:
    """Two accepted drafts for one record."""
    task = factories.make_task(by=admin)
    [record] = factories.make_records(factories.make_source(task), 1)
    for variant in (0, 1):
        golds.make_drafts(task, [record], variant=variant)
    golds.accept_all(admin, task, count=2)
    return task


@pytest.fixture
def drafts(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task).order_by("queue_position"))


@pytest.fixture
def spring(task: Task) -> Campaign:
    return campaigns.make_plain_campaign(task, slug="spring")


@pytest.fixture
def summer(task: Task) -> Campaign:
    return campaigns.make_plain_campaign(task, slug="summer")


def pairs(task: Task) -> list[tuple[Any, Any]]:
    return [(pair.better, pair.worse) for pair in of_drafts.of_task(task, until=None)]


def frozen(task: Task, by: Member, **filters: Any) -> DatasetVersion:
    dataset = Dataset.objects.filter(task=task).first() or freezing.create(task, name="Replies", by=by)
    return golds.sealed(freezing.freeze(dataset, by=by, filters={**ALL, **filters}))


def dpo(version: DatasetVersion) -> list[dict[str, Any]]:
    file = datasets.file_of(version, "train", "dpo")
    assert file is not None
    with default_storage.open(file.path) as handle:
        return [json.loads(line) for line in handle.read().splitlines()]


def test_an_answered_draft_stands_over_a_silent_one_of_the_same_company(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    answered = send(spring, drafts[0], "ada")
    send(summer, drafts[1], "ben", at=SENT + timedelta(days=3))
    reply(answered)

    version = frozen(task, admin, exploratory_pairs=True)

    [row] = dpo(version)
    meta = json.loads(row["meta"])
    assert row["id"] == f"{drafts[0].pk}:reply:{drafts[1].pk}"
    assert drafts[0].fields["subject"] in row["chosen"][0]["content"]
    assert drafts[1].fields["body"][:200] in row["rejected"][0]["content"]
    assert (meta["kind"], meta["exploratory"], meta["reviewer"], meta["said_in"]) == (
        "reply",
        True,
        "",
        str(answered.pk),
    )
    assert meta["drafts"] == sorted([str(drafts[0].pk), str(drafts[1].pk)])
    assert "simulated" not in meta
    assert version.counts["pairs"] == {"reply": 1}
    assert "Exploratory preference pairs from replies: 1 row of `dpo`" in version.card
    assert version.filters["outcomes_until"] is not None


def test_none_is_made_unless_it_is_asked_for(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben")

    version = frozen(task, admin)

    assert dpo(version) == []
    assert "xploratory" not in version.card


def test_a_card_says_that_none_could_be_made(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben", "other")

    version = frozen(task, admin, exploratory_pairs=True)

    assert dpo(version) == []
    assert "Exploratory preference pairs from replies: 0 rows of `dpo`" in version.card


@pytest.mark.slow
def test_drafts_of_two_records_or_two_task_versions_make_no_pair(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben")
    record = drafts[1].record
    [twin] = factories.make_records(factories.make_source(task, name="Again"), 1)
    Draft.objects.filter(pk=drafts[1].pk).update(record=twin)

    assert len(pairs(task)) == 1
    assert dpo(frozen(task, admin, exploratory_pairs=True)) == []

    second = TaskVersion.objects.create(task=task, number=2, body=drafts[1].task_version.body, content_hash="2" * 64)
    Draft.objects.filter(pk=drafts[1].pk).update(record=record, task_version=second)
    assert dpo(frozen(task, admin, exploratory_pairs=True)) == []


@pytest.mark.slow
def test_a_pair_goes_with_the_record_when_it_is_erased(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben")
    # The unanswered draft is no row of the version.
    version = frozen(task, admin, exploratory_pairs=True, outcomes=("replied",))
    before = dpo(version)

    erase.erase_records([drafts[1].record_id])

    assert version.counts["rows"] == 1
    assert len(before) == 1
    assert dpo(version) == []


@pytest.mark.slow
def test_a_revoked_draft_stands_on_neither_side(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben")
    Revocation.objects.create(draft=drafts[1], by=admin, reason="wrong")

    assert dpo(frozen(task, admin, exploratory_pairs=True)) == []


def test_each_draft_is_in_one_pair_with_the_one_sent_nearest(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    golds.make_drafts(task, [drafts[0].record], variant=2)
    [third] = Draft.objects.filter(task=task).exclude(pk__in=[draft.pk for draft in drafts])
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben", at=SENT + timedelta(days=5))
    send(summer, third, "cy", at=SENT + timedelta(days=2))

    rows = dpo(frozen(task, admin, exploratory_pairs=True))

    assert len(pairs(task)) == 2
    assert [row["id"] for row in rows] == [f"{drafts[0].pk}:reply:{third.pk}"]


def test_a_text_that_was_edited_after_its_mail_went_is_not_the_one_that_was_answered(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    golds.make_drafts(task, [drafts[0].record], variant=2)
    [unread] = Draft.objects.filter(task=task).exclude(pk__in=[draft.pk for draft in drafts])
    reply(send(spring, unread, "ada"))
    send(summer, drafts[1], "ben")
    golds.correct_all(admin, task, lambda draft: {**draft.fields, "subject": "Another subject"}, count=1)

    version = frozen(task, admin, exploratory_pairs=True)

    assert len(pairs(task)) == 1
    assert version.counts["pairs"] == {"edit": 1}


def test_the_words_of_a_mail_are_the_edit_that_was_made_before_it() -> None:
    draft = SentDraft((uuid4(), uuid4(), []), {"subject": "As written"}, {"subject": "As edited"}, SENT)

    assert draft.text_at(SENT - timedelta(seconds=1)) == {"subject": "As written"}
    assert draft.text_at(SENT + timedelta(seconds=1)) == {"subject": "As edited"}


def test_simulated_answers_are_named_in_the_row(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member
) -> None:
    Campaign.objects.update(is_simulated=True)
    reply(send(spring, drafts[0], "ada"))
    send(summer, drafts[1], "ben")

    [row] = dpo(frozen(task, admin, exploratory_pairs=True))

    assert json.loads(row["meta"])["simulated"] is True


@pytest.mark.slow
def test_the_form_counts_them_before_a_version_is_frozen(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign, admin: Member, client: Client
) -> None:
    reply(send(spring, drafts[0], "ada"))
    dataset = freezing.create(task, name="Replies", by=admin, filters=ALL)
    client.force_login(admin)
    address = f"/datasets/{dataset.slug}/counts/"
    asked = {"verdicts": ["accept"], "keeps_duplicates": "on"}

    before = client.get(address, asked).content.decode()
    without = client.get(address, {**asked, "exploratory_pairs": "on"}).content.decode()
    send(summer, drafts[1], "ben")
    left_out = client.get(address, asked).content.decode()
    taken = client.get(address, {**asked, "exploratory_pairs": "on"}).content.decode()
    told = client.get(f"/api/v1/datasets/{dataset.slug}/preview/").json()

    assert "Exploratory pairs" not in before
    assert "no answered draft has a match" in without
    assert "left out" in left_out
    assert "<dd>1</dd>" in taken
    assert told["exploratory_pairs"] == 1


def test_what_is_told_later_changes_nothing_of_a_frozen_choice(
    task: Task, drafts: list[Draft], spring: Campaign, summer: Campaign
) -> None:
    answered, silent = send(spring, drafts[0], "ada"), send(summer, drafts[1], "ben")
    reply(answered)
    until = timezone.now()
    reply(silent, ReplyClass.OTHER)

    expected = ReplyPair(drafts[0].pk, drafts[1].pk, answered.pk, SENT, SENT)
    assert of_drafts.of_task(task, until=until) == [expected]
    assert of_drafts.of_task(task, until=None) == []
