"""What the rules use of Snakemake's private state does what its docstrings say, in the installed version."""

import base64
import inspect
import json
import re
import zipfile
from importlib.metadata import version
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest
from forked import STARTER

from polychron import paths
from polychron.errors import InputError
from polychron.workflow import snakemake_internals as internals
from polychron.workflow import snakemake_metadata

HEAD = f"""
import json, sys
sys.path.insert(0, {str(paths.SCRIPTS)!r})
from polychron.workflow import snakemake_internals as internals
from polychron.workflow import snakemake_metadata
"""

CHAIN = """
rule made:
    output: "made-{name}.txt"
    params: spec=lambda wildcards: "of " + wildcards.name
    shell: "sleep 0.1; echo x > {output}"

rule all:
    default_target: True
    input: asked
"""


NOTHING = "rule a:\n    input: []\n"
MADE = "def asked(wildcards): return 'made-1.txt'\n" + CHAIN
FORCED, DRY = 'internals.is_forced(workflow, "made", "made-1.txt")', "internals.is_dry_run(workflow)"


@pytest.fixture
def snakefile(tmp_path):
    """Return a function that runs a Snakefile in a folder of its own and returns the process."""

    def run(text: str, *arguments: str, cores: bool = True) -> CompletedProcess:
        (tmp_path / "Snakefile").write_text(HEAD + text)
        return STARTER.run([*(("--cores", "1") if cores else ()), *arguments], cwd=tmp_path)

    return run


def told(done) -> dict:
    """Return what a Snakefile of the tests printed."""
    assert done.returncode == 0, done.stderr
    return json.loads(re.findall(r"^told (.*)$", done.stderr, re.MULTILINE)[-1])


TELL = 'print("told", json.dumps({what}), file=sys.stderr)\n'


def test_the_version_that_was_tried_is_installed():
    """With another version, check that each function still does what it says, then change `TRIED`."""
    assert version("snakemake") == internals.TRIED


def test_what_kind_of_process_this_is(snakefile):
    asks = "[internals.is_main_process(workflow), internals.is_job_of_cluster(workflow)]"
    assert told(snakefile(TELL.format(what=asks) + NOTHING)) == [True, False]
    asks = "[internals.starts_jobs(workflow), internals.runs_here(workflow)]"
    ask = f"def asked(wildcards):\n    {TELL.format(what=asks)}    return 'made-1.txt'\n{CHAIN}"
    assert told(snakefile(ask, "--dry-run")) == [False, True]
    assert told(snakefile(ask)) == [True, True]
    assert told(snakefile(ask, "--touch"))[0] is False


def test_targets_say_what_they_are_and_a_misspelt_one_is_answered(snakefile):
    ask = CHAIN.replace("asked", "[]").replace("rule all:", 'rule all:\n    "all there is"')
    assert told(snakefile(ask + TELL.format(what="internals.targets(workflow)"))) == ["all"]
    hints = "from polychron.workflow import targets\nlogger.addFilter(targets.Hints(['all'], [], []))\n"
    done = snakefile(ask + hints, "aII", "--dry-run")
    assert done.returncode == 1 and "No rule to produce aII. Targets are all;" in done.stdout + done.stderr
    assert "all (all there is)" in snakefile(ask, "--list-target-rules").stdout


def test_the_config_of_the_command_line_is_text(snakefile):
    asks = TELL.format(what='internals.command_line_config(workflow)["plan"]')
    assert told(snakefile(asks + NOTHING, "--config", "plan={gpus: 2}")) == {"gpus": "2"}


def test_the_files_of_the_config_are_known_in_the_order_in_which_they_are_merged(snakefile, tmp_path):
    for name in ("base", "first", "second"):
        (tmp_path / f"{name}.yaml").write_text(f"{{{name}: 1, all: {name}}}")
    asks = TELL.format(what='[[file.split("/")[-1] for file in internals.config_files(workflow)], config["all"]]')
    given = ["--configfile", "first.yaml", "second.yaml"]
    files = told(snakefile('configfile: "base.yaml"\n' + asks + NOTHING, *given))
    assert files == [["base.yaml", "first.yaml", "second.yaml"], "second"]
    assert told(snakefile('configfile: "base.yaml"\n' + asks + NOTHING)) == [["base.yaml"], "base"]


