"""Whom the tests of a person's rights are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from members.models import Member
from tests.campaigns.services.held_person import Held, make_held


@pytest.fixture
def held(admin: Member, settings: Any, tmp_path: Path) -> Held:
    return make_held(admin, settings, tmp_path)
