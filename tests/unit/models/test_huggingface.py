"""Models of other families equal a plain loop over transformers: each layer, the loss, each word vector."""

import json

import families
import numpy as np
import pytest
import torch
import zoo
from tiny import files_of

from polychron.errors import InputError
from polychron.features import extraction
from polychron.features.batching import pad
from polychron.intrinsic import bits_per_character, masking
from polychron.models import huggingface
from polychron.models.loading import load
from polychron.tokenization import segmentation

WORDS = [
    ["the", "cat", "sat", "on", "the", "mat"],
    ["der", "Hund", "schläft", ",", "und"],
    ["собака", "спит"],
    ["犬", "が", "寝て", "いる"],
    ["is"],
]

SLIDING = ["sliding_attention", "full_attention"] * 3


@pytest.fixture(scope="module", params=zoo.FAMILIES)
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, zoo.save(request.param, folder), folder


def pieces_of(folder, sentences=WORDS, whole=False):
    return segmentation.segment(sentences, segmentation.load(folder / "tokenizer.json"), zoo.WINDOW, whole=whole)


def plain(model, pieces, sentence):
    """Return what transformers itself computes for one sentence, without padding."""
    start, stop = pieces.sentence_offsets[sentence : sentence + 2]
    ids = torch.from_numpy(pieces.ids[start:stop].astype(np.int64))[None]
    with torch.no_grad():
        return ids[0], model(input_ids=ids, output_hidden_states=True)


