"""The tests, in the tree of what they test.

`tests/registry/test_store.py` tests `maas/registry/store.py`, in the test's own process; `e2e` runs
real processes, by capability; `test_architecture.py` holds the layout, `test_docs.py` the pages.

- `workspace`        a models folder and a BentoML store, and the commands run over them
- `server`           a real `bentoml serve`, and a client for it
- `raw_http`         HTTP byte by byte, also wrongly
- `fault_injection`  kills and disk errors at a chosen moment
- `score_attack`     the same for jobs that score files
- `score_fuzz`       damaged Parquet files to score
- `samples`          a version made without training, and damage to one
- `small_disk`       a disk that a test can fill
- `suite_size`       how much of the long suites runs
- `data`             versions of older schemas, which must go on being verified and served
"""
