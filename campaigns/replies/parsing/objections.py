"""Wishes in a reply for no more mails: plain, possible, or none. Pure.

Read sentence by sentence. A plain wish names who makes it or what is to end; one that may be meant is for a person to
look at. A question about what a product can do, a wish to stay, and another way or moment that is named instead are
none. What judges this stands in docs/sending.md.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import IntEnum
from functools import lru_cache
from typing import Final

from campaigns.replies.parsing.folding import folded
from campaigns.replies.parsing.wish_words import ACT, ADDRESS, EXCUSED, NAMED_ADDRESS, NEAR, OFFICE, POSSIBLE, plain


class Wish(IntEnum):
    """Strength of a wish to hear no more; `STAYS` where the writer asks not to be taken off."""

    NONE = 0
    STAYS = 1
    POSSIBLE = 2
    PLAIN = 3


_BARE: Final = re.compile(
    r"(?:\b(?:please|pls|plz|bitte|svp|stp|merci|aub|graag|por favor|per favore|hi|hello|hallo|now|jetzt|thanks"
    r"|thank you|thx|danke|gracias|grazie|i said|all|this|mail|e-?mails?)\b|\W)*"
    r"(?:unsub(?:scribe)?|remove(?: (?:me|us))?|delete(?: (?:me|us))?|stop|stopp|end|opt[ -]?out|cancel|abmelden"
    r"|abmeldung|austragen|abbestellen|loschen|streichen|desinscription|desinscrire|desabonnement|desabonner"
    r"|baja|borrar|eliminar|uitschrijven|afmelden|verwijderen|cancellami|cancellatemi|cancellazione|disiscrizione"
    r"|disiscrivimi|abmeld\w*|abbest\w*|austrag\w*|uitschrij\w*|desinscri\w*|desabonn\w*|unsub\w*|un-?subscribe"
    r"|rimuovi|rimuovere|basta|no more)"
    r"(?:\b(?:please|pls|plz|bitte|svp|stp|merci|aub|graag|por favor|per favore|now|jetzt|thanks|thank you|thx|danke"
    r"|gracias|grazie|me|us|all|this|it|mail|e-?mails?|stop|remove|unsubscribe)\b|\W)*"
)
# A question that asks for the act itself, as politeness has it.
_REQUEST: Final = re.compile(
    r"\b(?:can|could|would|will|may|might) (?:you|u|ya|i|we|someone|somebody|anyone)\b|\bwould you mind\b"
    r"|\b(?:how|where|when) (?:do|can|could|will|to)\b|\bplease\b|\bpls\b|\bis (?:there|it) \w+ (?:way|possible)\b"
    r"|\bmind (?:taking|removing|deleting)\b"
    r"|\b(?:konnen|konnten|konnt|wurden|kannst|konntest|durfte|wurdest|kann|wann|wie|wo)\b|\bbitte\b|\b(?:pouvez|pourriez|peux|pourrais|voulez|serait|comment|ou)\b|\b(?:puede|pueden|podria|podrian|puedes|podrias|podeis|como|seria)\b"
    r"|\b(?:puo|potrebbe|potete|potreste|puoi|potresti|come|sarebbe|vi dispiace)\b"
    r"|\b(?:kunt|kan|wilt|wil|zou|kun|kunnen|hoe|waar|zouden)\b"
)
# Asked of what a product can do, or of other people's lists; nothing is to be done now.
_CAPABILITY: Final = re.compile(
    r"\b(?:on|upon) request\b|\bat any time\b|\bauf (?:wunsch|anfrage|verlangen)\b|\bjederzeit\b"
    r"|\b(?:sur|a la) demande\b|\ba tout moment\b|\b(?:su|a) richiesta\b|\bop (?:verzoek|aanvraag)\b"
    r"|\b(?:a|bajo) peticion\b|\bbajo demanda\b"
    r"|(?<!from )(?<!of )(?<!off )(?<!in )\b(?:your|the|this|such a) (?:\w+ )?(?:tool|product|software|system|platform"
    r"|app|solution|service)\b|\b(?:handle|manage|support|deal with|automate)s?\b|\bprocess(?! (?:my|our|this))\b"
    r"|\b(?:ihr|euer|die|das|der|eure|ihre) (?:\w+ )?(?:tool|produkt|software|system|plattform|losung)\b|\bfunktion\b"
    r"|\b(?:kunden|clients?|customers?|clienti|klanten|clientes|abonnes|abonnenten|users?|nutzer|readers?|empfanger)\b"
    r"|(?<!de )(?<!dal )(?<!uit )(?<!du )\b(?:votre|le|vostro|il|uw|jullie|su|el) (?:outil|produit|logiciel|systeme"
    r"|solution|strumento|prodotto|sistema|systeem|tool|software|product|producto|herramienta|piattaforma)\b"
    r"|\b(?:gerez|gestite|gestionan|regelen|lost ihr|losen sie|geht ihr|gehen sie)\b"
)
_PRODUCT_TALK: Final = re.compile(
    rf"{_CAPABILITY.pattern}|\b(?:rates?|requests?|feature|button in|page of|flow|emailing to|double opt"
    r"|opt-?in)\b|\b(?:quote|kundendaten|verwaltung|gestion des|gestione dell\w+|beheer)\b"
)
# Who says what stands before: "no need to remove me", "before I unsubscribe", "customers tell us to stop".
_TURNED: Final = re.compile(
    r"\b(?:do not|don'?t|dont|never|no need to|no reason to|not going to|won'?t|will not|rather than|instead of"
    r"|before (?:i|we)|without having to|if (?:i|we)|(?:should|would|did|do) (?:i|we)(?: have)?)(?: to)?(?: (?:just"
    r"|please|ever|have|need|want|wish|to|you|take|get|be))*[ ,]*$"
    r"|\b(?:if|when|whenever|in case|unless)\b[^.!?]{0,30}\byou (?:don'?t|do not|can'?t|cannot|won'?t|are|want|would"
    r"|need|need to|stop|have)\b[^.!?,]{0,30}$|\b(?:kein grund|nicht notig|statt|ohne|falls wir|falls ich"
    r"|wenn (?:wir|ich))\b[^.,]{0,25}$"
    r"|\b(?:we|they|he|she|it|customers?|clients?|people|users?|readers?|leads?|colleagues?|guests?|visitors?"
    r"|patients?|suppliers?|members?|kunden|wir|nos clients|nous|les clients|i clienti|klanten|wij|we|clientes"
    r"|nuestros clientes)"
    r"(?: (?!ask\b|want\b|request|demand|insist|would\b|wish|need you|expect|you\b|hereby|require|prefer|like\b|please"
    r"|kindly|bitt|mocht|woll|wunsch|verlang|forder|widersprech|verzicht|merci|pri(?:e|ons)|graag|gelieve|wens|exige"
    r"|souhait|voul|demand|vorr|vogl|chied|wil|vrag|verzoek|quer|ped|solicit|exig)[\w'-]+){0,5} ?$"
)
# What a sender offers under a mail that went out: "if you no longer wish to receive these, click here".
_OFFER: Final = re.compile(
    r"\b(?:if|should|in case|when|whenever) you(?:'d|'re)?\b[^.!?]{0,80}\b(?:wish|want|like|prefer|longer|rather"
    r"|interested)\b|^(?:\w+: )?to (?:no longer|stop|opt|unsubscribe|indicate|be removed|leave|end)\b"
    r"|\b(?:click|klicken sie|cliquez|clicc\w+|klik|haga clic|pulse|clique) (?:\w+ )?(?:here|below|on|hier|ici|qui"
    r"|aqui|op|sur|auf|link)\b|\$link\b|https?:"
    r"|\b(?:wenn|falls|sollten) sie\b[^.!?]{0,60}\b(?:mochten|wunschen|wollen)\b"
    r"|\bsi vous\b[^.!?]{0,20}\b(?:souhaitez|voulez|desirez)\b|\bse (?:non )?(?:desidera|vuole|volete|vuoi)\w*\b"
    r"|\bals (?:u|je)\b[^.!?]{0,60}\b(?:wilt|wenst)\b|\bsi (?:no |ya no )?(?:desea|quiere|deseas|quieres)\b"
)
# What a law or a newsletter grants its reader in a company's foot ("you may exercise your right to erasure at"): beside
# it a person decides.
_RIGHTS: Final = re.compile(
    r"^(?!.*\b(?:me|my|our|mich|meine?\w?|unsere?\w?|moi|mon|ma|mes|notre|nos|mio|mia|miei|nostr\w|mis|mij|mijn|onze"
    r"|kein\w*|geen|no right)\b).*(?:"
    r"\byou (?:can|may|have)\b.{0,40}\b(?:request|exercise|object|withdraw|ask us|rights?)\b"
    r"|\b(?:puede|podra|pueden)\b.{0,30}\b(?:ejerc|ejercit|solicitar|revocar|oponer)\w*"
    r"|\bpara (?:darse|dejar de|cancelar|no recibir|ejerc\w*|ejercit\w*)\b.{0,80}"
    r"\b(?:escriba\w*|envie\w*|pulse|responda|contacte)\b"
    r"|\bvous (?:pouvez|disposez|beneficiez|avez)\b.{0,60}\b(?:droits?|demander|exercer|opposer)\b"
    r"|\b(?:puo|potra|potete|potrete)\b.{0,40}\b(?:chiedere|richiedere|esercitare|opporsi|revocare)\b"
    r"|\bsie (?:konnen|haben)\b.{0,60}\b(?:widersprechen|widerrufen|verlangen|recht auf)\b"
    r"|\b(?:informationen|hinweise) (?:zu[mr]?|uber) .{0,40}(?:datenschutz|daten)"
    r"|\bu (?:kunt|mag|heeft|hebt)\b.{0,40}\b(?:vragen|verzoeken|recht)\b)"
)
# A mail of the writer's own.
_TAKEN_BACK: Final = re.compile(
    r"\b(?:previous|earlier|last|first|letzte|vorige|vorherige|erste|dernier|precedent|premier|ultim[aoe]|laatste) "
    r"(?:e-?)?(?:mail|message|nachricht|bericht|courriel|messaggio|correo|mensaje)"
    r"|\b(?:mail|messaggio|correo|mensaje|message) (?:anterior|precedente?)\b"
)
# Who is to get no copies of this exchange, the writer or another.
_COPIED: Final = re.compile(
    r"(?:\b(?:from|off|out of|aus|von|vom|de|des|du|da|dalla|dal|del|uit|van)|@[\w.-]+ \(?in) "
    r"(?:(?:the|your|this|our|der|dem|den|ihrem|la|les|las|le|il|el|los) )?"
    r"(?:b?cc|copy|copies|kopien?|cop(?:ie|ia|ias))\b(?! of\b)"
)
# Who stays in touch; who says why they leave does not.
_GOES_ON: Final = re.compile(
    r"\b(?:successor|nachfolger\w*|(?:took|taken) over|i (?:replaced|have (?:his|her|their) (?:job|role|place))"
    r"|je (?:reprends|remplace))\b"
    r"|(?<!not )(?<!n't )(?<!never )\b(?:send me|call me|write to me)\b(?! (?:again|any ?more))"
)
_OWN_WISH: Final = re.compile(
    r"(?:wens|wunsch|mocht|woll|will|souhait|voul|quer|dese|vogl|vorr|desider|wil|want|wish|object|oppo|\w+ object"
    r"|ask|request|no |geen|kein|aucun|plus |nessun)"
)
_KEPT_BEFORE: Final = re.compile(
    r"\b(?:do not|don'?t|dont|never|please not|no|non|ne|nicht|niet"
    r"|not)(?: (?:ever|please|surtout|absolument|pas|me|nous|nos|mi|ci|quiero|queremos|deseo|deseamos|voglio"
    r"|vogliamo|desidero|veux|voulons|souhaite|want|to|you|wish|be|have|need))*[ ']*$"
)
_STAYS: Final = re.compile(
    r"\b(?:do not|don'?t|dont|never|no need to) (?:\w+ )?(?:take|remove|delete|unsubscribe|drop|strike|erase) (?:me|us"
    r"|my|our)\b"
    # An order at the head of a clause: "wenn Sie mich nicht löschen" threatens, and is none.
    r"|(?:^|[,;:.!\xa1] ?|\b(?:bitte|aber|und|also|mais|surtout|et|por favor|pero|y|sobre todo|per favore|ma|e|aub"
    r"|graag|maar|en) )"
    r"(?:(?:losch|streich|entfern|meld|nehm)(?:en|t|e)?(?: sie| ihr)?(?: \w+){1,3} (?:nicht|keinesfalls"
    r"|auf keinen fall)\b(?! (?:nur|bloss|mehr))"
    r"|(?:surtout )?(?:ne|n') ?(?:me |nous |les? )?(?:supprim|desinscri|desabonn|retir|effac|enlev"
    r"|radi)\w*(?: surtout)? (?:pas|rien)\b(?! (?:que|seulement))"
    r"|no (?:me |nos |l[oae]s? )?(?:borr|elimin|quit|suprim|cancel)\w*(?<!cancelacion)"
    r"|no (?:me|nos) (?:des|den|deis|de) de baja\b"
    r"|non (?:mi |ci |l[aeio] )?(?:cancell|elimin|rimuov|togli|tolg|disiscriv)\w*"
    r"|(?:verwijder|schrap|wis|schrijf|haal)(?: \w+){1,3} (?:vooral |nog )?niet\b(?! (?:alleen|meer)))"
)
_KEPT_WITHIN: Final = re.compile(
    r"\b(?:mich|uns|mein\w*|unser\w*|diese|adresse|mij|me|ons|mijn"
    r"|onze)(?: (?:bitte|bloss|doch|ja|nur|auf keinen fall|alstublieft|alsjeblieft|aub|vooral|adresse|daten|mail"
    r"|gegevens|adres))*"
    r" (?:nicht|niet)\b(?! (?:nur|bloss|lediglich|mehr|alleen|meer|enkel|langer|weiter))"
)
# Another way or moment that is named instead is an answer, and no wish to be left alone.
_INSTEAD: Final = re.compile(
    r"(?<!or )(?<!not )(?<!don't )(?<!nor )(?<!stop )\b(?:call|ring|phone|whatsapp|text|slack) (?:me"
    r"|us)\b(?! (?:again|any ?more))|\bgive (?:me|us) a (?:call|ring)\b"
    r"|\b(?:use|write (?:to )?|e-?mail|try|contact|send (?:it|them|mails|this|that) to) (?:me (?:at|on)"
    r"|my (?:work|private|other|new|personal|direct|colleague\w*|boss|successor)|our (?:new|other)|instead)\b"
    r"|\binstead[.!]*$|\b(?:link|pdf|attachments?|(?:call|phone|ring)\w*(?: me| us| again)*\W+(?:e-?)?mails?)"
    r" (?:is|are) (?:fine|ok|better)\b"
    r"|\b(?:rufen|ruf) (?:sie )?(?:mich|uns|lieber|bitte|einfach)\b|\bsondern an\b|\bappelez[- ](?:moi|nous)\b"
    r"|\bmais (?:sur|a) \b|\bplutot a\b|\bllam[ae]\w*(?:me|nos)\b|\bsino a\b|\b(?:mi|ci) (?:chiami|telefoni)\b"
    r"|\bchiamat?e?(?:mi|ci)\b|\bma a(?:l|lla)?\b|\bbel (?:mij|me|ons)\b(?! niet)|\bmaar (?:naar|aan)\b"
)
_UNTIL: Final = re.compile(
    r"\b(?:until|till|before(?! ?$)|during|this (?:week|month|quarter)|over the"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|at (?:night|the weekend)|unless|bis|vor|erst|diese woche"
    r"|jusqu\w*|avant|cette semaine|hasta|antes|esta semana|fino|prima|questa settimana|tot"
    r"|voor(?= (?:\d|begin|eind))|deze week)\b"
)
_LATER: Final = re.compile(
    r"\b(?:after|later|next|nach|nachste\w*|apres|plus tard|dopo|prossim\w+|despues|proxim\w+|na de|volgend\w*)\b"
)
_REMOVAL: Final = re.compile(
    r"remov|delet|eras|unsub|opt.?(?:me|us|out|ing)|tak(?:e|ing) |streich|loo?e?sch|entfern|verteiler|abmeld"
    r"|austrag|desabon|desinscri|retir|supprim|enlev|effac|ray|baja|elim|borr|quit|cancell|rimuov|togli|tolg"
    r"|disiscri|uit|haal|verwijder|schrap|wis\b|alone|cease|object|oppo|bezwaar|widerspr"
)
_QUOTED: Final = re.compile(r"[\"“„«][^\"“”„«»\n]{0,300}[\"”“»]")
# "Where did you get my address? Delete it." is one wish in two sentences.
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+(?!(?:please |now |just )*(?:delete|remove|erase) (?:it|them)\b)|\n+")
# Slips of the pen in the words that matter most; what is another word stays.
_WORDS: Final = (
    "unsubscribe", "remove", "delete", "abmelden", "austragen", "loschen", "entfernen", "verteiler", "newsletter",
    "streichen", "desinscrire", "desinscription", "desabonner", "desabonnement", "supprimer", "uitschrijven",
    "afmelden", "verwijderen", "mailing", "emailing", "contacting", "erased", "cancellatemi", "cancellare", "eliminar",
    "eliminen", "widerspreche", "please",
)  # fmt: skip
_STEMS: Final = re.compile(
    r"(?:un)?subscri|descri|eras(?:e|ing|ure)|mailings|contacted|emailed|remov|delet|ab(?:ge)?meld|an(?:ge)?meld|aan(?:ge)?meld|auftrag|austrag|ausfrag|austausch|lo(?:e)?sch|entfern|verteil|newsletter|(?:ge)?strich|streich|des(?:inscri|abonn)|supprim|uitschr|afmeld|verwijder|cancell|elimin|widerspr|remote|relate|pleas|strecken|losch|schreiben|erscheinen"
)
# Who is eager for more. A threat, *if you don't stop now*, does not begin so.
_EAGER: Final = re.compile(r"^(?:please |oh |no,? )?(?:do not|don'?t|dont|never) stop(?: now| here)?(?:$|[.!,] ?)")
MAX_CHARS: Final = 4_000
# Armenian, the scripts of India but Hindi's, Georgian and others: no word below is written in them.
_UNREAD: Final = re.compile("[\u0530-\u058f\u0980-\u0dff\u0e80-\u109f\u10a0-\u10ff\u1200-\u137f\u1780-\u18af]")
# In so few words an act of ending is hardly about something else.
SHORT: Final = 14


def wish_in(text: str, *, subject: str = "") -> Wish:
    """Return the strongest wish to hear no more that a reply holds.

    Args:
        text: The writer's own words, without quotations.
        subject: The mail's subject; heeded only where it is a bare wish (`unsubscribe`).
    """
    plain, title = _folded(text), _folded(subject)
    if any(_BARE.fullmatch(each) for each in (plain, title, f"{title} {plain}")):
        return Wish.PLAIN
    # What no rule can read may be meant so.
    least = Wish.POSSIBLE if len(_UNREAD.findall(plain)) > len(plain) / 2 else Wish.NONE
    if len(set(ADDRESS.findall(plain))) == 1 and not _INSTEAD.search(plain) and not _GOES_ON.search(plain):
        orders = (each for each in _SENTENCE.split(plain) if "?" not in each or _REQUEST.search(each))
        if any(NAMED_ADDRESS.fullmatch(each.strip(".!?,;:()- \n")) for each in orders):
            return Wish.PLAIN
    has_other_way, goes_on = _INSTEAD.search(plain) is not None, _GOES_ON.search(plain) is not None
    wishes = (_wish(each, has_other_way=has_other_way, goes_on=goes_on) for each in _SENTENCE.split(plain))
    return max(wishes, default=least) or least


def _wish(sentence: str, *, has_other_way: bool, goes_on: bool) -> Wish:
    words = " ".join(sentence.split())
    is_question = words.endswith("?")
    bare = _EAGER.sub("", words.strip(".!?,;:()- "))
    if is_question and (_CAPABILITY.search(bare) or not _REQUEST.search(bare)):
        is_possible = not _STAYS.search(bare) and _may_be_meant(bare, is_weak_too=False)
        return Wish.POSSIBLE if is_possible else Wish.NONE
    if _OFFER.search(bare):
        return Wish.NONE
    is_kept = is_turned = False
    for match in plain().finditer(bare):
        is_removal = _REMOVAL.search(match[0]) is not None
        if is_removal and _is_kept(bare, match):
            is_kept = True
        elif _TURNED.search(bare[: match.start()]) and not _OWN_WISH.match(match[0]):
            is_turned = True
        elif is_removal or not (has_other_way or _UNTIL.search(bare[match.start() :])):
            # Who takes a colleague's address off and talks on is no writer who leaves, nor who takes a mail back.
            is_others = _COPIED.search(bare, match.start()) or (goes_on and "@" in match[0])
            is_other = is_others or _TAKEN_BACK.search(bare, match.start(), match.end() + 15)
            return Wish.POSSIBLE if is_other or _RIGHTS.search(bare) else Wish.PLAIN
    if is_kept or _STAYS.search(bare):
        return Wish.STAYS
    is_possible = not has_other_way and _may_be_meant(bare, at_least=is_turned)
    return Wish.POSSIBLE if is_possible else Wish.NONE


def _may_be_meant(sentence: str, *, at_least: bool = False, is_weak_too: bool = True) -> bool:
    if _PRODUCT_TALK.search(sentence):
        return False
    if at_least or POSSIBLE.search(sentence):
        return True
    if not is_weak_too or any(each.search(sentence) for each in (OFFICE, _UNTIL, _LATER)):
        return False
    is_short = len(sentence.split()) <= SHORT
    is_near = NEAR.search(sentence) is not None and not EXCUSED.search(sentence)
    return is_near or (is_short and ACT.search(sentence) is not None)


def _is_kept(sentence: str, wish: re.Match[str]) -> bool:
    """Recognize negated removals: *don't remove me*, *Nehmen Sie mich bloß nicht vom Verteiler*."""
    clause = sentence[wish.start() :].partition(",")[0]
    return bool(_KEPT_BEFORE.search(sentence[: wish.start()]) or _KEPT_WITHIN.search(clause))


def _folded(text: str) -> str:
    """Return small letters without diacritics, quotations of others, and slips of the pen."""
    plain = folded(_QUOTED.sub(" ", text[:MAX_CHARS])).strip()
    return re.sub(r"[^\W\d_]{5,14}", lambda match: _mended(match[0]), plain)


@lru_cache(maxsize=4_096)
def _mended(word: str) -> str:
    if _STEMS.match(word):
        return word
    near = [each for each in _WORDS if each[0] == word[0] and abs(len(each) - len(word)) <= 2]
    return next(iter(get_close_matches(word, near, n=1, cutoff=0.83)), word)
