"""Compare the scores of a finished study in half precision with those in float32, beside what seeds differ by.

    .venv/bin/python benchmarks/precision.py studies/toy.yaml --folder . --steps 0 4800

FOLDER is where the study was run. Its jobs of some models and steps are run again by their own scripts, with the spec
of their records, in each of these ways: float32, as the study; float32 without padding, which rounds otherwise and is
not less exact; float16 and bfloat16, computed as on a GPU (weights and hidden states in half precision, XLM-R without
padding); and, as a control that must not pass, with weights rounded to float8. The study is only read. A run that was
stopped goes on with --work FOLDER, where the tables of each way are kept.

On a CPU the products of half precision are summed in float32 and rounded once, with the bias, as on tensor cores;
normalisation, GELU and the sums of attention are computed in float32. A card adds in another order, and its attention
may round the weights of attention at another point.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch
from pairing import ROOT, machine

sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "support")]

import script  # noqa: E402
from precision_scores import CONTROL, DRAWS, Row, compare, page  # noqa: E402

from polychron.errors import InputError  # noqa: E402
from polychron.features import packing  # noqa: E402
from polychron.models import loading  # noqa: E402
from polychron.provenance import records  # noqa: E402
from polychron.storage import files  # noqa: E402
from polychron.study.configuration import config, yaml_files  # noqa: E402
from polychron.study.finetuning import expansion  # noqa: E402
from polychron.study.inputs import CELL, Inputs  # noqa: E402
from polychron.study.laboratory.checkpoints import checkpoint_files  # noqa: E402
from polychron.study.study import Study  # noqa: E402

STUDY, PACKED = "float32", "float32, no padding"
WAYS = (STUDY, PACKED, "float16", "bfloat16", CONTROL)
MEASURES = ("alignment", "bits", "probes")


@contextlib.contextmanager
def computing(way: str) -> Iterator[str]:
    """Let models be computed in a way, on a device that does not do so by itself; yield the precision for specs."""
    load, half = loading.load, way if way in ("float16", "bfloat16") else "float32"

    def coarse(*paths: Any, precision: str, **settings: Any) -> Any:
        model = load(*paths, **settings)
        for name, tensor in model._tensors.items():
            model._tensors[name] = tensor.to(torch.float8_e4m3fn).to(tensor.dtype)
        return model

    with (
        mock.patch.object(loading, "of_precision", lambda name, device: getattr(torch, name)),
        mock.patch.object(loading, "load", coarse if way == CONTROL else load),
        mock.patch.object(packing, "DEVICES", {"cpu", "cuda"} if way not in (STUDY, CONTROL) else set()),
    ):
        yield half


class Jobs:
    """The jobs of one checkpoint of a finished study, run again in a way.

    Parameters
    ----------
    study : Study
    model, step
        The checkpoint.
    way : str
        One of `WAYS`.
    made : Path
        The folder for what is made. What is there already is not made again.
    """

    def __init__(self, study: Study, model: str, step: int, way: str, made: Path) -> None:
        self.study, self.model, self.step, self.way = study, model, step, way
        self.made, self.inputs, self.same, self.compared = made, Inputs(study), 0, 0

    def _run(self, name: str, inputs: script.Files, outputs: script.Files, spec: Mapping[str, Any]) -> None:
        with computing(self.way) as precision:
            given = {**spec, **({} if precision == "float32" else {"precision": precision})}
            script.run(name, inputs, outputs, self.made / "log.txt", **given)

    def _scores(self, name: str, path: str, inputs: script.Files, **changes: Any) -> list[Row]:
        """Run the job of a table of scores again, and return its rows."""
        record, made = records.read(records.record_of(path)), self.made / path
        weights = {"weights": made.with_suffix(".safetensors")} if name == "train_probe" else {}
        if not made.exists():
            self._run(name, inputs, script.Files(scores=made, **weights), {**record["spec"], **changes})
        if set(changes) <= {"stored"}:
            self.compared += 1
            self.same += files.checksum(made) == record["outputs"][path]
        return files.read_table(made).to_pylist()

    def features(self, dataset: str, layer: int) -> Path:
        """Compute the word vectors of a dataset, unless they are there, and return their file."""
        made = self.made / self.study.features(self.model, dataset, layer, self.step)
        if not made.exists():
            pieces = self.study.pieces(self.model, dataset)
            spec = {"layer": layer, "tokens_per_batch": self.study.config["features"]["tokens_per_batch"]}
            given = script.Files(**checkpoint_files(self.model, self.step), pieces=pieces)
            self._run("extract_features", given, script.Files(made), {"rule": "extract_features", "threads": 1, **spec})
        return made

    def cell(self, job: Mapping[str, Any], transferred: bool) -> list[Row]:
        """Train a cell's probes, and score them in their own language and in all targets."""
        study, at = self.study, SimpleNamespace(**job)
        kinds = study.training_kinds(at.task)
        own = [self.features(f"{kind}/{at.language}", at.layer) for kind in kinds]
        given = script.Files(**self.inputs.cell_tables(at), features=own, weights=[], config=[])
        name = CELL.format(**job)
        path = f"results/{self.model}/probes/{name}.parquet"
        rows = self._scores("train_probe", path, given, stored=[True] * len(own))
        if transferred:
            targets, kind = study.of(self.model).targets_of(at.task, at.layer), study.transfer_kind(at.task)
            given = script.Files(
                weights=self.made / path.replace(".parquet", ".safetensors"),
                targets=f"results/{self.model}/targets/{at.task}.parquet",
                features=[self.features(f"{kind}/{target}", at.layer) for target in targets],
                checkpoint=[],
                pieces=[],
            )
            path = f"results/{self.model}/transfer/{name}.parquet"
            rows += self._scores("transfer_probe", path, given, stored=[True] * len(targets))
        return rows

    def alignment(self, job: Mapping[str, Any]) -> list[Row]:
        """Align the words of a pair of languages, at all layers."""
        pair = f"bitext/{job['source']}/{job['target']}"
        tables = {"examples": self.study.example(pair), "pieces": self.study.pieces(self.model, pair)}
        path = f"results/{self.model}/alignment/{job['source']}/{job['target']}/step-{self.step}.parquet"
        return self._scores("align_words", path, script.Files(**checkpoint_files(self.model, self.step), **tables))

    def bits(self, job: Mapping[str, Any]) -> list[Row]:
        """Measure the bits per character of a language, with several draws of masks."""
        pieces = self.study.pieces(self.model, f"heldout/{job['language']}")
        path = f"results/{self.model}/bits/{job['language']}/step-{self.step}.parquet"
        given = script.Files(**checkpoint_files(self.model, self.step), pieces=pieces)
        return self._scores("measure_bits", path, given, draws=DRAWS)

    def all(self, measures: Sequence[str]) -> list[Row]:
        """Run the jobs of some of `MEASURES`, and return the scores."""
        here = {"model": self.model, "step": self.step}
        cells, transfers, alignments = (
            [job for job in grid if here.items() <= job.items()]
            for grid in (self.study.cells, self.study.transfers, self.study.alignments)
        )
        guessed = [job for job in self.study.bits_of(self.model) if job["step"] == self.step]
        grids = {
            "alignment": (alignments, self.alignment),
            "bits": (guessed, self.bits),
            "probes": (cells, lambda job: self.cell(job, job in transfers)),
        }
        return [row for name in measures for job in grids[name][0] for row in grids[name][1](job)]


