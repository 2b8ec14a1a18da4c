"""Meaning of a refusal: enhanced status codes (RFC 3463), delivery status notifications (RFC 3464, RFC 6533). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from email.message import Message as Mail

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
# Subjects 1 (addressing) say that there is no such reader. 1.7 and 1.8 are about the sender's address.
# Microsoft 365 says 1.351 of a mailbox elsewhere, and 4.310 of a domain.
NO_SUCH_READER = frozenset({(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 10), (1, 351), (2, 1), (4, 310)})
# Microsoft 365 turns an unknown reader away at the edge so, with 5.4.1: elsewhere a host that does not answer.
UNKNOWN_AT_EDGE = re.compile(r"recipient address rejected: access denied", re.IGNORECASE)
# Replies of RFC 5321 that mean the mailbox where no enhanced code says more.
MAILBOX_CODES = frozenset({550, 551, 553})
# In other languages, as Exchange words it.
_ADDRESSED = (
    r"(?:adres|empfänger|postfach|destinata|courriel|direcci[oó]n|buzón|indirizzo|casella|endereço|geadresseerde|postvak|modtager|mottaker|mottagare"
    r"|odbiorc|skrzynk|vastaanottaj|příjemc|címzett)"
)
_MISSING = (
    r"(?:unbekannt(?!er? f)|nicht gefunden|existiert nicht|introuvable|n.existe pas|(?<!erreur )inconnu|no se encontró"
    r"|no existe|non esiste|non trovat"
    r"|niet (?:worden )?gevonden|bestaat niet|não (?:foi )?encontrad|não existe|ikke (?:fundet|funnet)"
    r"|fin(?:de|ne|n)s (?:ikke|inte)|hittades inte"
    r"|nie znaleziono|nie istnieje|ei löydy|neexistuje|nem található)"
)
NO_SUCH_WORDS = re.compile(
    r"(?:user|recipient|mailbox|address|account)\W+(?:\w+\W+){0,3}?(?:unknown|not found|couldn.t be found"
    r"|does(?:n.t| not) exist|invalid|disabled)"
    r"|mailbox unavailable|(?:no such|unknown) (?:user|mailbox|recipient|address|person|account)|unrouteable address"
    r"|not a valid (?:user|mailbox|recipient|account)\b"
    r"|wasn.t found at"
    r"|user .{0,60}(?:not listed in|doesn.t have a .{1,80} account)"
    rf"|{_ADDRESSED}\w{{0,30}}\W+(?:\w+\W+){{0,9}}?{_MISSING}"
    r"|(?:no se encontró|impossibile trovare|nie znaleziono"
    rf"|não foi possível encontrar)\W+(?:\w+\W+){{0,4}}?{_ADDRESSED}",
    re.IGNORECASE,
)
# The domain of the address is none, unless it is the sender's, or a resolver asks for patience.
NO_SUCH_DOMAIN = re.compile(
    r"(?:host|domain)(?: or domain)?(?: name)?(?: \S+)? (?:(?:was |could ?n.t be |could not be )?not found"
    r"|could ?n.t be found)|no such (?:host|domain)|nxdomain"
    r"|domain .{0,40}(?:does(?:n.t| not) exist|could ?n.t be found)|non-?existent (?:host|domain)"
    r"|unrouteable mail domain",
    re.IGNORECASE,
)
_OUR_SIDE = r"\bsender (?:address|domain|verif|rejected|denied)|\bhelo\b|\behlo\b|\breverse (?:dns|host)|\bclient host"
OTHER_DOMAIN = re.compile(rf"try again|{_OUR_SIDE}", re.IGNORECASE)
POLICY_WORDS = re.compile(
    rf"spam|block|blacklist|policy|reputation|denied|dmarc|\bspf\b|\brate\b|relay|quota|\bfull\b|{_OUR_SIDE}",
    re.IGNORECASE,
)
# What a bare 550 is about where it is no reader: the sender, its server, the mail, or a rule without a name.
NO_READER_WORDS = re.compile(
    r"prohibit|frequency|\b(?:dkim|spoof\w*|virus\w*|malware|phish\w*|attacks?|suspicious|suspected|content is|banned"
    r"|throttl\w*|greylist\w*|too (?:many|large|big)|not (?:permitted|authori[sz]ed|welcome))\b"
    # Servers name the command that was answered; only `RCPT TO` names the reader.
    r"|in reply to (?!rcpt)|after (?:pipelined )?(?:end of data|mail from|helo|ehlo|initial connection)"
    r"|after i sent the message|sender was rejected",
    re.IGNORECASE,
)
# A server's answer in its own words, as reports in any language cite it.
ANSWER = re.compile(
    r"(?<![\d.])(?:5[05]|4[25])\d[ -]#?[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)|(?<!\w)#[45]\.\d\.\d{1,3}(?!\.?\d)"
)
_REFUSAL = re.compile(r"(?<![\d.])5[05]\d[ -]#?5\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_CODE = re.compile(r"(?<![\d.])([245]\d\d)(?!\w)")
_MAILBOX_ANSWER = re.compile(r"(?:^|[:>'])\s{0,40}(55[013])[ -]", re.MULTILINE)

_RETURNED = (
    r"undeliver|not (be )?delivered|could not be delivered|couldn.t be delivered"
    r"|delivery (has |to .{0,80} )?(failed|failure)|\(failure\)|failure notice|returned mail"
    r"|mail delivery failed|permanent (fatal )?error|returned to sender|unable to deliver|wasn.t delivered"
    r"|unzustellbar|nicht zugestellt|fehler bei der nachrichtenzustellung"
    r"|non remis|échec de la remise|no (se )?(ha podido|pudo|puede) entregar|error (de|en la) entrega|non recapita"
    r"|recapito non riuscito|mancata consegna|onbestelbaar"
    r"|niet (be(zorgd|stelbaar)|afgeleverd)|kan ikke leveres|kan inte levereras|inte att leverera|niedostarczon"
    r"|nie można dostarczyć|não (é possível entregar|entreg)|a entrega falhou"
    r"|ei voi(da)? toimittaa|nedoruč|kézbesíthetetlen|teslim edileme|недоставлен|не удается доставить|nelivra"
)
RETURNED = re.compile(_RETURNED, re.IGNORECASE)
FAILED = re.compile(rf"{_RETURNED}|delivery (has |to .{{0,80}} )?status|mail delivery system", re.IGNORECASE)
_KEEPS_TRYING = (
    r"will (be )?(retr|keep trying|continue to try)|still (being )?(trying|retried)"
    r"|not yet been delivered|could not send message for past|noch nicht zugestellt"
)
KEEPS_TRYING = re.compile(_KEEPS_TRYING, re.IGNORECASE)
DELAYED = re.compile(
    rf"{_KEEPS_TRYING}|\bdelayed\b|temporar|verzögert|retardé|retrasad"
    r"|ritardat|vertraagd|forsinket|försenad|opóźnion|atrasad",
    re.IGNORECASE,
)
# The end of a server's attempts; one that is to come is none.
GIVEN_UP = re.compile(
    r"^[ \t]*action:[ \t]*(?:fail|error)|(?<![\d.])5[05]\d[ -]#?[45]\.\d{1,3}\.\d"
    r"|(?:time|time-?out|period|queue|retries|attempts)\W(?:(?:has|have|was|were) )?(?:been )?(?:expired|exceeded)"
    r"|\bmessage (?:has )?expired|\bgave up\b|(?<!be )\bgiven up\b|(?<!before )\bgiving up\b|stopped trying"
    r"|queue too long|not going to try again|(?:will not|won.t) be retried|no (?:further|more) (?:delivery )?attempts"
    r"|(?<!wird )\baufgegeben\b|keine weiteren (?:zustell)?versuche|\ba abandonné\b|délai\b.{0,30}(?:expiré|dépassé)"
    r"|no (?:hará|realizará|se harán) más intentos|tiempo\b.{0,30}(?:expirado|agotado)|tempo\b.{0,30}\bscaduto"
    r"|geen (?:verdere|nieuwe) pogingen",
    re.IGNORECASE | re.MULTILINE,
)
MESSAGE_ID = re.compile(r"^\W{0,3}Message-ID:\s*<([^<>\s]{3,300})>", re.IGNORECASE | re.MULTILINE)
# Begins the header of the mail that came back.
_COPY = re.compile(r"^\W{0,3}(?:Return-Path|Received|DKIM-Signature|Message-ID):", re.IGNORECASE | re.MULTILINE)
MAX_PROSE = 20_000
# The second of each is of mails whose addresses are written in any script (RFC 6533).
STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
WHOLE_PARTS = frozenset({"message/rfc822", "message/global"})
_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})
HEADER_PARTS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})


@dataclass(frozen=True)
class Bounce:
    """Notice that a mail was not delivered.

    Attributes:
        is_hard: The address does not exist: never write to it again. A full mailbox or a refused text is not hard.
        is_final: The server has given up; otherwise it tries on.
        status: Enhanced status such as `5.1.1`, empty where none was given.
        recipient: The address it is about, empty where the notice does not say.
        text: The server's own words, cut.
        original_message_id: Message-ID of the mail that came back, without angle brackets; may be empty.
    """

    is_hard: bool
    is_final: bool
    status: str
    recipient: str
    text: str
    original_message_id: str = ""


def is_hard(text: str, *, code: int = 0, status: str = "") -> bool:
    """Tell whether a permanent refusal means that there is no such reader.

    Args:
        text: The server's words; an enhanced status in them counts where `status` is empty.
        code: Reply code of SMTP, 0 where there was none.
    """
    codes = [tuple(map(int, match.groups())) for match in STATUS.finditer(f"{status} {text}")]
    # A gateway may say no more than 5.0.0 of an answer that says more.
    kind, subject, detail = next((each for each in codes if each[1:] != (0, 0)), codes[0] if codes else (0, 0, 0))
    if subject in (0, 1, 4) and NO_SUCH_DOMAIN.search(text) and not OTHER_DOMAIN.search(text):
        return True
    if kind in (2, 4):
        return False
    if subject not in (0, 5):
        is_unknown_at_edge = (subject, detail) == (4, 1) and UNKNOWN_AT_EDGE.search(text) is not None
        # Yandex turns an unknown reader away by a status of policy, and says why.
        is_named = subject == 7 and _names_no_reader(text)
        return (subject, detail) in NO_SUCH_READER or is_unknown_at_edge or is_named
    is_about_reader = subject == 0 and code in MAILBOX_CODES and not NO_READER_WORDS.search(text)
    return _names_no_reader(text) or (is_about_reader and not POLICY_WORDS.search(text))


def _names_no_reader(text: str) -> bool:
    return bool(NO_SUCH_WORDS.search(text)) and not POLICY_WORDS.search(text)


def read_bounce(mail: Mail) -> Bounce | None:
    """The bounce a mail reports, if it is a delivery status notification about a failure or a delay.

    The notice of a success or a relay is no bounce. Of several recipients the first that failed counts, then one that
    is delayed: our mails have one each.
    """
    status_part = next((p for p in own_parts(mail) if p.get_content_type() in STATUS_PARTS), None)
    if status_part is None:
        return None
    blocks = _blocks(status_part)
    # Some servers comment on the action, or call it an error.
    failed = next((block for block in blocks if _action(block).startswith(("fail", "error"))), None)
    block = failed or next((block for block in blocks if _action(block).startswith("delayed")), None)
    if block is None:
        return None
    status = STATUS.search(str(block.get("Status", "")))
    diagnostic = " ".join(str(block.get("Diagnostic-Code", "")).split())[:300]
    number = status[0] if status else ""
    return Bounce(
        is_hard=failed is not None and is_hard(diagnostic, code=_code(diagnostic), status=number),
        is_final=failed is not None,
        status=number,
        recipient=_address(block),
        text=diagnostic,
        original_message_id=original_id(mail),
    )


def own_parts(mail: Mail) -> Iterator[Mail]:
    """Yield a mail and its parts, but not those of mails that it carries: what these report it does not."""
    yield mail
    payload = mail.get_payload()
    if isinstance(payload, list) and mail.get_content_type() not in WHOLE_PARTS:
        for part in payload:
            if isinstance(part, Mail):
                yield from own_parts(part)


def read_prose(text: str, *, subject: str, original_message_id: str = "", is_from_server: bool = True) -> Bounce | None:
    """Return the bounce that a mail server tells in prose, without a DSN (RFC 3464); None if it tells none.

    Args:
        text: The whole body, with the mail it quotes.
        original_message_id: Of the mail that came back, if a part carries it; else it is looked for in the text.
        is_from_server: A mail server wrote it by its address: absences speak of delays too.
    """
    cut = text[:MAX_PROSE]
    quoted, copy = MESSAGE_ID.search(cut), _COPY.search(cut)
    own = cut[: copy.start()] if copy else cut
    if not (FAILED.search(f"{subject}\n{own}") or ANSWER.search(own) or (is_from_server and DELAYED.search(subject))):
        return None
    # Of several servers the one that refused for good counts.
    refusal = _REFUSAL.search(own)
    status = STATUS.search(refusal[0] if refusal else own)
    is_final = _has_given_up(subject, own, is_passing=status is not None and status[1] == "4")
    prose = " ".join(own.split())[:300]
    code = _MAILBOX_ANSWER.search(own)
    return Bounce(
        is_hard=is_final and is_hard(own, code=int(code[1]) if code else 0, status=status[0] if status else ""),
        is_final=is_final,
        status=status[0] if status else "",
        recipient="",
        text=prose,
        original_message_id=original_message_id or (quoted[1] if quoted else ""),
    )


def _has_given_up(subject: str, own: str, *, is_passing: bool) -> bool:
    """Tell the end of all attempts, also where each of them failed for a passing reason."""
    returned, delayed = RETURNED.search(subject), DELAYED.search(subject)
    # Words of our own subject may follow.
    is_returned = returned is not None and (delayed is None or returned.start() < delayed.start())
    if (delayed and not is_returned) or KEEPS_TRYING.search(own):
        return False
    return is_returned or GIVEN_UP.search(own) is not None or not (is_passing or DELAYED.search(own))


def original_id(mail: Mail) -> str:
    """Message-ID of the mail a report carries back, whole or by its headers alone."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in WHOLE_PARTS | HEADER_PARTS and isinstance(inner := part.get_payload(), list) and inner:
            first = inner[0]
            return bare_id(str(first.get("Message-ID", ""))) if isinstance(first, Mail) else ""
        if kind in HEADER_PARTS:
            return bare_id(_id_in_text(part))
    return ""


