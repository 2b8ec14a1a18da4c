"""Meaning of a refusal: enhanced status codes (RFC 3463), reply codes (RFC 5321), and the words of servers. Pure."""

from __future__ import annotations

import re

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
# Subjects 1 (addressing) say that there is no such reader. 1.7 and 1.8 are about the sender's address.
# Microsoft 365 says 1.351 of a mailbox elsewhere, and 4.310 of a domain.
NO_SUCH_READER = frozenset({(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 10), (1, 351), (2, 1), (4, 310)})
# Microsoft 365 turns an unknown reader away at the edge so, with 5.4.1: elsewhere a host that does not answer.
UNKNOWN_AT_EDGE = re.compile(r"recipient address rejected: access denied", re.IGNORECASE)
# Replies of RFC 5321 that mean the mailbox where no enhanced code says more.
MAILBOX_CODES = frozenset({550, 551, 553})
_WRAPPERS: dict[tuple[int, ...], int] = {(0, 0): 0, (1, 0): 1}
# In other languages, as Exchange words it.
_ADDRESSED = (
    r"(?:adres|empfänger|postfach|destinata|courriel|direcci[oó]n|buzón|indirizzo|casella|endereço|geadresseerde|postvak|modtager|mottaker|mottagare"
    r"|odbiorc|skrzynk|vastaanottaj|příjemc|schránk|címzett|posta kutusu|al.c.(?:lar)?\b"
    r"|διεύθυνση|адрес(?! отправ)|получател|ящик|одержувач)"
)
_MISSING = (
    r"(?:unbekannt(?!er? f)|nicht gefunden|existiert nicht|introuvable|n.existe pas|(?<!erreur )inconnu|no se encontró"
    r"|no existe|non esiste|non trovat"
    r"|niet (?:worden )?gevonden|bestaat niet|não (?:foi )?encontrad|não existe|ikke (?:fundet|funnet)"
    r"|fin(?:de|ne|n)s (?:ikke|inte)|hittades inte"
    r"|nie znaleziono|nie istnieje|ei löydy|neexistuje|neby\w+ nalezen|nem található|bulunamad.|mevcut değil"
    r"|δεν βρέθηκε|nu (?:a fost găsit|există)|не найден|не существует|не знайдено|не існує)"
)
NO_SUCH_WORDS = re.compile(
    r"(?:user|recipient|mailbox|address|account)\W+(?:\w+\W+){0,3}?(?:unknown|not found|couldn.t be found"
    r"|does(?:n.t| not) exist|invalid|disabled)"
    r"|mailbox unavailable|(?:no such|unknown|invalid) (?:user|mailbox|recipient)"
    r"|(?:no such|unknown) (?:address|person|account)|unrouteable address"
    r"|not a valid (?:user|mailbox|recipient|account)\b"
    r"|wasn.t found at"
    r"|user .{0,60}(?:not listed in|doesn.t have a .{1,80} account)"
    rf"|{_ADDRESSED}\w{{0,30}}\W+(?:\w+\W+){{0,9}}?{_MISSING}"
    r"|(?:no se encontró|impossibile trovare|nie znaleziono"
    rf"|não foi possível encontrar|не удается найти|не вдалося знайти)\W+(?:\w+\W+){{0,4}}?{_ADDRESSED}"
    r"|(?:地址|账号|帳號|邮箱|信箱|收件人)\S{0,8}不存在|(?:找不到|无此|無此)\S{0,8}(?:地址|用户|用戶|邮箱|信箱)"
    r"|アドレスが\S{0,4}(?:見つか|存在し)|주소를 찾을 수 없|(?:사용자|주소)\S{0,3} 존재하지",
    re.IGNORECASE,
)
# The domain of the address is none, unless a resolver asks for patience.
NO_SUCH_DOMAIN = re.compile(
    r"(?:host|domain)(?: or domain)?(?: name)?(?: \S+)? (?:(?:was |could ?n.t be |could not be )?not found"
    r"|could ?n.t be found)|no such (?:host|domain)|nxdomain"
    r"|domain .{0,40}(?:does(?:n.t| not) exist|could ?n.t be found)|non-?existent (?:host|domain)"
    r"|unrouteable mail domain",
    re.IGNORECASE,
)
TRY_AGAIN = re.compile(r"try again", re.IGNORECASE)
_SENDER = r"(?:absender|expéditeur|remitente|mittente|afzender|remetente|gönderen|отправител)"
# The sender, its address or its server is what was refused; `Sender Address:` alone is a field of Exchange's reports.
OUR_SIDE = re.compile(
    r"\bsender (?:address|domain)(?! ?:)[^.\n]{0,40}(?:reject|denied|refused|not |invalid|unknown|verif|blocked)"
    r"|\bsender(?: (?:is|was|has|been|could|not|be|e-?mail|id|callout|mail)){0,4}"
    r" (?:verif|reject|denied|refused|invalid|unknown|unresolv|block|blacklist|banned)"
    r"|\b(?:invalid|unknown|bad|forged|unverified|verify(?:ing)?(?: the)?|verification (?:of|for)(?: the)?"
    r"|unknown user in|reject\w*(?: the)?) sender\b"
    r"|mail from (?:address |command )?(?:reject|denied|refused|not accepted)"
    r"|in reply to mail\b|after (?:pipelined )?mail from"
    rf"|\b{_SENDER}\w*(?: \w+){{0,3}} (?:abgelehnt|ungültig|unbekannt\b|gesperrt|nicht \w+|rejeté|refusé"
    r"|inconnu|invalide|introuvable|n.existe|no existe|no (?:es )?válid"
    r"|rechazad|desconocid|rifiutat|sconosciut|non (?:esiste|(?:è )?valid)|geweigerd|onbekend|ongeldig"
    r"|bestaat niet|rejeitad|não existe|bulunamad|reddedil|не |отклон|заблок)"
    r"|\b(?:spf|dkim|dmarc) (?:check|fail|validation|verification|authentication)|not allowed to send\b"
    r"|(?<!not )(?<!n't )(?<!longer )\b(?:black)?listed (?:by|in|on|at)\b"
    # Refusals of NetEase (163.com): of a rate, a content, a sender.
    r"|(?<!\w)(?:rp|mi|dt|ip|ma):[a-z]{3}(?!\w)"
    # A greeting alone stands in every transcript.
    r"|\b(?:helo|ehlo)\b(?!=)[^\n]{0,40}(?:reject|denied|refused|invalid|resolv|not )"
    r"|(?:invalid|bad|forged) (?:helo|ehlo)"
    r"|\breverse (?:dns|host)|\bclient host",
    re.IGNORECASE,
)
POLICY_WORDS = re.compile(
    r"spam|block|blacklist|policy|reputation|denied|dmarc|\bspf\b|\brate\b|relay|quota|\bfull\b", re.IGNORECASE
)
# A mailbox that is there, and has too much for now.
BUSY = re.compile(
    r"too (?:quickly|fast|many|large|big)\b|at a rate\b|\brate limit|\bover ?quota|\bquota (?:is )?exceeded"
    r"|\bmailbox (?:is )?full|\bpleine\b|\bpostfach\b.{0,30}\bvoll\b|\bllen[oa]\b|\bpien[oa]\b|\bchei[oa]\b",
    re.IGNORECASE,
)
_OF_SENDER = re.compile(rf"sender|{_SENDER}|reply to mail|after (?:pipelined )?mail from", re.IGNORECASE)
_ADDRESSES = re.compile(r"\S+@\S+|https?://\S+")
# What a bare 550 is about where it is no reader: the sender, its server, the mail, or a rule without a name.
NO_READER_WORDS = re.compile(
    r"prohibit|frequency|\b(?:dkim|spoof\w*|virus\w*|malware|phish\w*|attacks?|suspicious|suspected|content is|banned"
    r"|headers?|mail from|throttl\w*|greylist\w*|too (?:many|large|big)|not (?:permitted|authori[sz]ed|welcome))\b"
    # Servers name the command that was answered; only `RCPT TO` names the reader.
    r"|in reply to (?!rcpt)|after (?:pipelined )?(?:end of data|mail from|helo|ehlo|initial connection)"
    r"|after i sent the message|sender was rejected",
    re.IGNORECASE,
)


