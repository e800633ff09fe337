import numpy as np
import pyarrow
import pytest

from polychron.errors import InputError
from polychron.geometry import parallel, sentence_states
from polychron.storage import files

IDS = [f"n{number:05d}" for number in range(150)]


def given(ids, cut=()):
    return parallel.Sentences(ids, np.array([name not in cut for name in ids]))


def stored(folder, **arrays):
    """Write states, and return their files."""
    for language, array in arrays.items():
        files.write_array(folder / f"{language}.npy", array)
    return {language: folder / f"{language}.npy" for language in arrays}


def test_states_are_those_of_the_same_sentence(tmp_path):
    joined = parallel.join({"de": given(IDS, cut=IDS[:1]), "is": given(IDS[::-1])})
    table = sentence_states.from_table(pyarrow.table({name: np.asarray(column) for name, column in joined.items()}))
    number = np.array([int(name[1:]) for name in IDS], np.float16)
    paths = stored(
        tmp_path, de=np.stack([number, -number])[:, :, None], **{"is": np.stack([number, -number])[:, ::-1, None]}
    )
    states = sentence_states.of_layer(table, paths, 1)
    assert states["de"].dtype == np.float64 and states["de"][:, 0].tolist() == states["is"][:, 0].tolist()
    assert states["de"][:, 0].tolist() == (-number[1:]).tolist()
    assert sentence_states.kept(table, "id").tolist() == IDS[1:]


@pytest.mark.parametrize("shape", [(2, 149, 3), (1, 150, 3), (150, 3)])
def test_states_of_another_shape_are_refused(tmp_path, shape):
    joined = parallel.join({"de": given(IDS), "en": given(IDS)})
    paths = stored(tmp_path, de=np.zeros((2, 150, 3)), en=np.zeros(shape))
    with pytest.raises(InputError, match=r"en.npy: states of shape .*layer 1 and 150 sentences are asked for"):
        sentence_states.of_layer({name: np.asarray(column) for name, column in joined.items()}, paths, 1)
