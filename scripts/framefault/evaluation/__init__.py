"""From stored predictions to the numbers of tables."""
