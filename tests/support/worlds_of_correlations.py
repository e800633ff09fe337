"""False worlds of claims about correlations, planted as rows of Tables 4 and 5."""

from __future__ import annotations

import math

import agreeing
from worlds import false, true, without

from polychron.stats.correlation import p_value


def printed(change, **chosen):
    """Return the tables as printed, with other coefficients in some cells, known to within 0.04."""
    rows = []
    for row in agreeing.correlations():
        if all(row[name] == value for name, value in chosen.items()):
            rho = change(row)
            row = {**row, "rho": rho, "p": p_value(rho, row["n"]), "low": rho - 0.04, "high": rho + 0.04}
        rows.append(row)
    return without(correlations=rows)


def opposite(row):
    """Return a clear coefficient of the other sign."""
    return -math.copysign(max(abs(row["rho"]), 0.5), row["rho"])


@false("T4.*", "T5.*", "B.q1", "B.q2", "B.q5", "B.q6")
def correlations_are_reversed():
    """Every coefficient has the other sign, as with sizes in reversed order, and is 0.5 or more."""
    return printed(opposite)


@false("B.q1")
def sizes_are_reversed():
    """Languages with less text are the better ones."""
    return printed(opposite, factor="pretraining_size", quantity="best")


@false("B.q1")
def task_data_do_not_matter():
    """Best scores go with the pretraining data, and not with the task data."""
    return printed(lambda row: 0.05, factor="task_data", quantity="best")


@false("B.q2")
def arc_prediction_gains_from_similarity_too():
    """Similarity to English goes with better arc prediction."""
    return printed(lambda row: -0.6, table=4, task="arc_prediction", factor="distance", quantity="best")


@false("B.q2")
def similarity_does_not_matter_in_pos_tagging():
    """Similarity to English goes with better scores in bits, arc classification and XNLI alone."""
    return printed(lambda row: -0.05, table=4, task="pos", factor="distance", quantity="best")


@true("B.q3")
def similar_languages_are_faster():
    """The more distant from English, the later are bits per character learned, as the text says."""
    return printed(lambda row: 0.385, table=4, task="bits", factor="distance", quantity="onset")


@false("B.q3")
def similar_languages_are_slower():
    """The more distant from English, the earlier are bits per character learned, as Table 4 says."""
    return printed(lambda row: row["rho"])


@false("B.q3")
def similarity_does_not_speed():
    """Distance from English goes with neither."""
    return printed(lambda row: 0.05, table=4, factor="distance", quantity="onset")


@false("B.q4")
def text_is_the_cause_of_forgetting():
    """Languages with more text forget more, in every task."""
    return printed(lambda row: 0.6, table=4, factor="pretraining_size", quantity="forgetting")


@false("B.q4")
def text_goes_with_forgetting_in_three_tasks():
    """Languages with more text forget far more in three tasks, and no more in XNLI."""
    return printed(
        lambda row: 0.2 if row["task"] == "xnli" else 0.9,
        table=4, factor="pretraining_size", quantity="forgetting",
    )  # fmt: skip


@false("B.q5")
def similarity_does_not_matter_for_xnli():
    """Similar languages transfer well in the three syntactic tasks alone."""
    return printed(lambda row: -0.1, table=5, task="xnli", factor="distance", quantity="best")


@false("B.q6")
def similarity_speeds_two_tasks():
    """Similar languages transfer faster in two tasks."""
    return printed(lambda row: 0.05, table=5, task="pos", factor="distance", quantity="onset")


@false("B.q7")
def factors_go_with_forgetting_as_well():
    """Factors are as strongly correlated with forgetting as with the best score."""
    best = {(row["task"], row["factor"]): row["rho"] for row in agreeing.correlations()
            if (row["table"], row["quantity"]) == (5, "best")}  # fmt: skip
    return printed(lambda row: best[row["task"], row["factor"]], table=5, quantity="forgetting")


@false("B.q1", "B.q2", "B.q3", "B.q5", "B.q6", "B.q7")
def nothing_is_correlated():
    """All coefficients are about 0; the largest are by chance those of best scores."""
    return printed(lambda row: 0.01 if row["quantity"] == "best" else 0.005)
