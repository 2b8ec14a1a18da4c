"""The data card: what a stranger must know before trusting a version. Markdown, written once when it is frozen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Count

from review import ports
from review.adjudication import agreement
from review.datasets import dataset_filters, reply_pairs, selection, unjudged
from review.models import DatasetRow, DatasetVersion, Task
from review.spec.output_format import is_mail
from review.spec.task_spec import TaskSpec
from review.states import MailOutcome
from review.tasks.queries import latest_version
from review.text.personal_data import KINDS

INTENDED = "Tuning and evaluating small language models for the task above. Not a benchmark of anything else."
LISTED = 20

# Code, and words set apart; all else of a line is plain text.
_INLINE = re.compile(r"`([^`]+)`|(?<!\w)\*([^*\s][^*]*)\*(?!\w)")
_CELLS = re.compile(r"(?<!\\)\|")
Inline = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CardBlock:
    """A part of a card as a page draws it.

    Attributes:
        kind: heading, table, list or text.
        lines: Its lines, each a sequence of pieces: what they are (text, code or em), and their words.
        rows: Of a table, its cells; the first row is its head.
        numeric: Of a table, whether each column holds numbers.
    """

    kind: str
    lines: tuple[Inline, ...] = ()
    rows: tuple[tuple[Inline, ...], ...] = ()
    numeric: tuple[bool, ...] = ()

    @property
    def head(self) -> list[tuple[Inline, bool]]:
        """Names of a table's columns, each with whether it holds numbers."""
        return list(zip(self.rows[0], self.numeric, strict=False))

    @property
    def body(self) -> list[list[tuple[Inline, bool]]]:
        """Rows of a table, each cell with whether its column holds numbers."""
        return [list(zip(row, self.numeric, strict=False)) for row in self.rows[1:]]


def blocks(markdown: str) -> list[CardBlock]:
    """A card as parts of a page: the Markdown that `card` writes, its title and nothing of anybody's HTML."""
    parts = [part.strip("\n") for part in markdown.split("\n\n") if part.strip()]
    return [block for part in parts if not part.startswith("# ") for block in _blocks(part.split("\n"))]


def _blocks(lines: list[str]) -> Iterator[CardBlock]:
    for kind, group in groupby(lines, key=_kind_of):
        own = list(group)
        if kind == "table":
            rows = [
                tuple(_inline(cell.replace("\\|", "|").strip()) for cell in _CELLS.split(line)[1:-1]) for line in own
            ]
            dashes = [cell.strip() for cell in _CELLS.split(own[1])[1:-1]] if len(own) > 1 else []
            numeric = tuple(cell.endswith(":") for cell in dashes)
            yield CardBlock(kind, rows=(rows[0], *rows[2:]), numeric=numeric)
        else:
            start = {"heading": "## ", "list": "- "}.get(kind, "")
            yield CardBlock(kind, tuple(_inline(line.removeprefix(start)) for line in own if line))


def _kind_of(line: str) -> str:
    return {"##": "heading", "- ": "list", "| ": "table"}.get(line[:2], "text")


def _inline(text: str) -> Inline:
    pieces: list[tuple[str, str]] = []
    end = 0
    for match in _INLINE.finditer(text):
        pieces.append(("text", text[end : match.start()]))
        pieces.append(("code", match[1]) if match[1] else ("em", match[2]))
        end = match.end()
    return tuple(piece for piece in (*pieces, ("text", text[end:])) if piece[1])


