"""Finnish identifiers and contact forms: check them, bring them to one form.

Every `read_…` function takes what a person or a spreadsheet gave and returns the one stored form. What was
lost for certain (the leading zeros of a number cell) is put back. What can only be guessed is refused with a
suggestion, never filled in. Source: domain.md §7, finnish-billing.md §6 and §7; check digits by
python-stdnum.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from stdnum import iban as stdnum_iban
from stdnum import iso11649
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

from shared.errors import RuleBroken


class InvalidForm(RuleBroken):
    """A value is not in the form it must have.

    expected    the form, for people.
    suggestion  what the writer probably meant, or None. It is not in `facts`: it may be personal data.
    """

    code = "finland.invalid_form"
    title = "The value is not in the right form"
    expected = ""

    def __init__(self, detail: str = "", *, suggestion: str | None = None) -> None:
        super().__init__(detail)
        self.suggestion = suggestion


class InvalidBusinessId(InvalidForm):
    """Not seven digits, a hyphen and a check digit."""

    code = "business_id.form"
    title = "This is not a business ID"
    expected = "1234567-1"


class WrongCheckDigit(InvalidBusinessId):
    """The form is right, the check digit is not: some digit is wrong."""

    code = "business_id.check_digit"
    title = "The check digit of the business ID is wrong"


class MissingCheckDigit(InvalidBusinessId):
    """Seven digits without the check digit; `suggestion` is the completed number."""

    code = "business_id.check_digit_missing"
    title = "The business ID lacks its check digit"


class InvalidVatNumber(InvalidForm):
    """Not `FI` and the eight digits of a business ID."""

    code = "vat_number.form"
    title = "This is not a VAT number"
    expected = "FI12345671"


class InvalidPostalCode(InvalidForm):
    """Not five digits."""

    code = "postal_code.form"
    title = "This is not a Finnish postal code"
    expected = "00100"


class InvalidPhone(InvalidForm):
    """Not a number that can be called, in national or international form."""

    code = "phone.form"
    title = "This is not a phone number"
    expected = "+358401234567"


class InvalidEmail(InvalidForm):
    """Not one address with a domain."""

    code = "email.form"
    title = "This is not an e-mail address"
    expected = "name@example.com"


class InvalidEinvoiceAddress(InvalidForm):
    """Not an OVT code, an IBAN or an operator's own id."""

    code = "einvoice_address.form"
    title = "This is not an e-invoice address"
    expected = "003712345671, or an IBAN"


class InvalidOperatorId(InvalidForm):
    """Not an OVT code, a BIC or another id of letters and digits."""

    code = "einvoice_operator.form"
    title = "This is not an operator id"
    expected = "003721291126, or a bank's BIC"


class InvalidReference(InvalidForm):
    """Not a reference of the right length, or its check digit is wrong."""

    code = "reference.form"
    title = "This is not a reference number"
    expected = "4 to 20 digits with a check digit, or RF"


class InvalidIban(InvalidForm):
    """Not an account number, or its check digits are wrong."""

    code = "iban.form"
    title = "This is not a bank account number"
    expected = "FI21 1234 5600 0007 85"


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def business_id_check_digit(base: str) -> str | None:
    """Return the check digit of 7 digits, or None when no business ID begins with them (remainder 1)."""
    remainder = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, base, strict=True)) % 11
    if remainder == 1:
        return None
    return str((11 - remainder) % 11)


def read_business_id(text: str) -> str:
    """Return a business ID as `1234567-1`.

    Reads it with and without hyphen, with spaces, and as a VAT number. A lost leading zero is put back when
    that is certain (`112038-9`). Seven digits alone may be a whole number that lost its zero or one that
    lost its check digit: MissingCheckDigit, with what it may be as the suggestion. Raises InvalidBusinessId,
    WrongCheckDigit.
    """
    compact = _compact(text).removeprefix("FI")
    found = re.fullmatch(r"([0-9]{6,7})-([0-9])|([0-9]{8})", compact)
    if found:
        digits = found[3] or found[1].zfill(7) + found[2]
        return _checked_business_id(digits, text)
    if re.fullmatch(r"[0-9]{6,7}", compact):
        return _completed_business_id(compact, text)
    raise InvalidBusinessId(f"{_shown(text)} is not a business ID")


def is_business_id(text: str) -> bool:
    """Say whether `text` is a business ID in the stored form `1234567-1`."""
    try:
        return read_business_id(text) == text
    except InvalidBusinessId:
        return False


def _checked_business_id(digits: str, text: str) -> str:
    if not ytunnus.is_valid(digits) or not digits.strip("0"):
        raise WrongCheckDigit(f"The check digit of {_shown(text)} is wrong")
    return f"{digits[:7]}-{digits[7]}"


