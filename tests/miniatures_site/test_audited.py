"""How the trail names what acts were about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from audit import trail
from audit.trail import KIND_NAMES
from members.models import Member
from miniatures_site.wiring import audit
from tests.training.conftest import launch, student, task, version  # noqa: F401  (a run of the training room)
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(launch: Callable[..., TrainingRun]) -> TrainingRun:  # noqa: F811
    return launch()


@pytest.mark.slow
def test_a_run_is_called_as_its_pages_call_it(run: TrainingRun, admin: Member, as_member: Any) -> None:
    page = as_member(admin).get(reverse("audit:index"), {"subject": str(run.pk)}).content.decode()

    assert ">1 of Outreach</a>" in page
    assert "trainingrun" not in page


def test_what_has_no_name_any_more_is_told_by_its_word_and_id(admin: Member, as_member: Any) -> None:
    gone = TrainingRun(pk=uuid4())
    trail.record("run_launched", by=admin, about=gone)

    page = as_member(admin).get(reverse("audit:index"), {"subject": str(gone.pk)}).content.decode()

    assert "Run\n" in page
    assert f"{str(gone.pk)[:8]}…</a>" in page


@pytest.mark.parametrize("kind", audit.PATTERNS)
def test_every_kind_has_a_word_and_fields_that_are_there(kind: str) -> None:
    model, _ = audit.PATTERNS[kind]

    assert kind in KIND_NAMES and model.__name__.lower() == kind
    assert audit.names_of(kind, [str(uuid4()), "no id"]) == {}


def test_names_of_a_page_are_asked_for_once_a_kind(run: TrainingRun, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        named = audit.names_of("trainingrun", [str(run.pk), str(uuid4())])

    assert named == {str(run.pk): "1 of Outreach"}


def test_things_without_a_name_are_not_looked_up(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert audit.names_of("draft", [str(uuid4())]) == {}
