"""Which traits of accepted drafts go with replies, how the rate goes from month to month, and where the next round begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Message
from campaigns.reply_patterns import queries
from campaigns.reply_patterns.figures import FEWEST_CLUSTERS, FirstMailSent, reply_patterns
from campaigns.states import EventKind, MessageState
from members.models import Member
from review.datasets import freezing, write_version
from review.models import Draft, Task
from review.states import Role
from tests.campaigns import factories as campaigns
from tests.campaigns.experiment_rows import event
from tests.review import factories as desk
from tests.review.datasets import golds

SENT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def mail(number: int, *, replied: bool, marked: bool = False, words: int = 100, month: int = 3, **values: Any) -> Any:
    given = {"cluster": f"co{number}.example", "is_accepted": True, **values}
    traits = {"marked": marked}
    return FirstMailSent(sent_at=SENT.replace(month=month), replied=replied, traits=traits, words=words, **given)


def test_a_trait_that_goes_with_replies_is_found_with_its_interval() -> None:
    mails = [mail(n, replied=n % 4 == 0, marked=False) for n in range(200)]
    mails += [mail(200 + n, replied=n % 40 == 0, marked=True) for n in range(200)]

    (pattern,) = [each for each in reply_patterns(mails).patterns if each.trait == "marked"]

    assert (pattern.mails, pattern.others, pattern.share, pattern.other_share) == (200, 200, 0.025, 0.25)
    assert pattern.difference == pytest.approx(-0.225)
    assert pattern.low < -0.225 < pattern.high < 0
    assert pattern.is_clear


def test_companies_count_and_not_contacts() -> None:
    """One company whose 40 contacts all answered is one company."""
    mails = [mail(n, replied=False, marked=n % 2 == 0) for n in range(80)]
    mails += [mail(1000, replied=True, marked=True) for _ in range(40)]

    (pattern,) = [each for each in reply_patterns(mails).patterns if each.trait == "marked"]

    assert pattern.difference == 0.5
    assert not pattern.is_clear


def test_a_trait_of_few_companies_is_left_out() -> None:
    few = FEWEST_CLUSTERS - 1
    mails = [mail(n, replied=n % 3 == 0, marked=n < few) for n in range(200)]

    assert not [each for each in reply_patterns(mails).patterns if each.trait == "marked"]


def test_patterns_are_of_accepted_drafts_and_the_course_of_all() -> None:
    mails = [mail(n, replied=n % 3 == 0, marked=n % 2 == 0, is_accepted=False) for n in range(200)]

    found = reply_patterns(mails)

    assert (found.mails, found.accepted, found.patterns) == (200, 0, [])
    assert [(month.month, month.mails, month.replied) for month in found.months] == [("2026-03", 200, 67)]


def test_many_traits_without_any_effect_are_hardly_ever_clear() -> None:
    """Thirty traits that say nothing: at the raw 5 % about one and a half would stand out."""
    mails = [
        FirstMailSent(
            cluster=f"co{n}", sent_at=SENT, replied=(n * 7919) % 101 < 10, words=n % 50, is_accepted=True,
            traits={f"trait {k}": (n * (k + 3) * 31 + k) % 7 < 3 for k in range(30)},
        )
        for n in range(600)
    ]  # fmt: skip

    assert not [pattern for pattern in reply_patterns(mails).patterns if pattern.is_clear]


def test_the_month_of_a_change_is_named_and_none_where_there_is_none() -> None:
    rates = {1: 4, 2: 4, 3: 20, 4: 20}
    changed = [mail(m * 1000 + n, replied=n % rate == 0, month=m) for m, rate in rates.items() for n in range(120)]
    steady = [mail(m * 1000 + n, replied=n % 8 == 0, month=m) for m in rates for n in range(120)]

    assert reply_patterns(changed).changed_in == "2026-03"
    assert reply_patterns(steady).changed_in == ""
    assert reply_patterns([]).change is None


@pytest.fixture
def sent(admin: Member, task: Task) -> list[Message]:
    """Ten mails of accepted drafts, sent three weeks ago; the first four were answered."""
    golds.make_drafts(task, desk.make_records(desk.make_source(task), 10))
    golds.accept_all(admin, task, count=10)
    campaign = campaigns.make_plain_campaign(task)
    went = timezone.now() - timedelta(days=21)
    mails = [
        campaigns.make_mail(
            campaign,
            campaigns.make_contact(task, f"ada@co{n}.example"),
            state=MessageState.SENT,
            sent_at=went,
            draft=draft,
        )
        for n, draft in enumerate(Draft.objects.filter(task=task).order_by("queue_position"))
    ]
    for answered in mails[:4]:
        event(answered, EventKind.REPLIED, at=went + timedelta(days=1)).save()
    event(mails[5], EventKind.REPLIED, at=went + timedelta(days=1), is_machine=True).save()
    return mails


def test_a_label_is_told_of_drafts_that_bear_it_and_of_those_that_do_not() -> None:
    labels = {"tone": ["warm", "cool"]}

    def traits(value: str) -> dict[str, bool]:
        told = queries._traits([], {"tone": value}, "accept", (), checks=[], reasons=[], labels=labels)
        return {name: has for name, has in told if name.startswith("tone")}

    mails = [
        FirstMailSent(
            cluster=f"co{n}",
            sent_at=SENT,
            replied=n % 3 == 0,
            words=9,
            is_accepted=True,
            traits=traits("warm" if n % 2 else "cool"),
        )
        for n in range(200)
    ]

    assert traits("warm") == {"tone: warm": True, "tone: cool": False}
    assert {each.trait for each in reply_patterns(mails).patterns} == {"tone: warm", "tone: cool"}


@pytest.mark.django_db
def test_first_mails_are_read_with_their_replies_and_marks(
    task: Task, sent: list[Message], django_assert_max_num_queries: Any
) -> None:
    Draft.objects.filter(pk=sent[0].draft_id).update(marks=[{"check": "too_long", "field": "body", "message": "x"}])
    Message.objects.filter(pk=sent[9].pk).update(sent_at=timezone.now() - timedelta(days=13))

    with django_assert_max_num_queries(4):
        mails = queries.first_mails(task)

    assert (len(mails), sum(each.replied for each in mails)) == (9, 4)
    assert all(each.is_accepted for each in mails)
    assert sum(each.traits["marked by the check 'too long'"] for each in mails) == 1
    assert queries.first_mails(task, is_simulated=True) == []


@pytest.mark.slow
@pytest.mark.django_db
def test_the_next_round_begins_with_a_version_of_drafts_that_earned_replies(
    task: Task, sent: list[Message], admin: Member, as_member: Any
) -> None:
    dataset = freezing.create(task, name="All", by=admin)
    before = queries.proposal(task)
    version = freezing.freeze(dataset, by=admin, filters={"outcomes": ["replied"]})
    write_version.seal(version.pk, write_version.write(version.pk, report=lambda done, total: None))
    after = queries.proposal(task)

    assert before.order_url == ""
    assert before.datasets_url.endswith("outcomes=replied")
    assert after.version == str(version)
    form = as_member(admin).get(after.order_url)
    assert form.status_code == 200
    text = form.content.decode()
    assert 'value="200"' in text
    assert f'<option value="{dataset.slug}@{version.number}" selected>' in text
    assert as_member(admin).get(before.datasets_url).context["form"]["outcomes"].value() == ["replied"]


@pytest.mark.django_db
def test_the_page_and_the_api_say_the_same(task: Task, sent: list[Message], lead: Member, as_member: Any) -> None:
    page = as_member(lead).get(reverse("campaigns:reply-patterns", args=[task.slug]))
    body = as_member(lead).get(f"/api/v1/tasks/{task.slug}/reply-patterns/").json()

    assert "10 first mails that a model wrote" in page.content.decode()
    assert "Choose the drafts" in page.content.decode() or "Order 200 drafts" in page.content.decode()
    assert (body["mails"], body["accepted"], body["replied"]) == (10, 10, 4)
    assert [month["replied"] for month in body["months"]] == [4]
    assert (body["patterns"], body["change"], body["changed_in"]) == ([], None, "")


@pytest.mark.django_db
def test_a_viewer_reads_it_and_orders_nothing(
    task: Task, sent: list[Message], make_member: Any, as_member: Any
) -> None:
    viewer = make_member("val")
    desk.join(viewer, task, Role.VIEWER)

    page = as_member(viewer).get(reverse("campaigns:reply-patterns", args=[task.slug])).content.decode()

    assert "Traits of accepted drafts" in page
    assert "Choose the drafts" not in page


@pytest.mark.django_db
def test_very_many_mails_are_counted_once_for_a_while_and_told_with_their_moment(
    task: Task, sent: list[Message], lead: Member, as_member: Any, kept_figures: None
) -> None:
    page, url = as_member(lead), reverse("campaigns:reply-patterns", args=[task.slug])
    api = f"/api/v1/tasks/{task.slug}/reply-patterns/"
    first = page.get(api).json()
    Message.objects.filter(pk=sent[0].pk).update(sent_at=timezone.now())

    again, html = page.get(api).json(), page.get(url).content.decode()

    assert (first["mails"], first["counted_at"]) == (10, None)
    assert again["mails"] == 10
    assert again["counted_at"] is not None
    assert "10 first mails" in html
    assert "Counts of " in html
    assert page.get(f"{api}?simulated=true").json()["mails"] == 0
