"""The protections of a configuration: what each does, and the conditions of clips that it makes.

A protection is a name for some methods with their parameters. Clips that it protects have
conditions of their own, such as "packet_loss+gop8". What is sent is one encode of the clips by the
sender, the same for all protections that do not change it; it has a clean condition of its own,
such as "clean+gop8". What is stored is the data set's own file.
"""

from functools import cached_property

from framefault.corruption.names import PROTECTED, damage_of
from framefault.corruption.registry import corruptions
from framefault.protection.registry import KINDS, kind_of, protections

PLAIN = "plain"  # no protection: the sender's encode, sent once
CLEAN = "clean"


class Protections:
    """The section `protection` of a checked configuration."""

    def __init__(self, settings):
        self.levels = settings["levels"]
        self.named = {PLAIN: {}} | settings["methods"]

    def steps(self, name, kinds=KINDS):
        """[(Method, its parameters)] of a protection, in the order in which they act."""
        own = self.named[name]
        return [
            (method, method.defaults | own[each])
            for each, method in protections().items()
            if each in own and kind_of(method) in kinds
        ]

    def is_stored(self, name):
        return bool(self.steps(name, ["storing"]))

    def is_sent(self, corruption):
        """Whether a corruption is of clips that are sent; others are stored."""
        return corruptions()[corruption].about["codecs"] == "rtp"

    def against(self, corruption):
        """Names of the protections against a corruption: of what is sent, or of what is stored."""
        return [name for name in self.named if self.is_stored(name) != self.is_sent(corruption)]

    def condition(self, corruption, name):
        """The condition of clips under a corruption; what is stored plainly has the usual one."""
        if corruption == CLEAN:
            return self.clean_of(condition(CLEAN, name))
        return condition(corruption, name) if name in self.against(corruption) else corruption

    def encoded_as(self, name):
        """The first protection whose clips are encoded as those of another one."""
        encoding = self.steps(name, ["encoding"])
        return next(
            each
            for each in self.named
            if self.steps(each, ["encoding"]) == encoding and not self.is_stored(each)
        )

    def encode_settings(self, encoding, name):
        """The encoder's settings that a protection makes of those of the data set."""
        for method, parameters in self.steps(name, ["encoding"]):
            encoding = method.load(**parameters)(encoding)
        return encoding

    @cached_property
    def encodings(self):
        """Names of protections, one for each way in which clips are encoded before sending."""
        sent = [name for name in self.named if not self.is_stored(name)]
        return list(dict.fromkeys(map(self.encoded_as, sent)))

    @cached_property
    def conditions(self):
        """The names of all conditions but the clean ones: of any corruption."""
        return [
            condition(corruption, name)
            for corruption in corruptions()
            for name in self.against(corruption)
        ]

    @cached_property
    def clean_conditions(self):
        """The names of the conditions of clips that are encoded to be sent, and not damaged."""
        return [condition(CLEAN, name) for name in self.encodings]

    def clean_of(self, name):
        """The condition of undamaged clips that a condition's clips are compared with."""
        protection = protection_of(name)
        if not protection or self.is_stored(protection):
            return CLEAN
        return condition(CLEAN, self.encoded_as(protection))

    def plain_of(self, name):
        """The condition that a condition's bytes are compared with: of the same, not protected."""
        is_sent = protection_of(name) and not self.is_stored(protection_of(name))
        return condition(damage_of(name), PLAIN) if is_sent else damage_of(name)


def condition(corruption, protection):
    """The name of a condition of protected clips."""
    return f"{corruption}{PROTECTED}{protection}"


def protection_of(condition):
    """The protection of a condition's name, "" if there is none."""
    return condition.partition(PROTECTED)[2]


def inconsistencies(settings):
    """What a schema cannot see of the section `protection`, each in a sentence's part."""
    for name, methods in settings["methods"].items():
        place, known = f"protection.methods.{name}", protections()
        kinds = [kind_of(known[each]) for each in methods]
        if name == PLAIN:
            yield f"protection.methods has {PLAIN!r}, the name of what is sent without protection"
        if kinds.count("sending") > 1:
            yield f"{place} has {' and '.join(methods)}, but packets are protected in one way only"
        if "storing" in kinds and len(set(kinds)) > 1:
            yield f"{place} has {' and '.join(methods)}, but clips are either sent or stored"
