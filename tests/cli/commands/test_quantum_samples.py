"""A run on quantum states, from its search to a simulated backend."""

from __future__ import annotations

import pytest


@pytest.mark.slow
def test_a_model_of_phases_is_deployed_and_predicts_on_a_recorded_backend(qcsearch, tmp_path) -> None:
    run, backend = tmp_path / "run", "local:fake_jakarta"
    asked = ("transverse_ising:4:160", "--device", "fake_jakarta", "--trials", "2", "--run", run)
    searched = qcsearch("search", *asked, "--json")
    assert searched.code == 0, searched.err
    deployed = qcsearch("deploy", run, "--backend", backend, "--steps", "1", "--json")
    assert deployed.code == 0, deployed.err
    noisy, found = (deployed.json[name]["accuracy"] for name in ("noisy", "deployed"))
    assert noisy > 0.8
    assert abs(found - noisy) <= 0.1  # 3 of 32 samples: some lie near the border, where shots decide
    assert "free of noise" in " ".join(deployed.json["notices"])
    table = tmp_path / "found.csv"
    predicted = qcsearch("predict", run, "transverse_ising:4:20:1", "--backend", backend, "-o", table)
    assert predicted.code == 0, predicted.err
    assert f"({backend}, fake-backend)" in predicted.err
    assert len(table.read_text().splitlines()) == 21
