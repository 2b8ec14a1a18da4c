"""Files that a downloaded miniature brings beside its weights: its card, and the rows behind the card's figures."""

from __future__ import annotations

from typing import Final

from evaluation.models import Evaluation
from review.datasets import write_version
from review.models import DatasetRow, TaskVersion
from review.spec.prompting import canonical_json
from serving.cards.card import MiniatureCard, card_of
from serving.cards.markdown import front_matter, markdown
from training.miniatures.zip_stream import README
from training.models import Miniature

FOLDER: Final = "card/"


def card_files(miniature: Miniature, export: str = "") -> dict[str, bytes]:
    """Return the files by path, for weights in the format of an export; `verify_miniature` reads those of the folder.

    The SHA-256 of `dataset.json` is the dataset's content hash, that of a task version its own.
    """
    card = card_of(miniature)
    files = {
        "card.json": canonical_json(card.as_json()),
        "card.md": markdown(card),
        **_task_versions(miniature),
        **_evaluations(card),
    }
    version = miniature.run.dataset_version
    if version.is_frozen:
        files["dataset.json"] = write_version.hashed_list(version.manifest["files"])
    readme = f"{front_matter(card, export=export)}\n{files['card.md']}"
    return {README: readme.encode()} | {f"{FOLDER}{name}": text.encode() for name, text in files.items()}


def _task_versions(miniature: Miniature) -> dict[str, str]:
    rows = DatasetRow.objects.filter(version=miniature.run.dataset_version_id).order_by()
    used = TaskVersion.objects.filter(task=miniature.run.task_id, number__in=rows.values("draft__task_version__number"))
    bodies = used.order_by("number").values_list("number", "body")
    return {f"task-version-{number}.json": canonical_json(body) for number, body in bodies}


def _evaluations(card: MiniatureCard) -> dict[str, str]:
    rows = Evaluation.objects.filter(pk__in=[scores.evaluation for scores in card.scores])
    hashes = {str(pk): records_hash for pk, records_hash in rows.values_list("pk", "records_hash")}
    return {
        f"evaluation-{scores.evaluation}.json": canonical_json(
            {
                "id": scores.evaluation,
                "split": scores.split,
                "at": scores.at,
                "opening": scores.opening,
                "records_hash": hashes[scores.evaluation],
                "summary": scores.summary,
            }
        )
        for scores in card.scores
    }
