"""Who is calling: access tokens of accounts, tokens of services, and the rule beside each RPC."""
