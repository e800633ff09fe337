"""What a parsed config no longer shows: keys twice, anchors that contain themselves, and lines."""

import pytest

from polychron.errors import InputError
from polychron.study.configuration import yaml_files


@pytest.fixture
def written(tmp_path):
    def write(text, name="study.yaml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_a_key_that_is_there_twice_is_refused_with_both_lines(written):
    file = written("steps: [1]\nprobing:\n  epochs: 9\n\nprobing: {patience: 3}\n")
    with pytest.raises(InputError, match=r"study.yaml:5: the key 'probing' is there twice .* at lines 2 and 5.*Next"):
        yaml_files.check([file])
    with pytest.raises(InputError, match=r"the key 'b' is there twice .* at lines 3 and 4"):
        yaml_files.check([written("a:\n  - c: 1\n  - b: 1\n    b: 2\n")])


def test_the_same_key_of_two_mappings_or_beside_a_merged_one_is_none(written):
    yaml_files.check([written("a: &a {b: 1, c: 2}\nd: {<<: *a, b: 3}\ne: [{b: 1}, {b: 2}]\n'no': 1\nno: 2\n")])
    yaml_files.check([written("a: &a [1, 2]\nb: *a\nc: *a\n"), written("", "empty.yaml")])


@pytest.mark.parametrize("text", ["a: 1\nb: &b\n  c: *b\n", "a: 1\nb: &b\n  - [1, *b]\n"])
def test_an_anchor_that_contains_itself_is_refused(written, text):
    with pytest.raises(InputError, match=r"study.yaml:[23]: the anchor of this value is used inside the value itself"):
        yaml_files.check([written(text)])


def test_aliases_that_multiply_are_refused(written):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(12)]
    with pytest.raises(InputError, match="aliases repeat more than 1,000,000 values"):
        yaml_files.check([written("\n".join(lines))])


def test_a_key_twice_in_a_file_that_only_json_reads(written):
    tabs = '{\n\t"a": {\n\t\t"b": 1,\n\t\t"b": 2}}'
    with pytest.raises(InputError, match="the key 'b' is there twice in one mapping"):
        yaml_files.check([written(tabs, "study.json")])


def test_the_line_of_a_value_is_that_of_the_last_file_that_has_it(written):
    first = written("a:\n  b: [1,\n      2]\nc: 3\n", "first.yaml")
    second = written("\n\nc: 4\n", "second.yaml")
    both = [first, second]
    assert yaml_files.line_of(both, ["a", "b", 1]) == (str(first), 3)
    assert yaml_files.line_of(both, ["c"]) == (str(second), 3)
    assert yaml_files.line_of(both, ["a", "x"]) is yaml_files.line_of(both, ["a", "b", 7]) is None


def test_two_merges_in_a_mapping_are_no_key_twice(written):
    yaml_files.check([written("a: &a {x: 1}\nb: &b {y: 2}\nc:\n  <<: *a\n  <<: *b\n")])
