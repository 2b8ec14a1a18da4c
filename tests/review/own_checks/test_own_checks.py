"""Checks of packages among ours: in a specification, over a draft, on the form, in an evaluation."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from evaluation.metrics import reference_free
from review.spec.task_spec import Check, TaskSpec
from review.tasks import spec_form
from review.tasks.authoring import by_path, parse_spec, spec_hash
from review.text import checks
from review.text.own_checks.process import CheckProcess
from tests.review.factories import plain_spec, triage_fields, triage_spec
from tests.review.own_checks.conftest import PACKAGE

ROOT = Path(__file__).parents[3]
SHOUTED = "Hello. BUY IT RIGHT NOW. Bye."


def spec_with(*kinds: str, language: str = "en") -> TaskSpec:
    spec = plain_spec()
    own = tuple(Check(kind=kind) for kind in kinds)
    return spec.model_copy(update={"checks": own, "language": language})


def body_of(spec: TaskSpec) -> str:
    return spec.output_schema[0].name


def test_a_package_s_check_marks_a_draft_beside_ours(acme: CheckProcess) -> None:
    spec = spec_with("acme-checks:shouting", "repetition")
    body = body_of(spec)

    reading = checks.read(spec, {}, {body: SHOUTED})

    assert [(mark.check, mark.start, mark.end) for mark in reading.marks] == [("acme-checks:shouting", 7, 23)]
    assert not reading.unanswered


def test_a_check_reads_values_that_are_no_texts(acme: CheckProcess) -> None:
    spec = triage_spec().model_copy(update={"checks": (Check(kind="acme-checks:labels"),)})
    fields = triage_fields()

    [mark] = checks.run(spec, {"title": fields["category"]}, fields)

    assert (mark.field, mark.severity, mark.start, mark.end) == ("category", "error", 0, 0)


def test_a_check_that_gives_no_answer_is_told_and_marks_nothing(acme: CheckProcess) -> None:
    spec = spec_with("acme-checks:broken", "elsewhere:thing")

    reading = checks.read(spec, {}, {body_of(spec): SHOUTED})

    assert reading.marks == []
    assert list(reading.unanswered) == ["acme-checks:broken", "elsewhere:thing"]
    assert reading.unanswered["elsewhere:thing"] == "is not installed here"


def test_a_check_is_silent_in_a_language_it_does_not_know(acme: CheckProcess) -> None:
    assert not checks.knows("acme-checks:german", "en")
    assert checks.knows("acme-checks:german", "de-AT")
    assert checks.read(spec_with("acme-checks:german"), {}, {}) == ([], {})


def test_an_output_that_a_check_did_not_answer_for_has_no_score_of_it(acme: CheckProcess) -> None:
    spec = spec_with("acme-checks:shouting", "elsewhere:thing")

    scores, marks = reference_free.scores(spec, {}, {body_of(spec): SHOUTED})

    assert scores["passes_acme-checks:shouting"] == 0
    assert "passes_elsewhere:thing" not in scores
    assert [mark["check"] for mark in marks] == ["acme-checks:shouting"]


@pytest.mark.parametrize("kind", ["nonsense", "Acme:thing", "acme:", "acme:a thing", "a:b:c", "", 3])
def test_a_name_that_is_no_check_is_one_mistake(kind: object) -> None:
    body = plain_spec().canonical() | {"checks": [{"kind": kind}]}

    with pytest.raises(ValidationError) as caught:
        TaskSpec.model_validate(body)

    assert [path for path, texts in by_path(caught.value).items() for _ in texts] == ["checks.0.kind"]


def test_a_specification_keeps_a_check_that_is_not_installed() -> None:
    spec = spec_with("elsewhere:thing")

    again = parse_spec(spec.canonical())

    assert again == spec
    assert spec_hash(again) == spec_hash(spec)


def test_the_form_offers_installed_checks_and_keeps_missing_ones(acme: CheckProcess) -> None:
    body = spec_with("elsewhere:thing", "acme-checks:german").canonical()
    [section] = [part for part in spec_form.sections(body, {}) if part.section.has_checks]

    by_kind = {check.kind: check for check in section.checks}

    assert by_kind["acme-checks:shouting"].label == "Shouting"
    assert not by_kind["acme-checks:shouting"].is_on
    assert by_kind["acme-checks:german"].is_silent
    assert by_kind["acme-checks:broken"].trouble.startswith("failed: AttributeError")
    assert by_kind["elsewhere:thing"].is_on
    assert by_kind["elsewhere:thing"].trouble == "is not installed here"
    data = {f"checks.{check.kind}.on": "1" for check in section.checks if check.is_on}
    assert spec_form.body_from(data)["checks"] == [
        {"kind": "acme-checks:german", "fields": []},
        {"kind": "elsewhere:thing", "fields": []},
    ]


def test_the_example_in_the_document_is_the_package_that_is_tested() -> None:
    document = (ROOT / "docs/checks.md").read_text()

    assert f"```python\n{(PACKAGE / 'acme_checks.py').read_text()}```" in document
