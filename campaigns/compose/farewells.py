"""Words of ours that readers see, in their language: why they get a mail, the way out, and the page behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from campaigns.states import Language, LawfulBasis


@dataclass(frozen=True, slots=True)
class Farewell:
    """Words of one language. `{source}` and `{date}` are filled; `{address}` is the reader's, veiled.

    Attributes:
        reasons: By lawful basis. Who did not give their address themselves is told where it came from (GDPR, article
            14).
        months: January to December, as they stand in a date, parted by blanks.
        day: How day, month and year make a date.
    """

    reasons: dict[LawfulBasis, str]
    months: str
    day: str
    leave: str
    question: str
    promise: str
    one_click: str
    button: str
    has_left: str
    on_list: str

    def reason(self, basis: LawfulBasis, *, source: str, on: date) -> str:
        day = self.day.format(day=on.day, month=self.months.split()[on.month - 1], year=on.year)
        return self.reasons[basis].format(source=source.rstrip("."), date=day)


def farewell_of(language: str) -> Farewell:
    """The words of a language; English where a contact has none."""
    return _WORDS[Language(language) if language else Language.EN]


def _reasons(consent: str, contract: str, interest: str) -> dict[LawfulBasis, str]:
    return {
        LawfulBasis.CONSENT: f"{consent}: {{source}}, {{date}}.",
        LawfulBasis.CONTRACT: f"{contract}: {{source}}, {{date}}.",
        LawfulBasis.LEGITIMATE_INTEREST: f"{interest}: {{source}}, {{date}}.",
    }


_PLAIN_DAY = "{day} {month} {year}"
_WORDS = {
    Language.EN: Farewell(
        _reasons("You agreed to hear from us", "We write to you as a customer", "We have your address from"),
        "January February March April May June July August September October November December",
        _PLAIN_DAY, "No more mails from us", "No more mails from us?", "We will never write to {address} again.",
        "One click is enough; you need no account.", "Stop all mails", "You get no more mails from us",
        "{address} is on our list of people we never write to. Nothing more is needed.",
    ),
    Language.DE: Farewell(
        _reasons("Sie haben zugestimmt, von uns zu hören", "Wir schreiben Ihnen als Kundin oder Kunde",
            "Ihre Adresse haben wir von"),
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "{day}. {month} {year}", "Keine weiteren Mails von uns", "Keine weiteren Mails von uns?",
        "Wir schreiben {address} nie wieder.", "Ein Klick genügt; Sie brauchen kein Konto.", "Alle Mails beenden",
        "Sie bekommen keine Mails mehr von uns",
        "{address} steht auf unserer Liste der Menschen, denen wir nie schreiben. Mehr ist nicht nötig.",
    ),
    Language.FR: Farewell(
        _reasons("Vous avez accepté de recevoir nos messages", "Nous vous écrivons en tant que client",
            "Votre adresse nous vient de"),
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        _PLAIN_DAY, "Ne plus recevoir nos messages", "Ne plus recevoir nos messages ?",
        "Nous n'écrirons plus jamais à {address}.", "Un clic suffit ; aucun compte n'est nécessaire.",
        "Arrêter tous les messages", "Vous ne recevrez plus de messages de notre part",
        "{address} figure sur la liste des personnes à qui nous n'écrivons jamais. Rien d'autre n'est nécessaire.",
    ),
    Language.IT: Farewell(
        _reasons("Ha accettato di ricevere i nostri messaggi", "Le scriviamo in quanto cliente",
            "Abbiamo il Suo indirizzo da"),
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        _PLAIN_DAY, "Non ricevere più i nostri messaggi", "Non ricevere più i nostri messaggi?",
        "Non scriveremo mai più a {address}.", "Basta un clic; non serve un account.", "Ferma tutti i messaggi",
        "Non riceverà più messaggi da noi",
        "{address} è nella lista delle persone a cui non scriviamo mai. Non serve altro.",
    ),
    Language.NL: Farewell(
        _reasons("U stemde ermee in van ons te horen", "Wij schrijven u als klant", "Wij hebben uw adres van"),
        "januari februari maart april mei juni juli augustus september oktober november december",
        _PLAIN_DAY, "Geen mails meer van ons", "Geen mails meer van ons?", "Wij schrijven {address} nooit meer.",
        "Eén klik is genoeg; u hebt geen account nodig.", "Alle mails stoppen", "U krijgt geen mails meer van ons",
        "{address} staat op onze lijst van mensen die wij nooit schrijven. Meer is niet nodig.",
    ),
    Language.ES: Farewell(
        _reasons("Usted aceptó recibir nuestros mensajes", "Le escribimos como cliente", "Tenemos su dirección de"),
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "{day} de {month} de {year}", "No recibir más mensajes", "¿No recibir más mensajes?",
        "No volveremos a escribir a {address}.", "Basta un clic; no necesita una cuenta.", "Detener todos los mensajes",
        "No recibirá más mensajes nuestros",
        "{address} está en nuestra lista de personas a las que nunca escribimos. No hace falta nada más.",
    ),
}  # fmt: skip
