"""Where auth keeps things: PostgreSQL for what must last, Redis for counters."""
