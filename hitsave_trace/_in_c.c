/* What HitSave does so often that Python is too slow for it: in_c.py says what it is without a compiler.

   An audit hook that only passes on the events that somebody wants. CPython raises some events millions of times a second
   (`id`, `sys._getframe`). A hook in Python is called for each of them, which makes `id` seven times as dear. This one compares
   the name and goes, as a rule. What it passes on goes to a function in Python, which decides everything else:
   taps/audit_hook.py tells what both have in common.

   `sys._getframe` without its audit event. HitSave's functions ask which code they were called from; each time would be an
   event, which HitSave's own hook hears first, and any hook of the program, too.
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define FORMAT 4

/* --- sets of names --- */

typedef struct {
    char **names; /* open addressing; NULL is free */
    size_t mask;
    Py_ssize_t count; /* names that were put in */
} Names;

static uint32_t
hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    }
    return hash;
}

static int
has(const Names *set, const char *name, uint32_t hash)
{
    if (set->names == NULL) {
        return 0;
    }
    for (size_t at = hash & set->mask;; at = (at + 1) & set->mask) {
        const char *held = set->names[at];
        if (held == NULL) {
            return 0;
        }
        if (strcmp(held, name) == 0) {
            return 1;
        }
    }
}

static void
empty(Names *set)
{
    if (set->names != NULL) {
        for (size_t at = 0; at <= set->mask; at++) {
            PyMem_RawFree(set->names[at]);
        }
        PyMem_RawFree(set->names);
    }
    set->names = NULL;
    set->mask = 0;
    set->count = 0;
}

/* Put the keys of a dict into a set, in place of what it held. -1 with an exception, and an empty set. */
static int
fill(Names *set, PyObject *dict)
{
    empty(set);
    size_t size = 16;
    while (size < 3 * (size_t)PyDict_GET_SIZE(dict)) {
        size *= 2;
    }
    set->names = PyMem_RawCalloc(size, sizeof(char *));
    if (set->names == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    set->mask = size - 1;
    set->count = PyDict_GET_SIZE(dict);
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(dict, &position, &key, &value)) {
        const char *name = PyUnicode_AsUTF8(key);
        if (name == NULL) {
            empty(set);
            return -1;
        }
        size_t length = strlen(name) + 1;
        char *copy = PyMem_RawMalloc(length);
        if (copy == NULL) {
            empty(set);
            PyErr_NoMemory();
            return -1;
        }
        memcpy(copy, name, length);
        size_t at = hash_of(name) & set->mask;
        while (set->names[at] != NULL) {
            at = (at + 1) & set->mask;
        }
        set->names[at] = copy;
    }
    return 0;
}

/* --- the hook --- */

static PyObject *listener = NULL;     /* called with (event, arguments); NULL: nobody listens yet */
static PyObject *stacks = NULL;       /* a dict, empty as long as nothing is recorded */
static PyObject *outer = NULL;        /* a dict of events that are wanted at any time; it grows */
static Names always, inner, outer_names;
static PyInterpreterState *home = NULL;
static int added = 0;

static int
is_wanted(const char *event)
{
    uint32_t hash = hash_of(event);
    if (PyDict_GET_SIZE(outer) != outer_names.count && fill(&outer_names, outer) < 0) {
        return -1;
    }
    return has(&always, event, hash) || has(&outer_names, event, hash) ||
           (PyDict_GET_SIZE(stacks) != 0 && has(&inner, event, hash));
}

static int
hook(const char *event, PyObject *arguments, void *Py_UNUSED(data))
{
    /* Other interpreters of the process have objects of their own. */
    if (listener == NULL || PyInterpreterState_Get() != home) {
        return 0;
    }
    /* After this event hooks in Python are gone, too. */
    if (strcmp(event, "cpython.PyInterpreterState_Clear") == 0) {
        Py_CLEAR(listener);
        return 0;
    }
    int wanted = is_wanted(event);
    if (wanted <= 0) {
        return wanted;
    }
    PyObject *name = PyUnicode_FromString(event);
    if (name == NULL) {
        return -1;
    }
    PyObject *called = Py_NewRef(listener);
    PyThreadState *thread = PyThreadState_Get();
    /* As the interpreter does for hooks in Python: who traces the program does not see them. */
    PyThreadState_EnterTracing(thread);
    PyObject *given[] = {name, arguments == NULL ? Py_None : arguments};
    PyObject *answer = PyObject_Vectorcall(called, given, 2, NULL);
    PyThreadState_LeaveTracing(thread);
    Py_DECREF(called);
    Py_DECREF(name);
    if (answer == NULL) {
        return -1;
    }
    Py_DECREF(answer);
    return 0;
}

/* --- frames --- */

