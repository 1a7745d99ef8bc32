"""Adapters to what lies outside: other services, the mail system, the password hasher, the signing key."""
