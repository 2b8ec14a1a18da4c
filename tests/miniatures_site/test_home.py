"""Home greets each role with its own next act."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from django.utils import timezone

from jobs.models import Job
from members.models import Member
from miniatures_site.home import pipeline, week
from review.models import Decision, Draft, Gold, Membership, Record, Source, Task
from review.spec.starters import outreach
from review.tasks import authoring


@pytest.fixture
def task(admin):
    return authoring.create(name="Outreach e-mail", slug="outreach", spec=outreach.SPEC, by=admin)


@pytest.fixture
def join(task):
    def give(member, role):
        Membership.objects.create(member=member, task=task, role=role)
        return member

    return give


def make_drafts(task: Task, count: int, *, state: str = "pending", name: str = "") -> list[Draft]:
    name = name or state
    version = task.versions.get()
    source = Source.objects.create(
        task=task, name="prospects", slug=f"prospects-{name}", kind="records", format="csv", sha256="0"
    )
    made = []
    for number in range(count):
        record = Record.objects.create(
            source=source,
            task=task,
            row_number=number,
            title=f"Company {number}",
            facts={"company": f"Company {number}"},
            group=f"company-{number}",
            split="train",
            content_hash=f"{name}-{number}",
        )
        fields = {"subject": "A depot", "body": "Hi, worth 15 minutes?"}
        made.append(
            Draft.objects.create(
                task=task,
                task_version=version,
                record=record,
                fields=fields,
                fields_hash=f"{name}{number}",
                state=state,
                cost_usd="0.0031",
            )
        )
    return made


def test_an_admin_without_a_task_is_told_to_begin(admin, as_member):
    page = as_member(admin).get("/").content.decode()

    assert "Begin with a task" in page
    assert 'href="/tasks/new/"' in page


def test_a_member_without_a_task_is_told_whom_to_ask(reviewer, as_member):
    page = as_member(reviewer).get("/").content.decode()

    assert "You have no task yet" in page
    assert "/tasks/new/" not in page


def test_a_reviewer_lands_on_one_button(task, reviewer, join, as_member):
    join(reviewer, "reviewer")
    make_drafts(task, 37)

    page = as_member(reviewer).get("/").content.decode()

    assert "Continue: 37 cards" in page
    assert page.count("btn-primary") == 1
    assert "Saved this month" not in page


def test_a_task_without_records_is_told_its_next_act_alone(task, admin, as_member):
    page = as_member(admin).get("/").content.decode()

    assert "Import records" in page
    assert page.split("<main")[1].count("btn-primary") == 1
    assert "Freeze version 1" not in page


def test_a_viewer_is_offered_no_act(task, reviewer, join, as_member):
    join(reviewer, "viewer")

    page = as_member(reviewer).get("/").content.decode()

    assert "Import records" not in page
    assert "btn-primary" not in page


def test_a_lead_sees_what_is_disputed_and_what_failed(task, reviewer, join, as_member):
    join(reviewer, "lead")
    make_drafts(task, 2, state="disputed")
    job = Job.objects.create(
        kind="training", title="Run 3", task_slug="outreach", state="failed", error={"message": "The disk is full."}
    )
    Job.objects.filter(pk=job.pk).update(finished_at=job.created_at)

    page = as_member(reviewer).get("/").content.decode()

    assert "2 drafts on which experts disagree" in page
    assert "The disk is full." in page


def test_failed_jobs_that_were_launched_anew_block_nobody_and_hide_no_other(task, admin, as_member):
    of_task = {"kind": "training", "task_slug": "outreach"}
    failed = {**of_task, "state": "failed", "finished_at": timezone.now()}
    Job.objects.create(title="Run 0", error={"message": "No GPU is there."}, **failed)
    for number in range(1, 6):
        Job.objects.create(title=f"Run {number}", error={"message": "The disk is full."}, **failed)
        Job.objects.create(title=f"Run {number}", state="queued", **of_task)

    page = as_member(admin).get("/").content.decode()

    assert "The disk is full." not in page
    assert "No GPU is there." in page


def test_what_comes_next_follows_the_loop(task):
    assert pipeline.next_stage(pipeline.stages_of(task)).label == "Records"
    # A gold is the decision that counts, so the texts that were taken are called something else.
    assert not any("gold" in f"{stage.label} {stage.why}".lower() for stage in pipeline.stages_of(task))

    make_drafts(task, 3)

    assert pipeline.next_stage(pipeline.stages_of(task)).label == "Judged"


def test_home_costs_the_same_with_many_drafts(task, admin, as_member, django_assert_max_num_queries):
    make_drafts(task, 60)
    judge(task, admin, timezone.localdate(), *[0.0] * 20)
    client = as_member(admin)

    with django_assert_max_num_queries(34):
        client.get("/")


def test_without_a_choice_home_shows_the_task_that_was_made_first(task, admin, as_member):
    authoring.create(name="A later one", slug="later", spec=outreach.SPEC, by=admin)

    assert "/tasks/outreach/" in as_member(admin).get("/").content.decode().split("<main")[1]


MONDAY = date(2026, 3, 2)


def judge(task: Task, member: Member, day: date, *sizes: float | None, hour: int = 12, **other: object) -> None:
    """Golds of a day: accepted where the size is 0, rejected where there is none, edited by that share else."""
    at = timezone.make_aware(datetime.combine(day, time(hour)))
    drafts = make_drafts(task, len(sizes), state="decided", name=f"{day}-{hour}-{len(other)}")
    for draft, size in zip(drafts, sizes, strict=True):
        verdict = "reject" if size is None else "edit" if size else "accept"
        decision = Decision.objects.create(
            draft=draft, task=task, reviewer=member, verdict=verdict, edit_size=size or None, created_at=at, **other
        )
        Gold.objects.create(draft=draft, task=task, decision=decision, verdict=verdict, decided_at=at)


def test_a_week_begins_on_monday_at_midnight_and_stands_beside_the_last_one(task, admin):
    judge(task, admin, date(2026, 2, 22), 0.0)
    judge(task, admin, date(2026, 2, 23), 0.0, None, hour=0)
    judge(task, admin, date(2026, 3, 1), 0.05, 0.5, hour=23)
    judge(task, admin, MONDAY, 0.0, 0.1, 0.11, hour=0)

    told = week.week_of(task, today=date(2026, 3, 8))

    assert told.monday == MONDAY
    assert (told.now.judged, told.now.nearly_right) == (3, 2)
    assert (told.before.judged, told.before.nearly_right, told.before.share) == (4, 2, 0.5)
    assert (told.now.edited, told.before.edited) == (pytest.approx(0.07), pytest.approx(0.55 / 3))


def test_verdicts_that_came_with_a_file_are_none_of_the_week(task, admin):
    source = Source.objects.create(
        task=task, name="verdicts", slug="verdicts", kind="decisions", format="csv", sha256="0"
    )
    judge(task, admin, MONDAY, 0.0, imported_from=source)

    assert week.week_of(task, today=MONDAY).is_empty


def test_home_tells_the_week_once_there_is_one(task, admin, as_member, monkeypatch):
    monkeypatch.setattr(week.timezone, "localdate", lambda *_, **__: MONDAY)
    assert "This week" not in as_member(admin).get("/").content.decode()

    judge(task, admin, MONDAY, 0.0, None)
    page = as_member(admin).get("/").content.decode()

    assert "Edits a card" in page
    assert "accepted, or edited little" in page
    assert "50 %" in page.replace("\u202f", " ").replace("\u00a0", " ")
    assert "none last week" in page
