"""Tests mirror the rooms: a module is easy to find from its test and back."""

from __future__ import annotations

from tests.support import ROOT

# Where a module's proof is, if not in tests/<room>/test_<module>.py.
ELSEWHERE = {
    "book/epoch_bar": "chapters/test_quick_answer.py",
    "derivatives/core/blocks": "derivatives/test_jacobians.py",
    "derivatives/core/compiled": "derivatives/core/test_references.py",
    "derivatives/core/explanations": "derivatives/core/test_refusals.py",
    "derivatives/core/log": "book/test_outcomes.py",
    "derivatives/core/mode": "derivatives/core/test_forward_mode.py",
    "derivatives/core/pullback": "derivatives/core/test_basis.py",
    "derivatives/core/pushforward": "derivatives/core/test_basis.py",
    "derivatives/core/requirements": "derivatives/core/test_refusals.py",
    "derivatives/core/silent_losses": "derivatives/core/test_refusals.py",
    "derivatives/core/types": "repository/test_rooms.py",
    "derivatives/difference_*": "derivatives/test_differences.py",
    "derivatives/layer_calls": "derivatives/test_layers.py",
    "derivatives/tracing": "derivatives/test_checks.py",
    "derivatives/independence": "derivatives/test_checks.py",
    "derivatives/variables": "derivatives/test_weights.py",
    "exercises/*": "exercises/answers_{}.py",
}


def modules() -> list[str]:
    """Every module of `helpers`, such as figures/style."""
    paths = sorted((ROOT / "helpers").rglob("*.py"))
    names = [path.relative_to(ROOT / "helpers") for path in paths]
    return [n.with_suffix("").as_posix() for n in names if n.stem[0] != "_"]


def proof_of(module: str) -> str:
    """The file that must exist: the mirror, unless declared elsewhere."""
    room, _, name = module.rpartition("/")
    mirror = f"{room}/test_{name}.py".lstrip("/")
    if (ROOT / "tests" / mirror).is_file():
        return mirror
    for declared, place in ELSEWHERE.items():
        start, star, _ = declared.partition("*")
        if module == declared or (star and module.startswith(start)):
            return place.format(name)
    return mirror


def test_every_module_has_its_test() -> None:
    missing = [
        f"helpers/{module}.py: no tests/{proof_of(module)}; write it, or "
        "name the file that tests the module in ELSEWHERE"
        for module in modules()
        if not (ROOT / "tests" / proof_of(module)).is_file()
    ]
    assert not missing, "\n".join(missing)


def test_what_is_declared_elsewhere_exists() -> None:
    for declared in ELSEWHERE:
        start, star, _ = declared.partition("*")
        found = [m for m in modules() if m == declared or star]
        assert any(m.startswith(start) for m in found), (
            f"ELSEWHERE names {declared}, which is not in helpers"
        )


def test_a_module_without_a_test_is_found() -> None:
    assert proof_of("figures/nowhere") == "figures/test_nowhere.py"
    assert proof_of("exercises/scalar") == "exercises/answers_scalar.py"
