import os

import click

MOODS = ["good", "fine"]


class Sum(click.ParamType):
    name = "sum"
    base = 10

    def convert(self, value, param, ctx):
        try:
            return int(value, self.base)
        except (ValueError, TypeError):
            self.fail(f"{value!r} is no number", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", count=True, help="Say more.")
@click.pass_context
def cli(ctx, verbose):
    """A tool that does little."""
    ctx.obj = {"verbose": verbose}


@cli.command()
@click.option("--times", default=1, show_default=True, type=click.IntRange(1, 5))
@click.argument("numbers", nargs=-1, type=Sum())
@click.pass_obj
def add(obj, numbers, times):
    """Add NUMBERS."""
    if obj["verbose"] > 1:
        click.echo(f"adding {len(numbers)} numbers", err=True)
    click.echo(sum(numbers) * times)


@cli.command()
@click.option("--name", prompt="Who")
@click.option("--mood", type=click.Choice(MOODS), default="fine")
@click.option("--shout/--whisper", default=False)
def greet(name, mood, shout):
    text = f"Hello {name}, it is {mood}"
    click.secho(text.upper() if shout else text.lower(), fg="green")


@cli.group()
def files():
    """Work with files."""


@files.command()
@click.argument("name", type=click.Path(dir_okay=False))
@click.argument("words", nargs=-1)
def write(name, words):
    with click.open_file(name, "w") as file:
        file.write("\n".join(words))


@files.command()
@click.argument("name", type=click.Path(exists=True))
def count(name):
    with open(name) as file:
        click.echo(f"{os.path.basename(name)}: {len(file.read().split())}")


@cli.command()
@click.option("--width", default=40)
def table(width):
    formatter = click.HelpFormatter(width=width)
    with formatter.section("Things"):
        formatter.write_dl([("one", "the first of all things"), ("two", "the second, which is longer than the first")])
    click.echo(formatter.getvalue())
