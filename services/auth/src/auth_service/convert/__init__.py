"""Between auth's contract and its domain; small total functions."""
