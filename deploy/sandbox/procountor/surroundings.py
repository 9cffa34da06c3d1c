"""What a client reads about the company: status, session, VAT, accounts. Source: procountor sheet 1, 6."""

from __future__ import annotations

from .call import Call, page
from .checking import refused
from .company import USER_ID, Json
from .invoices import found

# Meaning of the VAT status numbers that public sources show; the others have no public description.
VAT_STATUS_NAMES = {
    1: "Domestic",
    3: "Sale outside the EU",
    5: "EU sale of goods",
    12: "No VAT handling",
}


def session(call: Call) -> Json:
    """GET /sessioninfo."""
    return {
        "companyId": 1,
        "name": call.company.name,
        "country": "FINLAND",
        "productVersion": "FINANCIALS_PREMIUM",
        "userId": USER_ID,
        "userName": "sandbox",
    }


def company_info(call: Call) -> Json:
    """GET /company: id and name only, the rest of the real answer is not simulated."""
    return {"id": 1, "name": call.company.name}


def vat_defaults(call: Call) -> Json:
    """GET /vats/default."""
    settings = call.company.settings
    percentages = [{"vatPercent": percent, "sales": True, "purchase": True} for percent in settings.vat_percentages]
    statuses = [
        {
            "vatStatus": number,
            "description": VAT_STATUS_NAMES.get(number, f"vat_{number}"),
            "sales": True,
            "purchase": False,
        }
        for number in settings.vat_statuses
    ]
    return {"vatInformation": [{"country": "FINLAND", "percentages": percentages}], "vatStatuses": statuses}


def vat_of_country(call: Call) -> Json:
    """GET /vats/country?countryCode=FI."""
    code = call.query.get("countryCode", "").upper()
    if len(code) != 2 or not code.isalpha():
        raise refused(400, f"INVALID_ENUM_VALUE {code}", "countryCode")
    percentages = call.company.settings.vat_percentages if code == "FI" else ()
    return {"vatPercentages": list(percentages)}


def bank_accounts(call: Call) -> Json:
    """GET /bankaccounts."""
    accounts = [
        {"id": place, "accountNumber": number, "currency": "EUR"}
        for place, number in enumerate(call.company.settings.bank_accounts, start=1)
    ]
    return page(call, accounts)


def invoice_comments(call: Call) -> Json:
    """GET /invoices/{id}/comments."""
    invoice_id = found(call)["id"]
    every = call.company.registers["comment"].values()
    return {"comments": [one for one in every if one["invoiceId"] == invoice_id]}
