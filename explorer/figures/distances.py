"""Distances of samples to the data, with intervals, above what two draws of the data show."""

from .style import FAMILY, FONT, GRID, INK, INK2, INK3, REFERENCE, faded, rounded, short


def distances(rows, zero) -> dict:
    """A dot and its 95 % interval for each row (name, family, wasserstein), top to bottom; the
    shaded band is the distance of two fresh draws of the data (`zero`: value, low, high)."""
    names = [r.name for r in rows]
    traces = []
    for r in rows:
        e, colour = r.wasserstein, FAMILY[r.family]
        traces.append({
            "type": "scatter", "mode": "markers", "x": rounded([e.value]), "y": [r.name],
            "hoverinfo": "skip", "marker": {"size": 9, "color": colour},
            "error_x": {"type": "data", "symmetric": False, "array": rounded([e.high - e.value]),
                        "arrayminus": rounded([e.value - e.low]), "color": colour,
                        "thickness": 1.5, "width": 5}})
    top = 1.25 * max([r.wasserstein.high for r in rows] + [zero.high])
    labels = [{"x": r.wasserstein.high, "y": r.name, "text": short(r.wasserstein.value),
               "showarrow": False, "xanchor": "left", "xshift": 8,
               "font": {"size": 12, "color": INK}} for r in rows]
    labels.append({"x": zero.value, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom",
                   "text": "two draws of the data", "showarrow": False,
                   "font": {"size": 11, "color": INK3}})
    axis = {"gridcolor": GRID, "zeroline": False, "tickfont": {"size": 12, "color": INK2}}
    layout = {
        "showlegend": False, "font": {"family": FONT, "size": 12, "color": INK3},
        "margin": {"l": 190, "r": 60, "t": 36, "b": 48},
        "xaxis": {**axis, "range": [0, top], "title": {"text": "sliced Wasserstein distance"}},
        "yaxis": {**axis, "type": "category", "autorange": "reversed", "categoryarray": names,
                  "automargin": True},
        "shapes": [{"type": "rect", "x0": zero.low, "x1": zero.high, "yref": "paper", "y0": 0,
                    "y1": 1, "line": {"width": 0}, "fillcolor": faded(REFERENCE, 0.18)}],
        "annotations": labels}
    return {"data": traces, "layout": layout}
