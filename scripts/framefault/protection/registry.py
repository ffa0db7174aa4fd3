"""The methods of protection that there are: folders of three kinds that have a method.yaml."""

from functools import cache

from framefault.errors import UserError
from framefault.methods import methods

# {kind, a package here: the function that a module of it has}
KINDS = {"encoding": "encode_settings", "sending": "protect", "storing": "store"}


@cache
def protections():
    """{name: Method} in the order in which they act. Raises UserError for a folder that is none."""
    found = {}
    for kind, function in KINDS.items():
        for name, method in methods(f"framefault.protection.{kind}", function).items():
            if name in found:
                raise UserError(f"Two methods of protection are called {name!r}; rename one.")
            found[name] = method
    return found


def kind_of(method):
    """The kind of a Method, one of KINDS."""
    return method.module.split(".")[-2]
