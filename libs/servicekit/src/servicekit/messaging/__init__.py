"""Events between services: outbox → relay → JetStream → inbox. At least once on the wire, exactly once in effect."""
