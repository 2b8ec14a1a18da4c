"""A run on a part of a version: so many records of some of its rows, drawn by seed.

Refuses what the version does not hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from review.datasets import queries
from review.datasets.exports import UNJUDGED
from review.models import DatasetFile, DatasetVersion
from review.states import Split, Verdict
from training.inputs import expert_minutes, segments, tuning_data
from training.inputs.tuning_data import ROWS_OF, RowOutline
from training.states import SampleOf
from web.errors import Refusal

PROMPT = "prompt"
# Of such rows nobody found every text fit to imitate.
UNFILTERED: Final = frozenset({SampleOf.WRITTEN, SampleOf.LONGEST, SampleOf.RAW})
ORIGINAL = ":original"
LEFT_OUT: Final = "left_out"


@dataclass(frozen=True)
class Sample:
    """Number of records that a run sees, of which rows, and the seed that draws them. Samples of one seed are nested.

    Records are drawn by their prompts, so that the same data gives the same sample wherever it was imported. With
    `one_each` a record brings one of its rows, drawn by the same seed, so that samples of as many records hold as many
    texts. With `leaves_out` the run leaves out, and counts, rows that its recipe cannot read whole, where it would
    refuse. With `minutes` the sample is what so many expert minutes buy, however many records that are: as texts to
    imitate, pairs or labelled texts (`reads`), half of the minutes spent on a miniature's own drafts where
    `with_miniature`.
    With `fact` only those of the drawn records are kept of which that fact says one of `says`.
    """

    records: int
    seed: int
    of: SampleOf = SampleOf.ACCEPTED_OR_EDITED
    one_each: bool = False
    leaves_out: bool = False
    minutes: int = 0
    reads: str = "sft"
    with_miniature: bool = False
    fact: str = ""
    says: tuple[str, ...] = ()


def rows_of(version: DatasetVersion, sample: Sample) -> list[RowOutline]:
    """Training rows of a sample, in the order of the file.

    Raises:
        Refusal: 409 not frozen; 422 fewer records than wanted, or fewer rows than a run takes.
    """
    if sample.minutes:
        return _bought_rows(version, sample)
    kept = rows_to_draw_from(version, sample.of)
    there = len({row.record for row in kept})
    if sample.records > there:
        raise Refusal(
            "too_few_records",
            f"{sample.records} training records are wanted; {version} holds {there}.",
            hint=f"Ask for {there} at most, or freeze a larger version.",
        )
    if sample.of == SampleOf.LONGEST:
        rows = _longest(kept, sample.records)
    else:
        kept = _one_each(kept, sample.seed) if sample.one_each else kept
        rows = tuning_data.draw_rows(kept, records=sample.records, seed=sample.seed)
    if sample.fact:
        values = segments.values_of((row.record for row in rows), sample.fact)
        rows = [row for row in rows if values.get(row.record, "") in sample.says]
    if len(rows) < tuning_data.MIN_TRAIN_ROWS:
        raise Refusal(
            "sample_too_small",
            f"{sample.records} records give {len(rows)} training rows; "
            f"a run takes at least {tuning_data.MIN_TRAIN_ROWS}.",
            hint="Ask for more records.",
        )
    return rows


def rows_to_draw_from(version: DatasetVersion, of: SampleOf) -> list[RowOutline]:
    """All training rows of a kind, in the order of the file.

    Raises:
        Refusal: 409 not frozen, 422 `no_unjudged_drafts`.
    """
    rows = tuning_data.outlines(train_file(version, of))
    if of in (SampleOf.ACCEPTED_OR_EDITED, SampleOf.RAW):
        return list(rows)
    if of == SampleOf.ACCEPTED:
        return [row for row in rows if row.verdict == Verdict.ACCEPT]
    # What stood before an edit has a row of its own; then the edited text is not what was written.
    edited = {row.id.removesuffix(ORIGINAL) for row in rows if row.id.endswith(ORIGINAL)}
    return [row for row in rows if row.id not in edited]


def train_file(version: DatasetVersion, of: SampleOf, reads: str = "sft") -> DatasetFile:
    """The file that holds such rows: labelled ones hold drafts that were rejected, and what stood before an edit.

    Raises:
        Refusal: 409 not frozen; 422, `no_unjudged_drafts`: it was frozen without them, or none were waiting.
    """
    if of == SampleOf.RAW:
        return _unjudged_file(version)
    reads = "kto" if of in UNFILTERED else reads
    files = tuning_data.tuning_data_of(version, reads)
    if files is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    return files.train


def _unjudged_file(version: DatasetVersion) -> DatasetFile:
    file = queries.file_of(version, Split.TRAIN, UNJUDGED)
    if file is None:
        message = f"{version} was frozen without unjudged drafts, so there is no raw data to tune on."
        raise Refusal(
            "no_unjudged_drafts",
            message,
            hint="Freeze a version with unjudged drafts while some of the same orders wait on the desk.",
            errors={"raw": [message]},
        )
    return file


def keep_rows(file: Path, rows: Sequence[RowOutline], *, reads: str = "sft") -> None:
    """Leave only these rows in a copy of a training file; of texts to imitate labels go."""
    row_ids = {row.id for row in rows}
    kept = []
    for line in file.read_bytes().splitlines(keepends=True):
        row = json.loads(line)
        if str(row["id"]) not in row_ids:
            continue
        is_labelled = reads == "sft" and row.pop("label", None) is not None
        kept.append((json.dumps(row, ensure_ascii=False) + "\n").encode() if is_labelled else line)
    file.write_bytes(b"".join(kept))


def as_json(sample: Sample, rows: Sequence[RowOutline]) -> dict[str, Any]:
    """A sample as it is kept with its run; the hash is of the ids of its rows."""
    kept = {
        "records": sample.records,
        "seed": sample.seed,
        "rows": len(rows),
        "rows_sha256": tuning_data.hash_of(rows),
    }
    if sample.of != SampleOf.ACCEPTED_OR_EDITED:
        kept["of"] = str(sample.of)
    if sample.one_each:
        kept["one_each"] = True
    if sample.leaves_out:
        kept["too_long"] = LEFT_OUT
    if sample.minutes:
        kept |= {"records": len({row.record for row in rows}), "minutes": sample.minutes, "reads": sample.reads}
        kept |= {"with_miniature": True} if sample.with_miniature else {}
    if sample.fact:
        kept |= {"records": len({row.record for row in rows}), "of_records": sample.records}
        kept |= {"fact": sample.fact, "says": list(sample.says)}
    return {**kept, "drawn_by": PROMPT}


def from_json(values: dict[str, Any]) -> Sample:
    of = SampleOf(values.get("of", SampleOf.ACCEPTED_OR_EDITED))
    return Sample(
        int(values.get("of_records", values["records"])),
        int(values["seed"]),
        of=of,
        one_each=bool(values.get("one_each")),
        leaves_out=values.get("too_long") == LEFT_OUT,
        minutes=int(values.get("minutes", 0)),
        reads=str(values.get("reads", "sft")),
        with_miniature=bool(values.get("with_miniature")),
        fact=str(values.get("fact", "")),
        says=tuple(values.get("says", ())),
    )


def require_filtered(sample: dict[str, Any], *, name: str) -> None:
    """Refuse to put to work what was tuned on unfiltered texts, to answer a study.

    Args:
        sample: The run's sample, as it was kept; empty of a run on all rows.
        name: How pages call what it made.

    Raises:
        Refusal: 409, it was tuned on drafts regardless of their verdicts.
    """
    of = from_json(sample).of if sample else SampleOf.ACCEPTED_OR_EDITED
    if of in UNFILTERED:
        drafts = "unjudged drafts" if of == SampleOf.RAW else "drafts regardless of their verdicts"
        raise Refusal(
            "tuned_unfiltered",
            f"{name} was tuned on {drafts}, to answer a study.",
            hint="Tune one on accepted and edited texts.",
            status=409,
        )


def _bought_rows(version: DatasetVersion, sample: Sample) -> list[RowOutline]:
    """Rows of one format whose drafts the minutes buy; of pairs, edits over their originals."""
    paid = expert_minutes.bought_of(
        version, minutes=sample.minutes, seed=sample.seed, with_miniature=sample.with_miniature
    )
    decisions = {draft.decision for draft in paid}
    file = train_file(version, sample.of, sample.reads)
    rows = [row for row in tuning_data.outlines(file) if row.decision in decisions]
    if sample.reads == "dpo":
        rows = [row for row in rows if row.kind == Verdict.EDIT]
    called, hint = ROWS_OF[sample.reads]
    if len(rows) < tuning_data.MIN_TRAIN_ROWS:
        message = (
            f"{sample.minutes} expert minutes buy {len(paid)} judged drafts with seed {sample.seed}, and {len(rows)} "
            f"{called} of them; a run takes at least {tuning_data.MIN_TRAIN_ROWS}."
        )
        raise Refusal("sample_too_small", message, hint=f"Give more minutes. {hint}", errors={"minutes": [message]})
    if sample.reads == "kto" and len({row.kind in (Verdict.ACCEPT, Verdict.EDIT) for row in rows}) == 1:
        message = f"{sample.minutes} expert minutes buy verdicts of one kind only with seed {sample.seed}."
        raise Refusal("one_sided", message, hint=f"Give more minutes. {hint}", errors={"minutes": [message]})
    return rows


def _one_each(rows: Sequence[RowOutline], seed: int) -> list[RowOutline]:
    """One row of each record, drawn by the seed; in the order of the file."""

    def place(row: RowOutline) -> tuple[bytes, str]:
        return hashlib.sha256(f"{seed}:{row.id}".encode()).digest(), row.id

    drawn: dict[str, RowOutline] = {}
    for row in sorted(rows, key=place):
        drawn.setdefault(row.record, row)
    chosen = {row.id for row in drawn.values()}
    return [row for row in rows if row.id in chosen]


def _longest(rows: Sequence[RowOutline], records: int) -> list[RowOutline]:
    """Longest answer of each record, of the records where that is longest; in the order of the file."""
    longest: dict[str, RowOutline] = {}
    for row in sorted(rows, key=lambda row: (-row.answer_characters, row.prompt_hash, row.id)):
        longest.setdefault(row.record, row)
    chosen = {row.id for row in list(longest.values())[:records]}
    return [row for row in rows if row.id in chosen]
