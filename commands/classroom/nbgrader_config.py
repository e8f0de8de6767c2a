"""How nbgrader grades the assignments of this book.

`make assignment` copies this file into the course's folder; nbgrader finds
it there by its name. Nothing else of the project is needed by nbgrader, but
for the kernel, which must be able to import `helpers`.
"""

from __future__ import annotations

from copy import deepcopy

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader import utils
from nbgrader.converters.autograde import Autograde
from nbgrader.preprocessors import Execute, OverwriteCells

# A student's cell may run so long, a test cell longer than `mark` waits.
ANSWER_SECONDS, TEST_SECONDS = 30, 90
# A kernel that was interrupted must say something within so many seconds.
GRACE = 15
LOST = (DeadKernelError, CellTimeoutError, TimeoutError)
# What a student's code did to the markers in memory is forgotten.
FRESH = """\
import sys
for _name in [n for n in sys.modules if n.split(".")[0] == "helpers"]:
    del sys.modules[_name]
del sys, _name
"""


class PutBack(OverwriteCells):
    """Locked and graded cells that a student deleted come back.

    nbgrader's own way needs the cell before to be there.
    """

    def add_missing_grade_cells(self, nb, resources):
        """Insert each after the last known cell that stood before it."""
        source = self.gradebook.find_notebook(
            self.notebook_id, self.assignment_id
        )
        points = {cell.name: cell.max_score for cell in source.grade_cells}
        last = -1
        for cell in source.source_cells:
            at = position(nb, cell.name)
            if at is None and cell.locked:
                at = last + 1
                nb.cells.insert(at, restored(cell, points.get(cell.name)))
            last = max(last, -1 if at is None else at)
        return nb, resources


def position(nb: NotebookNode, name: str) -> int | None:
    """Where the cell of this name stands."""
    for number, cell in enumerate(nb.cells):
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            return number
    return None


def restored(cell, points: float | None) -> NotebookNode:
    """A locked cell as it was released; with points, a test cell."""
    about = {"grade_id": cell.name, "locked": True, "schema_version": 3}
    about |= {"grade": points is not None, "solution": False, "task": False}
    about |= {"checksum": cell.checksum, "cell_type": cell.cell_type}
    if points is not None:
        about["points"] = points
    made = new_code_cell(cell.source, metadata={"nbgrader": about})
    if cell.cell_type != "code":
        made.cell_type = cell.cell_type
        del made["outputs"], made["execution_count"]
    return made


class OneCell(Execute):
    """What a cell does to its kernel costs that cell, and no other.

    After a crash, or a loop that cannot be interrupted, a new kernel runs
    the cells again that went well, and grading goes on after the culprit.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.good: list[int] = []

    def preprocess(self, nb, resources=None, km=None):
        """Begin each notebook with nothing that went well."""
        self.good = []
        return super().preprocess(nb, resources, km)

    def preprocess_cell(self, cell, resources, index):
        """Run one cell; if the kernel is lost, go on with another."""
        self._check_assign_resources(resources)
        if cell.cell_type != "code":
            return cell, self.resources
        fault = self.run_one(cell, index)
        if fault:
            cell.outputs.append(error(*fault))
            self.start_again(index)
        elif not utils.has_failed(cell) and not utils.is_grade(cell):
            self.good.append(index)
        for output in cell.outputs if utils.is_grade(cell) else ():
            # nbgrader gives no points when anything warns.
            if output.get("name") == "stderr":
                output["name"] = "stdout"
        return cell, self.resources

    def run_one(self, cell, index: int) -> tuple[str, str] | None:
        """Run a cell; the name and the text of its fault, if it had one."""
        try:
            if utils.is_grade(cell):
                self.quietly(FRESH, index)
            self.execute_cell(cell, index, store_history=True)
            stopped = any(o.get("ename") == "CellTimeoutError"
                          for o in cell.outputs)  # fmt: skip
            if stopped:
                self.quietly("", index)
        except DeadKernelError:
            return "KernelDied", "this cell ended the kernel"
        except LOST:
            return "CellTimeoutError", "this cell could not be interrupted"
        return None

    def quietly(self, code: str, index: int) -> None:
        """Run code that belongs to no cell, within the time of grace."""
        kept = self.nb.cells[index]
        cell = new_code_cell(code or "None", metadata={"quiet": True})
        try:
            self.execute_cell(cell, index, store_history=False)
        finally:
            self.nb.cells[index] = kept
        if any(o.get("ename") == "CellTimeoutError" for o in cell.outputs):
            raise TimeoutError

    def start_again(self, index: int) -> None:
        """A new kernel in which everything ran that went well."""
        culprit, again = self.nb.cells[index], True
        while again:
            self._cleanup_kernel()
            self.km = self.create_kernel_manager()
            self.start_new_kernel()
            self.start_new_kernel_client()
            again = not all(self.still_good(n, index) for n in [*self.good])
        self.nb.cells[index] = culprit

    def still_good(self, number: int, index: int) -> bool:
        """Run a cell a second time; one that fails now is left out."""
        fault = self.run_one(deepcopy(self.nb.cells[number]), index)
        if fault:
            self.good.remove(number)
        return not fault


def error(name: str, text: str) -> NotebookNode:
    """What a cell shows that took its kernel along."""
    return new_output(
        "error", ename=name, evalue=text, traceback=[f"{name}: {text}"]
    )


def seconds(cell: NotebookNode) -> int:
    """How long a cell may run."""
    if cell.metadata.get("quiet"):
        return GRACE
    return ANSWER_SECONDS if utils.is_solution(cell) else TEST_SECONDS


def swapped(chosen: list, new: type) -> list:
    """The same steps, one of them replaced by its own kind."""
    return [new if issubclass(new, each) else each for each in chosen]


c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "jacobians"
# The stub stands above each solution already.
c.ClearSolutions.code_stub = {"python": ""}
c.PutBack.add_missing_cells = True
c.OneCell.timeout_func = seconds
c.OneCell.timeout = TEST_SECONDS
c.OneCell.startup_timeout = 180
c.Autograde.sanitize_preprocessors = swapped(
    Autograde.sanitize_preprocessors.default(), PutBack
)
c.Autograde.autograde_preprocessors = swapped(
    Autograde.autograde_preprocessors.default(), OneCell
)
