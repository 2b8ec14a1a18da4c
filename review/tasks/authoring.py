"""Verbs on tasks: create one, give it a new version. Knows nothing of forms or requests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from math import ceil, floor
from typing import Any

from django.db import IntegrityError, transaction
from pydantic import ValidationError

from audit import trail
from members.models import Member
from review import ports
from review.models import Membership, Task, TaskVersion
from review.spec.prompting import canonical_json
from review.spec.schema import MOST_REPEATS, OutputItem, repeats
from review.spec.task_spec import SYSTEM_MARK, USER_MARK, TaskSpec
from review.states import Role
from review.tasks import permissions
from review.text.reading.words import SPACED
from web.errors import Refusal

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_CHARS = 60
NAME_CHARS = 120


@transaction.atomic
def create(
    *,
    name: str,
    slug: str,
    spec: TaskSpec,
    by: Member,
    note: str = "",
    train_fraction: float = 0.8,
    validation_fraction: float = 0.1,
    seed: str = "",
) -> Task:
    """Make a task with its version 1; its creator becomes its lead.

    Args:
        train_fraction: Share of the companies whose records are trained on; fixed for ever, before any import.
        validation_fraction: Share that stops training early; the rest is the test split.
        seed: The secret by which its splits and samples are drawn; a random one when empty.

    Raises:
        PermissionDenied: The member leads no task and is no admin.
        Refusal: `invalid` for a bad name or slug, `slug_taken` (409) when another task, a miniature or a router
            has it; two tasks at once are told apart by the database.
    """
    permissions.require_may_create(by)
    name, slug = name.strip(), slug.strip()
    errors = _naming_errors(name, slug) | _fraction_errors(train_fraction, validation_fraction)
    if errors:
        raise Refusal("invalid", "The task's name or address has mistakes.", errors=errors)
    if any(rows.filter(slug=slug).exists() for rows in ports.named_models()):
        raise _slug_taken("A miniature or router", slug)
    try:
        with transaction.atomic():
            task = Task.objects.create(
                name=name,
                slug=slug,
                created_by=by,
                train_fraction=train_fraction,
                validation_fraction=validation_fraction,
                **({"seed": seed} if seed else {}),
            )
    except IntegrityError:
        raise _slug_taken("Another task", slug) from None
    Membership.objects.create(member=by, task=task, role=Role.LEAD)
    permissions.forget_access(by)
    _add_version(task, 1, spec, by, note)
    trail.record("task_made", by=by, about=task, task=slug)
    return task


@transaction.atomic
def new_version(task: Task, *, spec: TaskSpec, by: Member, note: str = "", base: int | None = None) -> TaskVersion:
    """Add the next version of a task.

    The task's row is locked, so that of two editors at once the second gets the number after the first's. Drafts that
    wait and give a label that it renamed go over to it (see `review.drafts.renamed_labels`).

    Args:
        base: Number of the version that the spec was written from; None where the caller does not know.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `nothing_changed` when the latest version says the same, `base_changed` when it is not the base.
    """
    permissions.require(by, task, Role.LEAD)
    Task.objects.select_for_update().get(pk=task.pk)
    latest = TaskVersion.objects.filter(task=task).order_by("-number").first()
    if latest is not None and latest.content_hash == spec_hash(spec):
        raise Refusal(
            "nothing_changed",
            f"Nothing changed: version {latest.number} says exactly this.",
            hint="Change something, or keep the version you have.",
            status=409,
        )
    if latest is not None and base is not None and base != latest.number:
        raise Refusal(
            "base_changed",
            f"Version {latest.number} came meanwhile, so nothing was saved.",
            hint="Open the form in another tab and make your change there; what you wrote stays here to copy from.",
            status=409,
        )
    made = _add_version(task, latest.number + 1 if latest else 1, spec, by, note)
    carried = sum(ports.version_made(latest, made)) if latest else 0
    carried_words = {"carried_drafts": carried} if carried else {}
    trail.record("task_version_made", by=by, about=made, task=task.slug, number=made.number, **carried_words)
    return made


def parse_spec(body: object, before: TaskSpec | None = None) -> TaskSpec:
    """Read a spec that came as plain data from outside.

    Args:
        before: The version that it changes: fields and templates may keep faults that they have there.

    Raises:
        Refusal: `spec_invalid`, with each mistake under the dotted path of its field.
    """
    if not isinstance(body, dict):
        raise Refusal("spec_invalid", "The specification must be a JSON object.", hint="See the schema of the API.")
    try:
        spec = TaskSpec.model_validate_json(canonical_json(body))
    except ValidationError as error:
        raise _invalid(by_path(error)) from None
    kept = _faults(before).values() if before else ()
    if errors := {path: [fault[1]] for path, fault in _faults(spec).items() if fault[1] and fault not in kept}:
        raise _invalid(errors)
    return spec


def _faults(spec: TaskSpec) -> dict[str, tuple[str, str]]:
    """Return the name of each field and template by its path, with the reason why it is refused, or none."""
    fields = {
        f"output_schema.{place}": (field.name, _why_impossible(field, spec))
        for place, field in enumerate(spec.output_schema)
    }
    templates = ("teacher_template", "student_template")
    return fields | {name: (name, _wrong_marks(getattr(spec, name))) for name in templates}


def _invalid(errors: dict[str, list[str]]) -> Refusal:
    return Refusal("spec_invalid", summary(errors), errors=errors)


def _wrong_marks(template: str) -> str:
    """Return the reason why a template's marks would reach the model, or nothing would; empty where all is well."""
    if template.count(USER_MARK) > 1 or template.count(SYSTEM_MARK) > 1:
        return f"'{SYSTEM_MARK}' and '{USER_MARK}' may be used once each"
    system, mark, user = template.partition(USER_MARK)
    if SYSTEM_MARK in (user if mark else system):
        return f"'{SYSTEM_MARK}' comes first, and '{USER_MARK}' follows it"
    return "" if user.strip() or not mark else f"nothing follows '{USER_MARK}'"


