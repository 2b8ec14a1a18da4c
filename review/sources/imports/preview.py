"""Preview of an import: columns, mapping, sample rows, and every bad row. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from review.models import Draft, Task
from review.sources.imports import notation, split_preview
from review.sources.imports.annotated import open_export
from review.sources.imports.cell_texts import text_of
from review.sources.imports.chat_logs import ChatTable, open_drafts
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.column_mapping import ColumnMapping, TargetField, guess_mapping, target_fields
from review.sources.imports.notation import FoundNotation
from review.sources.imports.read_rows import ReadRow, check_mapping, read_rows
from review.sources.imports.record_import import companies_of_file, growing_chunks
from review.sources.imports.record_matching import NAMELESS, DraftColumns, RecordMatcher, call_id, fitting, is_nameless
from review.sources.imports.record_names import NameMatch
from review.sources.imports.result import RowError, RowTally
from review.sources.imports.split_preview import SplitPlan
from review.sources.imports.tables import RowSource, Table
from review.sources.imports.tables.delimited import DELIMITERS
from review.sources.imports.tables.text_encoding import ENCODINGS
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import SourceKind
from web.errors import Refusal

SAMPLE_ROWS = 8
# Refusals that the choices on the page can mend.
UNFIT = frozenset({"mapping_invalid", "dates_ambiguous"})


@dataclass(frozen=True)
class FileForm:
    """Form in which a file was read, and the sheets to choose from.

    Attributes:
        encoding: The codec; empty where the file is no text.
        is_guess: Whether it was told by the letters alone.
        cells: How its numbers and dates are written.
        delimiter: What parts the cells of a CSV.
        header: Number of the row that names its columns; 0 where no row does.
        notes: What of it came in another form than it stood in.
    """

    encoding: str
    is_guess: bool
    cells: FoundNotation
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    delimiter: str = ""
    header: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Table, cells: FoundNotation, notes: tuple[str, ...] = ()) -> FileForm:
        return cls(
            table.encoding,
            table.is_guess,
            cells,
            table.sheets,
            table.sheet,
            table.delimiter if table.format == "csv" else "",
            table.header,
            (*table.notes, *notes),
        )

    @property
    def signature(self) -> str:
        """Equal where two readings of a file have the same columns."""
        return f"{self.encoding}|{self.sheet}|{self.delimiter}|{self.header}"

    @property
    def parted_by(self) -> str:
        return next((name for name, sign in DELIMITERS.items() if sign == self.delimiter), "")

    @property
    def words(self) -> str:
        return ENCODINGS.get(self.encoding, "")


@dataclass(frozen=True)
class ImportPreview:
    """A file as the task would read it.

    Attributes:
        format: `csv`, `jsonl`, `json`, or `chat` for a chat log.
        encoding: The codec that reads it.
        samples: First rows as texts, in the order of the columns.
        mapping: Column to field, as given or guessed.
        targets: The fields a column may fill.
        unknown_columns: Columns that no field takes; they stay out.
        problems: What is wrong with the mapping, by column or field; empty when rows could be read.
        rows_bad: Bad rows under this mapping.
        rows_known: Rows that add nothing: repeats within the file, and what the task has; 0 where the task is not
            known.
        errors: The first hundred of them.
        form: How the file was read, where its reader may say otherwise.
        alike: Drafts whose records are found by a name that is written otherwise.
    """

    format: str
    encoding: str
    columns: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    mapping: ColumnMapping
    targets: tuple[TargetField, ...]
    unknown_columns: tuple[str, ...]
    problems: dict[str, list[str]]
    rows_total: int
    rows_bad: int
    errors: tuple[RowError, ...]
    form: FileForm | None = None
    plan: SplitPlan | None = None
    alike: tuple[NameMatch, ...] = ()
    rows_known: int = 0


def read_preview(
    path: Path,
    *,
    spec: TaskSpec,
    kind: SourceKind = SourceKind.RECORDS,
    mapping: ColumnMapping | None = None,
    defaults: dict[str, str] | None = None,
    choices: ImportChoices = AS_FOUND,
    task: Task | None = None,
) -> ImportPreview:
    """Read a whole file and say what would come of it.

    Args:
        spec: The task version whose input schema it is read by.
        mapping: Column to field; guessed from the names when None.
        defaults: A value for all rows, by fields that no column fills.
        task: Where its records would go; with it their splits are planned, and the records of drafts looked up.

    Raises:
        Refusal: The file itself cannot be read; a bad mapping stands in `problems` instead.
    """
    is_written = kind == SourceKind.DRAFTS
    table = open_drafts(path, spec, choices) if is_written else open_export(path, **choices.of_file).opened()
    fields = target_fields(spec, kind)
    mapping = guess_mapping(table.columns, fields) if mapping is None else mapping
    tally = RowTally()
    problems: dict[str, list[str]] = {}
    written, plan = FoundNotation(), None
    try:
        check_mapping(table, mapping, fields, defaults or {})
        written = notation.find(table, mapping, fields, choices)
        written.require_clear()
        rows = read_rows(table, mapping, fields, defaults or {}, tally, written.notation)
        if kind == SourceKind.RECORDS and task is not None:
            companies = companies_of_file(task, spec, table, mapping, fields, defaults or {}, written.notation, choices)
            plan = split_preview.plan(task, spec, companies, rows, tally)
        if kind == SourceKind.DRAFTS and task is not None:
            companies = companies_of_file(task, spec, table, mapping, fields, defaults or {}, written.notation, choices)
            _match(RecordMatcher(task, spec, companies), spec, rows, tally)
        for row in rows:
            if kind == SourceKind.DRAFTS and (problem := _unfit_draft(spec, row)):
                tally.refuse(row.number, problem)
    except Refusal as refusal:
        if refusal.code not in UNFIT:
            raise
        problems = refusal.errors
        tally.total = sum(1 for _ in table.rows())
    return ImportPreview(
        table.format,
        table.encoding,
        table.columns,
        samples(table),
        mapping,
        fields,
        (*(column for column in table.columns if not mapping.get(column)), *tally.late_columns),
        problems,
        tally.total,
        tally.bad,
        tuple(tally.errors),
        FileForm.of(table.table if isinstance(table, ChatTable) else table, written, tally.notes),
        plan,
        tuple(tally.alike),
        tally.known,
    )


def _match(matcher: RecordMatcher, spec: TaskSpec, rows: Iterable[ReadRow], tally: RowTally) -> None:
    """Find the record of each draft as its import would, and write nothing."""
    matching, calls = RowTally(), set[str]()
    for drafts in growing_chunks(fitting(spec, rows, tally)):
        records = match_drafts(matcher, drafts, matching)
        names = [call_id(record, draft.text_hash) for draft in drafts if (record := records.get(draft.row.number))]
        if matcher.may_know:
            calls.update(filter(None, Draft.objects.filter(call_id__in=names).values_list("call_id", flat=True)))
        for name in names:
            matching.known += name in calls
            calls.add(name)
    matching.alike = matcher.names.alike
    tally.merge(matching)


def match_drafts(matcher: RecordMatcher, drafts: Sequence[DraftColumns], tally: RowTally) -> dict[int, str]:
    """Find records of some drafts; return their ids by the rows' numbers, and count rows without one bad."""
    matcher.learn(drafts)
    matched = {}
    for draft in drafts:
        try:
            record = matcher.record_for(draft)
        except ValueError as error:
            tally.refuse(draft.row.number, str(error))
        else:
            matched[draft.row.number] = record
    matcher.fresh.clear()
    return matched


def _unfit_draft(spec: TaskSpec, row: ReadRow) -> str:
    """Why a row is no finished draft; empty where it is one."""
    try:
        normalise_fields(spec.output_schema, row.written)
    except ValueError as error:
        return str(error)
    return NAMELESS if is_nameless(spec, row.facts) else ""


def samples(table: RowSource) -> tuple[tuple[str, ...], ...]:
    """The first good rows of a table as short texts, in the order of its columns."""
    result = []
    for row in table.rows():
        if row.problem:
            continue
        result.append(tuple(short(row.values.get(column)) for column in table.columns))
        if len(result) == SAMPLE_ROWS:
            break
    return tuple(result)


def short(value: object) -> str:
    """Return a value on one line, cut after 80 characters."""
    text = " ".join(text_of(value).split())
    return text if len(text) <= 80 else f"{text[:79]}…"
