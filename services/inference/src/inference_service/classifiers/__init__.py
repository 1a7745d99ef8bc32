"""Weights of the classifier of subjects; training/subjects.py makes them."""