def test_what_a_profile_asks_for_is_known_before_jobs_are(snakefile, tmp_path):
    (tmp_path / "profile").mkdir()
    settings = {
        "default-resources": {"slurm_partition": "'cpu'", "runtime": "10 * attempt"},
        "set-resources": {"a": {"gres": "'gpu:v-1:1'"}, "b": {"gres": "'gpu:' + str(attempt)"}},
    }
    (tmp_path / "profile/config.yaml").write_text(json.dumps(settings))
    asks = 'internals.requests(workflow, "gres", "slurm_partition", "other")'
    asks = TELL.format(what=f"{{name: sorted(values) for name, values in {asks}.items()}}")
    found = told(snakefile(asks + NOTHING, "--profile", "profile"))
    assert found == {"gres": ["gpu:v-1:1"], "slurm_partition": ["cpu"], "other": []}


def test_how_states_of_slurm_jobs_are_asked_for_is_known_when_a_run_starts(snakefile):
    made = "def asked(wildcards): return 'made-1.txt'\n" + CHAIN
    made += f"\nonstart:\n    {TELL.format(what='internals.slurm_status_command(workflow)')}"
    assert told(snakefile(made)) is None


def test_what_a_killed_run_left_is_made_again(snakefile, tmp_path):
    """Without the call, Snakemake stops and asks for --rerun-incomplete."""
    # The note is written beside the start of the job.
    killed = "def asked(wildcards): return 'made-1.txt'\n" + CHAIN.replace("sleep 0.1", "sleep 1; kill -9 $PPID")
    snakefile(killed, "--nolock")
    (tmp_path / "made-1.txt").write_text("half")
    marker = tmp_path / ".snakemake/incomplete"
    assert list(marker.iterdir()), "Snakemake noted the unfinished output"
    plain = "def asked(wildcards): return 'made-1.txt'\n" + CHAIN
    assert "--rerun-incomplete" in snakefile(plain, "--nolock").stderr
    again = plain.replace(": return", ":\n    internals.remake_incomplete(workflow)\n    return")
    assert snakefile(again, "--nolock").returncode == 0
    assert (tmp_path / "made-1.txt").read_text() == "x\n"


def a_folder(note):
    note.unlink()
    note.mkdir()
    (note / "inner").write_text("x")


def holding(content):
    return lambda note: note.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


DAMAGE = {
    "no text": holding(b"\xff\xfe\x00\xd8"),
    "zeroed": holding(bytes(300)),
    "empty": holding(b""),
    "cut": holding(b'{"rule": "ma'),
    "deep": holding(b"[" * 100_000),
    "a number": holding(3),
    "a text": holding("x"),
    "a list": holding([1]),
    "a rule that is none": holding({"rule": 3, "record_format_version": 6}),
    "params that are none": holding({"params": [3, {}], "record_format_version": 6}),
    "checksums that are none": holding({"input_checksums": {"a": [1]}, "record_format_version": 6}),
    "a folder": a_folder,
}


