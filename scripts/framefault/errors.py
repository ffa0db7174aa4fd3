"""The one exception whose message is meant for the user, and words for such messages."""

from difflib import get_close_matches


class UserError(Exception):
    """Something the user can put right: the message says what is wrong and what to do."""


def hint(word, known):
    """What a mistyped word may mean, to stand behind it; empty if no known word is like it."""
    close = get_close_matches(str(word), map(str, known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def in_one_line(error):
    """What another library's error says, to stand inside a sentence, or else its type."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
