"""Business partners and products in Procountor: found by number and code, made, kept up to date. Source: sheet §7."""

from collections.abc import Mapping
from typing import Any

from services.billing.adapters.faults import Refused, Unreadable
from services.billing.adapters.procountor import mapping
from services.billing.adapters.procountor.client import ProcountorClient
from services.billing.adapters.procountor.exact_json import encode
from services.billing.adapters.procountor.rules import Rules, product_code
from services.billing.adapters.procountor.searching import pages
from services.billing.adapters.register import Entry
from services.billing.domain.document import DocumentLine, Party


class Registers:
    """What must exist in Procountor before an invoice."""

    def __init__(self, client: ProcountorClient, rules: Rules) -> None:
        self._client = client
        self._rules = rules

    def partner(self, payer: Party) -> Entry:
        """The payer."""
        values = mapping.partner_values(payer, self._rules)
        return Entry(
            kind="customer",
            key=payer.number,
            matched_by="customer_number",
            look_up=lambda: self._partner_id(payer),
            create=lambda: str(self._client.post("businesspartners", mapping.partner_json(payer, self._rules))["id"]),
            pointer="/payer",
            content=encode(values),
            update=(lambda known: self._update_partner(known, payer, values)) if self._rules.update_registers else None,
        )

    def product(self, index: int, line: DocumentLine, currency: str) -> Entry:
        """The product of a line, by its code in Procountor."""
        body = mapping.product_json(line, self._rules, currency)
        values = mapping.product_values(line, self._rules)
        # Reverse charge and exports have a rate of their own for the line: the product has the usual one.
        is_usual = line.vat_category == "S" and self._rules.update_registers
        return Entry(
            kind="product",
            key=product_code(line),
            matched_by="product_code",
            look_up=lambda: self._product_id(product_code(line)),
            create=lambda: str(self._client.post("products", body)["id"]),
            pointer=f"/lines/{index}/product_code",
            content=encode(values),
            update=(lambda known: self._update_product(known, values)) if is_usual else None,
        )

    def _partner_id(self, payer: Party) -> str | None:
        """The partner with the customer number.

        One that was set inactive is not made anew but refused; so is one that is another business: somebody else has
        the number in Procountor.
        """
        number = payer.number.strip()
        for active in ("true", "false"):
            parameters = {"customerNumber": number, "type": "CUSTOMER", "active": active}
            for row in pages(self._client, "businesspartners", parameters):
                info = self._invoicing_info(row)
                if str(info.get("customerNumber") or "").strip() != number:
                    continue
                if active == "false":
                    detail = f"The customer {number} is inactive in Procountor. Make it active there."
                    raise Refused("procountor.customer_inactive", detail, "/payer/number")
                _refuse_another(payer, str(info.get("identifier") or ""))
                return str(row["id"])
        return None

    def _invoicing_info(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """From a search row, which is shortened, or else from the whole partner."""
        for source in (row, None):
            partner = row if source is not None else self._client.get(f"businesspartners/{int(row['id'])}", {})
            info = partner.get("invoicingInfo") if isinstance(partner, dict) else None
            if isinstance(info, dict) and "customerNumber" in info:
                return info
        return {}

    def _product_id(self, code: str) -> str | None:
        """The sales product with the code.

        The search is by part of the code, letter case aside (our codes have none).
        """
        for row in pages(self._client, "products", {"code": code, "type": "SALES"}):
            if str(row.get("code") or "").strip().casefold() == code.casefold():
                return str(row["id"])
        return None

    def _update_partner(self, partner_id: str, payer: Party, values: Mapping[str, Any]) -> None:
        """PATCH what is ours; of the payment only term and interest. Another business ID is refused, not written.

        Whether nested objects are merged is not public, so they go out whole: theirs, with ours in place.
        """
        path = f"businesspartners/{int(partner_id)}"
        known = self._read(path)
        invoicing = known.get("invoicingInfo")
        _refuse_another(payer, str(invoicing.get("identifier") or "") if isinstance(invoicing, dict) else "")
        patch: dict[str, Any] = {"version": known["version"], "name": values["name"]}
        for name in ("address", "invoicingInfo", "paymentInfo"):
            old, new = known.get(name), values[name]
            if isinstance(old, dict) and name == "paymentInfo":
                new = {key: new[key] for key in ("paymentTermDays", "penalInterestRate") if key in new}
            patch[name] = {**old, **new} if isinstance(old, dict) else new
        self._client.patch(path, encode(patch))

    def _update_product(self, product_id: str, values: Mapping[str, Any]) -> None:
        """PUT the product as it is there with what is ours."""
        path = f"products/{int(product_id)}"
        self._client.put(path, encode({**self._read(path), **values}))

    def _read(self, path: str) -> dict[str, Any]:
        known = self._client.get(path, {})
        if not isinstance(known, dict) or not known.get("version"):
            raise Unreadable("what is to be updated is not in Procountor's form")
        return known


def _refuse_another(payer: Party, theirs: str) -> None:
    """Raise Refused if both sides name a business ID and not the same one; dashes and a country in front aside."""
    ours = _bare(payer.business_id or "")
    if ours and _bare(theirs) and ours != _bare(theirs):
        detail = (
            f"In Procountor the customer number {payer.number.strip()} belongs to the business {theirs.strip()}, "
            f"here to {payer.business_id}. Correct whichever is wrong."
        )
        raise Refused("procountor.customer_of_another_business", detail, "/payer/business_id")


def _bare(business_id: str) -> str:
    return business_id.upper().replace("-", "").replace(" ", "").removeprefix("FI")