def test_notes_of_outputs_that_cannot_be_read_are_taken_for_missing(snakefile, tmp_path):
    """As are unfinished ones and locks; without the call, most of them end in a traceback."""
    made = f"def asked(wildcards): return [f'made-{{n}}.txt' for n in range({len(DAMAGE)})]\n{CHAIN}"
    made = made.replace("sleep 0.1; ", "")
    bearing = "snakemake_metadata.tolerate_damage(lambda said: print('said', said, file=sys.stderr))\n" + made
    assert snakefile(made).returncode == 0

    def spoil():
        for number, damage in enumerate(DAMAGE.values()):
            for folder in ("metadata", "incomplete"):
                name = base64.urlsafe_b64encode(f"made-{number}.txt".encode()).decode()
                note = tmp_path / ".snakemake" / folder / name
                note.touch()
                damage(note)
        for lock in ("0.input.lock", "1.output.lock"):
            (tmp_path / ".snakemake/locks").mkdir(exist_ok=True)
            (tmp_path / ".snakemake/locks" / lock).write_bytes(b"\xff\xfe\x00\xd8")

    spoil()
    reads, writes = ["--dry-run", "--ignore-incomplete"], ["--rerun-incomplete", "--forcerun", "made"]
    assert snakefile(made, *reads).returncode == 1
    for arguments in (reads, writes):
        done = snakefile(bearing, *arguments)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    said = re.findall("^said (.*)$", done.stderr, re.MULTILINE)
    assert len(said) == snakemake_metadata.TOLD + 1 and said[-1].endswith("Further notes of this kind are not listed.")
    notes = [*(tmp_path / ".snakemake/metadata").iterdir()]
    assert len(notes) == len(DAMAGE) and all(json.loads(note.read_text())["rule"] == "made" for note in notes)


@pytest.mark.parametrize("name", ["", "metadata", "incomplete", "locks", "iocache"])
def test_a_file_in_place_of_a_folder_of_snakemakes_is_refused(tmp_path, name):
    folder = tmp_path / ".snakemake"
    snakemake_metadata.check_folders(folder)
    if name:
        folder.mkdir()
        snakemake_metadata.check_folders(folder)
    (folder / name).touch()
    with pytest.raises(InputError, match=f"{re.escape(str(folder / name))}: Snakemake keeps a folder here"):
        snakemake_metadata.check_folders(folder)


def test_the_limit_of_jobs_a_second_is_lifted(snakefile):
    """There is a limit unless it is lifted."""
    asks = "workflow.scheduling_settings.max_jobs_per_timespan is None"
    ask = f"def asked(wildcards):\n    LIFT\n    {TELL.format(what=asks)}    return 'made-1.txt'\n{CHAIN}"
    assert told(snakefile(ask.replace("LIFT", "pass"))) is False
    assert told(snakefile(ask.replace("LIFT", "internals.lift_job_rate_limit(workflow)"))) is True


def test_a_resource_is_limited_unless_the_user_did(snakefile):
    limit = 'internals.limit_resource(workflow, "originals", 1)\n'
    asks = TELL.format(what='str(getattr(workflow.global_resources["originals"], "value", 1))')
    assert told(snakefile(limit + asks + NOTHING)) == "1"
    assert told(snakefile(limit + asks + NOTHING, "--resources", "originals=3")) == "3"


def test_a_target_may_need_no_cores(snakefile):
    rule = "rule plan:\n    run: print('planned', file=sys.stderr)\n"
    assert "planned" not in snakefile(rule, "plan", cores=False).stderr
    said = snakefile('internals.default_cores(workflow, "plan", 1)\n' + rule, "plan", cores=False)
    assert said.returncode == 0 and "planned" in said.stderr
    asks = TELL.format(what="workflow.resource_settings.cores")
    assert told(snakefile('internals.default_cores(workflow, "plan", 5)\n' + asks + rule, "plan")) == 1


def test_a_rule_that_is_forced_is_known(snakefile):
    ask = TELL.format(what=FORCED) + MADE
    for words in ("--forcerun made", "--forcerun=made", "-Rmade", "-R made-1.txt", "--forceall", "-nF"):
        assert told(snakefile(ask, *words.split())) is True, words
    assert told(snakefile(ask, "--force", "--", "made-1.txt")) is True
    for words in ("", "--forcerun=all --force-use-threads", "made-1.txt", "-nf", "--config note=-F"):
        assert told(snakefile(ask, *words.split())) is False, words


@pytest.mark.parametrize("line", ["forcerun: made", "forcerun: [all, made-1.txt]", "forceall: true", "dry-run: true"])
def test_what_a_profile_forces_is_known_and_that_a_run_is_dry(snakefile, tmp_path, line):
    (tmp_path / "profiles/default").mkdir(parents=True)
    (tmp_path / "profiles/default/config.yaml").write_text(line)
    found = told(snakefile(TELL.format(what=f"[{FORCED}, {DRY}]") + MADE))
    assert found == [line.startswith("force"), line.startswith("dry")]


