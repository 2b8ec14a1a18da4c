"""Looks up what a mix names: teachers, a judge, a frozen gold set. Says what is missing; decides nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generation.diversity import queries as selectors
from generation.diversity.request import MixRequest, TeacherRequest
from generation.teachers import queries as teacher_selectors
from members.models import Member
from review.models import Task


def mix_request(member: Member, task: Task, said: Mapping[str, Any]) -> MixRequest:
    """A mix from plain values, as a form or a program sends them.

    Args:
        member: Who asks; teachers are those the member sees.
        said: `teachers` (each with `teacher`, `share`, `temperatures`), `personas`, `angles`, `examples`, `gold_set`
            (`slug@number`), `near_duplicates`, `best_of`, `judge`; absent ones change nothing.

    Raises:
        Http404: A teacher, or the gold set, is not there.
    """
    judge, gold_set = said.get("judge") or "", said.get("gold_set") or ""
    return MixRequest(
        teachers=tuple(_teacher_request(member, one) for one in said.get("teachers") or ()),
        personas=bool(said.get("personas")),
        angles=bool(said.get("angles")),
        examples=int(said.get("examples") or 0),
        gold_set=selectors.gold_set_or_404(task, gold_set) if gold_set else None,
        near_duplicates=said.get("near_duplicates") or "",
        best_of=said.get("best_of") or "",
        judge=teacher_selectors.teacher_or_404(member, judge) if judge else None,
    )


def _teacher_request(member: Member, said: Mapping[str, Any]) -> TeacherRequest:
    temperatures: Sequence[float] = said.get("temperatures") or ()
    return TeacherRequest(
        teacher_selectors.teacher_or_404(member, str(said["teacher"])),
        float(said.get("share") or 1),
        tuple(float(one) for one in temperatures),
    )
