"""The words that price lists use: header names and values, in Finnish, English and Swedish.

Case, accents, spaces and punctuation do not matter (`shared.excel.parsers.fold`). The first word is the one shown to
people.
"""

from __future__ import annotations

from typing import Final

from shared.excel import words

LABELS: Final = {
    "code": words(
        """
        Tuotekoodi | Koodi | Tuotenumero | Tuotenro | Tuotetunnus | Nimikekoodi | Nimikenumero | Nimiketunnus |
        Tuote nro | Tuote-ID | Artikkelinumero | Art.nro | Art nro | Tunnus | SKU | Product code | Product
        number | Product no | Product ID | Item code | Item number | Item no | Article number | Article no |
        Code | Produktkod | Produktnummer | Produktnr | Artikelnummer | Artikelnr | Art.nr | Artikelkod | Kod |
        Nro | Tuote no | Tuote-nro | Tuotteen koodi | Tuotteen numero | Tuotteen tunnus | Nimikenro | Nimike nro
        | Artikkelinro | Artikkelikoodi | Part number | Part no | Produktens kod | Artikel nr | Varunummer
        """
    ),
    "name": words(
        """
        Tuotenimi | Tuotteen nimi | Nimike | Nimi | Tuote | Tuotenimike | Nimikkeen nimi | Tuotekuvaus | Kuvaus
        | Selite | Product name | Product | Name | Item name | Item | Description | Produktnamn | Produkt | Namn
        | Nimitys | Tuotenimitys | Tuotteen kuvaus | Tuotteen selite | Benämning | Artikelnamn | Artikel |
        Beskrivning | Tuotteen nimitys | Product description | Item description | Produktbenämning |
        Artikelbenämning | Varunamn
        """
    ),
    "category_name": words(
        """
        Tuoteryhmä | Tuotekategoria | Kategoria | Ryhmä | Tuoteryhmän nimi | Tuoteluokka | Luokka | Nimikeryhmä
        | Product group | Product category | Category | Group | Item group | Produktgrupp | Produktkategori |
        Kategori | Varugrupp | Grupp | Artikelgrupp | Tuoteluokitus | Tuotelinja | Product line | Product family
        | Varukategori
        """
    ),
    "unit": words(
        """
        Yksikkö | Yks | Yks. | Myyntiyksikkö | Mittayksikkö | Laskutusyksikkö | Hintayksikkö | Unit | Unit of
        measure | UOM | Sales unit | Enhet | Försäljningsenhet | Enh | Yksikkö (myynti) | Yksikkökoodi | Unit
        code | Units | U/M | Mängdenhet | Måttenhet
        """
    ),
    "list_price": words(
        """
        Hinta alv 0 | Hinta alv 0 % | Veroton hinta | Hinta veroton | Hinta (alv 0 %) | Hinta ilman alv |
        Listahinta | Yksikköhinta | A-hinta | À-hinta | Myyntihinta | Myyntihinta alv 0 | Myyntihinta alv 0 % |
        Ovh | Ohjehinta | Yksikköhinta alv 0 | Yksikköhinta alv 0 % | Listahinta alv 0 | Listahinta alv 0 % |
        Veroton myyntihinta | Veroton yksikköhinta | Hinta € | Hinta EUR | Hinta | Price excl VAT | Price
        without VAT | Price VAT 0 | Price ex VAT | Net price | List price | Unit price | Sales price | Price |
        Price EUR | Pris exkl moms | Pris moms 0 | Pris exkl. moms | Listpris | À-pris | A-pris | Enhetspris |
        Försäljningspris | Pris | À | Uusi hinta | Uusi hinta alv 0 | Nettohinta | Nettopris | Veroton | Hinta
        eur alv 0 | Hinta €/yks | Hinta/yks | Veloitushinta | Tuntihinta | Kappalehinta | Hinnaston hinta |
        Price per unit | Rate | Sell price | Selling price | Pris utan moms | Pris per enhet | Styckpris |
        Timpris
        """
    ),
    "cost_price": words(
        """
        Ostohinta | Hankintahinta | Omakustannehinta | Omakustanne | Kustannus | Ostohinta alv 0 | Ostohinta alv
        0 % | Cost price | Cost | Purchase price | Inköpspris | Självkostnadspris | Sisäänostohinta |
        Hankintahinta alv 0 | Cost per unit | Buying price | Anskaffningspris | Inpris
        """
    ),
    "vat_class": words(
        """
        ALV % | ALV | ALV-% | Alv-kanta | Alv-prosentti | Verokanta | Arvonlisävero | Vero % | Vero-% |
        ALV-luokka | Alv pros | Arvonlisäverokanta | Veroprosentti | VAT % | VAT | VAT rate | VAT percent | VAT
        class | Tax | Tax rate | Moms | Moms % | Moms-% | Momssats | Mervärdesskatt | Momsprocent | Alv-% kanta
        | Alv prosentti | VAT code | Sales tax | Momsklass
        """
    ),
    "revenue_account": words(
        """
        Tili | Myyntitili | Kirjanpidon tili | Kirjanpitotili | Tulotili | Tilinumero | Tiliöinti | Account | Revenue
        account | Sales account | Ledger account | Konto | Försäljningskonto | Intäktskonto | Bokföringskonto
        """
    ),
    "barcode": words(
        """
        EAN | EAN-koodi | Viivakoodi | GTIN | Barcode | EAN code | Streckkod | EAN-kod | EAN13 | GTIN-koodi |
        Viivakoodi (EAN) | Bar code | EAN number
        """
    ),
    "kind": words(
        """
        Tuotetyyppi | Tyyppi | Laji | Tuotelaji | Nimiketyyppi | Product type | Kind | Type | Item type |
        Produkttyp | Typ | Nimikelaji | Tuotteen tyyppi | Product kind | Artikeltyp
        """
    ),
    "construction_service": words(
        """
        Rakennuspalvelu | Rakentamispalvelu | Käännetty alv | Käännetty verovelvollisuus | Construction service |
        Reverse charge | Byggtjänst | Omvänd moms
        """
    ),
    "field_recordable": words(
        """
        Kirjattavissa kentällä | Mobiilissa | Kentällä | Näkyy mobiilissa | Recordable in the field | Mobile | Får
        registreras i fältet
        """
    ),
    "price_editable": words("Hinta muokattavissa | Hinnan voi muuttaa | Price editable | Priset kan ändras"),
    "invoice_text_fi": words("Laskuteksti suomeksi | Invoice text in Finnish | Fakturatext på finska"),
    "invoice_text_sv": words("Laskuteksti ruotsiksi | Invoice text in Swedish | Fakturatext på svenska"),
    "invoice_text_en": words("Laskuteksti englanniksi | Invoice text in English | Fakturatext på engelska"),
}
"""Field → names of its column, the most specific first."""

