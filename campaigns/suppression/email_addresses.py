"""Parse mail addresses, refuse invalid ones with a clear message, and group them by company.

One address has one normal form: blanks around it gone, the domain in lower case as DNS has it (IDNA 2008 A-labels), the
local part as it was written. Its HMAC is taken over the form in lower case, since in practice no mail server tells
`Ada@` from `ada@`; nothing else is folded: `ada+news@` is another address.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

_PROVIDERS = """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr
    hotmail.it hotmail.es live.com live.co.uk live.de live.fr live.nl msn.com passport.com
    yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ca yahoo.com.br yahoo.com.au yahoo.co.in
    yahoo.co.jp ymail.com rocketmail.com aol.com aim.com icloud.com me.com mac.com
    proton.me protonmail.com protonmail.ch pm.me gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.fr web.de mail.com email.com
    zoho.com zohomail.com zohomail.eu fastmail.com fastmail.fm hey.com tutanota.com tutanota.de tuta.com tuta.io
    posteo.de mailbox.org hushmail.com startmail.com runbox.com
    yandex.com yandex.ru ya.ru mail.ru inbox.ru list.ru bk.ru rambler.ru ukr.net
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com
    naver.com daum.net hanmail.net rediffmail.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
    t-online.de freenet.de arcor.de orange.fr wanadoo.fr free.fr laposte.net sfr.fr
    comcast.net att.net sbcglobal.net bellsouth.net verizon.net cox.net charter.net earthlink.net
    btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net
    libero.it virgilio.it tiscali.it alice.it tin.it seznam.cz centrum.cz email.cz
    onet.pl wp.pl o2.pl interia.pl bluewin.ch telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl
    telia.com mail.dk tele2.se bol.com.br uol.com.br terra.com.br bigpond.com optusnet.com.au xtra.co.nz shaw.ca
    rogers.com sympatico.ca
"""
PUBLIC_PROVIDERS = frozenset(_PROVIDERS.split())

_SECOND_LEVELS = "ac co com edu gen go gob gouv gov gv id ltd me mil ne net nhs nom or org plc sch web"
SECOND_LEVELS = frozenset(_SECOND_LEVELS.split())


MAX_CHARS = 254
LOCAL_CHARS = 64
_HMAC = re.compile(r"[0-9a-f]{64}")
_IN_TEXT = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
# Blanks, and signs of direction and width that programs leave around a copied address: nobody sees them.
_UNSEEN = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
_EDGES = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace()) + "".join(map(chr, _UNSEEN))
_KEY_LABEL = b"miniatures: addresses of people, version 1"
# No person to write to, or one whose work is to handle abuse (RFC 2142, section 2).
_NEVER = frozenset(
    {
        "abuse",
        "bounce",
        "bounces",
        "devnull",
        "do-not-reply",
        "donotreply",
        "mailer-daemon",
        "mailerdaemon",
        "no-reply",
        "no_reply",
        "nobody",
        "noreply",
        "null",
        "postmaster",
        "spam",
        "unsubscribe",
    }
)
# Role addresses (RFC 2142, sections 3 to 7, and what companies use): mail may be sent, and is marked.
_ROLES = frozenset(
    {
        "accounts",
        "admin",
        "administrator",
        "billing",
        "careers",
        "contact",
        "enquiries",
        "finance",
        "ftp",
        "hello",
        "help",
        "helpdesk",
        "hostmaster",
        "hr",
        "info",
        "inquiries",
        "jobs",
        "legal",
        "mail",
        "marketing",
        "media",
        "news",
        "noc",
        "office",
        "orders",
        "press",
        "privacy",
        "purchasing",
        "reception",
        "root",
        "sales",
        "security",
        "service",
        "support",
        "sysadmin",
        "team",
        "usenet",
        "webmaster",
        "www",
    }
)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """One address in normal form.

    Attributes:
        text: `local@domain`, at most 254 characters.
        domain: In lower case, A-labels.
        is_role: Whether it is a role address such as `info@`, not a person's.
    """

    text: str
    local: str
    domain: str
    is_role: bool

    @property
    def hmac(self) -> str:
        """Return the hash that suppression and erasure compare, hex."""
        return hmac_of(self.text)

    @property
    def cluster(self) -> str:
        """The unit an experiment assigns by."""
        return cluster_of(self.text)


def parse(value: str) -> EmailAddress:
    """Bring an address to its normal form.

    Args:
        value: As it came; a display name, a comment or a quoted local part is refused.

    Raises:
        ValueError: Says what is wrong with it.
    """
    text = value.strip(_EDGES)
    _refuse_forms(text)
    try:
        validated = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        why = str(error)
        raise ValueError(f"'{_short(text)}' is not a mail address: {why[:1].lower()}{why[1:].rstrip('.')}") from None
    return _checked(validated)


def is_role(text: str) -> bool:
    """Return whether an address is a role address and not a person's."""
    return _base(text.rpartition("@")[0]) in _ROLES


