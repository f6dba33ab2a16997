"""Automatic choice of a recipe's values: the space, the study that workers share, early stopping, the Pareto front."""
