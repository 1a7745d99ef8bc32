"""The moderation policy as a data file."""
