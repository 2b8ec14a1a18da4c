"""Launching classifiers: offered where a task's fields fit, laid before the engine with the heads of the task."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.review import factories
from tests.training.classifiers import LABELS, SEVERAL, freeze_labels, register_encoder, triage_spec
from tests.training.miniatures import conclude
from training.exports import formats
from training.inputs import heads, run_inputs
from training.models import Student
from training.recipes import presets, schema
from training.runs import launch_run
from training.runs.forms import first_choice
from training.runs.run_request import RunRequest
from web.errors import Refusal


def test_a_task_of_one_label_has_one_head_and_its_value_stands_bare():
    head_set = heads.heads_of(triage_spec())

    assert head_set.is_bare
    assert [(field.name, field.type, field.labels) for field in head_set.fields] == [("category", "choice", LABELS)]


def test_reasoning_that_may_be_missing_is_left_out_of_the_heads():
    head_set = heads.heads_of(triage_spec(*SEVERAL))

    assert not head_set.is_bare
    assert [field.name for field in head_set.fields] == ["category", "urgent", "amount"]
    assert (head_set.fields[2].minimum, head_set.fields[2].decimals) == (0, 2)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (factories.plain_spec(), "no field of this task is a choice"),
        (triage_spec(SEVERAL[0].model_copy(update={"required": True}), SEVERAL[1]), "'reasoning' is a text"),
    ],
)
def test_a_task_that_must_write_has_no_classifier(spec, reason):
    assert reason in heads.why_no_heads(spec)
    with pytest.raises(ValueError, match=r"classifier|choice"):
        heads.heads_of(spec)


@pytest.mark.parametrize(("preset", "family"), [("classifier", "llama"), ("paper-lora", "modernbert")])
def test_encoders_are_tuned_as_classifiers_and_nothing_else_is(preset, family):
    with pytest.raises(schema.RecipeError, match="encoder"):
        schema.check_student(presets.compose(preset), family)
    schema.check_student(presets.compose("classifier"), "deberta-v2")


@pytest.mark.parametrize("change", [{"quantise": "nf4"}, {"processes": 2, "strategy": "ddp"}])
def test_a_classifier_is_tuned_whole_on_one_device(change):
    with pytest.raises(schema.RecipeError, match="classifier"):
        presets.compose("classifier-lora", change)


@pytest.fixture
def encoder(admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path / "students"]
    return register_encoder(tmp_path / "students" / "encoder", admin)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_run_is_laid_before_the_engine_with_the_heads_of_its_task(admin, encoder, tmp_path):
    version = freeze_labels(factories.make_task(by=admin, spec=triage_spec(*SEVERAL[:2])), admin)

    run = launch_run.launch(RunRequest(dataset_version=version, student=encoder), recipe="classifier", by=admin)
    body = run_inputs.training_spec(run, tmp_path)

    assert [field["name"] for field in body["heads"]["fields"]] == ["category"]
    assert body["heads"]["fields"][0]["labels"] == list(LABELS)
    assert body["sample_prompts"] == []
    assert (tmp_path / "train.jsonl").read_text().count("\n") == 10
    miniature = conclude(run, tmp_path / "artefact")
    assert formats.export_options(miniature) == []
    with pytest.raises(Refusal, match="classifier"):
        formats.request_export(miniature, format="gguf-f16", by=admin)


@pytest.mark.django_db
def test_a_task_of_texts_is_refused_and_its_page_says_why(admin, encoder, version, task, as_member):
    with pytest.raises(Refusal, match="no classifier: no field"):
        launch_run.launch(RunRequest(dataset_version=version, student=encoder), recipe="classifier", by=admin)

    page = as_member(admin).get(reverse("training:list", args=[task.slug])).content.decode()
    assert "No classifier recipes: no field of this task" in page
    assert 'value="classifier"' not in page


@pytest.mark.slow
@pytest.mark.django_db
def test_a_sweep_lists_classifier_recipes_only_where_the_task_has_labels(admin, encoder, version, task, as_member):
    labels = freeze_labels(
        factories.make_task(by=admin, spec=triage_spec(*SEVERAL[:2]), slug="tickets"), admin
    ).dataset.task
    client = as_member(admin)

    of_texts, of_labels = (
        client.get(reverse("training:sweeps", args=[slug])).content.decode() for slug in (task.slug, labels.slug)
    )

    assert ('value="classifier"' in of_texts, 'value="classifier"' in of_labels) == (False, True)


OWN = Student(slug="own", model_type="llama")
SHIPPED = Student(slug="demo-encoder", model_type="modernbert")
ENCODER, WRITER = Student(slug="tiny-encoder", model_type="modernbert"), Student(slug="demo", model_type="llama")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("students", "asked", "why", "expected"),
    [
        ((WRITER, ENCODER), {}, "", ("tiny-encoder", "classifier")),
        ((ENCODER, WRITER), {}, "no labels", ("", "paper-lora")),
        ((WRITER, OWN), {}, "no labels", ("own", "paper-lora")),
        ((OWN, WRITER), {"proposed": "demo"}, "no labels", ("demo", "demo")),
        ((WRITER, ENCODER), {"student": "tiny-encoder"}, "", ("tiny-encoder", "classifier")),
        ((WRITER, ENCODER), {"recipe": "classifier"}, "", ("tiny-encoder", "classifier")),
        ((ENCODER, WRITER), {"recipe": "demo-full"}, "", ("demo", "demo-full")),
        ((ENCODER,), {}, "no labels", ("", "paper-lora")),
        ((), {"recipe": "nonsense"}, "", ("", "paper-lora")),
        ((WRITER, SHIPPED), {}, "", ("demo-encoder", "demo-encoder")),
        ((WRITER, SHIPPED, ENCODER), {}, "", ("tiny-encoder", "classifier")),
        ((WRITER, SHIPPED, ENCODER), {"recipe": "classifier"}, "", ("tiny-encoder", "classifier")),
        ((WRITER, SHIPPED), {}, "no labels", ("", "paper-lora")),
        ((WRITER, SHIPPED), {"recipe": "demo"}, "", ("demo", "demo")),
        ((WRITER, SHIPPED), {"recipe": "classifier"}, "", ("demo-encoder", "classifier")),
        ((WRITER, SHIPPED), {"student": "demo"}, "", ("demo", "demo")),
    ],
)
def test_a_form_begins_with_a_student_and_a_recipe_that_fit(students, asked, why, expected):
    chosen = first_choice(students, **{"recipe": "", "student": "", **asked}, no_classifier=why)

    assert (chosen["student"], chosen["recipe"]) == expected


@pytest.mark.slow
@pytest.mark.django_db
def test_a_run_of_labels_tells_what_it_measured(admin, encoder, tmp_path, as_member):
    task = factories.make_task(by=admin, spec=triage_spec(*SEVERAL[:2]))
    version = freeze_labels(task, admin)
    client = as_member(admin)
    assert 'value="classifier"' in client.get(reverse("training:list", args=[task.slug])).content.decode()
    run = launch_run.launch(RunRequest(dataset_version=version, student=encoder), recipe="classifier", by=admin)
    conclude(run, tmp_path)
    run.summary |= {"objective": "classify", "measures": {"accuracy": 0.875, "macro_f1": 0.8}}
    run.save(update_fields=["summary"])

    page = client.get(reverse("training:run", args=[run.pk])).content.decode()

    top, _, fold = page.partition('id="machine"')
    assert "87.5 %" in fold
    assert "Macro-F1" in fold
    assert "lower is better" in fold
    assert "<dt>Loss</dt>" not in top
    assert "Correct labels" in page


@pytest.mark.django_db
def test_a_run_on_words_alone_shows_no_steps_and_no_empty_curves(admin, encoder, tmp_path, as_member):
    version = freeze_labels(factories.make_task(by=admin, spec=triage_spec(*SEVERAL[:2])), admin)
    run = launch_run.launch(
        RunRequest(dataset_version=version, student=encoder), recipe="classifier", overrides={"epochs": 0}, by=admin
    )
    conclude(run, tmp_path)
    run.summary |= {"steps": 0, "best_step": 0, "measures": {"accuracy": 0.875}}
    run.save(update_fields=["summary"])

    page = as_member(admin).get(reverse("training:run", args=[run.pk])).content.decode()

    assert "0 steps" not in page
    assert "at step 0" not in page
    assert "Curves" not in page
    assert "Latest figures" not in page
    assert "87.5 %" in page
