"""A server that somebody else runs, as a job of serving is told of it: address and key are those of a teacher's row.

So the address is checked, and the key is stored and bound to one place, by the rules of teachers, on their page.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from generation.models import Teacher
from generation.states import Provider
from generation.teachers import addresses
from jobs.secrets import allow_list
from jobs.secrets.allow_list import SecretUse
from web.errors import Refusal


def url_options() -> dict[str, Any]:
    """Options of the backend `url` in a serving job's spec.

    Raises:
        Refusal: `no_url_server`, there is no such teacher; `base_url`, its address may not be called.
    """
    teacher = _teacher()
    addresses.check(teacher.base_url)
    return {
        "base_url": teacher.base_url,
        "secret_ref": teacher.secret_ref,
        "private_hosts": addresses.private_hosts(),
        "way": settings.SERVING_URL_WAY,
        "names": settings.SERVING_URL_NAMES,
    }


def secret_refs() -> list[str]:
    """Name of the server's key, if it has one. The last look before the key is handed over.

    Raises:
        Refusal: The key may not be sent to the server's address.
    """
    teacher = _teacher()
    if not teacher.secret_ref:
        return []
    allow_list.require(teacher.secret_ref, use=SecretUse.TEACHER, url=teacher.base_url, field="teacher")
    return [teacher.secret_ref]


def _teacher() -> Teacher:
    rows = Teacher.objects.filter(slug=settings.SERVING_URL_TEACHER, provider=Provider.COMPATIBLE).exclude(base_url="")
    teacher = rows.first()
    if teacher is None:
        raise Refusal(
            "no_url_server",
            "SERVING_BACKEND is url, and no OpenAI-compatible server is connected as "
            f"'{settings.SERVING_URL_TEACHER}'.",
            hint="Connect it on the page Teachers, with its address and key, and name its slug in SERVING_URL_TEACHER.",
        )
    return teacher
