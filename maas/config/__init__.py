"""The two YAML files as frozen, strict types. Every entry point reads its config first.

- `reading`         reads a file, and its overrides or variables, into one of the types
- `train_config`    configs/train_config.yaml: one training run
- `service_config`  configs/service_config.yaml: how to serve
- `data_format`     the keys of a train config that say how a data file is written
- `origins`         web origins, as browsers write them
- `yaml_file`       reads YAML strictly
- `explanation`     explains an invalid config: key, value and remedy
- `paths`           the project folder, and the folders that a config names
"""
