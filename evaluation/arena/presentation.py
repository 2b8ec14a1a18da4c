"""An arena as pages and programs show it: rows, result and segments put together, and nothing that a voter must not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluation.arena import queries, results, rule
from evaluation.arena.results import ArenaResult, Segment
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


def result_of(arena: Arena) -> ArenaResult:
    return results.result(arena.systems, queries.judged_pairs(arena), arena.most_votes)


def progress(arena: Arena) -> dict[str, int]:
    """Return how far an arena is, in numbers that tell nothing of who leads."""
    known = rule.matchups(queries.judged_pairs(arena), len(arena.systems))
    most = sum(min(arena.most_votes, each.voted + each.waiting) for each in known)
    return {"voted": sum(each.voted for each in known), "most": most}


def segment_tables(arena: Arena) -> list[SegmentTable]:
    """Standings by each column that divides the records into a few; those without any value that says something are left out."""
    spec, pairs = arena.evaluation.task_version.spec, queries.judged_pairs(arena)
    names = [field.name for field in spec.input_schema if field.type in SEGMENTED]
    facts = dict(Record.objects.filter(pk__in={pair.record_id for pair in pairs}).values_list("pk", "facts"))
    tables = [
        SegmentTable(name.replace("_", " "), results.segments(arena.systems, pairs, arena.most_votes, values))
        for name, values in results.columns(facts, names).items()
    ]
    return [table for table in tables if any(segment.standings for segment in table.segments)]
