"""Between the contract and the domain: small total functions."""
