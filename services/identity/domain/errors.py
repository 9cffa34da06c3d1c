"""What can be wrong in identity."""

from __future__ import annotations

from shared.errors import Conflict, Forbidden, NotAuthenticated, RuleBroken


class UnknownRole(RuleBroken):
    """A role that does not exist."""

    code = "identity.unknown_role"
    title = "There is no such role"


class UnknownPermission(RuleBroken):
    """A permission that does not exist."""

    code = "identity.unknown_permission"
    title = "There is no such permission"


class WeakPassword(RuleBroken):
    """A password that is too easy to guess."""

    code = "identity.weak_password"
    title = "The password is too weak"


class EmailTaken(Conflict):
    """Somebody else logs in with this address."""

    code = "identity.email_taken"
    title = "This e-mail address is already in use"


class WrongCredentials(NotAuthenticated):
    """Unknown address, wrong password, inactive user or revoked key: the answer is the same for all."""

    code = "identity.wrong_credentials"
    title = "Wrong e-mail address, password or key"


class SessionEnded(NotAuthenticated):
    """The refresh token is unknown, used, expired or revoked."""

    code = "identity.session_ended"
    title = "The session has ended"


class WrongProvisioningKey(Forbidden):
    """Only the operator may create tenants."""

    code = "identity.wrong_provisioning_key"
    title = "The provisioning key is wrong or not set"


class LastAdministrator(Conflict):
    """Nobody would be left who can manage users."""

    code = "identity.last_administrator"
    title = "The last administrator must stay"
