"""Registration, sign-in, sessions and the state of the system."""

from collections.abc import Iterable, Sequence

from auth_service.convert.values import last_id, timestamp
from auth_service.domain.access_tokens import PublicKey, Tokens
from auth_service.domain.health import ServiceHealth
from auth_service.domain.second_factors import MfaDemand
from auth_service.domain.sessions import Client, Session, expire_time
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.common.v1 import system_service_pb2
from servicekit.pagination import encode_page_token

_SESSIONS = "sessions"

Metadata = Iterable[tuple[str, str | bytes]] | None


def client(metadata: Metadata) -> Client:
    """Where a call comes from, as the gateway reports it.

    x-envoy-external-address is the gateway's own finding. Of x-forwarded-for only the last address was written by the
    gateway; those before it may be a client's invention.
    """
    texts = {key: value for key, value in metadata or () if isinstance(value, str)}
    forwarded = texts.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return Client(
        address=texts.get("x-envoy-external-address", "") or forwarded,
        user_agent=texts.get("user-agent", ""),
    )


def tokens(pair: Tokens | MfaDemand) -> auth_pb2.Tokens:
    """What a client gets after signing in or refreshing."""
    if isinstance(pair, MfaDemand):
        return auth_pb2.Tokens(mfa_token=pair.mfa_token)
    return auth_pb2.Tokens(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=int(pair.expires_in.total_seconds()),
        token_type="Bearer",  # noqa: S106  # RFC 6750's name of the scheme
        user_id=pair.user_id,
        erasure_cancelled=pair.erasure_cancelled,
    )


def session_before(page_token: str) -> str | None:
    """The last session of the page before, None for the first page. Raises PageTokenInvalid."""
    return last_id(page_token, _SESSIONS)


def session_page(sessions: Sequence[Session], size: int, current: str) -> auth_pb2.ListSessionsResponse:
    """The first `size` of the sessions; one more means that there is another page."""
    page = sessions[:size]
    more = encode_page_token(_SESSIONS, page[-1].id) if len(sessions) > size else ""
    return auth_pb2.ListSessionsResponse(sessions=[_session(each, current) for each in page], next_page_token=more)


def _session(session: Session, current: str) -> auth_pb2.Session:
    return auth_pb2.Session(
        id=session.id,
        create_time=timestamp(session.create_time),
        last_used_time=timestamp(session.last_used_time),
        expire_time=timestamp(expire_time(session)),
        user_agent=session.user_agent,
        current=session.id == current,
    )


def jwks(keys: Sequence[PublicKey]) -> auth_pb2.Jwks:
    """A JSON Web Key Set (RFC 7517, RFC 8037)."""
    return auth_pb2.Jwks(
        keys=[auth_pb2.Jwk(kty="OKP", crv="Ed25519", x=key.x, kid=key.kid, use="sig", alg="EdDSA") for key in keys]
    )


def system_health(services: Sequence[ServiceHealth]) -> system_service_pb2.SystemHealth:
    """Healthy when every part of every service is."""
    return system_service_pb2.SystemHealth(
        healthy=all(service.healthy for service in services),
        services=[
            system_service_pb2.ServiceHealth(
                name=service.name,
                status=service.status.value,
                dependencies={part: status.value for part, status in service.dependencies.items()},
            )
            for service in services
        ],
    )
