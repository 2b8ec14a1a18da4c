"""Report of a reproduction: each statement of the paper beside what was measured here, as JSON, Markdown and HTML.

Rates of people are measured nowhere here; what stands beside them is the share of outputs that pass every check.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from evaluation.paper import advance, statements
from evaluation.paper.advance import PartProgress
from evaluation.paper.order import PaperOrder
from evaluation.paper.parts import UNDECIDED
from evaluation.studies import reported
from evaluation.studies.task_names import StudyReader
from review.models import Task
from stats.experiments import sample_size
from web.templatetags.figures import money


def build(task: Task, order: PaperOrder | None, reader: StudyReader) -> dict[str, Any]:
    """Set the paper beside the newest of what was measured of a task, as plain data."""
    parts = {each.part.key: each for each in (advance.progress(order) if order else [])}
    results = statements.of_task(task, reader, parts)
    return {
        "paper": reported.PAPER,
        "task": task.slug,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "product": version("miniatures"),
        "spent": f"Spent {money(order.spent_usd)} of {money(order.budget_usd)}" if order else statements.NO_ORDER,
        "statements": [asdict(each) for each in results],
        "parts": [_part(each) for each in parts.values()],
        "live": live_plan(),
        "undecided": [{"statement": statement, "why_not": reason} for statement, reason in UNDECIDED],
    }


def live_plan() -> list[str]:
    """Contacts that a live test of the paper's figures takes, at a power of 80 %."""
    small, middle, large = (line.responded / 100 for line in reported.TABLE[:3])
    plans = (
        sample_size.plan(large, effect=middle - large),
        sample_size.plan(middle, effect=small - middle),
        sample_size.plan(middle, margin=0.003),
        sample_size.plan(large, margin=0.01),
    )
    return [sample_size.in_words(plan) for plan in plans]


def as_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_html(data: Mapping[str, Any]) -> str:
    return render_to_string(
        "evaluation/paper_report.html", {"title": data["paper"], "head": _head(data), "tables": _tables(data)}
    )


def as_markdown(data: Mapping[str, Any]) -> str:
    """Write the tables of a report; a cell never breaks its row."""
    lines = [f"# {data['paper']}", "", *(f"- {line}" for line in _head(data))]
    for title, columns, rows in _tables(data):
        lines += ["", f"## {title}", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
        cells = ([" ".join(cell.replace("|", "\\|").splitlines()) for cell in row] for row in rows)
        lines += [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join(lines) + "\n"


FORMATS: Final[dict[str, tuple[Callable[[Mapping[str, Any]], str], str]]] = {
    "html": (as_html, "text/html"),
    "md": (as_markdown, "text/markdown"),
    "json": (as_json, "application/json"),
}


def write(folder: Path, data: Mapping[str, Any]) -> list[Path]:
    """Write a report in each format; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, (text, _) in FORMATS.items():
        (folder / f"paper.{suffix}").write_text(text(data), encoding="utf-8")
    return [folder / f"paper.{suffix}" for suffix in FORMATS]


def _head(data: Mapping[str, Any]) -> list[str]:
    return [f"Task: {data['task']}", f"Made: {data['made_at']}", f"Miniatures {data['product']}", data["spent"]]


def _tables(data: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Title, columns and rows of each table, as both texts have them."""
    evidence = ("interval", "hardware", "versions", "measured_on", "address")
    return [
        (
            "Statements",
            ["Paper", "Here", "Interval", "Hardware", "Versions", "Date", "Evidence"],
            [
                [each["paper"], each["here"] or f"not run: {each['why_not']}", *(each[name] for name in evidence)]
                for each in data["statements"]
            ],
        ),
        ("Parts", ["Part", "Question", "State", "Why", "Study"], [list(each.values()) for each in data["parts"]]),
        ("A live test, as a plan", ["Contacts"], [[line] for line in data["live"]]),
        ("Not decided", ["Statement", "Why"], [list(each.values()) for each in data["undecided"]]),
    ]


def _part(progress: PartProgress) -> dict[str, str]:
    address = reverse("evaluation:study", args=[progress.study.pk]) if progress.study else ""
    part, state = progress.part, str(progress.state)
    return {"part": part.key, "question": part.question, "state": state, "reason": progress.reason, "address": address}
