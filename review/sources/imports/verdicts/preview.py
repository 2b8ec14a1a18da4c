"""Preview of an import of verdicts: columns, words and reviewers found, and every bad row. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from review.models import Draft, Task
from review.sources.imports import notation
from review.sources.imports.annotated import open_export
from review.sources.imports.cell_values import PLAIN
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.column_mapping import ColumnMapping
from review.sources.imports.notation import FoundNotation
from review.sources.imports.preview import UNFIT, FileForm, ImportPreview, match_drafts, samples
from review.sources.imports.read_rows import ReadRow, check_mapping, read_rows
from review.sources.imports.record_import import companies_of_file
from review.sources.imports.record_matching import NAMELESS, RecordMatcher, fitting, is_nameless
from review.sources.imports.result import RowTally
from review.sources.imports.verdicts import parse_row
from review.sources.imports.verdicts.named_drafts import named_drafts, names_draft
from review.sources.imports.verdicts.targets import (
    REVIEWER,
    VERDICT,
    check_verdict_columns,
    guess_judged,
    judged_targets,
)
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from web.db.chunks import chunked
from web.errors import Refusal

# A column with more words than this holds no verdicts.
MOST_WORDS = 40
CHUNK = 500


@dataclass(frozen=True, slots=True)
class VerdictWord:
    """One word of the verdict's column: how often it comes, and what it is taken to mean (nothing when untold)."""

    word: str
    count: int
    means: str


@dataclass(frozen=True, slots=True)
class JudgedPreview:
    """A file of verdicts as the task would read it.

    Attributes:
        tool: Whose export it is; empty for a plain table.
        words: Words of the verdict's column, the most frequent first.
        reviewers: Who gave how many, the busiest first.
        by_verdict: How many would be recorded, by verdict.
        left_out: Rows whose word means to leave them out.
    """

    preview: ImportPreview
    tool: str
    words: tuple[VerdictWord, ...]
    reviewers: tuple[tuple[str, int], ...]
    by_verdict: dict[str, int]
    left_out: int

    @property
    def good(self) -> int:
        return sum(self.by_verdict.values())


def read_judged_preview(
    path: Path,
    *,
    spec: TaskSpec,
    mapping: ColumnMapping | None = None,
    defaults: dict[str, str] | None = None,
    verdicts: Mapping[str, str] | None = None,
    choices: ImportChoices = AS_FOUND,
    task: Task | None = None,
) -> JudgedPreview:
    """Read a whole file of verdicts and say what would come of it.

    Args:
        spec: The task version it is read by.
        mapping: Column to field; guessed from the names when None.
        defaults: A value for all rows.
        verdicts: What each word means; guessed where it is not given.
        task: Where the verdicts would go; with it their drafts and records are looked up.

    Raises:
        Refusal: The file itself cannot be read; a bad mapping stands in the preview's `problems` instead.
    """
    table = open_export(path, is_judged=True, **choices.of_file)
    fields = judged_targets(spec)
    mapping = guess_judged(spec, table.columns) if mapping is None else mapping
    look = _Look(spec, verdicts or {})
    problems: dict[str, list[str]] = {}
    written = FoundNotation()
    try:
        check_mapping(table, mapping, fields, defaults or {})
        check_verdict_columns(spec, mapping, defaults or {})
        written = notation.find(table, mapping, fields, choices)
        written.require_clear()
        look.notation = written.notation
        matcher = None
        if task is not None:
            companies = companies_of_file(task, spec, table, mapping, fields, defaults or {}, written.notation, choices)
            matcher = RecordMatcher(task, spec, companies)
        for rows in chunked(read_rows(table, mapping, fields, defaults or {}, look.tally, look.notation), CHUNK):
            look.add(task, matcher, rows)
        problems = look.problems()
    except Refusal as refusal:
        if refusal.code not in UNFIT:
            raise
        problems = refusal.errors
        look.tally.total = sum(1 for _ in table.rows())
    return look.seen(
        ImportPreview(
            table.format,
            table.encoding,
            table.columns,
            samples(table),
            mapping,
            fields,
            tuple(column for column in table.columns if not mapping.get(column)),
            problems,
            look.tally.total,
            look.tally.bad,
            tuple(look.tally.errors),
            FileForm.of(table, written, look.tally.notes),
            alike=tuple(look.tally.alike),
        ),
        table.tool,
    )


class _Look:
    def __init__(self, spec: TaskSpec, verdicts: Mapping[str, str]) -> None:
        self._spec, self._verdicts, self._now = spec, verdicts, timezone.now()
        self.tally, self.notation = RowTally(), PLAIN
        self._words: Counter[str] = Counter()
        self._reviewers: Counter[str] = Counter()
        self._verdict_counts: Counter[str] = Counter()
        self._left_out = 0

    def add(self, task: Task | None, matcher: RecordMatcher | None, rows: Sequence[ReadRow]) -> None:
        """Read rows as the import would; without a task, drafts that are named by id are not looked up."""
        for row in rows:
            if word := parse_row.word_of(row.said.get(VERDICT)):
                self._words[word] += 1
            if who := parse_row.word_of(row.said.get(REVIEWER)):
                self._reviewers[who] += 1
        for row, draft in named_drafts(task, rows, self.tally) if task else ():
            if verdict := self._verdict(row, draft):
                self._verdict_counts[verdict] += 1
        texts = [row for row in rows if not names_draft(row)]
        self._match(matcher, [(row, verdict) for row in texts if (verdict := self._verdict(row, None))])

    def _verdict(self, row: ReadRow, draft: Draft | None) -> str:
        """Return what a row says of a draft that is here, or of its own text; nothing when it is bad or left out."""
        spec = draft.task_version.spec if draft else self._spec
        try:
            fields = draft.fields if draft else normalise_fields(spec.output_schema, row.written)
            verdict = parse_row.parse_row(spec, row.said, fields, self._verdicts, now=self._now, notation=self.notation)
        except ValueError as error:
            self.tally.refuse(row.number, str(error))
            return ""
        if verdict is None:
            self._left_out += 1
        elif draft is None and is_nameless(spec, row.facts):
            self.tally.refuse(row.number, NAMELESS)
        else:
            return verdict.verdict
        return ""

    def _match(self, matcher: RecordMatcher | None, judged: Sequence[tuple[ReadRow, str]]) -> None:
        """Count verdicts on texts; where the task is known, those whose texts find their records."""
        rows = [row for row, _ in judged]
        matched = {row.number for row in rows}
        if matcher is not None:
            matched = set(match_drafts(matcher, list(fitting(self._spec, rows, self.tally)), self.tally))
            self.tally.alike = matcher.names.alike
        self._verdict_counts.update(verdict for row, verdict in judged if row.number in matched)

    def problems(self) -> dict[str, list[str]]:
        if len(self._words) <= MOST_WORDS:
            return {}
        return {VERDICT: [f"This column holds {len(self._words)} different words, so it is not a verdict."]}

    def seen(self, preview: ImportPreview, tool: str) -> JudgedPreview:
        words = tuple(
            VerdictWord(word, count, parse_row.meaning_of(word, self._verdicts))
            for word, count in self._words.most_common(MOST_WORDS)
        )
        return JudgedPreview(
            preview, tool, words, tuple(self._reviewers.most_common()), dict(self._verdict_counts), self._left_out
        )
