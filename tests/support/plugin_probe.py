"""Ask fairseq's plug-in what it does, inside a process of fairseq: ``plugin_probe.py LAUNCHER ARGUMENTS OUTPUT``.

The library's launcher makes fairseq work on this Python; the arguments are those of pretraining, as JSON.
"""

import importlib.util
import json
import sys

import numpy as np
import torch

launcher, arguments, output = sys.argv[1:]
spec = importlib.util.spec_from_file_location("fairseq_launcher", launcher)
spec.loader.exec_module(importlib.util.module_from_spec(spec))

from fairseq import options, tasks  # noqa: E402
from fairseq.dataclass.utils import convert_namespace_to_omegaconf  # noqa: E402
from fairseq.models.roberta import RobertaModel  # noqa: E402

with open(arguments, encoding="utf-8") as file:
    given = json.load(file)
sys.argv[1:] = given  # the parser looks for --user-dir here
parsed = options.parse_args_and_arch(options.get_training_parser(), given)
config = convert_namespace_to_omegaconf(parsed)


def random_words(task, languages):
    """Return language and id of the words that masking put in the place of others, over some epochs."""
    task.load_dataset("train")
    found = []
    for epoch in range(1, 9):
        for number, one in enumerate(task.datasets["train"].dataset.datasets):
            one.set_epoch(epoch)
            for place in range(len(one)):
                example = one[place]
                source, target = example["net_input.src_tokens"], example["target"]
                random = target.ne(1) & source.ne(target) & source.ne(task.mask_idx)
                found += [(number, int(word)) for word in source[random]]
    assert len({number for number, _ in found}) == languages
    return np.array(found)


def computed(model, ids, **told):
    """Return the states of all layers, shape (layers, rows, pieces, dimensions), and the logits."""
    with torch.inference_mode():
        logits, extra = model(ids, features_only=False, return_all_hiddens=True, **told)
    return np.stack([state.transpose(0, 1).numpy() for state in extra["inner_states"]]), logits.numpy()


torch.manual_seed(1)
task = tasks.setup_task(config.task)
model = task.build_model(config.model)
own = task.own
with torch.no_grad():  # biases and norms begin as 0 and 1
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
facts = {"own": own.numpy(), "random": random_words(task, len(own))}

# rows of both languages, of unequal length
lang_id = torch.tensor([1, 0, 1, 0, 0])
lengths = torch.tensor([9, 5, 3, 9, 7])
ids = torch.stack([own[number].nonzero().flatten()[torch.randint(0, 20, (9,))] for number in lang_id])
ids[torch.arange(9) >= lengths[:, None]] = 1
model.eval()
facts["lang_id"], facts["ids"] = lang_id.numpy(), ids.numpy()
facts["mixed_states"], facts["mixed_logits"] = computed(model, ids, lang_id=lang_id)
facts["constant_states"], _ = computed(model, ids, lang_id=torch.zeros_like(lang_id))
for number in (0, 1):
    rows = lang_id == number
    facts[f"alone_states_{number}"], facts[f"alone_logits_{number}"] = computed(model, ids[rows], lang_id=lang_id[rows])
masked = ids.ne(1) & (torch.arange(9) % 2 == 0)
with torch.inference_mode():
    facts["masked"] = masked.numpy()
    facts["masked_logits"] = model(ids, lang_id=lang_id, masked_tokens=masked)[0].numpy()

# what a batch of one language moves
model.train()
model.zero_grad()
rows = lang_id == 0
logits = model(ids[rows], lang_id=lang_id[rows])[0]
torch.nn.functional.cross_entropy(logits[:, 0], torch.zeros(int(rows.sum()), dtype=torch.long)).backward()
moved = {name: 0 if p.grad is None else float(p.grad.abs().max()) for name, p in model.named_parameters()}
table = model.encoder.sentence_encoder.embed_tokens.weight.grad
facts["moved_rows"] = table.abs().amax(1).numpy() if table is not None else np.zeros(0)

# nothing separate: the model of fairseq
config.model.separate_embeddings, config.model.separate_layers = False, 0
plain = type(model).build_model(config.model, task).eval()
stock = RobertaModel.build_model(config.model, task).eval()
odd = stock.load_state_dict(plain.state_dict(), strict=False)
assert odd.unexpected_keys == ["encoder.own"] and not odd.missing_keys
facts["plain_states"], facts["plain_logits"] = computed(plain, ids, lang_id=lang_id)
facts["stock_states"], facts["stock_logits"] = computed(stock, ids)

np.savez(output, moved=json.dumps(moved), **facts)
