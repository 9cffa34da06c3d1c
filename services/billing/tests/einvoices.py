"""Support for the tests of e-invoices: a firm, numbers in memory, documents as odd as they come."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.billing.adapters.delivery.parcel import Parcel
from services.billing.adapters.einvoice.compose import compose
from services.billing.adapters.einvoice.format import Format
from services.billing.adapters.einvoice.seller import BankAccount, Seller
from services.billing.domain.compile import DocumentHead, MergePolicy, compile_document
from services.billing.domain.document import Address, Delivery, Document, OriginalDocument, Party
from services.billing.domain.numbering import IssuedNumber
from services.billing.domain.outcomes import Absent, Accepted, Finding, NotSent, Rejected, Unclear
from services.billing.domain.rows import ApprovedRow
from services.billing.tests.targets import MemoryLinks
from services.billing.tests.unit.builders import a_party, a_row

ISSUED_AT = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)

SETTINGS: dict[str, Any] = {
    "seller_name": "Kenttähuolto Esimerkki Oy",
    "business_id": "9000122-5",
    "street": "Huoltokatu 3 C",
    "postal_code": "00100",
    "city": "Helsinki",
    "home_town": "Helsinki",
    "in_prepayment_register": True,
    "ovt": "003790001225",
    "contact_name": "Laskutus",
    "phone": "+358 40 000 0000",
    "email": "laskutus@kentta.example",
    "bank_accounts": [{"iban": "FI21 1234 5600 0007 85", "bic": "NDEAFIHH"}],
    "late_interest_percent": "10.5",
    "delivery": "folder",
    "folder": "out",
}
"""A connection's settings but for what only one format has."""

FINVOICE_SETTINGS = {**SETTINGS, "operator": "003723327487"}


def a_seller(**changes: Any) -> Seller:
    """A maintenance firm in Helsinki."""
    seller = Seller(
        name="Kenttähuolto Esimerkki Oy",
        business_id="9000122-5",
        vat_number="FI90001225",
        address=Address("Huoltokatu 3 C", "00100", "Helsinki", "FI"),
        home_town="Helsinki",
        in_prepayment_register=True,
        ovt="003790001225",
        operator="003723327487",
        contact_name="Laskutus",
        phone="+358 40 000 0000",
        email="laskutus@kentta.example",
        accounts=(BankAccount("FI2112345600000785", "NDEAFIHH"),),
        late_interest_percent=Decimal("10.5"),
        reference_type="viite",
        first_number=10023,
        free_text="",
    )
    return replace(seller, **changes)


@dataclass
class MemoryStore(MemoryLinks):
    """A LinkStore and NumberSeries in memory."""

    numbers: dict[str, IssuedNumber] = field(default_factory=dict)

    def number_for(self, document_key: str, *, first: int) -> IssuedNumber:
        if document_key not in self.numbers:
            self.numbers[document_key] = IssuedNumber(first + len(self.numbers), ISSUED_AT)
        return self.numbers[document_key]


@dataclass
class MemoryDelivery:
    """A delivery that takes everything, or answers as it is told."""

    answer: Accepted | Rejected | NotSent | Unclear | None = None
    taken: dict[str, Parcel] = field(default_factory=dict)

    def deliver(self, parcel: Parcel) -> Accepted | Rejected | NotSent | Unclear:
        if self.answer is not None:
            return self.answer
        self.taken[parcel.key] = parcel
        return Accepted(parcel.file_name)

    def find(self, document_key: str) -> Finding:
        return Absent()

    def check(self) -> None:
        """Nothing to try."""


REFERENCES = {"order_number": "PO-7781", "cost_centre": "KP-210", "work_number": "PRJ-55"}


def an_einvoice(
    *rows: ApprovedRow, payer: Party | None = None, references: dict[str, str] | None = None, **changes: Any
) -> Document:
    """A document of the product's own making, dated 20.11.2026."""
    key = changes.pop("key", "URK-00000000-0000-4000-8000-000000000001")
    head = DocumentHead(
        id="document-1",
        key=key,
        tenant_id="tenant-1",
        payer=payer or a_party(),
        document_date=date(2026, 11, 20),
        references=REFERENCES if references is None else references,
    )
    return replace(compile_document(head, rows or (a_row(),), MergePolicy()), **changes)


