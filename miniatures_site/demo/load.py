"""Load the demo by the product's own services, as a diligent first user would: nothing here writes a result.

Each step looks whether it was done, so that a load that broke off goes on where it stopped, and a second start adds
nothing. Knows every room; no room knows it.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from generation.models import Order, Teacher
from generation.seeds import OFFLINE_SLUG
from generation.services import orders
from generation.states import Purpose
from jobs.models import Job
from jobs.supervisor.carry import carry
from members.models import Member
from miniatures_site.demo import experiment, hand_drafts, login, prospects, reviewers
from miniatures_site.demo.offer import OFFER
from review.models import Decision, DeskSettings, Draft, Membership, Source, Task
from review.services import desk_settings, imports, tasks
from review.spec import Offer, TaskSpec
from review.starters import STARTERS
from review.states import DraftState, QueueOrdering, Role
from training.services import students

SLUG = "outreach-e-mail"
DRAFTS = 900
# How many verdicts each demo member has given after each of their sittings; the rest of the drafts waits on the desk.
JUDGED = (("rosa", 175), ("ben", 160), ("rosa", 350), ("ben", 320))
# Now and then one of them finds a sound draft wanting, so that there is something to agree on and to settle.
STRICTNESS = {"rosa": 0.01, "ben": 0.06}
JUDGED_BY_TWO = 0.1
# A third of the companies is held out, so that a hundred records and more can tell base, student and teacher apart.
TRAIN_FRACTION, VALIDATION_FRACTION = 0.52, 0.08
PEOPLE = (
    ("lena", "Lena Vogt", Role.LEAD),
    ("rosa", "Rosa Marques", Role.REVIEWER),
    ("ben", "Ben Achterberg", Role.REVIEWER),
    ("vera", "Vera Lindholm", Role.VIEWER),
)
Say = Callable[[str], None]


def load(say: Say) -> bool:
    """Load what is missing of the demo.

    Args:
        say: Told each step that is done now.

    Returns:
        Whether anything was missing.
    """
    admin = _admin()
    steps: tuple[tuple[str, Callable[[Member], bool]], ...] = (
        ("registering the demo student", _student),
        ("writing the task", _task),
        ("adding its members", _people),
        ("importing 300 fictional prospects", _prospects),
        (f"having the offline teacher write {DRAFTS} drafts", _teacher_drafts),
        ("having every tenth of them judged by two", _desk),
        ("having the demo's members judge some of them", _decisions),
        # Last, so that they wait on the desk: a few mails of another hand would only confuse so small a student.
        ("importing 40 drafts written by hand", _hand_drafts),
        ("running an experiment with simulated inboxes", _experiment),
    )
    did_something = False
    for name, step in steps:
        if step(admin):
            say(name)
            did_something = True
    return did_something


def _admin() -> Member:
    card = login.read()
    member = Member.objects.filter(username=login.USERNAME).first()
    if member is not None and card.get("password"):
        return member
    member = member or Member(username=login.USERNAME, display_name="Demo Admin", is_superuser=True, is_staff=True)
    password = secrets.token_urlsafe(9)
    member.set_password(password)
    member.save()
    login.save({**card, "username": login.USERNAME, "password": password})
    return member


def _student(admin: Member) -> bool:
    from training.models import Student

    known = Student.objects.filter(slug="demo").exists()
    students.register_demo()
    return not known


def demo_spec() -> TaskSpec:
    """The outreach starter with the fictional seller's offer."""
    return STARTERS["outreach"].spec.model_copy(update={"offer": Offer.model_validate(OFFER)})


def _task(admin: Member) -> bool:
    if Task.objects.filter(slug=SLUG).exists():
        return False
    tasks.create(
        name="Outreach e-mail",
        slug=SLUG,
        spec=demo_spec(),
        by=admin,
        note="The demo's first version",
        train_fraction=TRAIN_FRACTION,
        validation_fraction=VALIDATION_FRACTION,
    )
    # The seed decides which company stands in which split: fixed, so that every demo is the same.
    Task.objects.filter(slug=SLUG).update(seed="6d696e6961747572657320756e6f2121")
    return True


def _people(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    added = False
    for username, name, role in PEOPLE:
        member, is_new = Member.objects.get_or_create(username=username, defaults={"display_name": name})
        if is_new:
            member.set_unusable_password()
            member.save(update_fields=["password"])
        _, joined = Membership.objects.get_or_create(member=member, task=task, defaults={"role": role})
        added = added or joined
    return added


def _prospects(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    if Source.objects.filter(task=task, kind="records").exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prospects.csv"
        prospects.write_csv(path)
        imports.import_records(
            task,
            path,
            by=admin,
            filename=path.name,
            name="Demo prospects",
            provenance="fictional, made by a seeded script",
        )
    return True


def _hand_drafts(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    if Source.objects.filter(task=task, kind="drafts").exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hand-drafts.jsonl"
        path.write_text("".join(json.dumps(draft) + "\n" for draft in hand_drafts.hand_drafts()))
        imports.import_drafts(
            task, path, by=admin, filename=path.name, name="Drafts written by hand", provenance=hand_drafts.PROVENANCE
        )
    return True


def _teacher_drafts(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    orders_there = Order.objects.filter(task=task, purpose=Purpose.DESK)
    order = orders_there.select_related("job").order_by("created_at").first()
    if order is None:
        source = Source.objects.get(task=task, kind="records")
        order = orders.launch(
            task, teacher=Teacher.objects.get(slug=OFFLINE_SLUG), count=DRAFTS, by=admin, source=source, seed=2026
        )
    job = Job.objects.get(subject_id=order.pk)
    if job.state == "succeeded":
        return False
    carry(job.pk, worker="demo")
    job.refresh_from_db()
    if job.state != "succeeded":
        raise RuntimeError(
            f"The demo's drafts were not written; the job is {job.state}: {job.error or job.waiting_reason}"
        )
    return True


def _desk(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    if DeskSettings.objects.filter(task=task).exists():
        return False
    _deal(task, admin, overlap_share=JUDGED_BY_TWO)
    return True


def _deal(task: Task, admin: Member, *, overlap_share: float) -> None:
    desk_settings.save(
        task, by=admin, order=QueueOrdering.OLDEST, random_share=0.15, overlap_share=overlap_share, overlap_reviewers=2,
        known_every=0,
    )  # fmt: skip


def _decisions(admin: Member) -> bool:
    task = Task.objects.get(slug=SLUG)
    added = False
    for username, wanted in JUDGED:
        member = Member.objects.get(username=username)
        given = Decision.objects.filter(task=task, reviewer=member).count()
        if wanted > given and Draft.objects.filter(task=task, state=DraftState.PENDING).exists():
            seed = f"{username} {given}"
            count, strictness = wanted - given, STRICTNESS[username]
            added = bool(reviewers.judge_next(member, task, count=count, seed=seed, strictness=strictness)) or added
    if added:
        # From here on one verdict is enough: a new user, and the lead of the campaign, judge alone.
        _deal(task, admin, overlap_share=0)
    return added


def _experiment(admin: Member) -> bool:
    return experiment.load(admin, Task.objects.get(slug=SLUG))
