"""Texts with personal data by kind, and texts that only look like it.

Numbers are made up or the issuers' own examples.
"""

from __future__ import annotations

# Each line: a language, and a text whose number stands between bars.
PHONES = """
en-US Call me at |(212) 555-0187| tomorrow.
en-US My cell is |617-253-4410|, text any time.
en-US Reach us on |+1 415 555 2671|.
en-US Toll free: |1-800-356-9377|
en-US Phone |3125550148| for details
en-US <a href="tel:|+1-415-555-2671|">
en-US Phone:|(617) 253-4410|
en-GB Ring the office on |020 7946 0958|.
en-GB Our number is |0161 496 0234| during the week.
en-GB Mobile: |07700 900461|
en-GB From abroad dial |+44 20 7946 0018|.
en-GB You can call |+44 (0)1632 960983| until six.
de Rufen Sie uns an: |030 / 901 820 14|.
de Mobil erreichen Sie mich unter |0171 2345678|.
de Tel. |+49 (0)89 2180-4410|
de Telefon: |069/1234567|
de Meine Nummer ist |0049 40 3688 1120|.
de-AT Sie erreichen uns unter |0664 1234567|.
de-AT Das Büro: |+43 1 51433 501|
de-CH Unsere Nummer: |044 668 18 00|
de-CH Mobil |+41 79 123 45 67|.
fr Appelez-moi au |06 12 34 56 78| demain.
fr Notre standard : |01.44.55.66.77|
fr Depuis l'étranger, |+33 1 44 55 66 77|.
fr Joignable au |0612345678| le matin.
fr-BE Appelez le |02 512 34 56| avant midi.
fr-BE GSM |+32 475 12 34 56|
es Llámame al |612 34 56 78| mañana.
es Teléfono: |912 345 678|
es Mi móvil es el |+34 612 345 678|.
es Oficina en Madrid, |91 234 56 78|, de nueve a dos.
it Chiamami al |347 123 4567| domani.
it L'ufficio: |06 6982 1234|
it Tel. |+39 02 8646 1234|
nl Bel me op |06-12345678| morgen.
nl Kantoor: |020 624 1111|
nl Vanuit het buitenland |+31 20 624 1111|.
pl Zadzwoń pod |601 234 567| jutro.
pl Biuro: tel. |22 621 43 21|
pl Numer: |+48 601 234 567|
sv Ring mig på |070-123 45 67| i morgon.
sv Kontoret: |08-506 123 00|
sv Utifrån |+46 8 506 123 00|
da Ring til mig på |20 12 34 56| i morgen.
da Telefon |+45 33 12 34 56|
nb Ring meg på |912 34 567| i morgen.
nb Kontoret: tlf. |22 12 34 56|
nb Mobil |+47 912 34 567|
pt-BR Ligue para |(11) 91234-5678| amanhã.
pt-BR Escritório: |(21) 2345-6789|
pt-BR Do exterior, |+55 11 91234-5678|.
pt Telemóvel |912 345 678|
ja 電話は|03-3581-4321|です。
ja 携帯 |090-1234-5678| まで。
ja 海外からは |+81 3-3581-4321| へ。
en-IN Call |98765 43210| after ten.
en-IN Office: |022 2345 6789|
en-IN Write on WhatsApp: |+91 98765 43210|
en-AU Ring |0412 345 678| any time.
en-AU Our Sydney desk: |(02) 9374 4000|
en-AU From overseas |+61 2 9374 4000|
en-ZA Call the branch on |011 234 5678|.
ru Позвоните: |8 (495) 123-45-67| до шести.
ru Телефон |+7 495 123-45-67|
zh 手机 |138 0013 8000|
zh 电话：|010-6552 9988|
zh 请拨打 |+86 138 0013 8000|
ko 전화 |02-312-3456|
ko 휴대폰은 |010-2345-6789| 입니다.
en-SG Call |6123 4567| now.
en-IE Ring |087 123 4567| please, or the desk.
fi Puhelin |040 123 4567|
cs Zavolejte na tel. |601 123 456|.
tr Telefon: |0532 123 45 67|
"""