def _completed_business_id(digits: str, text: str) -> str:
    """Seven (or six) digits without hyphen: heal a lost zero only if the number cannot be anything else."""
    base = digits.zfill(7)
    check = business_id_check_digit(base)
    completed = f"{base}-{check}" if check else None
    zero_lost = f"0{digits}"
    if len(digits) == 7 and ytunnus.is_valid(zero_lost):
        healed = _checked_business_id(zero_lost, text)
        if completed is None:
            return healed
        completed = f"{completed} / {healed}"
    if completed is None:
        raise InvalidBusinessId(f"{_shown(text)} is not a business ID")
    raise MissingCheckDigit(f"{_shown(text)} lacks its check digit", suggestion=completed)


def vat_number_of(business_id: str) -> str:
    """Return the VAT number of a business ID in any readable form: `1234567-1` → `FI12345671`."""
    return "FI" + read_business_id(business_id).replace("-", "")


def read_vat_number(text: str) -> str:
    """Return a VAT number of Finland or another EU country, without spaces. Raises InvalidVatNumber.

    A Finnish business ID is no VAT number, but is offered as the suggestion.
    """
    compact = _compact(text).replace("-", "").replace(".", "")
    try:
        return str(eu_vat.validate(compact))
    except ValidationError:
        suggestion = vat_number_of(text) if _is_readable_business_id(text) else None
        raise InvalidVatNumber(f"{_shown(text)} is not a VAT number", suggestion=suggestion) from None


def _is_readable_business_id(text: str) -> bool:
    try:
        return bool(read_business_id(text))
    except InvalidBusinessId:
        return False


def read_postal_code(text: str, country: str = "FI") -> str:
    """Return a postal code; a Finnish one has five digits and gets back the zeros a number cell lost (100 →
    00100).

    country  ISO 3166 alpha-2. Other countries' codes are only trimmed (at most 12 characters).
    """
    trimmed = " ".join(text.split()).upper()
    if country != "FI":
        if re.fullmatch(r"[A-Z0-9][A-Z0-9 -]{0,11}", trimmed):
            return trimmed
        raise InvalidPostalCode(f"{_shown(text)} is not a postal code")
    digits = re.sub(r"(?<=[0-9])\.0$", "", trimmed.replace(" ", "").removeprefix("FI").lstrip("-"))
    if re.fullmatch(r"[0-9]{3,5}", digits) and digits.strip("0"):
        return digits.zfill(5)
    within = re.search(r"(?<![0-9])[0-9]{5}(?![0-9])", trimmed)
    raise InvalidPostalCode(
        f"{_shown(text)} is not a postal code of five digits", suggestion=within[0] if within else None
    )


_PHONE_LABEL = re.compile(r"^(?:puh|puhelin|p|gsm|tel|matkapuhelin|mob|tfn)\b[.:]*\s*", re.IGNORECASE)
_MIN_PHONE_DIGITS, _MAX_PHONE_DIGITS = 7, 15  # E.164, with the country code


def read_phone(text: str) -> str:
    """Return a phone number as `+358401234567`: country code, digits only. Raises InvalidPhone.

    Numbers without a country code are Finnish. A mobile number that lost its leading zero (`401234567`) gets
    it back.
    """
    number = _PHONE_LABEL.sub("", unicodedata.normalize("NFKC", text).translate(_DASHES).strip())
    number = re.sub(r"\(0\)", "", number)
    number = re.sub(r"^(0[0-9]{1,3})/(?=\s*[1-9])(?=[0-9 -]{5,9}$)", r"\1 ", number)  # 040/1234567
    if not re.fullmatch(r"\+?[0-9 ().-]+", number):
        raise InvalidPhone(f"{_shown(text)} is not a phone number", suggestion=_first_phone(number))
    digits = re.sub(r"[^0-9]", "", number)
    if number.startswith("+"):
        international = digits
    elif digits.startswith("00"):
        international = digits[2:]
    elif digits.startswith("0") or re.fullmatch(r"(?:4[0-9]|50)[0-9]{6,8}", digits):
        international = "358" + digits.removeprefix("0")
    elif digits.startswith("358"):
        international = digits
    else:
        raise InvalidPhone(f"{_shown(text)} has neither an area code nor a country code")
    if international.startswith("3580"):
        international = "358" + international[4:]
    if not _MIN_PHONE_DIGITS <= len(international) <= _MAX_PHONE_DIGITS:
        raise InvalidPhone(f"{_shown(text)} is not a whole phone number")
    return "+" + international


def _first_phone(text: str) -> str | None:
    """The first number of a cell that holds several, if it can be read by itself."""
    for part in re.split(r"[/,;]|\btai\b", text):
        if part != text:
            try:
                return read_phone(part)
            except InvalidPhone:
                continue
    return None


_EMAIL = re.compile(
    r"[^\s@,;:<>()\[\]\\\".]+(?:\.[^\s@,;:<>()\[\]\\\".]+)*@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}"
)


