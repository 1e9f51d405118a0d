"""The package as a whole: version, what importing it loads, stubs and docstrings."""

import ast
import pathlib
import subprocess
import sys

import pytest

import softrl


def test_version_is_the_program_s(softrl_program_version):
    assert softrl.__version__ == softrl_program_version


@pytest.fixture
def softrl_program_version(request):
    return request.getfixturevalue("softrl")("--version").stdout.strip()


def test_importing_the_exact_part_does_not_load_torch():
    code = "import softrl, pathlib; print('libtorch' in pathlib.Path('/proc/self/maps').read_text())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_unknown_attributes_are_errors():
    with pytest.raises(AttributeError, match="no_such_thing"):
        softrl.no_such_thing


@pytest.mark.parametrize("module", ["_exact/tabular.pyi", "_exact/irl.pyi"])
def test_every_public_function_has_a_stub_and_a_docstring(module):
    folder = pathlib.Path(softrl.__file__).parent
    assert (folder / "py.typed").exists()
    tree = ast.parse((folder / module).read_text())
    stubbed = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    bound = vars(getattr(softrl._exact, pathlib.Path(module).stem))
    public = {name for name, value in bound.items() if not name.startswith("_") and callable(value)}
    assert public and public <= stubbed
    assert all(bound[name].__doc__ for name in public)
