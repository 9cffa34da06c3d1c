"""Products as a table, in Finnish, Swedish and English (domain.md §9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from shared.excel.layout import Layout, LayoutColumn, three, yes_no_choices
from shared.units import UNITS

_KINDS: Final = {
    "material": ("Materiaali", "Material", "Material"),
    "labour": ("Työ", "Arbete", "Labour"),
    "travel": ("Matka", "Resa", "Travel"),
    "subcontracting": ("Alihankinta", "Underentreprenad", "Subcontracting"),
    "equipment": ("Kalusto", "Utrustning", "Equipment"),
    "fee": ("Maksu", "Avgift", "Fee"),
    "fixed_price": ("Kiinteä hinta", "Fast pris", "Fixed price"),
}
_UNITS: Final = {unit.code: (unit.code, unit.code, unit.code) for unit in UNITS}
_TEXT_NOTE: Final = three("Vapaata tekstiä", "Fri text", "Free text")
_CHOICE_NOTE: Final = three("Valitse luettelosta", "Välj ur listan", "Choose from the list")
_MANDATORY: Final = three("Pakollinen", "Obligatorisk", "Mandatory")
_WITHOUT_VAT: Final = three("Euroina ilman arvonlisäveroa", "I euro utan moms", "In euros without VAT")


def _column(field: str, fi: str, sv: str, en: str, note: dict[str, str] = _TEXT_NOTE, **how: Any) -> LayoutColumn:
    if how.get("choices") and note is _TEXT_NOTE:
        note = _CHOICE_NOTE
    return LayoutColumn(field, three(fi, sv, en), note, **how)


PRODUCTS: Final = Layout(
    "products",
    three("Tuotteet", "Produkter", "Products"),
    (
        _column(
            "code",
            "Tuotekoodi",
            "Produktkod",
            "Product code",
            three(
                "Pakollinen; avain, jolla tuote löydetään",
                "Obligatorisk; nyckel som produkten hittas med",
                "Mandatory; the key by which the product is found",
            ),
            example="HUOLTO",
            is_text=True,
        ),
        _column("name", "Tuotenimi", "Produktnamn", "Product name", _MANDATORY, example="Kiinteistönhoitaja, työaika"),
        _column(
            "category_name",
            "Tuoteryhmä",
            "Produktgrupp",
            "Product group",
            three(
                "Pakollinen; uusi ryhmä perustetaan",
                "Obligatorisk; en ny grupp skapas",
                "Mandatory; a new group is made",
            ),
            example="Työ",
        ),
        _column("kind", "Tuotetyyppi", "Produkttyp", "Product type", choices=_KINDS, example="labour"),
        _column("unit", "Yksikkö", "Enhet", "Unit", choices=_UNITS, example="h"),
        _column(
            "list_price",
            "Listahinta",
            "Listpris",
            "List price",
            _WITHOUT_VAT,
            example=Decimal("45.00"),
            permission="prices.read",
        ),
        _column(
            "cost_price",
            "Ostohinta",
            "Inköpspris",
            "Cost price",
            _WITHOUT_VAT,
            example=Decimal("30.00"),
            permission="costs.read",
        ),
        _column(
            "vat_rate_percent",
            "ALV %",
            "Moms %",
            "VAT %",
            three("Prosentteina", "I procent", "In per cent"),
            example=Decimal("25.5"),
        ),
        _column("revenue_account", "Myyntitili", "Försäljningskonto", "Revenue account", example="3000", is_text=True),
        _column("barcode", "Viivakoodi", "Streckkod", "Barcode", is_text=True),
        _column(
            "field_recordable",
            "Kirjattavissa kentällä",
            "Får registreras i fältet",
            "Recordable in the field",
            choices=yes_no_choices(),
            example=True,
        ),
        _column(
            "price_editable",
            "Hinta muokattavissa",
            "Priset kan ändras",
            "Price editable",
            choices=yes_no_choices(),
            example=False,
        ),
        _column(
            "construction_service",
            "Rakennuspalvelu",
            "Byggtjänst",
            "Construction service",
            three("Käännetty arvonlisävero", "Omvänd moms", "Reverse charge"),
            choices=yes_no_choices(),
            example=False,
        ),
        _column("invoice_text_fi", "Laskuteksti suomeksi", "Fakturatext på finska", "Invoice text in Finnish"),
        _column("invoice_text_sv", "Laskuteksti ruotsiksi", "Fakturatext på svenska", "Invoice text in Swedish"),
        _column("invoice_text_en", "Laskuteksti englanniksi", "Fakturatext på engelska", "Invoice text in English"),
    ),
    example_field="code",
)

PRICES: Final = Layout(
    "prices",
    three("Hinnat", "Priser", "Prices"),
    (
        _column("code", "Tuotekoodi", "Produktkod", "Product code", _MANDATORY, example="SAH-1", is_text=True),
        _column(
            "price",
            "Hinta alv 0",
            "Pris exkl moms",
            "Price excl VAT",
            _WITHOUT_VAT,
            example=Decimal("57.75"),
            permission="prices.read",
        ),
        _column(
            "discount_percent",
            "Alennus %",
            "Rabatt %",
            "Discount %",
            three("Hinnan sijasta", "I stället för ett pris", "In place of a price"),
            permission="prices.read",
        ),
        _column(
            "price_group",
            "Hintaryhmä",
            "Prisgrupp",
            "Price group",
            three("Tyhjä: listahinta", "Tom: listpris", "Empty: list price"),
            is_text=True,
        ),
        _column(
            "customer_id",
            "Asiakkaan ID",
            "Kundens ID",
            "Customer ID",
            three("Asiakaskohtainen hinta", "Kundpris", "Customer price"),
            is_text=True,
        ),
        _column(
            "site_id",
            "Kohteen ID",
            "Objektets ID",
            "Site ID",
            three("Kohdekohtainen hinta", "Objektspris", "Site price"),
            is_text=True,
        ),
        _column(
            "min_quantity",
            "Määrästä alkaen",
            "Från antal",
            "From quantity",
            three("Määräporras", "Antalstrappa", "Quantity step"),
        ),
        _column(
            "valid_from",
            "Voimassa alkaen",
            "Gäller från",
            "Valid from",
            three("Tyhjä: tänään", "Tom: i dag", "Empty: today"),
        ),
        _column(
            "valid_to",
            "Voimassa asti",
            "Gäller till",
            "Valid to",
            three(
                "Viimeinen päivä; tyhjä: toistaiseksi",
                "Sista dagen; tom: tills vidare",
                "The last day; empty: until further notice",
            ),
        ),
    ),
    example_field="code",
)
