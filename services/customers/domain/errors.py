"""What can be wrong with customers, contacts and sites, in words for people who do not program."""

from __future__ import annotations

from shared.errors import Conflict, RuleBroken


class InvalidCustomer(RuleBroken):
    """Fields of a customer are not usable; `errors` names them all."""

    code = "customer.invalid"
    title = "Some fields of the customer are not right"


class DuplicateBusinessId(Conflict):
    """Another customer of the tenant has this business ID."""

    code = "customer.duplicate_business_id"
    title = "Another customer already has this business ID"


class DuplicateNumber(Conflict):
    """Another customer of the tenant has this customer number."""

    code = "customer.duplicate_number"
    title = "Another customer already has this customer number"


class CustomerArchived(Conflict):
    """An archived customer takes no changes and no new sites; restore it first."""

    code = "customer.archived"
    title = "The customer is archived"


class InvalidContact(RuleBroken):
    """Fields of a contact person or of its link are not usable."""

    code = "contact.invalid"
    title = "Some fields of the contact person are not right"


class AlreadyLinked(Conflict):
    """The contact person already has this role there."""

    code = "contact.already_linked"
    title = "The contact person already has this role here"


class InvalidSite(RuleBroken):
    """Fields of a site are not usable; `errors` names them all."""

    code = "site.invalid"
    title = "Some fields of the site are not right"


class SiteLoop(Conflict):
    """A site cannot lie inside itself."""

    code = "site.loop"
    title = "A site cannot be moved below itself"


class TooDeep(RuleBroken):
    """The site tree has a limit, so that a path stays readable and searchable."""

    code = "site.too_deep"
    title = "The site tree cannot be this deep"


class SiteInUse(Conflict):
    """A site with sites below it in use cannot be archived."""

    code = "site.in_use"
    title = "There are sites in use below this one"


class SiteArchived(Conflict):
    """An archived site takes no changes."""

    code = "site.archived"
    title = "The site is archived"


class InvalidImportRow(RuleBroken):
    """A row of a workbook names something that is not there, or contradicts another row."""

    code = "import.invalid_row"
    title = "The row does not fit the register"


class CannotMerge(RuleBroken):
    """These two customers cannot be made one."""

    code = "customer.cannot_merge"
    title = "The customers cannot be merged"


class CustomerMerged(Conflict):
    """The customer was merged into another; `merged_into` names it."""

    code = "customer.merged"
    title = "The customer was merged into another"


class NotMerged(Conflict):
    """There is no merge of this customer to take back."""

    code = "customer.not_merged"
    title = "The customer was not merged"


class MergeInUse(Conflict):
    """What the merge moved has changed since, so taking it back would lose that."""

    code = "customer.merge_in_use"
    title = "Something changed since the customers were merged"


class MergeBilled(Conflict):
    """An accounting system took a document since the merge; `document_id` names the first, `billed_at` says when."""

    code = "customer.merge_billed"
    title = "Something was billed since the customers were merged"


class InvalidExtraField(RuleBroken):
    """The definition of a field of the tenant's own, or a value of it in a query, is not usable."""

    code = "extra_field.invalid"
    title = "Some parts of the field are not right"


class DuplicateExtraField(Conflict):
    """Another field of the register has this key or name."""

    code = "extra_field.duplicate"
    title = "Another field already has this key or name"


class TooManyExtraFields(Conflict):
    """The register has as many fields of the tenant's own as it can have."""

    code = "extra_field.too_many"
    title = "There are too many fields; archive one first"


class DuplicateTag(Conflict):
    """Another site of the tenant has this tag."""

    code = "site.duplicate_tag"
    title = "Another site already has this tag"


class InvalidOperator(RuleBroken):
    """This cannot be the code of an e-invoice operator."""

    code = "einvoice_operator.invalid"
    title = "Some fields of the operator are not right"


class OperatorInUse(Conflict):
    """Customers have this operator, so it stays in the list."""

    code = "einvoice_operator.in_use"
    title = "Customers have this operator"


class InvalidSettings(RuleBroken):
    """The settings of the register are not usable."""

    code = "settings.invalid"
    title = "Some settings are not right"
