"""Judging texts by ordered, explainable phases; the rules themselves are data."""
