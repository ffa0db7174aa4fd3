"""What is done so that lost packets and damaged bytes harm less: one folder each, by kind."""
