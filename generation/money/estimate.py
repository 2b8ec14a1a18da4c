"""Estimate of an order's cost and time, before anything is paid. Reads rows; writes none.

Tokens come from what this teacher used on this task before, failures and repairs included. Without that they come from
a rendered sample: a token for four characters sent, the output schema's lengths and a guess of reasoning for an answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from statistics import fmean, quantiles
from typing import Any

from django.db.models import Q

from generation.engine.budget import token_bound, worst_case
from generation.engine.contracts import TeacherSpec
from generation.engine.repairs import repair_id
from generation.engine.structured import paid_messages
from generation.models import Call, Teacher
from generation.money import reasoning
from generation.money.figures import CENT, rounded_up
from generation.states import BESIDE_DRAFTS, CallState, Provider, Way
from review.models import TaskVersion
from review.spec import prompting
from review.spec.schema import Facts, OutputField
from review.spec.task_spec import TaskSpec

SAMPLE = 20
ENOUGH_HISTORY = 10
HISTORY = 200
CHARS_PER_TOKEN = 4
TOKENS_PER_WORD = 1.4
UNBOUNDED_FIELD_TOKENS = 200
# A value has no length of its own to be told by: true, 12, 118.80, 2026-01-31.
LABELS_OF_SEVERAL = 2
# Quotes, colon, comma and line end of one value in a JSON answer.
KEY_TOKENS = 4
# How far a guess without history may be off; measured spreads replace it.
GUESS_LOW, GUESS_HIGH = 0.7, 1.6
LATENCY_S = {Provider.OFFLINE.value: 0.01}
REMOTE_LATENCY_S = 6.0
CENT_OF_A_CENT = Decimal("0.0001")
# Settings of an order's variety by which its calls say more than their record, as they are without.
PLAIN: Mapping[str, Any] = {"shown": 0, "personas": [], "angles": []}
# What adds up over several estimates: tokens are whole, dollars kept to the millionth.
SUMMED = ("calls", "input_tokens", "output_tokens", "cost_usd", "cost_low_usd", "cost_high_usd")


@dataclass(frozen=True)
class OrderEstimate:
    """An order's price and time. Tokens are for the whole order; costs in US dollars."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    cost_low_usd: float
    cost_high_usd: float
    # The dearest single call at the longest answer: a budget below it buys nothing.
    worst_call_usd: float
    time_s: float
    basis: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def worst_usd(self) -> Decimal:
        """Return the dearest single call up to the next hundredth of a cent: the budget of an order for one call."""
        return rounded_up(self.worst_call_usd, CENT_OF_A_CENT)

    @property
    def suggested_budget_usd(self) -> Decimal:
        """Return the upper estimate and one call more, up to the next cent; nothing for a teacher that is free."""
        return rounded_up(self.cost_high_usd + self.worst_call_usd, CENT) if self.worst_call_usd else Decimal(0)


@dataclass(frozen=True)
class CallUsage:
    """Means of one call, the spread of its cost as factors, and where that comes from."""

    input_tokens: float
    output_tokens: float
    latency_s: float
    low: float
    high: float
    basis: str
    # Parts of the input that the provider's cache knew, and that were written into it.
    cached_tokens: float = 0.0
    cache_write_tokens: float = 0.0


