"""Write the evidence file of a miniature. Who may have it, and where it is kept, is not known here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.db import connection, transaction

from review.models import DatasetRow
from serving.cards.card import card_of
from serving.cards.markdown import markdown
from serving.evidence import audit_parts, data_parts, layout, model_parts
from serving.evidence.archive import EvidenceZip
from training.models import Miniature
from web.errors import Refusal

_README = """# Evidence file of {name}

`manifest.json` names every file with its SHA-256, and a digest over all of them. Check it, without a database, by

    python manage.py verify_evidence FILE.zip --digest DIGEST

with the digest that was told when the file was made; it stands in the audit trail too. Members are named by their id; the dataset's own card and rows name reviewers as exports do.
See docs/cards.md for what each file holds.
"""


def make(miniature: Miniature, target: IO[bytes], *, with_rows: bool) -> str:
    """Write the evidence file of a miniature; returns its digest. The same state gives the same bytes.

    Args:
        miniature: The miniature; its dataset version is frozen here.
        target: An open file, written from where it stands.
        with_rows: Whether the dataset's rows and reviewers' remarks come too.

    Raises:
        Refusal: 409, a file of the dataset's rows is not in storage.
    """
    try:
        with one_state():
            return _write(miniature, target, with_rows=with_rows)
    except FileNotFoundError:
        raise Refusal(
            "files_missing",
            "A file of the dataset version is not in storage, so its rows cannot be put in.",
            hint="Make the file without the rows, or bring the storage back from a backup.",
            status=409,
        ) from None


@contextmanager
def one_state() -> Iterator[None]:
    """Read one state of the database throughout, however long it takes: on PostgreSQL, unless a transaction is under way already.

    SQLite would keep writers waiting meanwhile; there what is written in between may stand in one part and not in another.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _write(miniature: Miniature, target: IO[bytes], *, with_rows: bool) -> str:
    archive = EvidenceZip(target)
    try:
        archive.add(layout.README, [_README.format(name=miniature.name).encode()])
        card = card_of(miniature)
        archive.add_json(layout.MINIATURE, model_parts.miniature_facts(miniature))
        archive.add_json(layout.CARD, card.as_json())
        archive.add(layout.CARD_TEXT, [markdown(card).encode()])
        _write_data(archive, miniature, with_rows=with_rows)
        _write_model(archive, miniature)
        _write_audit(archive, miniature)
    except BaseException:
        archive.abandon()
        raise
    return archive.close(miniature=str(miniature.pk), slug=miniature.slug, with_rows=with_rows)


def _write_data(archive: EvidenceZip, miniature: Miniature, *, with_rows: bool) -> None:
    run, version = miniature.run, miniature.run.dataset_version
    rows = DatasetRow.objects.filter(version=version).order_by()
    numbers = {run.task_version.number, *rows.values_list("draft__task_version__number", flat=True).distinct()}
    archive.add_lines(layout.TASK_VERSIONS, data_parts.task_versions(run.task, numbers))
    archive.add(layout.GUIDELINE, [data_parts.guideline(run.task_version.spec).encode()])
    archive.add_json(layout.VERSION, data_parts.version_facts(version))
    archive.add(layout.DATA_CARD, [version.card.encode()])
    archive.add_lines(layout.ROW_HASHES, data_parts.row_hashes(version))
    archive.add_lines(layout.DECISIONS, data_parts.decisions(version, with_notes=with_rows))
    for file in data_parts.files_of(version) if with_rows else ():
        archive.add(f"{layout.ROWS_FOLDER}{file.format}.{file.split}.jsonl", data_parts.blocks(file))


def _write_model(archive: EvidenceZip, miniature: Miniature) -> None:
    archive.add_json(layout.RUN, model_parts.run_facts(miniature.run))
    archive.add_lines(layout.METRICS, model_parts.metrics(miniature.run))
    archive.add_lines(layout.EVALUATIONS, model_parts.evaluations(miniature.run))
    archive.add_lines(layout.OPENINGS, model_parts.openings(miniature.run))
    archive.add_lines(layout.PROMOTIONS, model_parts.promotions(miniature))
    archive.add_lines(layout.GATE, model_parts.gate_results(miniature))
    archive.add_lines(layout.REGISTRATIONS, model_parts.registrations(miniature))


def _write_audit(archive: EvidenceZip, miniature: Miniature) -> None:
    part = audit_parts.TrailPart(miniature)
    archive.add_lines(layout.AUDIT_ROWS, part.rows())
    archive.add_lines(layout.AUDIT_DAYS, part.days())
    for day in sorted(part.days_with_rows):
        archive.add(f"{layout.LEAVES_FOLDER}{day.isoformat()}.txt", audit_parts.leaves(day))
    archive.add_lines(layout.RIGHTS_HISTORY, part.rights)
    archive.add_lines(layout.RIGHTS_NOW, audit_parts.rights_now(miniature))
