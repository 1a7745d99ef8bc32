"""What every service does with what it holds of a person: erase it, and hand it out. See docs/decisions/0013."""
