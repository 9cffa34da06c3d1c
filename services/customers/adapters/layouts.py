"""Customers, contact persons and sites as tables, in Finnish, Swedish and English (domain.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from services.customers.adapters.extra_columns import extra_layout
from services.customers.domain.extra_fields import ExtraField
from shared.excel.layout import Layout, LayoutColumn, three, yes_no_choices

_KINDS: Final = {
    "company": ("Yritys", "Företag", "Business"),
    "private": ("Yksityishenkilö", "Privatperson", "Private person"),
    "housing_company": ("Taloyhtiö", "Bostadsaktiebolag", "Housing company"),
    "public": ("Julkinen", "Offentlig", "Public"),
    "internal": ("Sisäinen", "Intern", "Internal"),
}
_LANGUAGES: Final = {
    "fi": ("Suomi", "Finska", "Finnish"),
    "sv": ("Ruotsi", "Svenska", "Swedish"),
    "en": ("Englanti", "Engelska", "English"),
}
_CHANNELS: Final = {
    "einvoice": ("Verkkolasku", "E-faktura", "E-invoice"),
    "email": ("Sähköposti", "E-post", "E-mail"),
    "letter": ("Kirje", "Brev", "Letter"),
    "none": ("Ei lähetetä", "Ingen", "None"),
}
_RHYTHMS: Final = {
    "immediate": ("Heti", "Genast", "Immediately"),
    "monthly": ("Kuukausittain", "Månadsvis", "Month"),
}
_GROUPINGS: Final = {
    "per_order": ("Työ kerrallaan", "Per arbete", "Per order"),
    "collective": ("Koontilasku", "Samlingsfaktura", "Collective"),
    "per_site": ("Kohteittain", "Per objekt", "Per site"),
    "per_reference": ("Viitteittäin", "Per referens", "Per reference"),
}
_REFERENCES: Final = {
    "order_number": ("Tilausnumero", "Beställningsnummer", "Order number"),
    "cost_centre": ("Kustannuspaikka", "Kostnadsställe", "Cost centre"),
    "work_number": ("Työnumero", "Arbetsnummer", "Work number"),
    "contract": ("Sopimus", "Avtal", "Contract"),
    "orderer": ("Tilaaja", "Beställare", "Orderer"),
}
_TEXT_NOTE: Final = three("Vapaata tekstiä", "Fri text", "Free text")
_CHOICE_NOTE: Final = three("Valitse luettelosta", "Välj ur listan", "Choose from the list")


def _column(field: str, fi: str, sv: str, en: str, note: dict[str, str] = _TEXT_NOTE, **how: Any) -> LayoutColumn:
    if how.get("choices") and note is _TEXT_NOTE:
        note = _CHOICE_NOTE
    return LayoutColumn(field, three(fi, sv, en), note, **how)


CUSTOMERS: Final = Layout(
    "customers",
    three("Asiakkaat", "Kunder", "Customers"),
    (
        _column(
            "number",
            "Asiakasnumero",
            "Kundnummer",
            "Customer number",
            three(
                "Avain, jolla asiakas löydetään; tyhjä: seuraava vapaa numero",
                "Nyckel som kunden hittas med; tom: nästa lediga nummer",
                "The key by which the customer is found; empty: the next free number",
            ),
            example="1001",
            is_text=True,
        ),
        _column(
            "name",
            "Nimi",
            "Namn",
            "Name",
            three("Pakollinen", "Obligatorisk", "Mandatory"),
            example="As Oy Esimerkin Haapapiha",
        ),
        _column("kind", "Asiakastyyppi", "Kundtyp", "Customer type", choices=_KINDS, example="housing_company"),
        _column(
            "business_id",
            "Y-tunnus",
            "FO-nummer",
            "Business ID",
            three("Muodossa 1234567-8", "I formen 1234567-8", "In the form 1234567-8"),
            example="9000011-8",
            is_text=True,
        ),
        _column(
            "vat_number",
            "ALV-numero",
            "Momsnummer",
            "VAT number",
            three("FI ja 8 numeroa", "FI och 8 siffror", "FI and 8 digits"),
            example="FI90000118",
            is_text=True,
        ),
        _column("street", "Laskutusosoite", "Faktureringsadress", "Billing address", example="Haapatie 4 A 12"),
        _column(
            "postal_code",
            "Postinumero",
            "Postnummer",
            "Postal code",
            three(
                "Viisi numeroa, etunollat mukana", "Fem siffror, med inledande nollor", "Five digits, leading zeros too"
            ),
            example="02150",
            is_text=True,
        ),
        _column("city", "Postitoimipaikka", "Postort", "City", example="ESPOO"),
        _column(
            "country",
            "Maa",
            "Land",
            "Country",
            three("Kaksi kirjainta (FI)", "Två bokstäver (FI)", "Two letters (FI)"),
            example="FI",
        ),
        _column("visiting_street", "Käyntiosoite", "Besöksadress", "Visiting address"),
        _column(
            "visiting_postal_code",
            "Käyntiosoitteen postinumero",
            "Besöksadressens postnummer",
            "Visiting postal code",
            is_text=True,
        ),
        _column("visiting_city", "Käyntiosoitteen postitoimipaikka", "Besöksadressens postort", "Visiting city"),
        _column("email", "Sähköposti", "E-post", "Email", example="isannointi@malli.example"),
        _column("phone", "Puhelin", "Telefon", "Phone", example="040 123 4567", is_text=True),
        _column("language", "Kieli", "Språk", "Language", choices=_LANGUAGES, example="fi"),
        _column(
            "payment_term_days",
            "Maksuehto",
            "Betalningsvillkor",
            "Payment term",
            three("Päivinä, 0–365", "I dagar, 0–365", "In days, 0–365"),
            example=14,
        ),
        _column(
            "late_interest_percent",
            "Viivästyskorko",
            "Dröjsmålsränta",
            "Late interest",
            three("Prosenttia vuodessa", "Procent om året", "Per cent a year"),
        ),
        _column(
            "invoice_channel",
            "Laskutustapa",
            "Faktureringssätt",
            "Invoice channel",
            choices=_CHANNELS,
            example="einvoice",
        ),
        _column(
            "einvoice_address",
            "Verkkolaskuosoite",
            "E-fakturaadress",
            "E-invoice address",
            three("OVT-tunnus 0037… tai IBAN", "EDI-kod 0037… eller IBAN", "0037… or an IBAN"),
            example="003790000118",
            is_text=True,
        ),
        _column(
            "einvoice_operator",
            "Operaattori",
            "Operatör",
            "Operator",
            three("Välittäjän tunnus", "Förmedlarens kod", "Code of the operator"),
            example="003721291126",
            is_text=True,
        ),
        _column(
            "billing_rhythm",
            "Laskutusrytmi",
            "Faktureringsintervall",
            "Billing rhythm",
            choices=_RHYTHMS,
            example="monthly",
        ),
        _column(
            "invoice_grouping",
            "Laskujen ryhmittely",
            "Gruppering av fakturor",
            "Invoice grouping",
            choices=_GROUPINGS,
        ),
        _column(
            "payer_number",
            "Maksajan asiakasnumero",
            "Betalarens kundnummer",
            "Payer's customer number",
            three("Jos toinen asiakas maksaa", "Om en annan kund betalar", "If another customer pays"),
            is_text=True,
        ),
        _column(
            "construction_seller_from",
            "Rakennusalan myyjä alkaen",
            "Byggsäljare från",
            "Construction seller from",
            three(
                "Päivä, josta alkaen käännetty alv",
                "Dag från vilken omvänd moms gäller",
                "Day from which the reverse charge holds",
            ),
        ),
        _column(
            "construction_seller_to",
            "Rakennusalan myyjä asti",
            "Byggsäljare till",
            "Construction seller to",
            three("Viimeinen päivä; tyhjä: jatkuu", "Sista dagen; tom: fortsätter", "The last day; empty: it goes on"),
        ),
        _column(
            "required_references",
            "Vaaditut viitteet",
            "Obligatoriska referenser",
            "Required references",
            choices=_REFERENCES,
            several=True,
            example=["order_number"],
        ),
        _column("price_group", "Hintaryhmä", "Prisgrupp", "Price group"),
        _column("default_cost_centre", "Kustannuspaikka", "Kostnadsställe", "Cost centre", is_text=True),
        _column("on_hold", "Asiakas pidossa", "Spärrad", "On hold", choices=yes_no_choices(), example=False),
        _column(
            "work_while_on_hold",
            "Työ sallittu pidossa",
            "Arbete tillåtet trots spärr",
            "Work while on hold",
            choices=yes_no_choices(),
            example=False,
        ),
        _column("field_notes", "Huomautus kentälle", "Anteckning till fältet", "Notes for the field"),
        _column("billing_notes", "Laskutushuomautus", "Anteckningar", "Billing notes"),
    ),
)

_ROLES: Final = {
    "orders": ("Tilaaja", "Beställare", "Orderer"),
    "approves": ("Hyväksyjä", "Godkännare", "Approver"),
    "billing": ("Laskutus", "Fakturering", "Billing"),
    "access": ("Avaimet", "Nycklar", "Keys"),
    "resident": ("Asukas", "Boende", "Resident"),
}
_TYPES: Final = {
    "area": ("Alue", "Område", "Area"),
    "property": ("Kiinteistö", "Fastighet", "Property"),
    "building": ("Rakennus", "Byggnad", "Building"),
    "space": ("Tila", "Utrymme", "Space"),
    "device": ("Laite", "Anordning", "Device"),
}
_ID_NOTE: Final = three(
    "Viedyn rivin tunniste; uusilla tyhjä", "Från en export; tom för nya", "From an export; empty for new ones"
)
_CUSTOMER_NOTE: Final = three(
    "Olemassa olevan asiakkaan numero", "Numret på en befintlig kund", "Number of a known customer"
)
_SITE_NOTE: Final = three("Olemassa olevan kohteen tunnus", "Koden för ett befintligt objekt", "Code of a known site")
_MANDATORY: Final = three("Pakollinen", "Obligatorisk", "Mandatory")

_DEGREES_NOTE: Final = three("Asteina (WGS 84)", "I grader (WGS 84)", "In degrees (WGS 84)")
_DAY_NOTE: Final = three("Päivä, 3.9.2026", "Dag, 3.9.2026", "A day, 3.9.2026")

CONTACTS: Final = Layout(
    "contacts",
    three("Yhteyshenkilöt", "Kontaktpersoner", "Contacts"),
    (
        _column("id", "Yhteyshenkilön tunniste", "Kontaktens ID", "Contact ID", _ID_NOTE, is_text=True),
        _column("name", "Nimi", "Namn", "Name", _MANDATORY, example="Maija Esimerkki"),
        _column("title", "Titteli", "Titel", "Title", example="isännöitsijä"),
        _column("email", "Sähköposti", "E-post", "Email", example="maija@malli.example"),
        _column("phone", "Puhelin", "Telefon", "Phone", example="040 123 4567", is_text=True),
        _column(
            "customer_number",
            "Asiakasnumero",
            "Kundnummer",
            "Customer number",
            _CUSTOMER_NOTE,
            example="1001",
            is_text=True,
        ),
        _column("site", "Kohdetunnus", "Objektkod", "Site code", _SITE_NOTE, is_text=True),
        _column("role", "Rooli", "Roll", "Role", choices=_ROLES, example="orders"),
        _column("is_default", "Oletus", "Standard", "Default", choices=yes_no_choices(), example=True),
        _column("notes", "Lisätiedot", "Anteckningar", "Notes"),
    ),
)

SITES: Final = Layout(
    "sites",
    three("Kohteet", "Objekt", "Sites"),
    (
        _column(
            "code",
            "Kohdetunnus",
            "Objektkod",
            "Site code",
            three(
                "Avain, jolla kohde löydetään", "Nyckel som objektet hittas med", "The key by which the site is found"
            ),
            example="K-001",
            is_text=True,
        ),
        _column("name", "Kohteen nimi", "Objektets namn", "Site name", _MANDATORY, example="Haapatie 4"),
        _column("type", "Kohdetyyppi", "Objekttyp", "Site type", choices=_TYPES, example="building"),
        _column(
            "parent",
            "Yläkohde",
            "Överordnat objekt",
            "Parent site",
            three(
                "Kohdetunnus, rekisterissä tai tässä tiedostossa",
                "Objektkod, i registret eller i denna fil",
                "Site code, in the register or in this file",
            ),
            is_text=True,
        ),
        _column(
            "customer_number",
            "Asiakasnumero",
            "Kundnummer",
            "Customer number",
            _CUSTOMER_NOTE,
            example="1001",
            is_text=True,
        ),
        _column("street", "Kohteen osoite", "Besöksadress", "Site address", example="Haapatie 4"),
        _column(
            "postal_code",
            "Postinumero",
            "Postnummer",
            "Postal code",
            three(
                "Viisi numeroa, etunollat mukana", "Fem siffror, med inledande nollor", "Five digits, leading zeros too"
            ),
            example="02150",
            is_text=True,
        ),
        _column("city", "Postitoimipaikka", "Postort", "City", example="ESPOO"),
        _column("country", "Maa", "Land", "Country", three("FI", "FI", "FI"), example="FI"),
        _column("cost_centre", "Kustannuspaikka", "Kostnadsställe", "Cost centre", is_text=True),
        _column("price_group", "Hintaryhmä", "Prisgrupp", "Price group"),
        _column(
            "tag",
            "Tunniste (QR, NFC)",
            "Tagg (QR, NFC)",
            "Tag (QR, NFC)",
            three("Mitä kohteen tarra sanoo", "Vad objektets tagg säger", "What the tag on the spot says"),
            is_text=True,
        ),
        _column("latitude", "Leveysaste", "Latitud", "Latitude", _DEGREES_NOTE),
        _column("longitude", "Pituusaste", "Longitud", "Longitude", _DEGREES_NOTE),
        _column("access_instructions", "Kulkuohje", "Anvisningar", "Access instructions"),
        _column("manufacturer", "Laitteen valmistaja", "Tillverkare", "Manufacturer"),
        _column("model", "Laitteen malli", "Modell", "Model"),
        _column("serial_number", "Sarjanumero", "Serienummer", "Serial number", is_text=True),
        _column("installed_on", "Asennettu", "Installerad", "Installed on", _DAY_NOTE),
        _column("warranty_until", "Takuu päättyy", "Garanti till", "Warranty until", _DAY_NOTE),
        _column("notes", "Lisätiedot", "Anteckningar", "Notes"),
        _column("id", "Kohteen ID", "Objektets ID", "Site ID", _ID_NOTE, is_text=True),
    ),
)


def with_own_fields(layout: Layout, own: Sequence[ExtraField]) -> Layout:
    """Return a register as a table with the tenant's own fields at its end."""
    return replace(layout, columns=(*layout.columns, *extra_layout(own)))