def is_hard(text: str, *, code: int = 0, status: str = "") -> bool:
    """Tell whether a permanent refusal means that there is no such reader.

    Args:
        text: The server's words; an enhanced status in them counts where `status` is empty.
        code: Reply code of SMTP, 0 where there was none.
    """
    codes = [tuple(map(int, match.groups())) for match in STATUS.finditer(f"{status} {text}")]
    # A gateway may say no more than 5.0.0, or 5.1.0, of an answer that says more.
    kind, subject, detail = max(codes, key=lambda each: _WRAPPERS.get(each[1:], 2), default=(0, 0, 0))
    if OUR_SIDE.search(text) and not ((subject, detail) == (1, 1) and _names_reader(text)):
        return False
    if subject in (0, 1, 4) and NO_SUCH_DOMAIN.search(text) and not TRY_AGAIN.search(text):
        return True
    if kind in (2, 4) or (subject in (1, 2) and BUSY.search(text) and not _names_reader(text)):
        return False
    # An address was refused, or a mail for some reason.
    if (subject, detail) == (1, 0) and not _names_reader(text):
        bare = _ADDRESSES.sub(" ", text)
        if POLICY_WORDS.search(bare) or NO_READER_WORDS.search(bare):
            return False
    if subject not in (0, 5):
        is_unknown_at_edge = (subject, detail) == (4, 1) and UNKNOWN_AT_EDGE.search(text) is not None
        # Yandex turns an unknown reader away by a status of policy, and says why.
        is_said = subject == 7 and _names_no_reader(text)
        return (subject, detail) in NO_SUCH_READER or is_unknown_at_edge or is_said
    is_about_reader = subject == 0 and code in MAILBOX_CODES and not NO_READER_WORDS.search(text)
    return _names_no_reader(text) or (is_about_reader and not POLICY_WORDS.search(text))


def _names_reader(text: str) -> bool:
    """Return whether the words say that there is no such reader, and mean no sender."""
    words = NO_SUCH_WORDS.search(text)
    return words is not None and not _OF_SENDER.search(text, max(0, words.start() - 20), words.end() + 30)


def _names_no_reader(text: str) -> bool:
    return bool(NO_SUCH_WORDS.search(text)) and not POLICY_WORDS.search(text)
