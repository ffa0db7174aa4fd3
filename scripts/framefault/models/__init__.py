"""Networks: R3D, how networks are trained with and without defences, their weights and logits."""
