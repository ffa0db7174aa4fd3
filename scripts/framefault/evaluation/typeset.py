"""Tables with a caption, for readers."""

from tabulate import tabulate

SYMBOLS = {"ε": "$\\varepsilon$", "Δ": "$\\Delta$"}


def typeset(body, head, caption, style):
    """Text of a table in a style of tabulate ("github", "latex_booktabs"), caption first."""
    table = tabulate(body, head, tablefmt=style, disable_numparse=True)
    if not style.startswith("latex"):
        return f"{caption}\n\n{table}\n"
    caption = caption.replace("%", "\\%")
    for symbol, command in SYMBOLS.items():
        table = table.replace(symbol, command)
    return f"\\begin{{table}}\n\\centering\n\\caption{{{caption}}}\n{table}\n\\end{{table}}\n"
