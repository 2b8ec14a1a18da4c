"""Reports of failed and delayed deliveries: delivery status notifications (RFC 3464, RFC 6533), and prose. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from email.message import Message as Mail

from campaigns.replies.parsing.folding import folded
from campaigns.replies.parsing.legal_notes import MAIL
from campaigns.replies.parsing.refusals import NO_SUCH_WORDS, STATUS, is_hard

# A server's answer in its own words, as reports in any language cite it.
ANSWER = re.compile(
    r"(?<![\d.])(?:5[05]|4[25])\d[ -]#?[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)|(?<!\w)#[45]\.\d\.\d{1,3}(?!\.?\d)"
)
_REFUSAL = re.compile(r"(?<![\d.])5[05]\d[ -]#?5\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_CODE = re.compile(r"(?<![\d.])([245]\d\d)(?!\w)")
_MAILBOX_ANSWER = re.compile(r"(?:^|[:>'])\s{0,40}(55[013])[ -]", re.MULTILINE)

_RETURNED = (
    r"undeliver|not (be(en)? )?delivered|could not be delivered|couldn.t be delivered"
    r"|delivery (has |to .{0,80} )?(failed|failure)|\(failure\)|failure notice|returned mail"
    r"|mail delivery failed|permanent (fatal )?error|returned to sender|unable to deliver|wasn.t delivered"
    r"|unzustellbar|nicht zugestellt|fehler bei der nachrichtenzustellung"
    r"|non (?:remis|distribué)|échec de la remise|no entregado|no (se )?(ha podido|pudo|puede) entregar"
    r"|error (de|en la) entrega|non recapita|recapito non riuscito|mancata consegna|onbestelbaar"
    r"|niet (be(zorgd|stelbaar)|afgeleverd)|kan ikke leveres|kan inte levereras|inte att leverera|niedostarczon"
    r"|nie można dostarczyć|não (é possível entregar|entreg)|a entrega falhou"
    r"|ei voi(da)? toimittaa|nedoruč|kézbesíthetetlen|teslim edileme|недоставлен|не удается доставить|nelivra"
)
# In a server's mail a mail came back; people write so of goods.
RETURNED = re.compile(
    rf"{_RETURNED}|退信|退回|未送达|未送達|[无無]法[传傳][递遞]|配信(?:できません|不能|エラー)"
    r"|반송|배달(?:되지 않음| ?실패)",
    re.IGNORECASE,
)
FAILED = re.compile(rf"{_RETURNED}|delivery (has |to .{{0,80}} )?status|mail delivery system", re.IGNORECASE)
_KEEPS_TRYING = (
    r"will (be )?(retr|keep trying|continue to try)|still (being )?(trying|retried)"
    r"|not yet been delivered|could not send message for past|noch nicht zugestellt"
)
KEEPS_TRYING = re.compile(_KEEPS_TRYING, re.IGNORECASE)
DELAYED = re.compile(
    rf"{_KEEPS_TRYING}|\bdelayed\b|temporar|verzögert|retardé|retrasad"
    r"|ritardat|posticipat|in ritardo|vertraagd|forsinket|försenad|opóźnion|atrasad|zpožděn|opožd|gecik|задерж|отложен"
    r"|配信遅延|遅れて|延迟|延遲|지연",
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
# Of mails and of goods: the clause has to name a mail, and one that is not the writer's own.
_UNDELIVERED = re.compile(
    r"unable to deliver|(?:(?:could|was|has) ?n.t|(?:could|was|has) not|cannot|can.t) (?:be(?:en)? )?delivered"
    r"|nicht (?:\w+ ){0,3}(?:zugestellt|ubermittelt)|n.a (?:(?:pas|pu|ete|etre) )+(?:remis|distribue|delivre)"
    r"|non (?:e stat[ao] |puo essere )?(?:recapitat|consegnat)|niet (?:worden )?(?:afgeleverd|bezorgd)"
    r"|no (?:se )?(?:ha podido|pudo|ha sido|fue) (?:ser )?entreg|nao (?:foi|pode ser) entreg"
)
_CLAUSE = re.compile(r"(?:[^.!?,;\n]|[.!?](?=\S))+")
_OWN = re.compile(
    r"\b(?:my|our|mein\w*|unser\w*|mon|notre|mi[ao]?|nostr.|nuestr.|mijn|onze?|meu|minha|noss.) (?:\w+ )?[\w-]+"
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
        sent_to: Recipients by the header of the mail that came back; may be empty.
    """

    is_hard: bool
    is_final: bool
    status: str
    recipient: str
    text: str
    original_message_id: str = ""
    sent_to: str = ""

    def is_about(self, address: str) -> bool:
        """Tell a reader's own mailbox from another that theirs, a team's often, passes mails on to.

        Servers rewrite domains; letters beyond ASCII are written in several ways.
        """
        failed, own = (each.rpartition("@")[0].partition("+")[0].lower() for each in (self.recipient, address))
        is_other = failed.isascii() and "\\" not in failed and failed not in ("", own)
        is_passed_on = address.lower() in self.sent_to.lower() and address.lower() not in self.text.lower()
        return not (is_other and is_passed_on)


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
        sent_to=_of_original(mail, "To"),
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
    whole = f"{subject}\n{own}"
    is_servers = is_from_server and (RETURNED.search(whole) or DELAYED.search(subject))
    if not (is_servers or FAILED.search(whole) or ANSWER.search(own)):
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


def gives_reason(text: str) -> bool:
    """Tell a text that cites a server's answer, or says that there is no such reader."""
    return any(pattern.search(text) for pattern in (ANSWER, _MAILBOX_ANSWER, NO_SUCH_WORDS))


def is_undelivered(text: str) -> bool:
    """Tell a text that says of a mail that it was not delivered."""
    clauses = filter(_UNDELIVERED.search, _CLAUSE.findall(folded(text)))
    return any(MAIL.search(_OWN.sub(" ", clause)) for clause in clauses)


def is_title_of(subject: str, returned: str) -> bool:
    """Tell a title of a failed delivery that has the subject of the returned mail behind its colon."""
    title, colon, rest = subject.partition(":")
    return bool(colon and returned and RETURNED.search(title)) and rest.strip().endswith(returned.strip())


def original_id(mail: Mail) -> str:
    """Message-ID of the mail a report carries back, whole or by its headers alone."""
    return bare_id(_of_original(mail, "Message-ID"))


def _of_original(mail: Mail, header: str) -> str:
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in WHOLE_PARTS | HEADER_PARTS and isinstance(inner := part.get_payload(), list) and inner:
            first = inner[0]
            return str(first.get(header, "")) if isinstance(first, Mail) else ""
        if kind in HEADER_PARTS:
            match = re.search(rf"^{header}:\s*(.+)$", content_of(part), re.IGNORECASE | re.MULTILINE)
            return match[1] if match else ""
    return ""


def content_of(part: Mail) -> str:
    """Text of a part in UTF-8; empty of one that holds others."""
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def bare_id(text: str) -> str:
    """A Message-ID without angle brackets and white space."""
    match = re.search(r"<([^<>\s]+)>", text)
    return (match[1] if match else text.strip())[:300]


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
    return [message_from_string(group) for group in re.split(r"\r?\n\r?\n", content_of(whole).strip())]


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
