"""Payment identifiers: national reference, RF, bank bar code.

Source: finnish-billing sheet §6; the bar code's test vectors come from there.
"""

from datetime import date
from decimal import Decimal

from shared.finland import reference_check_digit

_LARGEST_ON_BAR_CODE = Decimal("999999.99")


def national_reference(base: int) -> str:
    """Return `base` with its check digit (weights 7, 3, 1): 1111 → "11112".

    base  3–19 digits. Raises ValueError otherwise.
    """
    digits = str(base)
    if base < 0 or not 3 <= len(digits) <= 19:
        raise ValueError("a reference has 3 to 19 digits before its check digit")
    return digits + reference_check_digit(digits)


def rf_reference(national: str) -> str:
    """Return the ISO 11649 form of a national reference: "11112" → "RF9811112"."""
    return f"RF{98 - int(national + '271500') % 97:02d}{national}"


def bank_bar_code(iban: str, reference: str, amount: Decimal, due_date: date) -> str | None:
    """Return the 54 digits of a Finnish bank bar code: version 4 (national reference) or 5 (RF).

    None where there is none: for a foreign account, and for an amount that is not to be paid. An amount above
    999 999.99 stands as zeros: the payer's bank then asks for it.
    """
    if not iban.startswith("FI") or len(iban) != 18 or amount <= 0:
        return None
    cents = f"{int(amount * 100):08d}" if amount <= _LARGEST_ON_BAR_CODE else "0" * 8
    if reference.startswith("RF"):
        version, place = "5", reference[2:4] + reference[4:].zfill(21)
    else:
        version, place = "4", "000" + reference.zfill(20)
    return version + iban[2:] + cents + place + f"{due_date:%y%m%d}"
