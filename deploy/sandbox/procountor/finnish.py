"""Checks of Finnish identifiers: IBAN, reference numbers, e-invoice addresses."""

from __future__ import annotations

import re

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")
_OVT = re.compile(r"0037\d{8}[A-Z0-9]{0,5}")


def is_iban(text: str) -> bool:
    """An IBAN without blanks with right check digits (ISO 13616)."""
    return bool(_IBAN.fullmatch(text)) and _mod97(text[4:] + text[:4]) == 1


def is_reference(text: str) -> bool:
    """A national reference (weights 7, 3, 1) or an RF reference (ISO 11649) with a right check digit."""
    if text.startswith("RF"):
        return bool(re.fullmatch(r"RF\d{2}[A-Z0-9]{1,21}", text)) and _mod97(text[4:] + text[:4]) == 1
    if not re.fullmatch(r"\d{4,20}", text):
        return False
    return text[-1] == check_digit(text[:-1])


def check_digit(base: str) -> str:
    """The check digit of a national reference."""
    return str(-sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(base))) % 10)


def is_einvoice_address(text: str) -> bool:
    """A Finnish e-invoice address: OVT (0037 + business id + up to five characters) or an IBAN."""
    return bool(_OVT.fullmatch(text)) or (text.startswith("FI") and is_iban(text))


def _mod97(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text)) % 97