def read_email(text: str) -> str:
    """Return an e-mail address, trimmed. Only its form is checked. Raises InvalidEmail."""
    trimmed = re.sub(r"^mailto:", "", unicodedata.normalize("NFKC", text).strip(), flags=re.IGNORECASE)
    if named := re.fullmatch(r"[^@<>]*<\s*([^<>\s]+)\s*>", trimmed):  # `Maija Malli <maija@malli.example>`
        trimmed = named[1]
    trimmed = trimmed.rstrip(",; ")
    if len(trimmed) <= 254 and len(trimmed.partition("@")[0]) <= 64 and _EMAIL.fullmatch(trimmed):
        return trimmed
    within = re.search(rf"(?<![^\s<,;:(]){_EMAIL.pattern}", trimmed[:500])
    raise InvalidEmail(
        f"{_shown(text)} is not an e-mail address",
        suggestion=within[0] if within and within[0] != trimmed else None,
    )


def read_einvoice_address(text: str) -> str:
    """Return an e-invoice address: an OVT code (`0037` + 8 digits + up to 5 characters), an IBAN or an
    operator's own id.

    The business ID within an OVT code must be one; whose it is, is not checked: a company's address is not
    its own business ID, it is looked up (finnish-billing.md §7). Leading zeros that a number cell lost are
    put back. Raises InvalidEinvoiceAddress.
    """
    compact = re.sub(r"^(?:OVT|EDI)[-:.]*(?=[0-9])|(?<=[0-9])-(?=[0-9])", "", _compact(text))
    if re.fullmatch(r"37[0-9]{8,13}", compact):
        compact = "00" + compact
    if ovt := re.fullmatch(r"0037([0-9]{8})[A-Z0-9]{0,5}", compact):
        if not ytunnus.is_valid(ovt[1]):
            raise InvalidEinvoiceAddress(f"The check digit of the business ID {ovt[1]} in {_shown(text)} is wrong")
        return compact
    if stdnum_iban.is_valid(compact):
        return compact
    own_id = re.fullmatch(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9][A-Z0-9._:-]{6,34}", compact)
    if own_id and not re.match(r"0037|FI[0-9]{2}|[0-9]+-", compact):
        return compact
    raise InvalidEinvoiceAddress(f"{_shown(text)} is not an e-invoice address")


OPERATORS: Final[dict[str, str]] = {
    "MAVENTA": "003721291126",
    "VISMA": "003721291126",
    "APIX": "003723327487",
    "BASWARE": "BAWCFI22",
    "OPENTEXT": "003708599126",
    "LIAISON": "003708599126",
    "TIETOEVRY": "003701011385",
    "TIETO": "003701011385",
    "CGI": "003703575029",
    "ROPO": "003714377140",
    "PAGERO": "003723609900",
    "POSTNORD": "003701150617",
    "OPUSCAPITA": "E204503",
    "NETBOX": "003726044706",
    "NORDEA": "NDEAFIHH",
    "OP": "OKOYFIHH",
    "OSUUSPANKKI": "OKOYFIHH",
    "DANSKE": "DABAFIHH",
    "AKTIA": "HELSFIHH",
    "SÄÄSTÖPANKKI": "ITELFIHH",
}
"""Names people write in place of the id, for suggestions only: ids change with mergers (finnish-billing.md
§7).
"""
_WORD_IDS = frozenset({"INEXCHANGE", "CREDIFLOW"})


def read_operator_id(text: str) -> str:
    """Return the id of an e-invoice operator: `003721291126`, a BIC, or another id of letters and digits.

    Whether the operator exists is not checked. Raises InvalidOperatorId, with the id when a known name was
    given.
    """
    compact = _compact(text)
    if re.fullmatch(r"37[0-9]{8,13}", compact):
        compact = "00" + compact
    if re.fullmatch(r"0037[0-9]{8}[A-Z0-9]{0,5}", compact) or compact in _WORD_IDS:
        return compact
    if re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", compact) and compact not in OPERATORS:
        return compact
    if re.fullmatch(r"(?=.*[0-9])(?!0037)[A-Z0-9]{6,20}", compact):
        return compact
    known = OPERATORS.get(re.split(r"[^\w]", text.strip().upper())[0]) or OPERATORS.get(compact)
    raise InvalidOperatorId(f"{_shown(text)} is not an operator id", suggestion=known)


def read_reference(text: str) -> str:
    """Return a payment reference without spaces: national (4–20 digits, 7-3-1 check) or RF (ISO 11649)."""
    compact = _compact(text)
    if compact.startswith("RF") and iso11649.is_valid(compact):
        return compact
    national = compact.lstrip("0")
    if re.fullmatch(r"[0-9]{4,20}", national) and reference_check_digit(national[:-1]) == national[-1]:
        return national
    raise InvalidReference(f"{_shown(text)} is not a reference number")


def reference_check_digit(base: str) -> str:
    """Return the check digit of a national reference: weights 7, 3, 1 from the right (finnish-billing.md
    §6).
    """
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(base)))
    return str(-total % 10)


def read_iban(text: str) -> str:
    """Return an IBAN without spaces. Raises InvalidIban."""
    try:
        return str(stdnum_iban.validate(_compact(text)))
    except ValidationError:
        raise InvalidIban(f"{_shown(text)} is not a bank account number") from None


def _compact(text: str) -> str:
    """Upper case, without any kind of space, all dashes as hyphens."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).upper()
    return "".join(plain.split())


def _shown(text: str) -> str:
    """The value as it stands in a message: short."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