OTHERS = {
    "iban": """
Please pay to |DE89 3704 0044 0532 0130 00| by Friday.
IBAN |GB29NWBK60161331926819|, thanks
|FR14 2004 1010 0505 0001 3M02 606|
Konto: |NL91ABNA0417164300|.
|NO93 8601 1117 947|
|ES91 2100 0418 4502 0005 1332| BIC CAIXESBB
|CH93 0076 2011 6238 5295 7|
|MT84 MALT 0110 0001 2345 MTLC AST0 01S|
|PL61 1090 1014 0000 0712 1981 2874|
|BE68-5390-0754-7034|
""",
    "card": """
My card is |4111 1111 1111 1111|, please charge it.
|5555555555554444|
Amex |3782 822463 10005| until 12/27
Pay with |6011-1111-1111-1117|.
|2223 0031 2200 3222|
Diners |3056 930902 5904|
JCB |3530111333300000|
Visa |4012888888881881|
""",
    "ssn": """
Her SSN is |219-09-9999|.
SSN: |123 45 6789|
Social Security number |457555462|
On file: |536-22-1234|
""",
    "ni_number": """
NI number |AB 12 34 56 C|
|JK123456D| is on the form.
National Insurance no: |QQ 12 34 56 C|
|SR 123456 A|
""",
    "passport": """
Passport number: |533401372|
My passport |L898902C3| runs out in May.
Reisepass-Nr. |C01X00T47|
Numéro de passeport n° |12AB34567|
Passeport : |12AB34567|
Número de pasaporte: |AAA123456|
Passaporto |YA1234567|
Паспорт |4510 123456|
Paspoortnummer |NWB12CD35|
""",
    "birth_date": """
She was born on |12 May 1984| in Leeds.
Date of birth: |05/12/1984|
DOB |1984-05-12|
Geboren am |12.05.1984| in Ulm
Geburtsdatum: |12. Mai 1984|
Née le |12 mai 1984| à Lyon
Fecha de nacimiento: |12 de mayo de 1984|
Nato il |12/05/1984| a Roma
Born |May 12, 1984|.
生年月日：|1984年5月12日|
Дата рождения: |12.05.1984|
Geboortedatum |12-05-1984|
""",
    "ip": """
The login came from |203.0.113.42| at night.
Server |192.168.1.20| answered.
IP: |10.24.3.7|,
from |2001:db8:85a3::8a2e:370:7334| twice
|fe80::1ff:fe23:4567:890a|
|198.51.100.7|:8080 was open
""",
}

