"""A check of the product brings its label, its words on pages, and its name in the catalogues."""

from __future__ import annotations

from typing import get_args

from review.spec.task_spec import CheckKind
from review.text.checks import CHECKS


def test_every_check_brings_its_names() -> None:
    assert set(CHECKS) == set(get_args(CheckKind))
    for kind, check in CHECKS.items():
        assert kind.replace("_", " ") == check.NAME
        assert check.LABEL
        assert check.DESCRIPTION.endswith(".")
