"""What auth's use cases need from outside; each docstring says what "absent" means."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from auth_service.domain.access_tokens import PublicKey
from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.attempts import Budget
from auth_service.domain.audit import AuditEvent, AuditQuery, Link
from auth_service.domain.email_changes import EmailChange
from auth_service.domain.erasure import Erasure, ErasureStatus, Receipt
from auth_service.domain.events import Event
from auth_service.domain.exports import Export
from auth_service.domain.health import ServiceHealth
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import Letter, Mail, Refusal
from auth_service.domain.preferences import Preferences
from auth_service.domain.second_factors import MfaChallenge, Totp
from auth_service.domain.secrets import MailedToken, TokenPurpose
from auth_service.domain.sessions import RefreshToken, Session
from auth_service.domain.signing_keys import SigningKey
from auth_service.domain.stats import Activity, Counts, Views
from servicekit.caller import Role


class AccountReader(Protocol):
    """Accounts as they are now, without holding them."""

    async def get(self, account_id: str) -> Account | None:
        """The account, or None when there is none the caller may see."""
        ...

    async def by_email(self, email: str) -> Account | None:
        """The account of a normalised address, or None."""
        ...

    async def known(self, ids: Sequence[str], names: Sequence[str], limit: int) -> Sequence[Account]:
        """At most `limit` confirmed accounts, not suspended, with one of those ids or names, given in lower case."""
        ...

    async def search(self, query: str, role: Role | None, before: str | None, limit: int) -> Sequence[Account]:
        """At most `limit`, the newest first, older than `before`; `query` is part of the address or name, "" of any."""
        ...


class Accounts(Protocol):
    """Accounts inside a unit of work: what is read stays locked until it ends."""

    async def get(self, account_id: str) -> Account | None:
        """The account, or None when there is none the caller may see."""
        ...

    async def by_email(self, email: str) -> Account | None:
        """The account of a normalised address, or None."""
        ...

    async def acting_admins(self) -> Sequence[Account]:
        """Every admin who is neither suspended nor leaving, held."""
        ...

    async def add(self, account: Account) -> bool:
        """Save a new account; False, and nothing saved, when its address has one."""
        ...

    async def save(self, account: Account) -> None:
        """Save an account that was read in this unit of work; its address stays."""
        ...

    async def change_email(self, account_id: str, email: str) -> None:
        """Give an account that was read in this unit of work another address. Raises EmailTaken."""
        ...

    async def remove_unconfirmed(self, account_id: str) -> None:
        """Forget an account whose address nobody confirmed."""
        ...


class MailedTokens(Protocol):
    """Mailed tokens, by their digest."""

    async def add(self, token: MailedToken) -> None:
        """Save a token."""
        ...

    async def get(self, digest: bytes) -> MailedToken | None:
        """The token, or None when none with that digest was mailed or a newer registration replaced it."""
        ...

    async def remove(self, user_id: str, sparing: Sequence[TokenPurpose] = ()) -> None:
        """Forget every token of an account but those for the purposes in `sparing`."""
        ...


class PreferencesReader(Protocol):
    """What people prefer, as it is now."""

    async def of(self, user_id: str) -> Preferences | None:
        """The account's, or None when it never changed any."""
        ...


class AllPreferences(PreferencesReader, Protocol):
    """Preferences inside a unit of work that holds the account."""

    async def save(self, user_id: str, preferences: Preferences) -> None:
        """Save all of them."""
        ...


class SessionReader(Protocol):
    """Sessions as they are now, without holding them."""

    async def living(self, user_id: str, now: datetime, before: str | None, limit: int) -> Sequence[Session]:
        """At most `limit` sessions that live at `now`, the newest first, those older than `before` if it is given."""
        ...


class Sessions(Protocol):
    """Sessions inside a unit of work: what is read stays locked until it ends."""

    async def add(self, session: Session) -> None:
        """Save a new session."""
        ...

    async def get(self, session_id: str) -> Session | None:
        """The session, or None when the caller has none with that id."""
        ...

    async def unended(self, user_id: str) -> Sequence[Session]:
        """Every session of an account that nobody ended; expired ones too."""
        ...

    async def save(self, session: Session) -> None:
        """Save a session that was read in this unit of work."""
        ...

    async def add_refresh_token(self, token: RefreshToken) -> None:
        """Save a refresh token; spent ones stay, to be known when they come back."""
        ...

    async def refresh_token(self, digest: bytes) -> RefreshToken | None:
        """The token, spent or not, or None when it was never given out."""
        ...


