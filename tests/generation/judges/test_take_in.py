"""What is forgotten of a judge's calls when a record is erased."""

from __future__ import annotations

from uuid import uuid4

import pytest

from generation.models import Call, JudgedText, Judging
from generation.states import CallState
from review.ports import erase_elsewhere

pytestmark = pytest.mark.django_db


def test_what_calls_about_an_erased_text_told_is_forgotten_too(judging: Judging) -> None:
    gone, kept = (
        Call.objects.create(
            id=uuid4(), order=judging.order, state=CallState.FAILED, position=place, excerpt="Of Nora.",
            error_message="Nora is no boolean.",
        )
        for place in (0, 1)
    )  # fmt: skip
    text = JudgedText.objects.get(judging=judging, place=0)

    erase_elsewhere([text.record_id])
    gone.refresh_from_db()
    kept.refresh_from_db()

    assert (gone.excerpt, gone.error_message, kept.excerpt) == ("", "", "Of Nora.")