def service_rows() -> list[ApprovedRow]:
    """6.5 h at 58, 84 km, 3 filters, 12.5 m of cable: 493.83 net, whose VAT by rows would be a cent short."""
    given = (
        ("TYO", "labour", "Huoltotyö", "6.5", "h", "58.00"),
        ("KM", "travel", "Matkakulut, oma auto", "84", "km", "0.65"),
        ("SUOD-1", "material", "Ilmansuodatin", "3", "kpl", "12.45"),
        ("KAAP-2", "material", "Asennuskaapeli", "12.5", "m", "1.99"),
    )
    return [
        a_row(
            row_id=code,
            position=position,
            product_id=code,
            product_code=code,
            product_kind=kind,
            description=text,
            quantity=quantity,
            unit=unit,
            unit_price=price,
        )
        for position, (code, kind, text, quantity, unit, price) in enumerate(given, start=1)
    ]


def credited(document: Document, number: str | None = "10023") -> OriginalDocument:
    """The original of a credit of `document`."""
    return OriginalDocument(document.id, document.key, date(2026, 11, 16), "file.xml", number)


def written(form: Format, document: Document, seller: Seller | None = None, number: int = 10023) -> bytes:
    """The file of a document."""
    return form.write(compose(document, seller or a_seller(), IssuedNumber(number, ISSUED_AT))).payload


# --- random documents ---

_NAMES = (
    "As Oy Esimerkin Haapapiha",
    "Kiinteistö Oy Ääkköspuisto & Ystävät",
    "O’Hara – Sons “Huolto”, Ltd\u00a0Finland",
    "Meikäläinen, Maija-Liisa",
    "Éva Kovács-Świątkowska",
    "Bostads Ab Åboländska Sjöutsikten i Pargas och Nagu, fastighetsskötsel och disponentbyrå, avdelningen för "
    "vatten, avlopp, el och övrigt i hela regionen samt skärgården",
    "Yö",
)
_TEXTS = (
    "Kiinteistönhoitaja, työaika",
    "Kaapeli 3 × 1,5 mm² – ”valkoinen”",
    "Ilmanvaihtokoneen suodatin <F7> & tiiviste",
    "Käynti ½ tuntia\nportaikko B…",
    "Työ\u00a0iltaisin \U0001f527",
    "Erittäin pitkä selostus työstä, jossa kerrotaan mitä tehtiin: " + "vaihdettiin osia ja siivottiin jäljet; " * 16,
    "x",
)
_STREETS = ("Haapatie 4 A 12", "Ä", "Pitkänlahdenrannan yhdystie 123 B, 3. kerros, sisäpihan puoli, ovi vasemmalla A")
_RATES = (("standard", "25.5"), ("standard", "24"), ("reduced", "13.5"), ("press", "10"), ("zero", "0"))
_UNITS = ("h", "kpl", "m", "m²", "km", "erä", "käynti", "pkt", "kWh")
_BUSINESS_IDS = ("9000011-8", "9000048-4", "9000085-5", "9000159-1")


def random_einvoice(rng: random.Random) -> Document:
    """A document that the product could make: mixed rates, reverse charge, discounts, returns, private payers, credits.

    Quantities of three and prices of four decimals; texts with what people paste into them. About a fifth are credits.
    """
    is_credit = rng.random() < 0.2
    payer = _random_payer(rng)
    shared_site = rng.choice((True, False))
    rows = [_random_row(rng, place, payer, is_credit) for place in range(1, rng.randint(1, 9) + 1)]
    if shared_site:
        rows = [replace(row, site=rows[0].site) for row in rows]
    document = an_einvoice(
        *rows,
        payer=payer,
        references=_random_references(rng),
        key=f"URK-{rng.getrandbits(64):016x}",
        text_before=rng.choice(("", "Kiitos tilauksesta – töitä jatketaan “keväällä”.", "Rivi 1\nRivi 2 " * 60)),
    )
    return replace(document, reverses=credited(document)) if document.gross < 0 else document


