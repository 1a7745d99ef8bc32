"""The rules of comments, moderation and ratings. Pure; time is an argument."""
