"""Return dates of absent readers, read from a notice. Pure.

A notice names the first day back (`ab dem 12.01. wieder`), the last day away (`until 14 July`, `du 3 au 14 mars`), or a
weekday; languages beyond six give dates alone. A date without a year is the next one after the mail's own day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from campaigns.replies.parsing.foreign_dates import in_figures
from review.text.reading.words import lowered

# Where no date can be read, and the longest that a notice may hold mails back by itself.
DEFAULT: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=60)
MONTHS: Final = (
    "january jan januar jänner janvier janv gennaio januari enero",
    "february feb februar février fevrier févr febbraio februari febrero",
    "march mar märz maerz mrz mars marzo maart mrt",
    "april apr avril avr aprile abril",
    "may mai maggio mei mayo",
    "june jun juni juin giugno junio",
    "july jul juli juillet juil luglio julio",
    "august aug août aout agosto augustus",
    "september sep sept septembre settembre septiembre setiembre",
    "october oct oktober okt octobre ottobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre decembre déc dicembre diciembre",
)
WEEKDAYS: Final = (
    "monday montag lundi lunedì lunedi maandag lunes",
    "tuesday dienstag mardi martedì martedi dinsdag martes",
    "wednesday mittwoch mercredi mercoledì mercoledi woensdag miércoles miercoles",
    "thursday donnerstag jeudi giovedì giovedi donderdag jueves",
    "friday freitag vendredi venerdì venerdi vrijdag viernes",
    "saturday samstag sonnabend samedi sabato zaterdag sábado sabado",
    "sunday sonntag dimanche domenica zondag domingo",
)
_MONTH_OF: Final = {word: number for number, words in enumerate(MONTHS, 1) for word in words.split()}
_DAY_OF: Final = {word: number for number, words in enumerate(WEEKDAYS) for word in words.split()}
_MONTH: Final = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_WEEKDAY: Final = "|".join(sorted(_DAY_OF, key=len, reverse=True))
_DATE: Final = re.compile(
    rf"(?P<y1>20\d\d)-(?P<m1>\d{{1,2}})-(?P<d1>\d{{1,2}})(?!\d)"
    rf"|(?<![\d:.,/-])(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.)?(?: of| de"
    rf"| d')? ?(?P<m2>{_MONTH})\b\.?(?:,? (?:de |del )?(?P<y2>20\d\d))?"
    rf"|\b(?P<m3>{_MONTH})\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<y3>20\d\d))?"
    rf"|(?<![\d:.,/-])(?!24/7(?![/\d]))(?P<a>\d{{1,2}})(?P<sep>[./-])(?P<b>\d{{1,2}})(?!\d)(?:(?P=sep)(?P<y4>20\d\d|\d\d)(?!\d))?",
    re.IGNORECASE,
)
_EITHER_ORDER: Final = frozenset("/-")
_ENGLISH: Final = re.compile(r"\b(?:the|from|until|till|through|thru|back|away|return\w*)\b", re.IGNORECASE)
# An hour is no day, alone or as the beginning of a range.
_NO_HOUR: Final = (
    r"(?!\.?\s*(?:(?:[-–—]|to|till|until|bis|à|a|tot)\s*\d{1,2}(?!\d)"
    r"|:\d|(?:uhr|uur|h|hrs|heures|horas|a\.?m|p\.?m|o'clock)\b))"
)
# A day alone, or with a month after a range's other end: `from 5 to 9 May`, `vom 1. bis 15. August`.
_BARE_DAY: Final = re.compile(
    r"\b(?:until|till|thru|through|back|return\w*|retour|jusqu'au|bis(?: zum)?|ab(?: dem)?|fino al|rientro|torno"
    r"|tot(?: en met)?|vanaf|hasta el|vuelvo|regreso|prévu)"
    r"(?: on| by| the| le| il| el| de| dem| den| zum| prévu)* (?P<day>[12]?\d|3[01])(?:st|nd|rd|th|\.|er)?(?=[\s.,;!)]"
    rf"|$)(?!\s*(?:days?|tage?|weeks?|wochen)){_NO_HOUR}",
    re.IGNORECASE,
)
_ARTICLES: Final = r"(?:,| on| the| le| der| dem| den| el| il)*"
# A weekday with its day, whose month is the one in which that day is such a weekday.
_WEEKDAY_AND_DAY: Final = re.compile(
    rf"\b(?P<weekday>{_WEEKDAY}){_ARTICLES} (?P<day>[12]?\d|3[01])(?:st|nd|rd|th|\.)?"
    rf"(?!\w|\.?\d){_NO_HOUR}",
    re.IGNORECASE,
)
# An absence from a weekday with its day to a day: of hours no weekday fits, or the end comes first.
_WEEKDAY_TO_DAY: Final = re.compile(
    rf"\b(?:away|off|from|vom?|von|du|dal|van(?:af)?|del|desde){_ARTICLES} (?P<weekday>{_WEEKDAY})"
    rf"{_ARTICLES} (?P<day>[12]?\d|3[01])(?:st|nd|rd|th|\.)?,?"
    r" ?(?:[-–—]|to|till|until|through|bis(?: zum)?|au|al?|tot|hasta)"
    r" ?(?:the |den |el )?(?P<last>[12]?\d|3[01])(?:st|nd|rd|th|\.)?"
    rf"(?!\w|\.?\d){_NO_HOUR}",
    re.IGNORECASE,
)
_NAMED_DAY: Final = re.compile(rf"\b(?P<weekday>{_WEEKDAY})s?\b", re.IGNORECASE)
_MONTH_ALONE: Final = re.compile(
    r"(?:(?:until|till?)(?:(?: the)? end of)?|bis(?: ende| anfang)?|ab|jusqu'(?:en|à|à fin|fin)"
    rf"|fino a(?: fine)?|tot(?: eind)?|hasta(?: finales de)?|back in|im) (?P<month>{_MONTH})\b",
    re.IGNORECASE,
)
_BACK: Final = re.compile(
    r"\b(?:back|return(?:ing|s)?|re-?open\w*|open again|available again|in the office again|resum\w+|ab|wieder|zurück"
    r"|rückkehr|erreichbar|retour|reviens|revenons|rentre|rouvr\w+|réouverture|reprise"
    r"|rientr\w+|torn\w+|riapr\w+|ritorn\w+|di nuovo|vanaf|terug|weer|heropen\w*|vuelv\w+|vuelta|regres\w+|volver\w*"
    r"|reabr\w+|reincorpor\w+|a partir)\b",
    re.IGNORECASE,
)
# Others may be there on weekdays: *my deputy is back on Mondays*, *open again Monday to Friday*.
_BACK_ON: Final = re.compile(
    rf"{_BACK.pattern}(?: (?:in|to|at) (?:the )?(?:office|work))?(?: next| am| ab| op)?{_ARTICLES}"
    rf" (?P<weekday>{_WEEKDAY})\b(?! ?\d|\W*\w{{0,7}} ?(?:{_WEEKDAY}))",
    re.IGNORECASE,
)
_LAST_DAY: Final = re.compile(
    r"\b(?:until|till|til|through|thru|up to|to|bis|einschließlich|jusqu'(?:au|à|en)|au|fino|al|tot(?: en met)?|t/m"
    r"|hasta)\b[^.\n]{0,14}$",
    re.IGNORECASE,
)
_TOMORROW: Final = re.compile(
    r"\b(?:tomorrow|morgen wieder|ab morgen|demain|domani|morgen (?:ben|weer|terug)|mañana)\b", re.IGNORECASE
)
_NEXT_WEEK: Final = re.compile(
    r"\b(?:this week|next week|diese woche|nächste woche|kommende woche|cette semaine|la semaine prochaine"
    r"|questa settimana|prossima settimana|deze week|volgende week|esta semana|(?:próxima|proxima) semana)\b",
    re.IGNORECASE,
)
_NEW_YEAR: Final = re.compile(
    r"\b(?:(?:the|in|ins|im) (?:new year|neuen? jahr)|end of (?:the |this )?year|year'?s? end|jahresende|jahreswechsel"
    r"|nouvel an|nouvelle année|fin de l'année|(?:nuovo|fine) anno|anno nuovo|nieuwe jaar|(?:año|ano) nuevo|nuevo año"
    r"|(?:einde?|eind) van het jaar|fin(?:es)? del? año)\b", re.IGNORECASE)  # fmt: skip
MAX_CHARS: Final = 2_000


@dataclass(frozen=True)
class Return:
    """Return of an absent reader.

    Attributes:
        day: The first day back, at most 60 days after the mail.
        told: Whether the notice named it; else it is a week.
        is_capped: The notice names a later day than may hold mails back: a person should look.
    """

    day: date
    told: bool
    is_capped: bool = False


def read_return(text: str, *, written_on: date) -> Return:
    """The day of return that a notice names, or a week after it was written. No words make this fail."""
    try:
        day = _read(text, written_on)
    # As in reading a mail: a day that is lost is no disaster, and a mail that is refused is one.
    except Exception:
        day = None
    if day is None or day <= written_on:
        return Return(written_on + DEFAULT, told=False)
    return Return(min(day, written_on + LONGEST), told=True, is_capped=day > written_on + LONGEST)


def _read(text: str, written_on: date) -> date | None:
    plain = in_figures(" ".join(text[:MAX_CHARS].replace("\u2019", "'").split()))
    days = [_named(plain, written_on, is_month_first=each) for each in _orders(plain)]
    near = [day for day in days if day and written_on < day <= written_on + LONGEST]
    # Where both orders fit, the later day sends nothing to somebody who is away.
    return max(near, default=days[0])


def _orders(text: str) -> tuple[bool, ...]:
    """Return whether months may stand first in dates of figures; the sole order of one holds for all of a notice."""
    pairs = [(int(date["a"]), int(date["b"])) for date in _DATE.finditer(text) if date["sep"] in _EITHER_ORDER]
    if any(first > 12 >= second for first, second in pairs):
        return (False,)
    if any(second > 12 >= first for first, second in pairs):
        return (True,)
    # English may be American; other languages set the day first.
    return (False, True) if _ENGLISH.search(text) else (False,)


def _named(text: str, written_on: date, *, is_month_first: bool) -> date | None:
    dates = [
        (match, day)
        for match in _DATE.finditer(text)
        if (day := _day_of(match, written_on, is_month_first=is_month_first))
    ]
    backs = [(match, day) for match, day in dates if _says_back(text, match)]
    whole = [match.span() for match, _ in dates]
    for match in _WEEKDAY_AND_DAY.finditer(text):
        day = _next_weekday_of_month(text, match, written_on)
        is_apart = all(end <= match.start() or match.end() <= start for start, end in whole)
        if day is not None and is_apart:
            dates.append((match, day))
    dates += [(match, day) for match in _WEEKDAY_TO_DAY.finditer(text) if (day := _day_after_range(match, written_on))]
    # A date of return is surer than a last day away; of several the last holds, as in a range.
    if backs:
        return max(day for _, day in backs)
    if dates:
        last, day = max(dates, key=lambda each: each[1])
        if weekday := _BACK_ON.search(text, last.end()):
            return _next_weekday(weekday, day)
        return day + timedelta(days=1) if _LAST_DAY.search(text[: last.start()]) else day
    if bare := _BARE_DAY.search(text):
        of_month = next((day for day in _days_of_month(int(bare["day"]), written_on) if day > written_on), None)
        return of_month if of_month is None or _BACK.search(bare[0]) else of_month + timedelta(days=1)
    if month := _MONTH_ALONE.search(text):
        return _of_month(_MONTH_OF[lowered(month["month"])], month[0], written_on)
    return _by_weekday(text, written_on)


def _says_back(text: str, match: re.Match[str]) -> bool:
    """Look at the words right before or after a date for a return, without `until` in between."""
    before = _clause_before(text, match)
    # The stop that ends a sentence may be a date's last sign.
    after = re.split(r"[.;!?,]", text[match.end() - match[0].endswith(".") : match.end() + 40])[0]
    if _LAST_DAY.search(before):
        return False
    return bool(_BACK.search(before) or _BACK.search(after))


def _clause_before(text: str, match: re.Match[str]) -> str:
    before = text[max(0, match.start() - 60) : match.start()]
    return re.split(r"[.;!?](?!\d)\s|\b(?:und|and|et|e|y|en(?= ))\b", before)[-1]


def _by_weekday(text: str, written_on: date) -> date | None:
    if _TOMORROW.search(text):
        return written_on + timedelta(days=1)
    days = [(match, _next_weekday(match, written_on)) for match in _NAMED_DAY.finditer(text)]
    for match, day in reversed(days):
        before = _clause_before(text, match)
        if _LAST_DAY.search(before):
            return day + timedelta(days=1)
        if _BACK.search(before) or _BACK.search(text[match.end() : match.end() + 25]) or len(days) == 1:
            return day
    if days:
        return days[-1][1]
    if _NEXT_WEEK.search(text):
        return written_on + timedelta(days=7 - written_on.weekday())
    return date(written_on.year + 1, 1, 2) if written_on.month > 10 and _NEW_YEAR.search(text) else None


def _next_weekday(match: re.Match[str], after: date) -> date:
    return after + timedelta(days=(_DAY_OF[lowered(match["weekday"])] - after.weekday() - 1) % 7 + 1)


def _day_of(match: re.Match[str], written_on: date, *, is_month_first: bool) -> date | None:
    if match["y1"]:
        return _made(int(match["y1"]), int(match["m1"]), int(match["d1"]))
    for name, at in (("m2", "2"), ("m3", "3")):
        if match[name]:
            return _resolved(int(match["d" + at]), _MONTH_OF[lowered(match[name])], match["y" + at], written_on)
    if match["sep"] == "-" and not match["y4"]:
        return None
    day, month = int(match["a"]), int(match["b"])
    # 7/28 can only be the American order.
    if (is_month_first and match["sep"] in _EITHER_ORDER) or month > 12 >= day:
        day, month = month, day
    return _resolved(day, month, match["y4"], written_on)


def _resolved(day: int, month: int, year: str | None, written_on: date) -> date | None:
    if year:
        return _made(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this_year = _made(written_on.year, month, day)
    # A day of the last weeks is one that has passed, in the old year too; one further back is next year's.
    if this_year is not None and this_year - written_on > timedelta(days=335):
        return _made(written_on.year - 1, month, day)
    if this_year is None or written_on - this_year > timedelta(days=120):
        return _made(written_on.year + 1, month, day)
    return this_year


def _next_weekday_of_month(text: str, match: re.Match[str], written_on: date) -> date | None:
    """Return the day ahead that is such a weekday; one of the last week, or a beginning, has passed."""
    before = _clause_before(text, match)
    is_end = _LAST_DAY.search(before) or _BACK.search(before)
    days = [
        day
        for day in _days_of_month(int(match["day"]), written_on)
        if day.weekday() == _DAY_OF[lowered(match["weekday"])]
        and not (is_end and day <= written_on - timedelta(days=7))
    ]
    return days[0] if days and days[0] > written_on else None


def _day_after_range(match: re.Match[str], written_on: date) -> date | None:
    days = _days_of_month(int(match["day"]), written_on)
    first = next((day for day in days if day.weekday() == _DAY_OF[lowered(match["weekday"])]), None)
    last = _made(first.year, first.month, int(match["last"])) if first else None
    return last + timedelta(days=1) if first and last and last > first else None


def _days_of_month(day: int, written_on: date) -> list[date]:
    """Days of the mail's own month and of the next that have a number."""
    following = written_on.replace(day=1) + timedelta(days=31)
    return [each for month in (written_on, following) if (each := _made(month.year, month.month, day))]


def _of_month(month: int, words: str, written_on: date) -> date | None:
    year = written_on.year + (1 if month < written_on.month else 0)
    is_end = re.search(r"\b(?:end|ende|fin|fine|eind|finales)\b", words, re.IGNORECASE)
    return (_made(year, month, 28) or written_on) + timedelta(days=4) if is_end else _made(year, month, 1)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
