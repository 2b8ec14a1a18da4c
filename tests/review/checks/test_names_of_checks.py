"""A check of the product has its label, its words on pages, and its name in the catalogues."""

from __future__ import annotations

from typing import get_args

from review.desk.sentences import KINDS_OF_CHECK
from review.spec.task_spec import CheckKind
from review.tasks.check_labels import CHECK_HELP, CHECKS_OF_MAILS
from review.text.checks import CHECKS


def test_every_check_is_named_wherever_checks_are_listed() -> None:
    assert set(CHECKS) == set(get_args(CheckKind)) == set(CHECK_HELP)
    assert set(KINDS_OF_CHECK) == {kind.replace("_", " ") for kind in CHECKS}
    assert set(CHECKS) >= CHECKS_OF_MAILS
