"""A tuned encoder, read from a folder as a run leaves it, asked what replies mean. Needs what tuning needs (torch)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from campaigns.replies.sorting import ReceivedReply
from campaigns.states import ReplyClass
from training.engine.classifier.loading import LoadedClassifier, load_classifier
from training.engine.classifier.prediction import predict
from training.engine.contracts import TrainError
from web.errors import Refusal

FIELD = "meaning"
# Of the reply's own words; most that matters is said sooner.
LONGEST = 256


def load(folder: Path) -> LoadedClassifier:
    """Read a miniature that sorts replies.

    Raises:
        Refusal: `no_sorter`; nothing that can be read lies there, or it has other labels.
    """
    try:
        classifier = load_classifier(folder, None, dtype=torch.float32)
    except TrainError as error:
        raise Refusal("no_sorter", f"No miniature can be read from {folder}: {error}.") from None
    labels = {each.name: each.labels for each in classifier.model.heads.fields}.get(FIELD, ())
    if set(labels) != set(ReplyClass.values):
        raise Refusal(
            "no_sorter", f"The miniature in {folder} does not sort replies by `{FIELD}` into the nine classes."
        )
    return classifier


def ask(sorter: LoadedClassifier, replies: Sequence[ReceivedReply]) -> list[Mapping[str, float]]:
    """Return the probability of each class, reply by reply; a reply that is too long is read from its beginning."""
    encoded = sorter.opened.tokenizer([each.read for each in replies], truncation=True, max_length=LONGEST)["input_ids"]
    answers = predict(sorter.model, sorter.model.heads, encoded, pad=sorter.opened.pad, device=torch.device("cpu"))
    return [each.probabilities[FIELD] for each in answers]
