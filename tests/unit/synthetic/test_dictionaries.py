"""A world's dictionary has the words of its texts, and both languages say the same by them."""

from polychron.synthetic import dictionaries
from polychron.synthetic.world import World
from polychron.tokenization import running_words


def test_the_dictionary_is_the_lexicon():
    pairs = [line.split("\t") for line in dictionaries.dictionary(3, "qsa", "qoe").splitlines()]
    assert len(pairs) == len({tuple(pair) for pair in pairs})
    lexica = World(3, 32).lexica
    forms, suffixes = lexica["qsa"].forms, lexica["qoe"].suffixes
    assert {(form, lexica["qoe"].forms[concept]) for concept, form in forms.items()} <= {tuple(pair) for pair in pairs}
    nouns = {translation for head, translation in pairs if head == forms["Anna"]}
    assert nouns == {lexica["qoe"].forms["Anna"] + ending for ending in ("", *suffixes.values())} and len(nouns) == 3


def test_most_words_of_the_texts_are_heads():
    import lzma

    for language, other in (("qsa", "qsb"), ("qoe", "qsa")):
        lines = lzma.decompress(World(3, 32).text(language, 300)).decode().splitlines()
        heads = {line.split("\t")[0].lower() for line in dictionaries.dictionary(3, language, other).splitlines()}
        assert running_words.coverage(heads, [running_words.split(line) for line in lines]) > 0.8


def test_a_twin_has_the_words_of_its_language_in_another_script():
    pairs = [line.split("\t") for line in dictionaries.dictionary(3, "qsa", "qtw", {"qtw": "qsa"}).splitlines()]
    base = [line.split("\t") for line in dictionaries.dictionary(3, "qsa", "qsa").splitlines()]
    assert [head for head, _ in pairs] == [head for head, _ in base]
    letters = {}
    for head, translation in pairs:
        assert len(head) == len(translation) and not {*head} & {*translation}
        assert all(letters.setdefault(one, other) == other for one, other in zip(head, translation, strict=True))
