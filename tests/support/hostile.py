"""Damaged files: changes of bytes, words and lines, and what a reader has to make of them."""

import random
import re

from polychron.errors import InputError

LONGEST_MESSAGE = 1500
"""In characters, without the names of files."""

TOKENS = [
    *(
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\r",
        b"\r\n",
        b"\n",
        b"\n\n",
        b"\t",
        b"\t\t",
        b" ",
        b"  ",
        b'"',
        b"'",
    ),
    *("\u00a0".encode(), "\u202f".encode(), "\u2028".encode(), "\u0085".encode(), "\u3000".encode(), b"\x0b", b"\x1c"),
    *(
        b"_",
        b"-",
        b"#",
        b",",
        b":",
        b"=",
        b"|",
        b"0",
        b"-1",
        b"1.1",
        b"1-2",
        b"nan",
        b"inf",
        b"1e999",
        b"true",
        b"null",
    ),
    *(b"{", b"}", b"[", b"]", b"<s>", b"</s>", b"<english>", b"&", b"!", b"&a [*a]", b"? ", b"2021-99-99", b"\\ud800"),
    *(
        b"9" * 20,
        b"9" * 5000,
        b"1-" + b"9" * 5000,
        b"[" * 100_000,
        b"x" * 140_000,
        "\u0661".encode(),
        "\u00b2".encode(),
    ),
]


def mutate(content: bytes, draw: random.Random) -> bytes:
    """Change some bytes, words or lines of a file."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        place = draw.randrange(len(content) + 1)
        end = min(len(content), place + draw.choice((1, 1, 2, 8, 50)))
        way = draw.randrange(13)
        lines = content.split(b"\n")
        line = draw.randrange(len(lines))
        if way == 0:  # a byte
            content = content[:place] + bytes([draw.randrange(256)]) + content[place + 1 :]
        elif way == 1:
            content = content[:place] + content[end:]
        elif way == 2:
            content = content[:end] + content[place:end] + content[end:]
        elif way == 3:
            content = content[:place]
        elif way == 4:
            content = content[:place] + draw.choice(TOKENS) + content[place:]
        elif way == 5:  # a line
            content = b"\n".join(lines[:line] + lines[line + 1 :])
        elif way == 6:
            content = b"\n".join([*lines[:line], lines[line], *lines[line:]])
        elif way == 7:
            other = draw.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
            content = b"\n".join(lines)
        elif way == 8:
            content = b"\n".join([*lines[:line], b"".join(lines[line : line + 2]), *lines[line + 2 :]])
        elif way in (9, 10):  # a word, or a column
            pieces = re.split(rb"([\s,:\-\[\]{}]+)", lines[line])
            pieces[draw.randrange(len(pieces))] = draw.choice(TOKENS)
            content = b"\n".join([*lines[:line], b"".join(pieces), *lines[line + 1 :]])
        elif way == 11:
            pieces = lines[line].split(b"\t")
            draw.shuffle(pieces)
            content = b"\n".join([*lines[:line], b"\t".join(pieces), *lines[line + 1 :]])
        else:  # an encoding
            encoding = draw.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig"))
            content = content.decode("utf-8", "replace").encode(encoding, "replace")
    return content


def outcome(read, folder):
    """Return what is wrong with how a reader took a damaged file in a folder, None if nothing, and if it was read."""
    try:
        read()
    except InputError as error:
        said = str(error)
        if str(folder) not in said or "Next: " not in said:
            return f"a message without a file or a next step: {said[:300]}", False
        if len(said.replace(str(folder), "")) > LONGEST_MESSAGE:
            return f"a message of {len(said)} characters: {said[:300]}", False
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:300]}", False
    else:
        return None, True
    return None, False
