"""Prompt of a call of a mixed order: the same words when it is priced, sent, and taken in. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from generation.engine.contracts import GenerationSpec, Mix, Shot
from generation.engine.plan import PlannedCall
from review.spec import prompting
from review.spec.prompting import FewShotExample, Message, Variation
from review.spec.task_spec import TaskSpec


def prompt_of(spec: GenerationSpec, task: TaskSpec, call: PlannedCall) -> list[Message]:
    """The prompt of a call; a record's own conversation is left as it is."""
    if call.record.messages:
        return call.record.messages
    variation = variation_of(spec.mix, persona=call.persona, angle=call.angle, company=call.record.company)
    audience = spec.asked(call.teacher).audience
    return prompting.messages(
        task, call.record.facts, audience=audience, variation=variation, thread=call.record.thread
    )


def variation_of(mix: Mix, *, persona: str, angle: str, company: Collection[str]) -> Variation:
    """Return what a call is told beside its record, with the examples that its company may see."""
    shots = shots_for(mix, company)
    return Variation(persona, angle, [FewShotExample(shot.facts, shot.fields) for shot in shots])


def shots_for(mix: Mix, company: Collection[str]) -> list[Shot]:
    """The examples of an order but for those of the record's own company."""
    companies = set(company)
    return [shot for shot in mix.shots if companies.isdisjoint(shot.company)][: mix.shown]


def provenance(spec: GenerationSpec, call: PlannedCall) -> dict[str, Any]:
    """Return the parameters of a draft that say how it was asked for; what was not asked for is absent."""
    parameters: dict[str, Any] = spec.asked(call.teacher).parameters | {"seed": call.seed}
    if call.temperature is not None:
        parameters["temperature"] = call.temperature
    parameters |= {name: text for name, text in (("persona", call.persona), ("angle", call.angle)) if text}
    if not call.record.messages and (shots := shots_for(spec.mix, call.record.company)):
        parameters["examples"] = [shot.decision for shot in shots]
    return parameters
