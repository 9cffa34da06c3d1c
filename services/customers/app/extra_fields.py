"""Defining fields of the tenant's own for customers and sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.customers.adapters import site_workbook, workbook_words
from services.customers.domain.errors import DuplicateExtraField, InvalidExtraField, TooManyExtraFields
from services.customers.domain.extra_fields import MOST_FIELDS, ExtraField, ExtraRegister, checked_definition
from services.customers.models import ExtraFieldDefinition
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError
from shared.excel.parsers import fold

_BUILT_IN = {
    ExtraRegister.CUSTOMERS: workbook_words.LABELS,
    ExtraRegister.SITES: site_workbook.LABELS,
}
"""Names that columns of workbooks have already: a field of the same name could not be told from them."""


def definitions(
    uow: UnitOfWork, register: str | None = None, *, archived: bool | None = None
) -> list[ExtraFieldDefinition]:
    """Return the definitions, oldest first. archived  None: both those in use and the others"""
    statement = select(ExtraFieldDefinition).order_by(ExtraFieldDefinition.id)
    if register is not None:
        statement = statement.where(ExtraFieldDefinition.register == register)
    if archived is not None:
        column = ExtraFieldDefinition.archived_at
        statement = statement.where(column.is_not(None) if archived else column.is_(None))
    return list(uow.session.scalars(statement))


def known_fields(uow: UnitOfWork, register: ExtraRegister) -> dict[str, ExtraField]:
    """Return key → definition of a register, archived ones too."""
    return {one.key: one.value() for one in definitions(uow, register.value)}


def fields_in_use(uow: UnitOfWork, register: ExtraRegister) -> list[ExtraField]:
    """Return the definitions in use of a register, oldest first."""
    return [one.value() for one in definitions(uow, register.value, archived=False)]


def create_definition(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any]) -> ExtraFieldDefinition:
    """Define a field, or return the one that the same creation made before.

    given  register, key, type, labels, choices
    Raises InvalidExtraField, DuplicateExtraField, TooManyExtraFields.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, ExtraFieldDefinition, old)
        fields = checked_definition({"choices": [], **{name: one for name, one in given.items() if name != "id"}})
        others = definitions(uow, fields["register"])
        if any(other.key == fields["key"] for other in others):
            detail = "An archived field keeps its key; restore it, or take another key."
            raise DuplicateExtraField(errors=[FieldError("/key", DuplicateExtraField.code, detail)])
        _refuse_taken_labels(fields["register"], fields["labels"], others)
        _refuse_too_many(others)
        definition = ExtraFieldDefinition(**fields, id=creation.id, archived_at=None)
        uow.session.add(definition)
        uow.session.flush()
        uow.created(creation, definition.id)
        uow.commit()
    return definition


def change_definition(
    uow: UnitOfWork, definition_id: str, given: Mapping[str, Any], *, expected_version: int | None
) -> ExtraFieldDefinition:
    """Change labels and choices; a choice that is taken away stays where it was chosen.

    Raises NotFound, VersionMismatch, InvalidExtraField, DuplicateExtraField.
    """
    with uow:
        definition = get_or_404(uow.session, ExtraFieldDefinition, definition_id, for_update=True)
        check_version(definition, expected_version)
        fields = checked_definition({"type": definition.type, "choices": definition.choices, **given})
        if "labels" in given:
            others = [one for one in definitions(uow, definition.register) if one is not definition]
            _refuse_taken_labels(definition.register, fields["labels"], others)
        for name in ("labels", "choices"):
            if name in given and getattr(definition, name) != fields[name]:
                setattr(definition, name, fields[name])
        uow.commit()
    return definition


def archive_definition(
    uow: UnitOfWork, definition_id: str, *, archived: bool, expected_version: int | None, now: datetime
) -> ExtraFieldDefinition:
    """Take a field out of use, or back into it; the values stay. Doing it twice changes nothing.

    Raises NotFound, VersionMismatch, DuplicateExtraField, TooManyExtraFields.
    """
    with uow:
        definition = get_or_404(uow.session, ExtraFieldDefinition, definition_id, for_update=True)
        check_version(definition, expected_version)
        if definition.archived != archived:
            if not archived:
                others = [one for one in definitions(uow, definition.register) if one is not definition]
                _refuse_taken_labels(definition.register, definition.labels, others)
                _refuse_too_many(others)
            definition.archived_at = now if archived else None
        uow.commit()
    return definition


def _refuse_taken_labels(register: str, labels: Mapping[str, str], others: Sequence[ExtraFieldDefinition]) -> None:
    taken = {fold(word) for words in _BUILT_IN[ExtraRegister(register)].values() for word in words}
    taken_by_others = {fold(label) for one in others if not one.archived for label in one.labels.values()}
    errors = []
    for language, label in labels.items():
        if not fold(label):
            errors.append(FieldError(f"/labels/{language}", "form", "The name needs a letter or a digit."))
        elif fold(label) in taken | taken_by_others:
            detail = f"{label} is the name of another field; workbooks could not tell them apart."
            errors.append(FieldError(f"/labels/{language}", DuplicateExtraField.code, detail))
    if any(error.code == "form" for error in errors):
        raise InvalidExtraField(errors=errors)
    if errors:
        raise DuplicateExtraField(errors=errors)


def _refuse_too_many(others: Sequence[ExtraFieldDefinition]) -> None:
    if sum(1 for one in others if not one.archived) >= MOST_FIELDS:
        raise TooManyExtraFields(f"At most {MOST_FIELDS} in use.")
