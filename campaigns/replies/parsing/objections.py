"""Whether a reply asks for no more mails, in English, German, French, Spanish, Italian and Dutch. Pure.

Read sentence by sentence. A wish names who makes it (`remove me`, `mich aus dem Verteiler`): to mention GDPR, an
unsubscribe link or a list is no wish. A question is one only when it asks for the act itself, and a wish about the channel
or the moment (`don't email me, call me`; `not before March`) is none. How often that is right stands in docs/sending.md.
"""

from __future__ import annotations

import re

_MAIL = r"(?:e-?mails?|mails?|messages?|newsletters?)"
_LIST = (
    r"(?:list|lists|database|crm|system|records|distribution|newsletter|campaign|sequence|mailings?|mails?|e-?mails?)"
)

ENGLISH = (
    r"\b(?:remov(?:e|ing)|delet(?:e|ing)|eras(?:e|ing)|strik(?:e|ing)|scrub) (?:me|us|(?:my|our|this) (?:\w+ ){0,2}(?:address(?:es)?|details|data|names?|contacts?|info\w*))"
    r"(?! (?:from|off) (?:the |this |that )?(?:cc|loop|thread|wait\w*|calendar|invit\w*|meeting))",
    rf"\b(?:take|get|keep) (?:me|us|(?:my|our) \w+) off (?:of )?(?:your|this|the|all|any)\b.{{0,30}}\b{_LIST}",
    r"\bunsubscribe (?:me|us|my|our|this (?:address|mailbox))\b",
    r"^(?:please |kindly |just |hi,? |hello,? )*(?:unsubscribe|opt.?out|no more (?:of (?:these|this|it)|mails?|e-?mails?))(?: (?:please|now|immediately|at once|from (?:this|your|all|these)\b.*))?$",
    r"\bhow (?:do|can|could) (?:i|we) (?:unsubscribe|opt.?out|get off)\b",
    r"\b(?:i|we)(?:.d| would|.ll| will)? ?(?:want|wish|like|ask|request|need)? ?(?:to )?(?:unsubscribe|opt.?out)(?: (?:from|of)\b.*| please)?$",
    r"\bopt (?:me|us) out\b|\bopting out of (?:this|these|your|all)\b",
    rf"\b(?:stop|quit|cease) (?:e-?mailing|writing|contacting|messaging|spamming|bothering|mailing|pitching|pestering|chasing|harassing)"
    rf"(?: to)? ?(?:me|us|my|our|this|at once|now|please)?\b|\b(?:stop|end|cease) (?:these|those|your|the|all) {_MAIL}|\bstop (?:sending|with|all|these|those|your|the)(?: (?:me|us|your|these|any|all|more|this|sales|marketing|unsolicited|those|of))* ?{_MAIL}"
    r"|\bstop sending (?:me|us) (?:this|these|those|stuff|spam|anything|things|offers|more)\b",
    r"\b(?:do not|don.?t|never|not|stop)(?: ever| please| want you to)? (?:e-?mail|contact|write(?: to)?|message|mail|approach|bother|spam|pitch|chase)(?:ing)? (?:me|us|this address|my|our)\b",
    r"\b(?:do not|don.?t|never) (?:e-?mail|contact|write|mail) (?:again|any ?more)\b",
    rf"\b(?:do not|don.?t|never) send (?:me|us) (?:any ?(?:thing|more)?|more|further|other|these|such|your|sales|marketing)?(?: (?:more|such|sales|marketing|further|of these|unsolicited))* ?(?:{_MAIL}|anything|again|any ?more)\b",
    rf"\b(?:no|any) (?:more|further|other) (?:\w+ )?(?:{_MAIL}|contact|communications?|correspondence|outreach)(?:,? (?:please|thanks?|thank you|from you|to (?:me|us|this)).*|[.!]*$)",
    r"\b(?:(?:(?:i|we)(?: really| would)? |please )?(?:(?:do not|don.?t|no longer|not) (?:want|wish|like|care|consent|agree))|(?:prefer|rather|asked|ask you|like you) not)(?: (?:to|for|any|like)){0,2}"
    rf" (?:receiv\w+ (?:any|your|more|further|these|this|such|e-?mail|mail|mess)\w*|get(?:ting)? (?:any|your|more|these|such|e-?mail|mail)|be (?:contacted|mailed|e-?mailed|written)|hear(?:ing)? (?:from you|anything|any more)|your {_MAIL}|these {_MAIL}|(?:more )?{_MAIL})",
    r"\b(?:i|we)(?: hereby| formally)? (?:object|withdraw|revoke)\b.{0,40}\b(?:process|contact|market|consent|e?-?mail|data|use)",
    r"\b(?:exercis\w+|invok\w+|under) my right\w* (?:to|of) (?:object|erasure|be forgotten|be erased)",
    r"\bmy (?:address|e-?mail|data|details|number)\?? (?:please )?(?:delete|remove|erase) (?:it|them)\b|\b(?:asked|told) you .{0,30}\bnot to (?:write|contact|e-?mail|mail)",
    r"\bleave (?:me|us) alone\b|\blose my (?:number|address|e-?mail|contact)",
    r"\b(?:put|add) (?:me|us) (?:on|to) (?:your |the |a )?(?:do.?not.?\w+|suppression|block|no.?contact)\b",
    r"^(?:please |kindly |just )*(?:unsubscribe|opt.?out)(?: please| thanks?)?[,;:] ",
    r"\b(?:address|e-?mail|data|details|inbox|number)\b.{0,60}[.!;,] ?(?:please )?(?:erase|delete|remove|purge) (?:it|them|this)\b|\b(?:want|wish) (?:it|them|my \w+|me) (?:gone|deleted|removed|erased|off)\b"
    r"|\byou (?:do not|don't|no longer) have (?:my|our|any) (?:permission|consent)\b|\brefrain from (?:writing|contacting|e-?mailing|sending)\b",
    r"^(?:please |kindly )*take (?:me|us|my name|our name) off(?: please| thanks?)*$",
    r"\bdo(?: not|n't) (?:send (?:me|us) anything(?: else| more)|use (?:this|my) (?:address|e-?mail))|\b(?:get|take) (?:me|us) off (?:whatever|this|the|your)\b.{0,15}\b(?:list|mailing|thing)",
    r"\b(?:i|we)(?:'d| would| want| wish| ask| demand| appreciate|'m)\b.{0,40}\b(?:be|being|get|getting) (?:removed|deleted|taken off|unsubscribed|struck) (?:from|off)? ?(?:of )?(?:your|this|the|all|any)\b|\b(?:remove|delete|erase) (?:both|all|any|each)(?: of)? (?:my|our|the) (?:\w+ )?(?:address\w*|e-?mails?|data|details|contacts?|names?)",
    # Clipped and misspelt, as phones have it; the bare word at an end ("not interested, pls remove").
    r"\bunsub (?:me|us)\b|^(?:(?:please|pls|plz|kindly|just|hi|hello),? )*(?:unsub|un-?su[bs]{1,2}c?r?i?b?e?|unsuscribe)(?: (?:please|pls|plz|me|us|now|thx|thanks|ta))*$",
    r"(?:^|[,;.] |\b(?:and|so|just|interested|intrested) )(?:please|pls|plz|kindly) (?:remove|delete|unsub(?:scribe)?)(?: (?:me|us|now|thx|thanks))*$",
    r"\b(?:not (?:to )?(?:be )?(?:hear(?:ing)?|getting|receiv(?:e|ing)))\b.{0,25}\bany ?more\b|\b(?:prefer|rather|appreciate) not (?:to )?(?:hear|receiv|get|be contacted)\w*",
    r"\b(?:desist|refrain|abstain) from\b.{0,15}\b(?:sending|e-?mailing|mailing|writing|contacting|messaging|marketing)\b",
    r"\bcease and desist\b|\bcease (?:all |any )?(?:contact|communication|further)",
)
GERMAN = (
    r"\b(?:nehm\w*|nimm|streich\w*|lösch\w*|loesch\w*|entfern\w*|trag\w*|werf\w*|wirf)(?: (?:sie|ihr|bitte|umgehend|sofort|doch|mal))* (?:mich|uns|mein\w*|unser\w*|diese)"
    r"\b.{0,60}\b(?:aus|von|verteiler\w*|liste\w*|datenbank|adress\w*|e-?mail\w*|mailadresse|\w*daten|raus|heraus)\b",
    r"\b(?:mich|uns|meine?n?|unsere?n?|diese) (?:bitte |umgehend |sofort )*(?:\w+ )?(?:aus|von) .{0,50}\b(?:nehmen|lösch\w*|loesch\w*|streichen|austragen|entfernen|herausnehmen|rausnehmen)",
    r"\b(?:mein\w*|unser\w*) (?:\w*daten|\w*adresse\w*|e-?mail\w*)\b.{0,40}\b(?:lösch|entfern|streich)",
    r"\b(?:mich|uns) (?:\w+ ){0,4}(?:abmelden|austragen|abbestellen)|\b(?:melde|melden|trage|tragen)(?: sie)?(?: hiermit| bitte)* (?:mich|uns)\b.{0,40}\b(?:ab|aus)\b",
    r"^(?:bitte |hallo,? )*(?:abmelden|abmeldung|austragen|abbestellen|newsletter abbestellen)(?:,? (?:bitte|danke|vielen dank))*$",
    r"\bkeine(?:rlei)? (?:weiteren? )?(?:\w+ )?(?:e-?mails?|mails?|nachrichten|werbung|werbemails?|newsletter|zuschriften|kontaktaufnahmen?)(?: (?:mehr|bitte|wünsch\w*|erhalten|bekommen|von|an|zu|senden|schicken|zukommen)|[.!]*$)",
    r"\bkeine weiteren? (?:e-?mails?|mails?|nachrichten|zuschriften|kontaktaufnahmen?|kontaktversuche|werbe\w*)",
    r"\b(?:nicht|nie)(?: mehr| wieder| weiter\w*)+ ?(?:\w+ ){0,2}?(?:an|von ihnen )?(?:kontaktier|anschreib|angeschrieben|anzuschreiben|anmail|anzumailen|schreib|belästig|kontaktiert|zu kontaktieren|zusend|zuschick)",
    r"\b(?:kontaktier\w*|schreib\w*|mail\w*|belästig\w*|kontaktieren)(?: sie)?(?: bitte)? (?:mir|mich|uns)(?: bitte)?(?: \w+)? (?:nicht|nie)(?: mehr| wieder| weiter)",
    r"\b(?:sehen|seht|sieh|bitte|wir bitten)\b.{0,40}\bvon (?:weiteren|jeder weiteren|künftigen|jeglicher)\b.{0,40}\b(?:ab|abzusehen|abzulassen|abstand)",
    r"\b(?:nichts mehr (?:von ihnen )?(?:hören|bekommen|erhalten))|\bnichts mehr hören\b|^(?:bitte )?(?:streichen|löschen|entfernen) sie (?:mich|uns)(?: bitte)?(?=,|$)|\bkeine werbung (?:an|mehr|von)\b",
    r"\bhör(?:en|t)? (?:sie )?(?:bitte )?(?:endlich )?auf\b.{0,30}\b(?:mails?|schreiben|schicken|nachrichten|werbung)\b|\bum (?:austragung|streichung|löschung)\b",
    r"^(?:bitte |hallo,? )*(?:abmeldung|abbestellung|austragung|löschung) (?:vom|von|aus|der|des|meiner)\b|^(?:bitte )?(?:ab|aus)(?:melden|tragen) (?:vom|von|aus)\b",
    r"\bvon (?:weiteren|jeder weiteren|künftigen|jeglicher|solchen)\b.{0,50}\b(?:abzusehen|abzulassen|abstand zu nehmen|verschont)\b",
    r"\b(?:will|möchte|wollen|möchten|brauche)\b.{0,20}\b(?:das|die|diese|sowas|so was|so etwas|nichts)\b.{0,20}\b(?:nicht mehr|nie wieder|mehr)\b.{0,15}\b(?:kriegen|bekommen|erhalten|haben|sehen|lesen)\b",
    r"\bunterlassen sie\b|\b(?:lassen|lass)(?: sie)?(?: bitte)? (?:mich|uns) (?:bitte )?(?:in ruhe|in frieden)",
    r"\bwiderspr(?:eche|echen|uch)\b.{0,60}\b(?:verarbeitung|nutzung|verwendung|werb\w*|daten|zusendung|kontakt\w*)|\bwiderrufe?\b.{0,40}\beinwilligung",
    r"\b(?:möchte|möchten|will|wollen|wünsche|wünschen)\b.{0,30}\b(?:nicht|keine)\b.{0,30}\b(?:kontaktiert|angeschrieben|angemailt|mails? (?:mehr )?(?:bekommen|erhalten)|werbung)",
)
FRENCH = (
    r"\bne (?:plus|jamais|pas) (?:me |nous |m.|n.)?(?:re)?(?:contacter|écrire|ecrire|envoyer d|solliciter|relancer|déranger|deranger|importuner|démarcher|demarcher|recevoir|adresser d)",
    r"\bne (?:me|nous|m.) ?(?:re)?(?:contact|écri|ecri|envoy|sollicit|relanc|dérang|derang|importun|démarch|demarch)\w* (?:plus|jamais)\b|\bn.écrivez plus\b",
    r"\bne (?:me|nous|m.) ?(?:re)?(?:contactez|écrivez|ecrivez|sollicitez|relancez|dérangez|derangez) pas(?: s.il vous plaît| svp|[.!]*$)",
    r"\bne (?:souhaite|veux|désire|desire|souhaitons|voulons|désirons)(?: vraiment)? (?:plus|pas)\b.{0,20}\b(?:recevoir (?:de |d.|vos |ces |aucun)|être|etre|figurer|que vous)",
    r"\b(?:me|nous|m.) ?(?:désabonn|desabonn|désinscri|desinscri|retir|supprim|enlev|ray|effac|radi)(?:er|re|ire|ez|vez)\b",
    r"\b(?:désabonn|desabonn|désinscri|desinscri|retir|supprim|enlev|ray|effac)\w*(?:-moi|-nous| (?:moi|nous|mon|mes|notre|nos|cette) ?(?:\w+ )?(?:adresse|nom|mail|e-?mail|données|coordonnées|donnees|contact)?)(?= |[.,!]|$)(?! (?:une?|des?) )",
    r"^(?:merci,? |svp,? |bonjour,? )*(?:désabonnement|désinscription|désabonner|désinscrire|me désabonner|me désinscrire|stop mails?|stop pub)(?:,? (?:svp|stp|merci|s'il vous plaît))*$",
    r"\b(?:désabonn|désinscri|retir|supprim|enlev|ray|effac)\w*-(?:moi|nous) (?:de|des|du) (?:votre|vos|la|cette|ces|listes?|fichiers?)\b",
    r"\b(?:arrêter|cesser|stopper) (?:ces|vos|les) (?:envois|mails?|messages)|\bne (?:veux|voulons) plus de vos\b",
    r"\bne (?:plus )?(?:jamais|plus) (?:plus )?(?:me|nous|m') ?(?:solliciter|contacter|écrire|relancer)|\bde l'effacer\b|\b(?:l'|la |les )(?:effacer|supprimer|retirer) (?:de (?:vos|votre)|immédiatement|définitivement)",
    r"\b(?:cess|arrêt|arret)(?:er|ez) (?:de |d.|immédiatement |tout de suite |tout |vos |ces |cet )(?:\w+.? )?(?:m.|me |nous |contact|écri|envo|e-?mails?|mails?|messages?|envois|sollicit|relanc|démarch|harc)",
    r"\b(?:plus aucun|plus de|aucun autre|pas d.autres?) (?:e-?mails?|mails?|messages?|courriels?|relances?|publicité)\b",
    r"\bm.oppose\b.{0,40}\b(?:traitement|utilisation|prospection|démarchage|données)|\blaissez[- ](?:moi|nous) (?:tranquille|en paix)",
)
SPANISH = (
    r"\b(?:darme|darnos|dame|dadme|deme|denme|dé?me|dennos|damos|me doy|quiero darme) (?:\w+ )?de baja\b|\bdar(?:me)? de baja (?:mi|este|nuestro)\b|^(?:por favor,? )?(?:la )?baja(?: por favor)?$",
    r"\bno (?:me|nos) (?:escrib|contact|env[ií]|mand|molest|incluy|vuelv)\w*\b.{0,25}\b(?:más|mas|nunca|de nuevo|otra vez)\b|\bno (?:me|nos) (?:escrib|contact|molest)\w+(?: por favor|[.!]*$)",
    r"\bno (?:me |nos )?(?:volver|vuelv[aeo]\w*)\s?a (?:escribi|contacta|envia|manda|molesta)\w*",
    r"\bno (?:quiero|deseo|queremos|deseamos)\b.{0,15}\b(?:recibir|seguir recibiendo|más (?:correos|mensajes|e?-?mails)|que me (?:escrib|contact|env))",
    r"\bdej(?:e|en|a|ad|ar) de (?:escribi|envia|contacta|manda|molesta)\w*(?:me|nos)\b",
    r"\b(?:elim[ií]n|b[oó]rr|qu[ií]t|ret[ií]r|s[aá]c|supr[ií]m)\w*(?:me|nos)\b.{0,30}\b(?:de|lista|base)|\b(?:elimin|borr|quit|retir|sac|suprim)\w+ (?:mi|mis|nuestr\w+|esta) (?:\w+ )?(?:datos|direcci\w+|correo|e?-?mail|contacto|nombre)",
    r"\b(?:no|ni un) (?:más|mas) (?:correos?|mensajes?|e?-?mails?|publicidad)\b|\bme opongo\b|\bcancel\w+ (?:mi|la) suscripci|\bdesuscr[ií]b\w*(?:me|nos)\b|\bdéj[ae]\w* ?(?:me|nos)? en paz",
)
ITALIAN = (
    r"\b(?:cancell|rimuov|elimin|togli|disiscriv|toglie)\w*(?:mi|ci|temi|teci|rmi|rci)\b|\b(?:mi|ci) (?:cancell|rimuov|elimin|tolg)\w+\b.{0,30}\b(?:da|dal|dalla|dai|dalle|lista)",
    r"\b(?:cancell|rimuov|elimin|togli)\w* (?:il mio|la mia|i miei|il nostro|la nostra|i nostri|questo) (?:\w+ )?(?:indirizzo|e?-?mail|dat[io]|nominativo|contatt\w+|nome)",
    r"\bnon (?:mi|ci) (?:scriv|contatt|mand|invi|disturb)\w+ (?:più|piu|mai|ulterior|altre)|\bnon (?:scriv|contatt|invi|mand|disturb)[aei]\w*(?:mi|ci|e) (?:più|piu|mai|altre)",
    r"\bnon (?:voglio|desidero|vorrei|vogliamo|desideriamo|intendo)(?: più| piu)? (?:più |piu )?(?:ricevere|essere (?:più )?contattat|che mi)",
    r"\bsmett\w+ di (?:scriver|mandar|inviar|contattar|disturbar)(?:mi|ci)\b|\b(?:basta|niente più|nessun'altra|stop) (?:con (?:le |queste )?)?(?:mail|e-?mail|email|messaggi)\b",
    r"\bdisiscri(?:vermi|verci|vetemi|zione)\b|\bmi oppongo\b|\blasci\w*(?:mi|temi|ci) in pace",
)
DUTCH = (
    r"\b(?:schrijf|schrap|haal|verwijder|meld|gooi|wis)(?:t)? (?:u )?(?:alstublieft |aub |alsjeblieft )?(?:mij|me|ons|mijn|onze|dit)\b.{0,50}\b(?:uit|af|van|adres\w*|e-?mail\w*|gegevens|lijst|bestand)",
    r"\b(?:mij|me|ons|mijn|onze)\b.{0,40}\b(?:uit te schrijven|uitschrijven|uitgeschreven|afmelden|af te melden|te verwijderen|verwijderen|te schrappen|schrappen|van de (?:mailing)?lijst|van de (?:mailing)?lijst halen)\b",
    r"^(?:graag |aub |alstublieft )?(?:verwijder|schrap|wis)(?:t u)? (?:mij|me|ons)(?: alstublieft| aub)?(?=,|$)",
    r"\b(?:uitschrijven|afmelden) (?:uit|van|voor) (?:uw|deze|de|jullie|je)\b",
    r"^(?:graag |aub |alstublieft )*(?:uitschrijven|afmelden)(?: aub| graag| alstublieft)?$",
    r"\bgeen (?:\w+ )?(?:e-?mails?|mails?|berichten|reclame|post|nieuwsbrie\w+) meer\b|\bgeen verdere (?:e-?mails?|mails?|berichten|contact\w*|benadering)",
    r"\bniet (?:meer|langer)(?: \w+)? (?:te )?(?:mailen|e-?mailen|contacteren|benaderen|schrijven|contact op|benaderd|gemaild|lastig|sturen)\b|\bnooit meer (?:mail|contact|benader|schrijf)",
    r"\b(?:mail|contacteer|benader|schrijf|e-?mail)(?: u)? (?:mij|me|ons)(?: alstublieft| aub| alsjeblieft)? (?:niet|nooit)(?: meer|[.!]*$)|\bneem\b.{0,30}\bgeen contact meer\b",
    r"\bstopt? (?:met|u met) (?:\w+ )?(?:mailen|sturen|benaderen|contacteren|schrijven)|\bmaak(?: ik)?(?: \w+)? bezwaar\b|\blaat (?:mij|me|ons) met rust\b",
)
WISHES = re.compile("|".join((*ENGLISH, *GERMAN, *FRENCH, *SPANISH, *ITALIAN, *DUTCH)), re.IGNORECASE)
BARE = re.compile(
    r"\W*(unsubscribe|remove( me)?|stop|opt.?out|abmelden|austragen|désinscription|baja|uitschrijven)\W*", re.I
)
# A question that asks for the act itself, as politeness has it.
REQUEST = re.compile(
    r"\b(?:can|could|would|will|may|might) (?:you|i|we|i ask)\b|\bwould you mind\b|\bhow (?:do|can|could) (?:i|we)\b|\bplease\b"
    r"|\b(?:können|könnten|würden|kannst|könntest|dürfte)\b|\b(?:pouvez|pourriez|peux|voulez|serait)\b"
    r"|\b(?:puede|pueden|podr[ií]an?|puedes)\b|\b(?:può|puo|potrebbe|potete|potreste|puoi)\b|\b(?:kunt|kan|wilt|zou|kun)\b"
    r"|\bwann hören\b|\bwhen will you stop\b",
    re.IGNORECASE,
)
# Asked of what a product can do, and of nothing that is to be done now.
CAPABILITY = re.compile(
    r"\b(?:on|upon) request\b|\bat any time\b|\bauf (?:wunsch|anfrage|verlangen)\b|\bjederzeit\b|\b(?:sur|à la) demande\b|\bà tout moment\b"
    r"|\b(?:su|a) richiesta\b|\bop (?:verzoek|aanvraag)\b|\b(?:a|bajo) petición\b|\bbajo demanda\b",
    re.IGNORECASE,
)
# What comes before the wish and turns it round: "no need to remove me", "before I unsubscribe".
TURNED = re.compile(
    r"(?:\b(?:do not|don.?t|never|no need to|no reason to|not going to|won.?t|will not|please don.?t|rather than|instead of|before (?:i|we)|without having to"
    r"|if (?:i|we)|if you don.?t|(?:customers?|clients?|people|users?|readers?|they|leads?)(?: \w+){0,3})\s*(?:\w+ ){0,1})$"
    r"|\b(?:if|when|whenever|in case)\b[^.!?]{0,30}\byou\b[^.!?]{0,30}$|\b(?:kein grund|nicht nötig|statt)\b[^.]{0,20}$",
    re.IGNORECASE,
)
# A removal that is not to be: "ne me retirez pas", "Nehmen Sie mich bloß nicht vom Verteiler". What follows may turn it back: "not only".
KEPT_BEFORE = re.compile(
    r"\b(?:no|non|ne)(?: (?:surtout |absolument )?(?:pas|me|nous|nos|mi|ci|quiero|queremos|deseo|deseamos|voglio|vogliamo|desidero|veux|voulons|souhaite))*[ ']$",
    re.IGNORECASE,
)
KEPT_WITHIN = re.compile(
    r"\b(?:mich|uns|mein\w*|unser\w*|diese|adresse|mij|me|ons|mijn|onze) (?:(?:bitte|bloß|bloss|doch|ja|nur|auf keinen fall|alstublieft|alsjeblieft|aub|vooral) )*"
    r"(?:nicht|niet)\b(?! (?:nur|bloß|bloss|lediglich|mehr|alleen|meer|enkel))|\b(?:adresse|daten|mail|gegevens|adres)(?: bitte| aub)? (?:nicht|niet)$",
    re.IGNORECASE,
)
# The writer names another way or another moment instead: that is an answer, and no wish to be left alone.
INSTEAD = re.compile(
    r"(?<!or )(?<!not )(?<!don't )(?<!nor )\b(?:call|ring|phone|whatsapp|text|slack) (?:me|us)\b(?! (?:again|any ?more))|\bgive (?:me|us) a (?:call|ring)\b"
    r"|\b(?:use|write (?:to )?|e-?mail|try|contact) (?:me (?:at|on)|my (?:work|private|other|new|personal|direct|colleague\w*)|our (?:new|other)|instead)\b|\binstead[.!]*$"
    r"|\b(?:rufen|ruf) (?:sie )?(?:mich|uns|lieber|bitte|einfach)\b|\bappelez[- ](?:moi|nous)\b|\bll[aá]m[ae]\w*(?:me|nos)\b|\b(?:mi|ci) (?:chiami|telefoni)\b|\bchiamat?e?(?:mi|ci)\b"
    r"|\bbel (?:mij|me|ons)\b(?! niet)",
    re.IGNORECASE,
)
UNTIL = re.compile(
    r"\b(?:until|till|before(?!\W*$)|during|this week|this month|over the|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|at (?:night|the weekend)|unless"
    r"|bis|vor|erst|diese woche|jusqu|avant|cette semaine|hasta|antes|esta semana|fino|prima|questa settimana|tot|voor|deze week)\b",
    re.IGNORECASE,
)
# To be taken off a list is meant for good, whatever else the reply says.
REMOVAL = re.compile(
    r"remov|delet|eras|unsubscri|opt.?(?:me|us|out)|take |streich|lösch|loesch|entfern|verteiler|abmeld|désabon|désinscri|retir|supprim"
    r"|baja|elim|borr|quit|cancell|rimuov|disiscri|uit|haal|verwijder|schrap|data|daten|alone|cease",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]{0,300}[\"”“»]")
