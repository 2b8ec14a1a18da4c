"""Where other rooms hear that a person is erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# Told the Message-IDs of the person's mails, once the erasure is committed.
EraseHook = Callable[[Sequence[str]], None]
_erase_hooks: list[EraseHook] = []


def register_erase_hook(hook: EraseHook) -> None:
    """Have a hook called after each erasure; registering it twice changes nothing."""
    if hook not in _erase_hooks:
        _erase_hooks.append(hook)


def mails_erased(message_ids: Sequence[str]) -> None:
    """Call every hook with the Message-IDs of an erased person's mails."""
    for hook in _erase_hooks:
        hook(message_ids)
