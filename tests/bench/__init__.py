"""Figures, measured in one run as ratios, printed and kept in `results/`; never red by noise."""