@pytest.mark.parametrize(("words", "dry"), [("-pn", True), ("-npF", True), ("--dryrun", True), ("-p", False)])
def test_a_dry_run_is_known_however_it_is_written(snakefile, words, dry):
    assert told(snakefile(TELL.format(what=DRY) + MADE, words)) is dry


def test_a_file_is_made_again(snakefile, tmp_path):
    force = """
def asked(wildcards): return ["made-1.txt", "made-2.txt"]

def given(wildcards):
    if FORCED and wildcards.name == "2":
        internals.force(workflow, "made-2.txt")
    return []
""" + CHAIN.replace('    output: "made', '    input: given\n    output: "made')
    assert snakefile(force.replace("FORCED", "False")).returncode == 0
    assert "Nothing to be done" in snakefile(force.replace("FORCED", "False")).stderr
    said = snakefile(force.replace("FORCED", "True")).stderr
    assert "output: made-2.txt" in said and "output: made-1.txt" not in said


def test_rules_are_made_local_but_for_some(snakefile):
    made = "def asked(wildcards): return 'made-1.txt'\n" + CHAIN
    asks = TELL.format(what="sorted(workflow._localrules)")
    found = told(snakefile(made + 'internals.run_here(workflow, but=["made"])\n' + asks))
    assert "all" in found and "made" not in found


def test_rules_are_counted_by_name(snakefile):
    made = "def asked(wildcards): return 'made-1.txt'\n" + CHAIN
    asks = TELL.format(what='[internals.rules_named(workflow, name) for name in ("ma", "a", "x")]')
    assert told(snakefile(made + asks)) == [1, 1, 0]


def test_the_jobs_of_a_run_are_known_when_it_starts(snakefile, tmp_path):
    asks = "sorted([one.rule, [*one.wildcards.values()]] for one in internals.wanted(workflow))"
    made = "def asked(wildcards): return ['made-1.txt', 'made-2.txt']\n" + CHAIN
    made += f"\nonstart:\n    {TELL.format(what=asks)}"
    assert told(snakefile(made)) == [["all", []], ["made", ["1"]], ["made", ["2"]]]
    (tmp_path / "made-2.txt").unlink()
    assert told(snakefile(made)) == [["all", []], ["made", ["2"]]]


DEAR = """
rule first:
    output: "first-{name}.txt"
    params: spec=lambda wildcards: SPEC
    shell: "echo x > {output}"

def given(wildcards):
    internals.once_planned(workflow, ask)
    return [f"first-{wildcards.name}.txt"]

rule dear:
    input: given
    output: "dear-{name}.txt"
    params: spec="dear"
    shell: "echo x > {output}"

rule all:
    default_target: True
    input: "dear-1.txt", "dear-2.txt"
"""


def test_what_a_run_would_make_again_unasked_is_known_before_it_starts(snakefile, tmp_path):
    asks = (
        'sorted([path, *cause] for path, causes in internals.made_again(workflow, "dear").items() for cause in causes)'
    )
    made = f"def ask():\n    {TELL.format(what=asks)}{DEAR}"
    assert told(snakefile(made.replace("SPEC", "wildcards.name"))) == []
    changed = made.replace("SPEC", '{"1": "1", "2": "new"}[wildcards.name]')
    ((path, rule, output, spec, reason),) = told(snakefile(changed, "--dry-run"))
    assert (path, rule, output, spec) == ("dear-2.txt", "first", "first-2.txt", "new")
    assert reason.startswith("Params have changed since last execution")
    assert told(snakefile(changed, "--dry-run", "--forcerun", "first-2.txt")) == []
    assert told(snakefile(changed, "--dry-run", "--force", "first-2.txt", "dear-2.txt")) == []
    (tmp_path / "dear-2.txt").unlink()
    assert told(snakefile(changed, "--dry-run")) == [], "what is not there is not made again"


