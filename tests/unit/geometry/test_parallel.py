import logging

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.geometry import folds, parallel


def given(ids, cut=()):
    return parallel.Sentences(ids, np.array([name not in cut for name in ids]))


IDS = [f"n{number:05d}" for number in range(150)]


def test_sentences_are_joined_by_id_whatever_their_order():
    shuffled = list(np.random.default_rng(0).permutation(IDS))
    table = parallel.join({"de": given(IDS), "is": given(shuffled)})
    assert table["id"] == IDS and table["fold"].tolist() == folds.of_ids(IDS).tolist()
    assert [IDS[row] for row in table["de"]] == [shuffled[row] for row in table["is"]] == IDS
    assert table["de"].dtype == table["is"].dtype == np.int32 and not table["excluded"].any()


def test_a_sentence_that_is_cut_in_one_language_is_excluded_in_all(caplog):
    caplog.set_level(logging.INFO, "polychron")
    table = parallel.join({"de": given(IDS, cut=IDS[3:5]), "en": given(IDS[:140], cut=IDS[4:6]), "fr": given(IDS)})
    assert len(table["id"]) == 140 and np.flatnonzero(table["excluded"]).tolist() == [3, 4, 5]
    assert "10 ids are not in all languages" in caplog.text
    assert "en lacks 10 ids that other languages have: n00140, n00141, n00142, n00143, n00144, ..." in caplog.text
    assert "de lacks" not in caplog.text and "fr lacks" not in caplog.text
    assert "140 parallel sentences in 3 languages, 3 of them excluded" in caplog.text


def test_too_few_sentences_are_refused():
    with pytest.raises(InputError, match=r"needs 100 parallel sentences; there are 99 in de, en \(150 with"):
        parallel.join({"de": given(IDS, cut=IDS[:51]), "en": given(IDS)})
    with pytest.raises(InputError, match="there are 0"):
        parallel.join({"de": given(IDS), "en": given([f"other-{name}" for name in IDS])})


def test_ids_of_a_treebank():
    assert parallel.ids_of(["a", "a", "b", "c", "c"], [0, 0, 1, 2, 2], "de") == ["a", "b", "c"]
    with pytest.raises(InputError, match=r"of de: sentences 1 and 3 both have the sent_id 'a'"):
        parallel.ids_of(["a", "b", "a"], [0, 1, 2], "de")
    with pytest.raises(InputError, match=r"of de: sentence 2 has no sent_id"):
        parallel.ids_of(["a", None], [0, 1], "de")
