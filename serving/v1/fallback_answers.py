"""Answers of a task's teacher to questions that no replica could answer, where the task says so.

A teacher needs a record, so only questions that name one in place of messages are answered so.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from generation.states import Provider
from serving.fallback import setting
from serving.models import Fallback
from serving.openai.requests import ChatRequest
from serving.openai.response_format import FREE, OF_TASK
from serving.openai.responses import CompletionShape
from serving.runtime.engine_client import EngineRefusal
from serving.v1 import db_threads, streams, teacher_answers
from serving.v1.auth import AdmittedRequest
from serving.v1.rate_limits import RateClaim
from serving.v1.teacher_answers import TeacherAnswer
from web.errors import Refusal

logger = logging.getLogger(__name__)
# Refusals that say that nothing serves.
NOTHING_SERVES: Final = ("not_serving", "being_installed")
# Names the writer, as a router's answers do.
HEADER: Final = "x-router-model"


async def answer(admitted: AdmittedRequest, refusal: EngineRefusal, taken: RateClaim) -> HttpResponseBase | None:
    """Have the teacher answer; None if the refusal stands: the task does not say so, or the teacher does not write.

    Args:
        taken: What the question took of its token's minute, and got back when it was refused.
    """
    if refusal.code not in NOTHING_SERVES or admitted.record is None or _wants_more(admitted.question):
        return None
    fallback = await db_threads.run_first(setting.of_task, admitted.miniature.task)
    if fallback is None:
        return None
    try:
        written = await _write(fallback, admitted)
    except (Refusal, PermissionDenied) as error:
        logger.warning("The fallback of the task %s did not answer: %s", admitted.miniature.task.slug, error)
        return None
    tokens = written.done["prompt_tokens"] + written.done["completion_tokens"]
    streams.later(replace(taken, tokens=0).settle, tokens)
    teacher = fallback.teacher.slug
    shape = CompletionShape(teacher, include_usage=admitted.question.include_usage, fingerprint=f"fallback-{teacher}")
    return streams.written_response(
        shape, written.text, written.done, stream=admitted.question.stream, headers=_headers(teacher, admitted.question)
    )


async def _write(fallback: Fallback, admitted: AdmittedRequest) -> TeacherAnswer:
    """Have the teacher write, in the name of the lead who turned the fallback on.

    Raises:
        Refusal: It is refused, or gave no text.
        PermissionDenied: That lead leads the task no more.
    """
    record, task, teacher = admitted.record, admitted.miniature.task, fallback.teacher
    assert record is not None
    if teacher.provider != Provider.OFFLINE:
        await db_threads.run_first(setting.require_budget, task)
        if record.id is None or fallback.by is None or not fallback.by.is_active:
            message = "A paid teacher writes for imported records, in the name of a lead who is still here."
            raise Refusal("fallback_unable", message)
    return await teacher_answers.write(
        task, teacher, spec=record.spec, facts=record.facts, record=record.id, by=fallback.by
    )


def _wants_more(question: ChatRequest) -> bool:
    """Return whether a question asks for what a teacher's text cannot have."""
    return (
        question.choices > 1 or question.logprobs or bool(question.stop) or question.answer_form not in (OF_TASK, FREE)
    )


def _headers(teacher: str, question: ChatRequest) -> dict[str, str]:
    """Name the writer, and the options that it did not heed."""
    drawn = {name: getattr(question, name) for name in ("temperature", "top_p", "max_tokens", "seed")}
    unheeded = [*question.unheeded, *(name for name, value in drawn.items() if value is not None)]
    unheeded += question.drawing.options
    return {HEADER: teacher} | ({"x-miniatures-unheeded": ", ".join(unheeded)} if unheeded else {})
