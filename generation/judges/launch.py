"""Orders a judge's verdicts on texts: priced first, paid for and journalled like any order, one call a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from django.urls import reverse

from audit import trail
from generation.judges import figures, queries, reviewed, rubric, trained
from generation.judges.reviewed import TextToJudge
from generation.models import JudgedText, Judging, Order, Teacher
from generation.money.estimate import estimate_sample
from generation.orders import launch as orders
from generation.orders.launch import OrderRequest, Quote
from generation.states import Provider, Purpose
from members.models import Member
from review.models import Record, Task, TaskVersion
from review.spec.prompting import Message
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.errors import Refusal

Thing = TypeVar("Thing")
MOST_TEXTS = 5_000
# Verdicts of experts that a judge is held against, where nobody says how many.
VERDICTS = 240
_SAMPLE = 20
_CHUNK = 500
# What a text keeps of the one that was drawn, by the same names.
_KEPT = ("group", "record_id", "draft_id", "fields", "words", "expert_passes", "expert_meets")
_OF_PROVIDERS = {Provider.OPENAI.value: "gpt", Provider.ANTHROPIC.value: "claude"}
# The first that is found counts: what was distilled goes by whose answers it learned.
_FAMILIES = {
    "gpt": r"gpt|(^|[^a-z])o\d|davinci",
    "claude": "claude",
    "gemini": "gemini|gemma",
    "deepseek": "deepseek",
    "mistral": "mistral|ministral|mixtral|magistral|codestral|devstral|pixtral",
    "llama": "llama",
    "qwen": "qwen|qwq",
}


class DrawTexts(Protocol):
    """Draws texts of a subject."""

    def __call__(self, at_most: int, *, tested_only: bool = False) -> Sequence[TextToJudge]:
        """So many texts at most; of those that experts judged only the test split's, where `tested_only`."""
        ...


@dataclass(frozen=True)
class Origin:
    """Origin of what a judge reads: an order, a desk or an evaluation, with the address of its page, without a host."""

    name: str
    pk: UUID
    url: str
    version: TaskVersion


@dataclass(frozen=True)
class Subject(Origin):
    """Source of a judge's texts.

    Attributes:
        texts: So many drawn at random.
        without_shape: By writer, how many answers are left out of so many, since they have no shape.
    """

    texts: DrawTexts
    without_shape: Callable[[int], dict[str, int]] = lambda _: {}

    def texts_for(self, judge: Teacher, at_most: int) -> Sequence[TextToJudge]:
        """Texts for a judge; a miniature is held against no verdict that it may have been tuned on."""
        return self.texts(at_most, tested_only=bool(judge.provided_by))


def of_order(order: Order) -> Subject:
    """Drafts of an order; with drafts of others that experts judged beside them, where too few of its own have been."""

    def texts(at_most: int, *, tested_only: bool = False) -> list[TextToJudge]:
        key = str(order.pk)
        own = reviewed.drafts_of(order, at_most=at_most, key=key, tested_only=tested_only)
        if sum(text.expert_passes is not None for text in own) >= figures.LEAST_VERDICTS:
            return own
        return with_reviewed(own, order.task_version, key=key, tested_only=tested_only)

    name = f"{order.count:,} drafts by {order.teacher_names}"
    return Subject(name, order.pk, reverse("generation:detail", args=[order.pk]), order.task_version, texts)


def of_desk(task: Task) -> Subject:
    """Drafts that wait on the desk of a task and that no judge has read; drafts that experts judged beside them."""
    version = latest_version(task)

    def texts(at_most: int, *, tested_only: bool = False) -> list[TextToJudge]:
        key = str(task.pk)
        own = reviewed.waiting(task, version.spec, at_most=at_most, key=key)
        return with_reviewed(own, version, key=key, tested_only=tested_only)

    return Subject("the drafts that wait", task.pk, reverse("review:task", args=[task.slug]), version, texts)


def with_reviewed(
    texts: Sequence[TextToJudge], version: TaskVersion, *, key: str, tested_only: bool
) -> list[TextToJudge]:
    """Texts of a subject, and drafts that experts judged, up to what an order holds; none without texts of its own."""
    if not texts:
        return []
    drafts = {text.draft_id for text in texts}
    judged = reviewed.reviewed(version.task, version.spec, at_most=VERDICTS, key=key, tested_only=tested_only)
    fresh = [text for text in judged if text.draft_id not in drafts]
    return [*texts[: MOST_TEXTS - len(fresh)], *fresh]


def quote(subject: Subject, texts: Sequence[TextToJudge], *, judge: Teacher, by: Member) -> Quote:
    """Check an order for verdicts and price it; writes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `judge_cannot`, `judge_is_writer`, `judge_was_trained_on_these`, `no_texts`, `too_many_texts`, or as a
            teacher that cannot be asked is refused.
    """
    permissions.require(by, subject.version.task, Role.LEAD)
    words = trained.words_of(judge, subject.version.task)
    check(texts, judge, is_trained=words.taught is not None)
    trained.require_unseen(judge, (text.record_id for text in texts if text.expert_passes is not None))
    spec, sample = subject.version.spec, sampled(texts, length=lambda text: text.words)
    facts = facts_of(subject, sample)
    calls = [words.conversation(spec, own, text.fields) for own, text in zip(facts, sample, strict=True)]
    return priced(subject.version, calls, judge=judge, answered=words.answer_task(spec), count=len(texts))


