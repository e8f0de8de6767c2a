"""Lighthouse is pinned without a host, and its report is read rightly."""

from __future__ import annotations

import json

import pytest

from commands import scores


def report(score: float) -> dict:
    """A report as Lighthouse writes it, with one audit."""
    audit = {"title": "Images have a size", "score": score}
    part = {"id": "sizes", "weight": 1}
    category = {"score": score, "auditRefs": [part]}
    return {
        "categories": dict.fromkeys(scores.GROUPS, category),
        "audits": {"sizes": audit},
    }


def test_low_scores_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert scores.read(report(0.99)) == dict.fromkeys(scores.GROUPS, 99)
    assert capsys.readouterr().out == ""
    assert scores.read(report(0.5))["seo"] == 50
    assert "seo: Images have a size" in capsys.readouterr().out


def test_every_package_of_npm_is_pinned_and_hashed() -> None:
    text = (scores.PACKAGE / "package-lock.json").read_text("utf-8")
    lock = json.loads(text)
    asked = lock["packages"][""]["dependencies"]
    given = (scores.PACKAGE / "package.json").read_text("utf-8")
    assert json.loads(given)["dependencies"] == asked
    assert asked["lighthouse"].replace(".", "").isdigit()
    packages = {n: p for n, p in lock["packages"].items() if n}
    assert len(packages) > 50
    for name, package in packages.items():
        assert package["version"] and package["integrity"], name
        assert "resolved" not in package, name
