"""What is planted in the world is found again in its files, read as a stranger reads them."""

import csv
import io
import itertools
import lzma
import math
import re
from collections import Counter, defaultdict

import conllu
import numpy as np
import pytest
import yaml
from udtools import Validator

from polychron.synthetic import concepts, world
from polychron.synthetic.languages import LANGUAGES
from polychron.synthetic.lexicon import SCRIPTS

SIZES = {"text": 2000, "treebank": [120, 30, 60], "parallel": 60, "inference": [900, 30, 300], "alignment": 60}
WINDOW = 64
LATIN = ("qsa", "qsb", "qsc")


@pytest.fixture(scope="module")
def layout(root):
    paper = yaml.safe_load((root / "config.yaml").read_text())["files"]
    return paper | yaml.safe_load((root / "studies" / "toy.yaml").read_text())["files"]


@pytest.fixture(scope="module")
def files(layout):
    return dict(world.files(1, WINDOW, layout, SIZES))


@pytest.fixture(scope="module")
def treebanks(files, layout):
    return {
        code: {
            **{split: parse(files[layout["treebank"][code].format(split=split)]) for split in world.SPLITS},
            "parallel": parse(files[layout["parallel"][code]]),
        }
        for code in LANGUAGES
    }


@pytest.fixture(scope="module")
def words():
    return world.World(1, WINDOW).lexica


def parse(content):
    return conllu.parse(content.decode())


def syntactic(sentence):
    return [token for token in sentence if isinstance(token["id"], int)]


def every(treebank):
    return [sentence for split in world.SPLITS for sentence in treebank[split]]