def estimate(
    version: TaskVersion,
    facts: Sequence[Facts],
    *,
    teacher: Teacher,
    spec: TeacherSpec,
    count: int,
    way: Way = Way.LIVE,
    variation: Mapping[str, Any] = PLAIN,
    added: Sequence[prompting.Message] = (),
    thread: str = "",
) -> OrderEstimate:
    """Price an order of `count` calls over records with these facts.

    Args:
        facts: Facts of the order's records, or of some of them; at least one.
        teacher: The row, to find its history.
        way: How its calls go out; `spec` has the prices of that way.
        variation: What its calls say beside their record; only calls that said the same are its history.
        added: Messages of each call that say so. A teacher with only a short prompt gets none.
        thread: Text of the earlier mails that each call is told after its facts. Calls with one are nobody's history.
    """
    if spec.audience == "student":
        variation, added = PLAIN, ()
    step = max(1, len(facts) // SAMPLE)
    # The dearest call is that of the longest record, which a sample may miss.
    sample = [*facts[::step], max(facts, key=_length)]
    after = [*added, *([{"role": "user", "content": thread}] if thread else [])]
    *prompts, longest = [[*_prompt(version.spec, record_facts, spec), *after] for record_facts in sample]
    if usage := _usage_from_history(version, teacher, spec, way, variation):
        usage = replace(usage, input_tokens=usage.input_tokens + len(thread) / CHARS_PER_TOKEN)
    else:
        usage = _usage_from_lengths(version.spec, prompts, spec)
    worst_usd = max(worst_case(spec, prompt)[2] for prompt in [*prompts, longest])
    return of_usage(usage, spec, calls=count, worst_usd=worst_usd, concurrency=teacher.concurrency)


def estimate_conversation(task: TaskSpec, messages: list[prompting.Message], spec: TeacherSpec) -> OrderEstimate:
    """Price one call that sends these messages, from their length and the lengths that the output schema asks for."""
    messages = paid_messages(spec, task, messages)
    usage = _usage_from_lengths(task, [messages], spec)
    return of_usage(usage, spec, calls=1, worst_usd=worst_case(spec, messages)[2])


def estimate_sample(
    task: TaskSpec,
    sample: Sequence[list[prompting.Message]],
    spec: TeacherSpec,
    *,
    calls: int,
    longest: list[prompting.Message] | None = None,
) -> OrderEstimate:
    """Price so many calls by the conversations of some of them.

    Args:
        longest: The conversation of the dearest call, which a sample may miss.
    """
    price = scaled(sum_of([estimate_conversation(task, messages, spec) for messages in sample]), calls=calls)
    if longest is None:
        return price
    worst_usd = estimate_conversation(task, longest, spec).worst_call_usd
    return replace(price, worst_call_usd=max(price.worst_call_usd, worst_usd))


def of_usage(
    usage: CallUsage, spec: TeacherSpec, *, calls: int, worst_usd: float, concurrency: int = 1
) -> OrderEstimate:
    """Price so many calls by the means of one."""
    input_tokens, output_tokens = round(usage.input_tokens * calls), round(usage.output_tokens * calls)
    cached, written = round(usage.cached_tokens * calls), round(usage.cache_write_tokens * calls)
    cost_usd = spec.cost_usd(input_tokens, output_tokens, cached_tokens=cached, cache_write_tokens=written, calls=calls)
    return OrderEstimate(
        calls=calls,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_usd=round(cost_usd, 6),
        cost_low_usd=round(cost_usd * usage.low, 6),
        cost_high_usd=round(cost_usd * usage.high, 6),
        worst_call_usd=worst_usd,
        time_s=round(math.ceil(calls / concurrency) * usage.latency_s, 1),
        basis=usage.basis,
    )


def sum_of(parts: Sequence[OrderEstimate]) -> OrderEstimate:
    """Several estimates as one; teachers are asked at the same time, so the slowest counts."""
    sums: dict[str, Any] = {name: round(sum(getattr(part, name) for part in parts), 6) for name in SUMMED}
    worst_usd, time_s = max(part.worst_call_usd for part in parts), max(part.time_s for part in parts)
    basis = "; ".join(dict.fromkeys(part.basis for part in parts))
    return OrderEstimate(**sums, worst_call_usd=worst_usd, time_s=time_s, basis=basis)


def scaled(part: OrderEstimate, *, calls: int) -> OrderEstimate:
    """An estimate of some calls, as of so many of the same kind."""
    amounts = {name: getattr(part, name) * calls / part.calls for name in SUMMED}
    sums: dict[str, Any] = {
        name: round(amount, 6 if name.endswith("_usd") else None) for name, amount in amounts.items()
    }
    return replace(part, **sums)


def _prompt(task: TaskSpec, facts: Facts, spec: TeacherSpec) -> list[prompting.Message]:
    return paid_messages(spec, task, prompting.messages(task, facts, audience=spec.audience))


def _length(facts: Facts) -> int:
    return sum(token_bound(str(value)) for value in facts.values())


def _usage_from_history(
    version: TaskVersion, teacher: Teacher, spec: TeacherSpec, way: Way, variation: Mapping[str, Any]
) -> CallUsage | None:
    """Usage of a planned call: what came of it, failures included, with its repair."""
    # A teacher that was given another model or other parameters since is measured again from the start.
    # Revisions, follow-ups and questions beside drafts are of another length; in a mix, others answered too.
    alike = Q(**{f"order__variety__{name}": value for name, value in variation.items()})
    alike |= Q(order__variety={}) if variation == PLAIN else Q()
    came = Call.objects.filter(Q(state=CallState.ANSWERED) | Q(state=CallState.FAILED, input_tokens__gt=0))
    calls = (
        came.exclude(order__purpose__in=BESIDE_DRAFTS)
        .filter(
            alike,
            teacher_name__in=("", spec.name),
            order__threads__isnull=True,
            order__teacher=teacher,
            order__task_version=version,
            order__teacher_spec__model=spec.model,
            order__teacher_spec__parameters=spec.parameters,
            is_repair=False,
        )
        .order_by("-created_at")
    )
    names = ("input_tokens", "output_tokens", "latency_s", "cost_usd", "cached_tokens", "cache_write_tokens")
    # Answers of the other way tell nothing of the cache or of how long a call takes: only where there are no others.
    for measured in sorted(Way, key=way.__ne__):
        by_call = {str(pk): amounts for pk, *amounts in calls.filter(way=measured).values_list("pk", *names)[:HISTORY]}
        if len(by_call) >= ENOUGH_HISTORY:
            break
    else:
        return None
    repaired = {repair_id(call): call for call in by_call}
    for pk, *amounts in came.filter(pk__in=repaired).values_list("pk", *names):
        call = repaired[str(pk)]
        by_call[call] = [first + more for first, more in zip(by_call[call], amounts, strict=True)]
    rows = list(by_call.values())
    sent, answered, latency_s, mean, *cache = [fmean(column) for column in zip(*rows, strict=True)]
    tenths = quantiles([float(row[3]) for row in rows], n=10)
    # One answer that cost many times the others lifts the mean above the ninth tenth: the range still holds it.
    low, high = (min(tenths[0] / mean, 1.0), max(tenths[8] / mean, 1.0)) if mean else (1.0, 1.0)
    latency_s = latency_s if measured == Way.LIVE else REMOTE_LATENCY_S
    cached, written = cache if measured == way else (0.0, 0.0)
    basis = f"measured on this teacher's last {len(rows)} answers for this version"
    return CallUsage(sent, answered, latency_s, low, high, basis, cached, written)


def _usage_from_lengths(task: TaskSpec, prompts: Sequence[list[prompting.Message]], spec: TeacherSpec) -> CallUsage:
    sent = fmean(sum(len(message["content"]) for message in prompt) / CHARS_PER_TOKEN for prompt in prompts)
    basis = (
        f"guessed from {len(prompts)} rendered prompts at {CHARS_PER_TOKEN} characters a token "
        "and the output schema's lengths"
    )
    return guessed_usage(spec, sent, answer_tokens(task.output_schema), basis=basis)


def guessed_usage(spec: TeacherSpec, input_tokens: float, answer: float, *, basis: str) -> CallUsage:
    """Guess the usage of a call from the tokens it sends and those of its plain answer.

    Its model's reasoning is added.
    """
    plain = min(answer, spec.max_tokens)
    thought = reasoning.guess(spec, answer=plain)
    answered = plain + thought.tokens
    latency_s = LATENCY_S.get(spec.provider, REMOTE_LATENCY_S) + float(spec.parameters.get("pause_s", 0))
    if not thought.high:
        return CallUsage(input_tokens, answered, latency_s, GUESS_LOW, GUESS_HIGH, basis)
    basis += (
        f"; {thought.tokens:,.0f} tokens of reasoning a call are assumed ({thought.low:,.0f} to {thought.high:,.0f})"
    )
    mean = spec.cost_usd(round(input_tokens), round(answered))
    low, high = (
        spec.cost_usd(round(input_tokens * part), round(min(plain * part + tokens, spec.max_tokens))) / mean
        if mean
        else 1.0
        for part, tokens in ((GUESS_LOW, thought.low), (GUESS_HIGH, thought.high))
    )
    return CallUsage(input_tokens, answered, latency_s, low, high, basis)


def answer_tokens(schema: Sequence[OutputField]) -> float:
    """Tokens that a whole answer takes: its fields, and their names where values are written with them."""
    values = [field for field in schema if field.value_type.is_value] if len(schema) > 1 else []
    return sum(map(field_tokens, schema)) + sum(KEY_TOKENS + len(field.name) / CHARS_PER_TOKEN for field in values)


def field_tokens(field: OutputField) -> float:
    """Tokens that the output schema asks for in this field: the middle of its lengths, or those of its values."""
    kind = field.value_type
    if kind.has_labels:
        count = LABELS_OF_SEVERAL if kind.is_many else 1
        return count * fmean(len(label.name) for label in field.labels) / CHARS_PER_TOKEN + 1
    if kind.tokens:
        return kind.tokens
    if field.max_words is not None:
        return ((field.min_words or field.max_words / 2) + field.max_words) / 2 * TOKENS_PER_WORD
    return field.max_chars / CHARS_PER_TOKEN if field.max_chars else UNBOUNDED_FIELD_TOKENS
