"""What people and workers want from auth, one method per intention: load, decide, save, tell."""