NOTHING = """
en Order 4411 2093 771 has shipped.
en Your order no. 020 7946 0958 is on its way.
en Order number: 61725344101
en Invoice 2024-0512-0017 is due.
en Invoice INV-20240512-001 of 12.05.2024
en Tracking 1Z 999 AA1 01 2345 6784
en Tracking number 9400 1000 0000 0000 0000 00
en Parcel 00340434161094042557 left Hamburg.
en IMEI 490154203237518
en IMEI: 35-209900-176148-1
en ISBN 978-3-16-148410-0
en ISBN-10 0-306-40615-2
en EAN 4006381333931
en SKU 0045-2231-887
en Serial no. 0812 3344 5567
en Version 10.0.2.15 replaces 10.0.2.14.
en v2.4.1.0 is out, build 20240512
en We released 1.12.0.3 in May.
en Meet from 08:30-17:00 or 0830-1700.
en On 2024-05-12, 12/05/2024 and 05.12.24
en Open 2019-2024, 01-02-2023 to 03-04-2024
en 51.5074, -0.1278 is London.
en At 48.858370 2.294481 stands a tower.
en 40 26 46 N, 79 58 56 W
en Revenue of 912 345 678 euros in 2023
en 1 200 000 to 1 500 000 units
en It costs $1,234,567.89 or 1.234.567,89 EUR.
en 3,400,000 people and 12 500 000 visits
en up 12.5 % to 4 500 000
en Between 2012 and 2019, 14 of 200
en Room 204, floor 3, desk 12-14
en ISO 9001:2015, EN 50128, RFC 2616
en 123 456 789 012 parts were made.
en p. 1024-1029, vol. 12, doi 10.1000/182
en VAT GB 999 9999 73
en VAT ID DE123456789
en Ratio 4:3, score 21-15, 6-4, 7-5
en Article 1234 5678 9012 3456 is sold out.
en Reference 4929 1234 5678 9012 please.
en Customer 1234567890, contract 00123456789
en SSN rules changed in 2011.
en Part 123-456-78 and 12-34-5678
en The firm was born in 2012 and has 12 offices.
en Passport control takes 20 minutes at Terminal 5.
en A passport to growth: 2024 in numbers
en Founded on 12 May 1984 in Leeds.
en Netmask 255.255.255.0 on 127.0.0.1
en std::vector and dead::beef, a::b
en Figures of 1984: 12 05 1984 was a Saturday.
en 0.5 to 0.75, 0.125 and 0.0625
en commit 0123456789abcdef
en Use code 20240512 or 0815.
en 10-12 drivers, 200-300 parcels, 1000-2000 km
de Bestellnummer 030 1234567 ist unterwegs.
de Rechnung 2024 0512 001 über 1.234,56 EUR
de Auftrag 0171 2345678 wurde storniert.
de Kundennummer: 0049 1234 567
de 12 500 000 Stück, 3 400 000 km
de Umsatz 2023: 030 Mio., 2024: 040 Mio.
de Artikel-Nr. 0664 1234567
de Am 12.05.2024 um 10:30 Uhr
de DIN 276-1, § 12 Abs. 3
fr Commande 06 12 34 56 78 expédiée
fr SIREN 732 829 320, SIRET 732 829 320 00074
fr 1 234 567 habitants, 12 345 678 euros
fr Le 12 05 2024 à 10h30
es Pedido 612 34 56 78 enviado
es 912 345 678 euros en 2023
es Factura 2024/0512/001
it Ordine 347 123 4567 spedito
it 1.234.567 euro, 12/05/2024
nl Bestelling 06-12345678 is verzonden.
pl Zamówienie 601 234 567 wysłano.
sv Faktura 070-123 45 67 är betald.
nb Vi solgte 12 345 678 i 2023.
da 20 12 345 kroner, 2020-2024
pt-BR Pedido 11 91234 5678
ja 2024年5月12日に1234567円
ja 注文番号 1234567890
ru Заказ 8 495 1234567 отправлен.
zh 2024年销售额 12345678 元
en We grew from 2019 2020 2021 to 2022 2023.
en Scores 12 14 16 18 20 22
en Matrix 10 20 30 40 50 60
en 07 08 2024 – 09 08 2024
en Flight BA 0286, seat 14C, gate 22
en Ticket 0044 1234
en Batch 0123 456 789
en Case 0800-2024-11
en Our telephony handles 120 000 calls.
en mobile 5 000 000 devices and mobile users: 12 500 000
en contact 120000 subscribers
en The passport to 20000000 buyers
"""


def marked(line: str) -> tuple[str, str]:
    """A text without its bars, and what stood between them."""
    before, value, after = line.split("|")
    return before + value + after, value


def phones() -> list[tuple[str, str, str]]:
    """Language, text, number."""
    lines = [line.split(" ", 1) for line in PHONES.strip().splitlines()]
    return [(language, *marked(line)) for language, line in lines]


def others() -> list[tuple[str, str, str]]:
    """Kind, text, value."""
    return [(kind, *marked(line)) for kind, lines in OTHERS.items() for line in lines.strip().splitlines()]


def nothing() -> list[tuple[str, str]]:
    """Language and text."""
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in NOTHING.strip().splitlines()]
