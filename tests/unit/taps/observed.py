"""A recorder that writes down what the taps tell it, and a way to run a function under them."""

from __future__ import annotations

from hitsave_trace.taps import install

TOLD = (
    "file_read", "file_written", "removed", "renamed", "directory_made", "directory_removed", "listed", "looked",
    "environment", "environment_changed", "working_directory", "text", "flushed", "forbid", "forbid_around", "forbid_around",
    "seeded", "metadata_changed", "module_given", "module_searched", "class_found", "command_line",
)  # fmt: skip


class Notebook:
    """Stands for `hitsave_trace.recording`: what a tap tells becomes a tuple in `told`."""

    def __init__(self) -> None:
        self.stacks: dict[int, object] = {}
        self.told: list[tuple[object, ...]] = []
        self.touched = lambda library: None
        self.own = lambda: None
        self.goes_on = lambda stream, text: False
        for name in TOLD:

            def tell(*arguments, _name=name, **keywords):
                self.told.append((_name, *arguments, *([keywords] if keywords else ())))

            setattr(self, name, tell)


class Observed:
    """The taps in place, and a way to look at one function under them."""

    def __init__(self) -> None:
        self.notebook = Notebook()
        self.installed = install(self.notebook, lambda path: path.startswith("/nowhere-at-all/"))  # type: ignore[arg-type]

    def __call__(self, function, *arguments):
        """Run a function as if it were recorded; give what was told."""
        self.notebook.told.clear()
        self.installed.before_recording()
        self.notebook.stacks[1] = [self]
        self.random = None
        try:
            self.value = function(*arguments)
        finally:
            self.notebook.stacks.clear()
            self.installed.after_recording()
        return list(self.notebook.told)

    def reasons(self, function, *arguments):
        """Give the slugs and words of what was forbidden."""
        return [told[1:] for told in self(function, *arguments) if told[0] == "forbid"]