static PyObject *
getframe(PyObject *Py_UNUSED(module), PyObject *const *given, Py_ssize_t count)
{
    long depth = 0;
    if (count > 1) {
        PyErr_SetString(PyExc_TypeError, "getframe takes at most one argument");
        return NULL;
    }
    if (count == 1) {
        depth = PyLong_AsLong(given[0]);
        if (depth == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    while (frame != NULL && depth-- > 0) {
        PyFrameObject *below = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = below;
    }
    if (frame == NULL) {
        PyErr_SetString(PyExc_ValueError, "call stack is not deep enough");
    }
    return (PyObject *)frame;
}

/* --- what is known of an object by its address --- */

static PyObject *
at_address(PyObject *known, PyObject *thing)
{
    PyObject *address = PyLong_FromVoidPtr(thing);
    if (address == NULL) {
        return NULL;
    }
    PyObject *found = PyDict_GetItemWithError(known, address);
    Py_DECREF(address);
    if (found == NULL) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    return Py_NewRef(found);
}

static PyMethodDef at_address_method = {"at_address", at_address, METH_O, "What is known of an object, or None."};

static PyObject *
by_address(PyObject *Py_UNUSED(module), PyObject *known)
{
    if (!PyDict_CheckExact(known)) {
        PyErr_SetString(PyExc_TypeError, "a dict is expected");
        return NULL;
    }
    return PyCFunction_New(&at_address_method, known);
}

/* --- what the garbage collector need not look at --- */

static int
is_atom(PyObject *one)
{
    return !PyObject_IS_GC(one) || (PyTuple_CheckExact(one) && !PyObject_GC_IsTracked(one));
}

static void
leave_out(PyObject *tuple)
{
    if (tuple == NULL || !PyTuple_CheckExact(tuple) || !PyObject_GC_IsTracked(tuple)) {
        return;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *one = PyTuple_GET_ITEM(tuple, i);
        if (PyCode_Check(one)) {
            PyCodeObject *code = (PyCodeObject *)one;
            leave_out(code->co_consts);
            leave_out(code->co_names);
            leave_out(code->co_localsplusnames);
        }
        else if (PyTuple_CheckExact(one)) {
            leave_out(one);
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        if (!is_atom(PyTuple_GET_ITEM(tuple, i))) {
            return;
        }
    }
    PyObject_GC_UnTrack(tuple);
}

static PyObject *
untrack(PyObject *Py_UNUSED(module), PyObject *code)
{
    if (!PyCode_Check(code)) {
        PyErr_SetString(PyExc_TypeError, "a code object is expected");
        return NULL;
    }
    PyObject *alone = PyTuple_Pack(1, code);
    if (alone == NULL) {
        return NULL;
    }
    leave_out(alone);
    Py_DECREF(alone);
    Py_RETURN_NONE;
}

/* --- what Python sees --- */

static PyObject *
listen(PyObject *Py_UNUSED(module), PyObject *given)
{
    PyObject *called, *recording, *at_any_time, *while_recording, *growing;
    if (!PyArg_ParseTuple(given, "OO!O!O!O!", &called, &PyDict_Type, &recording, &PyDict_Type, &at_any_time, &PyDict_Type,
                          &while_recording, &PyDict_Type, &growing)) {
        return NULL;
    }
    if (fill(&always, at_any_time) < 0 || fill(&inner, while_recording) < 0 || fill(&outer_names, growing) < 0) {
        return NULL;
    }
    Py_XSETREF(stacks, Py_NewRef(recording));
    Py_XSETREF(outer, Py_NewRef(growing));
    home = PyInterpreterState_Get();
    if (!added) {
        /* Before there is a listener: it is not told of itself, no more than a hook in Python is. */
        if (PySys_AddAuditHook(hook, NULL) < 0) {
            return NULL;
        }
        added = 1;
    }
    Py_XSETREF(listener, Py_NewRef(called));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"listen", listen, METH_VARARGS,
     "listen(listener, stacks, always, inner, outer): call `listener` with the name and the arguments of each event that is\n"
     "wanted: those of `always` and `outer`, and while `stacks` is not empty those of `inner`. All four are dicts; `outer`\n"
     "may grow, and `inner` and `always` are read once. Who listened before is called no more."},
    {"getframe", (PyCFunction)(void (*)(void))getframe, METH_FASTCALL,
     "getframe(depth=0): the frame of the caller, or the one that is so many calls around it. ValueError if there is none."},
    {"by_address", by_address, METH_O,
     "by_address(known): a function that gives what a dict has under the address of what it is called with, or None."},
    {"untrack", untrack, METH_O,
     "untrack(code): take the tuples of a code object, and of those in it, out of what the garbage collector walks, where they\n"
     "hold nothing that could be garbage. The collector does that by itself, when it comes to them for the first time."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_in_c",
    .m_doc = "What HitSave does so often that Python is too slow for it.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__in_c(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddIntConstant(module, "FORMAT", FORMAT) < 0) {
        Py_CLEAR(module);
    }
    return module;
}
