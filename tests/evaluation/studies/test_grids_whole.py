"""Studies of samples, methods, the human filter and students with real engines,
from registration to verdict and page.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from evaluation.models import Study
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from evaluation.studies.kinds.filter_ import ACCEPTED, EDITED, EVERY, LONGEST, UNFILTERED
from members.models import Member
from review.models import DatasetVersion
from tests.evaluation.studies.test_compared_arms import judged
from tests.evaluation.studies.whole import SHAPE, carried
from tests.review import factories
from tests.training.classifiers import SEVERAL, freeze_labels, triage_spec
from tests.training.test_kinds import model_folder, tiny
from training.models import Student
from training.students import registration

__all__ = ["judged", "model_folder", "tiny"]
pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.stress,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("forked"),
]
SEEDS = (1, 2, 3)
DECODERS = ("Gemma3Text", "Qwen3", "Phi3", "Mistral")


def asks(kind: str, **more: Any) -> StudyRequest:
    recipes = {"lora": "demo", "full": "demo-full"}
    return StudyRequest(kind=kind, **{"seeds": SEEDS[:2], "epochs": 1, "recipes": recipes, **more})


@pytest.fixture
def family(tiny: Student, model_folder: Path, admin: Member) -> Callable[..., Student]:
    """Registers a freshly drawn student of a family of decoders, or of T5."""

    def register(name: str, **more: Any) -> Student:
        import torch
        import transformers

        from tests.training.engine.conftest import make_tokenizer
        from tests.training.engine.seq2seq.conftest import make_seq2seq, make_seq2seq_tokenizer

        folder = model_folder.parent / name.lower()
        if not folder.exists():
            tokenizer = make_seq2seq_tokenizer("t5") if name == "T5" else make_tokenizer()
            tokenizer.save_pretrained(folder)
            torch.manual_seed(7)
            if name == "T5":
                model = make_seq2seq("t5", len(tokenizer))
            else:
                shape = {**SHAPE, "head_dim": 16, "vocab_size": len(tokenizer), **more}
                config = getattr(transformers, f"{name}Config")(**shape)
                model = getattr(transformers, f"{name.removesuffix('Text')}ForCausalLM")(config)
            model.save_pretrained(folder)
        return registration.register_folder(path=str(folder), by=admin)

    return register


@pytest.fixture
def encoder(tiny: Student, model_folder: Path, admin: Member) -> Student:
    """An encoder that reads a hundred and thirty tokens."""
    from tests.training.engine.classifier.conftest import make_encoder, make_tokenizer

    folder = model_folder.parent / "bert"
    if not folder.exists():
        tokenizer = make_tokenizer()
        tokenizer.save_pretrained(folder)
        make_encoder("bert", len(tokenizer)).save_pretrained(folder)
    return registration.register_folder(path=str(folder), by=admin)


def test_sizes_are_tuned_and_told(version: DatasetVersion, tiny: Student, admin: Member, client: Client) -> None:
    study = launch_study.launch(asks("samples", sizes=(10, 20)), version=version, student=tiny, by=admin)

    body = carried(study, client, admin, "LoRA")
    assert [point["records"] for point in body["points"]] == [10, 20]


def test_both_methods_are_tuned_on_two_students(
    version: DatasetVersion, tiny: Student, family: Callable[..., Student], admin: Member, client: Client
) -> None:
    other = family("Qwen3")

    study = launch_study.launch(asks("methods", students=(other.slug,)), version=version, student=tiny, by=admin)

    names = [f"{slug}, {method}" for slug in (tiny.slug, other.slug) for method in ("LoRA", "full")]
    body = carried(study, client, admin, *names)
    assert {point["arm"]: point["trainable_parameters"] > 0 for point in body["points"]} == dict.fromkeys(names, True)
    methods = {cell.arm: cell.measurement.run.method for cell in study.cells.select_related("measurement__run")}  # type: ignore[union-attr]
    assert methods == {name: "lora" if name.endswith("LoRA") else "full" for name in names}
    assert set(body["fronts"]) == {"seconds", "peak_memory_gib", "artefact_bytes"}


def test_the_five_arms_of_the_filter_are_tuned(
    judged: DatasetVersion, tiny: Student, admin: Member, client: Client
) -> None:
    study = launch_study.launch(asks("filter"), version=judged, student=tiny, by=admin)

    body = carried(study, client, admin, EDITED, ACCEPTED, UNFILTERED, LONGEST, EVERY)
    assert len(body["comparisons"]) == 4


def test_six_families_are_compared_with_three_seeds_each(
    version: DatasetVersion, tiny: Student, family: Callable[..., Student], admin: Member, client: Client
) -> None:
    others = [family(name) for name in (*DECODERS, "T5")]

    wishes = asks("students", students=tuple(each.slug for each in others), seeds=SEEDS)
    study = launch_study.launch(wishes, version=version, student=tiny, by=admin)

    body = carried(study, client, admin, *(each.slug for each in (tiny, *others)))
    assert all((point["seeds"], point["spread"] >= 0) == (3, True) for point in body["points"])
    assert set(study.record["decision_rule"]["families"].values()) < {each.model_type for each in (tiny, *others)}


def test_an_encoder_and_a_decoder_are_compared_by_labels(
    tiny: Student, encoder: Student, admin: Member, client: Client
) -> None:
    triage = factories.make_task(by=admin, spec=triage_spec(*SEVERAL[:2]), slug="triage")
    version = freeze_labels(triage, admin, train=12)
    recipes = {"lora": "demo", "encoder": "demo-encoder"}
    wishes = asks("students", students=(tiny.slug,), seeds=SEEDS, metric="answers_right", recipes=recipes)

    study = launch_study.launch(wishes, version=version, student=encoder, by=admin)

    carried(study, client, admin, tiny.slug, encoder.slug)
    for cell in Study.objects.get(pk=study.pk).cells.select_related("measurement"):
        assert set(cell.measurement.scores["answers_right"].values()) <= {0.0, 1.0}
