"""The long text of each reason: what it means, and what can be done.

Shown by `hitsave why --explain SLUG`; `docs/reasons.md` is made of it.
"""

from __future__ import annotations

# Each text answers two questions in this order: what has been seen, and what to do about it.
TEXTS: dict[str, str] = {
    "code": """\
A function that ran during the call was edited, or one of the functions it called was. Code is compared as
compiled: comments, docstrings, formatting and line numbers don't count, and neither does a function that was
not entered. `hitsave why CALL` shows the edit. Undo the edit and the old result answers again.""",
    "binding": """\
A name that the call looked up leads to another function, class or module than before: it was assigned again,
imported from elsewhere, patched, or is missing now. Before and after say what the name stood for.""",
    "class shape": """\
The type of a value that the call used, or a class that it named, has other bases, attributes or defaults
than before. The bodies of its methods are compared only if they ran.""",
    "global": """\
The call read a variable of a module, and that variable has another value at this moment. It is compared by
value: an edit that computes the same value another way does not count. A variable that changes on each run
(a counter, a list that grows) is better passed as an argument.""",
    "closure": """\
The function is nested in another one and uses a variable of it, which has another value than before.""",
    "file": """\
A file that the call read has other content, or appeared, or is gone. A file that was only touched does not
count. A call that asked for a file's size or time is compared by these.""",
    "folder": """\
The program asked for the time of a folder, which changes when a name comes or goes in it, or for its mode.""",
    "link": """\
The program asked where a symbolic link leads.""",
    "listing": """\
The call listed a folder, which holds other names than before: a file was added, removed or renamed.""",
    "filled": """\
A function behind `lru_cache` or `cache` had run before the call, and what its cache holds counts: nobody sees a call that a cache
answers, nor what it had read when it ran. It holds something else than it did when the result was stored, because a file, a
variable or the code that it comes from changed, or because it was filled by other calls.""",
    "env": """\
The call read this variable of the environment, or found that it was not set, and that has changed.
Variables that the call did not read don't count.""",
    "argv": """\
The call read `sys.argv`, and the command line is another one. Parse the command line at the top of the script
and pass on what each function needs: then a new option reaches only what uses it.""",
    "terminal": """\
The call asked whether a standard stream is a terminal (`sys.stdout.isatty()`, which decides about colours and progress bars), or
how large the terminal is, and the answer is another one now.""",
    "cwd": """\
The call asked for the working directory, or used a path relative to it, and was started from another place.""",
    "random": """\
The call drew from a global random generator (`random`, `numpy.random`, `torch`), and that generator was in
another state when the call began: it had another seed, or more or fewer numbers were drawn before. A generator
that is made inside the function with a seed depends on nothing but the seed.""",
    "distribution": """\
An installed package that the call used, or one that it requires, has another version than before.""",
    "sharing": """\
An object reaches the call in two ways: as an argument and as a global, or through two globals. The values are
as before, but which of them are the same object is not: for a call that changes one of them, or asks whether
they are the same, that makes a difference.""",
    "setting": """\
A setting of the whole process is another one than when the result was saved: the precision of `decimal`, the
locale, or an option of a library that the call used (numpy's print options and error handling, pandas' options,
matplotlib's `rcParams`, the configuration of scikit-learn, torch's defaults). Such settings decide what is
computed, printed or drawn without being named there.""",
    "interpreter": """\
Another Python version, or other interpreter flags. Results are never shared between two interpreters.""",
    "hash-seed": """\
The order of sets of strings follows a seed. HitSave keeps one seed a store, so that the order is the same
in each run; here `PYTHONHASHSEED` was set to another one.""",
    "import": """\
Of a whole run only. Modules are found in the first folder of `sys.path` that has them. One of these folders holds a name
now that could answer to a module that the run looked for, or one that was there is gone: plain Python might import
something else.""",
    "condition": """\
Of a whole run only. Something that every program depends on, whether it asks for it or not, is not what it was: the
flags of the interpreter, where modules are looked for, the machine, the terminal and its size, the time zone.""",
    "argument": """\
The function has stored results, but none for these arguments. The nearest stored call is shown with the
argument that differs. Arguments are compared by value and by type: 1 and 1.0 are two calls, and so are two
dicts with the same items in another order.""",
    "new": """\
No result of this function is stored. It has not been called under HitSave before, or its earlier calls were
too quick or could not be saved.""",
    "gone": """\
The result had been stored and was removed since: by the size limit, by `hitsave cache clear`, or because its
file was damaged. The call ran and was stored again. `[tool.hitsave] size_limit` sets the limit.""",
    "unfingerprintable-argument": """\
To answer a call its arguments must be compared, and this one holds something that can't be: an open file, a
lock, a connection, a generator that has begun. Pass what the object is made from (a path, a list, a seed) and make the object
inside the function.""",
    "unfingerprintable-global": """\
The call read a variable of a module whose value can't be compared: an open file, a lock, a connection. Make the
object inside the function, or pass the plain data it needs as an argument.""",
    "unfingerprintable-closure": """\
A variable of the enclosing function can't be compared. Make the object inside, or pass plain data.""",
    "over-budget": """\
Comparing this value took longer than the call is worth, so it was given up. Very large structures of small
Python objects are slow to compare; an array, a data frame or the name of a file is quick.""",
    "argument-changed": """\
The call changed an object that was passed to it, and HitSave does not know how to bring such an object to that state:
an iterator, a library's object written in C, an array that got another shape. Builtin containers, instances of Python
classes, arrays and frames are no problem. Return the changed object, or change a copy.""",
    "unfingerprintable-change": """\
After the call an object that was there before (an argument, `self`, a global) holds something that can't be compared: an
open file, a lock, a connection, a generator. Keep it out of the object, or make it where it is used.""",
    "identity": """\
The same object is an argument and also reachable as a global, a captured variable or another argument, and the
call depends on the two being one. Pass a copy, or let the function use one of the two ways.""",
    "global-changed": """\
The call changed a variable of a module, a class, or an object that hangs on one, in a way that can't be done again from
the store: another base class, an object written in C, a variable of a module that it imported itself. Counters, caches
that fill and registries of plain objects are no problem.""",
    "closure-changed": """\
The call changed a variable of the enclosing function (`nonlocal`), or an object in it, in a way that can't be done
again. Return the value instead.""",
    "environment-changed": """\
The call changed the process's environment, which other code may read later. Set the variable at the top of the
script.""",
    "directory-changed": """\
The call changed the working directory, which every relative path after it depends on. Use full paths in
the function, or change the directory at the top of the script.""",
    "switch": """\
The call changed a setting of the whole process: warning filters, logging set-up, numpy's error handling, pandas
options, the locale, `sys.path`. What runs later would miss it if the call were answered from the store. Set it at
the top of the script.""",
    "signal": """\
The call installed a signal handler, which outlives it. Install handlers at the top of the script.""",
    "gui": """\
The call opened a window or changed pyplot's current figure, which code after it may go on drawing. A function
that makes its figure, saves it and closes it leaves nothing behind, and can be saved.""",
    "hidden-state": """\
The call used a function with state that can't be seen from outside. Keep the slow computing in a function that
does without it.""",
    "filled-cache": """\
A function behind `lru_cache` or `cache` printed or wrote something while it ran for the first time. Plain Python does that once, and
takes the kept result from then on. A hit does not fill the cache, so a later call would print again. Let the cached function
only return, or call it once outside of the slow function.""",
    "kept-result-changed": """\
A function behind `lru_cache` or `cache` returned an object (a list, a registry, a session), and the call changed it. Later calls get that
very object from the cache. A hit does not fill the cache, so they would get another one. Keep the object in a global:
what a call changes there is changed again on a hit.""",
    "filled-by-state": """\
A function behind `lru_cache` or `cache` ran in the call, and what it gave depends on things that the program may change: attributes of an
argument, a dict of the module. Plain Python keeps the result, also if these change afterwards. A hit keeps nothing, so a later
call would compute it anew, from what is there then. Call the cached function once before, at the top of the script.""",
    "cache-content": """\
The call used a function behind `lru_cache` or `cache` that had run before, and what the cache held then is an input like any other. It
could not be compared: an open file, a lock, or a cache that only an argument or a captured variable leads to. Let the cached
function return plain data, and call it by its name in a module.""",
    "import-of-user-module": """\
The call imported a module of the project for the first time, and what the import did can't be repeated alone.
Import it at the top of the file.""",
    "module-patched": """\
The call assigned to a name of a module, such as a patch for the time of a test. Do it at the top of the script.""",
    "warning-outside": """\
The call gave a warning that belongs to a line outside of it (`stacklevel`), or that code around it records or shows in a way
of its own. It could not be given again in the same way. Catch the warning in the function that causes it, or avoid what
it warns of.""",
    "entropy": """\
The call asked the operating system for randomness: an unseeded generator, `uuid4`, `secrets`, `os.urandom`. Plain
Python gives another result each time, so it is run each time. Use a generator with a seed
(`numpy.random.default_rng(0)`, `random.Random(0)`).""",
    "calendar": """\
The call read the date or the time of day, which is another one each time. Read it outside and pass it in.
Durations (`time.perf_counter`, `time.time`) are allowed: they are replayed as recorded.""",
    "clock": """\
The call read a clock, and `[tool.hitsave] clocks = "refuse"` asks that such calls are never saved.""",
    "network": """\
The call used the network, and what comes from there may be another thing each time. Download in a small function
and compute in another: the second is compared by what it is given, so it is answered as long as the data
stays the same.""",
    "process": """\
The call started another process, or gave work to one, whose reads and writes can't be followed. Start it in a small
function that returns or writes what is needed, and keep the slow computing apart. Workers of a forked pool save what
they compute themselves. With joblib, work that is a library's is followed (`GridSearchCV(..., n_jobs=2)` of estimators of
scikit-learn), unless a worker reads or writes files, prints or warns; `backend="threading"` keeps the work in this process.""",
    "stdin": """\
The call read standard input. Read it at the top of the script, and pass it in.""",
    "thread": """\
Threads that the call did not start ran at the same time, or threads that it started ran on after it: what they did
can't be told from what the call did. Start and join threads inside one function.""",
    "native-io": """\
A library opened files in native code in a way that HitSave can't follow, so it could not know when they change.
Read the data in a small function and pass it on.""",
    "database": """\
The call wrote to a database. Write outside the slow function.""",
    "already-open-file": """\
The call read or wrote a file that had been opened before it began. Where it stood in the file is not
known to the store. Open the file inside the function. What is logged to a file by a `logging.FileHandler` is
done again; what other handlers write (of files that rotate, of classes of the program) is not.""",
    "left-open-file": """\
The call opened a file for writing and returned without closing it. What it wrote may still be on its way to the
file, so what stands there is not what the call leaves. Close the file, or open it with `with`.""",
    "late-end": """\
The call returned while one of its local variables held something at whose end code of the program runs: an object whose class has
a `__del__`, a generator that is not exhausted, a weak reference with a callback. It ends when the function has returned, which
is no part of the recording. Delete it or close it inside the function, or use `with`.""",
    "special-file": """\
Of a whole run only. The program used a pipe, a device or a descriptor that it was started with. What comes out of such a
thing can't be compared, and what goes in can't be brought to the same state.""",
    "temporary-name": """\
Of a whole run only. `tempfile` makes up another name each time. A file of such a name was left when the program ended, or
the name was printed: a replay would show the name of another run. Remove temporary files (`with TemporaryDirectory()`),
and don't print what they are called.""",
    "native-output": """\
Of a whole run only. A library wrote to standard output or error by itself, past `sys.stdout`: C's `printf`, Fortran, Rust.
That is not seen, so it could not be written again. It shows in the position of the file, or in the number of bytes that the
system says were written: where a native library is loaded that might print, and the sum does not come out, it counts as
printed. Switch the library's messages off, if it can be.""",
    "too-much": """\
Of a whole run only. It printed more than 16 MB, wrote more than 64 MB, or read more than 20,000 files and folders. To keep or
check that much would cost more than it is worth. Its calls are saved one by one, as ever.""",
    "unreadable-file": """\
The call read or wrote a file whose content could not be read afterwards: it was removed by someone else, or may not be
read. Without its content neither a change of it can be seen nor the file be made again.""",
    "file-changed-meanwhile": """\
A file was read, and had other content when the call ended. Which of the two the result belongs to can't be told.""",
    "stdout-replaced": """\
`sys.stdout` or `sys.stderr` had been replaced by an object that can't be recorded, and the call wrote to it. What it
wrote could not be shown again. Print to the ordinary streams, or redirect inside the function.""",
    "dynamic-code": """\
The call ran code from text (`exec`, `eval`, `compile`) whose reads can't be followed. Put that code in a function.""",
    "dynamic-read": """\
The call asked for names in a way that is only known while it runs (`globals()`, `vars(module)`, `getattr(module,
name)`), and what it looked at can't be told. Name the thing itself, or keep a dict of your own.""",
    "caller-frame": """\
Library code looked into the variables of the function that called it, as `DataFrame.query("x > @k")`, formulas and
some SQL libraries do. Pass the values by name where the library allows it.""",
    "source-read": """\
The call looked up source lines or line numbers of the program (a printed traceback, `inspect.getsource`). A comment
above would change them. Do that outside the slow function.""",
    "unprobed-code": """\
Code of the project ran that was not loaded by HitSave: made by `exec`, unpickled, loaded by another tool's import
hook, or in a compiled extension. Its edits could not be seen, so nothing that ran it is saved.""",
    "raised": """\
The call ended with an exception. Exceptions are never stored: the call runs again each time. What had finished
inside it is stored.""",
    "interrupted": """\
The call was interrupted (Ctrl-C, `sys.exit`). What had finished inside it is stored, so the next run goes on from
there.""",
    "generator": """\
The call returned something that goes on running after it: a generator, an iterator, a coroutine. It can be used only
once, so it can't be kept. Return a list.""",
    "unfingerprintable-result": """\
Before a result is kept, it is compared with what comes back from the store, and this one holds something that can't be
compared: an open file, a lock, a connection, a generator. Return the parts that matter as plain data.""",
    "unpicklable": """\
The result holds something that can't be written to disk: a lambda, a local class, an open file, a lock. Return plain
data, arrays, data frames, or instances of classes that stand at the top level of a module.""",
    "unfaithful": """\
The result was written and read back as a trial, and came back different: its class drops or changes something when it is
pickled. It is not stored, since the program would go on with another value than in plain Python. Return the parts that
matter as plain data.""",
    "result-changed": """\
The result was changed by the program while it was still being written. It is not stored this time.""",
    "accepted": """\
A call inside this one was answered by a result of older code, because the user had said that the edit between them changes
nothing (`hitsave accept`). What is computed from it rests on that word, too, so it is not kept: the word may be taken back. The
call inside goes on being answered.""",
    "too-cheap": """\
The call took less time than looking it up would. It runs each time; its code counts as part of the calls
around it. `[tool.hitsave] threshold` sets from where a call is worth saving.""",
    "too-big": """\
The result is larger than the store may keep. Raise `[tool.hitsave] size_limit`, or return less.""",
    "debugger": """\
A debugger, a profiler or a coverage tool was active. An answered call would skip its breakpoints and lines, so the
calls of the program run as in plain Python.""",
    "store-unavailable": """\
The store could not be opened or written: no space, no permission, made by another user or by a newer version. The
program ran as in plain Python, and that run said why on stderr.""",
    "internal": """\
HitSave itself failed while it recorded this call. The program was not affected, and the call is not stored. Please
report it, with the output of `hitsave why CALL --json`.""",
    # What `hitsave run --verify` finds.
    "result-differs": """\
The call ran although a stored result would have answered it, and returned something else. Either it read something that
HitSave has not seen, which is a bug of the worst kind: please report it. Or it does not do the same each time (it
sums in parallel in no fixed order, or depends on the moment): then give it a seed, an order, or what it depends on.""",
    "text-differs": """\
The call printed something else than it had printed when it was stored. Numbers of a call that reads a clock don't count:
durations are another each time.""",
    "file-differs": """\
The call left a file with another content, mode or presence than when it was stored. Before and after are the first lines
that differ, if the file is text.""",
    "effect-differs": """\
Something that the call does besides returning is not what it was: a random generator stands elsewhere, something was
imported or changed that was not then, or the other way round. A hit would have done it as it was stored.""",
    "read-unknown": """\
The call read something that the stored result does not depend on, although all that the stored result depends on is as it
was. A change of it would not have been noticed. Please report it.""",
    "read-differs": """\
The call read something at another value than when it was stored, although it had that value when the call began. Something
outside of the call changed it while it ran.""",
    "read-missing": """\
The call read less than when it was stored. That does no harm by itself (it could only have run once too often), but a call
that does the same each time reads the same each time.""",
    "raises-now": """\
The call raised, although it had returned when it was stored and all it depends on is as it was.""",
    "refused-now": """\
When it was stored, nothing spoke against saving the call. Now something does: the slug and what it is about are told.""",
}
