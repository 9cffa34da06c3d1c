"""The words that customers' workbooks use: header names and values, in Finnish, English and Swedish.

Case, accents, spaces and punctuation do not matter (`shared.excel.parsers.fold`). The first word is the one shown to
people.
"""

from __future__ import annotations

from typing import Final

from shared.excel import words


def under(heads: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of columns below, or with, the name of what they are part of: `Käyntiosoite` + `Postinro`."""
    return tuple(f"{head} {label}" for head in words(heads) for label in labels)


LABELS: Final = {
    "name": words(
        """
        Nimi | Asiakkaan nimi | Asiakas | Asiakasnimi | Yrityksen nimi | Yritys | Yrityksen/asiakkaan nimi |
        Asiakkaan virallinen nimi | Virallinen nimi | Laskutusnimi | Laskutettava | Laskutusasiakas | Toiminimi
        | Asiakkaat | Name | Customer name | Customer | Company name | Company | Client | Namn | Kund | Kundnamn
        | Kundens namn | Företag | Företagsnamn | Taloyhtiö | Taloyhtiön nimi | Yhtiö | Yhtiön nimi |
        Client name | Account name | Bolag | Bolagets namn
        """
    ),
    "number": words(
        """
        Asiakasnumero | Asiakasnro | Asiakas nro | Asiakasnum | Asnro | Asiakastunnus | Asiakaskoodi |
        Asiakas-ID | Customer number | Customer no | Customer ID | Customer code | Kundnummer | Kundnr | Kundkod
        | As.nro | Asiakas no | Asiakas n:o | Asiakkaan numero | Asiakkaan nro | Asiakkaan tunnus | Client
        number | Client no | Client ID | Cust no | Customer nr | Kund nr | Kund-ID | Kundens nummer
        """
    ),
    "business_id": words(
        """
        Y-tunnus | LY-tunnus | Ytunnus | Yritystunnus | Y-tunn | Ytunn | Liike- ja yhteisötunnus | Yhteisötunnus
        | Y-nro | Y-tunnus/hetu | Business ID | Company ID | Business identity code | Registration number |
        Company registration number | Org nr | Organisation number | FO-nummer | FO-nr | FO-numero | Org.nummer
        | Organisationsnummer | Företagsnummer | Yrityksen Y-tunnus | Asiakkaan Y-tunnus | Organization number |
        Reg no | Company reg no | FO-signum | FO-beteckning | Org.nr / FO-nummer
        """
    ),
    "vat_number": words(
        """
        ALV-numero | Alv-nro | ALV-tunnus | Alvnumero | Arvonlisäveronumero | Arvonlisäverotunnus | VAT-numero |
        VAT number | VAT no | VAT ID | VAT-tunnus | VAT | Momsnummer | Moms nr | Momsregistreringsnummer | VAT
        reg no | VAT registration number | VAT code | VAT nr | Momsreg.nr | Moms-ID
        """
    ),
    "street": words(
        """
        Laskutusosoite | Katuosoite | Lähiosoite | Osoite | Postiosoite | Katu | Jakeluosoite | Laskun osoite |
        Osoiterivi | Osoite 1 | Osoiterivi 1 | Street | Street address | Billing address | Address | Address
        line 1 | Postal address | Invoice address | Gatuadress | Adress | Faktureringsadress | Fakturaadress |
        Postadress | Näradress | Utdelningsadress | Osoitetiedot | Katu ja numero | Sijainti | Billing street |
        Mailing address | Gata | Gatuaddress | Adressrad 1 | Faktureringsgata
        """
    ),
    "postal_code": words(
        """
        Postinumero | Postinro | Pnro | Postinum | Posti nro | Postino | P-nro | Postinumeto | PTNRO | Postal
        code | Postcode | Post code | ZIP | ZIP code | Postnummer | Postnr | Post nr | Postikoodi | Postal no |
        Post no | Zip/Postal code
        """
    ),
    "postal_line": words(
        """
        Postinumero ja -toimipaikka | Postinumero ja postitoimipaikka | Postinumero ja kaupunki | Postinro ja
        -toimipaikka | Postinumero ja paikkakunta | Postinro ja kaupunki | Postal code and city | Postnummer och ort |
        Postnummer och postanstalt | Postinumero / postitoimipaikka | Postinumero/kaupunki
        """
    ),
    "city": words(
        """
        Postitoimipaikka | Kaupunki | Paikkakunta | Toimipaikka | Kunta | Ptp | Postitmp | Postitoimip |
        Kotipaikka | Postipaikka | City | Town | Post office | Ort | Postort | Postanstalt | Stad | Postkontor |
        Ptmp | P-toimipaikka | Municipality | Post town | Postadressort | Locality | Kommun
        """
    ),
    "country": words("Maa | Maakoodi | Country | Country code | Land | Landskod"),
    "email": words(
        """
        Sähköposti | Sähköpostiosoite | S-posti | Sposti | Email | E-mail | E-mail address | Maili | Meili |
        Laskutussähköposti | Sähköposti laskutus | Laskutuksen sähköposti | Sähköpostilaskutusosoite | E-post |
        E-postadress | Epost | S.posti | Spostiosoite | Mail | Email-osoite | E-mail-osoite | S-postiosoite |
        Email address | Billing email | Invoice email | Invoicing email | Contact email | Mejl | E-mailadress |
        Mailadress | Faktureringens e-post | Laskutusemail
        """
    ),
    "phone": words(
        """
        Puhelin | Puhelinnumero | Puh | Puhelinnro | Puh.nro | Puh.numero | Matkapuhelin | Gsm | GSM-numero |
        Kännykkä | Puh. | Phone | Phone number | Telephone | Tel | Mobile | Mobile phone | Telefon |
        Telefonnummer | Tfn | Mobil | Mobiltelefon | Phone no | Telephone no | Telephone number | Tel no | Tel
        nr | Telefonnr | Tfn nr | Mobile no | Mobile number | Mobilnummer | Mobilnr | Matkapuhelinnumero |
        Kännykkänumero | Cell phone | Contact phone | Puhelin 1 | Puh 1
        """
    ),
    "kind": words(
        """
        Asiakastyyppi | Asiakaslaji | Tyyppi | Laji | Asiakkaan tyyppi | Asiakasluokka | Customer type |
        Customer kind | Type | Kind | Kundtyp | Typ | Kundslag | Asiakaskategoria | Asiakasmuoto | Client type |
        Customer category | Kundkategori
        """
    ),
    "contact_name": words(
        """
        Yhteyshenkilö | Yhteyshenkilön nimi | Yhteyshlö | Yht.henkilö | Kontakti | Kontaktihenkilö | Contact |
        Contact person | Contact name | Kontaktperson | Kontakt | Kontaktpersonens namn | Yhteyshenkilöt |
        Isännöitsijä | Disponent | Property manager | Contact persons | Attn
        """
    ),
    "contact_line": words(
        """
        Yhteystiedot | Puhelin ja sähköposti | Puhelin / sähköposti | Puh / sähköposti | Puhelin / s-posti | Puhelin,
        sähköposti | Sähköposti / puhelin | Sähköposti ja puhelin | Contact details | Phone and email | Phone / email |
        Kontaktuppgifter | Telefon och e-post | Telefon / e-post
        """
    ),
    "first_name": words("Etunimi | Etunimet | First name | Given name | Förnamn"),
    "last_name": words("Sukunimi | Last name | Surname | Family name | Efternamn"),
    "einvoice_address": words(
        """
        Verkkolaskuosoite | Verkkolaskutusosoite | OVT | OVT-tunnus | OVT-koodi | OVT-numero | E-laskuosoite |
        Verkkolaskutunnus | Verkkolasku | Verkkolasku-osoite | EDI-tunnus | OVT/EDI | E-invoice address |
        EInvoice | E-invoicing address | Electronic invoice address | E-fakturaadress | Nätfakturaadress |
        E-faktura | EDI | E-lasku | E-laskutusosoite | Verkkolaskun osoite | E-invoice ID | E-invoicing ID | OVT
        code | EDI address | Nätfakturans adress | E-fakturans adress
        """
    ),
    "einvoice_operator": words(
        """
        Operaattori | Välittäjä | Välittäjätunnus | Välittäjän tunnus | Operaattoritunnus | Operaattorin tunnus
        | Verkkolaskuoperaattori | Verkkolaskuvälittäjä | Verkkolaskun välittäjä | Verkkolaskuoperaattorin
        tunnus | Välittäjä / operaattori | Operator | E-invoice operator | Operator ID | Intermediary |
        Intermediator | E-invoicing operator | Förmedlare | Operatör | Förmedlarkod | Operatörskod |
        Välitystunnus | Verkkolaskun välitystunnus | Välittäjän OVT | Välittäjäkoodi | Operaattorikoodi |
        Operator code | E-invoice intermediary | E-fakturaoperatör | Nätfakturaoperatör | Förmedlar-ID
        """
    ),
    "payment_term_days": words(
        """
        Maksuehto | Maksuaika | Maksuehto pv | Maksuehto (pv) | Maksuehto päivää | Maksuehdot | Maksuaika pv |
        Payment term | Payment terms | Terms of payment | Terms | Payment days | Net days | Betalningsvillkor |
        Betalningstid | Maksuehto vrk | Maksuaika päivää | Payment term days | Payment terms days | Net terms |
        Credit days | Payment period | Betalningsvillkor dagar | Betalningstid dagar
        """
    ),
    "late_interest_percent": words(
        """
        Viivästyskorko | Viivästyskorko-% | Viivästyskorko % | Late interest | Penalty interest | Dröjsmålsränta
        | Viivästyskorkoprosentti | Interest on late payment
        """
    ),
    "language": words("Kieli | Laskukieli | Laskun kieli | Asiointikieli | Language | Språk"),
    "invoice_channel": words(
        """
        Laskutustapa | Lähetystapa | Laskun lähetystapa | Laskutuskanava | Laskukanava | Toimitustapa | Invoice
        channel | Delivery method | Invoicing method | Fakturakanal | Faktureringssätt | Leveranssätt | Laskun
        toimitustapa | Laskumuoto | Lähetysmuoto | Invoice delivery | Invoice delivery method | Fakturasätt |
        Sändningssätt
        """
    ),
    "billing_rhythm": words(
        """
        Laskutusrytmi | Laskutusväli | Laskutusjakso | Billing rhythm | Billing period | Billing interval |
        Faktureringsintervall
        """
    ),
    "invoice_grouping": words("Laskujen ryhmittely | Invoice grouping | Gruppering av fakturor"),
    "price_group": words("Hintaryhmä | Price group | Prisgrupp"),
    "default_cost_centre": words(
        """
        Kustannuspaikka | Oletuskustannuspaikka | Cost centre | Cost center | Kostnadsställe
        """
    ),
    "required_references": words(
        """
        Vaaditut viitteet | Pakolliset viitteet | Pakolliset viitetiedot | Required references | Obligatoriska
        referenser
        """
    ),
    "construction_seller_from": words(
        """
        Rakennusalan myyjä alkaen | Käännetty verovelvollisuus alkaen | Rakennuspalvelun myyjä | Construction
        seller from | Byggsäljare från | Käännetty alv alkaen | Käännetty vero alkaen | Käännetty arvonlisävero
        alkaen | Rakentamispalvelun myyjä alkaen | Reverse charge from | Omvänd moms från | Omvänd
        skattskyldighet från
        """
    ),
    "construction_seller_to": words(
        """
        Rakennusalan myyjä asti | Käännetty verovelvollisuus asti | Construction seller to | Byggsäljare till |
        Käännetty alv asti | Käännetty vero asti | Reverse charge to | Omvänd moms till
        """
    ),
    "field_notes": words(
        """
        Huomautus kentälle | Ohje asentajalle | Kenttähuomio | Notes for the field | Field notes | Anteckning till
        fältet
        """
    ),
    "billing_notes": words(
        """
        Lisätiedot | Lisätieto | Lisätietoja | Huomautus | Huomautukset | Huomiot | Huom | Muistiinpanot | Kommentti |
        Laskutushuomautus | Selite | Muuta | Notes | Note | Comments | Comment | Remarks | Billing notes |
        Tilläggsuppgifter | Anmärkning | Anmärkningar | Anteckningar | Övrigt
        """
    ),
    "payer_number": words(
        """
        Maksajan asiakasnumero | Maksaja | Payer's customer number | Payer | Betalarens kundnummer | Betalare
        """
    ),
    "on_hold": words(
        """
        Laskutuskielto | Asiakas pidossa | On hold | Kreditstopp | Spärrad | Luottokielto | Credit hold |
        Kreditspärr
        """
    ),
    "work_while_on_hold": words("Työ sallittu pidossa | Work while on hold | Arbete tillåtet trots spärr"),
    "visiting_street": words("Käyntiosoite | Visiting address | Visiting street | Besöksadress"),
    "visiting_postal_code": words("Käyntiosoitteen postinumero | Visiting postal code | Besöksadressens postnummer"),
    "visiting_city": words("Käyntiosoitteen postitoimipaikka | Visiting city | Besöksadressens postort"),
}
"""Field → names of its column, the most specific first."""

_BILLING: Final = (
    "Laskutus | Laskutuksen | Laskutusosoite | Laskutusosoitteen | Billing | Billing address | Fakturerings"
    " | Faktureringsadress | Faktureringsadressens"
)
_VISITING: Final = (
    "Käynti | Käyntiosoite | Käyntiosoitteen | Visiting | Visiting address | Besöks | Besöksadress | Besöksadressens"
)
for _part in ("street", "postal_code", "city"):
    LABELS[f"visiting_{_part}"] += under(_VISITING, LABELS[_part])
    LABELS[_part] += under(_BILLING, LABELS[_part])
for _part in ("email", "phone"):
    LABELS[_part] += under("Laskutus | Laskutuksen | Billing | Fakturerings", LABELS[_part])

KINDS: Final = {
    "company": words(
        """
        Yritys | yritykset | yritysasiakas | oy | liikeyritys | firma | business | b2b | företag | företagskund |
        bolag | yhteisö | yhdistys
        """
    ),
    "private": words(
        """
        Yksityishenkilö | yksityinen | yksityis | yksityisasiakas | henkilö | henkilöasiakas | kuluttaja |
        kuluttaja-asiakas | kotitalous | person | private person | consumer | b2c | privatperson | privat | konsument
        """
    ),
    "housing_company": words(
        """
        Taloyhtiö | taloyhtiöt | asunto-osakeyhtiö | as oy | asoy | asunto oy | kiinteistöyhtiö | housing company |
        housing cooperative | bostadsaktiebolag | bostads ab | bostadsbolag | husbolag
        """
    ),
    "public": words(
        """
        Julkinen | julkinen sektori | julkisyhteisö | julkishallinto | kunta | kaupunki | kuntayhtymä | valtio |
        seurakunta | hyvinvointialue | viranomainen | public | public body | public sector | government | municipality
        | b2g | offentlig | offentlig sektor | kommun | stad
        """
    ),
    "internal": words(
        """
        Sisäinen | oma | oma yhtiö | sisäinen asiakas | internal | internal unit | intern
        """
    ),
}
"""Kind of customer → words for it."""

LANGUAGES: Final = {
    "fi": words("suomi | fin | finnish | finska"),
    "sv": words("ruotsi | swe | se | swedish | svenska"),
    "en": words("englanti | eng | english | engelska"),
}
"""Language (ISO 639-1) → words for it."""

CHANNELS: Final = {
    "einvoice": words(
        """
        Verkkolasku | e-lasku | sähköinen | finvoice | e-invoice | electronic | e-faktura | nätfaktura
        """
    ),
    "email": words("Sähköposti | s-posti | email | e-mail | sähköpostilasku | pdf | e-post"),
    "letter": words(
        """
        Kirje | posti | paperi | paperilasku | postitse | letter | mail | paper | brev | papper
        """
    ),
    "none": words("Ei lähetetä | ei | ei laskua | none | no sending | ingen"),
}
"""Invoice channel → words for it."""

RHYTHMS: Final = {
    "immediate": words(
        """
        Heti | työkohtainen | työ kerrallaan | per työ | immediately | per job | genast | direkt
        """
    ),
    "monthly": words(
        """
        Kuukausittain | koontilasku | kuukausi | kk | kuukausilasku | month | månadsvis | samlingsfaktura
        """
    ),
}
"""Billing rhythm → words for it."""

GROUPINGS: Final = {
    "per_order": words("Työ kerrallaan | oma lasku | per order | one for each order | per arbete"),
    "collective": words("Koontilasku | kaikki samalle | collective | one for all | samlingsfaktura"),
    "per_site": words("Kohteittain | per kohde | per site | one for each site | per objekt"),
    "per_reference": words("Viitteittäin | per viite | per reference | one for each reference | per referens"),
}
"""What shares an invoice → words for it."""

REFERENCES: Final = {
    "order_number": words("Tilausnumero | ostotilausnumero | order number | po | beställningsnummer"),
    "cost_centre": words("Kustannuspaikka | kp | cost centre | cost center | kostnadsställe"),
    "work_number": words("Työnumero | työmaanumero | work number | job number | arbetsnummer"),
    "contract": words("Sopimus | sopimusnumero | sopimusviite | contract | avtal | avtalsnummer"),
    "orderer": words("Tilaaja | tilaajan nimi | orderer | beställare"),
}
"""Reference a buyer may demand → words for it."""

COUNTRIES: Final = {
    "FI": words("Suomi | fin | finland"),
    "SE": words("Ruotsi | swe | sweden | sverige"),
    "EE": words("Viro | est | estonia | eesti | estland"),
    "NO": words("Norja | nor | norway | norge"),
    "DK": words("Tanska | dnk | denmark | danmark"),
    "DE": words("Saksa | deu | germany | deutschland | tyskland"),
    "LV": words("Latvia | lva | lettland"),
    "LT": words("Liettua | ltu | lithuania | litauen"),
    "PL": words("Puola | pol | poland | polen"),
    "NL": words("Alankomaat | hollanti | nld | netherlands | nederländerna"),
    "GB": words("Iso-Britannia | uk | gbr | united kingdom | storbritannien"),
    "FR": words("Ranska | fra | france | frankrike"),
    "AX": words("Ahvenanmaa | åland"),
}
"""Country (ISO 3166 alpha-2) → words for it; two-letter codes are understood without being listed."""
