"""Loader of the demo by the product's own services, as a diligent first user would work: no result is written directly.

Each step checks whether it was done, so that a second start adds nothing. May import every room; no room imports it.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from demo.data import (
    clock,
    demo_task,
    handwritten_drafts,
    label_tasks,
    login_card,
    rounds,
    simulated_reviewers,
    task_steps,
)
from demo.data.demo_task import DemoTask
from demo.data.experiment import load as experiment_load
from demo.data.offer import demo_spec
from demo.data.prospects import generate
from demo.data.tasks import FOR_STUDIES, MAILS, TASKS
from members.models import Member
from review.models import Decision, Draft, Source, Task
from review.sources import imports
from review.states import DraftState
from review.tasks import authoring
from training.costs.run_cost import DEFAULT_HOST
from training.models import HostPrice, Student
from training.students import registration
from training.students.shipped import SHIPPED

SLUG = MAILS
PROSPECTS = "Demo prospects"
# Records that no evaluation uses: the more of them are judged, the better the miniature writes.
FOR_TRAINING = "Further prospects, for training"
DRAFTS = 900
# Number of drafts that each demo member judges alone in the first week: the same ones in every load.
FIRST_WEEK = (("rosa", 305), ("ben", 275))
# Number of verdicts of each demo member in the end, the later ones as dealt by the desk; other drafts wait.
SECOND_WEEK = (("rosa", 350), ("ben", 320))
# Chance that a member rejects a sound draft, so that there are disagreements to settle.
STRICTNESS = {"rosa": 0.01, "ben": 0.06}
DECIDED_BY_TWO = 0.9
# More than a third of the companies is held out: a hundred records distinguish base, student and teacher.
TRAIN_FRACTION, VALIDATION_FRACTION = 0.52, 0.08
# Seed of the companies' splits, the same in every demo.
SPLIT_SEED = "6d696e6961747572657320756e6f2121"
TUNING = "tuning a miniature, evaluating it, played back from a recording, and putting it in service"
TRANSFER = "studying whether one task's miniature serves another, with what was measured before"
CAMPAIGN = "running a campaign of four miniatures with simulated inboxes"
# Host that prices the demo's miniatures: two processors and 8 GiB, on demand in us-east-1.
RENTED_HOST = {
    "usd_per_hour": "0.0864",
    "note": (
        "AWS m6a.large on demand, $63.07 for 730 hours (gist.github.com/alikhajeh1/6107727c5218382b9cc6af69be562111)"
    ),
}
FIRST_TASK = "writing the task"
# Days since the demo's first one.
FIRST_DAY = 60
Report = Callable[[str], None]
# Day counted back from today, 0 for the day of the step before; name; loader.
Step = tuple[float, str, Callable[[Member], bool]]


def load(say: Report, *, until: str = "") -> bool:
    """Load the missing parts of the demo.

    Args:
        say: Receiver of the name of each step.
        until: Name of the first step to leave out.

    Returns:
        Whether any part was missing.
    """
    steps: tuple[Step, ...] = (
        (FIRST_DAY, "registering the demo student and the demo encoder", _students),
        (0, FIRST_TASK, _task),
        (0, "adding its members", _people),
        (0, "importing 300 fictional prospects", _prospects),
        (0, f"having the offline teacher write {DRAFTS} drafts", _teacher_drafts),
        (59, "having the demo's members judge most of them", _first_week),
        (56, "importing further prospects for training, written and judged at once", _for_training),
        (54, TUNING, partial(_tune, MAILS)),
        (0, "studying how many samples it takes, with what was measured before", rounds.study),
        (53, "having some more judged by two", _second_week),
        # Last, so that they wait on the desk: a few mails in another style would only confuse so small a student.
        (0, "importing 40 drafts written by hand", _hand_drafts),
        *_of_task("claim-check", 49),
        *_of_task("company-news", 47),
        (45, TRANSFER, rounds.transfer),
        (experiment_load.DAYS + 1, CAMPAIGN, _experiment),
        *_of_task("research-summary", 2),
        *_of_task("reply-sorting", 1),
        # Verdicts of the last hours, so that this week has some on any of its days.
        *_of_task("ticket-routing", 7 / 24),
        *_of_task("support-answer", 2 / 24),
    )
    did_something = False
    with clock.running():
        clock.set_to(clock.days_ago(FIRST_DAY))
        admin = give_login()
        for days, name, step in steps:
            if name == until:
                break
            if days:
                clock.set_to(clock.days_ago(days))
            if step(admin):
                say(name)
                did_something = True
    return did_something


def _of_task(slug: str, days: float) -> Iterator[Step]:
    demo = next(each for each in TASKS if each.slug == slug)
    yield days, f"writing and judging {demo.name}", partial(_answered_task, demo)
    if slug in rounds.ROUNDS:
        yield 0, f"tuning a miniature of {slug}, in the same way", partial(_tune, slug)


def load_for_studies(slug: str) -> bool:
    """Load a task for studies that the demo leaves out; return whether any part was missing."""
    admin = give_login()
    registration.register_shipped("demo")
    return _answered_task(next(each for each in FOR_STUDIES if each.slug == slug), admin)


def give_login() -> Member:
    """Return the demo's admin, with a password on the login card; make both where missing."""
    card = login_card.read()
    member = Member.objects.filter(username=login_card.USERNAME).first()
    if member is not None and card.get("password"):
        return member
    member = member or Member(username=login_card.USERNAME, display_name="Demo Admin", is_superuser=True, is_staff=True)
    password = secrets.token_urlsafe(9)
    member.set_password(password)
    member.save()
    login_card.save({**card, "username": login_card.USERNAME, "password": password})
    return member


