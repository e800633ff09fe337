"""A tokenizer.json that transformers would cut with otherwise is refused, and one that it takes as it is passes."""

import json

import pytest
import tiny
import zoo
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import AutoTokenizer

from polychron.checkpoints import agreement
from polychron.errors import InputError


@pytest.mark.parametrize(
    ("entries", "of_class", "lowercase", "expected"),
    [
        ({"do_lower_case": True}, "BertTokenizerFast", False, "lowercase: false.*do_lower_case: true"),
        ({"do_lower_case": False}, "ElectraTokenizer", True, "lowercase: true.*do_lower_case: false"),
        ({"strip_accents": False}, "BertTokenizer", True, "strip_accents: true"),
        ({"tokenize_chinese_chars": False}, "BertTokenizer", True, "handle_chinese_chars: true"),
        ({"do_lower_case": True, "strip_accents": None}, "BertTokenizer", True, None),
        ({"do_lower_case": False, "strip_accents": False}, "BertTokenizer", False, None),
        ({"do_lower_case": True}, None, False, "lowercase: false"),
        ({"do_lower_case": True}, "PreTrainedTokenizerFast", False, None),
    ],
)
def test_a_tokenizer_config_that_contradicts_its_tokenizer(entries, of_class, lowercase, expected, tmp_path):
    made = Tokenizer(models.WordPiece({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "the": 3, "The": 4}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    about = {"tokenizer_class": of_class, **entries}
    made.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(about))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "vocab.txt").write_text("[UNK]\n[CLS]\n[SEP]\nthe\nThe\n")
    theirs = AutoTokenizer.from_pretrained(tmp_path).backend_tokenizer.normalizer
    text = "The CAFÉ 犬が"
    same = theirs.normalize_str(text) == made.normalizer.normalize_str(text)
    assert same or expected
    if expected:
        with pytest.raises(InputError, match=expected):
            agreement.check_case(made.to_str(), about, tmp_path / "tokenizer.json")
    else:
        agreement.check_case(made.to_str(), about, tmp_path / "tokenizer.json")


def _prepended():
    """Llama's: byte fallback, and a space before the first word by a normalizer."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *"▁Thecatiso", "▁T", "he", "▁The"]
    merges = [("▁", "T"), ("h", "e"), ("▁T", "he")]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    made = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return made


ANY = {"tokenizer_class": "PreTrainedTokenizerFast"}
FAMILIES = {
    "a space before the first word of GPT-2": ("gpt2", "gpt_neox", {"add_prefix_space": True}, "into Ġ T"),
    "the same in tokenizer.json alone": (
        "gpt2",
        "llama",
        {"tokenizer_class": "GPT2Tokenizer"},
        "cuts 'The cat is so' into <s> Ġ T",
    ),
    "a space before the first word of RoBERTa": ("roberta", "modernbert", {"add_prefix_space": True}, "into Ġ|Ġ T"),
    "capitals of a model that is told nothing of case": (
        "bert",
        "bert",
        {"tokenizer_class": "BertTokenizer"},
        r"into \[CLS\] .*the",
    ),
    "special pieces that the class has": ("roberta", "gpt_neox", {"tokenizer_class": "RobertaTokenizer"}, "<s>|The"),
    "no space before the first word of Llama": (
        "llama",
        "prepend",
        {"tokenizer_class": "LlamaTokenizer", "add_prefix_space": False},
        "into ▁The",
    ),
    "GPT-2 as it is": ("gpt2", "gpt_neox", {"add_prefix_space": False}, None),
    "GPT-NeoX as it is": ("gpt_neox", "gpt_neox", {"tokenizer_class": "GPTNeoXTokenizer"}, None),
    "Llama as it is": ("llama", "prepend", {"tokenizer_class": "LlamaTokenizer"}, None),
    "capitals where it is told": ("bert", "bert", {"do_lower_case": False}, None),
    "a class that takes any tokenizer.json": ("bert", "bert", ANY, None),
    "a tokenizer.json alone": ("bert", "bert", {"model_max_length": 512, "tokenizer_class": None}, None),
    "a vocabulary that the class cannot use": ("gemma", "bert", {"tokenizer_class": "GemmaTokenizer"}, None),
    "a class that is not known": ("no-such-type", "bert", {"tokenizer_class": "NoSuchTokenizer"}, None),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_tokenizer_that_transformers_makes_another_of(name, tmp_path):
    family, kind, about, expected = FAMILIES[name]
    made = _prepended() if kind == "prepend" else zoo.tokenizer(kind)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
    if expected is None:
        agreement.check(tmp_path, made.to_str(), about)
        return
    with pytest.raises(InputError, match=r"tokenizer\.json: it cuts .* Next: if .*tokenizer_class"):
        agreement.check(tmp_path, made.to_str(), about)
    with pytest.raises(InputError, match=expected):
        agreement.check(tmp_path, made.to_str(), about)
    agreement.check(tmp_path, made.to_str(), {**about, **ANY})


def test_the_tokenizer_of_xlm_r_is_that_of_transformers(tmp_path):
    tiny.tokenizer(tmp_path, zoo.TEXT, 60)
    (tmp_path / "config.json").write_text('{"model_type": "xlm-roberta"}')
    about = json.loads((tmp_path / "tokenizer_config.json").read_text())
    text = (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    for given in ({}, about, {"tokenizer_class": "XLMRobertaTokenizer"}):
        agreement.check(tmp_path, text, given)
    with pytest.raises(InputError, match="it cuts"):
        agreement.check(tmp_path, text, {**about, "tokenizer_class": "LlamaTokenizer"})