def test_every_layer_and_the_head_equal_transformers(saved):
    _, model, folder = saved
    pieces = pieces_of(folder)
    own = load(*files_of(folder), head=True, device="cpu")
    ids, mask = pad(pieces, np.arange(len(WORDS)))
    states = own(ids, mask)
    assert len(states) == own.depth + 1 == 4
    for sentence in range(len(WORDS)):
        _, expected = plain(model, pieces, sentence)
        real = mask[sentence]
        for ours, theirs in zip(states, expected.hidden_states, strict=True):
            torch.testing.assert_close(ours[sentence][real], theirs[0], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(own.predict(states[-1][sentence][real]), expected.logits[0], rtol=1e-4, atol=1e-5)
    assert (states[0][mask] - states[-1][mask]).abs().max() > 0.1


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_loaded_up_to_a_layer_gives_that_layer(saved, layer):
    _, model, folder = saved
    pieces = pieces_of(folder)
    part = load(*files_of(folder), upto=layer, device="cpu")
    ids, mask = pad(pieces, np.array([0]))
    assert len(part(ids, mask)) == layer + 1
    _, expected = plain(model, pieces, 0)
    torch.testing.assert_close(part.at(layer, ids, mask)[0], expected.hidden_states[layer][0], rtol=1e-4, atol=1e-5)


def test_word_vectors_are_means_over_the_pieces_of_each_word(saved):
    _, model, folder = saved
    pieces = pieces_of(folder)
    found = extraction.extract(load(*files_of(folder), upto=2, device="cpu"), pieces, 2, 64)
    assert not pieces.status.any()
    for word, sentence in enumerate(pieces.word_sentence):
        _, expected = plain(model, pieces, sentence)
        mean = expected.hidden_states[2][0][pieces.first[word] : pieces.stop[word]].mean(0)
        np.testing.assert_allclose(found[word], mean, rtol=2**-10, atol=1e-4)


def test_words_one_by_one_are_cut_like_the_text_and_know_their_pieces(saved):
    name, _, folder = saved
    tokenizer = segmentation.load(folder / "tokenizer.json")
    pieces = pieces_of(folder)
    for number, words in enumerate(WORDS):
        start, stop = pieces.sentence_offsets[number : number + 2]
        assert pieces.ids[start:stop].tolist() == tokenizer.encode(" ".join(words)).ids
        for word, row in enumerate(range(*pieces.word_offsets[number : number + 2])):
            own = pieces.ids[start + pieces.first[row] : start + pieces.stop[row]].tolist()
            assert tokenizer.decode(own).replace(" ", "") == words[word]
    assert pieces.edges == {"bert": (1, 1), "modernbert": (1, 1), "gpt_neox": (0, 0), "llama": (1, 0)}[name]
    assert (pieces.mask is None) == (name in zoo.CAUSAL)


def test_characters_are_those_of_the_text(saved):
    _, _, folder = saved
    pieces = pieces_of(folder)
    assert pieces.characters.tolist() == [len(" ".join(words)) for words in WORDS]
    lines = [[" ".join(words)] for words in WORDS]
    assert pieces_of(folder, lines, whole=True).characters.tolist() == pieces.characters.tolist()
    long = pieces_of(folder, [["犬が" * 60]], whole=True)
    assert long.lengths.tolist() == [zoo.WINDOW] and 0 < long.characters[0] < 120


def test_bits_are_those_of_the_models_own_loss(saved):
    """Causal: every piece but the first from those before it. Masked: the loss of transformers at the masks."""
    name, model, folder = saved
    pieces = pieces_of(folder, [[" ".join(words)] for words in WORDS], whole=True)
    found = bits_per_character.measure(load(*files_of(folder), head=True, device="cpu"), pieces, 0.3, 1, 64)
    total, number = 0.0, 0
    if name in zoo.CAUSAL:
        for sentence in range(len(WORDS)):
            ids, computed = plain(model, pieces, sentence)
            chances = torch.log_softmax(computed.logits[0, :-1].double(), -1)
            guessed = chances.gather(1, ids[1:, None])
            total -= guessed.sum().item() / np.log(2)
            number += len(guessed)
    else:
        ids, chosen = masking.draw_masks(pieces, 0.3, 1)
        labels = np.full(len(ids), -100)
        labels[chosen] = pieces.ids[chosen]
        for start, stop in zip(pieces.sentence_offsets, pieces.sentence_offsets[1:], strict=False):
            row, target = (torch.from_numpy(part[start:stop].astype(np.int64))[None] for part in (ids, labels))
            if (target != -100).any():
                with torch.no_grad():
                    total += model(input_ids=row, labels=target).loss.item() * int((target != -100).sum()) / np.log(2)
        number = len(chosen)
    assert found.masked == number
    assert found.per_piece == pytest.approx(total / number, rel=1e-5)
    text = len(pieces.ids) - len(WORDS) * sum(pieces.edges)
    assert found.per_character == pytest.approx(total / number / (sum(pieces.characters) / text), rel=1e-5)


def test_the_facts_of_a_config(saved):
    name, _, folder = saved
    known = huggingface.facts(folder / "config.json")
    assert (known.family, known.layers, known.dimension, known.window) == (name, 3, 24, zoo.WINDOW)
    assert known.causal == (name in zoo.CAUSAL)


def test_positions_of_robertas_kin_begin_after_padding(tmp_path):
    from transformers import RobertaConfig, XLMRobertaConfig

    for config in (RobertaConfig, XLMRobertaConfig):
        config(max_position_embeddings=514, pad_token_id=1).save_pretrained(tmp_path)
        assert huggingface.facts(tmp_path / "config.json").window == 512


def test_faults_are_told(saved, tmp_path):
    _, _, folder = saved
    with pytest.raises(InputError, match="layer 4 is asked for, and the model has the layers 0 to 3"):
        load(*files_of(folder), upto=4)
    long = pieces_of(folder, [["犬が" * 60]], whole=True)
    encoder = load(*files_of(folder), device="cpu")
    ids, mask = pad(long, np.array([0]))
    with pytest.raises(InputError, match=rf"33 pieces, and the checkpoint has positions for {zoo.WINDOW}"):
        encoder(torch.cat([ids, ids[:, :1]], 1), torch.cat([mask, mask[:, :1]], 1))
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 5}))
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(InputError, match=r"lacks \d+ of the model's tensors|no model that transformers knows"):
        load(*files_of(tmp_path), device="cpu")
    (tmp_path / "config.json").write_text(json.dumps({**config, "vocab_size": 500}))
    with pytest.raises(InputError, match=r"has the shape .* and the config describes \(500,"):
        load(*files_of(tmp_path), device="cpu")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model_type": "unheard_of", "auto_map": {"AutoModel": "code.Model"}}, "no model that transformers knows"),
        ({"model_type": "t5"}, "neither a masked nor a causal language model"),
        ({"model_type": "vit"}, "neither a masked nor a causal language model"),
    ],
)
def test_what_is_no_language_model_and_code_of_its_own_are_refused(tmp_path, content, message):
    (tmp_path / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=message):
        load(*files_of(tmp_path), device="cpu")
    assert not (tmp_path / "ran").exists()


