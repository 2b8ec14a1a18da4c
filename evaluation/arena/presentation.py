"""An arena as pages and programs show it.

Rows, result and segments put together, and nothing that a voter must not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.arena import queries, results, rule
from evaluation.arena.results import ArenaResult, Segment
from evaluation.evaluations.queries import system_labels
from evaluation.models import Arena
from members.models import Member
from review.models import Record

SEGMENTED = frozenset({"text", "choice", "boolean"})


@dataclass(frozen=True, slots=True)
class SegmentTable:
    column: str
    segments: list[Segment]


def detail(arena: Arena, member: Member) -> dict[str, Any]:
    """An arena for programs; what it compares and what came of it only for those who may look."""
    may_look = queries.may_see_result(member, arena)
    shown = ("id", "task", "is_open", "ended", "most_votes", "created_at", "closed_at", "left_out")
    return {
        **{name: getattr(arena, name) for name in shown},
        "evaluation": arena.evaluation_id if may_look else None,
        "systems": arena.systems if may_look else None,
        "result": result_of(arena) if may_look else None,
    }


def names_of(arena: Arena) -> list[str]:
    """Names of an arena's systems as the page of its evaluation shows them."""
    return list(system_labels(arena.evaluation, arena.systems).values())


def result_of(arena: Arena, names: Sequence[str] | None = None) -> ArenaResult:
    """Compute the result under these names, or under those that the systems are stored under."""
    return results.result(names or arena.systems, queries.judged_pairs(arena), arena.most_votes)


def progress(arena: Arena) -> dict[str, int]:
    """Return how far an arena is, in numbers that tell nothing of who leads."""
    matchups = rule.matchups(queries.judged_pairs(arena), len(arena.systems))
    most = sum(min(arena.most_votes, each.voted + each.waiting) for each in matchups)
    return {"voted": sum(each.voted for each in matchups), "most": most}


def segment_tables(arena: Arena) -> list[SegmentTable]:
    """Standings by each column that divides the records into a few.

    Those without any value that says something are left out.
    """
    spec, pairs = arena.evaluation.task_version.spec, queries.judged_pairs(arena)
    columns = [field.name for field in spec.input_schema if field.type in SEGMENTED]
    facts = dict(Record.objects.filter(pk__in={pair.record_id for pair in pairs}).values_list("pk", "facts"))
    tables = [
        SegmentTable(name.replace("_", " "), results.segments(names_of(arena), pairs, arena.most_votes, values))
        for name, values in results.columns(facts, columns).items()
    ]
    return [table for table in tables if any(segment.standings for segment in table.segments)]
