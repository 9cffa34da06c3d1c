"""What may be wrong with a work order, in words that a person who does not program understands."""

from __future__ import annotations

from collections.abc import Iterable

from shared.errors import Conflict, FieldError, RuleBroken


class ForbiddenStep(Conflict):
    """The lifecycle has no such step; names the present state and the one that was wanted."""

    code = "workorder.forbidden_step"
    title = "The work order cannot take this step now"

    def __init__(self, step: str, from_state: str, to_state: str) -> None:
        super().__init__(
            f"A work order that is {from_state} cannot become {to_state} by the step {step}.",
            step=step,
            from_state=from_state,
            to_state=to_state,
        )


class GuardsBroken(RuleBroken):
    """The step exists, but the order is not ready for it; `errors` names everything that is missing."""

    code = "workorder.not_ready"
    title = "The work order is not ready for this step"

    def __init__(self, step: str, errors: Iterable[FieldError]) -> None:
        super().__init__(f"Before the step {step} the following must be put right.", errors=errors, step=step)


class OrderLocked(Conflict):
    """In this state the order, or its rows, cannot be changed."""

    code = "workorder.locked"
    title = "The work order can no longer be changed"


class RowTransferred(Conflict):
    """The row is on a document in the accounting system; a correction is a new row."""

    code = "workorder.row_transferred"
    title = "The row has already been billed"


class RowOfSet(Conflict):
    """The row stands for a part of a set and follows the set's row."""

    code = "workorder.row_of_set"
    title = "The row belongs to a set"


class RowRefused(RuleBroken):
    """Rows that cannot be recorded as they are; `errors` points at each field."""

    code = "workorder.row_refused"
    title = "Some rows cannot be recorded"


class OrderRefused(RuleBroken):
    """An order that cannot be made, or changed, as it is; `errors` points at each field."""

    code = "workorder.refused"
    title = "The work order cannot be like this"


class RowIdReused(Conflict):
    """A row with this id exists on the order, with another content."""

    code = "workorder.row_id_reused"
    title = "This row id was already used for something else"


class TooManyRows(RuleBroken):
    """More rows than one order may have."""

    code = "workorder.too_many_rows"
    title = "A work order cannot have so many rows"


class IntakeDiffers(Conflict):
    """The same source and reference came again with another content; `facts["id"]` is the order that it made."""

    code = "workorder.intake_differs"
    title = "This reference was already taken in with another content"


class PackageCodeTaken(Conflict):
    """Another work package has the code."""

    code = "work_package.code_taken"
    title = "There is already a work package with this code"


class PackageRefused(RuleBroken):
    """A work package that cannot be made, or changed, as it is; `errors` points at each field."""

    code = "work_package.refused"
    title = "The work package cannot be like this"


class ReportTooLarge(RuleBroken):
    """The report would have more orders, or rows, than one answer holds."""

    code = "report.too_large"
    title = "The report is too large"
