"""Auth's rules: frozen data and pure functions; time and chance are arguments."""