class Mails(Protocol):
    """The mail outbox."""

    async def add(self, mail: Mail) -> None:
        """Put a mail in."""
        ...

    async def count(self, user_id: str, kind: MailKind, since: datetime) -> int:
        """How many of one kind were put in for an account since then, sent or not; at least those of the last week."""
        ...

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Mail]:
        """At most `limit` due mails, each with one attempt more, due again at `until` unless saved before.

        Mails another worker is claiming are passed over. Empty when nothing is due.
        """
        ...

    async def save(self, mail: Mail) -> None:
        """Save a claimed mail; nothing happens when another worker has claimed it since."""
        ...


class AuditReader(Protocol):
    """The audit log as it is now."""

    async def search(self, query: AuditQuery, before: str | None, limit: int) -> Sequence[AuditEvent]:
        """At most `limit` entries, the newest first, older than `before`."""
        ...

    async def links(self, after: int, limit: int) -> Sequence[tuple[Link, AuditEvent | None]]:
        """At most `limit` links after a position, in order, each with its entry, None when that is gone."""
        ...

    async def unsealed_since(self, time: datetime) -> int:
        """How many entries as old as that, or older, are in no chain."""
        ...


class Audit(Protocol):
    """The audit log inside a unit of work: nothing that was written is ever changed."""

    async def record(self, event: AuditEvent) -> None:
        """Write an entry; anybody may. It is kept when this unit of work is."""
        ...

    async def unsealed(self, limit: int) -> Sequence[AuditEvent]:
        """At most `limit` entries in no chain yet, the oldest first; none while another unit of work links some."""
        ...

    async def last_link(self) -> Link | None:
        """The end of the chain, None while it is empty."""
        ...

    async def seal(self, links: Sequence[Link]) -> None:
        """Append links for entries that `unsealed` gave."""
        ...


class EmailChanges(Protocol):
    """Changes of addresses that wait for both to agree, inside a unit of work that holds the account."""

    async def get(self, user_id: str) -> EmailChange | None:
        """The account's newest, or None."""
        ...

    async def save(self, change: EmailChange) -> None:
        """Save it; an account has one at most."""
        ...


class MailRequests(Protocol):
    """Wishes for mail that nobody has decided about yet."""

    async def add(self, request: MailRequest) -> None:
        """Take one down; the same work for every address."""
        ...

    async def take(self) -> MailRequest | None:
        """The oldest, which is forgotten with this unit of work; None when none is left that no other has."""
        ...


class SecondFactors(Protocol):
    """Second factors inside a unit of work that holds the account: what is read stays locked until it ends."""

    async def totp(self, user_id: str) -> Totp | None:
        """The account's app, or None."""
        ...

    async def save_totp(self, totp: Totp) -> None:
        """Save it; an account has one at most."""
        ...

    async def remove(self, user_id: str) -> None:
        """Forget the account's app, recovery codes and sign-ins that wait for a code."""
        ...

    async def replace_recovery_codes(self, user_id: str, digests: Sequence[bytes]) -> None:
        """These are the account's recovery codes now, and no others."""
        ...

    async def spend_recovery_code(self, user_id: str, digest: bytes) -> bool:
        """Forget one; False when the account has none such."""
        ...

    async def add_challenge(self, challenge: MfaChallenge) -> None:
        """Save a sign-in that waits for a code."""
        ...

    async def challenge(self, digest: bytes) -> MfaChallenge | None:
        """The sign-in, or None when none with that digest waits."""
        ...

    async def save_challenge(self, challenge: MfaChallenge) -> None:
        """Save one that was read in this unit of work."""
        ...

    async def remove_challenges(self, user_id: str) -> None:
        """Forget every sign-in of an account that waits for a code."""
        ...


class OneTimeCodes(Protocol):
    """The codes of authenticator apps."""

    def new_secret(self) -> str:
        """What app and server share, in base32."""
        ...

    def uri(self, secret: str, account: str) -> str:
        """The secret as an otpauth:// address, named after the account."""
        ...

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        """Which half minute since 1970, of this one and its neighbours, has the code; None when none has."""
        ...


class Vault(Protocol):
    """Encrypts secrets that must be read again."""

    def seal(self, secret: str, owner: str) -> bytes:
        """The secret, unreadable, and good for nobody but `owner`."""
        ...

    def open(self, sealed: bytes, owner: str) -> str:
        """The secret that was sealed for the owner."""


