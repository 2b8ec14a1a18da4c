"""Words of absences. Pure.

Notices tell of one that is or will be, and of a return or a deputy; a person mentions one in passing.
"""

from __future__ import annotations

import re
from typing import Final

from campaigns.replies.parsing.folding import folded

# Who says no more than an absence has written a notice.
SHORT: Final = 120
# Told of now or of what is to come, in some fifteen languages.
_CLAIMED: Final = re.compile(
    r"^\W*(?:out (?:until|till|all)|gone fishing)\b|\b(?:on a (?:business )?trip"
    r"|at a (?:training|fair|conference|trade show)|on a course|repl(?:y|ies) may take"
    r"|see you (?:on|again on) (?:the )?\d)\b|\b(?:en deplacement a|in trasferta a|de viaje (?:en|a)|onderweg naar"
    r"|je (?:reponds|repondrai) (?:a partir|le)|ich antworte (?:ab|am|wieder)|rispondo (?:da|dal)|ik antwoord vanaf"
    r"|contesto (?:a partir|desde))\b"
    r"|^\W*away (?:on|at|from|in|this)\b|\b(?:out of (?:the |my )?office|ooo"
    r"|away from (?:the office|my desk|work|my e?-?mail)|(?:i|we|he|she)(?:'m| am| will be|'ll be|'re| are|'s"
    r"| is)(?: [\w-]+)? ?(?:away\b|on (?:[\w-]+ ){0,3}(?:leave|holidays?|vacation|pto|sabbatical|break|duty travel)\b"
    r"|out (?:until|till|from|of|on|today|sick|this|all)\b|travell?ing\b|abroad\b"
    r"|off (?:sick|work|until|till|today|from|this)\b|unavailable"
    r"|not (?:in|available|at work|working|checking|reading)\b)"
    r"|on (?:annual|parental|maternity|paternity|sick|medical|family|study|compassionate|extended|long) leave"
    r"|(?:offices?|works|warehouse|store|team|company|practice|plant|factory|shop|school|we|business)(?:'re| is| are"
    r"| will be| remains?)(?: [\w-]+)? (?:closed|shut)\b(?! (?:on|every) )"
    r"|(?:won't|will not|cannot|can't) (?:see|read|answer|reply|respond)\b[^?!]{0,20}\b(?:before|until|till)"
    r"|sick (?:today|this week|leave)|(?:taking|have taken|on) (?:\w+ )?time off"
    r"|(?:do not|don't) work (?:on )?\w+days?|re-?open\w*|open again"
    r"|currently (?:away|out|on (?:leave|holiday|vacation)|unavailable|travelling)"
    r"|(?:limited|no|without) access to (?:my )?e?-?mails?|on (?:vacation|holidays?|leave) (?:until|till|from|through"
    r"|and will)|away (?:until|till|from \d))\b"
    r"|\b(?:nicht (?:im (?:buro|hause?|dienst|betrieb|geschaft)|am (?:arbeits)?platz|erreichbar|verfugbar|anwesend)"
    r"|(?:bin|befinde mich|sind|weile)\b[^.?!]{0,50}\b(?:im (?:\w*urlaub|krankenstand|mutterschutz)"
    r"|in (?:elternzeit|karenz|mutterschutz|\w*urlaub|den ferien)|abwesend|ausser haus"
    r"|auf (?:dienstreise|reisen|geschaftsreise|kur|fortbildung|einer \w+)|verreist|krank\w*|unterwegs)"
    r"|abwesenheits\w*|krankheitsbedingt\w*|(?:betriebs|werks|sommer|winter)(?:urlaub|ferien|pause)"
    r"|urlaub\b.{0,20}\bbis|bis\b.{0,30}\burlaub|heute (?:ist )?(?:\w+ )?feiertag"
    r"|auf (?:einer )?(?:schulung|messe|tagung)"
    r"|(?:buro|praxis|betrieb|werk|geschaft|unternehmen|wir)\b[^.?!]{0,40}\bgeschlossen"
    r"|(?:erreich\w+|erreichst) (?:sie )?mich (?:wieder|erst)|im urlaub|in elternzeit"
    r"|(?:ab|am|erst|bin|sind)\b[^?!]{0,30}\bwieder (?:im (?:buro|hause?|dienst)|am platz|erreichbar|fur sie da|da"
    r"|zuruck))\b"
    r"|\b(?:(?:suis|sommes|serai|serons|actuellement)\b[^.?!]{0,40}\b(?:absente?s?"
    r"|en (?:conges?|vacances|deplacement|formation|arret|rtt)|hors du bureau|indisponible|injoignable)"
    r"|absente? (?:du|jusqu\w*|pour|cet\w*|aujourd'hui)|(?:en|conges?) (?:rtt|maternite|paternite|parental)"
    r"|arret maladie|retour prevu|reouverture|en (?:conges?|vacances|arret maladie|deplacement) (?:du|jusqu\w*|et)"
    r"|(?:bureaux?|entreprise|societe|usine|cabinet|magasin)\b[^.?!]{0,40}\bfermee?s?|absence du bureau"
    r"|pendant mon absence|de retour (?:le|lundi|mardi|mercredi|jeudi|vendredi|a partir|demain))\b"
    r"|\b(?:(?:sono|saro|siamo|saremo|attualmente)\b[^.?!]{0,40}\b(?:assent[ei]"
    r"|in (?:ferie|vacanza|trasferta|malattia|viaggio|maternita|congedo)|fuori (?:ufficio|sede)"
    r"|non (?:in ufficio|raggiungibile|disponibile))|fuori ufficio|chiusi per|riapriamo|riapertura"
    r"|in ferie (?:dal|fino|e)|(?:uffici\w*|azienda|ditta|studio)\b[^.?!]{0,40}\bchius\w+"
    r"|non sono in (?:ufficio|sede))\b"
    r"|\b(?:(?:ben|zijn|wegens|momenteel)\b[^.?!]{0,50}\b(?:afwezig|(?:op|met) (?:\w*vakantie|\w*verlof|reis|cursus)"
    r"|(?:tijdelijk )?afwezig|er (?:\w+ ){0,2}niet|niet (?:op kantoor|bereikbaar|aanwezig|beschikbaar)|ziek)"
    r"|(?:kantoor|bedrijf|wij|winkel)\b[^.?!]{0,30}\b(?:gesloten|dicht)|op vakantie (?:tot|van|en)|afwezig (?:tot|van)"
    r"|ben ik er weer)\b"
    r"|\b(?:(?:estoy|estare|me encuentro|estamos|estaremos|actualmente|encuentro)\b[^.?!]{0,40}\b(?:fuera|ausente"
    r"|(?:de|en) (?:vacaciones|viaje|permiso|baja)|no disponible)|fuera de (?:la )?oficina"
    r"|de vacaciones (?:hasta|del|y)|(?:oficinas?|empresa|fabrica)\b[^.?!]{0,40}\bcerrad\w+|no estoy en la oficina"
    r"|ausente (?:hasta|del))\b"
    r"|\b(?:estou|estarei|encontro-me|estamos)\b.{0,40}\b(?:ausente|(?:de|em) ferias|fora|de licenca|em viagem)\b"
    r"|\b(?:jeg|vi|jag) (?:har|holder) (?:\w+ )?(?:\w*semester|\w*ferie)\b"
    r"|\b(?:jeg|vi|jag|er|ar)\b.{0,40}\b(?:pa (?:\w*ferie|barsel|\w*semester|reise|kurs|tjansteresa|orlov)"
    r"|(?:ikke|inte) (?:pa (?:kontoret|plats)|til stede|tilgjengelig|tilgængelig)|frav[æa]e?rende|franvarande"
    r"|foraldraledig|foreldrepermisjon|borte|bortrest|ute av kontoret|sykmeldt|sygemeldt)\b"
    r"|\b(?:jestem|bede|przebywam|nie ma mnie)\b.{0,40}\b(?:nieobecn\w*|na urlopie|poza biurem|w biurze|na zwolnieniu"
    r"|w delegacji)|\b(?:jsem|budu|nejsem)\b.{0,40}\b(?:mimo kancelar|na \w*dovolene|nepritom\w*|v kancelari"
    rf"|na sluzebni ceste)|\b(?:olen|olemme)\b.{{0,40}}\b(?:\w*lomalla|poissa|\w*vapaalla|matkalla)\b|\bв отпуске"
    rf"|\bотсутствую|休暇|不在|休假|{folded('부재')}"  # noqa: RUF001 (other alphabets)
)
# Of further languages a few words: enough where a field or a subject says that a program wrote, as a person who
# speaks of an absence is not told from a notice by them.
_ELSEWHERE: Final = re.compile(
    folded(
        "házon kívül|szabadságon|távol (?:vagyok|leszek)|nem vagyok (?:az )?irodában|în (?:concediu|delegație)"
        "|nu sunt (?:la|în) birou|izindeyim|izinliyim|ofis d.ş.nda|ofiste (?:değilim|yokum)|tatildeyim"
        "|godišnjem (?:sam )?odmoru|nisam u (?:uredu|kancelariji)|izvan ureda|na bolovanju|na dopustu|nisem v pisarni"
        "|na dovolenke|mimo kancelárie|puhkusel|atvaļinājumā|atostogauju|nghỉ phép|vắng mặt|sedang cuti|di luar kantor"
        "|σε άδεια|εκτός γραφείου|απουσιάζω|відпустці|немає в офісі|відрядженні|в отпуск|в командировк"
        "|извън офиса|בחופש|מחוץ למשרד|في إجازة|خارج المكتب|出差|휴가|ลาพัก|ลาหยุด|ไม่อยู่"
    )
)
# Enough where a field says that a program wrote.
_NAMED: Final = re.compile(
    r"\b(?:away|trip|\w*reise|trasferta|deplacement|viaje|onderweg|leave|holidays?|vacation|\w*urlaub|\w*ferien|conges?|vacances|ferie|\w*vakantie|\w*verlof|vacaciones|absen\w*|abwesen\w*|assen(?:te|za)|ausen(?:te|cia)|afwezig\w*|elternzeit|closed|geschlossen|ferme|chius\w+|gesloten|cerrad\w+|back|until|semester|franvar\w*|fravær\w*|lomalla|poissa\w*|urlop\w*|nieobecn\w*|dovolen\w*|ferias"
    r"|(?:time|days?) off|jury duty|(?:at|attending) (?:a|the) (?:conference|fair|trade show|training)"
    r"|slow to (?:respond|reply|answer)|(?:i|we) (?:do not|don't) work|arbeiten? (?:(?:ich|wir) )?nicht"
    r"|travaill\w+ pas|non lavor\w+|(?:no|nao) trab[ao]\w+|werk(?:en)? (?:(?:ik|wij|we) )?niet"
    r"|fre(?:ien|i haben?) (?:tag|heute)"
    r"|nur eingeschrankt|en reunion|no estar\w+ disponible|(?:no|nao) me encontr\w+|in riunione"
    r"|(?:vandaag|morgen|deze week) vrij|ude|ledig|permisjon|orlov|(?:arbetar|jobbar) inte"
    r"|(?:arbeider|jobber|arbejder) ikke|nie (?:bedzie|ma) mnie|tyomatka\w*|en ole tavoitettavissa|sairas\w*)\b"
    r"|出張|休み|休業"
)
# What a notice says beside it.
_NOTICE: Final = re.compile(
    r"\b(?:(?:for|in|if) (?:\w+ ){0,3}urgent|urgent(?:ly)? (?:matters?|cases|queries|requests|enquiries|issues)|urgent"
    r"|(?:respond|reply|answer|get back|read|reachable)\b.{0,50}\b(?:return|back|as soon as|delay\w*)"
    r"|(?:be )?forwarded|in my absence|(?:in|during) my absence|on my return|deputy|covering for me|cannot wait"
    r"|can't wait|is covering)\b"
    r"|\b(?:dringend\w*|weitergeleitet|nicht gelesen|in meiner abwesenheit|meiner ruckkehr|wenden sie sich|vertretung"
    r"|vertritt mich|in dringenden|eiligen|notfall\w*)\b|\b(?:en cas d'urgence|urgen\w+|a mon retour|mon absence"
    r"|des mon retour|prend le relais|(?:vous pouvez|merci de) (?:contacter|joindre)|adressez-vous)\b"
    r"|\b(?:a (?:mi|la) (?:regreso|vuelta)|contacte con|al mio (?:rientro|ritorno)|al rientro|in caso di|per urgenze"
    r"|dringende|bij (?:dringende|spoed\w*)|spoed\w*|mijn (?:terugkeer|afwezigheid)|regresso|urgencia)\b"
    r"|\b(?:bradskande|akuta? arenden|vid min aterkomst|haster|ved behov|hastesaker|pilnych|sprawach pilnych"
    r"|nalehav\w*|kiireelli\w*|kiireisis\w*|acil|surgos\w*|hitn\w+|mendesak)\b|срочн|термінов|επειγ|דחוף|عاجل|ด่วน|緊急|紧急|急用|"
    + folded("급한|긴급")
)
_THANKS: Final = re.compile(
    r"\b(?:thank(?:s| you) for (?:your|the) (?:e-?mail|message|mail|e-?mailing|contacting|writing)"
    r"|(?:vielen dank|danke) fur (?:ihre|deine|die)|merci (?:pour|de) votre|gracias por su|grazie per (?:la|il)"
    r"|bedankt voor (?:uw|je|jouw)|obrigad\w+ pel\w|dziekuje za|dekuji za|tak for (?:din|deres)|takk for|tack for"
    r"|kiitos)\b"
)
# What nobody says who is there.
_RETURN: Final = re.compile(
    r"\b(?:in my absence|on my return|covering for me|my deputy|meiner (?:ruckkehr|abwesenheit)|vertritt mich"
    r"|vertretung|(?:a|des) mon retour|mon absence|prend le relais|al mio (?:rientro|ritorno)"
    r"|mijn (?:terugkeer|afwezigheid)|a mi (?:regreso|vuelta)|vid min aterkomst)\b"
)
# A day beside a word for the return.
_BACK: Final = re.compile(
    r"\b(?:back|return\w*|until|till|through|from|bis|ab|zuruck|wieder|jusqu\w*|du|retour|reprise|fino|rientro|torno\w*|riapr\w+|tot|terug|vanaf|hasta|vuelvo|regreso|del|ate|volto|til|tilbage|tilbake|tills?|ater|do|od|wracam|zpet|asti|saakka|palaan)\b[^.?!]{0,30}?(?:\d"
    r"|\b(?:mon|tues?|wednes|thurs|fri)day|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|lundi|mardi|mercredi|jeudi"
    r"|vendredi|lunedi|martedi|mercoledi|giovedi|venerdi|maandag|dinsdag|woensdag|donderdag|vrijdag|lunes|martes"
    r"|miercoles|jueves|viernes|further notice|weiteres|nouvel ordre|nuevo aviso|nader order"
    r"|(?:jan|feb|fev|mar|apr|avr|abr|mai|may|maj|mag|giu|lug|aug|ago|aou|jun|jul|juin|sep|set|okt|oct|ott|nov|dez|dec"
    r"|dic|gen|ene)[a-z]{0,8})\b)|(?:\b\d{1,2}[./-]\d{1,2}\b)|(?:\d+ ?asti\b)"
)
# A person speaks: asks, agrees, declines, or tells of what is over.
_TALK: Final = re.compile(
    r"\?|\b(?:let'?s|let us|talk|speak|happy to|interest(?:ed|ing)|sounds|demo|meet\b"
    r"|your (?:offer|product|tool|proposal|idea)|look at (?:it|this|your)|no need|not for us"
    r"|we(?:'ll| will) (?:pass|see)|i(?:'d| would) (?:like|love|rather)|i'll (?:think|look|call)|works for"
    r"|was (?:out|away|on)|were (?:out|away|on)|been (?:out|away|on)|last week|took over|have taken over|i replaced"
    r"|i have (?:his|her|their) (?:job|role|place)|i am (?:his|her|their) successor"
    r"|(?:his|her|their|the) (?:(?:e-?)?mails?|mailbox|inbox) (?:now )?(?:comes?|goe?s?) to me"
    r"|passed it (?:on|round|along)"
    r"|(?:call|ring|remind|ping|try|mail|write to) me (?:on|in|before|after|again|then|next|when|from)|i(?:'m| am) back"
    # Who asks to be sent something reads what comes.
    r"|send me (?:the|your|more|prices|details|an? (?:offer|quote))|(?:schicken|senden) sie mir (?:die|das|ihr\w*|mehr)"
    r"|envoyez-moi (?:les?|la|vos|votre|plus|un devis)|mi (?:mandi|invii)|(?:envieme|mandeme)|stuur (?:me|mij))\b"
    # Notices thank for an interest of the reader's.
    r"|\b(?:(?<!ihr )(?<!dein )(?<!l')(?<!vostro )(?<!suo )(?<!uw )(?<!je )(?<!su )(?<!tu )interess?\w*"
    r"|geinteresseerd\w*|gerne?|rufen sie|lassen sie uns|klingt|termin\w*|passt"
    r"|kein bedarf|melden sie sich"
    r"|(?:gehen|kommen) an mich|bin (?:sein|ihr)e? nachfolger\w*"
    r"|schaue? (?:ich )?mir|war (?:ich|im|in)|letzte woche|sprechen wir|danach"
    r"|kam(?:en)? wir)\b|\b(?:appelez|rappelez|parlons|volontiers|discut\w*|rendez-vous"
    r"|votre (?:offre|produit|proposition)|pas besoin|etais|semaine derniere|je (?:reprends|remplace)"
    r"|on en (?:parle|reparle)|recontactez"
    r"|revenez)\b"
    r"|\b(?:sentiamo\w*|parliamo\w*|riparliamo\w*|risentiamo\w*|volentieri|mi (?:chiami|scriva|ricontatti)"
    r"|vostra (?:offerta|proposta)|ero|settimana scorsa|ci penso)\b"
    r"|\b(?:bel me|laten we|klinkt|vorige week|daarna|kom (?:dan|maar)|spreken we|zullen we)\b"
    r"|\b(?:hablamos|hablemos|llameme|me gustaria|su (?:oferta|propuesta)|quedamos|estaba|estuve|semana pasada"
    r"|escribame|vuelva a)\b"
)


