"""Keys of teachers that admins enter: stored encrypted, bound to one place, read only where an engine gets them.

A key is entered for a scheme, a host and a port. It goes nowhere else, so that who changes a teacher's address later
does not take its key along. Nothing shows a key again.
"""

from __future__ import annotations

import re
from uuid import UUID

from audit import trail
from generation.models import Teacher, TeacherKey
from generation.states import address_of
from generation.teachers import addresses
from jobs.secrets import store
from members.models import Member
from web import encryption
from web.errors import Refusal
from web.net import ssrf
from web.net.ssrf import Endpoint

# As keys of providers look: no spaces, so that a sentence or two keys in one field are refused.
_KEY = re.compile(r"\A[\x21-\x7e]{8,500}\Z")
FIELD = "key"


class TeacherKeys:
    """Answers of this room for stored secrets; see `jobs.secrets.store.KeyStore`."""

    def value_of(self, name: str) -> str:
        """Read and decrypt a key.

        Raises:
            Refusal: `secret_missing`, there is none of this name, or SECRET_KEY was changed since.
        """
        key = TeacherKey.objects.filter(name=name).first()
        if key is None:
            raise Refusal("secret_missing", "This teacher no longer has a key.", hint="Have an admin enter it again.")
        try:
            return encryption.decrypt(key.sealed)
        except encryption.DecryptionError as error:
            raise Refusal(
                "secret_missing",
                "The key of this teacher cannot be read: SECRET_KEY was changed since it was entered.",
                hint="Put the earlier one into SECRET_KEY_FALLBACKS, or have an admin enter the key again.",
            ) from error

    def has(self, name: str) -> bool:
        return TeacherKey.objects.filter(name=name).exists()

    def goes_to(self, name: str, url: str) -> bool:
        key = TeacherKey.objects.filter(name=name).first()
        return key is not None and is_for(key, url)


def is_for(key: TeacherKey, url: str) -> bool:
    """Tell whether a key was entered for the place of an address."""
    try:
        place = ssrf.parse(url, may_have_query=True)
    except ssrf.AddressRefusedError:
        return False
    return (key.scheme, key.host, key.port) == (place.scheme, place.host, place.port)


def name_for(teacher_id: UUID) -> str:
    """Return the name of a teacher's stored key."""
    return f"{store.STORED}{teacher_id.hex[:20].upper()}"


def check(key: str, *, url: str) -> str:
    """Return a key as it is stored, without the spaces that came along with it.

    Raises:
        Refusal: `key_invalid`, beside the field; what was entered stands in no message. `base_url` for an address that
            may not be called.
    """
    key = key.strip()
    if not _KEY.match(key):
        raise _invalid("A key is 8 to 500 letters, digits and signs without a space.")
    if not url:
        raise _invalid("This teacher runs on this machine and needs no key.")
    if not url.lower().startswith("https:") and _is_public(addresses.check(url)):
        raise _invalid("A key is sent over https only, but for a private server. Change the address.")
    return key


def put(teacher: Teacher, key: str, *, by: Member) -> None:
    """Store a teacher's key, new or in the place of the one before. Belongs to the caller's transaction.

    Args:
        teacher: As saved, its `secret_ref` the name from `name_for`.
        key: As `check` returned it.
        by: An admin.
    """
    place = ssrf.parse(address_of(teacher.provider, teacher.base_url), may_have_query=True)
    TeacherKey.objects.update_or_create(
        teacher=teacher,
        defaults={
            "name": name_for(teacher.pk),
            "sealed": encryption.encrypt(key),
            "scheme": place.scheme,
            "host": place.host,
            "port": place.port,
            "set_by": by,
        },
    )
    trail.record("teacher_key_set", by=by, about=teacher, teacher=teacher.slug, host=place.host)


def drop(teacher: Teacher, *, by: Member) -> bool:
    """Delete a teacher's stored key, inside the caller's transaction; whether there was one."""
    deleted, _ = TeacherKey.objects.filter(teacher=teacher).delete()
    if deleted:
        trail.record("teacher_key_removed", by=by, about=teacher, teacher=teacher.slug)
    return bool(deleted)


def _is_public(place: Endpoint) -> bool:
    return place.address is not None and place.address.is_global


def _invalid(message: str) -> Refusal:
    return Refusal("key_invalid", message, errors={FIELD: [message]})
