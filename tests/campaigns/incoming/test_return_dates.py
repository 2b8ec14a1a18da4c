"""When absent readers return, read from notices in six languages; all were written on Monday, 2 March 2026."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.replies.parsing.return_dates import read_return

TURKISH = (
    "OCAK ŞUBAT MART NİSAN MAYIS HAZİRAN TEMMUZ AĞUSTOS EYLÜL EKİM KASIM ARALIK",
    "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
)
WRITTEN = date(2026, 3, 2)
NOTICES = [
    ("I am on leave, back on 9 March.", "2026-03-09"),
    ("Back Tuesday 10 March.", "2026-03-10"),
    ("I'm away until 13 March and will reply when I return.", "2026-03-14"),
    ("Out of office from 1 March to 8 March.", "2026-03-09"),
    ("I will be out from 2 to 6 March.", "2026-03-07"),
    ("I am out through March 20th.", "2026-03-21"),
    ("Returning April 1st.", "2026-04-01"),
    ("I return on 2026-03-16.", "2026-03-16"),
    ("OOO until Thursday.", "2026-03-06"),
    ("I don't work Fridays. I'm back on Monday.", "2026-03-09"),
    ("I'll be back on the 18th.", "2026-03-18"),
    ("On holiday until the 18th.", "2026-03-19"),
    ("Sick today, back tomorrow.", "2026-03-03"),
    ("I am at a fair this week.", "2026-03-09"),
    ("Back in the office on 3/17/2026.", "2026-03-17"),
    ("I am out of the office.", "2026-03-09"),
    ("Ich bin ab dem 12.03. wieder erreichbar.", "2026-03-12"),
    ("Ich bin bis zum 20. März im Urlaub.", "2026-03-21"),
    ("Bin bis einschließlich 06.03.2026 nicht im Haus.", "2026-03-07"),
    ("Ich bin vom 1. bis 15. März im Urlaub und ab dem 16.3. wieder da.", "2026-03-16"),
    ("Abwesend bis Freitag.", "2026-03-07"),
    ("Am Mittwoch bin ich wieder am Platz.", "2026-03-04"),
    ("Heute Feiertag, morgen wieder da.", "2026-03-03"),
    ("Ich habe Urlaub.", "2026-03-09"),
    ("Je suis absente jusqu'au 15 mars inclus.", "2026-03-16"),
    ("De retour le 5 mars.", "2026-03-05"),
    ("En congés du 3 au 14 mars.", "2026-03-15"),
    ("Fermé. Réouverture le lundi 9 mars.", "2026-03-09"),
    ("Je serai de retour mardi.", "2026-03-03"),
    ("En formation toute cette semaine.", "2026-03-09"),
    ("Sono in ferie fino al 20 marzo.", "2026-03-21"),
    ("Rientro il 9/3.", "2026-03-09"),
    ("Siamo chiusi, riapriamo lunedì.", "2026-03-09"),
    ("Assente dal 2 al 6 marzo.", "2026-03-07"),
    ("Ik ben afwezig tot en met 11 maart.", "2026-03-12"),
    ("Vanaf 12 maart ben ik er weer.", "2026-03-12"),
    ("Maandag ben ik weer bereikbaar.", "2026-03-09"),
    ("Estoy de vacaciones hasta el 14 de marzo.", "2026-03-15"),
    ("Vuelvo el 10 de marzo.", "2026-03-10"),
    ("Fuera de la oficina, regreso el jueves.", "2026-03-05"),
    ("Call me at 10:30 or on 020 7946 0000; I am away.", "2026-03-09"),
    ("In urgent cases call +49 30 12.34. I am back 9 March.", "2026-03-09"),
    ("I was away until 20 February.", "2026-03-09"),
    ("I am on holiday and will be back on Monday 16th.", "2026-03-16"),
    ("Out until Friday the 13th.", "2026-03-14"),
    ("Ich bin im Urlaub und ab Montag, dem 16., wieder da.", "2026-03-16"),
    ("Abwesend bis Freitag, den 13.", "2026-03-14"),
    ("Je suis en congés du 2 au 13 mars, de retour le lundi 16.", "2026-03-16"),
    ("In ferie fino a venerdì 13.", "2026-03-14"),
    ("Ik ben op vakantie en terug op maandag 16.", "2026-03-16"),
    ("De vacaciones, vuelvo el lunes 16.", "2026-03-16"),
    ("Away from Thursday 5 to Tuesday 10, back Wednesday 11.", "2026-03-11"),
    ("Wieder da am Montag, 16 Uhr.", "2026-03-09"),
    ("I'm back on Monday 23, or Friday 16.", "2026-03-23"),
]


@pytest.mark.parametrize(("text", "day"), NOTICES)
def test_a_notice_tells_when_its_writer_is_back(text, day):
    assert read_return(text, written_on=WRITTEN).day.isoformat() == day


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("Back on 4 January.", date(2026, 12, 20), "2027-01-04"),
        ("Wir haben Betriebsurlaub bis 6. Jänner.", date(2026, 12, 22), "2027-01-07"),
        ("Ab dem 12.01. wieder erreichbar.", date(2026, 12, 28), "2027-01-12"),
    ],
)
def test_a_date_without_a_year_is_the_next_one(text, written, day):
    assert read_return(text, written_on=written).day.isoformat() == day


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("I'm out of the office until 12/9/2026.", date(2026, 11, 30), "2026-12-10"),
        ("Out from 12/05 through 12/11.", date(2026, 12, 4), "2026-12-12"),
        ("On PTO 11/12/2026 - 12/11/2026, back on 12/12/2026.", date(2026, 11, 30), "2026-12-12"),
        ("On vacation from 12/24 to 1/2, returning 1/3.", date(2026, 12, 23), "2027-01-03"),
        ("I will be back on 04/12/2026.", date(2026, 11, 30), "2026-12-04"),
        ("De retour le 04/01/2027.", date(2026, 12, 30), "2027-01-04"),
        # Other languages set the day first, however far it is: a person looks at a notice that is cut short.
        ("Je suis en congé maternité jusqu'au 01/03/2027.", date(2026, 11, 20), "2027-01-19"),
        ("Estoy de baja hasta el 07/09/2026.", date(2026, 6, 10), "2026-08-09"),
        ("Absent du 20 juillet - retour 10 août", date(2026, 7, 17), "2026-08-10"),
        ("I'm on PTO Dec 21 - returning Jan 4.", date(2026, 12, 20), "2027-01-04"),
        ("Afwezig tot en met 04-01-2027.", date(2026, 12, 30), "2027-01-05"),
        # Either may be meant: the later holds no mail to somebody who is away.
        ("Returning 02/01/2027.", date(2026, 12, 30), "2027-02-01"),
        ("I was out of the office until 03/11.", date(2026, 11, 30), "2026-12-07"),
        ("On leave until 9 March. Our service desk is there 24/7.", WRITTEN, "2026-03-10"),
    ],
)
def test_a_date_in_figures_is_read_in_the_order_that_fits_the_day_of_the_mail(text, written, day):
    assert read_return(text, written_on=written).day.isoformat() == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am back on Friday. Office hours: Monday 16 to 18.", "2026-03-06"),
        ("Ich bin ab Freitag wieder da. Telefonzeiten: Montag 16-18 Uhr.", "2026-03-06"),
        ("Back on Tuesday. We are open Monday 9 to 5.", "2026-03-10"),
        ("Back on Tuesday. Our desk is there Monday 9 a.m. to 5 p.m.", "2026-03-10"),
        ("Terug op vrijdag. Wij zijn open op maandag 9 tot 17 uur.", "2026-03-06"),
        ("Vuelvo el viernes. Abierto el lunes 9 a 17.", "2026-03-06"),
        ("Ich bin ab Freitag wieder da. Das Telefon ist besetzt ab 9 bis 17 Uhr.", "2026-03-06"),
        ("Im Urlaub ab dem 9. bis 17. dieses Monats.", "2026-03-18"),
        ("Back on Monday 16 - 0171 555555 if urgent.", "2026-03-16"),
        ("Ich bin am Montag zurück und melde mich Dienstag.", "2026-03-09"),
    ],
)
def test_hours_of_opening_are_no_day_of_return(text, day):
    assert read_return(text, written_on=date(2026, 3, 4)).day.isoformat() == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am away from Monday 16 to 20.", "2026-03-21"),
        ("Away Monday 16 - 20, back on Monday 23.", "2026-03-23"),
        ("Je suis absente du lundi 16 au 20.", "2026-03-21"),
        ("Sono in ferie dal lunedì 16 al 20.", "2026-03-21"),
        ("Estoy de vacaciones del lunes 16 al 20.", "2026-03-21"),
        ("Ich bin vom Montag, den 16., bis 20. nicht da.", "2026-03-21"),
        ("Away from Tuesday 16 to 20.", "2026-03-10"),
        ("Our offices are closed on Friday 6 March. We are back on Monday.", "2026-03-09"),
        ("I am away until Friday, 13 March, back Monday.", "2026-03-16"),
        ("Am Freitag, 6. März, geschlossen. Ab Montag sind wir wieder da.", "2026-03-09"),
        ("Bis 12.03. bin ich nicht da. Frau Meier ist montags bis freitags erreichbar.", "2026-03-13"),
        ("Bis 12.03. bin ich nicht da. Frau Meier ist mittwochs erreichbar.", "2026-03-13"),
        ("I am away until 12 March. Our office is open Monday to Friday and we will get back to you.", "2026-03-13"),
        ("I am away until 12 March. My deputy is back in the office on Mondays.", "2026-03-13"),
        ("I am away until 12 March. We are available again Monday to Friday.", "2026-03-13"),
    ],
)
def test_a_weekday_with_its_day_begins_a_range_of_days(text, day):
    assert read_return(text, written_on=date(2026, 3, 4)).day.isoformat() == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Estarei de férias até 11 de março.", "2026-03-12"),
        ("Estarei ausente de 5 a 11 de março de 2026.", "2026-03-12"),
        ("Jestem na urlopie do 11 marca.", "2026-03-12"),
        ("Jestem na urlopie do 11 marca, wracam 16 marca.", "2026-03-16"),
        ("Jag är på semester och åter den 16 mars.", "2026-03-16"),
        ("Jeg er på ferie til og med den 11. marts.", "2026-03-12"),
        ("Olen lomalla 11.3. asti.", "2026-03-12"),
        ("Palaan 16. maaliskuuta.", "2026-03-16"),
        ("Jsem na dovolené do 11. března.", "2026-03-12"),
        ("Szabadságon vagyok március 11-ig.", "2026-03-12"),
        ("Sunt în concediu până la 11 martie.", "2026-03-12"),
        ("11 Mart'a kadar izindeyim.", "2026-03-12"),
        ("11.03.2026 tarihine kadar izindeyim.", "2026-03-12"),
        ("Θα απουσιάζω έως 11 Μαρτίου.", "2026-03-12"),
        ("Я в отпуске до 11 марта.", "2026-03-12"),
        ("Я у відпустці до 11 березня.", "2026-03-12"),
        ("В отпуск съм до 11 март.", "2026-03-12"),
        ("3月11日（水）まで休暇です。3月16日以降に返信します。", "2026-03-16"),
        ("3月11日まで休暇です。", "2026-03-12"),
        ("3월 11일까지 휴가입니다.", "2026-03-12"),
        ("我将于3月16日返回办公室。", "2026-03-16"),
        ("我休假至3月11日。", "2026-03-12"),
        ("Hjælp: ring 11. Tilbage på mandag.", "2026-03-11"),
        ("Vanaf do 12 maart weer bereikbaar.", "2026-03-12"),
        ("Ich bin ab Do 12.03. wieder erreichbar. Gruß, Paweł", "2026-03-12"),
        ("Wieder im Büro: Do 12. März", "2026-03-12"),
        ("A partir do dia 12/03", "2026-03-12"),
        ("Volto a partir do dia 12 de março.", "2026-03-12"),
        ("Urlop do dnia 11.03.2026", "2026-03-12"),
        ("Do 11. 3. jsem mimo kancelář.", "2026-03-12"),
        ("Som na dovolenke do 11. marca.", "2026-03-12"),
        ("Na dopustu sem do 11.3.", "2026-03-12"),
    ],
)
def test_days_are_read_in_further_languages(text, day):
    assert read_return(text, written_on=date(2026, 3, 4)).day.isoformat() == day


@pytest.mark.parametrize(
    ("name", "month"),
    [
        *((name, number) for names in TURKISH for number, name in enumerate(names.split(), 1)),
        ("ΜΑΡΤΙΟΥ", 3),
        ("Μάιοσ", 5),
        ("µάιος", 5),
        ("ſeptembrie", 9),
        ("ᲀересня", 9),
    ],
)
def test_months_are_read_in_any_letters_that_are_taken_for_theirs(name, month):
    text = f"15 {name} tarihine kadar izinliyim"

    assert read_return(text, written_on=date(2026, month, 2)).day == date(2026, month, 16)


def test_no_reading_of_a_day_fails():
    assert not read_return("Back on Friday 5.", written_on=date.min).told


@pytest.mark.parametrize(
    ("text", "day_of_february", "day"),
    [
        ("I am out today, Monday 2, and back tomorrow.", 2, "2026-02-03"),
        ("I am away from Wednesday 4 to Friday 6 and back on Monday.", 6, "2026-02-09"),
        ("I am away from Monday 2 to Friday 13.", 12, "2026-02-14"),
        ("I am away until Friday 6.", 20, "2026-03-07"),
        ("I am back on Monday 9.", 20, "2026-03-09"),
    ],
)
def test_a_weekday_that_february_and_march_share_is_the_one_of_this_week(text, day_of_february, day):
    assert read_return(text, written_on=date(2026, 2, day_of_february)).day.isoformat() == day


def test_no_date_is_a_week_and_a_far_one_is_for_a_person():
    unknown = read_return("I am away.", written_on=WRITTEN)
    far = read_return("On parental leave until 30 November 2026.", written_on=WRITTEN)

    assert (unknown.day, unknown.told, unknown.is_capped) == (date(2026, 3, 9), False, False)
    assert (far.day, far.told, far.is_capped) == (date(2026, 5, 1), True, True)


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("I was away until 30 December.", date(2027, 1, 4), "2027-01-11"),
        ("Ich war bis 31.12. im Urlaub.", date(2027, 1, 2), "2027-01-09"),
        ("Back on 1 March.", date(2027, 1, 4), "2027-03-01"),
        ("I am out until the end of the year.", date(2026, 12, 10), "2027-01-02"),
        ("Back in the new year!", date(2026, 12, 18), "2027-01-02"),
        ("Wir sind bis Jahresende geschlossen.", date(2026, 12, 10), "2027-01-02"),
        ("Im neuen Jahr bin ich wieder da.", date(2026, 12, 10), "2027-01-02"),
        ("De retour après le Nouvel An.", date(2026, 12, 10), "2027-01-02"),
        ("Back on Monday. Enjoy the new year!", date(2026, 12, 29), "2027-01-04"),
        ("I have left for the day. All the best in the new year!", date(2027, 1, 5), "2027-01-12"),
        ("I am away till the end of February.", date(2028, 2, 10), "2028-03-03"),
        ("Away until 29 February.", date(2028, 2, 10), "2028-03-01"),
        ("Ich bin vom 28. bis 31. nicht da.", date(2026, 12, 27), "2027-01-01"),
    ],
)
def test_days_about_the_end_of_a_year_are_in_the_year_that_is_meant(text, written, day):
    assert read_return(text, written_on=written).day.isoformat() == day
