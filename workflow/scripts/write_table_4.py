"""Write Table 4: what of the languages goes along with measures of in-language knowledge."""

from polychron import coefficients, store, tabular
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    rows = store.read_table(snakemake.input.correlations).to_pylist()
    tabular.save(coefficients.correlations(rows, 4, spec["onset"]), **dict(snakemake.output.items()))
