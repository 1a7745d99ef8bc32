"""Weights of the classifiers of subjects and of tone; training/subjects.py and training/tone.py make them."""