def loaded_like(folder, made, pieces=12):
    """Compare all layers and the head with a model in memory, in a batch with padding."""
    own = load(*files_of(folder), head=True, device="cpu")
    ids = torch.randint(5, 50, (2, pieces), generator=torch.Generator().manual_seed(1))
    mask = torch.arange(pieces) < torch.tensor([pieces, pieces - 5])[:, None]
    states = own(ids, mask)
    for row, length in enumerate(mask.sum(1)):
        with torch.no_grad():
            theirs = made(input_ids=ids[row : row + 1, :length], output_hidden_states=True)
        for ours, expected in zip(states, theirs.hidden_states, strict=True):
            torch.testing.assert_close(ours[row, :length], expected[0], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(own.predict(states[-1][row, :length]), theirs.logits[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding", [-1, 1000])
@pytest.mark.parametrize("family", ["llama", "bert"])
def test_an_id_of_padding_that_is_none_changes_nothing(family, padding, tmp_path):
    made = zoo.save(family, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "pad_token_id": padding}))
    loaded_like(tmp_path, made)


def test_an_id_of_padding_that_is_none_is_told_where_positions_are_counted_from_it(tmp_path):
    from transformers import RobertaConfig

    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    RobertaConfig(vocab_size=50, **sizes).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "pad_token_id": 60}))
    with pytest.raises(InputError, match=r"pad_token_id is 60, and the model has 50 pieces .*Next: correct"):
        huggingface.facts(tmp_path / "config.json")


def test_a_head_that_calls_a_part_of_the_model(tmp_path):
    """DeBERTa's older head multiplies by the embeddings of the base model."""
    from transformers import DebertaV2Config, DebertaV2ForMaskedLM

    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 8}
    torch.manual_seed(0)
    made = DebertaV2ForMaskedLM(
        DebertaV2Config(vocab_size=60, legacy=False, max_position_embeddings=32, **sizes)
    ).eval()
    made.save_pretrained(tmp_path)
    loaded_like(tmp_path, made)


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight"),
        ("bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"),
    ],
)
def test_of_two_tied_tensors_a_file_may_have_either(kept, left, tmp_path):
    from safetensors.torch import load_file, save_file

    made = zoo.save("bert", tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    both = tensors.pop(kept, tensors.pop(left, None))
    save_file({**tensors, kept: both}, tmp_path / "model.safetensors", {"format": "pt"})
    fit = huggingface.contents(tmp_path / "config.json")
    assert not (fit.missing or fit.headless)
    loaded_like(tmp_path, made)
    load(*files_of(tmp_path), upto=1, device="cpu")


@pytest.mark.parametrize("part", ["BertModel", "BertForSequenceClassification"])
def test_a_checkpoint_without_its_head_has_layers_and_no_bits(part, tmp_path):
    import transformers

    made = zoo.save("bert", tmp_path / "whole")
    getattr(transformers, part).from_pretrained(tmp_path / "whole").save_pretrained(tmp_path / "part")
    fit = huggingface.contents(tmp_path / "part/config.json")
    assert not fit.missing and "cls.predictions.bias" in fit.headless
    own = load(*files_of(tmp_path / "part"), device="cpu")
    ids, mask = torch.arange(5, 17)[None], torch.ones(1, 12, dtype=torch.bool)
    with torch.no_grad():
        expected = made(input_ids=ids, output_hidden_states=True).hidden_states
    for ours, theirs in zip(own(ids, mask), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    with pytest.raises(InputError, match=r"lacks the head .* no bits per character .*Next: leave bits out"):
        load(*files_of(tmp_path / "part"), head=True, device="cpu")


@pytest.mark.parametrize(
    ("family", "causal", "entries"),
    [
        ("albert", False, {"num_hidden_groups": 2}),  # layers 1 to 3 share their weights, and so do 4 to 6
        (
            "gemma4_unified_text",
            True,
            {"num_kv_shared_layers": 2, "layer_types": ["sliding_attention", "full_attention"] * 3},
        ),
    ],
)
def test_layers_that_depend_on_how_many_there_are(family, causal, entries, tmp_path):
    made = families.model(family, causal, num_hidden_layers=6, **entries)
    made.save_pretrained(tmp_path)
    ids = torch.arange(5, 30)
    expected = families.alone(made, ids).hidden_states
    for layer in range(6):
        own = load(*files_of(tmp_path), upto=layer, device="cpu")
        found = own.at(layer, ids[None], torch.ones(1, len(ids), dtype=torch.bool))
        torch.testing.assert_close(found, expected[layer], rtol=1e-4, atol=1e-4)
