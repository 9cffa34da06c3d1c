"""What is said about cells, in Finnish, Swedish and English, by the stable codes of the remarks.

Codes are made of a place and a kind, `business_id.check_digit`: the whole code is looked up first, then the kind.
What has no text here is said in English, as it stands in the report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_Texts = Mapping[str, tuple[str, str]]

_BY_CODE: Final[_Texts] = {
    "business_id.check_digit": (
        "Y-tunnuksen tarkistusmerkki ei täsmää",
        "FO-numrets kontrollsiffra stämmer inte",
    ),
    "business_id.check_digit_missing": (
        "Y-tunnuksesta puuttuu tarkistusmerkki",
        "FO-numret saknar kontrollsiffra",
    ),
    "business_id.form": ("Tämä ei ole Y-tunnus", "Detta är inget FO-nummer"),
    "vat_number.form": ("Tämä ei ole ALV-numero", "Detta är inget momsnummer"),
    "postal_code.form": ("Tämä ei ole postinumero", "Detta är inget postnummer"),
    "phone.form": ("Tämä ei ole puhelinnumero", "Detta är inget telefonnummer"),
    "email.form": ("Tämä ei ole sähköpostiosoite", "Detta är ingen e-postadress"),
    "einvoice_address.form": ("Tämä ei ole verkkolaskuosoite", "Detta är ingen e-fakturaadress"),
    "einvoice_operator.form": ("Tämä ei ole välittäjän tunnus", "Detta är ingen förmedlarkod"),
    "einvoice_operator.unknown": (
        "Välittäjää ei ole tunnettujen joukossa; tarkista",
        "Förmedlaren hör inte till de kända; kontrollera",
    ),
    "payment_term.form": ("Tämä ei ole maksuehto päivinä", "Detta är inget betalningsvillkor i dagar"),
    "name.several": ("Samassa solussa on useita nimiä", "Det finns flera namn i samma cell"),
    "customer.archived": ("Asiakas on arkistoitu", "Kunden är arkiverad"),
    "customer.duplicate_number": (
        "Y-tunnus kuuluu toiselle asiakasnumerolle",
        "FO-numret hör till ett annat kundnummer",
    ),
    "customer.possible_duplicate": (
        "Rekisterissä voi jo olla sama asiakas",
        "Samma kund kan redan finnas i registret",
    ),
    "unknown_payer": ("Maksajaa ei löydy käytössä olevista asiakkaista", "Betalaren finns inte bland kunderna"),
    "unknown_customer": ("Asiakasta ei löydy", "Kunden finns inte"),
    "unknown_site": ("Kohdetta ei löydy", "Objektet finns inte"),
    "unknown_contact": ("Yhteyshenkilöä ei löydy", "Kontaktpersonen finns inte"),
    "unknown_product": ("Tuotetta ei löydy käytössä olevista", "Produkten finns inte bland dem som används"),
    "site.archived": ("Kohde on arkistoitu", "Objektet är arkiverat"),
    "site.move": ("Kohde on muualla puussa; siirrä se ensin", "Objektet finns annanstans i trädet; flytta det först"),
    "site.loop": ("Kohde olisi itsensä sisällä", "Objektet skulle ligga inuti sig självt"),
    "product.archived": ("Tuote on arkistoitu", "Produkten är arkiverad"),
    "price.not_a_number": ("Tämä ei ole hinta", "Detta är inget pris"),
    "price.out_of_range": ("Hinta ei voi olla tämä", "Priset kan inte vara detta"),
    "price.rounded": ("Hinta pyöristettiin neljään desimaaliin", "Priset avrundades till fyra decimaler"),
    "price.other_unit": ("Hinnan yksikkö on toinen kuin rivin", "Priset gäller en annan enhet än raden"),
    "id.form": (
        "Tässä tarvitaan ID, ei numeroa eikä nimeä",
        "Här behövs ett ID, inte ett nummer eller namn",
    ),
    "period.backwards": ("Viimeinen päivä on ennen ensimmäistä", "Den sista dagen är före den första"),
    "price.missing": ("Rivillä ei ole hintaa eikä alennusta", "Raden har varken pris eller rabatt"),
    "price.duplicate": ("Sama hinta on jo ylempänä", "Samma pris finns redan högre upp"),
    "discount.out_of_range": ("Alennus ei voi olla tämä", "Rabatten kan inte vara denna"),
    "quantity.out_of_range": ("Määrä ei voi olla tämä", "Antalet kan inte vara detta"),
    "unit.unknown": ("Yksikköä ei tunneta", "Enheten är okänd"),
    "vat.unknown_rate": ("Tämä ei ole verokanta", "Detta är ingen momssats"),
    "vat.outdated_rate": ("Verokanta ei ole enää voimassa", "Momssatsen gäller inte längre"),
    "code.leading_zeros": (
        "Koodi on tallennettu lukuna; tarkista etunollat",
        "Koden är sparad som tal; kontrollera inledande nollor",
    ),
    "cell.not_a_number": ("Tämä ei ole luku", "Detta är inget tal"),
    "cell.not_a_percentage": ("Tämä ei ole prosenttiluku", "Detta är inget procenttal"),
    "cell.not_a_date": ("Tämä ei ole päivämäärä", "Detta är inget datum"),
    "cell.not_yes_or_no": ("Tässä pitäisi olla kyllä tai ei", "Här ska stå ja eller nej"),
    "cell.too_long": ("Teksti on liian pitkä", "Texten är för lång"),
    "cell.error_value": ("Solussa on virhearvo", "Cellen har ett felvärde"),
    "cell.formula_without_value": (
        "Kaavan tulos puuttuu tiedostosta: avaa ja tallenna se Excelissä",
        "Formelns resultat saknas i filen: öppna och spara den i Excel",
    ),
    "cell.digits_lost": (
        "Luku on liian pitkä: taulukkolaskenta on pyöristänyt sen",
        "Talet är för långt: kalkylprogrammet har avrundat det",
    ),
    "cell.date_instead_of_text": (
        "Taulukkolaskenta on muuttanut tämän päivämääräksi",
        "Kalkylprogrammet har gjort detta till ett datum",
    ),
}
"""Code → Finnish, Swedish."""

_BY_KIND: Final[_Texts] = {
    "missing": ("{label} puuttuu", "{label} saknas"),
    "required": ("{label} puuttuu", "{label} saknas"),
    "duplicate": ("Sama arvo on jo {row}", "Samma värde finns redan på {row}"),
    "unknown": ("Arvo ei ole sallittujen joukossa", "Värdet hör inte till de tillåtna"),
    "form": ("Arvo ei ole oikeassa muodossa", "Värdet har inte rätt form"),
    "too_long": ("Teksti on liian pitkä", "Texten är för lång"),
    "out_of_range": ("Arvo ei voi olla tämä", "Värdet kan inte vara detta"),
    "range": ("Arvo ei voi olla tämä", "Värdet kan inte vara detta"),
    "not_read": (
        "Taulukossa on samanlainen taulu, jota ei luettu",
        "Bladet har en likadan tabell som inte lästes",
    ),
}
"""The last part of the code → Finnish, Swedish."""

_EXPECTED: Final[_Texts] = {
    "each one once": ("kukin vain kerran", "var och en bara en gång"),
    "one customer on a row": ("yksi asiakas riviä kohden", "en kund per rad"),
    "text": ("teksti", "text"),
    "0 or more, without VAT": ("0 tai enemmän, ilman arvonlisäveroa", "0 eller mer, utan moms"),
    "0 or more, three decimals": ("0 tai enemmän, kolme desimaalia", "0 eller mer, tre decimaler"),
    "0–100 %, two decimals": ("0–100 %, kaksi desimaalia", "0–100 %, två decimaler"),
    "as in an export, or empty": ("kuten viedyssä tiedostossa, tai tyhjä", "som i en export, eller tom"),
    "the id that the API gives": ("rajapinnan antama tunniste", "det ID som gränssnittet ger"),
}
"""Expected form → Finnish, Swedish; forms that are examples need none."""

_PHRASES: Final[Mapping[str, tuple[str, str, str]]] = {
    "fi": ("Odotettu: {}", "Ehdotus: {}", "rivillä {}"),
    "sv": ("Väntat: {}", "Förslag: {}", "rad {}"),
    "en": ("Expected: {}", "Suggestion: {}", "row {}"),
}
_HIGHER: Final = {"fi": "ylempänä", "sv": "en rad högre upp"}
_ROW: Final = re.compile(r"\brow ([0-9]+)")
Labels = Mapping[str, Mapping[str, str]]
"""Field → language → name of its column."""


def remark_text(remark: Mapping[str, Any], language: str, labels: Labels) -> str:
    """Say a remark of a report (reason, expected form, suggestion) in `language` (fi, sv or en)."""
    expected, suggestion, _ = _PHRASES[language]
    parts = [_reason(remark, language, labels)]
    wanted = remark.get("expected")
    if wanted and not str(remark.get("code", "")).endswith((".missing", "required")):
        told = _EXPECTED.get(str(wanted)) if language != "en" else None
        parts.append(expected.format(told[0 if language == "fi" else 1] if told else wanted))
    if remark.get("suggestion"):
        parts.append(suggestion.format(remark["suggestion"]))
    return ". ".join(parts)


def _reason(remark: Mapping[str, Any], language: str, labels: Labels) -> str:
    code, reason = str(remark.get("code", "")), str(remark["reason"])
    texts = _BY_CODE.get(code) or _BY_KIND.get(code.rpartition(".")[2])
    if texts is None or language == "en":
        return reason
    field = str(remark.get("field", ""))
    found = _ROW.search(reason)
    row = _PHRASES[language][2].format(found[1]) if found else _HIGHER[language]
    label = labels.get(field, {}).get(language, field)
    return texts[0 if language == "fi" else 1].format(label=label, row=row)
