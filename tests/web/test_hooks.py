"""Hooks: one room above answers, or any number listen."""

from __future__ import annotations

from web.hooks import Hook, Listeners


def double(number: int) -> int:
    return 2 * number


def test_a_hook_answers_its_default_until_a_room_installs_an_answer() -> None:
    hook = Hook(abs)

    before = hook(-3)
    hook.install(double)

    assert (before, hook(-3)) == (3, -6)


def test_a_hook_has_one_answer_the_last_that_was_installed() -> None:
    hook = Hook(abs)
    hook.install(abs)
    hook.install(double)

    assert hook(2) == 4


def test_listeners_are_called_in_their_order_and_each_once() -> None:
    numbers: Listeners[[int], int] = Listeners()
    assert numbers(3) == []

    numbers.register(double)
    numbers.register(abs)
    numbers.register(double)

    assert numbers(-3) == [-6, 3]
