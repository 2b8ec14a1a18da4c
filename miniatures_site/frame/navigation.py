"""Frame of every page: the rail, the current task, the ribbon of the demo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_noop as _

from campaigns.mail_tasks import has_mails
from demo.data.tasks import OPENING
from demo.students import WRITER
from jobs.scheduling import halt as scheduling_halt
from members.models import Member
from review.models import Task
from review.tasks.permissions import may_ask, tasks_for
from review.tasks.queries import with_outputs
from training.models import Student


def optional_url(name: str, *args: str) -> str | None:
    """The page's address; nothing where there is no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


THEMES = frozenset({"light", "dark"})
TASKS_IN_SWITCHER = 30

# Groups of the rail, in the order of the work: (section, label, URL name, key after g).
GROUPS = (
    (
        _("Data"),
        (
            ("sources", _("Sources"), "review:sources", "s"),
            ("generation", _("Generation"), "generation:list", "g"),
            ("review", _("Review"), "review:focus", "r"),
            ("datasets", _("Datasets"), "review:datasets", "d"),
        ),
    ),
    (
        _("Models"),
        (
            ("training", _("Training"), "training:list", "n"),
            ("evaluation", _("Evaluation"), "evaluation:list", "e"),
            ("playground", _("Playground"), "serving:playground", "p"),
            ("miniatures", _("Miniatures"), "training:miniatures", "m"),
            ("costs", _("Cost"), "serving:costs", "k"),
        ),
    ),
    (
        _("Live"),
        (
            ("serving", _("Serving"), "serving:task", "v"),
            ("campaigns", _("Campaigns"), "campaigns:list", "c"),
            ("experiments", _("Experiments"), "campaigns:experiments", "x"),
        ),
    ),
)
# Only where mails are written, and only for who may ask.
OF_MAILS = frozenset({"campaigns", "experiments"})
OF_ASKERS = frozenset({"playground"})
TASK = ("task", _("Task"), "review:task", "t")
FOOT = (("jobs", _("Jobs"), "jobs:list", "j"), ("settings", _("Settings"), "members:profile", "o"))


@dataclass(frozen=True)
class RailLine:
    label: str
    url: str
    icon: str
    key: str
    is_here: bool


@dataclass(frozen=True)
class RailGroup:
    """Lines of the rail under one heading."""

    label: str
    lines: list[RailLine]


def context(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame: the theme, row height and keys this member chose."""
    user = getattr(request, "user", None)
    preferences: dict[str, Any] = getattr(user, "preferences", None) or {}
    theme = preferences.get("theme") or request.COOKIES.get("theme", "")
    return {
        "demo": settings.DEMO,
        "theme": theme if theme in THEMES else "system",
        "density": "compact" if preferences.get("density") == "compact" else "regular",
        "shortcuts": "off" if preferences.get("shortcuts") == "off" else "on",
    }


def navigation(request: HttpRequest | None, task: Task | None, section: str) -> dict[str, Any]:
    """Lines of the rail and the tasks to switch to; empty for a visitor who is not signed in."""
    member = getattr(request, "user", None)
    if request is None or member is None or not member.is_authenticated:
        return {"groups": [], "foot": []}
    tasks = list(with_outputs(tasks_for(member))[:TASKS_IN_SWITCHER])
    in_hand = task or current_task(request, tasks)
    open_task = next((each for each in tasks if in_hand and each.pk == in_hand.pk), None)
    # A task beyond the switcher's is looked up once more: its rooms of mails are not there where it writes none.
    open_task = open_task or (with_outputs(Task.objects.filter(pk=in_hand.pk)).first() if in_hand else None)
    is_mailing = section in OF_MAILS or (open_task is not None and has_mails(open_task))
    return {
        "task": in_hand,
        "tasks": [
            {"name": each.name, "slug": each.slug, "url": optional_url("review:task", each.slug)} for each in tasks
        ],
        "all_tasks_url": optional_url("review:tasks"),
        "new_task_url": optional_url("review:new") if member.is_admin else None,
        "home": RailLine(_("Home"), reverse("home"), "home", "h", section == "home"),
        "groups": _groups(section, member, in_hand, is_mailing=is_mailing) if in_hand else [],
        # Allauth's pages name no section; all of them are about one's own account.
        "foot": [
            *(_lines((TASK,), section, in_hand.slug) if in_hand else []),
            *_lines(FOOT, section or ("settings" if request.path.startswith("/accounts/") else "")),
        ],
    }


def demo_banner(request: HttpRequest | None) -> dict[str, Any]:
    """Return the demo's teacher and student, and the page that connects a real teacher."""
    user = getattr(request, "user", None)
    if not settings.DEMO or user is None or not user.is_authenticated:
        return {}
    student = Student.objects.filter(slug=WRITER.slug).first()
    return {
        "teacher": _("the offline teacher"),
        "student": _student_description(student),
        "teachers_url": optional_url("generation:teachers"),
    }


def halt_banner(request: HttpRequest | None) -> dict[str, Any]:
    """The halt that stands, for members; nothing while things leave as usual."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"halt": scheduling_halt.current_halt(), "user": user}


def _student_description(student: Student | None) -> str:
    if student is None:
        return _("a model of a few million parameters")
    if not student.parameters:
        return student.name
    return f"{student.name}, a model of {student.parameters / 1e6:.1f} M parameters"


def current_task(request: HttpRequest, tasks: list[Task]) -> Task | None:
    """Return the task this browser showed last, for pages that belong to none.

    Else the demo's opening one, else the oldest.
    """
    by_slug = {each.slug: each for each in tasks}
    oldest = min(tasks, key=lambda each: each.created_at, default=None)
    return by_slug.get(request.COOKIES.get("task", "")) or by_slug.get(OPENING) or oldest


def _groups(section: str, member: Member, task: Task, *, is_mailing: bool) -> list[RailGroup]:
    left_out = (frozenset() if is_mailing else OF_MAILS) | (frozenset() if may_ask(member, task) else OF_ASKERS)
    return [
        RailGroup(label, _lines([line for line in lines if line[0] not in left_out], section, task.slug))
        for label, lines in GROUPS
    ]


def _lines(entries: Sequence[tuple[str, str, str, str]], section: str, *args: str) -> list[RailLine]:
    return [
        RailLine(label, url, name, key, name == section)
        for name, label, url_name, key in entries
        if (url := optional_url(url_name, *args))
    ]
