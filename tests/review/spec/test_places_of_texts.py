"""Places of texts within objects and lists that are empty, or that erasing left a mark in."""

from __future__ import annotations

from typing import Any

import pytest

from review.bulk.bulk_verdict import apply_edit
from review.erasure.files import tombstone_of
from review.spec import paths
from review.spec.schema import OutputField, OutputItem
from tests.review import factories

REASON = OutputItem(name="reason")
SCHEMA = (
    OutputField(name="summary"),
    OutputField(name="refund", type="object", items=(REASON,), required=False),
    OutputField(name="claims", type="list", items=(REASON,), required=False),
)
DRAFT: dict[str, Any] = {"summary": "Please call me. Thanks.", "refund": None, "claims": []}


def test_a_sentence_is_changed_beside_an_object_that_was_left_empty() -> None:
    spec = factories.plain_spec().model_copy(update={"output_schema": SCHEMA})

    changed = apply_edit(spec, DRAFT, find="Please call me.", replace="Write to me.")

    assert changed["summary"] == "Write to me. Thanks."
    assert not changed["refund"]


@pytest.mark.parametrize("fields", [DRAFT, {**DRAFT, "refund": {"reason": "Late."}, "claims": [{"reason": "Broken."}]}])
def test_an_erased_draft_has_places_as_before(fields: dict[str, Any]) -> None:
    erased = tombstone_of(fields)

    assert "refund.reason" in [place.path for place in paths.texts(SCHEMA, erased)]
    assert list(paths.values(SCHEMA, erased))