# "Where did you get my address? Delete it." is one wish in two sentences.
SENTENCE = re.compile(r"(?<=[.!?;])\s+(?!(?:delete|remove|erase) (?:it|them)\b)|\n{2,}", re.IGNORECASE)
MAX_CHARS = 4_000


def is_objection(text: str, *, subject: str = "") -> bool:
    """Whether the writer asks for no more mails, or for the address to be deleted.

    Args:
        text: The writer's own words, without quotations.
        subject: The mail's subject; heeded only where it is a bare wish (`unsubscribe`).
    """
    plain = _plain(text[:MAX_CHARS])
    if BARE.fullmatch(subject) or BARE.fullmatch(plain) or BARE.fullmatch(f"{subject} {plain}"):
        return True
    has_other_way = INSTEAD.search(plain) is not None
    return any(_is_wish(each, has_other_way=has_other_way) for each in SENTENCE.split(plain))


def _is_wish(sentence: str, *, has_other_way: bool) -> bool:
    words = " ".join(sentence.split())
    is_question = words.endswith("?")
    bare = words.rstrip(".!? ")
    match = next((each for each in WISHES.finditer(bare) if not _is_turned(bare, each)), None)
    if match is None:
        return False
    if is_question and (CAPABILITY.search(bare) or not REQUEST.search(bare)):
        return False
    if REMOVAL.search(match[0]):
        return True
    return not has_other_way and not UNTIL.search(bare[match.start() :])


def _is_turned(sentence: str, wish: re.Match[str]) -> bool:
    """Whether the sentence says that what looks like a wish is none, or asks that the writer stay on the list."""
    before = sentence[: wish.start()]
    if TURNED.search(before):
        return True
    # "keine Mails mehr" holds a word that says no too, and is a wish.
    return REMOVAL.search(wish[0]) is not None and bool(
        KEPT_BEFORE.search(before) or KEPT_WITHIN.search(_clause(sentence, wish))
    )


def _clause(sentence: str, wish: re.Match[str]) -> str:
    """The wish up to the next comma: what is said after it is of something else."""
    return sentence[wish.start() :].partition(",")[0]


def _plain(text: str) -> str:
    """The text with one sort of apostrophe and without what it quotes of others."""
    return QUOTED.sub(" ", text.replace("\u2019", "'").replace("\u00b4", "'")).strip()
