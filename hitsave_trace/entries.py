"""The data of the catalogue: functions whose effect or input can't be seen where it happens, by dotted name.

Each group is (slug, mode, names). A name that ends in `.*` stands for all below it. The modes:

`forbid`   mentioning it in code that runs makes the call unsaved
`state`    harmless unless there was state to act upon when the call began (`switches.in_use`); what is left behind is compared
`figures`  tells which figures are open: depends on whether there was one when the call began
`allow`    a clock: allowed, unless the settings refuse clocks
`handled`  looks at the exception that is being handled: depends on whether there was one when the call began
`watched`  decided by a tap where it is called, with its arguments; the name alone says nothing. It is listed so that
           a reader of this table sees that it has not been forgotten
"""

GROUPS = (
    ("calendar", "forbid", """
        datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today
        pandas.Timestamp.now pandas.Timestamp.today pandas.Timestamp.utcnow pandas.Period.now
        time.clock_settime email.utils.localtime email.utils.formatdate
        django.utils.timezone.now dateutil.utils.today
    """),
    ("calendar", "watched", "time.localtime time.gmtime time.ctime time.asctime time.strftime"),
    ("clock", "allow", """
        time.time time.time_ns time.perf_counter time.perf_counter_ns time.monotonic time.monotonic_ns
        time.process_time time.process_time_ns time.thread_time time.thread_time_ns time.clock_gettime
        time.clock_gettime_ns timeit.default_timer os.times resource.getrusage psutil.cpu_times
    """),
    ("entropy", "forbid", """
        ssl.RAND_bytes ssl.RAND_pseudo_bytes Crypto.Random.get_random_bytes cryptography.fernet.Fernet.generate_key
        torch.Generator.seed faker.Faker
    """),
    ("entropy", "watched", """
        os.urandom os.getrandom secrets.* uuid.uuid1 uuid.uuid4 random.SystemRandom random.SystemRandom.*
        numpy.random.default_rng numpy.random.SeedSequence numpy.random.RandomState random.Random random.seed
        numpy.random.seed torch.seed torch.manual_seed
    """),
    ("stdin", "forbid", """
        sys.stdin sys.stdin.* sys.__stdin__ fileinput.* getpass.getpass getpass.unix_getpass readline.* termios.*
        tty.* click.prompt click.confirm click.getchar typer.prompt typer.confirm rich.prompt.*
    """),
    ("stdin", "watched", "builtins.input"),
    ("stdout-replaced", "forbid", "os.dup2 os.dup os.openpty os.login_tty pty.openpty sys.__stdout__ sys.__stderr__"),
    ("process", "watched", """
        subprocess.* os.system os.popen os.fork os.forkpty os.posix_spawn os.posix_spawnp os.execv os.execve os.execvp
        os.execvpe os.execl os.execle os.execlp os.execlpe os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv
        os.spawnve os.spawnvp os.spawnvpe os.kill os.killpg pty.spawn os.startfile
    """),
    ("process", "forbid", """
        asyncio.create_subprocess_exec asyncio.create_subprocess_shell pexpect.* sh.* plumbum.* fabric.*
        os._exit os.abort os.wait os.wait3 os.wait4 os.waitpid os.setsid os.setpgid os.unshare os.setns
    """),
    ("network", "watched", """
        socket.create_connection socket.getaddrinfo socket.gethostname socket.gethostbyname urllib.request.urlopen
        urllib.request.urlretrieve http.client.HTTPConnection requests.* httpx.* urllib3.* sqlalchemy.create_engine
    """),
    ("network", "forbid", """
        socket.socket.send socket.socket.recv aiohttp.* boto3.* paramiko.* websocket.* websockets.* grpc.* redis.*
        pymongo.* psycopg.* psycopg2.* pymysql.* mysql.* kafka.* zmq.* wandb.* mlflow.*
        neptune.* comet_ml.* huggingface_hub.* google.cloud.* azure.* s3fs.* gcsfs.* smtplib.*
        torch.distributed.* ray.* dask.distributed.*
    """),
    ("gui", "state", "matplotlib.pyplot.* pylab.* matplotlib.pylab.* seaborn.objects.*"),
    ("gui", "figures", """
        matplotlib.pyplot.get_fignums matplotlib.pyplot.get_figlabels matplotlib.pyplot.fignum_exists
        matplotlib._pylab_helpers.Gcf matplotlib._pylab_helpers.Gcf.*
    """),
    ("gui", "forbid", """
        matplotlib.pyplot.show matplotlib.pyplot.pause matplotlib.pyplot.ion matplotlib.pyplot.ioff
        matplotlib.pyplot.ginput matplotlib.pyplot.waitforbuttonpress matplotlib.pyplot.switch_backend matplotlib.use
        matplotlib.interactive tkinter.* turtle.* cv2.imshow cv2.waitKey cv2.namedWindow PIL.Image.Image.show
        PIL.ImageShow.* PIL.ImageGrab.* pygame.* PyQt5.* PyQt6.* PySide2.* PySide6.* wx.* gi.* webbrowser.*
        IPython.display.* plotly.io.show bokeh.plotting.show ipywidgets.* curses.*
    """),
    ("signal", "forbid", """
        signal.signal signal.alarm signal.setitimer signal.siginterrupt signal.set_wakeup_fd signal.pause
        signal.raise_signal signal.pthread_sigmask signal.sigwait faulthandler.*
    """),
    ("thread", "forbid", "_thread.start_new_thread _thread.start_joinable_thread threading.setprofile threading.settrace"),
    ("switch", "forbid", """
        sys.setprofile sys.settrace sys.setdlopenflags sys.set_asyncgen_hooks sys.set_coroutine_origin_tracking_depth
        sys.addaudithook sys.monitoring.* sys.breakpointhook threading.stack_size threading.excepthook
        gc.freeze gc.unfreeze gc.callbacks atexit.register atexit.unregister atexit._clear weakref.finalize
        asyncio.set_event_loop asyncio.set_event_loop_policy
        os.umask os.nice os.setpriority os.sched_setaffinity os.sched_setscheduler os.sched_setparam os.chroot
        os.setuid os.setgid os.seteuid os.setegid os.register_at_fork
        codecs.register codecs.register_error codecs.unregister copyreg.pickle copyreg.constructor
        mimetypes.add_type mimetypes.init csv.register_dialect csv.unregister_dialect csv.field_size_limit
        locale.bindtextdomain locale.textdomain gettext.install gettext.bindtextdomain gettext.textdomain
        logging.setLoggerClass logging.setLogRecordFactory logging.config.*
        logging.addLevelName numpy.setbufsize numpy.seterrcall numpy.set_string_function
        pandas.api.extensions.register_dataframe_accessor pandas.api.extensions.register_series_accessor
        matplotlib.font_manager.fontManager.* matplotlib.colormaps.register
        torch.set_default_device torch.set_default_tensor_type torch.set_float32_matmul_precision torch.backends.cuda.* torch.set_printoptions
        jax.config.* polars.Config polars.Config.* scipy.fft.set_workers scipy.fft.set_global_backend
        threadpoolctl.threadpool_limits numba.set_num_threads numexpr.set_num_threads cv2.setNumThreads
        sqlite3.register_adapter sqlite3.register_converter sqlite3.enable_callback_tracebacks tracemalloc.start
        tracemalloc.stop site.addsitedir ssl._create_default_https_context
        multiprocessing.set_start_method multiprocessing.context.DefaultContext.set_start_method
        multiprocessing.set_executable multiprocessing.set_forkserver_preload torch.multiprocessing.set_start_method
        torch.multiprocessing.set_sharing_strategy zoneinfo.reset_tzpath zoneinfo._tzpath.reset_tzpath
        email.charset.add_charset email.charset.add_alias email.charset.add_codec
        tqdm.tqdm.pandas tqdm.std.tqdm.pandas tqdm.auto.tqdm.pandas tqdm.notebook.tqdm_notebook.pandas
        tqdm.asyncio.tqdm_asyncio.pandas deap.creator.create scipy.special.seterr sympy.init_printing sympy.init_session
        sympy.interactive.printing.init_printing sympy.interactive.session.init_session
        matplotlib.font_manager.FontManager.addfont
    """),
    ("directory-changed", "watched", "os.chdir os.fchdir contextlib.chdir"),
    ("hidden-state", "forbid", """
        os.fchmod os.fchown os.mkfifo os.mknod os.ftruncate os.lchmod os.sendfile os.posix_fallocate
        os.set_blocking os.lockf os.eventfd os.memfd_create os.pipe os.pipe2 fcntl.*
        multiprocessing.shared_memory.* ctypes.memmove ctypes.memset ctypes.pythonapi gc.get_objects gc.get_referrers
        gc.get_referents gc.isenabled gc.get_threshold gc.get_debug gc.get_count gc.get_stats
        sys.getrefcount sys.getrecursionlimit sys.getswitchinterval sys.gettrace sys.getprofile
        sys._current_frames sys.getallocatedblocks sys.getsizeof
        weakref.getweakrefcount weakref.getweakrefs tracemalloc.* builtins.id os.getpid os.getppid os.getlogin
        os.getloadavg psutil.* platform.node getpass.getuser threading.get_ident
        threading.get_native_id threading.enumerate threading.active_count threading.current_thread threading.currentThread
        multiprocessing.current_process multiprocessing.parent_process asyncio.current_task
        syslog.* winreg.* keyring.* dbm.* shelve.open
    """),
    ("hidden-state", "watched", "os.get_terminal_size os.isatty"),
    ("hidden-state", "handled", """
        sys.exc_info sys.exception traceback.format_exc traceback.print_exc traceback.format_exception
        traceback.print_exception traceback.TracebackException
    """),
    # Functions that open files in native code, and say which in an argument: see `taps/native_entries.py`.
    ("native-io", "watched", """
        pyarrow.parquet.read_table pyarrow.parquet.ParquetFile pyarrow.parquet.ParquetDataset pyarrow.parquet.write_table
        pyarrow.csv.read_csv pyarrow.csv.write_csv pyarrow.dataset.dataset pyarrow.memory_map pyarrow.OSFile pyarrow.feather.read_feather
        pyarrow.feather.read_table pyarrow.orc.read_table pandas.read_parquet pandas.read_feather pandas.read_orc
        pandas.DataFrame.to_parquet polars.read_csv polars.scan_csv polars.read_parquet polars.scan_parquet polars.read_ipc
        polars.read_json polars.read_ndjson polars.scan_ndjson polars.read_avro polars.read_excel polars.DataFrame.write_csv
        polars.DataFrame.write_parquet h5py.File cv2.imread cv2.imwrite soundfile.* xarray.open_dataset xarray.open_mfdataset
        zarr.* safetensors.torch.* safetensors.numpy.*
    """),
    ("native-io", "forbid", """
        ctypes.CDLL ctypes.PyDLL ctypes.cdll.* ctypes.WinDLL cffi.FFI h5py.h5f.* h5py.h5fd.* tables.open_file
        netCDF4.Dataset netCDF4.MFDataset pyarrow.MemoryMappedFile pyarrow.fs.* pyarrow.csv.CSVWriter
        pandas.read_hdf pandas.HDFStore
        duckdb.* cv2.VideoCapture cv2.VideoWriter cv2.FileStorage cv2.CascadeClassifier cv2.dnn.* cv2.ml.* rasterio.*
        osgeo.* fiona.* geopandas.read_file pyogrio.* lmdb.* leveldb.* rocksdb.* apsw.* deltalake.* lance.* connectorx.*
        torchvision.io.* torchaudio.load SimpleITK.* nibabel.* pysam.* av.open safetensors.safe_open
        lxml.etree.parse lxml.etree.ElementTree lxml.etree.XMLSchema lxml.etree.RelaxNG lxml.etree.DTD lxml.etree.XSLT
        lxml.etree.iterparse lxml.objectify.parse lxml.html.parse
        dgl.* faiss.read_index faiss.write_index onnxruntime.InferenceSession vtk.* fasttext.* kenlm.* sentencepiece.*
        tokenizers.Tokenizer fitz.* pymupdf.* rawpy.* openslide.* open3d.io.* ROOT.*
    """),
    ("dynamic-code", "forbid", "builtins.exec builtins.eval builtins.compile code.interact code.InteractiveInterpreter runpy.*"),
    ("dynamic-read", "forbid", "builtins.globals builtins.locals builtins.vars builtins.dir builtins.__import__ pydoc.* sys.modules"),
    ("source-read", "forbid", """
        inspect.getdoc inspect.getcomments inspect.get_annotations inspect.getmembers typing.get_type_hints doctest.*
    """),
    ("module-patched", "forbid", "importlib.reload unittest.mock.patch unittest.mock.patch.*"),
    ("caller-frame", "forbid", """
        sys._getframe sys._getframemodulename inspect.stack inspect.currentframe inspect.getouterframes
        inspect.trace inspect.getinnerframes numexpr.evaluate numexpr.re_evaluate
    """),
    ("caller-frame", "watched", """
        pandas.eval pandas.DataFrame.query pandas.DataFrame.eval statsmodels.formula.api.* patsy.dmatrix patsy.dmatrices
        formulaic.model_matrix
    """),
    ("source-read", "watched", """
        inspect.getsource inspect.getsourcelines inspect.findsource traceback.* warnings.warn warnings.warn_explicit
        linecache.getline linecache.getlines logging.exception
    """),
    ("debugger", "forbid", "builtins.breakpoint pdb.* bdb.* cProfile.* profile.* trace.* coverage.* ipdb.* debugpy.* line_profiler.*"),
)  # fmt: skip

REMEDIES = {
    "calendar": "read the date outside of the call, and pass it in",
    "entropy": "use a generator with a seed",
    "gui": "make the figure, draw, save and close it in one function",
    "native-io": "read the data outside of the call, and pass it in",
    "network": "download in a function of its own, and compute in another",
    "process": "start it outside of the slow function",
    "stdin": "read the input outside of the call, and pass it in",
    "switch": "set it at the top of the script",
    "signal": "install it at the top of the script",
    "thread": "start and join threads inside of one function",
    "dynamic-code": "put that code in a function",
    "dynamic-read": "use the names themselves, or a dict of your own",
    "module-patched": "change the module at the top of the script",
    "caller-frame": "pass the variables by name",
    "source-read": "do that outside of the slow function",
    "debugger": "run without it to have results reused",
    "directory-changed": "use full paths, or change it at the top of the script",
    "stdout-replaced": "print to the ordinary sys.stdout",
    "hidden-state": "split it off, so that the slow part does without",
    "clock": 'drop clocks = "refuse" from [tool.hitsave]',
}
