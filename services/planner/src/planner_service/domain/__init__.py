"""Planner events and the rules they follow. Pure; time is an argument."""