def bare_id(text: str) -> str:
    """A Message-ID without angle brackets and white space."""
    match = re.search(r"<([^<>\s]+)>", text)
    return (match[1] if match else text.strip())[:300]


def _id_in_text(part: Mail) -> str:
    raw = part.get_payload(decode=True)
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    match = re.search(r"^message-id:\s*(.+)$", text, re.IGNORECASE | re.MULTILINE)
    return match[1] if match else ""


def _blocks(part: Mail) -> list[Mail]:
    """Groups of fields, one a recipient behind the first; a broken notice may have its text undivided."""
    payload = part.get_payload()
    blocks = [block for block in payload if isinstance(block, Mail)] if isinstance(payload, list) else []
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if not blocks or (part.get_content_type() == "message/delivery-status" and encoding in _PLAIN_ENCODINGS):
        return blocks
    # Python reads other kinds as one mail, whose text are the fields of the recipients.
    fields = [f"{name}: {value}" for name, value in blocks[0].items()]
    whole = Mail()
    whole["Content-Transfer-Encoding"] = encoding
    whole.set_payload("\n".join([*fields, "", str(blocks[0].get_payload())]).strip())
    decoded = whole.get_payload(decode=True)
    text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
    return [message_from_string(group) for group in re.split(r"\r?\n\r?\n", text.strip())]


def _action(block: Mail) -> str:
    action = str(block.get("Action", "")).strip().lower()
    status = STATUS.search(str(block.get("Status", "")))
    return "failed" if not action and status is not None and status[1] == "5" else action


def _address(block: Mail) -> str:
    raw = str(block.get("Final-Recipient") or block.get("Original-Recipient") or "")
    return raw.rpartition(";")[2].strip().strip("<>")[:254]


def _code(diagnostic: str) -> int:
    match = _CODE.search(diagnostic)
    return int(match[1]) if match else 0
