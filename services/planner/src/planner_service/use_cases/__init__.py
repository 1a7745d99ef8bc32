"""What an account does with its planner."""
