"""Training of probes, five seeds on the words of a real treebank, compared with common tools.

    .bench/bin/python benchmarks/probes.py OUTPUT.json [threads]

All contestants see the same float16 vectors (the embeddings of a random XLM-R base), epochs, batches of 256 and
learning rate. The loops start from our weights. The one over resident tensors also uses our orders of examples, so that
its test accuracy is the same as ours; DataLoader draws its own orders; NeuroX draws its own weights and does not
shuffle, so it gets the words in each seed's first order. The bound is the least work: for each batch and seed one
gather, one conversion to float32, and two matrix products. scikit-learn solves other problems (LogisticRegression finds
one optimum; SGDClassifier takes steps of single examples), and is listed for its time and accuracy.

What the others train on, float32 matrices on the host and on the device, is made before any clock starts. Our time
begins with the float16 vectors and includes all of their way to the device. All times include test accuracy.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from pairing import PREPARED, ROOT, least, machine, paired

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import sample
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from polychron.features import extraction
from polychron.models import loading
from polychron.probing import multi_seed, probes, training
from polychron.probing.gpu import prediction, uploads
from polychron.probing.tasks import base, registry
from polychron.probing.tasks.base import Examples
from polychron.storage import files

SEEDS, BATCH, RATE = (0, 1, 2, 3, 4), 256, 1e-3
TASKS, EPOCHS = ("pos", "arc_prediction", "arc_classification"), 3
REPETITIONS, ITERATIONS = 3, 30


class Field:
    """A task's splits and vectors, and all contestants that train on them; each returns its mean test accuracy."""

    def __init__(
        self,
        splits: dict[str, Examples],
        vectors: np.ndarray,
        epochs: int,
        patience: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.splits, self.vectors, self.epochs, self.patience = splits, vectors, epochs, patience or epochs
        self.device = device
        self.passes = epochs * len(SEEDS)  # over the training examples
        self.known = np.unique(splits["train"].label)  # a label that only dev or test has is no class
        self.classes = len(self.known)
        self.width = vectors.shape[1] * (1 if splits["train"].second is None else 3)

    def inputs(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Build the float32 matrix that the others train on, and the classes, -1 where an example has none."""
        one = self.splits[split]
        label = np.where(np.isin(one.label, self.known), np.searchsorted(self.known, one.label), -1)
        return probes.inputs(self.vectors, one.first, one.second), label

    @functools.cached_property
    def host(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The inputs and classes of all splits."""
        return {split: self.inputs(split) for split in self.splits}

    @functools.cached_property
    def there(self) -> dict[str, list[torch.Tensor]]:
        """The same as tensors on the device; on a CPU they share the memory of the arrays."""
        return {split: [torch.from_numpy(one).to(self.device) for one in both] for split, both in self.host.items()}

    def prepare(self) -> None:
        """Make what the others train on; of XNLI it takes 3.6 GB of the host and as much of a GPU."""
        self.there  # noqa: B018

    def forget(self) -> None:
        """Free what the others train on."""
        for name in ("host", "there"):
            self.__dict__.pop(name, None)

    def score(self, layers: list[torch.nn.Linear]) -> float:
        """Return the mean accuracy on test."""
        seen, label = self.there["test"]
        with torch.inference_mode():
            return float(np.mean([(layer(seen).argmax(1) == label).float().mean().item() for layer in layers]))

    def layer(self, seed: int) -> tuple[torch.nn.Linear, torch.Generator]:
        """Return a seed's initial weights, and the generator of its orders."""
        weight, bias, generator = multi_seed.initial(seed, self.width, self.classes)
        layer = torch.nn.Linear(self.width, self.classes)
        layer.weight.data, layer.bias.data = weight, bias
        return layer.to(self.device), generator

    def ours(self) -> float:
        """All seeds at once; the bound does as many epochs afterwards."""
        settings = {"epochs": self.epochs, "patience": self.patience, "batch": BATCH, "learning_rate": RATE}
        # as in a job: the plain way takes and scores arrays, the others a tensor on the card
        [vectors] = [self.vectors] if self.device == "cpu" else uploads.resident([self.vectors])
        fitted = training.fit(
            self.splits["train"], self.splits["dev"], [vectors], device=self.device, seeds=SEEDS, **settings
        )
        self.kept_epochs = fitted.kept_epochs
        self.passes = sum(min(kept + self.patience, self.epochs) for kept in fitted.kept_epochs)
        test = self.splits["test"]
        predicted = prediction.predict(fitted, vectors, test)
        return float(probes.correct(fitted, [vectors], test, predicted=predicted).mean())

    def resident(self, *, fused: bool | None = None) -> float:
        """One seed after the other, on float32 tensors in memory; the best epoch is kept, as in ours."""
        (seen, label), (dev, dev_label) = self.there["train"], self.there["dev"]
        layers = []
        for seed in SEEDS:
            layer, generator = self.layer(seed)
            adam, best = torch.optim.Adam(layer.parameters(), lr=RATE, fused=fused), -1
            for _ in range(self.epochs):
                for rows in torch.randperm(len(label), generator=generator).to(self.device).split(BATCH):
                    adam.zero_grad()
                    functional.cross_entropy(layer(seen[rows]), label[rows]).backward()
                    adam.step()
                with torch.no_grad():
                    right = (layer(dev).argmax(1) == dev_label).sum().item()
                if right > best:
                    best, kept = right, copy.deepcopy(layer)
            layers.append(kept)
        return self.score(layers)

    def loader(self) -> float:
        """One seed after the other, through PyTorch's DataLoader."""
        data = TensorDataset(*map(torch.from_numpy, self.host["train"]))
        dev, dev_label = self.there["dev"]
        layers = []
        for seed in SEEDS:
            layer, generator = self.layer(seed)
            adam = torch.optim.Adam(layer.parameters(), lr=RATE)
            batches = DataLoader(data, batch_size=BATCH, shuffle=True, generator=generator)
            for _ in range(self.epochs):
                for seen, label in batches:
                    adam.zero_grad()
                    functional.cross_entropy(layer(seen.to(self.device)), label.to(self.device)).backward()
                    adam.step()
                with torch.no_grad():
                    (layer(dev).argmax(1) == dev_label).sum().item()
            layers.append(layer)
        return self.score(layers)

    def neurox(self) -> float:
        """NeuroX's trainer, one seed after the other."""
        from neurox.interpretation import linear_probe

        seen, label = self.host["train"]
        layers = []
        for seed in SEEDS:
            order = torch.randperm(len(label), generator=torch.Generator().manual_seed(seed)).numpy()
            torch.manual_seed(seed)
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                trained = linear_probe.train_logistic_regression_probe(
                    seen[order], label[order], num_epochs=self.epochs, batch_size=BATCH, learning_rate=RATE
                )
            layers.append(trained.linear.to(self.device))
        return self.score(layers)

    def bound(self) -> None:
        """One gather, one conversion and two products for each batch of each seed; there is no score."""
        vectors = torch.from_numpy(self.vectors).to(self.device)
        train = self.splits["train"]
        weight = torch.zeros(self.classes, self.width, device=self.device)
        inputs = torch.zeros(BATCH, self.width, device=self.device)
        scores = torch.zeros(self.classes, BATCH, device=self.device)
        rows = [torch.from_numpy(one).to(self.device) for one in (train.first, train.second) if one is not None]
        size = vectors.shape[1]
        for _ in range(self.passes):
            for batch in torch.randperm(len(train)).to(self.device).split(BATCH):
                for place, one in enumerate(rows):
                    inputs[: len(batch), place * size : (place + 1) * size].copy_(vectors.index_select(0, one[batch]))
                torch.mm(weight, inputs.T, out=scores)
                torch.mm(scores, inputs)

    def logistic(self) -> float:
        """scikit-learn's LogisticRegression: one optimum, so once and not for each seed."""
        from sklearn.linear_model import LogisticRegression

        with warnings.catch_warnings(action="ignore"):  # it says that it has not converged
            fitted = LogisticRegression(max_iter=ITERATIONS).fit(*self.host["train"])
        return float(fitted.score(*self.host["test"]))

    def stochastic(self) -> float:
        """scikit-learn's SGDClassifier, for each seed."""
        from sklearn.linear_model import SGDClassifier

        train, test = self.host["train"], self.host["test"]
        made = (SGDClassifier(loss="log_loss", max_iter=self.epochs, tol=None, random_state=seed) for seed in SEEDS)
        return float(np.mean([one.fit(*train).score(*test) for one in made]))


def main(output: Path, threads: int) -> None:
    """Compare parts of speech with all contestants, and pairs of words with the bound and the resident tensors."""
    torch.set_num_threads(threads)
    facts = machine(threads) | PREPARED
    table = sample.words()
    with tempfile.TemporaryDirectory() as name:
        cut = sample.checkpoint(Path(name), sample.sentences(table))
        one = loading.load(Path(name) / "model.safetensors", Path(name) / "config.json", upto=0, device="cpu")
        vectors = extraction.extract(one, cut, 0, 2048)
    rows = []
    for asked in TASKS:
        task = base.load(registry.TASKS[asked].entry, asked, registry.TASKS[asked].options)
        field = Field(task.examples([table], [cut]), vectors, EPOCHS)
        field.prepare()
        runs = {"polychron": field.ours, "bound": field.bound, "resident tensors": field.resident}
        examples = len(field.splits["train"])
        shape = f"{asked}: {examples} examples, {field.width} values, {field.classes} classes, {len(SEEDS)} seeds"
        operations = 4 * examples * field.width * field.classes * field.passes
        setting = f"{shape}, {EPOCHS} epochs; {operations / 1e9:.0f} GFLOP"
        if asked == "pos":
            runs |= {"NeuroX": field.neurox, "DataLoader": field.loader}
        rows += paired("probes", setting, runs, REPETITIONS)
        if asked == "pos":
            slow = {f"LogisticRegression, {ITERATIONS} iterations, once": field.logistic}
            slow |= {"SGDClassifier": field.stochastic}
            rows += paired("probes", setting, {"polychron": field.ours, **slow}, 1, warm=False)[1:]
    square = torch.randn(2048, 2048)
    peak = 2 * 2048**3 / least(lambda: square @ square) / 1e9
    files.write_json(output, {"machine": facts | {"GFLOP/s of a large product": round(peak)}, "rows": rows})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
