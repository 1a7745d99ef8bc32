"""Lessons, scripts, spoken lines and moderation as plain data and pure rules."""