class ErasureReader(Protocol):
    """Accounts on their way out, without holding them."""

    async def due(self, requested_by: datetime, limit: int) -> Sequence[str]:
        """Ids of at most `limit` accounts whose erasure was asked for by then and not begun."""
        ...

    async def silent(self, now: datetime, limit: int) -> Sequence[str]:
        """Ids of at most `limit` erased accounts for which services are to be asked again."""
        ...

    async def listed(self) -> Sequence[ErasureStatus]:
        """The newest thousand with their receipts, the oldest of them first."""
        ...


class Erasures(Protocol):
    """Accounts on their way out, inside a unit of work: what is read stays locked until it ends."""

    async def add(self, erasure: Erasure) -> bool:
        """Save a new one; False, and nothing saved, when the account has one."""
        ...

    async def cancel(self, user_id: str) -> bool:
        """Remove one that has not begun; False when there is none."""
        ...

    async def get(self, user_id: str) -> Erasure | None:
        """The account's erasure, begun or not, or None."""
        ...

    async def save(self, erasure: Erasure) -> None:
        """Save one that was read in this unit of work."""
        ...

    async def receive(self, user_id: str, receipt: Receipt) -> None:
        """Save a service's answer; of several answers the largest number of rows."""
        ...

    async def receipts(self, user_id: str) -> Sequence[Receipt]:
        """The answers so far, in the order of the services' names."""
        ...

    async def erase_account(self, user_id: str) -> int:
        """Delete everything auth itself holds of the account but its erasure; how many rows that was."""
        ...


class ActivityReader(Protocol):
    """What people did, as far as events have told."""

    async def counts(self, user_id: str) -> Counts:
        """How many of each kind; zeros for an account nothing was told of."""
        ...

    async def completions(self, user_id: str, before: datetime | None, limit: int) -> Sequence[datetime]:
        """When events were completed, the latest first, at most `limit` of those before that time, None being now."""
        ...


class Activities(Protocol):
    """What people did, inside the transaction of an event; what is told of an account that is gone is dropped."""

    async def record(self, activity: Activity) -> None:
        """Save it unless a newer version was."""
        ...

    async def add_views(self, views: Views) -> None:
        """Add to the video's views; they count once the video is known to be public."""
        ...

    async def drop_video(self, video_id: str) -> None:
        """Let nothing about the video count, now or later."""
        ...


class ExportReader(Protocol):
    """Exports as they are now, without holding them."""

    async def get(self, export_id: str) -> Export | None:
        """The export, or None when there is none the caller may see."""
        ...

    async def piece(self, export_id: str, number: int) -> bytes | None:
        """One piece of its archive, counted from 0; None after the last."""
        ...


class ExportsInWork(Protocol):
    """Exports inside a unit of work."""

    async def known(self, user_id: str, request_id: str | None) -> Export | None:
        """The one that this request began or, if there is none, the one being gathered for the account."""
        ...

    async def begun_since(self, user_id: str, since: datetime) -> Sequence[datetime]:
        """When exports of the account were begun since then."""
        ...

    async def add(self, export: Export) -> None:
        """Save a new one."""
        ...

    async def claim(self, now: datetime, until: datetime) -> Export | None:
        """The one that is due for longest, with one attempt more, due again at `until` unless saved before.

        One that another worker is claiming is passed over. None when nothing is due.
        """
        ...

    async def save(self, export: Export) -> bool:
        """Save the outcome of a claimed one; False, and nothing saved, when it is gone or was claimed again since."""
        ...

    async def keep(self, export_id: str, pieces: Iterable[bytes]) -> None:
        """Save the archive of one that was saved in this unit of work."""
        ...


class PersonalData(Protocol):
    """What one service holds of a person."""

    @property
    def service(self) -> str:
        """The service's name."""
        ...

    def records(self, user_id: str) -> AsyncIterator[tuple[str, str]]:
        """(collection, JSON object) of each record; each collection comes first once with "".

        Raises Unavailable, naming the service, when it does not tell everything in time.
        """
        ...


class Archive(Protocol):
    """An archive in the making."""

    async def add(self, service: str, records: AsyncIterator[tuple[str, str]]) -> None:
        """Put in what one service holds. Raises ArchiveTooLarge, and what `records` raises."""
        ...

    async def close(self) -> int:
        """Finish it. Returns its size in bytes. Raises ArchiveTooLarge."""
        ...

    def pieces(self) -> Iterable[bytes]:
        """The finished archive, in pieces of CHUNK_BYTES."""
        ...


class Archives(Protocol):
    """Makes archives."""

    def begin(self, export: Export, now: datetime) -> AbstractAsyncContextManager[Archive]:
        """A new archive; it is gone when the block ends."""
        ...


