"""The auth service: puts its parts together and serves."""

from collections.abc import Sequence

from auth_service.clients.health import GrpcHealthProbe
from auth_service.clients.passwords import Argon2Passwords
from auth_service.clients.signing import KeyRing
from auth_service.clients.totp import PyotpCodes
from auth_service.clients.vault import FernetVault
from auth_service.handlers.auth import AuthHandlers
from auth_service.handlers.system import SystemHandlers
from auth_service.handlers.users import UserHandlers
from auth_service.ports import AttemptLimiter, HealthProbe, Passwords, TokenSigner, Vault
from auth_service.settings import ApiSettings
from auth_service.storage.accounts import StoredAccounts
from auth_service.storage.activities import StoredActivities
from auth_service.storage.attempts import LocalAttempts, RedisAttempts, ResilientAttempts, connect_redis
from auth_service.storage.audit import StoredAudit
from auth_service.storage.exports import StoredExports
from auth_service.storage.preferences import StoredPreferences
from auth_service.storage.registrations import StoredRegistrations
from auth_service.storage.sessions import StoredSessions
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.administration import Administration
from auth_service.use_cases.audit_log import AuditLog
from auth_service.use_cases.codes import CodeCheck
from auth_service.use_cases.devices import Devices
from auth_service.use_cases.email_changes import EmailChanges
from auth_service.use_cases.erasure import Leaving
from auth_service.use_cases.exports import Exports
from auth_service.use_cases.issuing import TokenIssuer
from auth_service.use_cases.mfa_sign_in import MfaSignIn
from auth_service.use_cases.passwords import PasswordKeeper
from auth_service.use_cases.preferences import PreferenceKeeper
from auth_service.use_cases.profiles import Profiles
from auth_service.use_cases.proving import PasswordProof
from auth_service.use_cases.reauthentication import Reauthentication
from auth_service.use_cases.registration import Registrations
from auth_service.use_cases.second_factors import SecondFactorKeeper
from auth_service.use_cases.sessions import SessionKeeper
from auth_service.use_cases.sign_in import SignIn
from auth_service.use_cases.stats import Statistics
from auth_service.use_cases.system_health import SystemHealth
from littlemonster.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server
from littlemonster.auth.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server
from littlemonster.common.v1.system_service_pb2_grpc import add_SystemServiceServicer_to_server
from servicekit.clock import Clock, utc_now
from servicekit.database import Database
from servicekit.kit import Kit, run
from servicekit.server import Registration


async def serve(kit: Kit[ApiSettings]) -> None:
    """This process, until it is told to stop."""
    settings = kit.settings
    signer = KeyRing(settings.signing_keys_dir, utc_now)
    kit.background(signer.watch())
    vault = FernetVault.from_file(settings.vault_key_file)
    database = await kit.database()
    await kit.broker()
    redis = connect_redis(settings.redis_url.get_secret_value())
    kit.on_close(redis.aclose)
    attempts = ResilientAttempts(RedisAttempts(redis), LocalAttempts())
    passwords = Argon2Passwords(threads=settings.password_threads)
    kit.on_close(passwords.close)
    services = compose(database, signer, passwords, attempts, probes(kit), utc_now, vault)
    await kit.serve(*services, accounts=signer)


def compose(
    database: Database,
    signer: TokenSigner,
    passwords: Passwords,
    attempts: AttemptLimiter,
    health: Sequence[HealthProbe],
    clock: Clock,
    vault: Vault,
) -> Sequence[Registration]:
    """The servicers over the given parts."""
    work = units_of_work(database)
    accounts, registrations = StoredAccounts(database), StoredRegistrations(database)
    issuer = TokenIssuer(signer)
    codes = PyotpCodes()
    check = CodeCheck(codes, vault, clock)
    auth = AuthHandlers(
        Registrations(registrations, work, passwords, attempts, clock),
        SignIn(accounts, registrations, work, passwords, attempts, issuer, clock),
        SessionKeeper(work, issuer, clock),
        Devices(StoredSessions(database), work, clock),
        PasswordKeeper(accounts, work, passwords, attempts, clock),
        Reauthentication(work, PasswordProof(accounts, passwords, attempts), check, attempts, clock),
        MfaSignIn(work, check, attempts, issuer, clock),
        SecondFactorKeeper(work, codes, vault, attempts, clock),
        signer,
    )
    users = UserHandlers(
        Profiles(accounts, work),
        PreferenceKeeper(StoredPreferences(database), work),
        Administration(accounts, work, clock),
        AuditLog(StoredAudit(database)),
        EmailChanges(work, attempts, clock),
        Leaving(work, attempts, clock),
        Statistics(StoredActivities(database), StoredPreferences(database), clock),
        Exports(StoredExports(database), work, attempts, clock),
    )
    return (
        (add_AuthServiceServicer_to_server, auth),
        (add_UserServiceServicer_to_server, users),
        (add_SystemServiceServicer_to_server, SystemHandlers(SystemHealth(health))),
    )


def probes(kit: Kit[ApiSettings]) -> Sequence[HealthProbe]:
    """One probe a service, in the order of the contract."""
    settings = kit.settings
    stored = ("database", "broker")
    services = (
        ("auth", settings.auth_address, stored),
        ("content", settings.content_address, stored),
        ("community", settings.community_address, stored),
        ("planner", settings.planner_address, stored),
        ("inference", settings.inference_address, ("model",)),
    )
    return [GrpcHealthProbe(name, kit.channel(address, name), parts) for name, address, parts in services]


if __name__ == "__main__":
    run("auth", ApiSettings, serve)
