"""The one exception whose message is meant for the user."""


class UserError(Exception):
    """Something the user can put right: the message says what is wrong and what to do."""
