"""Damage to clips that are protected against it."""

from functools import partial

from framefault.video.decode import first_time
from framefault.video.reading import DAMAGE


def protected(corrupt, steps):
    """`corrupt(data, draw=...)` of clips that some (module, its parameters) protect.

    It gives a `corruption.damage.Damage`, and raises ValueError for files that cannot be protected
    or damaged so. What the encoder does is done already.
    """
    sending = [
        partial(module.protect, **own) for module, own in steps if hasattr(module, "protect")
    ]
    storing = [(module, own) for module, own in steps if hasattr(module, "store")]
    if sending:
        corrupt = partial(corrupt, protect=sending[0])
    return partial(stored, corrupt, storing) if storing else corrupt


def stored(corrupt, storing, data, draw):
    """The Damage of a file that is stored in some ways, one after the other, and recovered."""
    wholes = [data]
    for module, own in storing:
        try:
            wholes.append(module.store(wholes[-1], **own))
        except DAMAGE as error:
            reason = getattr(error, "strerror", None) or error
            name = module.__name__.rpartition(".")[2]
            raise ValueError(f"{name} cannot store it ({reason})") from error
    damage = corrupt(wholes[-1], draw=draw)

    def recovered(found):
        for (module, own), whole in zip(reversed(storing), reversed(wholes), strict=False):
            found = module.recover(found, whole, **own)
        return found

    seen, before = recovered(damage.data), recovered(wholes[-1])
    changed = seen != before
    # Containers have clocks of their own.
    delay = first_time(before) - first_time(data) if changed else 0.0
    return damage._replace(
        data=seen, changed=changed, delay=damage.delay + delay, bytes=len(wholes[-1])
    )