class Leftovers(Protocol):
    """What nobody needs any more; each call removes at most `limit`, passes over what others hold, and says how many."""

    async def remove_sessions(self, now: datetime, limit: int) -> int:
        """Sessions that expired, or were ended a week ago, with their refresh tokens."""
        ...

    async def remove_mailed_tokens(self, now: datetime, limit: int) -> int:
        """Tokens that expired."""
        ...

    async def remove_email_changes(self, now: datetime, limit: int) -> int:
        """Changes of addresses that waited too long, or long after they were made."""
        ...

    async def remove_challenges(self, now: datetime, limit: int) -> int:
        """Sign-ins that waited too long for a code."""
        ...

    async def remove_mails(self, now: datetime, limit: int) -> int:
        """Mails sent a week ago or abandoned a month ago."""
        ...

    async def remove_exports(self, now: datetime, limit: int) -> int:
        """Exports that expired, with their archives."""
        ...

    async def remove_erasures(self, now: datetime, limit: int) -> int:
        """Finished erasures whose receipts nobody needs any more."""
        ...


class Work(Protocol):
    """One unit of work: all of it is kept, or nothing."""

    @property
    def accounts(self) -> Accounts:
        """The accounts."""
        ...

    @property
    def mailed_tokens(self) -> MailedTokens:
        """The mailed tokens."""
        ...

    @property
    def sessions(self) -> Sessions:
        """The sessions."""
        ...

    @property
    def preferences(self) -> AllPreferences:
        """What people prefer."""
        ...

    @property
    def mails(self) -> Mails:
        """The mail outbox."""
        ...

    @property
    def email_changes(self) -> EmailChanges:
        """Changes of addresses."""
        ...

    @property
    def mail_requests(self) -> MailRequests:
        """Wishes for mail."""
        ...

    @property
    def second_factors(self) -> SecondFactors:
        """The second factors."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit log."""
        ...

    @property
    def erasures(self) -> Erasures:
        """Accounts on their way out."""
        ...

    @property
    def exports(self) -> ExportsInWork:
        """What people take along."""
        ...

    async def publish(self, event: Event) -> None:
        """Tell the other services once this unit of work is kept."""
        ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Begins a unit of work; leaving it normally keeps it, leaving it by an exception undoes it."""


class Passwords(Protocol):
    """Slow work on passwords. What is awaited raises PasswordChecksBusy when too many are waiting."""

    async def guessable(self, password: str, own_words: Sequence[str]) -> bool:
        """Whether it is common, or made of words that belong to its owner."""
        ...

    def needs_rehash(self, stored: str) -> bool:
        """Whether a hash made now would cost more, or less, than this one."""
        ...

    async def hash(self, password: str) -> str:
        """The text to store, with its salt and cost in it."""
        ...

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether the password made the hash. With None it works as long, and answers False."""
        ...


class AttemptLimiter(Protocol):
    """Counts tries against budgets, over all processes."""

    async def reserve(self, budgets: Sequence[Budget]) -> timedelta | None:
        """Count one try in every budget at once, or, when one is spent, count nothing and say how long to wait."""
        ...

    async def forgive(self, tightest: Budget, *others: Budget) -> None:
        """The try was good: empty the first budget, give the one try back to the others."""
        ...


class TokenSigner(Protocol):
    """Signs access tokens with the key in force."""

    def sign(self, claims: Mapping[str, str | int]) -> str:
        """A JWT (EdDSA) with the key's id in its header."""
        ...

    def public_keys(self) -> Sequence[PublicKey]:
        """The keys in force, and those about to be."""
        ...


class KeyStore(Protocol):
    """Where the keys that sign access tokens are kept."""

    def all(self) -> Sequence[SigningKey]:
        """Every key; never empty."""
        ...

    def add(self, begins: datetime) -> SigningKey:
        """Keep a new one, which begins to sign then, to the second."""
        ...

    def remove(self, key: SigningKey) -> None:
        """Forget one."""
        ...


class Letters(Protocol):
    """Writes the letters people get."""

    def write(self, mail: Mail, token: str | None) -> Letter:
        """A letter; `token` is None for the kinds that carry none."""
        ...


class Mailer(Protocol):
    """Hands letters to the mail system."""

    async def send(self, mail_id: str, letter: Letter) -> Refusal | None:
        """Send it under a Message-ID made from `mail_id`; None when it was taken."""
        ...


class HealthProbe(Protocol):
    """Asks one service how it is."""

    async def check(self) -> ServiceHealth:
        """Its state, within a second; never fails: a service that does not answer is UNREACHABLE."""
        ...
