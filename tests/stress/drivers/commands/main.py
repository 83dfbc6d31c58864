"""A command line of several commands, tried in one process."""
import click
from click.testing import CliRunner
from tool import cli

CASES = (
    [],
    ["--help"],
    ["add", "3", "4"],
    ["add", "3", "x"],
    ["add", "--times", "2", "5"],
    ["greet", "--name", "Ann", "--shout"],
    ["greet", "--mood", "bad"],
    ["greet"],
    ["files", "write", "a.txt", "some", "words"],
    ["files", "count", "a.txt"],
    ["files", "count", "none.txt"],
    ["unknown"],
    ["-v", "-v", "add", "1", "1"],
    ["table", "--width", "30"],
)


def run(arguments, text=None):
    result = CliRunner().invoke(cli, arguments, input=text)
    return result.exit_code, result.output


def shown(arguments):
    code, output = run(arguments, "Bob\n")
    return f"$ {' '.join(arguments)} -> {code}\n{output}"


for arguments in CASES:
    print(shown(arguments))
print(click.style("red", fg="red", bold=True), click.unstyle(click.style("x", underline=True)))
print(click.wrap_text("a long text that has to be wrapped somewhere, and then again", width=20, initial_indent="- "))
print(list(click.Choice(["a", "b"]).choices), click.INT.convert("3", None, None), click.FloatRange(0, 1).name)
