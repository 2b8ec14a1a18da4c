"""Register base models by folder or hub id. Only the engine reads weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from audit import trail
from jobs.secrets import store
from members import session
from members.models import Member
from training.models import Student
from training.states import StudentSource
from training.students import catalogue, model_folder, published
from training.students.shipped import SHIPPED
from web.db.keys import free_slug
from web.errors import Refusal

HUB_TOKEN = "HF_TOKEN"  # noqa: S105 (the name of a secret, not the secret)
# Larger folders are hashed by their first run: a page must not wait for it.
HASH_UP_TO_BYTES = 2 << 30
_HUB_ID = re.compile(r"\A[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z")
_COMMIT = re.compile(r"\A[0-9a-f]{40}\Z")
MAX_SLUG = 60


def register_shipped(slug: str) -> Student:
    """Make a student that comes with the product known, or bring its row up to date. Safe to repeat.

    Raises:
        Refusal: Its folder is damaged.
    """
    own = SHIPPED[slug]
    folder = own.folder()
    facts = model_folder.inspect_folder(str(folder), roots=[folder])
    student, _ = Student.objects.update_or_create(
        slug=slug,
        defaults={
            "name": own.name,
            "source": StudentSource.DEMO,
            "licence": own.licence,
            "manifest_sha256": model_folder.manifest_sha256(folder),
            "bytes": facts.bytes,
            "model_type": facts.model_type,
            "parameters": facts.parameters,
            "context_length": facts.context_length,
        },
    )
    return student


def register_folder(*, path: str, by: Member, name: str = "", licence: str = "", thinks: bool = False) -> Student:
    """Register a folder under one of `STUDENT_ROOTS`; `thinks` lets a student that can think do so before it answers.

    Raises:
        PermissionDenied: Not an admin.
        Refusal: The folder is no model that can be tuned safely, or is registered already; says why.
    """
    require_admin(by)
    facts = model_folder.inspect_folder(path, roots=settings.STUDENT_ROOTS)
    model_folder.require_servable(facts.path)
    if existing := Student.objects.filter(path=str(facts.path)).first():
        raise already_registered(existing)
    return _create(
        Student(
            name=name.strip() or facts.path.name,
            source=StudentSource.FOLDER,
            path=str(facts.path),
            manifest_sha256=model_folder.manifest_sha256(facts.path) if facts.bytes <= HASH_UP_TO_BYTES else "",
            bytes=facts.bytes,
            licence=licence.strip(),
            model_type=facts.model_type,
            parameters=facts.parameters,
            context_length=facts.context_length,
            thinks=thinks,
            created_by=by,
        ),
        by=by,
    )


def register_hub(
    *, hub_id: str, revision: str, by: Member, name: str = "", licence: str = "", thinks: bool = False
) -> Student:
    """Register a hub id pinned to a commit. Nothing is fetched: the engine does that when a run begins.

    Raises:
        PermissionDenied: Not an admin.
        Refusal: The id or the commit is none, or both are registered already.
    """
    require_admin(by)
    hub_id, revision = hub_id.strip(), revision.strip().lower()
    require_hub_id(hub_id, revision)
    if existing := Student.objects.filter(hub_id=hub_id, revision=revision).first():
        raise already_registered(existing)
    return _create(
        Student(
            name=name.strip() or hub_id.rpartition("/")[2],
            source=StudentSource.HUB,
            hub_id=hub_id,
            revision=revision,
            licence=licence.strip() or _licence_of(hub_id),
            thinks=thinks,
            **_published_facts(hub_id),
            created_by=by,
        ),
        by=by,
    )


def keep_downloaded(*, hub_id: str, facts: Mapping[str, Any], by: Member | None) -> Student:
    """Register a hub student whose files were fetched, pinned to the commit they are of; safe to repeat.

    Args:
        facts: `revision`, `bytes`, `model_type`, `parameters` and `context_length` of the files.
    """
    if existing := Student.objects.filter(hub_id=hub_id, revision=facts["revision"]).first():
        return existing
    return _create(
        Student(
            name=hub_id.rpartition("/")[2],
            source=StudentSource.HUB,
            hub_id=hub_id,
            licence=_licence_of(hub_id),
            created_by=by,
            **facts,
        ),
        by=by,
    )


def keep_folder(student: Student) -> Student:
    """Register a folder that an engine wrote and looked at; safe to repeat."""
    return Student.objects.filter(path=student.path).first() or _create(student, by=student.created_by)


def require_hub_id(hub_id: str, revision: str, *, may_be_newest: bool = False) -> None:
    """Refuse what is no hub id, or no commit.

    Args:
        may_be_newest: Accept an empty commit.

    Raises:
        Refusal: With messages by field.
    """
    errors: dict[str, list[str]] = {}
    if not _HUB_ID.match(hub_id):
        errors["hub_id"] = [f"'{hub_id}' is not a hub id; write owner/name, such as Qwen/Qwen3-0.6B."]
    if not _COMMIT.match(revision) and not (may_be_newest and not revision):
        errors["revision"] = [
            "Pin the commit: copy its 40 hex digits from the model's page, under Files and versions, History."
        ]
    if errors:
        raise Refusal(
            "bad_hub_id", "A hub student needs an id and the commit it is pinned to.", status=400, errors=errors
        )


def _published_facts(hub_id: str) -> dict[str, Any]:
    if known := catalogue.find_known(hub_id=hub_id):
        return {"model_type": known.family, "parameters": known.parameters, "context_length": known.context}
    page = published.find_published(hub_id)
    return {"model_type": page.family, "context_length": page.context} if page else {}


def _licence_of(hub_id: str) -> str:
    facts = catalogue.find_known(hub_id=hub_id) or published.find_published(hub_id)
    return facts.licence if facts else ""


def folder_of(student: Student) -> Path | None:
    """Return where a student's files lie on this host; None for a hub id."""
    if student.is_demo:
        return SHIPPED[student.slug].folder()
    return Path(student.path) if student.path else None


def secret_refs(student: Student) -> list[str]:
    """Names of secrets an engine needs for this student: the hub's token where one is set; open models need none."""
    return [HUB_TOKEN] if student.hub_id and store.is_set(HUB_TOKEN) else []


def allowed_roots() -> list[str]:
    """Folders an engine may load a student from."""
    return [str(root) for root in (*settings.STUDENT_ROOTS, *(each.folder() for each in SHIPPED.values()))]


def require_admin(by: Member) -> None:
    """Refuse a member who may not register students.

    Raises:
        PermissionDenied: Not an admin.
    """
    session.require_admin(by, "Only an admin can register students: they name folders and models that workers load.")


def already_registered(student: Student) -> Refusal:
    """Return the refusal of a student that is registered under another name."""
    return Refusal(
        "student_known",
        f"This student is registered already as '{student.slug}'.",
        hint="Use it by that name.",
        status=409,
    )


def _create(student: Student, *, by: Member | None) -> Student:
    student.name = student.name[:120]
    stem = slugify(student.name)[: MAX_SLUG - 4] or "student"
    student.slug = free_slug(Student.objects.all(), stem)
    try:
        with transaction.atomic():
            student.save()
            trail.record("student_registered", by=by, about=student, source=student.source)
    except IntegrityError:
        raise Refusal(
            "student_known", "Another student of this name was registered just now.", hint="Try again.", status=409
        ) from None
    return student
