# ruff: noqa: E501 - a table
"""Programs that read and write files in native code: what they need, how their data is made, what `work` does.

`make(n)` writes the data, in another way for another n. What `work` returns must tell the two apart. `saved` says whether the
call is expected to be saved; None: it may or may not be, as long as all is right.
"""

from __future__ import annotations

FRAME = "import pandas as pd\nframe = pd.DataFrame({'a': [n, 2, 3], 'b': ['x', 'y', 'z']})\n"
TABLE = "import pyarrow as pa\ntable = pa.table({'a': [n, 2, 3], 'b': ['x', 'y', 'z']})\n"
POLARS = "import polars as pl\nframe = pl.DataFrame({'a': [n, 2, 3], 'b': ['x', 'y', 'z']})\n"


class Program:
    def __init__(self, needs: str, make: str, work: str, saved: bool | None = True, imports: str = "", extra: str = ""):
        self.needs, self.make, self.work, self.saved, self.imports = needs.split(), make, work, saved, imports
        self.extra = extra


def _read(needs, make, imports, expression, saved=True):
    return Program(needs, make, f"return repr({expression})", saved, imports)


PROGRAMS = {
    # pandas
    "pandas-parquet": _read("pandas pyarrow", FRAME + "frame.to_parquet('d.parquet')", "import pandas as pd", "pd.read_parquet('d.parquet').to_dict()"),
    "pandas-feather": _read("pandas pyarrow", FRAME + "frame.to_feather('d.feather')", "import pandas as pd", "pd.read_feather('d.feather').to_dict()"),
    "pandas-orc": _read("pandas pyarrow", FRAME + "frame.to_orc('d.orc')", "import pandas as pd", "pd.read_orc('d.orc').to_dict()"),
    "pandas-csv-pyarrow": _read("pandas pyarrow", FRAME + "frame.to_csv('d.csv')", "import pandas as pd", "pd.read_csv('d.csv', engine='pyarrow').to_dict()"),
    "pandas-csv-c": _read("pandas", FRAME + "frame.to_csv('d.csv')", "import pandas as pd", "pd.read_csv('d.csv').to_dict()"),
    "pandas-partitions": _read("pandas pyarrow", FRAME + "frame.to_parquet('d', partition_cols=['b'], existing_data_behavior='delete_matching', basename_template='p{i}')", "import pandas as pd", "pd.read_parquet('d').to_dict()"),
    # pyarrow
    "pyarrow-parquet": _read("pyarrow", TABLE + "import pyarrow.parquet as pq; pq.write_table(table, 'd.parquet')", "import pyarrow.parquet as pq", "pq.read_table('d.parquet').to_pydict()"),
    "pyarrow-parquet-file": _read("pyarrow", TABLE + "import pyarrow.parquet as pq; pq.write_table(table, 'd.parquet')", "import pyarrow.parquet as pq", "pq.ParquetFile('d.parquet').read().to_pydict()"),
    "pyarrow-metadata": _read("pyarrow", TABLE + "import pyarrow.parquet as pq; pq.write_table(table.slice(0, n), 'd.parquet')", "import pyarrow.parquet as pq", "pq.read_metadata('d.parquet').num_rows"),
    "pyarrow-csv": _read("pyarrow", TABLE + "import pyarrow.csv as c; c.write_csv(table, 'd.csv')", "import pyarrow.csv as c", "c.read_csv('d.csv').to_pydict()"),
    "pyarrow-json": _read("pyarrow", "open('d.json', 'w').write('{\"a\": %d}' % n)", "import pyarrow.json as j", "j.read_json('d.json').to_pydict()"),
    "pyarrow-feather": _read("pyarrow", TABLE + "import pyarrow.feather as f; f.write_feather(table, 'd.arrow')", "import pyarrow.feather as f", "f.read_table('d.arrow').to_pydict()"),
    "pyarrow-dataset": _read("pyarrow", TABLE + "import pyarrow.dataset as ds; ds.write_dataset(table, 'd', format='parquet', existing_data_behavior='overwrite_or_ignore')", "import pyarrow.dataset as ds", "ds.dataset('d').to_table().to_pydict()"),
    "pyarrow-memory-map": _read("pyarrow", "open('d.bin', 'w').write(str(n))", "import pyarrow as pa", "pa.memory_map('d.bin').read()"),
    "pyarrow-ipc": _read("pyarrow", TABLE + "import pyarrow.feather as f; f.write_feather(table, 'd.arrow', compression='uncompressed')", "import pyarrow as pa", "pa.ipc.open_file(pa.memory_map('d.arrow')).read_all().to_pydict()"),
    "pyarrow-osfile": _read("pyarrow", "open('d.bin', 'w').write(str(n))", "import pyarrow as pa", "pa.OSFile('d.bin').read()", saved=True),
    "pyarrow-filesystem": _read("pyarrow", "open('d.bin', 'w').write(str(n))", "import pyarrow.fs", "pyarrow.fs.LocalFileSystem().open_input_file('d.bin').read()", saved=False),
    # polars
    **{
        f"polars-{name}": _read("polars", POLARS + f"frame.write_{name}('d.x')", "import polars as pl", f"pl.read_{name}('d.x').to_dicts()")
        for name in ("csv", "parquet", "ipc", "json", "ndjson", "avro")
    },
    "polars-scan": _read("polars", POLARS + "frame.write_parquet('d.parquet')", "import polars as pl", "pl.scan_parquet('d.parquet').filter(pl.col('a') > 0).collect().to_dicts()"),
    "polars-pattern": _read("polars", POLARS + "import os; os.makedirs('d', exist_ok=True)\nfor i in range(n): frame.write_csv(f'd/{i}.csv')", "import polars as pl", "pl.read_csv('d/*.csv').to_dicts()"),
    "polars-folder": _read("polars", POLARS + "import os; os.makedirs('d', exist_ok=True)\nfor i in range(n): frame.write_parquet(f'd/{i}.parquet')", "import polars as pl", "pl.read_parquet('d').to_dicts()"),
    # others
    "duckdb": _read("duckdb", "open('d.csv', 'w').write(f'a,b\\n{n},2\\n')", "import duckdb", "duckdb.sql(\"select * from 'd.csv'\").fetchall()", saved=False),
    "h5py": _read("h5py", "import h5py\nwith h5py.File('d.h5', 'w') as f: f.create_group('g')['x'] = [n, 2]", "import h5py", "h5py.File('d.h5', 'r')['g/x'][:].tolist()"),
    "h5py-link": _read("h5py", "import h5py\nwith h5py.File('e.h5', 'w') as f: f['x'] = [n, 2]\nwith h5py.File('d.h5', 'w') as f: f['y'] = h5py.ExternalLink('e.h5', 'x')", "import h5py", "h5py.File('d.h5', 'r')['y'][:].tolist()", saved=False),
    "netcdf4": _read("netCDF4", "import netCDF4\nwith netCDF4.Dataset('d.nc', 'w') as f:\n    f.createDimension('x', 1)\n    f.createVariable('v', 'i4', ('x',))[:] = n", "import netCDF4", "netCDF4.Dataset('d.nc')['v'][:].tolist()", saved=False),
    "xarray": _read("xarray netCDF4", "import xarray\nxarray.Dataset({'v': ('x', [n, 2])}).to_netcdf('d.nc')", "import xarray", "xarray.open_dataset('d.nc')['v'].values.tolist()", saved=None),
    "xarray-h5netcdf": _read("xarray h5netcdf", "import xarray\nxarray.Dataset({'v': ('x', [n, 2])}).to_netcdf('d.nc', engine='h5netcdf')", "import xarray", "xarray.open_dataset('d.nc', engine='h5netcdf')['v'].values.tolist()", saved=None),
    "zarr": _read("zarr", "import zarr, shutil\nshutil.rmtree('d.zarr', ignore_errors=True)\nzarr.save('d.zarr', __import__('numpy').array([n, 2]))", "import zarr", "zarr.load('d.zarr').tolist()", saved=None),
    "cv2": _read("cv2", "import cv2, numpy\ncv2.imwrite('d.png', numpy.full((4, 4, 3), n, 'u1'))", "import cv2", "cv2.imread('d.png').tolist()"),
    "pillow": _read("PIL", "from PIL import Image\nImage.new('L', (2, 2), n).save('d.png')", "from PIL import Image", "list(Image.open('d.png').getdata())"),
    "pillow-tiff": _read("PIL", "from PIL import Image\nImage.new('L', (2, 2), n).save('d.tiff', compression='tiff_lzw')", "from PIL import Image", "list(Image.open('d.tiff').getdata())"),
    "imageio": _read("imageio", "import imageio.v3 as i, numpy\ni.imwrite('d.png', numpy.full((4, 4, 3), n, 'u1'))", "import imageio.v3 as i", "i.imread('d.png').tolist()", saved=None),
    "soundfile": _read("soundfile numpy", "import soundfile, numpy\nsoundfile.write('d.wav', numpy.full(10, n / 100), 8000)", "import soundfile", "soundfile.read('d.wav')[0].tolist()"),
    "scipy-mmread": _read("scipy", "import scipy.io, scipy.sparse\nscipy.io.mmwrite('d.mtx', scipy.sparse.coo_matrix([[n, 2]]))", "import scipy.io", "scipy.io.mmread('d.mtx').toarray().tolist()"),
    "scipy-matlab": _read("scipy", "import scipy.io\nscipy.io.savemat('d.mat', {'x': [n, 2]})", "import scipy.io", "scipy.io.loadmat('d.mat')['x'].tolist()"),
    "numpy": _read("numpy", "import numpy\nnumpy.save('d.npy', [n, 2]); numpy.array([n]).tofile('e.bin')", "import numpy", "(numpy.load('d.npy', mmap_mode='r').tolist(), numpy.fromfile('e.bin', int).tolist())"),
    "sqlite": _read("sqlite3", "import sqlite3, os\nos.path.exists('d.db') and os.unlink('d.db')\nwith sqlite3.connect('d.db') as c: c.execute('create table t (a)'); c.execute('insert into t values (?)', [n])\nc.close()", "import sqlite3", "sqlite3.connect('d.db').execute('select * from t').fetchall()"),
    "sqlite-attach": _read("sqlite3", "import sqlite3, os\nos.path.exists('e.db') and os.unlink('e.db')\nwith sqlite3.connect('e.db') as c: c.execute('create table t (a)'); c.execute('insert into t values (?)', [n])\nc.close()\nsqlite3.connect('d.db').execute('create table if not exists u (a)')", "import sqlite3", "(lambda c: (c.execute(\"attach 'e.db' as e\"), c.execute('select * from e.t').fetchall())[1])(sqlite3.connect('d.db'))"),
    "lmdb": _read("lmdb", "import lmdb\ne = lmdb.open('d.lmdb')\nwith e.begin(write=True) as t: t.put(b'k', str(n).encode())\ne.close()", "import lmdb", "lmdb.open('d.lmdb', readonly=True, lock=False).begin().get(b'k')", saved=False),
    "lxml": _read("lxml", "open('d.xml', 'w').write(f'<a>{n}</a>')", "import lxml.etree", "lxml.etree.parse('d.xml').getroot().text", saved=False),
    "ctypes": _read("ctypes", "open('d.txt', 'w').write(str(n))", "import ctypes", "(lambda c, b: (c.read(c.open(b'd.txt', 0), b, 9), b.value)[1])(ctypes.CDLL(None), ctypes.create_string_buffer(9))", saved=False),
    "safetensors": _read("safetensors numpy", "import safetensors.numpy as s, numpy\ns.save_file({'x': numpy.array([n, 2])}, 'd.st')", "import safetensors.numpy as s", "s.load_file('d.st')['x'].tolist()"),
    "mmap": _read("mmap", "open('d.bin', 'w').write(str(n))", "import mmap", "(lambda f: mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[:])(open('d.bin', 'rb'))", saved=None),
    # writing: the file is not in the second folder, so a hit must bring it
    "write-pandas-parquet": Program("pandas pyarrow", "open('n', 'w').write(str(n))", "n = int(open('n').read())\n" + FRAME + "frame.to_parquet('o.parquet')", imports="import pandas"),
    "write-pyarrow-parquet": Program("pyarrow", "open('n', 'w').write(str(n))", "n = int(open('n').read())\n" + TABLE + "pq.write_table(table, 'o.parquet')", imports="import pyarrow.parquet as pq"),
    "write-pyarrow-writer": Program("pyarrow", "open('n', 'w').write(str(n))", "n = int(open('n').read())\n" + TABLE + "with pq.ParquetWriter('o.parquet', table.schema) as w: w.write_table(table)", imports="import pyarrow.parquet as pq"),
    "write-pyarrow-left-open": Program("pyarrow", "open('n', 'w').write(str(n))", "n = int(open('n').read())\n" + TABLE + "keep.append(pq.ParquetWriter('o.parquet', table.schema)); keep[0].write_table(table)", False, "import pyarrow.parquet as pq; keep = []", extra="keep[0].close()"),
    "write-pyarrow-csv": Program("pyarrow", "open('n', 'w').write(str(n))", "n = int(open('n').read())\n" + TABLE + "c.write_csv(table, 'o.csv')", imports="import pyarrow.csv as c"),
    "write-polars": Program("polars", "open('n', 'w').write(str(n))", "n = int(open('n').read())\n" + POLARS + "frame.write_parquet('o.parquet'); frame.write_csv('o.csv'); frame.lazy().sink_ndjson('o.nd')", imports="import polars as pl"),
    "write-h5py": Program("h5py", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nwith h5py.File('o.h5', 'w') as f: f['x'] = [n, 2]", imports="import h5py"),
    "append-h5py": Program("h5py", "import h5py\nwith h5py.File('o.h5', 'w') as f: f['x'] = [n]", "with h5py.File('o.h5', 'a') as f: f['y'] = f['x'][:]", None, imports="import h5py"),
    "write-xarray": Program("xarray netCDF4", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nxarray.Dataset({'v': ('x', [n, 2])}).to_netcdf('o.nc')", None, imports="import xarray"),
    "write-pillow": Program("PIL", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nImage.new('L', (9, 9), n).save('o.png'); Image.new('L', (9, 9), n).save('o.tiff', compression='tiff_lzw')", imports="from PIL import Image"),
    "write-cv2": Program("cv2", "open('n', 'w').write(str(n))", "n = int(open('n').read())\ncv2.imwrite('o.png', numpy.full((4, 4, 3), n, 'u1'))", imports="import cv2, numpy"),
    "write-soundfile": Program("soundfile numpy", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nsoundfile.write('o.wav', numpy.full(10, n / 100), 8000)", imports="import soundfile, numpy"),
    "write-scipy": Program("scipy", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nscipy.io.mmwrite('o.mtx', scipy.sparse.coo_matrix([[n, 2]]))", imports="import scipy.io, scipy.sparse"),
    "write-zarr": Program("zarr", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nzarr.save('o.zarr', numpy.array([n, 2]))", None, imports="import zarr, numpy"),
    "write-sqlite": Program("sqlite3", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nimport os\nif os.path.exists('o.db'): os.unlink('o.db')\nwith sqlite3.connect('o.db') as c: c.execute('create table t (a)'); c.execute('insert into t values (?)', [n])\nc.close()", None, imports="import sqlite3"),
    "write-partitions": Program("pandas pyarrow", "open('n', 'w').write(str(n))", "n = int(open('n').read())\n" + FRAME + "frame.to_parquet('o', partition_cols=['b'], existing_data_behavior='delete_matching', basename_template='p{i}')", None, imports="import pandas"),
    "write-torch": Program("torch", "open('n', 'w').write(str(n))", "n = int(open('n').read())\ntorch.save({'x': torch.tensor([n])}, 'o.pt')", imports="import torch"),
    "write-lightgbm": Program("lightgbm numpy", "open('n', 'w').write(str(n))", "n = int(open('n').read())\nlightgbm.train({'verbose': -1, 'seed': n, 'num_threads': 1}, lightgbm.Dataset(numpy.arange(40.0).reshape(20, 2), numpy.arange(20.0)), n).save_model('o.txt')", None, imports="import lightgbm, numpy"),
}  # fmt: skip