def is_claimed(text: str) -> bool:
    """Tell a text that says of an absence that it is, or will be."""
    words = folded(text)
    return (_CLAIMED.search(words) or _ELSEWHERE.search(words)) is not None


def is_named(text: str) -> bool:
    """Tell a text in which an absence is named."""
    return _NAMED.search(folded(text)) is not None


def is_talk(text: str) -> bool:
    """Tell a text in which somebody speaks to us, as no notice does."""
    return _TALK.search(folded(text)) is not None


def is_told(text: str, *, is_hinted: bool = False) -> bool:
    """Tell a notice of absence by words alone: one that is claimed, beside the words of a notice or a return.

    Args:
        is_hinted: A field makes a program likely, though people's mails bear it too.
    """
    words = folded(text)
    is_notice, is_back = _NOTICE.search(words) is not None, _BACK.search(words) is not None
    if _TALK.search(words):
        return _CLAIMED.search(words) is not None and is_notice and is_back and "?" not in words
    # People are in a hurry and away too; a notice names its day or a number to call, and asks nothing.
    is_elsewhere = is_notice and _ELSEWHERE.search(words) and "?" not in words and any(map(str.isdigit, words))
    if not (_CLAIMED.search(words) or is_elsewhere):
        return is_back and _RETURN.search(words) is not None
    return is_hinted or is_notice or is_back or _THANKS.search(words) is not None or len(words) <= SHORT