def card(version: DatasetVersion) -> str:
    """Write the card of a version whose counts and manifest are known."""
    counts, manifest, spec = version.counts, version.manifest, latest_version(version.dataset.task).spec
    teachers = [teacher for teacher in counts["teachers"] if teacher != "(none)"]
    parts = [
        f"# {version.dataset.name}, version {version.number}",
        f"Judged drafts of the task *{version.dataset.task.name}*. {INTENDED}",
        "\n".join(_head(version)),
        "## Rows",
        _table("Split", counts["splits"]),
        _table("Verdict", counts["verdicts"]),
        *(_table(name.replace("_", " ").capitalize(), balance) for name, balance in counts.get("balance", {}).items()),
        f"{counts['groups']:,} {spec.group_nouns}; each {spec.group_noun} is in one split only, fixed when its first record was imported.",
        "## What was left out, and why",
        _waterfall(counts["waterfall"], counts["golds"], counts.get("machine", 0)),
        _contradictions(counts.get("contradictions")),
        "Samples that were revoked or erased before are not counted.",
        "## Where the text comes from",
        _sources(counts.get("sources", [])),
        _table("Task version", counts.get("task_versions", {})),
        _table("Teacher", counts["teachers"]),
        _table("Model", counts.get("models", {})),
        _table("Origin", counts["origins"]),
        *(f"- {note}" for notes in ports.card_notes(teachers) for note in notes),
        "## Who judged",
        _table("Reviewer", counts["reviewers"]),
        "\n".join(_judging(counts)),
        *_outcomes(counts.get("outcomes"), version.filters),
        reply_pairs.card_line(counts.get("pairs", {}), version.filters),
        unjudged.card_line(manifest.get("unjudged")),
        "## Between the splits",
        "\n".join(_leakage(manifest["leakage"], spec)),
        "## Personal data",
        "\n".join(_personal(manifest["personal_data"])),
        "## Licence",
        "None stated. If you pass the data on, state a licence that the sources and teachers above allow.",
        "## Known limits",
        *_limits(spec, dataset_filters.parse(version.filters).near_duplicates),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(version: DatasetVersion) -> Iterator[str]:
    yield f"- Content hash: `{version.content_hash}`"
    if version.frozen_at:
        yield f"- Frozen: {version.frozen_at:%Y-%m-%d %H:%M} UTC"
    if as_of := version.filters.get("as_of"):
        yield f"- As of: {as_of}"
    if until := version.filters.get("outcomes_until"):
        yield f"- Outcomes of mails: those reported by {until}"
    if version.note:
        yield f"- Note: {version.note}"
    if version.drops_reasoning:
        yield "- Reasoning: left out of what a student reads and writes; the format `raw` keeps it"
    if change := version.counts.get("change"):
        change_words = ", ".join(f"{change[kind]:,} {kind}" for kind in ("added", "removed", "changed"))
        yield f"- Since version {change['since']}: {change_words}"


def _waterfall(lines: Sequence[Mapping[str, Any]], golds: int, machine: int) -> str:
    also = ", and drafts that a judge accepted" if machine else ""
    rows = [f"| Judged drafts{also} | | {golds:,} |"]
    rows += [f"| {line['label']} | −{line['dropped']:,} | {line['left']:,} |" for line in lines if line["dropped"]]
    return "\n".join(["| Step | Dropped | Left |", "| --- | ---: | ---: |", *rows])


def _contradictions(counts: Mapping[str, int] | None) -> str:
    if not counts:
        return ""
    is_single = counts["inputs"] == 1
    return (
        f"{counts['inputs']:,} {'input is' if is_single else 'inputs are'} answered differently by {counts['golds']:,} examples; "
        f"{counts['rows']:,} of these are rows of this version."
    )


def _sources(sources: Sequence[Mapping[str, Any]]) -> str:
    if not sources:
        return ""
    rows = [
        f"| {_cell(source['name'])}{' (synthetic)' if source.get('is_synthetic') else ''} | {_cell(source['note']) or 'not stated'} | `{source['sha256'][:12]}` | {source['rows']:,} |"
        for source in sources[:LISTED]
    ]
    return "\n".join(["| Source | Provenance | SHA-256 | Rows |", "| --- | --- | --- | ---: |", *rows])


def _outcomes(counts: Mapping[str, Any] | None, filters: Mapping[str, Any]) -> Iterator[str]:
    if not counts:
        return
    labels = {MailOutcome(name).label: n for name, n in counts["rows"].items()}
    yield "## Campaign results"
    yield _table("Outcome", labels) or "No row of this version was sent."
    lines = [
        f"- Whose mail had the outcome *{MailOutcome(name).label}*: written {times} times in the training file of `sft`."
        for name, times in filters.get("outcome_weights", {}).items()
    ]
    if simulated := counts["simulated"]:
        lines.append(f"- Sent to simulated inboxes, whose answers are made up: {simulated:,} rows.")
    yield "\n".join(lines)


def _judging(counts: Mapping[str, Any]) -> Iterator[str]:
    if machine := counts.get("machine"):
        yield (
            f"- Accepted by a judge and read by no person: {machine:,} {'row' if machine == 1 else 'rows'}; experts' verdicts on other "
            "drafts confirm the judge, and random audits continue."
        )
    yield f"- Judged in bulk, not one by one: {counts['bulk']:,} rows."
    yield f"- Imported verdicts: {counts['imported']:,} rows."
    agreeing = counts.get("agreement", {})
    if not agreeing.get("drafts"):
        yield "- Agreement: no draft of the task was judged by two people, so it is unknown."
        return
    line = f"- Agreement on {agreeing['drafts']:,} drafts of the task that several judged, blind to each other"
    if agreeing["alpha"] is None or not agreeing["is_enough"]:
        yield f"{line}: too few to say."
        return
    interval = f", 95 % interval {agreeing['low']:.2f} to {agreeing['high']:.2f}" if agreeing["low"] is not None else ""
    same = f"; {agreeing['same']:.0%} of pairs gave the same verdict" if agreeing["same"] is not None else ""
    yield f"{line}: Krippendorff's alpha {agreeing['alpha']:.2f}{interval}{same}."


def _leakage(leakage: Mapping[str, Any], spec: TaskSpec) -> Iterator[str]:
    yield f"- {spec.group_nouns.capitalize()} in two splits: {leakage['company_in_two_splits']:,}; web domains: {leakage['domain_in_two_splits']:,}."
    yield f"- Contacts in two splits: {leakage['contact_in_two_splits']:,}."
    shared = ", ".join(
        f"{leakage[f'{kind}_in_two_splits']:,} {kind}{'' if kind == 'facts' else 's'}"
        for kind in ("prompt", "facts", "text")
        if f"{kind}_in_two_splits" in leakage
    )
    with_training = "training text" if "text_in_two_splits" in leakage else "training facts"
    yield f"- Word for word in two splits: {shared}."
    yield (
        f"- {leakage['test_rows_with_a_run_from_train']:,} of {leakage['test_rows']:,} test rows share a sequence of "
        f"{leakage['run_words']} words with {with_training} ({leakage['share_of_test_runs_in_train']:.2%} of such sequences)."
    )


def _personal(findings: Mapping[str, Any]) -> Iterator[str]:
    done = {"keep": "kept as it is", "mask": "masked in every format", "refuse": "refused; none was found"}
    yield f"Detected by patterns in {findings['rows']:,} rows, and {done[findings['policy']]}."
    yield ""
    for kind, counted in findings["kinds"].items():
        yield f"- {KINDS[kind]}: {counted['places']:,} in {counted['rows']:,} rows."


def _limits(spec: TaskSpec, bound: float | None) -> list[str]:
    compared = "records" if selection.writes_no_prose(spec) else "texts"
    alike = f"are {compared} that share at least {100 * (bound or 0):g} % of their five-word shingles (Jaccard); paraphrases are not"
    slots = "; declared slots are filled only when a mail is sent" if is_mail(spec) else ""
    return [
        "- A text is right in the eyes of the people above, on the day they judged it; facts may have changed since.",
        f"- Personal data that is not written like personal data is not found{slots}.",
        f"- Near-duplicates {'were kept' if bound is None else alike}.",
        f"- {spec.group_nouns.capitalize()} are distinguished by name and web domain; two that share neither may still be the same.",
    ]


def _table(head: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    named = list(counts.items())
    rows = [f"| {_cell(key)} | {n:,} |" for key, n in named[:LISTED]]
    if rest := named[LISTED:]:
        rows.append(f"| {len(rest):,} more | {sum(n for _, n in rest):,} |")
    return "\n".join([f"| {head} | Rows |", "| --- | ---: |", *rows])


def _cell(text: str) -> str:
    return " ".join(str(text).replace("|", "\\|").split())


def provenance(version: DatasetVersion) -> dict[str, Any]:
    """Sources, task versions, models and agreement, as plain data.

    Args:
        version: Its rows must have been written.
    """
    rows = DatasetRow.objects.filter(version=version).order_by()
    source = "draft__record__source__"
    columns = [f"{source}name", f"{source}provenance", f"{source}sha256", f"{source}synthetic_job"]
    sources = rows.values_list(*columns).annotate(n=Count("pk")).order_by("-n")
    numbers = rows.values_list("draft__task_version__number").annotate(n=Count("pk"))
    models = rows.values_list("draft__model").annotate(n=Count("pk")).order_by("-n")
    return {
        "sources": [
            {"name": name, "note": note, "sha256": sha256, "rows": n} | ({"is_synthetic": True} if job else {})
            for name, note, sha256, job, n in sources
        ],
        "task_versions": {f"v{number}": n for number, n in sorted(numbers)},
        "models": {model or "(none)": n for model, n in models},
        "agreement": _agreement(version.dataset.task),
    }


def _agreement(task: Task) -> dict[str, Any]:
    verdict = next(line for line in agreement.report_now(task).lines if line.key == "verdict")
    alpha, same = verdict.alpha, verdict.same
    return {
        "drafts": alpha.units,
        "verdicts": alpha.ratings,
        "alpha": alpha.value,
        "low": alpha.low,
        "high": alpha.high,
        "same": same.value if same else None,
        "is_enough": verdict.is_enough,
    }
