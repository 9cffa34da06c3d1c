"""What a client may read besides: accounts, currencies, years, users, statements, payments.

Little of it can be changed, for nothing of ours depends on it; the shapes are those that public clients read.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from . import enums
from .call import Call, page
from .checking import Fields, Problems, refused
from .company import USER_ID, Json
from .invoices import found
from .ledger import ACCOUNTS

OTP_PAUSE = timedelta(minutes=10)
_RATES = {"EUR": Decimal(1), "SEK": Decimal("11.05"), "NOK": Decimal("11.62"), "DKK": Decimal("7.46")}


def chart_of_accounts(call: Call) -> Json:
    """GET /coa."""
    rows = [{"ledgerAccountCode": code, "name": name, "active": True} for code, name in sorted(ACCOUNTS.items())]
    return {"ledgerAccounts": rows}


def currencies(call: Call) -> Json:
    """GET /currencies."""
    return {"currencies": sorted(enums.CURRENCIES)}


def company_currency(call: Call) -> Json:
    """GET /currencies/company."""
    return {"currency": "EUR"}


def exchange_rate(call: Call) -> Json:
    """GET /currencies/exchangerate: made-up rates."""
    currency, base = call.query.get("currency", ""), call.query.get("baseCurrency", "EUR")
    for name, value in (("currency", currency), ("baseCurrency", base)):
        if value not in enums.CURRENCIES:
            raise refused(400, f"INVALID_ENUM_VALUE {value}", name)
    day = call.day("day")
    if day is None:
        raise refused(400, "MISSING_VALUE", "day")
    rate = _RATES.get(currency, Decimal(1)) / _RATES.get(base, Decimal(1))
    return {
        "currency": currency,
        "baseCurrency": base,
        "day": day.isoformat(),
        "rateType": call.query.get("rateType", "PROCOUNTOR_ACCOUNTING_EXCHANGE_RATE"),
        "rate": round(rate, 6),
    }


def latest_rates(call: Call) -> Json:
    """GET /currencies/latest."""
    rates = [{"currency": name, "rate": rate} for name, rate in sorted(_RATES.items())]
    return {"baseCurrency": "EUR", "rateType": call.query.get("rateType", "1"), "rates": rates}


def fiscal_years(call: Call) -> Json:
    """GET /fiscalyears: last year, this one and the next, all open."""
    years = range(call.today.year - 1, call.today.year + 2)
    return {
        "fiscalYears": [
            {"startDate": f"{year}-01-01", "endDate": f"{year}-12-31", "trackingPeriods": []} for year in years
        ]
    }


def users(call: Call) -> Json:
    """GET /users: the one user whose API key it is."""
    return _user(call)


def user_profile(call: Call) -> Json:
    """GET /users/profiles/{id}."""
    if call.key() != USER_ID:
        raise refused(404, "NOT_FOUND")
    return _user(call)


def one_time_password(call: Call) -> Json:
    """GET /users/otp: once in ten minutes, else 429."""
    last = call.company.last_password_at
    if last is not None and call.now - last < OTP_PAUSE:
        raise refused(429, "TOO_MANY_REQUESTS a password was sent less than ten minutes ago")
    call.company.last_password_at = call.now
    return {"message": "The password was sent."}


def personal_details(call: Call) -> Json:
    """GET /businesspartners/personaldetails."""
    return {"personId": USER_ID, "name": "Sandbox User", "address": {"name": "Sandbox User", "country": "FINLAND"}}


def bank_statements(call: Call) -> Json:
    """GET /bankstatements: none; both dates are needed."""
    for name in ("startDate", "endDate"):
        if call.day(name) is None:
            raise refused(400, "MISSING_VALUE", name)
    return {"bankStatements": []}


def reference_payments(call: Call) -> Json:
    """GET /referencepayments: none."""
    return page(call, ())


def payments(call: Call) -> Json:
    """GET /payments: what was marked on invoices."""
    company = call.company
    alive = {key for keys in company.invoice_payments.values() for key in keys}
    return page(call, (company.registers["payment"][key] for key in alive))


def payment(call: Call) -> Json:
    """GET /payments/{id}."""
    if not any(call.key() in keys for keys in call.company.invoice_payments.values()):
        raise refused(404, "NOT_FOUND")
    return call.company.registers["payment"][call.key()]


def payment_errors(call: Call) -> Json:
    """GET /payments/errormessages: none."""
    return page(call, ())


def needs_confirmation(call: Call) -> None:
    """Paying needs a second factor, which the sandbox has not: 403."""
    raise refused(403, "MFA_REQUIRED the sandbox has no two-factor confirmation")


def unknown(call: Call) -> None:
    """Something of a list that is always empty: 404."""
    raise refused(404, "NOT_FOUND")


def product_groups(call: Call) -> list[Json]:
    """GET /products/groups: a bare list, by `productType`."""
    kind = call.query.get("productType")
    if kind and kind not in enums.PRODUCT_TYPES:
        raise refused(400, f"INVALID_ENUM_VALUE {kind}", "productType")
    return [{"id": 1, "name": "Palvelut", "type": "SALES"}] if kind in (None, "SALES") else []


def comment(call: Call) -> Json:
    """POST /invoices/{id}/comments."""
    invoice = found(call)
    body = call.json()
    problems = Problems()
    fields = Fields(body, "", problems)
    fields.text("comment", required=True, min_length=1, max_length=500)
    fields.finish()
    problems.refuse_if_any()
    made = {
        "id": call.company.next_id("comment"),
        "invoiceId": invoice["id"],
        "comment": body["comment"],
        "userId": USER_ID,
        "date": call.now.date().isoformat(),
    }
    call.company.save("comment", made)
    return made


def _user(call: Call) -> Json:
    return {
        "userId": USER_ID,
        "firstname": "Sandbox",
        "lastname": "User",
        "email": "sandbox@example.com",
        "companyName": call.company.name,
    }
