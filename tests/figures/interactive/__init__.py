"""Interactive figures: their tables of states."""


def table_of(figure):
    """Each column of a figure's table, by name."""
    names = figure.html.split('data-columns="')[1].split('"')[0].split("|")
    rows = figure.html.split('data-rows="')[1].split('"')[0].split("\n")
    columns = zip(*(row.split("|") for row in rows), strict=True)
    return dict(zip(names, map(list, columns), strict=True))
