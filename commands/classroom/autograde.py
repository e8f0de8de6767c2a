"""Grade some submissions, one after the other; run in `.venv-grading`.

    python autograde.py COURSE ASSIGNMENT STUDENT [STUDENT ...]

Prints one line of JSON for each: the student, whether nbgrader got through,
the seconds it took, and the end of its log if it did not.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader


def main(course: str, assignment: str, *students: str) -> None:
    """Grade each student; one that fails does not stop the others."""
    # nbgrader's own, about the order of its database sessions.
    warnings.filterwarnings("ignore", module="nbgrader")
    config = PyFileConfigLoader("nbgrader_config.py", course).load_config()
    config.CourseDirectory.root = str(Path(course).resolve())
    api = NbGraderAPI(config=config)
    for student in students:
        start = time.monotonic()
        done = api.autograde(assignment, student, force=True)
        line = {"student": student, "graded": bool(done["success"])}
        line["seconds"] = round(time.monotonic() - start, 2)
        if not done["success"]:
            line["log"] = (done.get("log") or done.get("error") or "")[-2000:]
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
