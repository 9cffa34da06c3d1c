"""Netvisor's error codes in words that a biller understands.

Source: netvisor interface sheet §5. Only codes that surely mean "nothing was done" become `Refused`.
"""

from services.billing.adapters.faults import Fault, Refused, Unreadable

_MAX_DETAIL = 400

_REFUSALS: dict[str, tuple[str, str | None]] = {
    "AUTHENTICATION_FAILED": (
        "Netvisor did not accept the credentials of the connection. "
        "Check the identifiers and keys in the connection's settings.",
        None,
    ),
    "SERVICE_ACCESS_ERROR": (
        "The Netvisor user of the connection has no right to this function. Give the right in Netvisor.",
        None,
    ),
    "INVALID_DATA": ("Netvisor did not accept the content", None),
    "INVALID_DATA_SIZE": ("The document is larger than Netvisor accepts", "/lines"),
    "DUPLICATE_DATA": ("Netvisor says that this exists already", None),
    "PERIOD_LOCK": ("The accounting period of the invoice date is locked in Netvisor", "/document_date"),
}

_UNCERTAIN = {
    # A proxy may have sent our request twice: the first one may have been carried out.
    "REQUEST_NOT_UNIQUE": "Netvisor has seen the same request before",
    "SYSTEM_MAINTENANCE": "Netvisor is under maintenance",
    "SYSTEM_MAINTANANCE": "Netvisor is under maintenance",
    "TECHNICAL_ERROR": "Netvisor reports a technical error",
}

_PLACES = (
    ("postnumber", "/payer/address/postal_code"),
    ("countrycode", "/payer/address/country"),
    ("finvoice", "/payer/einvoice_address"),
    ("externalidentifier", "/payer/business_id"),
    ("invoicingcustomer", "/payer/number"),
    ("customer not found", "/payer/number"),
    ("internalidentifier", "/payer/number"),
    ("salesinvoicedate", "/document_date"),
    ("salesinvoiceduedate", "/due_date"),
    ("deliverydate", "/performed_on"),
    ("agreementidentifier", "/references/contract"),
    ("yourreference", "/references/order_number"),
    ("productunit", "/lines"),
    ("productidentifier", "/lines"),
    ("vatcode", "/lines"),
    ("vat code", "/lines"),
    ("invoiceline", "/lines"),
    ("product", "/lines"),
)

_OWN_WORDS_ONLY = frozenset({"AUTHENTICATION_FAILED"})
"""Netvisor's text to a wrong signature shows what was signed: of no use to a biller and nothing to store."""


def fault_of(code: str, text: str) -> Fault:
    """The fault that a FAILED answer means. code: Netvisor's, any case; text.

    Netvisor's, in the connection's language.
    """
    code = code.strip().upper()
    if code in _UNCERTAIN:
        return Unreadable(_UNCERTAIN[code])
    if code not in _REFUSALS:
        return Unreadable("Netvisor answered with an error that its documentation does not name")
    sentence, pointer = _REFUSALS[code]
    detail = sentence if code in _OWN_WORDS_ONLY or not text.strip() else f"{sentence}: {text.strip()}"
    return Refused(
        f"netvisor.{code.lower()}",
        detail[:_MAX_DETAIL],
        pointer or _place(text),
        exists=code == "DUPLICATE_DATA",
    )


def _place(text: str) -> str | None:
    lowered = text.lower()
    return next((pointer for word, pointer in _PLACES if word in lowered), None)