def study_of(paths: Sequence[str]) -> Study:
    """Read the config of a study as Snakemake does, from one file or from several that are laid over each other."""
    given: dict[str, Any] = {}
    for path in paths:
        given = config.over(path, {}) if not given else laid(given, yaml_files.load(path))
    whole = config.over(ROOT / "config.yaml", given)
    return Study(expansion.expanded(config.validated(whole, None, [ROOT / "config.yaml", *paths])))


def laid(below: Any, above: Any) -> Any:
    """Lay one mapping over another; what is no mapping is replaced."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: laid(below.get(key), value) for key, value in above.items()}}


def errors(reference: Path, other: Path, model: str, step: int) -> Row:
    """Compare the word vectors of a checkpoint in two folders, by layer.

    Returns
    -------
    dict
        For each layer, means over datasets: ``error``, the norm of the difference divided by that of the reference;
        ``same``, the share of values that are equal; ``peak``, the largest value of the reference divided by their
        root mean square.
    """
    found = defaultdict(list)
    for path in sorted(reference.glob(f"results/{model}/features/**/step-{step}.npy")):
        pair = path, other / path.relative_to(reference)
        one, two = (np.asarray(files.read_array(file), np.float32) for file in pair)
        error = np.linalg.norm(two - one) / np.linalg.norm(one)
        facts = float(error), float((one == two).mean()), float(np.abs(one).max() / np.sqrt((one**2).mean()))
        found[int(path.parent.name.removeprefix("layer-"))].append(facts)
    return {
        str(layer): dict(zip(("error", "same", "peak"), np.mean(facts, axis=0).tolist(), strict=True))
        for layer, facts in sorted(found.items())
    }


def measure(
    study: Study,
    models: Sequence[str],
    steps: Sequence[int] | None,
    ways: Sequence[str],
    measures: Sequence[str],
    work: Path,
) -> Row:
    """Run the jobs of some checkpoints in some ways, and compare each with float32."""
    result: Row = {"ways": {way: {"cells": [], "vectors": {}} for way in ways}, "same": 0, "compared": 0}
    for model in models:
        for step in steps or study.steps(model)[-1:]:
            expected: list[Row] = []
            for way in (STUDY, *ways):
                begin = time.perf_counter()
                jobs = Jobs(study, model, step, way, work / way)
                rows = jobs.all(measures)
                print(f"{model}, step {step}, {way}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
                if way == STUDY:
                    expected = rows
                    result["same"] += jobs.same
                    result["compared"] += jobs.compared
                else:
                    into = result["ways"][way]
                    into["cells"] += compare(expected, rows)
                    if "probes" in measures:
                        into["vectors"][f"{model}, step {step}"] = errors(work / STUDY, work / way, model, step)
    return result


def main() -> None:
    """Measure a study, and write what was found beside what is known of other studies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="+", help="the config files of a study that was run to its end")
    parser.add_argument("--folder", type=Path, default=ROOT, help="where it was run")
    parser.add_argument("--models", nargs="+", help="by default the first one")
    parser.add_argument("--steps", nargs="+", type=int, help="by default the last one of each model")
    parser.add_argument("--ways", nargs="+", choices=WAYS[1:], default=WAYS[1:], help="by default all")
    parser.add_argument("--measures", nargs="+", choices=MEASURES, default=MEASURES, help="by default all")
    parser.add_argument("--work", type=Path, help="keep what is made in this folder, and go on from it")
    parser.add_argument("--name", help="what the study is called on the page")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/precision.json")
    options = parser.parse_args()
    facts, known = machine(1), options.output.resolve()
    study = study_of([str(Path(path).resolve()) for path in options.study])
    work = options.work.resolve() if options.work else None
    os.chdir(options.folder)
    with tempfile.TemporaryDirectory() as made:
        try:
            models = options.models or [study.first]
            run = measure(study, models, options.steps, options.ways, options.measures, work or Path(made))
        except InputError as error:
            raise SystemExit(str(error)) from None
    runs = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    runs[options.name or study.name] = {"machine": facts, **run}
    files.write_text(known, json.dumps(runs, ensure_ascii=False).replace("}, {", "},\n{") + "\n")  # a cell a line
    files.write_text(known.with_suffix(".md"), page(runs))
    print(page(runs))


if __name__ == "__main__":
    main()
