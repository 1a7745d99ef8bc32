"""Weights of the classifiers of subjects and of tone, and how languages spell; training/ makes each by the script of its name."""
