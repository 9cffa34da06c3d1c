"""Billing's own settings, from the variables that `shared.config` collected."""

from collections.abc import Mapping
from pathlib import Path

from services.billing.adapters.kind import Site
from services.billing.app.dispatcher import DispatcherSettings
from services.billing.app.payments import PaymentSettings
from services.billing.domain.breaker import BreakerPolicy
from services.billing.domain.dispatch import DispatchPolicy
from shared.config import BadConfiguration

_LARGEST_S = 86_400.0


def dispatcher_settings(environment: Mapping[str, str]) -> DispatcherSettings:
    """Read the dispatcher's pauses. Production needs none of them: the defaults are for real targets.

    URAKKA_DISPATCH_FIRST_LOOK_S   before an unclear dispatch is looked up; longer than the target may work on it
    URAKKA_DISPATCH_LOOK_PAUSE_S   between looks
    URAKKA_DISPATCH_LEASE_S        longest time of one attempt, longer than all time-outs of the adapter together
    URAKKA_DISPATCH_RETRY_S        first pause after "certainly not sent"; the further ones are multiples of it
    URAKKA_DISPATCH_BREAKER_S      first pause of the circuit breaker
    URAKKA_DISPATCH_POLL_S         looks for work this often when nobody wakes it
    URAKKA_DISPATCH_WORKERS        connections served at once
    Raises BadConfiguration naming the variable.
    """
    policy, breaker, defaults = DispatchPolicy(), BreakerPolicy(), DispatcherSettings()
    first_retry_s = _seconds(environment, "RETRY_S", policy.retry_delays_s[0])
    scale = first_retry_s / policy.retry_delays_s[0]
    return DispatcherSettings(
        policy=DispatchPolicy(
            first_look_s=_seconds(environment, "FIRST_LOOK_S", policy.first_look_s),
            look_pause_s=_seconds(environment, "LOOK_PAUSE_S", policy.look_pause_s),
            lease_s=_seconds(environment, "LEASE_S", policy.lease_s),
            retry_delays_s=tuple(delay * scale for delay in policy.retry_delays_s),
        ),
        breaker=BreakerPolicy(pause_s=_seconds(environment, "BREAKER_S", breaker.pause_s)),
        poll_s=_seconds(environment, "POLL_S", defaults.poll_s),
        workers=int(_seconds(environment, "WORKERS", defaults.workers)),
    )


def payment_settings(environment: Mapping[str, str]) -> PaymentSettings:
    """Read how slowly accounting systems are asked for payments.

    URAKKA_STATUS_POLL_S   between two questions about a fresh document; a multiple of it about older ones
    URAKKA_STATUS_GAP_S    between two questions of one process, whatever they are about
    Raises BadConfiguration naming the variable.
    """
    defaults = PaymentSettings()
    pause_s = _seconds_of(environment, "URAKKA_STATUS_POLL_S", defaults.pause_s)
    return PaymentSettings(
        pause_s=pause_s,
        gap_s=_seconds_of(environment, "URAKKA_STATUS_GAP_S", defaults.gap_s),
        round_s=min(defaults.round_s, pause_s),
        rest_s=min(defaults.rest_s, pause_s),
        policy=dispatcher_settings(environment).policy,
    )


def trace_days(environment: Mapping[str, str]) -> int:
    """Read how many days raw requests and answers are kept.

    URAKKA_TRACE_DAYS   1 to 36500; default 400, so that a year's accounts are closed before
    Raises BadConfiguration naming the variable.
    """
    text = environment.get("URAKKA_TRACE_DAYS") or "400"
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise BadConfiguration("URAKKA_TRACE_DAYS: expected a whole number from 1 to 36500")
    return int(text)


def adapter_site(environment: Mapping[str, str]) -> Site:
    """Read what the operator allows to connections.

    URAKKA_EXPORT_ROOT              folder below which files for people are written; default var/exports
    URAKKA_WEBHOOK_PRIVATE          "yes" lets webhooks and e-invoices go to private, loopback and link-local addresses
    Raises BadConfiguration naming the variable.
    """
    allowed = environment.get("URAKKA_WEBHOOK_PRIVATE") or "no"
    if allowed not in ("yes", "no"):
        raise BadConfiguration("URAKKA_WEBHOOK_PRIVATE: expected yes or no")
    root = Path(environment.get("URAKKA_EXPORT_ROOT") or "var/exports")
    return Site(export_root=root.absolute(), private_webhooks=allowed == "yes")


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    return _seconds_of(environment, f"URAKKA_DISPATCH_{name}", default)


def _seconds_of(environment: Mapping[str, str], variable: str, default: float) -> float:
    text = environment.get(variable)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LARGEST_S:
        raise BadConfiguration(f"{variable}: expected a number above 0 and up to {_LARGEST_S:.0f}")
    return value
