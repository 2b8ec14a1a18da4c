"""What came of mails reaches the datasets made of their drafts: chosen by, weighed by, told in manifest and card."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Event, Message, Pipeline, PipelineVersion, Reply, Stage, StageRun
from campaigns.outcomes.of_drafts import CampaignOutcomes
from campaigns.states import EventKind, MessageState, ReplyClass
from members.models import Member
from review import ports
from review.datasets import freezing
from review.datasets import queries as datasets
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.version_diff import exclusion_reasons
from review.models import DatasetVersion, Draft, Record, Task
from review.states import MailOutcome, Split
from tests.campaigns import factories as campaigns
from tests.campaigns.experiment_rows import event
from tests.review import factories
from tests.review.datasets import golds
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SENT = timezone.now() - timedelta(days=3)


@pytest.fixture
def task(admin: Member) -> Task:
    """Twelve accepted drafts, all in the training split."""
    task = factories.make_task(by=admin)
    golds.make_drafts(task, factories.make_records(factories.make_source(task), 12))
    golds.accept_all(admin, task, count=12)
    return task


@pytest.fixture
def mails(task: Task) -> list[Message]:
    """A sent mail of each of the first six drafts."""
    return sent_mails(campaigns.make_plain_campaign(task))


def sent_mails(campaign: Campaign) -> list[Message]:
    drafts = Draft.objects.filter(task=campaign.task).order_by("queue_position")[:6]
    return [
        campaigns.make_mail(
            campaign,
            campaigns.make_contact(campaign.task, f"ada@{campaign.slug}{number}.example"),
            state=MessageState.SENT,
            sent_at=SENT,
            draft=draft,
        )
        for number, draft in enumerate(drafts)
    ]


def tell(mail: Message, kind: EventKind, **values: Any) -> Event:
    told = event(mail, kind, at=SENT + timedelta(hours=1), **values)
    told.save()
    return told


def reply(mail: Message, meaning: ReplyClass) -> None:
    Reply.objects.create(event=tell(mail, EventKind.REPLIED), message=mail, meaning=meaning)


def chosen(task: Task, **filters: Any) -> set[Any]:
    return {row.draft for row in freezing.select(task, DatasetFilters.model_validate(filters)).rows}


def frozen(task: Task, by: Member, **filters: Any) -> DatasetVersion:
    dataset = freezing.create(task, name="Replies", by=by)
    return golds.sealed(freezing.freeze(dataset, by=by, filters=filters))


def sft(version: DatasetVersion, split: str = "train", format_: str = "sft") -> list[dict[str, Any]]:
    file = datasets.file_of(version, split, format_)
    assert file is not None
    with default_storage.open(file.path) as handle:
        return [json.loads(line) for line in handle.read().splitlines()]


@pytest.mark.slow
def test_a_selection_keeps_drafts_by_what_came_of_their_mails(task: Task, mails: list[Message]) -> None:
    reply(mails[0], ReplyClass.INTERESTED)
    reply(mails[1], ReplyClass.NOT_NOW)
    tell(mails[2], EventKind.MEETING)
    tell(mails[3], EventKind.CLICKED)
    tell(mails[4], EventKind.CLICKED, is_machine=True)
    drafts = [mail.draft_id for mail in mails]

    assert chosen(task, outcomes=["sent"]) == set(drafts)
    assert chosen(task, outcomes=["replied"]) == {drafts[0], drafts[1]}
    assert chosen(task, outcomes=["interested", "meeting"]) == {drafts[0], drafts[2]}
    assert chosen(task, outcomes=["clicked"]) == {drafts[3]}
    assert chosen(task, outcomes=["sent"], without_outcomes=["replied"]) == set(drafts[2:])
    assert len(chosen(task, without_outcomes=["not_now"])) == 11


@pytest.mark.slow
def test_the_preview_says_how_many_the_outcome_dropped(
    task: Task, mails: list[Message], admin: Member, client: Client
) -> None:
    reply(mails[0], ReplyClass.INTERESTED)
    dataset = freezing.create(task, name="Replies", by=admin)
    client.force_login(admin)

    page = client.get(f"/datasets/{dataset.slug}/", {"verdicts": ["accept"], "outcomes": ["replied"], "bulk": "all"})
    body = client.get(f"/api/v1/datasets/{dataset.slug}/preview/", {"filters": '{"outcomes": ["replied"]}'}).json()

    assert "Without the outcome" in page.content.decode()
    assert body["rows"] == 1
    assert {line["label"]: line["dropped"] for line in body["dropped"]} == {"Without the outcome": 11}


@pytest.mark.slow
def test_a_frozen_version_names_the_moment_until_which_outcomes_counted(
    task: Task, mails: list[Message], admin: Member
) -> None:
    reply(mails[0], ReplyClass.INTERESTED)

    version = frozen(task, admin, outcomes=["replied"])
    tell(mails[1], EventKind.REPLIED)

    kept = DatasetFilters.model_validate(version.manifest["filters"])
    assert kept.outcomes_until is not None
    assert {row.draft for row in freezing.select(task, kept).rows} == {mails[0].draft_id}
    assert chosen(task, outcomes=["replied"]) == {mails[0].draft_id, mails[1].draft_id}
    late = mails[1].draft_id
    assert late is not None
    assert exclusion_reasons(version, [late])[late].words == "Without the outcome: excluded by the filters"


@pytest.mark.slow
def test_card_and_rows_tell_what_came_of_the_mails(task: Task, mails: list[Message], admin: Member) -> None:
    reply(mails[0], ReplyClass.INTERESTED)

    version = frozen(task, admin, outcomes=["sent"])

    assert version.counts["outcomes"]["rows"] == {"sent": 6, "replied": 1, "interested": 1}
    assert "| Replied: interested | 1 |" in version.card
    told = {row["id"]: json.loads(row["meta"])["outcomes"] for row in sft(version)}
    assert told[str(mails[0].draft_id)] == ["sent", "replied", "interested"]
    raw = {row["id"]: row["outcomes"] for row in sft(version, format_="raw")}
    assert raw == told


def test_a_version_that_asks_nothing_of_outcomes_tells_nothing_of_them(
    task: Task, mails: list[Message], admin: Member
) -> None:
    reply(mails[0], ReplyClass.INTERESTED)

    version = frozen(task, admin)

    assert version.filters["outcomes_until"] is None
    assert "outcomes" not in version.counts
    assert "Campaign results" not in version.card
    assert not any("outcomes" in json.loads(row["meta"]) for row in sft(version))


@pytest.mark.slow
def test_a_weighed_row_stands_more_often_in_the_training_file_alone(
    task: Task, mails: list[Message], admin: Member
) -> None:
    reply(mails[0], ReplyClass.INTERESTED)
    tell(mails[0], EventKind.MEETING)
    reply(mails[1], ReplyClass.INTERESTED)
    Record.objects.filter(drafts=mails[1].draft_id).update(split=Split.TEST)

    version = frozen(task, admin, outcome_weights={"replied": 2, "meeting": 3})

    heavy = str(mails[0].draft_id)
    assert sorted(row["id"] for row in sft(version) if row["id"].startswith(heavy)) == [
        heavy,
        f"{heavy}:copy2",
        f"{heavy}:copy3",
    ]
    assert [row["id"] for row in sft(version, "test")] == [str(mails[1].draft_id)]
    assert version.counts["rows"] == 12
    assert version.counts["sft_splits"]["train"] == 13
    assert "*Meeting*: written 3 times" in version.card


@pytest.mark.slow
def test_answers_of_simulated_inboxes_are_named_as_such(task: Task, admin: Member) -> None:
    for mail in sent_mails(campaigns.make_plain_campaign(task, is_simulated=True)):
        reply(mail, ReplyClass.QUESTION)

    version = frozen(task, admin, outcomes=["question"])

    assert version.counts["outcomes"]["simulated"] == 6
    assert "Sent to simulated inboxes, whose answers are made up: 6 rows." in version.card


def test_drafts_of_stages_of_simulated_mails_are_named_as_such_too(task: Task) -> None:
    mail = sent_mails(campaigns.make_plain_campaign(task, is_simulated=True))[0]
    version = PipelineVersion.objects.create(pipeline=Pipeline.objects.create(task=task, slug="p", name="P"), number=1)
    stage = Stage.objects.create(version=version, position=1, kind="verify", name="verify")
    staged = Draft.objects.filter(task=task).order_by("queue_position")[7]
    StageRun.objects.create(message=mail, stage=stage, state="passed", draft=staged)

    assert CampaignOutcomes().from_simulations([staged.pk]) == {staged.pk}


@pytest.mark.parametrize(
    ("filters", "where"),
    [
        ({"outcomes": ["thrilled"]}, "filters.outcomes.0"),
        ({"outcomes": ["replied"], "without_outcomes": ["replied"]}, "filters"),
        ({"outcome_weights": {"replied": 99}}, "filters.outcome_weights.replied"),
    ],
)
def test_a_wrong_outcome_is_refused_by_name(task: Task, admin: Member, filters: dict[str, Any], where: str) -> None:
    with pytest.raises(Refusal) as refused:
        freezing.create(task, name="Wrong", by=admin, filters=filters)

    assert list(refused.value.errors) == [where]


def test_many_drafts_are_told_of_with_few_questions(mails: list[Message], django_assert_max_num_queries: Any) -> None:
    drafts = [mail.draft_id for mail in mails if mail.draft_id]

    with django_assert_max_num_queries(len(MailOutcome) + 2):
        told = CampaignOutcomes().of_drafts(drafts, until=None)

    assert told == {draft: frozenset({MailOutcome.SENT}) for draft in drafts}


def test_without_a_room_that_sends_no_draft_had_an_outcome(
    task: Task, mails: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports.mail_outcomes, "answer", lambda: None)

    assert chosen(task, outcomes=["sent"]) == set()
    assert len(chosen(task, without_outcomes=["sent"])) == 12
