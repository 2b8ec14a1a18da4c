"""Access to routers over `/v1`, and what one is asked: a record, in place of messages. Blocks its thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from generation.models import Teacher
from generation.states import Provider
from members.models import Member
from members.tokens.scopes import allows
from review.models import Task
from review.sources.imports.record_import import content_hash
from review.sources.judge_records.queries import withheld_judges
from review.sources.queries import visible_records
from review.spec import prompting
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from serving.fallback import setting
from serving.models import Router, RouterVersion
from serving.openai import requests
from serving.openai.errors import ApiError
from serving.openai.requests import ChatRequest
from serving.openai.response_format import FREE, GRAMMAR_HEADER, OF_TASK
from serving.promotions import queries
from serving.promotions.teachers import LONGEST_ANSWER
from serving.routing import promise, report, route
from serving.v1 import auth
from serving.v1.auth import AdmittedRequest, Caller, RequestedRecord
from training.costs.run_cost import price_of
from training.miniatures import writing
from training.models import Miniature
from web.db.keys import NO_ID, uuid_or_none
from web.errors import Refusal

# A paid answer needs what an order of it over the API needs.
SPENDING_SCOPE: Final = "lead"


@dataclass(frozen=True)
class RoutedRequest:
    """A question to a router that may be asked.

    Attributes:
        question: As it was read; its messages are those of the first miniature.
        version: The router's newest.
        record: The imported record with these facts, where there is one.
        spec: The task as the teacher is asked it, and by which the miniature's text is checked.
        usd_per_hour: Price of the hour of the host that miniatures write on; None where none is known.
    """

    caller: Caller
    question: ChatRequest
    version: RouterVersion
    facts: Facts
    record: UUID | None
    spec: TaskSpec
    usd_per_hour: Decimal | None

    @property
    def miniatures(self) -> list[Miniature]:
        return _miniatures(self.version)

    def ask(self, miniature: Miniature) -> dict[str, Any]:
        messages = prompting.messages(miniature.run.taught, self.facts, audience="student")
        body = {"model": miniature.slug, "messages": messages, "max_tokens": LONGEST_ANSWER, "tells_confidence": True}
        body |= OF_TASK.as_ask()
        return {**body, "stream": self.question.stream}


def of_caller(caller: Caller) -> list[Router]:
    """Routers that a caller may ask now, by name."""
    if caller.member is None:
        return []
    slugs, own_routers = permissions.slugs_to_ask(caller.member), _of_member(caller.member)
    rows = own_routers if slugs is None else own_routers.filter(task__slug__in=slugs)
    versions = promise.newest_versions([each.task for each in rows])
    return [each.router for each in versions if next(_problems(each, caller), None) is None]


def find(name: str, caller: Caller) -> Router | None:
    """The router of a slug or id whose task's miniatures the caller may ask; None of any other."""
    if caller.member is None:
        return None
    router = _of_member(caller.member).filter(Q(slug=name) | Q(pk=uuid_or_none(name) or NO_ID)).first()
    return router if router is not None and permissions.may_ask(caller.member, router.task) else None


def admit(authorization: str, content: bytes, *, grammar: str = "") -> AdmittedRequest | RoutedRequest:
    """Check a chat completion before any model hears of it.

    Args:
        grammar: The header that says what an answer without a format is held to.

    Raises:
        ApiError: 401, 403, 400, 413, or 404 when no such miniature is served for this caller, and no such router is
            theirs. 400 too for a question that a router cannot route, and 403 for one whose teacher is paid and not the
            caller's to ask.
    """
    caller = auth.caller_of(authorization)
    question = requests.parse_chat_request(content, grammar=grammar)
    miniature = queries.find_served(question.model, member=caller.member)
    if miniature is None and (router := find(question.model, caller)) is not None:
        return _admit_to_router(router, question, caller)
    miniature = miniature or auth.served_miniature(question.model, caller)
    if question.record is not None:
        return _admit_record(caller, question, miniature)
    return AdmittedRequest(caller, question, miniature)


def _admit_record(caller: Caller, question: ChatRequest, miniature: Miniature) -> AdmittedRequest:
    """Render a record for a miniature whose task has a teacher that may have to answer for it."""
    if caller.member is None or setting.of_task(miniature.task) is None:
        router = find(question.model, caller)
        way = f"ask the router of this slug by its id, {router.pk}" if router else "send 'messages'"
        message = f"'record' is for routers only, and for tasks whose teacher answers while nothing serves: {way}."
        raise ApiError(400, message, code="unsupported_parameter", param="record")
    spec = latest_version(miniature.task).spec
    facts, record = _read_record(miniature.task, spec, question, caller)
    messages = [dict(each) for each in prompting.messages(miniature.run.taught, facts, audience="student")]
    requested = RequestedRecord(facts, record, spec)
    return AdmittedRequest(caller, replace(question, messages=messages), miniature, requested)


