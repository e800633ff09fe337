# One figure, one rule, one script: from the gathered tables alone.