def inference(files, layout, split):
    """Read a split of all languages: language to rows of premise, hypothesis, label."""
    if split == "train":
        rows = {}
        for code in LANGUAGES:
            text = files[layout["inference"][split]["file"].format(language=code)].decode()
            head, *lines = text.splitlines()
            assert head == "premise\thypo\tlabel"
            rows[code] = [tuple(line.split("\t")) for line in lines]
        return rows
    table = csv.DictReader(
        io.StringIO(files[layout["inference"][split]["file"]].decode()), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    assert len(table.fieldnames) == 19
    rows = defaultdict(list)
    for row in table:
        rows[row["language"]].append((row["sentence1"], row["sentence2"], row["gold_label"]))
    return rows


def test_same_seed_same_bytes_and_another_seed_another_world(files, layout):
    assert dict(world.files(1, WINDOW, layout, SIZES)) == files
    other = dict(world.files(2, WINDOW, layout, SIZES))
    assert other.keys() == files.keys()
    same = {path for path in files if files[path] == other[path]}
    assert same == {layout["distances"]}


def test_the_size_of_one_dataset_changes_no_other(files, layout):
    other = dict(world.files(1, WINDOW, layout, SIZES | {"alignment": 10, "inference": [9, 9, 9]}))
    unlike = {path for path in files if files[path] != other[path]}
    assert all(path.startswith(("align/", "xnli/")) for path in unlike) and unlike


def test_every_file_that_the_study_reads_is_written(files, layout):
    asked = {layout["text"].format(language=code) for code in LANGUAGES} | {layout["distances"], layout["sizes"]}
    asked |= {layout["treebank"][code].format(split=split) for code in LANGUAGES for split in world.SPLITS}
    asked |= {layout["parallel"][code] for code in LANGUAGES}
    asked |= {entry[part] for entry in layout["alignment"].values() for part in ("source", "target", "links")}
    asked |= {layout["inference"]["train"]["file"].format(language=code) for code in LANGUAGES}
    asked |= {layout["inference"][split]["file"] for split in ("dev", "test")}
    assert set(files) == asked


def test_treebanks_pass_the_official_validator(files, tmp_path):
    found = {path: file for path, file in files.items() if path.endswith(("pud-ud-test.conllu", "ud-dev.conllu"))}
    assert len(found) == 2 * len(LANGUAGES)
    for path, content in found.items():
        (tmp_path / "treebank.conllu").write_bytes(content)
        state = Validator(lang="ud", level=3, output=None).validate_files([str(tmp_path / "treebank.conllu")])
        assert state.passed(), path


def test_what_breaks_readers_is_there(treebanks):
    for treebank in treebanks.values():
        tokens = [token for sentence in every(treebank) for token in sentence]
        kinds = Counter(token["id"][1] for token in tokens if not isinstance(token["id"], int))
        assert kinds["-"] and kinds["."]
        assert all({"sent_id", "text"} <= set(sentence.metadata) for sentence in every(treebank))
        relations = {token["deprel"] for sentence in every(treebank) for token in syntactic(sentence)}
        assert {"nsubj:pass", "aux:pass", "obl:agent", "acl:relcl", "punct", "orphan"} <= relations
        for split in treebank:
            assert max(len(syntactic(sentence)) for sentence in treebank[split]) > WINDOW
        unspaced = [
            token for sentence in every(treebank) for token in sentence if "SpaceAfter" in (token["misc"] or {})
        ]
        assert unspaced


def test_text_is_what_the_tokens_say(treebanks):
    for treebank in treebanks.values():
        for sentence in every(treebank):
            surface, covered = "", 0
            for token in sentence:
                place = token["id"] if isinstance(token["id"], int) else token["id"][0]
                if isinstance(token["id"], tuple) and token["id"][1] == ".":
                    continue
                if isinstance(token["id"], tuple):
                    covered = token["id"][2]
                elif place <= covered:
                    continue
                surface += token["form"] + ("" if (token["misc"] or {}).get("SpaceAfter") == "No" else " ")
            assert surface.strip() == sentence.metadata["text"]


def test_heads_show_the_word_order_that_was_planted(treebanks):
    for code, treebank in treebanks.items():
        sides = Counter()
        for sentence in every(treebank):
            tokens = syntactic(sentence)
            for token in tokens:
                head = tokens[token["head"] - 1]
                spoken = head["upos"] == "VERB" and token["upos"] == "NOUN"
                if spoken and token["deprel"] in ("nsubj", "obj"):
                    sides[token["deprel"], token["id"] < head["id"]] += 1
                if token["deprel"] == "amod":
                    sides["amod", token["id"] < head["id"]] += 1
        order = LANGUAGES[code].order
        before = {
            "nsubj": order.index("S") < order.index("V"),
            "obj": order.index("O") < order.index("V"),
            "amod": LANGUAGES[code].adjective == "before",
        }
        for relation, side in before.items():
            assert sides[relation, side] > 20 and sides[relation, not side] == 0, (code, relation)


def test_languages_of_different_scripts_share_digits_and_punctuation_only(files, layout):
    vocabulary = {
        code: set(lzma.decompress(files[layout["text"].format(language=code)]).decode()) - {"\n", " "}
        for code in LANGUAGES
    }
    for one, other in itertools.combinations(LANGUAGES, 2):
        shared = vocabulary[one] & vocabulary[other]
        if LANGUAGES[one].script == LANGUAGES[other].script:
            assert len(shared) > 15
        else:
            assert shared <= set("0123456789.,?"), (one, other)


def test_shares_of_cognates_are_those_that_were_planted(words):
    number = len(concepts.concepts())
    sounds = {
        code: {letter: sound for sound, letter in SCRIPTS[language.script].items()}
        for code, language in LANGUAGES.items()
    }

    def heard(code, concept):
        return "".join(sounds[code][letter] for letter in words[code].forms[concept])

    for one, other in itertools.combinations(LANGUAGES, 2):
        alike = {concept for concept in concepts.concepts() if heard(one, concept) == heard(other, concept)}
        assert len(alike) / number == pytest.approx(world.cognates(words, one, other))
        planted = min(LANGUAGES[one].inherited, LANGUAGES[other].inherited)
        assert planted - 0.05 < len(alike) / number < planted + 0.15  # names are the same in all languages
    latin = [world.cognates(words, *pair) for pair in itertools.combinations(LATIN, 2)]
    rest = [world.cognates(words, one, other) for one in LANGUAGES for other in ("qoe", "qpf") if one != other]
    assert min(latin) > max(rest)


def test_there_are_no_false_friends(words):
    """A form that two languages share never has two meanings that are each one's own."""
    for one, other in itertools.combinations(LATIN, 2):
        meanings = [defaultdict(set) for _ in range(2)]
        for meaning, code in zip(meanings, (one, other), strict=True):
            for concept, form in words[code].forms.items():
                meaning[form].add(concept)
        shared = meanings[0].keys() & meanings[1].keys()
        assert shared, (one, other)
        for form in shared:
            assert meanings[0][form] & meanings[1][form], form


def test_most_verbs_adjectives_and_adverbs_have_a_homograph(words):
    for lexicon_ in words.values():
        counts = Counter(lexicon_.forms.values())
        open_class = (*concepts.VERBS, *concepts.ADJECTIVES, *concepts.ADVERBS)
        share = np.mean([counts[lexicon_.forms[concept]] > 1 for concept in open_class])
        assert 0.5 < share < 0.85
        assert all(counts[lexicon_.forms[concept]] == 1 for concept in concepts.FUNCTION)


def test_forms_are_ambiguous_and_the_frequent_tag_leaves_room(treebanks):
    for treebank in treebanks.values():
        tags = defaultdict(Counter)
        for sentence in every(treebank):
            for token in syntactic(sentence):
                tags[token["form"]][token["upos"]] += 1
        total = sum(sum(each.values()) for each in tags.values())
        majority = sum(max(each.values()) for each in tags.values()) / total
        ambiguous = sum(sum(each.values()) for each in tags.values() if len(each) > 1) / total
        assert 0.35 < ambiguous < 0.65 and majority < 0.92


def test_relative_clauses_open_with_the_definite_article(treebanks, words):
    for code, treebank in treebanks.items():
        article = words[code].forms["the"]
        found = 0
        for sentence in every(treebank):
            tokens = syntactic(sentence)
            verbs = {token["id"] for token in tokens if token["deprel"] == "acl:relcl"}
            found += bool(verbs)
            for verb in verbs:
                pronouns = [token for token in tokens if token["head"] == verb and token["form"] == article]
                assert [token["upos"] for token in pronouns] == ["PRON"]
        assert 0.2 < found / len(every(treebank)) < 0.42


def test_parallel_treebanks_say_the_same_and_are_in_no_treebank(treebanks):
    identifiers = {code: [each.metadata["sent_id"] for each in bank["parallel"]] for code, bank in treebanks.items()}
    assert len({tuple(each) for each in identifiers.values()}) == 1
    for code, bank in treebanks.items():
        for own, reference in zip(bank["parallel"], treebanks["qsa"]["parallel"], strict=True):
            glosses = [
                Counter(
                    token["misc"]["Gloss"] for token in syntactic(each) if token["upos"] in ("NOUN", "ADV", "PROPN")
                )
                for each in (own, reference)
            ]
            assert glosses[0] == glosses[1], code
        texts = [each.metadata["text"].rstrip(" .?") for each in every(bank)]
        parallel = {each.metadata["text"].rstrip(" .?") for each in bank["parallel"]}
        assert len(parallel & set(texts)) < 0.05 * len(parallel)  # two meanings may be said alike


def test_inference_is_balanced_and_the_hypothesis_alone_is_no_answer(files, layout):
    splits = {split: inference(files, layout, split) for split in world.SPLITS}
    for split, size in zip(world.SPLITS, SIZES["inference"], strict=True):
        contradiction = "contradictory" if split == "train" else "contradiction"
        for rows in splits[split].values():
            assert Counter(label for *_, label in rows) == {
                "entailment": size / 3,
                "neutral": size / 3,
                contradiction: size / 3,
            }
            assert all(premise[-1] in ".?" and hypothesis for premise, hypothesis, _ in rows)
    for code in LANGUAGES:
        accuracy = naive_bayes(splits["train"][code], splits["test"][code])
        assert 0.36 < accuracy < 0.68, code


def naive_bayes(train, test):
    """Guess labels from the words of the hypothesis alone, and return the share that is right."""
    counts = defaultdict(Counter)
    for _, hypothesis, label in train:
        counts[label.replace("contradictory", "contradiction")].update(re.findall(r"\w+", hypothesis))
    vocabulary = len(set().union(*counts.values()))
    totals = {label: sum(each.values()) + vocabulary for label, each in counts.items()}

    def score(label, hypothesis):
        return sum(math.log((counts[label][word] + 1) / totals[label]) for word in re.findall(r"\w+", hypothesis))

    hits = [max(counts, key=lambda label: score(label, hypothesis)) == label for _, hypothesis, label in test]
    return np.mean(hits)


def test_links_join_words_of_the_same_meaning(files, layout, words):
    pairs = {pair: entry for pair, entry in layout["alignment"].items() if set(pair.split("/")) <= set(LANGUAGES)}
    assert pairs
    for pair, entry in pairs.items():
        sides = []
        for code, part in zip(pair.split("/"), ("source", "target"), strict=True):
            lines = files[entry[part]].decode().splitlines()
            assert len(lines) == SIZES["alignment"]
            texts = [re.fullmatch(r"<s snum=(\d{4})> (.*) </s>", line).groups() for line in lines]
            assert [int(number) for number, _ in texts] == list(range(1, len(lines) + 1))
            sides.append([[meanings_of(words[code], form) for form in text.split()] for _, text in texts])
        linked = defaultdict(set)
        possible = Counter()
        for line in files[entry["links"]].decode().splitlines():
            number, i, j, kind = line.split()
            left, right = (side[int(number) - 1] for side in sides)
            one, other = left[int(i) - 1], right[int(j) - 1]
            if kind == "S":
                assert one & other, (pair, line)
                linked[number].add(int(i))
            else:
                assert kind == "P"
                possible["marking"] += 1
        content = sum(len(sentence) for sentence in sides[0])
        assert sum(map(len, linked.values())) > 0.75 * content
        alike = LANGUAGES[pair[:3]].marking == LANGUAGES[pair[4:]].marking
        assert bool(possible["marking"]) or alike


def meanings_of(words, form):
    """Return what a form may mean: its concepts, those of its stem where it carries a suffix, or itself."""
    stems = {form, *(form.removesuffix(suffix) for suffix in words.suffixes.values())}
    return {concept for concept, own in words.forms.items() if own in stems} | (
        {form} if form in ".,?" or form.isdigit() else set()
    )


def test_text_is_as_long_as_asked_and_some_of_it_beyond_the_window(files, layout):
    for code, language in LANGUAGES.items():
        lines = lzma.decompress(files[layout["text"].format(language=code)]).decode().splitlines()
        assert len(lines) == round(SIZES["text"] * language.text)
    lines = lzma.decompress(files[layout["text"].format(language="qsa")]).decode().splitlines()
    assert max(len(line.split()) for line in lines) > WINDOW
    assert 7 < np.mean([len(line.split()) for line in lines]) < 13


def test_distances_and_sizes_have_the_columns_of_the_originals(files, layout):
    rows = list(csv.DictReader(io.StringIO(files[layout["distances"]].decode()), delimiter="\t"))
    assert list(rows[0]) == ["kind", "lang1", "lang2", "distance"] and len(rows) == 15
    of = {frozenset((row["lang1"], row["lang2"])): float(row["distance"]) for row in rows}
    related = [of[frozenset(pair)] for pair in itertools.combinations((*LATIN, "qsd"), 2)]
    assert max(related) < min(distance for pair, distance in of.items() if pair & {"qoe", "qpf"})
    sizes = list(csv.DictReader(io.StringIO(files[layout["sizes"]].decode())))
    assert list(sizes[0]) == ["language", "code", "tokens_millions", "size_gib"]
    for row in sizes:
        raw = lzma.decompress(files[layout["text"].format(language=row["code"])])
        assert float(row["size_gib"]) * 2**30 == pytest.approx(len(raw), rel=1e-3)
