"""What each of two processes holds of a model in parts, and that parts and wholes are made from each other exactly."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def parts(tmp_path_factory, pair):
    """What either process told of itself."""
    out = tmp_path_factory.mktemp("parts")
    assert pair(part=out) == [0, 0]
    return out, [json.loads((out / f"{rank}.json").read_text()) for rank in (0, 1)]


def test_each_process_holds_half_of_weights_gradients_and_moments(parts):
    _, both = parts

    for name, times in (("held", 1), ("gradients", 1), ("moments", 2)):
        held = [part[name] for part in both]
        assert sum(held) == times * both[0]["all"]
        assert max(held) < 0.52 * times * both[0]["all"]


def test_parts_put_together_are_what_was_read_and_parts_of_wholes_are_what_was_held(parts):
    _, both = parts

    for part in both:
        assert part["changed"]
        assert all(part[name] for name in ("as_read", "same_state", "restored", "full_moments"))
        assert part["kept_by_others"] == 0


def test_processes_read_the_student_one_after_another(parts):
    out, _ = parts

    assert (out / "turns").read_text().split("\n")[:4] == ["in 0", "out 0", "in 1", "out 1"]
