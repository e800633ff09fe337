"""Reports: scripts of several pages are held once, and the first page shows drawings."""

import base64
import json
import re

from polychron.workflow import shared_scripts

LARGE = "let large = 1;" + " " * shared_scripts.LARGE
PAGE = "<html><body><div></div><script>{large}</script>\n<script>draw({number})</script></body></html>"


def uri(text, kind="text/html"):
    return f"data:{kind};charset=utf8;filename=x;base64,{base64.b64encode(text.encode()).decode()}"


def report(*pages, described=""):
    results = {f"page-{number}": {"data_uri": uri(text)} for number, text in enumerate(pages)}
    results["results/one.svg"] = {"data_uri": uri("<svg/>", "image/svg+xml")}
    return (
        "<html><head><script>var results = 3;</script></head>\n\n<body>"
        f'<script>\nvar workflow_desc = {json.dumps(described)};</script>\n<script id="results">\n'
        f"    var results = {json.dumps(results)};\n</script></body></html>"
    )


def pages(text):
    return [base64.b64decode(found[2]).decode() for found in shared_scripts.PAGE.finditer(text)]


def test_a_script_of_two_pages_is_held_once_and_what_follows_it_waits():
    small = "<script>small</script>"
    made = [PAGE.format(large=LARGE, number=1), PAGE.format(large=LARGE, number=2), small]
    found = shared_scripts.share_scripts(report(*made))
    one, two, three = pages(found)
    assert three == small
    for number, page in ((1, one), (2, two)):
        assert LARGE not in page and f'<script type="later">draw({number})</script>' in page
    named = {re.search(r'asks: "(\w+)"', page)[1] for page in (one, two)}
    held = json.loads(re.search(r"sharedScripts = (.*);", found)[1])
    assert held == {named.pop(): LARGE} and not named
    assert found.index("sharedScripts") < found.index("</head>")


def test_a_large_script_of_one_page_stays_there():
    text = report(PAGE.format(large=LARGE, number=1), "<script>small</script>")
    assert shared_scripts.share_scripts(text) == text


def test_a_script_cannot_end_the_one_that_holds_it():
    tricky = LARGE + "'<\\/script><b>'"
    found = shared_scripts.share_scripts(report(*[PAGE.format(large=tricky, number=number) for number in (1, 2)]))
    head = found.split("</head>\n\n<body>")[0]
    assert head.count("</script>") == 2 and "<b>" not in head
    assert tricky in json.loads(re.search(r"sharedScripts = (.*);", found)[1]).values()


def test_drawings_are_shown_on_the_first_page():
    named = '<a><object class="thumbnail" data="results/{}.svg" type="image/svg+xml">Of {}</object></a>'
    text = report("<p>", described=named.format("one", "one") + named.format("two", "two"))
    described = json.loads(re.search(r"workflow_desc = (.*?);</script>", shared_scripts.fill_thumbnails(text))[1])
    drawing = uri("<svg/>", "image/svg+xml")
    assert described == f'<a><img class="thumbnail" src="{drawing}" alt="Of one"></a><a>Of two</a>'


def test_a_page_without_results_stays_as_it_is():
    assert shared_scripts.finish("<html></html>") == "<html></html>"
