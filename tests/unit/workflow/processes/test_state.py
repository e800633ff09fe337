"""What a script changes in its process is put back after it, and what cannot be put back is told."""

import json
import subprocess
import sys

import pytest

from polychron import paths

PUT_BACK = {
    "numbers": ("torch.set_default_dtype(torch.float64)", "torch.get_default_dtype()"),
    "device": ("torch.set_default_device('meta')", "torch.zeros(1).device"),
    "threads of torch": ("torch.set_num_threads(3)", "torch.get_num_threads()"),
    "algorithms": ("torch.use_deterministic_algorithms(True)", "torch.are_deterministic_algorithms_enabled()"),
    "gradients": ("torch.set_grad_enabled(False)", "torch.is_grad_enabled()"),
    "flags": ("torch.backends.cudnn.benchmark = True", "torch.backends.cudnn.benchmark"),
    "products": ("torch.set_float32_matmul_precision('high')", "torch.get_float32_matmul_precision()"),
    "torch's draws": ("torch.manual_seed(7)", "torch.get_rng_state().sum(), torch.initial_seed()"),
    "NumPy's draws": ("numpy.random.seed(7)", "numpy.random.get_state()[1][:9]"),
    "threads of arrow": ("pyarrow.set_cpu_count(5)", "pyarrow.cpu_count()"),
    "path": ("sys.path.insert(0, '/nowhere')", "sys.path"),
    "folder": ("os.chdir('/tmp')", "os.getcwd()"),
    "output": ("sys.stdout = open(os.devnull, 'w')", "sys.stdout is sys.__stdout__"),
    "hooks": ("sys.excepthook = print", "sys.excepthook"),
    "signals": ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", "signal.getsignal(signal.SIGTERM)"),
    "limit of recursion": ("sys.setrecursionlimit(5000)", "sys.getrecursionlimit()"),
    "garbage": ("gc.disable()", "gc.isenabled()"),
    "filters": ("warnings.simplefilter('error')", "warnings.filters[0]"),
    "warnings that go to a log": ("logging.captureWarnings(True)", "warnings.showwarning"),
    "log of the library": (
        "logging.getLogger('polychron').addHandler(logging.FileHandler('/dev/null'))\n"
        "logging.getLogger('polychron').setLevel(logging.INFO)",
        "logging.getLogger('polychron').handlers, logging.getLogger('polychron').level",
    ),
    "log of warnings": (
        "logging.getLogger('py.warnings').addHandler(logging.FileHandler('/dev/null'))",
        "[type(one).__name__ for one in logging.getLogger('py.warnings').handlers if hasattr(one, 'baseFilename')]",
    ),
    "log of all": ("logging.basicConfig(level=logging.DEBUG)", "logging.root.handlers, logging.root.level"),
    "records of logs": ("logging.setLogRecordFactory(dict)", "logging.getLogRecordFactory()"),
    "library": ("from polychron.storage import files", "[name for name in sys.modules if 'polychron' in name]"),
}
"""By what is changed: the change, and what tells it."""

LEFT = {
    "threads": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "files": f"sys.left = open({__file__!r})",
    "processes": "sys.left = subprocess.Popen(['sleep', '60'], stdout=-3, stderr=-3)",
    "memory": "sys.left = bytes(2**23); module.MORE = 2**21",
    "limits": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "priority": "os.nice(1)",
    "torch inference": "sys.left = torch.inference_mode(); sys.left.__enter__()",
}

RUN = f"""
import gc, importlib.util, json, logging, numpy, os, pyarrow, resource, signal, subprocess, sys, threading, warnings
import torch
path = {str(paths.LIBRARY / "workflow/processes/state.py")!r}
spec = importlib.util.spec_from_file_location("state", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.path.append({str(paths.SCRIPTS)!r})
os.chdir("/")
found = {{}}
state = module.State()
first = state.restore()
for name, (change, tells) in json.loads(sys.argv[1]).items():
    before = str(eval(tells))
    exec(change)
    changed = str(eval(tells))
    left = state.restore()
    found[name] = [before != changed, before == str(eval(tells)), left]
for _ in range(2):
    warnings.warn_explicit("once", UserWarning, "there", 1, registry=globals().setdefault("registry", {{}}))
    state.restore()
left = {{}}
for name, change in json.loads(sys.argv[2]).items():
    process = os.fork()
    if process == 0:
        exec(change)
        os.write(1, json.dumps([name, state.restore()]).encode() + b"\\n")
        if name == "processes":
            sys.left.kill()
        os._exit(0)
    os.waitpid(process, 0)
os.write(1, json.dumps([first, found]).encode())
"""


@pytest.fixture(scope="module")
def told():
    """What a process says that changes its state, and puts it back, for one change after another."""
    command = [sys.executable, "-c", RUN, json.dumps(PUT_BACK), json.dumps(LEFT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    *left, last = done.stdout.splitlines()
    first, found = json.loads(last)
    return {"first": first, "found": found, "left": dict(map(json.loads, left)), "said": done.stderr}


def test_nothing_is_left_where_nothing_was_changed(told):
    assert told["first"] == []


@pytest.mark.parametrize("what", PUT_BACK)
def test_it_is_put_back(told, what):
    assert told["found"][what] == [True, True, []], "changed, as before, what is left"


@pytest.mark.parametrize("what", LEFT)
def test_what_stays_is_told(told, what):
    assert told["left"][what] == [what]


def test_a_warning_is_shown_to_each_job(told):
    assert told["said"].count("UserWarning: once") == 2