def _of_member(member: Member) -> QuerySet[Router]:
    return report.visible(member).exclude(task__in=withheld_judges(member))


def _admit_to_router(router: Router, question: ChatRequest, caller: Caller) -> RoutedRequest:
    version = _newest(router)
    for problem in _problems(version, caller):
        raise problem
    _refuse_options(question)
    spec = latest_version(router.task).spec
    facts, record = _read_record(router.task, spec, question, caller)
    if record is None and version.teacher.provider != Provider.OFFLINE:
        raise ApiError(
            400,
            f"The teacher of this router, {version.teacher.name}, writes for imported records only, and no record of "
            f"the task '{router.task.slug}' has these facts. Import it first, or give the id of one that is imported.",
            code="needs_record",
            param="record",
        )
    request = RoutedRequest(caller, question, version, facts, record, spec, price_of())
    messages = [dict(each) for each in request.ask(request.miniatures[0])["messages"]]
    return replace(request, question=replace(question, messages=messages))


def _newest(router: Router) -> RouterVersion:
    versions = route.versions(router).select_related(
        "router__task",
        "teacher",
        *[f"{each}__run__{of}" for each in ("miniature", "larger") for of in ("task_version", "dataset_version")],
    )
    version = versions.first()
    if version is None:
        raise ApiError(
            400, "This router has no thresholds yet. A lead sets them on its page.", code="router_unset", param="model"
        )
    return version


def _miniatures(version: RouterVersion) -> list[Miniature]:
    return [each for each in (version.miniature, version.larger) if each is not None]


def _problems(version: RouterVersion, caller: Caller) -> Iterator[ApiError]:
    off = [each.name for each in _miniatures(version) if not queries.is_promoted(each)]
    off += [] if version.teacher.is_active else [version.teacher.name]
    if off:
        yield ApiError(
            400,
            f"This router asks {off[0]}, which is out of use. A lead puts it back into use or sets the router again.",
            code="router_model_off",
            param="model",
        )
    if not _may_spend(version.teacher, version, caller):
        yield ApiError(
            403,
            f"The teacher of this router, {version.teacher.name}, is paid: only a lead of the task may ask it, with a "
            f"token of the scope '{SPENDING_SCOPE}'.",
            code="insufficient_scope",
        )


def _may_spend(teacher: Teacher, version: RouterVersion, caller: Caller) -> bool:
    if teacher.provider == Provider.OFFLINE:
        return True
    is_lead = caller.member is not None and permissions.may(caller.member, version.router.task, Role.LEAD)
    return is_lead and allows(list(caller.scopes), SPENDING_SCOPE)


def _refuse_options(question: ChatRequest) -> None:
    """Refuse options that would change the text: the promise is about unmodified texts."""
    options = {
        "temperature": question.temperature not in (None, 0.0),
        "top_p": question.top_p not in (None, 1.0),
        "max_tokens": question.max_tokens is not None,
        "seed": question.seed is not None,
        "n": question.choices > 1,
        "logprobs": question.logprobs,
        **dict.fromkeys(question.drawing.options, True),
        "stop": bool(question.stop),
        "response_format": question.answer_form not in (OF_TASK, FREE),
        GRAMMAR_HEADER: question.answer_form == FREE,
    }
    for name in [name for name, is_given in options.items() if is_given]:
        raise ApiError(
            400,
            f"'{name}' is not supported by a router: its models write as they did where its promise was shown. "
            "Leave it out.",
            code="unsupported_parameter",
            param=name,
        )


def _read_record(task: Task, spec: TaskSpec, question: ChatRequest, caller: Caller) -> tuple[Facts, UUID | None]:
    if question.record is None:
        raise ApiError(
            400,
            "A router needs a record to choose by: give 'record', the id of an imported one or an object of its "
            "facts, and leave 'messages' empty.",
            code="record_missing",
            param="record",
        )
    assert caller.member is not None
    records = visible_records(caller.member).filter(task=task, erased_at__isnull=True)
    if isinstance(question.record, str):
        row = records.filter(pk=uuid_or_none(question.record) or NO_ID).first()
        if row is None:
            raise ApiError(
                400,
                f"The task '{task.slug}' has no record with the id '{question.record[:40]}'.",
                code="record_unknown",
                param="record",
            )
        return row.facts, row.pk
    facts = _facts(spec, question.record)
    same = records.filter(content_hash=content_hash(facts)).values_list("pk", flat=True).first()
    return facts, same


def _facts(spec: TaskSpec, values: dict[str, Any]) -> Facts:
    try:
        return writing.read_facts(spec, values)
    except Refusal as refusal:
        name = next(iter(refusal.errors), "")
        raise ApiError(
            400, f"{refusal.message} {refusal.hint}", code="invalid_value", param=f"record.{name[:80]}"
        ) from refusal
