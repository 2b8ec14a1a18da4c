"""Guards the addresses of teachers: http(s) only, no credentials inside, private networks only by name.

Called when a teacher is saved and again before each attempt: a name may point elsewhere by then.
"""

from __future__ import annotations

from web import addresses
from web.errors import Refusal


def check(url: str) -> None:
    """Refuse an address the product must not call.

    Raises:
        Refusal: `base_url`, saying what is wrong and which setting would allow it.
    """
    try:
        addresses.check(url)
    except addresses.AddressRefusedError as error:
        said = f"{error.message} {error.hint}"
        raise Refusal("base_url", error.message, hint=error.hint, errors={"base_url": [said]}) from error
