"""Proto ↔ domain: small total functions, apart by what they are about."""

from community_service.convert import comments, live, moderation, pages, peers, ratings

__all__ = ["comments", "live", "moderation", "pages", "peers", "ratings"]
