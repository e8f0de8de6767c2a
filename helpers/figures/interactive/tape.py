"""The tape: both passes of a graph, one step at a time."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import SupportsFloat, TypeAlias

import numpy as np

from helpers.derivatives.core.refusals import public, refusal
from helpers.figures.interactive.stage import Interactive, Slider, Stage

Edge: TypeAlias = tuple[str, str]
UNIT, EDGE, ABOVE, BELOW = 47.0, 34.0, 46.0, 40.0
BOX, CIRCLE, HEAD = (15.0, 12.0), 11.0, 6.0
STEEP = (0.6, 0.85)  # where on the straight line a curve is drawn aside
TRY = (
    "Try: go back to the start, then forward step by step. What is kept on"
    " the way to y? How many arrows bring the derivative back to x?"
)


@public
def explore_tape(
    nodes: Mapping[str, tuple[float, float]],
    edges: Iterable[Edge],
    *,
    values: Mapping[str, SupportsFloat],
    derivatives: Mapping[str, SupportsFloat],
    operations: Collection[str] = (),
    labels: Mapping[str, str] | None = None,
    bends: Mapping[Edge, float] | None = None,
) -> Interactive:
    """Step through a graph: values forward, then derivatives backward.

    Args:
        nodes, edges, operations, labels, bends: the graph, as for
            `draw_graph`.
        values: the number of each box, in the order of the calculation.
        derivatives: of the last value with respect to each box.

    Returns:
        The figure, with a slider and two buttons.

    Raises:
        ValueError: values or derivatives name something else than boxes,
            or not the same boxes.

    Example:
        >>> figure = explore_tape(
        ...     {"x": (0, 0), "square": (1, 0), "y": (2, 0)},
        ...     [("x", "square"), ("square", "y")],
        ...     operations=["square"],
        ...     values={"x": 3.0, "y": 9.0},
        ...     derivatives={"x": 6.0, "y": 1.0},
        ... )
        >>> assert "Backward: ∂y/∂x = 6" in figure.html
    """
    edges = list(edges)
    check_boxes(nodes, operations, values, derivatives)
    graph = Graph(nodes, edges, operations, labels or {}, bends or {})
    table, names = states(graph, list(values), values, derivatives)
    steps = Slider("Step", names, len(names) - 1, ("Back", "Forward"))
    stage = Stage(*graph.size, table, [steps])
    graph.draw(stage)
    shown = ", ".join(f"{name} = {short(values[name])}" for name in values)
    return stage.finish(
        alt=f"A graph with the values {shown}, which appear from step to "
        "step above the boxes, and then the derivatives below them.",
        says="{says}",
        caption=TRY,
    )


def check_boxes(
    nodes: Mapping, operations: Collection, values: Mapping,
    derivatives: Mapping,
) -> None:  # fmt: skip
    boxes = [name for name in nodes if name not in operations]
    for name, given in (("values", values), ("derivatives", derivatives)):
        if set(given) != set(boxes):
            raise refusal(
                f"{name} of {', '.join(boxes)}",
                ", ".join(given) or "none",
                "one number for each node that is no operation",
            )


def short(number: SupportsFloat) -> str:
    """Three digits."""
    return f"{float(number):.3g}"


class Graph:
    """Boxes, circles and arrows, in the coordinates of the picture."""

    def __init__(
        self, nodes: Mapping, edges: list[Edge], operations: Collection[str],
        labels: Mapping[str, str], bends: Mapping[Edge, float],
    ) -> None:  # fmt: skip
        self.edges, self.operations = edges, operations
        self.labels = {name: labels.get(name, name) for name in nodes}
        self.boxes = [name for name in nodes if name not in operations]
        across, up = np.array(list(nodes.values()), float).T
        xs = EDGE + UNIT * (across - across.min())
        ys = UNIT * (up.max() - up)
        places = zip(nodes, xs, ys, strict=True)
        self.places = {name: np.array([x, y]) for name, x, y in places}
        self.curves = {
            (start, end): curve(
                self.places[start], self.places[end], bends.get((start, end))
            )
            for start, end in edges
        }
        # At half of its way a curve is farthest from the straight line.
        weights = np.array([1, 3, 3, 1]) / 8
        middles = [float((weights @ c)[1]) for c in self.curves.values()]
        lift = ABOVE - min(0.0, *middles)
        self.shift = np.array([0.0, lift])
        low = lift + max(float(ys.max()) + BELOW, *(y + 8 for y in middles))
        self.size = (float(xs.max()) + EDGE, low)

    def sources(self, name: str) -> Iterator[Edge]:
        """The arrows on the ways into a box, from the boxes before it."""
        for edge in self.edges:
            if edge[1] == name:
                yield edge
                if edge[0] in self.operations:
                    yield from self.sources(edge[0])

    def targets(self, name: str) -> Iterator[Edge]:
        """The arrows on the ways out of a box, to the boxes after it."""
        for edge in self.edges:
            if edge[0] == name:
                yield edge
                if edge[1] in self.operations:
                    yield from self.targets(edge[1])

    def leaving(self, name: str) -> int:
        return sum(start == name for start, _ in self.edges)

    def draw(self, stage: Stage) -> None:
        for number, edge in enumerate(self.edges):
            self.draw_edge(stage, edge, f"{{e{number}}}")
        for name, place in self.places.items():
            x, y = place + self.shift
            if name in self.operations:
                stage.draw("circle", cx=x, cy=y, r=CIRCLE, class_="act")
            else:
                self.draw_box(stage, name, x, y)
            stage.draw("text", self.labels[name], x=x, y=y + 4)

    def draw_box(self, stage: Stage, name: str, x: float, y: float) -> None:
        k, (w, h) = self.boxes.index(name), BOX
        stage.draw(
            "rect", x=x - w, y=y - h, width=2 * w, height=2 * h, rx=4,
            class_=f"{{n{k}}}",
        )  # fmt: skip
        stage.draw("text", f"{{v{k}}}", x=x, y=y - 20, class_="blue")
        stage.draw("text", f"{{d{k}}}", x=x, y=y + 28, class_="orange")

    def draw_edge(self, stage: Stage, edge: Edge, look: str) -> None:
        """A curve from rim to rim, with its head."""
        *places, before, end = self.curves[edge] + self.shift
        along = (end - before) / np.linalg.norm(end - before)
        aside = np.array([-along[1], along[0]])
        wings = [end - HEAD * along + s * 3.5 * aside for s in (1, -1)]
        way = [*places, before, end, wings[0], end, wings[1]]
        way = [f"{x:.1f} {y:.1f}" for x, y in way]
        path = f"M{way[0]}C{' '.join(way[1:4])}M{'L'.join(way[4:])}"
        stage.draw("path", d=path, class_=look)


def curve(
    start: np.ndarray, end: np.ndarray, bend: float | None
) -> np.ndarray:
    """Start, two control points and end, cut off at the rims of the nodes.

    A bent one leaves flat and arrives steeply, clear of the numbers below.
    """
    across, down = end - start
    aside = (bend or 0.0) * np.array([-down, across])
    shares = STEEP if bend else (0.5, 0.5)
    near, far = (start + share * (end - start) + aside for share in shares)
    return np.stack([rim(start, near), near, far, rim(end, far)])


def rim(centre: np.ndarray, toward: np.ndarray) -> np.ndarray:
    way = toward - centre
    length = math.hypot(*way)
    return centre + way / (length or 1.0) * min(BOX[0] + 2, length)


# The states


def states(
    graph: Graph, order: list[str], values: Mapping, derivatives: Mapping
) -> tuple[dict[str, list[str]], Sequence[str]]:
    """The table, and the names of the steps."""
    steps = [("start", ""), *(("forward", name) for name in order)]
    steps += [("back", name) for name in reversed(order)]
    table: dict[str, list[str]] = {"says": []}
    for direction, name in steps:
        sentence = says(graph, direction, name, order, values, derivatives)
        table["says"].append(sentence)
    for k, name in enumerate(graph.boxes):
        first = steps.index(("forward", name))
        back = steps.index(("back", name))
        rows = range(len(steps))
        value, slope = short(values[name]), short(derivatives[name])
        table[f"v{k}"] = [value if s >= first else "" for s in rows]
        table[f"d{k}"] = [f"← {slope}" if s >= back else "" for s in rows]
        table[f"n{k}"] = [
            f"now-{step[0]}" if step[1] == name else "box" for step in steps
        ]
    for number, edge in enumerate(graph.edges):
        table[f"e{number}"] = [look(graph, edge, *step) for step in steps]
    return table, [f"{s} of {len(steps) - 1}" for s in range(len(steps))]


def look(graph: Graph, edge: Edge, direction: str, name: str) -> str:
    """How an arrow is drawn in one step."""
    ways = graph.sources if direction == "forward" else graph.targets
    return f"go-{direction}" if edge in ways(name) else "line"


def says(
    graph: Graph, direction: str, name: str, order: list[str],
    values: Mapping, derivatives: Mapping,
) -> str:  # fmt: skip
    """One sentence for one step."""
    last = order[-1]
    if direction == "start":
        return "Nothing is recorded yet."
    if direction == "forward":
        kept = "the tape watches it" if name == order[0] else "it is kept"
        return f"Forward: {name} = {short(values[name])}; {kept}."
    slope = f"Backward: ∂{last}/∂{name} = {short(derivatives[name])}"
    if name == last:
        return f"{slope}: here the walk back begins."
    arrows = graph.leaving(name)
    if arrows == 1:
        return f"{slope}: it came back along one arrow."
    return f"{slope}: the sum of what came back along {arrows} arrows."
