"""The legal note that companies put under every mail, which says nothing of what its writer means. Pure.

A note speaks of whom the mail was meant for, of the mail itself, and of a condition. The first paragraph is never one.
"""

from __future__ import annotations

import re
from typing import Final

from campaigns.replies.parsing.folding import folded

_READER: Final = re.compile(
    r"\b(?:intended (?:recipient|only|solely|exclusively|for)|(?:received?|sent|reached"
    r"|delivered)\b[^.]{0,40}\b(?:in error|by mistake)|addressee|privileged"
    r"|(?:irrtumlich|versehentlich|falschlich\w*)|nicht (?:der|die|an) (?:richtige|beabsichtigte|vorgesehene|bestimmte"
    r"|genannte|adressat)\w*|(?:fur|an) den (?:\w+ )?(?:adressaten|empfanger|genannten)|vertraulich\w*"
    r"|par erreur|(?:pas|plus) (?:le|la|un|l'un des?) destinataires?|destinee?s? (?:exclusivement|uniquement)"
    r"|(?:exclusivement|uniquement) (?:a |au |aux |destinee?s? )|confidentiel\w*"
    r"|per errore|non (?:siete|e|sei|siate|foste) (?:il|i|la|lei il) (?:legittim\w+ )?destinatari\w*"
    r"|esclusivamente (?:a|al|ai|alla|alle|per)|riservat[aeio]"
    r"|ten onrechte|per abuis|(?:alleen|uitsluitend) (?:bestemd|bedoeld)"
    r"|niet (?:voor u|de (?:bedoelde|beoogde|juiste))|vertrouwelijk\w*"
    r"|por error|no es (?:usted )?(?:el|su|un) destinatari\w*|exclusivamente a|confidenciale?s?|confidential)\b"
)
MAIL: Final = re.compile(
    r"\b(?:message|e-?mails?|mail|contents?|information|nachricht|inhalt|informationen|courriel|contenu|informations|messaggio|comunicazione|contenuto|informazioni"
    r"|bericht|inhoud|informatie|mensaje|mensagem|correo|contenido|informacion|attachments?|anhange?|anlagen)\b"
)
_CONDITION: Final = re.compile(
    r"\b(?:if|in case|should you|when|unauthori[sz]ed|sollten sie|falls|wenn|unbefugte\w*|si vous|si|toute|qualora"
    r"|se|chiunque|indien|als|mocht|wanneer|cualquier|intended|bestimmt\w*|destine\w*|destinat\w*|dirige"
    r"|indirizzat\w*|bestemd)\b"
)
_HEADING: Final = re.compile(
    r"^\W*(?:disclaimer|confidentiality|legal (?:notice|note)|privacy|avviso|avertissement|aviso"
    r"|(?:rechtlicher )?hinweis|vertraulichkeit\w*|clausula|nota legale|mention)\b[^\n:]{0,40}:",
    re.IGNORECASE,
)
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n|\n(?=\W*[A-ZÀ-Ü][\w ]{3,40}:)")


def without_legal_note(text: str) -> str:
    """Return a text without the paragraphs, below its first, that are a legal note."""
    first, *rest = _PARAGRAPH.split(text.strip())
    return "\n\n".join([first, *(each for each in rest if not _is_note(each))])


def _is_note(paragraph: str) -> bool:
    plain = " ".join(folded(paragraph).split())
    names_mail = MAIL.search(plain) is not None
    if _HEADING.match(paragraph) and names_mail:
        return True
    return names_mail and all(each.search(plain) for each in (_READER, _CONDITION))
