"""The time of a token's last use: noted now and then, and nobody waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from members.models import ApiToken, Member
from members.tokens import authentication

PATIENCE_S = 60.0


@contextmanager
def held(token: ApiToken) -> Iterator[None]:
    """Another connection has written to the token's row and has not committed yet."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                ApiToken.objects.filter(pk=token.pk).update(name="held")
                is_held.set()
                is_over.wait(PATIENCE_S)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(PATIENCE_S)
        yield
    finally:
        is_over.set()
        holder.join()


@pytest.mark.django_db(transaction=True)
def test_a_program_is_answered_while_the_database_is_busy(admin: Member, api_as: Callable[..., APIClient]) -> None:
    client = api_as(admin)
    token = ApiToken.objects.get()

    with held(token):
        answers = [client.get("/api/v1/members/me/").status_code for _ in range(3)]
        noted_meanwhile = ApiToken.objects.get().last_used_at

    until = time.monotonic() + PATIENCE_S
    while ApiToken.objects.get().last_used_at is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert answers == [200, 200, 200]
    assert noted_meanwhile is None


@pytest.mark.django_db
def test_it_is_written_once_a_minute_and_by_one_of_several(admin: Member, api_as: Callable[..., APIClient]) -> None:
    api_as(admin)
    token, now = ApiToken.objects.get(), timezone.now()

    assert authentication.write(token.pk, now)
    assert not authentication.write(token.pk, now + timedelta(seconds=59))
    assert authentication.write(token.pk, now + timedelta(seconds=61))
    assert ApiToken.objects.get().last_used_at == now + timedelta(seconds=61)