def test_a_check_of_what_is_planned_may_end_the_run(snakefile):
    ends = 'def ask():\n    logger.error("not this")\n    raise SystemExit(1)\n' + DEAR.replace("SPEC", '"1"')
    done = snakefile(ends)
    assert done.returncode == 1 and "not this" in done.stderr and "Traceback" not in done.stderr


def test_the_specs_of_files_are_found_by_the_rules_that_make_them(snakefile):
    asks = 'dict(internals.specs_of(workflow, ["made-7.txt", "other.txt", "kept-1.txt"], without=["kept"]))'
    made = "def asked(wildcards): return 'made-1.txt'\n" + CHAIN
    made += 'rule kept:\n    output: "kept-{name}.txt"\n    params: spec="kept"\n    shell: "touch {output}"\n\n'
    assert told(snakefile(made + TELL.format(what=asks))) == {"made-7.txt": "of 7"}


def test_bundles_are_cut_in_the_order_of_their_jobs(monkeypatch):
    """Numbers in names are ordered as numbers; the last bundle has what is left."""
    import snakemake.api  # noqa: F401 - first, since the graph of jobs and others import each other
    from snakemake import dag

    monkeypatch.setattr(dag, "group_into_chunks", dag.group_into_chunks)  # so that it is as before after this test
    assert "group_into_chunks(n_components, conn_components)" in inspect.getsource(dag.DAG._update_group_components)
    internals.bundle_in_order()
    internals.bundle_in_order()
    names = [f"{language}/layer-{layer}/step-5" for language in ("de", "en") for layer in range(12)]
    components = [[SimpleNamespace(output=[f"{name}.safetensors", f"{name}.parquet"])] for name in names]
    found = dag.group_into_chunks(9, set_like(components))
    first = [[component[0].output[1].removesuffix(".parquet") for component in chunk] for chunk in found]
    assert first == [names[:9], names[9:18], names[18:]]


def set_like(components):
    """Return them in an order that is not theirs, as a set does."""
    return [components[place * 7 % len(components)] for place in range(len(components))]


def test_a_report_is_finished_with_a_stylesheet_unless_one_is_named(snakefile, tmp_path):
    text = """
internals.finish_report("p { color: #010203 }", lambda text: text.replace("Snakemake Report</title>", "Mine</title>"))
rule a:
    output: report("a.txt")
    shell: "echo x > {output}"
"""
    (tmp_path / "own.css").write_text("p { color: #040506 }")
    assert snakefile(text).returncode == 0
    for given, colour in (((), "#010203"), (("--report-stylesheet", "own.css"), "#040506")):
        assert snakefile(text, "--report", "report.html", *given).returncode == 0
        page = (tmp_path / "report.html").read_text()
        assert "<title>Mine</title>" in page and re.findall(r"#01020\d|#04050\d", page) == [colour]
    done = snakefile(text, "--report", "report.zip")  # whose pages are files
    assert done.returncode == 0 and zipfile.is_zipfile(tmp_path / "report.zip")


@pytest.mark.parametrize("listed", ["", "listed"])
def test_the_terminal_is_quiet_and_the_log_file_is_not(snakefile, tmp_path, monkeypatch, listed):
    monkeypatch.setenv("POLYCHRON_JOBS", listed)
    text = """
from polychron.workflow import quiet
if not quiet.asked():
    internals.filter_terminal(quiet.Quiet(lambda: internals.starts_jobs(workflow)))
rule all:
    input: "a.txt", "b.txt"
rule made:
    output: "a.txt"
    shell: "echo x > {output}"
rule fails:
    input: "a.txt"
    output: "b.txt"
    shell: "echo the reason >&2; exit 1"
"""
    done = snakefile(text)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "the reason" in said and "Error in rule fails" in said and "total" in said
    assert ("rule made:" in said) == ("1 of 3 steps" in said) == bool(listed)
    (log,) = (tmp_path / ".snakemake/log").glob("*.log")
    assert "rule made:" in log.read_text() and "1 of 3 steps" in log.read_text()