def _why_impossible(item: OutputItem, spec: TaskSpec) -> str:
    """Return the reason why no draft can pass a field in time; empty where one can. Older versions keep such fields."""
    low, high = item.minimum, item.maximum
    is_whole = item.type == "integer" or item.decimals == 0
    if is_whole and low is not None and high is not None and ceil(low) > floor(high):
        return f"field '{item.name}': no whole number lies between {low:.15g} and {high:.15g}"
    least_chars = 2 * (item.min_words or 0) - 1
    if item.max_chars is not None and spec.language[:2] in SPACED and least_chars > item.max_chars:
        return f"field '{item.name}': {item.min_words} words do not fit in {item.max_chars} characters"
    if repeats(item.pattern) > MOST_REPEATS:
        return f"field '{item.name}': the counts of the pattern come to more than {MOST_REPEATS:,} repeats"
    return next(filter(None, (_why_impossible(part, spec) for part in item.items)), "")


def spec_hash(spec: TaskSpec) -> str:
    """SHA-256 of the canonical JSON of a spec, hex."""
    return hashlib.sha256(canonical_json(spec.canonical()).encode()).hexdigest()


def _add_version(task: Task, number: int, spec: TaskSpec, by: Member, note: str) -> TaskVersion:
    return TaskVersion.objects.create(
        task=task,
        number=number,
        body=spec.canonical(),
        content_hash=spec_hash(spec),
        note=note.strip()[:200],
        created_by=by,
    )


def _naming_errors(name: str, slug: str) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not name:
        errors["name"] = ["Give the task a name."]
    elif len(name) > NAME_CHARS:
        errors["name"] = [f"{len(name)} characters; {NAME_CHARS} fit."]
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_CHARS:
        errors["slug"] = [f"Small letters, digits and single hyphens, at most {SLUG_CHARS}, such as 'outreach-e-mail'."]
    elif slug == "new":
        errors["slug"] = ["'new' is reserved; choose another address."]
    return errors


def _slug_taken(owner: str, slug: str) -> Refusal:
    return Refusal(
        "slug_taken",
        f"{owner} has the address '{slug}'.",
        hint="Choose another address.",
        status=409,
        errors={"slug": [f"'{slug}' is taken."]},
    )


def _fraction_errors(train: float, validation: float) -> dict[str, list[str]]:
    if train > 0 and validation > 0 and train + validation < 1:
        return {}
    shares = f"{train:g} and {validation:g}"
    return {
        "train_fraction": [
            f"Train and validation must be above 0 and leave something for the test split; found {shares}."
        ]
    }


_NAME = "Small letters, digits and underscores, beginning with a letter, such as 'company_size'."
_PATTERNS = {
    "name": _NAME,
    "language": "A language code such as 'en' or 'de-AT'.",
    "slots": (
        "A slot has two parts with a full stop between, such as 'contact.first_name'. Put its default in the text."
    ),
}
# Paths for mistakes between two parts, by their first words, because pydantic gives them none.
_BEGINNINGS = {
    "teacher_template": "teacher_template",
    "student_template": "student_template",
    "check '": "checks",
    "two reasons": "reasons",
}


def by_path(error: ValidationError) -> dict[str, list[str]]:
    """Return all mistakes in plain words by dotted path; "" holds those of the whole."""
    errors: dict[str, list[str]] = {}
    for mistake in error.errors(include_url=False):
        path = ".".join(str(part) for part in mistake["loc"])
        text = _words(path, mistake)
        if not path:
            path = next((place for start, place in _BEGINNINGS.items() if text.startswith(start)), "")
        errors.setdefault(path, []).append(text)
    return errors


def summary(errors: Mapping[str, list[str]]) -> str:
    """Return a sentence with the number of mistakes and the first of them."""
    count = sum(len(messages) for messages in errors.values())
    where = next(iter(errors))
    place = f"{where}: " if where else ""
    return f"The specification has {count} mistake{'' if count == 1 else 's'}: {place}{errors[where][0]}"


def _words(path: str, mistake: Mapping[str, Any]) -> str:
    kind, context = mistake["type"], mistake.get("ctx", {})
    parts = path.split(".")
    if kind == "string_pattern_mismatch":
        return next((_PATTERNS[part] for part in reversed(parts) if part in _PATTERNS), str(mistake["msg"]))
    if kind in {"missing", "string_too_short"}:
        return "This is empty; it is required."
    if kind in {"int_parsing", "int_type", "int_from_float"}:
        return "Write a whole number."
    if kind in {"greater_than_equal", "less_than_equal"}:
        side = "at least" if kind.startswith("greater") else "at most"
        return f"This must be {side} {context.get('ge', context.get('le'))}."
    if kind in {"literal_error", "enum"}:
        return f"'{mistake['input']}' is none of {context.get('expected', 'the known words')}."
    if kind == "extra_forbidden":
        return f"'{parts[-1]}' is not part of a specification."
    if kind in {"string_type", "tuple_type", "model_type", "dict_type", "bool_type", "bool_parsing"}:
        return f"This is {type(mistake['input']).__name__}; expected {kind.split('_', maxsplit=1)[0]}."
    return str(mistake["msg"]).removeprefix("Value error, ")
