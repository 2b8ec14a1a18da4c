"""Challenges: mails by which a spam filter asks the sender for a sign of life. Pure."""

from __future__ import annotations

import re
from typing import Final

# A challenge names a mail that waits, an act behind a link, and a guard. People wait for answers, and speak of links
# and guards in passing.
_CHALLENGE: Final = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"\b(?:your (?:e-?)?mail|your message|nachricht|e-?mail|message|courriel|mensaje|correo|mensagem|messaggio"
        r"|bericht|wiadomość|письмо|сообщение)\b(?:[^.!?\n]|[.!?](?=\S)){0,90}\b(?:held|on hold|waiting(?! for)"
        r"|redirected to|wartet|zurückgehalten|en attente(?! de)|e[nm] espera(?! d)|in attesa(?! d)|in de wacht"
        r"|oczekuj\w+|ожидает|задержано)\b"
        r"|\b(?:so i can receive|(?:in order for|before) your (?:e-?mail|message)|erst (?:dann|danach) erhalte"
        r"|erst zugestellt|me parvien\w+|soit remis|para que (?:su|sua|seu|tu) (?:mensa\w+|e-?mail|correo)"
        r"|per ricevere la (?:sua|tua)|pas afgeleverd)\b|(?:邮件|郵件|信件|メール).{0,20}(?:等待|保留|待機)",
        r"\b(?:click|klick(?:en)?|cliqu(?:er|ez)|clicar|clique|clicchi|clicca(?:re)?|haga clic|pulse|klik(?:nij)?"
        r"|нажмите|перейдите)\b[^.!?]{0,40}\b(?:here|below|following|hier|folgenden|ici|suivant|aqu[ií]|siguiente|qui"
        r"|seguente|abaixo|tutaj|здесь|ссылке)\b|点击|點擊|クリック"
        r"|\b(?:behind this link|empty message|captcha|reply to this (?:e-?mail|message))\b",
        r"\b(?:protect\w*|geschützt|protégée?|protegid[oa]|protett[oa]|beveiligd|chroni\w+|защищ\w+|robots?|robôs|human"
        r"|mensch|absenderadresse|sender address|not been verified|una persona|uma pessoa|een mens)\b|垃圾|迷惑メール",
    )
)


def is_challenge(text: str) -> bool:
    """Tell a text that has all that a challenge names."""
    return all(words.search(text) for words in _CHALLENGE)
