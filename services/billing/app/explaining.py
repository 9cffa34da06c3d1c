"""What a dispatch tells people: its reason in their language, and where it is corrected."""

from services.billing.domain import reasons
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.reasons import Explanation
from services.billing.models import Dispatch


def explanation_of(dispatch: Dispatch, language: str) -> Explanation | None:
    """Explain why a dispatch is where it is; None if nothing needs explaining.

    language  fi, sv or en. The target's own words are in `error_detail`, and stand alone where `text` is None.
    """
    code = reason_code(dispatch)
    if code is None:
        return None
    return reasons.explain(code, language, dispatch.error_pointer)


def reason_code(dispatch: Dispatch) -> str | None:
    """The code of the reason: the target's or a rule's, else that of the state."""
    if dispatch.error_code is not None:
        return dispatch.error_code
    if dispatch.state == DispatchState.UNCLEAR:
        return "dispatch.needs_person" if dispatch.needs_person else "dispatch.unclear"
    if dispatch.state == DispatchState.WAITING and dispatch.error_detail is not None:
        return "dispatch.not_sent"
    if dispatch.state == DispatchState.ACCEPTED and dispatch.error_detail is not None:
        return "dispatch.follow_up_failed" if dispatch.needs_person else "dispatch.follow_up_waits"
    if dispatch.state == DispatchState.ACCEPTED and dispatch.difference:
        return "dispatch.totals_differ"
    return None
