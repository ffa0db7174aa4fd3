"""What is done so that a stored video outlives damage to its bytes: one folder each.

Each module has two functions beside its method.yaml. `store(data, **parameters)` gives the bytes
that lie on the disk. `recover(damaged, stored, **parameters)` gives what a player or a repair tool
hands to the decoder; it raises nothing, whatever the damage. `stored` are the bytes before it, for
those that follow a law; all else reads `damaged` alone.
"""