def _students(admin: Member) -> bool:
    slugs = Student.objects.filter(slug__in=SHIPPED).count()
    for slug in SHIPPED:
        registration.register_shipped(slug)
    HostPrice.objects.get_or_create(host=DEFAULT_HOST, defaults=RENTED_HOST)
    return slugs < len(SHIPPED)


def _task(admin: Member) -> bool:
    if Task.objects.filter(slug=SLUG).exists():
        return False
    authoring.create(
        name="Outreach e-mail",
        slug=SLUG,
        spec=demo_spec(),
        by=admin,
        note="The demo's first version",
        train_fraction=TRAIN_FRACTION,
        validation_fraction=VALIDATION_FRACTION,
        seed=SPLIT_SEED,
    )
    return True


def _people(admin: Member) -> bool:
    return task_steps.add_people(Task.objects.get(slug=SLUG))


def _prospects(admin: Member) -> bool:
    return _import_prospects(PROSPECTS, generate.prospects(), admin)


def _for_training(admin: Member) -> bool:
    _import_prospects(FOR_TRAINING, generate.for_training(side_of), admin)
    source = Source.objects.get(task__slug=SLUG, name=FOR_TRAINING)
    task_steps.write_drafts(source, count=source.records.count(), by=admin)
    waiting = Draft.objects.filter(record__source=source, state=DraftState.PENDING).select_related("record")
    drafts, added = list(waiting), 0
    for number, (username, strictness) in enumerate(STRICTNESS.items()):
        mine = [draft for draft in drafts if draft.record.row_number % len(STRICTNESS) == number]
        added += simulated_reviewers.decide_drafts(Member.objects.get(username=username), mine, strictness=strictness)
    return bool(added)


def _import_prospects(name: str, rows: list[dict[str, str]], admin: Member) -> bool:
    write = partial(generate.write_csv, rows=rows, split_of=side_of)
    return task_steps.import_rows(Task.objects.get(slug=SLUG), name, "prospects.csv", write, by=admin)


def side_of(company: str) -> str:
    return demo_task.side_of(company, SPLIT_SEED, TRAIN_FRACTION, VALIDATION_FRACTION)


def _hand_drafts(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    if Source.objects.filter(task=task, kind="drafts").exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hand-drafts.jsonl"
        path.write_text("".join(json.dumps(draft) + "\n" for draft in handwritten_drafts.hand_drafts()))
        imports.import_drafts(
            task,
            path,
            by=admin,
            filename=path.name,
            name="Drafts written by hand",
            provenance=handwritten_drafts.PROVENANCE,
        )
    return True


def _teacher_drafts(admin: Member) -> bool:
    return task_steps.write_drafts(Source.objects.get(task__slug=SLUG, name=PROSPECTS), count=DRAFTS, by=admin)


def _first_week(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    if Decision.objects.filter(task=task).exists():
        return False
    drafts = sorted(
        Draft.objects.filter(record__source__name=PROSPECTS, task=task, origin="teacher", round=1).select_related(
            "record"
        ),
        key=simulated_reviewers.text_key,
    )
    added, begin = 0, 0
    for username, count in FIRST_WEEK:
        member = Member.objects.get(username=username)
        mine = [draft for draft in drafts[begin : begin + count] if draft.state == DraftState.PENDING]
        begin += count
        added += simulated_reviewers.decide_drafts(member, mine, strictness=STRICTNESS[username])
    return bool(added)


def _second_week(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    totals = [(Member.objects.get(username=username), total) for username, total in SECOND_WEEK]
    # Records for training only do not count.
    verdicts = Decision.objects.filter(task=task).exclude(draft__record__source__name=FOR_TRAINING)
    missing = [(member, total - verdicts.filter(reviewer=member).count()) for member, total in totals]
    if all(count <= 0 for _, count in missing):
        return False
    task_steps.deal_decks(task, admin, overlap_share=DECIDED_BY_TWO)
    for member, count in missing:
        strictness = STRICTNESS[member.username]
        simulated_reviewers.decide_next(member, task, count=count, seed=member.username, strictness=strictness)
    # From now on one verdict is enough: a new user, and the lead of the campaign, judge alone.
    task_steps.deal_decks(task, admin, overlap_share=0)
    return True


def _tune(slug: str, admin: Member) -> bool:
    return rounds.tune(slug, by=admin)


def _experiment(admin: Member) -> bool:
    return experiment_load.load(admin, Task.objects.get(slug=SLUG))


def _answered_task(demo: DemoTask, admin: Member) -> bool:
    return label_tasks.load_task(demo, by=admin)
