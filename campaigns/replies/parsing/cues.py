"""Words that speak for what a reply means, in English, German, French, Italian, Dutch and Spanish. Pure.

A cue is no verdict: each adds its weight to its class, and what a miniature thinks of the whole text is weighed with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from campaigns.replies.parsing import meaning
from campaigns.states import ReplyClass

C = ReplyClass
STRONG, WEAK = 3.0, 1.5

_MONTH = (
    r"(?:jan(?:uary|uar|vier)?|jänner|feb(?:ruary|ruar)?|février|mar(?:ch|s)|märz|apr(?:il)?|avril|may|mai|june?|juin|juni|july?|juillet|juli|aug(?:ust)?|août"
    r"|sept?(?:ember|embre)?|oct(?:ober|obre)?|okt(?:ober)?|nov(?:ember|embre)?|de[cz](?:ember)?|décembre|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio"
    r"|agosto|settembre|ottobre|novembre|dicembre|januari|februari|maart|mei|augustus|enero|febrero|abril|mayo|junio|julio|septiembre|octubre|noviembre|diciembre)"
)
_SEASON = (
    r"(?:spring|summer|autumn|fall|winter|easter|christmas|frühjahr|frühling|sommer(?:ferien|pause)?|herbst|ostern|weihnachten|printemps|été|automne|hiver|rentrée|fêtes"
    r"|primavera|estate|autunno|inverno|ferie|natale|voorjaar|zomer|najaar|verano|otoño|invierno|navidad|q[1-4]|new year|neuen jahr|neuen geschäftsjahr|20[23]\d)"
)
_DAY = (
    r"(?:mon|tues?|wed(?:nes|s)?|thu(?:rs)?|fri)(?:day)?|montag|dienstag|mittwoch|donnerstag|freitag|lundi|mardi|mercredi|jeudi|vendredi"
    r"|luned[iì]|marted[iì]|mercoled[iì]|gioved[iì]|venerd[iì]|maandag|dinsdag|woensdag|donderdag|vrijdag|lunes|martes|miércoles|jueves|viernes"
)

_PATTERNS: Final[dict[tuple[ReplyClass, float], tuple[str, ...]]] = {
    (C.QUESTION, STRONG): (
        r"\b(?:how much|what (?:does|would|is) (?:it|this|that|the) (?:cost|price)|ball ?park|price ?list|pricing|what.{0,20}\b(?:cost|fee|price)s?\b|set us back)",
        r"\b(?:was|wie ?viel|wie teuer)\b.{0,40}\b(?:kost\w*|teuer|preis\w*)|\bpreisliste|\bkonditionen\b|\bkündigungsfrist|^\W*(?:preise?|kosten|prix|tarifs?|price|pricing|costs?)\W*$",
        r"\b(?:combien|quel(?:s|le|les)? (?:est|sont) (?:le |la |les |vos )?(?:prix|tarif|coût|durée)|vos tarifs|grille tarifaire)\b|\b(?:quanto (?:costa|viene)|listino|qual è il prezzo|che prezzi)\b",
        r"\b(?:wat (?:kost|zijn de (?:kosten|tarieven))|hoeveel kost|prijslijst)|\b(?:cuánto (?:cuesta|sale|vale)|qué precio|tarifas)\b",
        r"\b(?:where did (?:yo)?u (?:get|find)|how did you get|woher haben sie|wie sind sie an|an meine adresse gekommen|comment avez-vous eu|d'où tenez|come ha avuto|hoe komt u aan|de dónde)\b",
        r"\b(?:need|want|would like|like|have) to (?:know|understand)\b(?! more)|\b(?:müsste|müssten|muss|wüsste|möchte) (?:ich |wir )?(?:\w+ )?wissen|\b(?:besoin de|voudrais|aimerais) savoir(?! plus)|\bi.?m wondering (?:whether|if)|\bwhat i.m missing",
        r"\b(?:send|share|provide|schicken|senden|zukommen|envoyer|transmettre|inviarmi|mandarmi|sturen|enviarme)\b.{0,60}\b(?:brochure|documentation|terms|price|references?|case study|certificate|unterlagen|datenblatt|plaquette|prijzen|prezzi|precios|condiciones|documentatie)",
    ),
    (C.QUESTION, WEAK): (
        r"\b(?:does|do|is|are|can|will|would) (?:it|you|there|they|this|that|one)\b[^.!]{3,140}\?",
        r"\b(?:gibt es|haben sie|bieten sie|läuft (?:das|es)|kann (?:das|man|es)|ist (?:das|es)|welche|wo (?:liegen|stehen)|wie lange|worin|was unterscheidet|funktioniert)\b[^.!]{3,140}\?",
        r"\b(?:est-ce (?:que|compatible)|avez-vous|y a-t-il|peut-on|faut-il|où sont|quel(?:le)?s? (?:est|sont)|comment)\b[^.!]{3,140}\?",
        r"\b(?:si integra|avete|funziona|c'è|dove (?:sono|stanno)|werkt|hebben jullie|is er|hoe zit|waar staan|se puede|tienen|hay|funciona|dónde)\b[^.!]{2,140}\?",
        r"\?",
        r"\b(?:GDPR|DPA|ISO ?27001|SSO|API|DSGVO|RGPD|AVG)\b",
    ),
    (C.REFERRAL, STRONG): (
        r"\b(?:wrong (?:person|bloke|guy|department|desk)|not (?:the right (?:person|one)|my (?:department|area|call|remit)|responsible for)|nothing to do with (?:this|it))\b",
        r"\b(?:forward(?:ed|ing)|pass(?:ed|ing)|hand(?:ed|ing)|sent) (?:this|it|that|you|your \w+)(?: details)? (?:on(?:to)? |over )?to\b|\b(?:cop(?:ied|ying) in|cc'?(?:d|ing)|loop(?:ing|ed)? in|adding) (?!me\b)[A-Z]\w+",
        r"\b(?:i.ve|i have) passed (?:your|this|it)|\b(?:speak|talk|have a word|have a chat|get in touch|best) (?:to|with) (?!me\b|you\b|us\b|them\b)(?:[A-Z]\w+|our|my|the)\b|\b(?:ask for|try|contact|write to|e-?mail|reach out to|direct this to|address this to) (?:our |my |the |mr\.? |mrs\.? |ms\.? )?(?!me\b)(?:[A-Z]\w+|colleague|successor|switchboard|purchasing|procurement)\b",
        r"\b(?:is your man|is the (?:person|one) (?:to|you|who)|(?:looks|look) after (?:this|that|it|these)|takes care of|has taken over|is in charge|you.ll want|you want [A-Z]|person to (?:speak|talk|ask|contact)|decision for (?:head|our)|my successor|decides\. i don)",
        r"\b(?:zuständig|ansprechpartner(?:in)?|nachfolger(?:in)?|wenden sie sich|falsche\w* (?:abteilung|adresse|ansprechpartner)|bei mir falsch|nicht der richtige|kümmert sich|(?:mail|nachricht|das|anfrage) .{0,30}\b(?:weitergeleitet|weitergegeben)|leite(?: ich)?.{0,30}\bweiter|in kopie|in cc)\b",
        r"\b(?:fragen|sprechen|reden|schreiben|rufen) sie (?:\w+ )?(?:bitte |direkt |besser |lieber |dort |das )*(?:mit |an |nach )?(?:meine[nrm]? (?:kolleg\w+|chef\w*|nachfolg\w+)|herrn?|frau|unsere\w*)|\blaufen? (?:bei uns )?über (?:die|den|unsere\w*) (?:zentrale|einkauf)|\bmacht bei uns\b",
        r"\b(?:adress(?:ez|er)[- ]?vous|vous adresser|s'en occupe|je (?:transfère|transmets|fais suivre)|j'ai (?:transmis|fait suivre)|en copie|la bonne personne|bon interlocuteur|mon (?:remplaçant|successeur)|qui (?:gère|s'occupe|décide)|de mon ressort|(?:voyez|voir) (?:plutôt )?avec|écrivez plutôt à|contactez (?:mon|ma|M\.|Mme|[A-Z])|se prend au siège)",
        r"\b(?:non (?:me ne occupo|è di mia competenza|sono la persona giusta)|se ne occupa|si rivolga|rivolgersi a|deve parlare con|ho (?:inoltrato|girato)|(?:giro|inoltro|passo) (?:la|il)|scriva (?:a|al|alla) )",
        r"\b(?:hiervoor moet je|gaat (?:over|hierover)|stuur .{0,30}\bdoor\b|doorgestuurd|niet mijn (?:afdeling|pakkie)|ga hier niet over|wend u|juiste persoon|neem contact op met [A-Z]|probeer [A-Z])",
        r"\b(?:no llevo|se encarga|diríjase|le paso|reenvío|he reenviado|no (?:soy la persona|me corresponde|es mi departamento)|hable con|contact(?:e|ase) con (?:nuestr|mi|[A-Z])|lleva es[oe])",
    ),
    (C.REFERRAL, STRONG + 0.1): (
        r"\b(?:(?:his|her|their) (?:call|decision|e-?mail|number|desk)|better contact|handles (?:all|this|that)|resend (?:this|it) to|go through (?:our|the)|runs? the (?:plant|shop|show)|moved under)\b|\b[A-Z]\w+ (?:does|decides|handles|runs)\b\.?",
        r"\b(?:entscheidet|(?:planung|stelle|thema) hat jetzt|an die (?:geschäftsführung|zentrale|it)|richten|hingelegt|meldet sich bei ihnen|altersteilzeit)\b|\b(?:à même de|relève de|demandez (?:m|mme|le|la)|mon collègue|il mio socio|gli scriva|beslist|geef het .{0,10}door|se ocupa|le reenvío|mi jef[ea])\b",
    ),
    (C.REFERRAL, WEAK): (
        r"[\w.+-]+@(?!wickfield)[\w-]+\.\w+",
        r"\b(?:my|our) (?:colleague|boss|director|purchasing|head office|sister company|COO|CEO|IT)|\b(?:kolleg(?:e|in|en)|zentrale|einkauf|betriebsleiter|chef)\b|\b(?:collègue|siège|service achats|associé)\b|\b(?:collega|ufficio acquisti|responsabile)\b|\b(?:inkoper?|hoofdkantoor)\b|\b(?:compañer[oa]|central|departamento)\b|\bsister (?:plant|company|site)|\bdurchwahl\b|\bext\.? ?\d|\binterno \d",
    ),
    (C.NOT_NOW, STRONG): (
        rf"\b(?:come|get|check|circle|ping|try|write|ask|remind|reach|contact|touch|nudge|drop|pick|have another go|another go|worth another)\b.{{0,50}}\b(?:{_MONTH}|{_SEASON}|next (?:year|quarter|month)|later|months?|again)\b",
        rf"\b(?:melden|kommen|fragen|rufen|schreiben|meld dich)\b.{{0,50}}\b(?:{_MONTH}|{_SEASON}|nächste[sn]? (?:jahr|quartal)|noch ?mal|nochmals|wieder)\b|\b(?:vor|ab|frühestens|erst(?: im| ab)?|im) (?:{_MONTH}|{_SEASON})\b",
        r"\b(?:not (?:right )?now|not (?:this (?:quarter|year|month)|at (?:this|the) moment|before)|right now isn|too early|wrong moment|bad time|budget (?:is )?(?:gone|frozen|spent)|(?:spending|hiring) freeze|no capacity|park this|until then|hands full|swamped|snowed under|this side of|in the middle of|mid-?way through|one thing at a time|nearer the time|months to run|when (?:things|we.re back)|in (?:six|three|a few|\w+) months)\b",
        r"\b(?:im moment|momentan|derzeit|aktuell|zurzeit|gerade|grad)\b.{0,40}\b(?:nicht|keine?n?|kein|umzug|einführung|investitionsstopp|inventur)\b|\b(?:läuft|laufen) (?:noch )?bis\b|\b(?:geschäftsjahr|investitionsstopp|halben jahr|später vielleicht|vielleicht später|auf mich zu|erst muss|erst mal|solange|mitten im|budget (?:ist )?(?:verplant|ausgeschöpft|gesperrt))\b",
        rf"\b(?:pas (?:pour le moment|maintenant|tout de suite|avant)|recontact\w+|relancez|rappelez-moi en|revenez|on en (?:reparle|reparlera|discuter)|en reparle|trop tôt|budget .{{0,30}}(?:bouclé|gelé|épuisé)|l'an(?:née)? prochaine?|plus tard|tant qu|court jusqu|en plein|débordée?s?|semestre|(?:vers|en|d'ici) (?:{_MONTH})\b.{{0,20}}$)",
        rf"\b(?:(?:adesso|ora|al momento) no|ci risentiamo|mi (?:ricontatti|richiami)|ne riparliamo|più avanti|l'anno prossimo|budget (?:è )?(?:chiuso|finito)|nel pieno|a (?:{_MONTH}))\b",
        r"\b(?:nu (?:even )?niet|na de zomer|volgend jaar|geen budget|midden in|kom(?:en)? (?:er|ik).{0,20}\bop terug|later graag)\b|\b(?:ahora (?:mismo )?(?:no|imposible)|más adelante|vuelva a (?:escribir|llamar|contactar)|de momento|hasta que no|el (?:próximo año|año que viene)|presupuesto .{0,20}(?:agotado|cerrado))",
    ),
    (C.NOT_NOW, STRONG + 0.1): (
        r"\b(?:once (?:the|we|this|that)|when the dust|up to (?:our|my) eyes|peak season|talk to me in|through .{0,20} first|(?:before|after) (?:that|the takeover)|to fill before|give us a shout|vacanc(?:y|ies))\b",
        r"\b(?:kopf dafür|kurzarbeit|bis auf weiteres|ruht|(?:aufs|fürs|für das) nächste jahr|sobald|heben wir)\b|\b(?:on verra|quand le|repoussé|gardons contact|pas avant)\b|\b(?:prima dobbiamo|daarna|eerst de|pasado el|en plena)\b",
    ),
    (C.NOT_NOW, WEAK): (
        rf"\b(?:in|im|until|till|after|nach|bis|en|après|a|dopo|na|tot|después de|hasta|towards?|vers|before|vor) (?:the |den |der |dem |les |l'|la |le |il |de |el )?(?:{_MONTH}|{_SEASON})\b",
        r"\b(?:maybe|perhaps|probably|vielleicht|vermutlich|peut-être|forse|misschien|quizás?)\b|\b(?:first|zuerst|erst|d'abord|prima|eerst|primero)\b",
        r"\b(?:later|später|más tarde|plus tard|moving|move|umzug|déménagement|trasloco|verhuizing|mudanza|merger|audit|stocktaking|inventur|inventaire)\b",
    ),
    (C.NOT_INTERESTED, STRONG): (
        r"\b(?:in-? ?house|ourselves)\b.{0,60}\b(?:no|not|never|happy|stay|keep)\b|\bno (?:plans?|intention|wish|desire|reason) (?:to|of)\b|\b(?:keine? (?:plän|absicht|grund)\w*|nicht vor,)\b|\bn'(?:envisage|avons pas l'intention|ai pas l'intention)\w*\b",
        r"\b(?:niet|non|pas|no|nicht) (?:interessant|interessante|intéressant|relevant|pertinent|zutreffend)\b",
        r"\b(?:kein thema|not (?:our|my) (?:thing|bag|field)|of no use|no use (?:to|for) us|too small for)\b",
        r"\b(?:not interested|no interest|no,? thank(?:s| you)|no ta|no need|no demand|no fit|(?:hard |i.ll |we.ll )pass\b|all set|isn.t for us|not for us|not (?:a priority|relevant)|a no from|the answer is no|don.t (?:see|think) (?:there is )?a (?:fit|need)|went with|too pricey|too expensive|built our own|happy (?:as we are|with)|not my cup|disappoint you|decided (?:against|it)|do not wish to pursue|leave it there|count us out|nothing to be done|nobody warmed|is plenty|wouldn.t work for us)\b",
        r"\b(?:kein(?:e|en|erlei)? (?:bedarf|interesse|verwendung)|nein,? danke|danke,? nein|uninteressant|nichts für uns|nicht für uns|bestens versorgt|gut versorgt|entschieden|dagegen|bleiben (?:bei|beim)|nicht in anspruch|lohnt sich\b.{0,20}\bnicht|schlicht nicht|mitbewerber|absagen|brauch(?:en|t|e)?\b.{0,15}\b(?:nicht|ned|net)|verzichten|nichts mehr ändern|kommt .{0,20}nicht in ?frage|zufrieden)\b",
        r"\b(?:n(?:e |')(?:nous |m')?intéress\w+ pas|pas intéressée?s?|non merci|sans façon|déjà (?:équipés?|un|ce qu)|ne donner\w* pas suite|pas (?:de )?besoin|pas notre métier|pas pour nous|donc non|nous convient|nous suffit|aucune latitude|perdre votre temps|nous déclinons|bonne continuation)",
        r"\b(?:non (?:siamo|sono) interessat|non ci interessa|non (?:fa|è) per noi|no,? grazie|abbiamo già|ci troviamo bene|non ci serve|non ne abbiamo bisogno|ci basta)",
        r"\b(?:nee,? (?:bedankt|dank)|geen (?:interesse|behoefte)|niet geïnteresseerd|al voorzien|ni(?:ks|ets) voor ons|hebben al|zien ervan af|past niet)\b",
        r"\b(?:no(?:,? gracias| nos interesa| me interesa| nos encaja| encaja| estamos interesados| lo necesitamos)|ya (?:tenemos|trabajamos|usamos)|nos (?:apañamos|basta)|sin interés|declinamos)\b",
    ),
    (C.NOT_INTERESTED, STRONG + 0.1): (
        r"\b(?:not something|can.t see it|isn.t having|but no\b|thanks all the same|went back to|far more than|we like our|not what we)\b|\b(?:nichts,? was wir|glücklich damit|läuft .{0,30}einwandfrei|nicht in betracht|haben schon (?:was|etwas))\b",
        r"\b(?:débrouille|pas concernés?|notre choix s'est|autre prestataire)\b|\b(?:a posto così|redden ons|prima zo)\b|\bno es lo que\b",
    ),
    (C.NOT_INTERESTED, WEAK): (
        r"\b(?:unfortunately|sadly|sorry|leider|malheureusement|désolée?|purtroppo|mi (?:di)?spiace|helaas|lamentablemente|lo siento)\b",
        r"\b(?:good luck|all the best|wish you (?:well|success)|viel erfolg|alles gute|trotzdem danke|bonne chance|succes ermee|suerte)\b|^\W*(?:no|nope|nein|non|nee|pass)\b",
        r"\b(?:law firm|whiteboard|on paper|pizarra|karteikarten|excel|maison mère|parent company|zu teuer|trop cher|troppo caro|te duur|demasiado caro)\b",
    ),
    (C.INTERESTED, STRONG): (
        # A yes and nothing else.
        r"^\W*(?:yes(?: please)?|yep|yeah|sure|absolutely|definitely|of course|ja(?: bitte| gerne?| graag)?|gerne?|klar|machen wir|oui|d'accord|volontiers|sì|va bene|graag|prima|sí|claro|de acuerdo)\b(?:[,.! ]+(?:please|bitte|s'il vous plaît|svp|wann|when|quand|quando|wanneer|cuándo|thanks|danke|merci))*\W*$",
        r"\b(?:rufen|ruf) (?:sie )?(?:mich |uns |doch |einfach |bitte |gerne? )*an\b|\b(?:wir|ich) (?:nehmen|nehme|machen|mache) (?:das|es)\b|\b(?:i.d|i would|we.d|we would) (?:like|love) to (?:read|hear|see|learn|know more|look)\b",
        rf"\b(?:{_DAY})\b[^.?!]{{0,40}}\b(?:works|suits|is fine|is good|passt|geht|zeit|frei|ok|convient|disponible|va bene|is goed|schikt|me viene bien)\b|\b(?:works|passt|disponible|free|libero|available|möglich|frei)\b[^.?!]{{0,40}}\b(?:{_DAY})\b|\b(?:how about|what about|say|yep|yes|ja|oui|sì|sí)\W{{1,3}}(?:{_DAY})\b",
        r"\b(?:count (?:us|me) in|i.m in\b|we.re in\b|keen|up for it|sign (?:us|me)? ?up|where do i sign|let.s (?:do|try|talk|meet|have)|go ahead|show me|walk me through|grab a slot|send (?:an|me an|over an?) (?:invite|invitation|proposal)|set up a (?:trial|call|meeting|demo)|happy to (?:jump|talk|chat|meet|have|hop)|(?:got|have) my attention|like to (?:see|try) (?:a|it)|tell me more|next step|should (?:very much )?like to see|sounds (?:promising|good|great|interesting)|when can we|call|ring) ?(?:me|you)?\b(?<!call)(?<!ring)",
        r"\b(?:(?:could you|please|pls|just) (?:call|ring|phone) me|ring me|call me|jump on a call|find me a time|willing to look|a (?:demo|walkthrough|demonstration)\b)",
        r"\b(?:klingt|hört sich)\b.{0,20}\b(?:gut|spannend|interessant|vielversprechend)|\b(?:termin\w*|rückruf|einladung|demo|vorführung|testzugang)\b|\b(?:rufen sie mich|ruf mich|bin dabei|machen wir (?:den|das|es)|neugierig|schau ma|einverstanden|zeigen sie|ausprobieren|testen|telefonieren|gemeinsam .{0,40}ansehen|sehr gerne?|ja,? gerne?|gern(?:e)? .{0,30}(?:ansehen|anschauen|sehen|testen))\b",
        r"\b(?:when (?:can|could) (?:you|we)|(?:can|could) you (?:come|pop|drop|show|visit|do a)|screen ?share|pop in|give us a tour|let.s meet|yes we want|game for|want in\b|minutes? (?:on|next)|half an hour)"
        rf"|\b\d+ min\w* (?:next |on )?(?:{_DAY})|\b(?:wann (?:können|könnten|kommen|passt)|halbe stunde|offene türen|freue mich auf|über ein gespräch|angebot für|hochaktuell)\b"
        r"|\b(?:quand (?:pouvez|êtes)|créneau|preneurs?|visio\w*|votre appel|à point nommé|l'air top|due chiacchiere|perché no|gesprekje|enseñar(?:me)?|curiosidad|nieuwsgierig)\b",
        r"\b(?:pourquoi pas|on s'appelle|on se voit|intéressée?s?\b(?<!pas intéressé)|invitation|une? démo|on essaie|banco|volontiers|avec plaisir|en discuter|rencontrer|voyons-nous|(?:m'appeler|me rappeler)|j'aimerais (?:en )?(?:voir|savoir plus)|ok pour|partante?s?|allons-y|visio)\b",
        r"\b(?:mi (?:incuriosisce|interessa|mandi un invito|chiami)|ci interessa|volentieri|possiamo sentirci|sentiamoci|facciamo una prova|una demo|videochiamata|con piacere)\b",
        r"\b(?:klinkt (?:goed|interessant)|leuk|bel me|graag een|demo|kun je .{0,30}langskomen|kop koffie|kunnen we wel gebruiken|uitnodiging|doen we)\b",
        r"\b(?:nos viene|hablamos|me (?:interesa|gustaría)|adelante|convocatoria|una demo|demostración|llámeme|quedamos|cuente con)\b",
    ),
    (C.INTERESTED, WEAK): (
        r"^\W*(?:yes|yep|yeah|sure|ok(?:ay)? for|ja|oui|sì|si|sí|claro|gern(?:e)?|graag|of course|absolutely|klar)\b.{1,}",
        r"\b(?:trial|pilot|call|meeting|slot|teams|zoom|calendar|invite|demo|test|appeler|appel|portable|chiamata|afspraak|llamada|reunión)\b",
        rf"\b(?:{_DAY}|tomorrow|next week|morgen|nächste woche|kommende woche|demain|la semaine prochaine|domani|prossima settimana|volgende week|mañana|próxima semana)\b",
    ),
    (C.OTHER, STRONG): (
        # A wish for a day, which asks for nothing.
        r"^\W*(?:(?:ich )?(?:wünsche )?(?:ihnen |euch |dir )?(?:ein(?:en?)? )?(?:schön\w*|gut\w*) (?:wochenende|tag|woche|abend|feierabend|feiertage|weihnachten)|alles gute|have a (?:good|great|nice|lovely) \w+|enjoy your \w+|bon(?:ne)? (?:week-?end|journée|soirée|semaine|fête|année)|buon(?:a)? (?:giornata|serata|fine settimana|lavoro)|fijn (?:weekend|avond)|fijne (?:dag|avond)|buen (?:día|fin de semana))\b[^?]{0,40}$",
        # How a name is written or whom the copy should leave out.
        r"\b(?:my name is|i.m called|ich heiße|je m'appelle|mi chiamo|ik heet|me llamo)\b.{0,30}\b(?:not|with|nicht|mit|und nicht|et non|pas|avec|e non|con|niet|met|no)\b|\b(?:misspel\w+|spel(?:t|led)|falsch geschrieben|mal (?:écrit|orthographié))\b",
        r"\b(?:off|from|out of) (?:the |this |that )?(?:cc|copy|thread|loop)\b|\baus (?:dem|der) (?:cc|kopie)\b|\b(?:de|hors de) la (?:copie|boucle)\b|\buit de cc\b|\bdalla copia\b",
        r"\b(?:sent|got|received) (?:this|that|it) (?:to (?:me|us) )?(?:twice|two times|\w+ times)\b|\b(?:doppelt|zweimal) (?:bekommen|erhalten|geschickt|gekommen)\b|\b(?:reçu|envoyé) (?:\w+ )?(?:deux fois|en double)\b",
        r"^\W*(?:thanks?(?: you)?|cheers|ok(?:ay)?|noted|received|got it|danke(?:schön)?|vielen dank|erhalten|verstanden|alles klar|zur kenntnis genommen|merci(?: bien)?|bien (?:reçu|noté)|reçu|grazie(?: mille)?|ricevuto|bedankt|dank(?: je| u)?|ontvangen|gracias|recibido|hm+)(?:[ ,.!]+(?:thanks?|thank you|cheers|danke|merci|grazie|dank|bedankt|gracias|to you too))*\W*$",
        r"\b(?:your|ihre|votre|vostra|uw|su|la sua) (?:invoice|rechnung|facture|fattura|factuur|factura)\b|\b(?:unpaid|overdue|impayée?|überfällig|impagada)\b",
        r"\b(?:(?:wrong|mauvais|falsche[rn]?) (?:tom|peter|address|destinataire|empfänger)|trompe[rz]? de destinataire|verwechslung|sbagliato (?:persona|indirizzo)|equivocado|the wrong (?!person|bloke|guy|department|desk|moment|time)\w+|did you mean to send|meant for someone)\b",
        r"\b(?:mixed me up|heads up|delivery note|schöne grüße|kaum zu verstehen|confondre avec|ci-joint|buona pasqua|shows an error|bring(?:en)? .{0,20}back|zurückbringen|para avisar|por avisar|would like to quote)\b",
        r"\b(?:happy (?:new year|christmas|easter)|merry christmas|frohe (?:ostern|weihnachten)|bonnes fêtes|joyeux noël|buone feste|auguri|fijne feestdagen|felices fiestas|feliz navidad|nice (?:chatting|meeting)|kennenzulernen|bewerbung|bewerbe mich|i.m applying|application for|candidature|curriculum|sollicit)",
        r"\b(?:the |your |der |le |votre |il |de |el )?(?:link|lien|anhang|attachment|enlace|website|pièce jointe|allegato|bijlage)\b.{0,40}\b(?:broken|does ?n.t work|not work|geht nicht|nicht öffnen|ne (?:marche|fonctionne) pas|non funziona|werkt niet|no funciona)|\btypo\b|\btippfehler\b|\b(?:your|ihr|votre) (?:parcel|paket|colis)\b",
        r"\b(?:we (?:are a (?:manufacturer|supplier)|sell|offer|can offer)|wir (?:bieten|verkaufen) |nous (?:vendons|proposons) |vendiamo |wij (?:verkopen|leveren) |vendemos |ofrecemos )",
        r"^\W*(?:i.ll have a think|let me think|i.ll think about it|ich (?:überlege|denke)|mal sehen|je vais y réfléchir|ci penso|lo pensaré)\b|^\W*$",
    ),
    (C.OUT_OF_OFFICE, STRONG): (
        r"^\W*away\b.{0,20}\d|\b(?:when|once|after) i (?:return|am back|get back)\b",
        r"\b(?:out of (?:the )?office|ooo\b|(?:on|taking) (?:annual |parental |maternity |paternity |sick |medical )?leave|(?:i.m|i am|i will be|i.ll be|we are|currently) (?:\w+ )?(?:away|on (?:holiday|vacation)|out (?:from|until)|closed)|office is (?:closed|shut)|on holiday until|limited (?:access|availability)|in my absence|gone fishing|is covering for me|sick today|i don.t work (?:on )?\w+days?|no access to (?:e-?)?mail|bank holiday|patchy signal|when i.m back at my desk|back (?:on )?(?:mon|tues|wednes|thurs|fri)day \d)",
        r"\b(?:nicht im (?:büro|haus|dienst)|im urlaub|in (?:elternzeit|teilzeit|mutterschutz)|auf (?:dienstreise|kur|montage|messe)|abwesen\w+|betriebs(?:urlaub|ferien)|sommerpause|krankheitsbedingt|krankgeschrieben|meine vertretung|wieder (?:erreichbar|am platz|im büro|für sie da|im haus)|(?:erreichen|erreichst) (?:sie )?mich (?:wieder|erst)|heute feiertag|nicht weitergeleitet|werksferien|bin bis)\b",
        r"\b(?:en (?:congés?|vacances|déplacement|arrêt|formation)|absente? (?:du|jusqu)|à mon retour|mon absence|réouverture|(?:usine|bureaux?|société|entreprise) (?:est|sont) fermée?s?|retour prévu|congé (?:maternité|parental)|prend le relais|je reviens le|de retour le)\b",
        r"\b(?:(?:sarò|sono) (?:assente|in (?:ferie|trasferta|malattia|viaggio)|fuori)|chiusi per|riapriamo|al rientro|fuori ufficio|rientro il)\b",
        r"\b(?:met (?:vakantie|verlof)|op vakantie|afwezig|ben ik (?:vrij|er weer|terug)|tijdelijk afwezig|niet op kantoor|na mijn terugkeer)\b",
        r"\b(?:de (?:vacaciones|baja|viaje|permiso)|fuera de la oficina|a (?:la|mi) (?:vuelta|regreso)|estaré (?:fuera|ausente)|cerrad[oa]s? (?:por|hasta))\b",
    ),
    (C.OUT_OF_OFFICE, STRONG + 0.1): (
        r"\b(?:i.m off|(?:we.re|we are) (?:shut|closed)|reduced hours|standing in for me|won.t see it before|(?:paternity|maternity) leave)\b|\b(?:auf einer schulung|eingeschränkt erreichbar|(?:genieße|habe) (?:ich )?(?:meinen )?urlaub|bin krank|wieder fit)\b",
        r"\b(?:en rtt|fermée? jusqu|raison médicale|non sono in ufficio|leggerò|ben er (?:deze|vandaag)|hasta nuevo aviso|estaré ausente|no estoy en la oficina)\b",
    ),
    (C.OUT_OF_OFFICE, WEAK): (
        r"\b(?:urgent|dringend\w*|urgence|urgenze|spoed|urgentes?|cannot wait|urgency)\b",
        r"\b(?:i(?:.ll| will) (?:reply|answer|get back|pick up|respond)|danach|meine rückkehr|vertretung|je vous répondrai|risponder|rispondo|antwoord|contesto|responderé)\b",
        rf"\b(?:back|return(?:ing)?|until|till|bis|ab|jusqu'(?:au|en)|retour|fino al|rientro|torno|tot|vanaf|hasta|vuelvo|regreso)\b(?: \w+){{0,3}} (?:\d{{1,2}}\b|{_DAY}|{_MONTH})",
    ),
}
_COMPILED: Final = [
    (each, weight, [re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns])
    for (each, weight), patterns in _PATTERNS.items()
]
MAX_CHARS: Final = 2_000
MOST: Final = 2


def weights(text: str) -> Mapping[ReplyClass, float]:
    """How much a reply's words speak for each class; a class that no word speaks for is not there.

    Args:
        text: The writer's own words, without quotations.
    """
    cut = text[:MAX_CHARS].replace("\u2019", "'")
    found: dict[ReplyClass, float] = {}
    for each, weight, patterns in _COMPILED:
        hits = min(sum(pattern.search(cut) is not None for pattern in patterns), MOST)
        if hits:
            found[each] = found.get(each, 0.0) + weight * hits
    known = ReplyClass(meaning.meaning_of(cut))
    if known not in (C.OTHER, C.UNSUBSCRIBE):
        found[known] = found.get(known, 0.0) + WEAK
    return found