def _random_payer(rng: random.Random) -> Party:
    kind = rng.choice(("company", "housing_company", "private", "public"))
    business_id = None if kind == "private" else rng.choice(_BUSINESS_IDS)
    street = rng.choice(_STREETS)
    return a_party(
        number=str(rng.randint(1, 99999)),
        name=rng.choice(_NAMES),
        kind=kind,
        business_id=business_id,
        vat_number=f"FI{business_id.replace('-', '')}" if business_id and rng.random() < 0.5 else None,
        address=Address(street if len(street) > 1 else "Ä 1", "02150", rng.choice(("ESPOO", "Ii", "Ähtäri")), "FI"),
        language=rng.choice(("fi", "sv", "en")),
        einvoice_address="0037" + (business_id or "9000011-8").replace("-", "") + rng.choice(("", "00001", "A1")),
        payment_term_days=rng.choice((0, 7, 14, 30)),
    )


def _random_references(rng: random.Random) -> dict[str, str]:
    given = {"order_number": "PO-1", "cost_centre": "4711", "work_number": "T-9", "contract": "S&P 1"}
    chosen = {name: value for name, value in given.items() if rng.random() < 0.6}
    return chosen or {"orderer": "Maija Meikäläinen"}


def _random_row(rng: random.Random, place: int, payer: Party, is_credit: bool) -> ApprovedRow:
    vat_class, rate = rng.choice(_RATES)
    quantity = Decimal(rng.choice((333, 1, 250, 12_345, 1_000, 99_999, rng.randint(1, 50_000)))).scaleb(-3)
    returned = rng.random() < 0.15 and place > 1
    price = Decimal(rng.choice((577_500, 14_520, 999_900, 0, rng.randint(1, 2_000_000)))).scaleb(-4)
    return a_row(
        row_id=f"row-{place}",
        position=place,
        product_id=f"product-{place}",
        product_code=rng.choice(("HUOLTO", "Ä-1 & 2", "x" * 60)),
        product_kind=rng.choice(("labour", "material", "travel")),
        description=rng.choice(_TEXTS),
        quantity=-quantity if returned != is_credit else quantity,
        unit=rng.choice(_UNITS),
        unit_price=price,
        discount_percent=rng.choice(("0", "0", "8", "33.33", "100")),
        vat_class=vat_class,
        vat_rate_percent=rate,
        work_date=date(2026, 11, 20) - timedelta(days=rng.randint(0, 30)),
        construction_service=rng.random() < 0.4,
        buyer_is_construction_seller=payer.business_id is not None and rng.random() < 0.4,
        site=_random_site(rng),
        dimensions=rng.choice(({}, {"cost_centre": "KP-1 & 2"}, {"work_number": "T-9", "cost_centre": "4711"})),
    )


def _random_site(rng: random.Random) -> Delivery | None:
    """Any of: none, a name alone, an address of which a part is missing, a whole one."""
    name = rng.choice(("A-talo", "Ä", "Lämmönjakohuone – “kellari”, rakennus 7, Pitkänlahdenrannan koulu"))
    street, city = rng.choice(_STREETS), rng.choice(("ESPOO", "Ii", ""))
    address = Address(street, rng.choice(("02150", "")), city, "FI") if rng.random() < 0.7 else None
    return Delivery(name, address) if rng.random() < 0.8 else None


def random_seller(rng: random.Random) -> Seller:
    """The firm with one of the choices that a connection has."""
    accounts: Sequence[BankAccount] = (
        BankAccount("FI2112345600000785", "NDEAFIHH"),
        BankAccount("SE3550000000054910000003", "ESSESESS"),
    )
    return a_seller(
        accounts=tuple(accounts[: rng.randint(1, 2)]),
        reference_type=rng.choice(("viite", "rf")),
        late_interest_percent=rng.choice((None, Decimal(0), Decimal("10.5"))),
        in_prepayment_register=rng.random() < 0.8,
        name=rng.choice(("Kenttähuolto Esimerkki Oy", "Sähkö- ja ilmanvaihtohuolto Esimerkki & Pojat Oy")),
        home_town=rng.choice(("", "Helsinki")),
        contact_name=rng.choice(("", "Laskutus")),
        phone=rng.choice(("", "+358 40 000 0000")),
        free_text=rng.choice(("", "Kiitos! – Huolto palvelee 24/7.")),
    )