def facts_of(origin: Origin, texts: Sequence[TextToJudge]) -> list[Facts]:
    """Return the facts that the writer of each text was given."""
    facts_given = queries.facts_given(origin.pk)
    records = Record.objects.in_bulk({text.record_id for text in texts})
    rows = ((text, records[text.record_id]) for text in texts)
    return [facts_given(record) if text.group else record.facts for text, record in rows]


def sampled(things: Sequence[Thing], *, length: Callable[[Thing], int]) -> list[Thing]:
    """Draw some things evenly, and last the longest of all: its call is the dearest, and a sample may miss it."""
    return [*things[:: max(1, len(things) // _SAMPLE)], max(things, key=length)]


def priced(
    version: TaskVersion, calls: Sequence[list[Message]], *, judge: Teacher, answered: TaskSpec, count: int
) -> Quote:
    """Price so many calls of a teacher by some of them, the last of which is the dearest; writes nothing.

    Raises:
        Refusal: As a teacher that cannot be asked is refused.
    """
    spec = orders.require_askable(judge)
    *sample, longest = calls
    price = estimate_sample(answered, sample, spec, calls=count, longest=longest)
    return Quote(version, [str(uuid4()) for _ in range(count)], spec, price)


def launch_drawn(
    subject: Subject, at_most: int, *, judge: Teacher, by: Member, max_cost_usd: Decimal | None
) -> Judging:
    """Have a judge read texts of a subject that are drawn for it.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `launch`.
    """
    texts, left_out = subject.texts_for(judge, at_most), subject.without_shape(at_most)
    return launch(subject, texts, judge=judge, by=by, max_cost_usd=max_cost_usd, without_shape=left_out)


@transaction.atomic
def launch(
    subject: Subject,
    texts: Sequence[TextToJudge],
    *,
    judge: Teacher,
    by: Member,
    max_cost_usd: Decimal | None,
    without_shape: Mapping[str, int] | None = None,
) -> Judging:
    """Have a judge read texts; what it says stands beside what experts said once the job has ended.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `quote`, or `budget_missing`, `budget_too_small`, `budget_used_up`.
    """
    quoted = quote(subject, texts, judge=judge, by=by)
    made = Judging(without_shape=dict(without_shape) if without_shape else None, prompt_version=rubric.PROMPT_VERSION)
    place_order(made, subject, quoted, f"judges {len(texts):,} texts", judge=judge, by=by, max_cost_usd=max_cost_usd)
    JudgedText.objects.bulk_create(
        (
            JudgedText(
                id=UUID(pk),
                judging=made,
                place=place,
                **{name: getattr(text, name) for name in _KEPT},
            )
            for place, (pk, text) in enumerate(zip(quoted.record_ids, texts, strict=True))
        ),
        batch_size=_CHUNK,
    )
    return made


def place_order(
    judging: Judging,
    origin: Origin,
    quoted: Quote,
    verb: str,
    *,
    judge: Teacher,
    by: Member,
    max_cost_usd: Decimal | None,
) -> None:
    """Place the order of a judging and save both, inside the caller's transaction.

    Raises:
        Refusal: As for `orders.place`.
    """
    task, count = origin.version.task, len(quoted.record_ids)
    request = OrderRequest(task, teacher=judge, count=count, by=by, max_cost_usd=max_cost_usd, purpose=Purpose.RUBRIC)
    judging.order = orders.place(request, quoted, title=f"{judge.name} {verb}"[:160])
    judging.task, judging.created_by = task, by
    judging.subject, judging.subject_id, judging.subject_url = origin.name[:200], origin.pk, origin.url
    judging.save(force_insert=True)
    trail.record("texts_judged", by=by, about=judging.order, task=task.slug, teacher=judge.slug, count=count)


def writers_of(texts: Iterable[TextToJudge]) -> set[str]:
    """Families of the models that wrote some texts, as far as they are known."""
    return {family_of("", model) for model in {text.model for text in texts} if model}


def family_of(provider: str, model: str) -> str:
    """Family of a model, by a maker's word in its name (`us.anthropic.claude-…`, `ft:gpt-…`), else its first word."""
    if provider in _OF_PROVIDERS:
        return _OF_PROVIDERS[provider]
    name = model.rsplit("/", 1)[-1].lower()
    if family_name := next((family for family, words in _FAMILIES.items() if re.search(words, name)), ""):
        return family_name
    word = re.match(r"[a-z]+", name)
    return word.group(0) if word else name


def check(texts: Sequence[TextToJudge], judge: Teacher, *, is_trained: bool = False) -> None:
    """Refuse a judge that cannot judge these texts, or texts that cannot be judged.

    A miniature that was trained on experts' verdicts may be of the writer's family: it says what they said, not what it
    likes.

    Raises:
        Refusal: `judge_cannot`, `judge_is_writer`, `no_texts` or `too_many_texts`.
    """
    if not is_trained and not judge.follows_instructions:
        message = f"{judge.name} writes one task's texts and cannot judge any."
        raise Refusal("judge_cannot", message, hint="Choose another teacher.", errors={"teacher": [message]})
    if not texts:
        raise Refusal("no_texts", "There is no text to judge.", hint="Write some, or have some reviewed, first.")
    if len(texts) > MOST_TEXTS:
        message = f"{len(texts):,} texts; a judge reads at most {MOST_TEXTS:,} an order."
        raise Refusal("too_many_texts", message, errors={"texts": [message]})
    if not is_trained and family_of(judge.provider, judge.model) in writers_of(texts):
        message = f"{judge.name} is of the family that wrote some of these texts: judges favour their own."
        raise Refusal(
            "judge_is_writer", message, hint="Choose a teacher of another family.", errors={"teacher": [message]}
        )