KINDS: Final = {
    "material": words(
        """
        Materiaali | materiaalit | tarvike | tarvikkeet | tavara | tuote | varaosa | varaosat | goods | materials |
        supplies | varor | tillbehör | reservdelar
        """
    ),
    "labour": words(
        """
        Työ | työt | työlaji | tuntityö | työaika | työtunnit | palvelu | huoltotyö | asennus | labor | work | service
        | arbete | arbetsslag | tjänst
        """
    ),
    "travel": words(
        """
        Matka | matkat | matkakulu | matkakulut | matkakustannukset | kilometrit | ajo | huoltoauto | km | trips |
        mileage | resa | resor | resekostnad | resekostnader
        """
    ),
    "subcontracting": words("Alihankinta | aliurakointi | aliurakka | subcontract | underentreprenad"),
    "equipment": words(
        """
        Kalusto | kone | koneet | konetyö | laite | laitteet | laitevuokra | vuokra | machinery | rental | utrustning
        | maskin | maskiner
        """
    ),
    "fee": words(
        """
        Maksu | maksut | lisä | lisät | laskutuslisä | pientarvikelisä | hälytysraha | päivystyslisä | fees |
        surcharge | avgift | avgifter | tillägg
        """
    ),
    "fixed_price": words(
        """
        Kiinteä hinta | kiinteähintainen | urakka | sopimus | kuukausimaksu | fixed price | contract | fast pris |
        avtal
        """
    ),
}
"""Kind of product → words for it, as value of a column or as name of a category."""
