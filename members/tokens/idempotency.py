"""`Idempotency-Key`: a POST repeated with its key gets the first answer again and starts nothing twice."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.models import Member, RememberedRequest
from members.session import member_of
from web.errors import Refusal

Handler = Callable[..., Response]
# No request is worked on for so long; its server went away.
LEFT_AFTER_S = 900.0
LONGEST_KEY = 200
# Pause between tries to give a key back, and their number.
GIVE_BACK_EVERY_S, GIVE_BACK_TRIES = 2.0, 300
# Of a row, or an HMAC.
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}")


def idempotent(handler: Handler) -> Handler:
    """Wrap a POST method of an APIView.

    The key is taken in the handler's own transaction: a request that fails is not remembered, and of two at once the
    second waits for the first and then repeats its answer.

    Raises:
        Refusal: 409 when the key came with another body before; 400 when it is too long.
    """

    @functools.wraps(handler)
    def wrapped(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key(request)
        if not key:
            return handler(view, request, *args, **kwargs)
        fingerprint, member = _fingerprint(request), member_of(request)
        try:
            with transaction.atomic():
                row = RememberedRequest.objects.create(member=member, key=key, request_hash=fingerprint)
                response = handler(view, request, *args, **kwargs)
                row.status, row.body = response.status_code, json.loads(json.dumps(response.data, default=str))
                row.save(update_fields=["status", "body"])
                return response
        except IntegrityError:
            remembered = RememberedRequest.objects.filter(member=member, key=key).first()
            if remembered is None:
                raise
            return _replay(remembered, fingerprint)

    wrapped.takes_idempotency_key = True  # type: ignore[attr-defined]
    return wrapped


def idempotent_in_steps(handler: Handler) -> Handler:
    """Wrap a POST method whose work commits in steps: as `idempotent`, without a transaction around all of it.

    The key is taken before the work begins and given back when the work fails. Of two at once the second is refused;
    a key whose server went away in the middle is taken over after a while.

    Raises:
        Refusal: 409 when the key came with another body before, or its first request is still being worked on;
            400 when it is too long.
    """

    @functools.wraps(handler)
    def wrapped(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key(request)
        if not key:
            return handler(view, request, *args, **kwargs)
        fingerprint = _fingerprint(request)
        row, is_mine = _claim(member_of(request), key, fingerprint)
        if not is_mine:
            return _remember(row, fingerprint)
        try:
            response = handler(view, request, *args, **kwargs)
        except BaseException:
            _give_back(row)
            raise
        row.status, row.body = response.status_code, json.loads(json.dumps(response.data, default=str))
        row.save(update_fields=["status", "body"])
        return response

    wrapped.takes_idempotency_key = True  # type: ignore[attr-defined]
    return wrapped


def _give_back(row: RememberedRequest) -> None:
    """Forget a key whose work failed; where the database is away, in a thread, until it is back."""
    try:
        row.delete()
    except DatabaseError:
        threading.Thread(
            target=_give_back_later, args=(row.pk, row.created_at), name="idempotency", daemon=True
        ).start()


def _give_back_later(pk: int, created_at: datetime) -> None:
    for _ in range(GIVE_BACK_TRIES):
        time.sleep(GIVE_BACK_EVERY_S)
        with contextlib.closing(connection), contextlib.suppress(DatabaseError):
            # Taken over meanwhile, it has another moment.
            RememberedRequest.objects.filter(pk=pk, status=0, created_at=created_at).delete()
            return


def forget(names: Collection[str]) -> int:
    """Empty remembered answers that name one of these ids or addresses, but for their own id; returns how many.

    Keys and statuses stay, so that a repeated request starts nothing. Ids are looked up, not searched for one by one:
    whoever erases holds locks, and a person may have hundreds.
    """
    lowered = {name.lower() for name in names if name}
    ids = {name for name in lowered if _ID.fullmatch(name)}
    addresses = [json.dumps(name, ensure_ascii=False)[1:-1] for name in lowered - ids]

    def is_named(body: Any) -> bool:
        text = json.dumps(body, ensure_ascii=False).lower()
        return not ids.isdisjoint(_ID.findall(text)) or any(address in text for address in addresses)

    answers = RememberedRequest.objects.filter(body__isnull=False).iterator(chunk_size=200)
    emptied = [row for row in answers if is_named(row.body)]
    for row in emptied:
        row.body = {"id": row.body["id"]} if isinstance(row.body, dict) and "id" in row.body else None
    return RememberedRequest.objects.bulk_update(emptied, ["body"], batch_size=200)


def _key(request: Request) -> str:
    """Return the key of a request; empty for none. Cut to size, two keys could be taken for one."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise Refusal(
            "idempotency_key_too_long",
            f"This Idempotency-Key has {len(key):,} characters; {LONGEST_KEY} is the limit.",
            hint="Nothing was done. Send a shorter key, such as a UUID.",
            status=400,
        )
    return key


def _claim(member: Member, key: str, fingerprint: str) -> tuple[RememberedRequest, bool]:
    """The key's row, and whether it is this request's to work on."""
    row, is_new = RememberedRequest.objects.get_or_create(
        member=member, key=key, defaults={"request_hash": fingerprint}
    )
    if is_new:
        return row, True
    now = timezone.now()
    old = now - timedelta(seconds=LEFT_AFTER_S)
    left = RememberedRequest.objects.filter(pk=row.pk, status=0, created_at__lt=old, request_hash=fingerprint)
    is_mine = bool(left.update(created_at=now))
    row.created_at = now if is_mine else row.created_at
    return row, is_mine


def _remember(first_request: RememberedRequest, fingerprint: str) -> Response:
    if first_request.status or first_request.request_hash != fingerprint:
        return _replay(first_request, fingerprint)
    raise Refusal(
        "request_running",
        "The first request with this Idempotency-Key is still being worked on.",
        status=409,
        hint="Send it again in a moment, with the same key.",
    )


def _replay(first_request: RememberedRequest, fingerprint: str) -> Response:
    if first_request.request_hash != fingerprint:
        raise Refusal(
            "idempotency_key_reused",
            "This Idempotency-Key came before with another request.",
            hint="Send a new key for a new request.",
            status=409,
        )
    return Response(first_request.body, status=first_request.status, headers={"Idempotency-Replayed": "true"})


def _fingerprint(request: Request) -> str:
    files = [(name, upload.name, _hash_of(upload)) for name, upload in sorted(request.FILES.items())]
    data: Any = request.data
    body = data if not files else {key: data[key] for key in data if key not in request.FILES}
    text = json.dumps([request.method, request.path.rstrip("/"), body, files], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_of(upload: UploadedFile[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()