def cluster_of(text: str) -> str:
    """The company an address belongs to: its registrable domain, or the whole address at a public mail provider.

    Registrable means: the last two labels, or three where the last is a country and the one before a general word
    (`acme.co.uk`). The full Public Suffix List is not asked: two companies under one rarer suffix then count as one
    cluster, which makes an experiment more careful and never less.
    """
    domain = text.rpartition("@")[2].lower()
    if domain in PUBLIC_PROVIDERS:
        return text.lower()
    labels = domain.split(".")
    is_under_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVELS
    return ".".join(labels[-3 if is_under_country else -2 :])


def hmac_of(text: str) -> str:
    """HMAC-SHA256 of a normal address in lower case, hex.

    Its key is the setting `ADDRESS_HMAC_KEY`, or is derived from `SECRET_KEY`. Changing the key blinds the suppression
    list: its entries are then found by no address.
    """
    return hmac.new(_key(settings.ADDRESS_HMAC_KEY, settings.SECRET_KEY), text.lower().encode(), "sha256").hexdigest()


def is_hmac(text: str) -> bool:
    """Tell whether a text is such an HMAC and no address."""
    return bool(_HMAC.fullmatch(text))


def hmac_from(address_or_hmac: str) -> str:
    """The HMAC of what is an address, or is one already.

    Raises:
        ValueError: It is neither.
    """
    return address_or_hmac if is_hmac(address_or_hmac) else parse(address_or_hmac).hmac


def hidden_in(text: str) -> str:
    """Return a text with each mail address in it replaced by `[address]`, for those who may not see contacts."""
    return _IN_TEXT.sub("[address]", text)


@lru_cache(maxsize=4)
def _key(configured_key: str, secret: str) -> bytes:
    """Derive the key as HKDF does (RFC 5869), one block long."""
    if configured_key:
        return configured_key.encode()
    extracted = hmac.new(hashlib.sha256(_KEY_LABEL).digest(), secret.encode(), "sha256").digest()
    return hmac.new(extracted, _KEY_LABEL + b"\x01", "sha256").digest()


def _refuse_forms(text: str) -> None:
    if not text:
        raise ValueError("the address is empty")
    if len(text) > MAX_CHARS:
        raise ValueError(f"the address has {len(text)} characters; {MAX_CHARS} is the limit")
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise ValueError("the address holds a control character")
    if text.startswith('"') and '"@' in text:
        raise ValueError(f"'{_short(text)}' has a quoted local part, which many mail servers refuse; ask for another")
    if "<" in text or ">" in text:
        raise ValueError(f"'{_short(text)}' holds more than the address; leave the name and the brackets out")
    if "(" in text or ")" in text:
        raise ValueError(f"'{_short(text)}' holds a comment in brackets; leave it out")
    if "," in text or ";" in text:
        raise ValueError(f"'{_short(text)}' looks like several addresses; give each a row of its own")
    local = text.rpartition("@")[0]
    if local and not local.isascii():
        raise ValueError(f"'{_short(text)}' has letters beyond ASCII before the @, which not every mail server takes")


def _checked(validated: ValidatedEmail) -> EmailAddress:
    local, domain = validated.local_part, (validated.ascii_domain or "").lower()
    text = f"{local}@{domain}"
    if len(text) > MAX_CHARS or len(local) > LOCAL_CHARS:
        raise ValueError(f"'{_short(text)}' is too long: {MAX_CHARS} characters, {LOCAL_CHARS} of them before the @")
    base = _base(local)
    if base in _NEVER:
        raise ValueError(f"'{_short(text)}' is the address of a program or an office, not of a person")
    return EmailAddress(text, local, domain, is_role=base in _ROLES)


def _base(local: str) -> str:
    return local.lower().partition("+")[0]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
