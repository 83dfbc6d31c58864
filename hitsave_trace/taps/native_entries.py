"""The data of the native tap: functions of libraries that open files in native code, and which argument names the file.

For each module, the functions and classes that are wrapped when it is loaded, one a line: its name, then what its arguments mean.

    2:path:r         argument 2 (counted with `self`), or `path` by name, is read: a file, a folder with all in it, a
                     pattern, or a list of these; objects with a `read` are no native matter
    1:path:w         is written anew; must be a file
    1:path:w.mtx     the same, with this suffix if it has none; `r.mtx` is read with or without
    1:path:m2:mode=r is opened with the mode that argument 2, `mode`, says; without one, `r`
    0:url:db         is the address of a database: one of sqlite's is opened by Python, others are somewhere in the network
    :lazy:!          if `lazy` is given and true, or anything but None, nothing can be said: unsaved
    forbid           nothing can be said of this function at all
    process          what it is given is worked on by another process, which nobody sees: unsaved
    links            files that are read may name others to be read (see `linked_files`)

A name with `?` at its end need not be there. If another one is missing, this is not the version that the line was written for,
and all of the library is unsaved (`Native.arrived`).
"""

from __future__ import annotations

ENTRIES = {
    "pyarrow.lib": """
        memory_map 0:path:m1:mode=r
        create_memory_map 0:path:w
        input_stream 0:source:r
        output_stream 0:source:w
        OSFile 0:path:m1:mode=r
    """,
    "pyarrow._csv": """
        read_csv 0:input_file:r
        open_csv 0:input_file:r
        write_csv 1:output_file:w
    """,
    "pyarrow._json": """
        read_json 0:input_file:r
        open_json? 0:input_file:r
    """,
    "pyarrow.parquet.core": """
        read_table 0:source:r :filesystem:!
        read_pandas 0:source:r :filesystem:!
        read_metadata 0:where:r :filesystem:!
        read_schema 0:where:r :filesystem:!
        write_table 1:where:w :filesystem:!
        write_metadata 1:where:w :filesystem:!
        write_to_dataset forbid
        ParquetFile.__init__ 1:source:r :filesystem:!
        ParquetDataset.__init__ 1:path_or_paths:r
        ParquetWriter.__init__ 1:where:w
    """,
    "pyarrow.feather": """
        read_feather 0:source:r
        read_table 0:source:r
        write_feather 1:dest:w
        FeatherDataset.__init__? 1:path_or_paths:r
    """,
    "pyarrow.orc": """
        read_table 0:source:r :filesystem:!
        write_table 1:where:w
        ORCFile.__init__ 1:source:r
        ORCWriter.__init__ 1:where:w
    """,
    "pyarrow.dataset": """
        dataset 0:source:r :filesystem:!
        parquet_dataset forbid
        write_dataset forbid
    """,
    "pyarrow.ipc": """
        open_file 0:source:r
        open_stream 0:source:r
        new_file 0:sink:w
        new_stream 0:sink:w
        RecordBatchFileReader.__init__ 1:source:r
        RecordBatchStreamReader.__init__ 1:source:r
        RecordBatchFileWriter.__init__ 1:sink:w
        RecordBatchStreamWriter.__init__ 1:sink:w
    """,
    "sqlalchemy.engine.create": """
        create_engine 0:url:db
        create_pool_from_url? 0:url:db
    """,
    "polars.io.avro": "read_avro 0:source:r",
    "polars.io.csv.functions": """
        read_csv 0:source:r :storage_options:!
        scan_csv 0:source:r :storage_options:!
        read_csv_batched? 0:source:r
    """,
    "polars.io.ipc.functions": """
        read_ipc 0:source:r :storage_options:!
        read_ipc_schema 0:source:r
        read_ipc_stream 0:source:r :storage_options:!
        scan_ipc 0:source:r :storage_options:!
    """,
    "polars.io.json.read": "read_json 0:source:r",
    "polars.io.lines?": """
        read_lines? 0:source:r
        scan_lines? 0:source:r
    """,
    "polars.io.ndjson": """
        read_ndjson 0:source:r :storage_options:!
        scan_ndjson 0:source:r :storage_options:!
    """,
    "polars.io.parquet.functions": """
        read_parquet 0:source:r :storage_options:!
        read_parquet_metadata? 0:source:r :storage_options:!
        read_parquet_schema 0:source:r
        scan_parquet 0:source:r :storage_options:!
    """,
    "polars.io.spreadsheet.functions": """
        read_excel 0:source:r
        read_ods 0:source:r
    """,
    "polars.io.delta.functions?": """
        read_delta? forbid
        scan_delta? forbid
    """,
    "polars.io.iceberg.functions?": "scan_iceberg? forbid",
    "polars.io.lance.api?": "scan_lance? forbid",
    "polars.io.database.functions": "read_database_uri forbid",
    "polars.dataframe.frame": """
        DataFrame.deserialize 1:source:r
        DataFrame.serialize 1:file:w
        DataFrame.write_avro 1:file:w
        DataFrame.write_csv 1:file:w :storage_options:!
        DataFrame.write_delta forbid
        DataFrame.write_excel 1:workbook:w
        DataFrame.write_iceberg? forbid
        DataFrame.write_ipc 1:file:w :storage_options:!
        DataFrame.write_ipc_stream 1:file:w
        DataFrame.write_json 1:file:w
        DataFrame.write_ndjson 1:file:w
        DataFrame.write_parquet 1:file:w :partition_by:! :mkdir:! :storage_options:!
    """,
    "polars.lazyframe.frame": """
        LazyFrame.deserialize 1:source:r
        LazyFrame.serialize 1:file:w
        LazyFrame.sink_csv 1:path:w :lazy:! :mkdir:! :storage_options:!
        LazyFrame.sink_delta? forbid
        LazyFrame.sink_iceberg? forbid
        LazyFrame.sink_ipc 1:path:w :lazy:! :mkdir:! :storage_options:!
        LazyFrame.sink_ndjson 1:path:w :lazy:! :mkdir:! :storage_options:!
        LazyFrame.sink_parquet 1:path:w :lazy:! :mkdir:! :storage_options:!
        LazyFrame.remote? forbid
    """,
    "h5py._hl.files": "File.__init__ 1:name:m2:mode=r :driver:! links",
    "tables.file": "File.__init__ forbid",
    "xarray.backends.api": """
        open_dataset 0:filename_or_obj:r
        open_dataarray 0:filename_or_obj:r
        open_datatree? 0:filename_or_obj:r
        open_groups? 0:filename_or_obj:r
        open_mfdataset 0:paths:r
    """,
    "xarray.backends.writers?": "to_netcdf? 1:path_or_file:m2:mode=w\n _datatree_to_netcdf? 1:filepath:m2:mode=w",
    "cv2": """
        imread 0:filename:r
        imreadmulti 0:filename:r
        imcount? 0:filename:r
        haveImageReader? 0:filename:r
        imwrite 0:filename:w
        imwritemulti? 0:filename:w
        imreadanimation? 0:filename:r
        imwriteanimation? 0:filename:w
    """,
    "soundfile": "SoundFile.__init__ 1:file:m2:mode=r",
    "PIL.ImageFont": """
        truetype 0:font:r
        FreeTypeFont.__init__ 1:font:r
    """,
    "scipy.io._fast_matrix_market": """
        _get_read_cursor 0:source:r.mtx
        _get_write_cursor 0:target:w.mtx
    """,
    "torch.serialization": "_open_zipfile_writer_file.__init__ 1:name:w",
    "torch.jit._serialization": """
        load 0:f:r
        save 1:f:w
    """,
    "safetensors.torch": """
        load_file 0:filename:r
        save_file 1:filename:w
        load_model? 1:filename:r
        save_model? 1:filename:w
    """,
    "safetensors.numpy": """
        load_file 0:filename:r
        save_file 1:filename:w
    """,
    "xgboost.core": """
        Booster.load_model 1:fname:r
        Booster.save_model 1:fname:w
        Booster.dump_model? 1:fout:w
    """,
    "lightgbm.basic": """
        Booster.__init__ 3:model_file:r
        Booster.save_model 1:filename:w
    """,
    "catboost.core": """
        CatBoost.load_model 1:fname:r
        CatBoost.save_model 1:fname:w
    """,
    "concurrent.futures.process": "ProcessPoolExecutor.submit process",
    "multiprocessing.pool": """
        Pool.apply_async process
        Pool._map_async process
        Pool.imap process
        Pool.imap_unordered process
    """,
    "fiona": "open forbid",
    "rasterio": "open forbid",
    "pyogrio.raw?": "read? forbid\n write? forbid",
    "av.container.core?": "open? forbid",
}
"""By module (with `?`: it need not be there in all versions of its library)."""
