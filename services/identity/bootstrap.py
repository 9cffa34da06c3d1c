"""Identity, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.identity.adapters.signing import Signer
from services.identity.api.resources import (
    key_blueprint,
    key_set_blueprint,
    tenant_blueprint,
    token_blueprint,
    user_blueprint,
)
from services.identity.app.sessions import ACCESS_LIFETIME_S
from services.identity.models import Base, SigningKey
from shared.db.sealed import SealedColumn
from shared.service import Runtime, ServiceDefinition


@dataclass(frozen=True, slots=True)
class Own:
    """What only identity needs."""

    signer: Signer


def _extend(runtime: Runtime) -> Own:
    lifetime = timedelta(seconds=ACCESS_LIFETIME_S)
    return Own(signer=Signer(runtime.database, runtime.config.secret_box, lifetime))


SERVICE = ServiceDefinition(
    name="identity",
    title="Urakka: identity",
    description="Tenants, users, roles, log-in and API keys.",
    blueprints=(tenant_blueprint, token_blueprint, user_blueprint, key_blueprint),
    root=(key_set_blueprint,),
    metadata=Base.metadata,
    extend=_extend,
    key_set=lambda runtime: runtime.own.signer.key_set(),
    sealed=[SealedColumn(SigningKey.sealed_private, "signing key")],
)
