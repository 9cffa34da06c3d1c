"""Settings of the sandbox. Everything has a default, so `SandboxConfig()` is a working sandbox in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

OVERLAP_POLICIES = ("error", "wait", "allow")
ROUNDING_POLICIES = ("rate", "row")


class BadSettings(ValueError):
    """A setting does not exist or has a value that makes no sense."""


@dataclass(frozen=True, slots=True)
class NetvisorSettings:
    """How one simulated Netvisor company behaves.

    allow_sha256, allow_md5   older MAC algorithms; MD5 (and no algorithm header) is legacy and off.
    max_skew_s                allowed difference between the timestamp headers and now; 0 switches the check
                              off. Netvisor's own limit is not public, this one is ours.
    overlap                   what a second call does while one is running: "error" refuses it with
                              TECHNICAL_ERROR, "wait" queues it, "allow" runs it.
    unique_invoice_numbers    refuse a taken sales invoice number with DUPLICATE_DATA (inferred, see sheet).
    locked_until              invoices dated on or before this day are refused with PERIOD_LOCK.
    known_router_codes        e-invoice operators the company knows; empty accepts all.
    latency_s                 time every call takes, holding the company's turn.
    max_body_bytes            larger bodies are refused with INVALID_DATA_SIZE.
    first_invoice_number      where the company's number series starts.
    """

    allow_sha256: bool = True
    allow_md5: bool = False
    max_skew_s: int = 900
    overlap: str = "error"
    unique_invoice_numbers: bool = True
    locked_until: date | None = None
    known_router_codes: tuple[str, ...] = ()
    latency_s: float = 0.0
    max_body_bytes: int = 10_000_000
    first_invoice_number: int = 1

    def __post_init__(self) -> None:
        _one_of("overlap", self.overlap, OVERLAP_POLICIES)


@dataclass(frozen=True, slots=True)
class ProcountorSettings:
    """How one simulated Procountor company behaves.

    token_lifetime_s       life of an access token.
    rate_limit_per_s       calls per second and client before 429; 0 is no limit (real: 20 or 60).
    retry_after            whether 429 carries Retry-After (not public, so both must work).
    vat_percentages        percentages in use in the company.
    vat_statuses           VAT status numbers in use; their meaning depends on the company.
    bank_accounts          the company's own IBANs.
    rounding               VAT is computed per "rate" on the sum of its rows, or per "row" (not public).
    search_lag_s           how long a new invoice stays out of search results (not public, so 0).
    latency_s              time every call takes.
    """

    token_lifetime_s: int = 3600
    rate_limit_per_s: int = 0
    retry_after: bool = True
    vat_percentages: tuple[Decimal, ...] = tuple(
        Decimal(percent) for percent in ("0", "10", "13.5", "14", "24", "25.5")
    )
    vat_statuses: tuple[int, ...] = (1, 2, 3, 5, 12, 22)
    bank_accounts: tuple[str, ...] = ("FI2112345600000785",)
    rounding: str = "rate"
    search_lag_s: float = 0.0
    latency_s: float = 0.0

    def __post_init__(self) -> None:
        _one_of("rounding", self.rounding, ROUNDING_POLICIES)


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """The whole sandbox.

    public_url        address under which clients reach the sandbox root (`https://x.fi/sandbox`); part of the
                      Netvisor MAC, so needed behind a proxy that changes host or path.
    trust_forwarded   believe X-Forwarded-Proto, -Host and -Prefix when rebuilding that address.
    data_path         SQLite file that keeps the books over a restart; None keeps them in memory.
    seed_demo         make the demo companies with their fixed credentials (see `demo`).
    admin_key         if set, /sandbox/* wants it in the header X-Sandbox-Key.
    """

    public_url: str | None = None
    trust_forwarded: bool = True
    data_path: Path | None = None
    seed_demo: bool = True
    admin_key: str | None = None
    netvisor: NetvisorSettings = field(default_factory=NetvisorSettings)
    procountor: ProcountorSettings = field(default_factory=ProcountorSettings)


Settings = TypeVar("Settings", bound=NetvisorSettings | ProcountorSettings)


def with_overrides(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    """Settings with the JSON values of `overrides` put in.

    Raises BadSettings for an unknown name or a value of the wrong form.
    """
    known = {field_.name: getattr(settings, field_.name) for field_ in fields(settings)}
    changes: dict[str, Any] = {}
    for name, value in overrides.items():
        if name not in known:
            raise BadSettings(f"no such setting: {name}")
        changes[name] = _converted(name, value, known[name])
    return replace(settings, **changes)


def as_json(settings: NetvisorSettings | ProcountorSettings) -> dict[str, Any]:
    """The settings as `with_overrides` takes them back."""
    return {field_.name: _plain(getattr(settings, field_.name)) for field_ in fields(settings)}


def _converted(name: str, value: Any, current: Any) -> Any:
    try:
        if name == "locked_until":
            return None if value is None else date.fromisoformat(value)
        if isinstance(current, bool):
            if not isinstance(value, bool):
                raise TypeError
            return value
        if name == "vat_percentages":
            return tuple(Decimal(str(percent)) for percent in value)
        if name == "vat_statuses":
            return tuple(int(number) for number in value)
        if isinstance(current, tuple):
            return tuple(str(text) for text in value)
        return type(current)(value)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise BadSettings(f"bad value for setting {name}: {value!r}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, date | Decimal):
        return str(value)
    return value


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadSettings(f"{name} must be one of {', '.join(allowed)}")
