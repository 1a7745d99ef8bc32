"""The keys of a signer for a verifier in the same process."""

from auth_service.ports import TokenSigner
from servicekit.identity.jwks import public_key
from servicekit.identity.keys import StaticKeys


def key_source(signer: TokenSigner) -> StaticKeys:
    """What it publishes, known from the start."""
    return StaticKeys({key.kid: public_key(key.x) for key in signer.public_keys()})
