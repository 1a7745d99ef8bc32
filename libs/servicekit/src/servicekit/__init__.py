"""The plumbing every Little Monster service stands on. Nothing here knows what a lesson, a comment or a rating is."""
