"""Adds and changes teachers. Admins only: a teacher's address is where keys are sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from audit import trail
from generation.engine.clients.parameters import (
    COSTLY_PARAMETERS,
    LENGTH_PARAMETERS,
    OWN_PARAMETERS,
    dearer_than_listed,
)
from generation.models import Teacher
from generation.money.prices import require_admin
from generation.states import DEFAULT_SECRET, NEEDS_KEY, Answers, Provider, address_of
from generation.teachers import addresses, keys
from jobs.secrets import allow_list, store
from jobs.secrets.allow_list import SecretUse
from members.models import Member
from web.db.keys import free_slug
from web.errors import Refusal

LONGEST_ANSWER = 200_000
# Room for a number behind it.
LONGEST_STEM = 56


@dataclass(frozen=True)
class NewTeacher:
    """Values of a new teacher; an empty slug is made from its name."""

    slug: str
    name: str
    provider: str
    model: str
    base_url: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    secret_ref: str = ""
    concurrency: int = 16
    answers: str = Answers.AUTO
    is_active: bool = True
    # The key itself, to be stored: empty leaves what there is. In no repr, so that no log of an error shows it.
    key: str = field(default="", repr=False)


def create(new: NewTeacher, *, by: Member) -> Teacher:
    """Add a teacher.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `teacher_invalid`, `base_url`, `key_invalid` or `secret_not_allowed` with errors by field; 409
            `slug_taken`.
    """
    require_admin(by)
    if not new.slug:
        new = replace(new, slug=free_slug(Teacher.objects.all(), slugify(new.name)[:LONGEST_STEM] or "teacher"))
    new_id = uuid4()
    values, key = _validated(new, new_id)
    try:
        with transaction.atomic():
            made = Teacher.objects.create(pk=new_id, **values, created_by=by)
            if key:
                keys.put(made, key, by=by)
            trail.record("teacher_made", by=by, about=made, teacher=made.slug)
            return made
    except IntegrityError:
        message = f"There is a teacher '{new.slug}' already."
        raise Refusal("slug_taken", message, status=409, errors={"slug": [message]}) from None


def change(teacher: Teacher, new: NewTeacher, *, by: Member) -> Teacher:
    """Change a teacher; its slug stays. Orders launched before keep asking it as it was.

    Only values that differ from the given row are written, so a concurrent change of others stays.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: As for `create`.
    """
    require_admin(by)
    if teacher.provided_by:
        raise Refusal(
            "teacher_provided",
            "This teacher is built in and cannot be edited.",
            hint="Demote the miniature on its page.",
            status=409,
        )
    stored = keys.name_for(teacher.pk)
    if not new.secret_ref.strip() and teacher.secret_ref == stored and store.is_set(stored):
        new = replace(new, secret_ref=stored)
    values, key = _validated(new, teacher.pk)
    changed = {name: value for name, value in values.items() if name != "slug" and getattr(teacher, name) != value}
    for name, value in changed.items():
        setattr(teacher, name, value)
    with transaction.atomic():
        teacher.save(update_fields=[*changed, "updated_at"])
        if key:
            keys.put(teacher, key, by=by)
        elif teacher.secret_ref != stored:
            keys.drop(teacher, by=by)
        trail.record("teacher_changed", by=by, about=teacher, teacher=teacher.slug)
    return teacher


@transaction.atomic
def remove_key(teacher: Teacher, *, by: Member) -> bool:
    """Delete a teacher's stored key; tell whether it had one. Attempts that have it go on; no later one gets it.

    The teacher goes on naming it, and so has no key, until another is entered or a variable is named.

    Raises:
        PermissionDenied: The member is no admin.
    """
    require_admin(by)
    return keys.drop(teacher, by=by)


def _validated(new: NewTeacher, teacher_id: UUID) -> tuple[dict[str, Any], str]:
    """Return the columns of a teacher, and the key to store; empty for none."""
    errors: dict[str, list[str]] = {}
    secret = _secret_name(new, teacher_id)
    if new.provider not in Provider:
        errors["provider"] = [f"'{new.provider}' is not a provider; choose {', '.join(Provider.values)}."]
    elif new.provider == Provider.COMPATIBLE and not new.base_url:
        errors["base_url"] = [
            "An OpenAI-compatible teacher needs the address of its server, such as http://gpu-1:8000/v1."
        ]
    elif new.provider in NEEDS_KEY and not secret:
        errors["secret_ref"] = ["Name the environment variable that holds the key."]
    if secret and (not store.NAME.match(secret) or secret in store.OWN or store.is_provided(secret)):
        errors["secret_ref"] = [
            (
                "Write the name of an environment variable, such as OPENAI_API_KEY; "
                "never the key itself, which goes under Key."
            )
        ]
    if not new.name.strip():
        errors["name"] = ["Give the teacher a name."]
    if not new.model.strip():
        errors["model"] = ["Name the model."]
    if not 1 <= new.concurrency <= 512:
        errors["concurrency"] = ["Between 1 and 512 calls at once."]
    if new.answers not in Answers:
        errors["answers"] = [f"Choose {', '.join(Answers.values)}."]
    if wrong := _parameter_error(new.parameters):
        errors["parameters"] = [wrong]
    if errors:
        raise Refusal("teacher_invalid", "This teacher cannot be saved as it is.", errors=errors)
    if new.base_url:
        addresses.check(new.base_url)
    address = address_of(new.provider, new.base_url.strip())
    is_offline = new.provider == Provider.OFFLINE
    if key := keys.check(new.key, url="" if is_offline else address) if new.key.strip() else "":
        secret = keys.name_for(teacher_id)
    elif secret and not is_offline:
        field = keys.FIELD if store.is_stored(secret) else "secret_ref"
        allow_list.require(secret, use=SecretUse.TEACHER, url=address, field=field)
    values = {
        "slug": new.slug,
        "name": new.name.strip(),
        "provider": new.provider,
        "model": new.model.strip(),
        "base_url": "" if is_offline else new.base_url.strip(),
        "parameters": new.parameters,
        "secret_ref": "" if is_offline else secret,
        "concurrency": new.concurrency,
        "answers": new.answers,
        "is_active": new.is_active,
    }
    return values, key


def _secret_name(new: NewTeacher, teacher_id: UUID) -> str:
    """Name of a teacher's key: as typed, or as its provider's keys are; a missing stored key has none."""
    own = keys.name_for(teacher_id)
    if new.key.strip():
        return own
    named = new.secret_ref.strip()
    if named == own and not store.is_set(own):
        named = ""
    return named or DEFAULT_SECRET.get(Provider(new.provider), "") if new.provider in Provider else ""


def _parameter_error(parameters: object) -> str:
    if not isinstance(parameters, dict):
        return 'Write a JSON object, such as {"temperature": 0.8, "max_tokens": 800}.'
    if wrong := _reserved_parameter_error(parameters):
        return wrong
    most = parameters.get("max_tokens", 1)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= LONGEST_ANSWER:
        return f"max_tokens is a whole number between 1 and {LONGEST_ANSWER}."
    for name, low, high in (("defect_rate", 0, 1), ("pause_s", 0, 60), ("temperature", 0, 2)):
        value = parameters.get(name, low)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
            return f"{name} is a number between {low} and {high}."
    return ""


def _reserved_parameter_error(parameters: dict[str, Any]) -> str:
    """Describe a parameter that would break budgets or is not the admin's to set."""
    for name in parameters:
        if name in OWN_PARAMETERS:
            return f"'{name}' is set by the product itself."
        if name in LENGTH_PARAMETERS:
            return f"Write max_tokens for '{name}': the most that a call may cost is computed from it."
        if name in COSTLY_PARAMETERS:
            return f"'{name}' adds cost that a budget does not count."
    return dearer_than_listed(parameters)
