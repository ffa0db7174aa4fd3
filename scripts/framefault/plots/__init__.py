"""Figures: the tables of plotted numbers, and how they are drawn."""
